"""Looking for cheating: the detectors run over the newest answers, and what they find becomes cases for a person to decide.

A finding makes the people in it be watched more closely: more golden tasks, and audits of some of their newest answers. It neither
rejects an answer nor restricts anybody.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import numpy as np

from piecework.platform import db
from piecework.quality.cases import observations
from piecework.quality.cases.observations import Coded, Observed
from piecework.quality.grading import audits
from piecework.quality.grading.audits import Plan, Request
from piecework.quality.people import suspicions
from piecework.quality.statistics import OPEN, copies, flat, links, pairs, speed
from piecework.quality.statistics.onecoin import UNKNOWN
from piecework.quality.statistics.signals import Signal

KINDS = {"fast": "speed", "flat": "flat", "pair": "pairs", "ring": "pairs", "copy": "copies", "link": "links"}
MOST_SHARED = 5
RARE = 20
"""A device links people if at most so many have it, and no more than one of this many people seen: most browsers are common."""
LOOKS = 5
"""How many of a person's newest answers are audited when a case about them is opened."""

TO_AUDIT = """
SELECT a.id, a.freelancer_id, a.task_id, a.step_id, a.project_id, coalesce(1 - e.probability, 0.5) AS value
FROM unnest($1::uuid[]) AS who, LATERAL (
    SELECT a.* FROM assignment a JOIN task t ON t.id = a.task_id
    WHERE a.freelancer_id = who AND ($2::bigint IS NULL OR a.step_id = $2) AND a.state = 'accepted' AND t.ticket_id IS NOT NULL
    AND NOT EXISTS (SELECT FROM audit u WHERE u.assignment_id = a.id) ORDER BY a.id DESC LIMIT $3) a
LEFT JOIN evidence_now e ON e.assignment_id = a.id
"""

SHARED_DEVICES = """
SELECT d.account_id, encode(d.fingerprint, 'hex') AS fingerprint FROM device d
JOIN account a ON a.id = d.account_id AND 'freelancer' = ANY (a.roles)
WHERE d.fingerprint IN (
    SELECT fingerprint FROM device GROUP BY fingerprint
    HAVING count(*) BETWEEN 2 AND $1 AND count(*) * $2 <= (SELECT count(DISTINCT account_id) FROM device)
    ORDER BY max(last_seen) DESC LIMIT 1000)
ORDER BY d.account_id
"""


async def detect() -> int:
    """Look at the newest answers of every step, and at devices; returns how many cases are new. Looking twice opens none again."""
    opened = 0
    for observed in await observations.newest(suspicions.LATELY_DAYS):
        for signal in await asyncio.to_thread(findings, observed):  # pure computing, seconds of it: others' jobs go on meanwhile
            opened += await _open(signal, observed.people, observed.step_id)
    shared = await db.rows(SHARED_DEVICES, MOST_SHARED, RARE)
    people = sorted({row["account_id"] for row in shared})
    code = {person: number for number, person in enumerate(people)}
    for signal in links.find(((code[row["account_id"]], "device", row["fingerprint"]) for row in shared), max_shared=MOST_SHARED):
        seen = [{**one, "accounts": [people[who] for who in one["accounts"]]} for one in signal.details["fingerprints"]]
        weak = f"{signal.words} What is compared is a browser's name without versions: weak evidence by itself."
        opened += await _open(replace(signal, words=weak, details={**signal.details, "fingerprints": seen}), people, None)
    return opened


async def _open(signal: Signal, everybody: Sequence[UUID], step_id: int | None) -> bool:
    people = [everybody[code] for code in signal.people]
    case_id = await suspicions.open_case(KINDS[signal.kind], people, step_id, signal.strength, signal.words, dict(signal.details))
    if case_id is not None:
        await _audit_some(people, step_id)
    return case_id is not None


def findings(observed: Observed) -> list[Signal]:
    """What the detectors say of one step: of each kind and group of people the strongest, with people and tasks by their ids."""
    person, seconds, length = observed.columns()
    workers = len(observed.people)
    coded = observed.compared()
    found = speed.signals(speed.fit(np.zeros_like(person), person, seconds, length, workers=workers))
    found += _flat(coded, workers)
    found += [_named(signal, observed, coded) for signal in _pairs(coded, observed.accuracy)]
    found += copies.find(observed.texts())
    strongest: dict[tuple[str, tuple[int, ...]], Signal] = {}
    for signal in sorted(found, key=lambda one: one.strength):
        strongest[KINDS[signal.kind], signal.people] = signal
    return list(strongest.values())


def _flat(coded: Coded, workers: int) -> Iterable[Signal]:
    """Field by field: what is called for in one says nothing of another."""
    found: list[Signal] = []
    question, person, label = (np.array(column, dtype=np.int64) for column in (coded.question, coded.person, coded.label))
    right = np.array(coded.result, dtype=np.int64)[question]
    for number, size in enumerate(coded.classes):
        mine = (np.array(coded.step, dtype=np.int64)[question] == number) & (right != UNKNOWN) & (label != UNKNOWN)
        if size != OPEN and mine.any():
            sizes = np.full(int(mine.sum()), size)
            found += flat.signals(flat.find(person[mine], label[mine], right[mine], sizes, workers=workers))
    return found


def _pairs(coded: Coded, accuracy: Sequence[float]) -> Iterable[Signal]:
    if not coded.question:
        return []
    said = np.array(coded.label, dtype=np.int64)
    kept = said != UNKNOWN
    found = pairs.find(
        np.array(coded.question, dtype=np.int64)[kept],
        np.array(coded.person, dtype=np.int64)[kept],
        said[kept],
        coded.truth,
        accuracy,
        coded.classes,
        step=coded.step,
    )
    return pairs.signals(found)


def _named(signal: Signal, observed: Observed, coded: Coded) -> Signal:
    """The evidence against a ring, with the ids of its people and tasks in the place of codes."""
    details: Mapping[str, Any] = {
        **signal.details,
        "pairs": [(observed.people[one], observed.people[other], ratio) for one, other, ratio in signal.details["pairs"]],
        "strongest": [observed.people[code] for code in signal.details["strongest"]],
        "tasks": [coded.tasks[question] for question in signal.details["tasks"]],
    }
    return replace(signal, details=details)


async def _audit_some(people: Sequence[UUID], step_id: int | None) -> None:
    found = await db.rows(TO_AUDIT, people, step_id, LOOKS)
    await audits.request(
        [
            Request(row["id"], row["freelancer_id"], row["task_id"], row["step_id"], row["project_id"], Plan.RISK, row["value"])
            for row in found
        ]
    )
