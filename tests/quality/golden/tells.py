"""What an attentive freelancer can read off responses, as numbers, and two classifiers that look for golden tasks in them."""

import json
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass
class Seen:
    """One assignment as its holder saw it. `before` is the moment the server gave before it: a submit, or nothing."""

    person: int
    order: int
    body: dict[str, Any]
    position: int
    given: int
    latency_s: float
    before: str | None = None
    submit_s: float = 0.0
    history: list[tuple[int, dict[str, Any]]] = field(default_factory=list)


def moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


@cache
def bits(text: str) -> list[float]:
    found: list[float] = np.unpackbits(np.frombuffer(UUID(text).bytes[::-1], np.uint8), bitorder="little").tolist()
    return found


def features(rows: Sequence[Seen]) -> Floats:
    """One line of numbers per response: keys, types, sizes, ids, positions, times and their last digits, neighbours, history."""
    shape = list(rows[0].body)
    times = {id(row): [moment(row.body[name]) for name in ("claimed_at", "expires_at", "deadline_at")] for row in rows}
    neighbours = _neighbours(rows)
    return np.array([_line(row, shape, times[id(row)], neighbours[id(row)], times) for row in rows])


def _neighbours(rows: Sequence[Seen]) -> dict[int, tuple[Seen | None, Seen | None]]:
    """The assignment before and after each one, of the same person and step."""
    streams: dict[tuple[int, str], list[Seen]] = defaultdict(list)
    for row in sorted(rows, key=lambda r: (r.person, r.order)):
        streams[row.person, row.body["step"]["id"]].append(row)
    found: dict[int, tuple[Seen | None, Seen | None]] = {}
    for stream in streams.values():
        for i, row in enumerate(stream):
            found[id(row)] = (stream[i - 1] if i else None, stream[i + 1] if i + 1 < len(stream) else None)
    return found


def _line(
    row: Seen, shape: list[str], at: list[float], near: tuple[Seen | None, Seen | None], times: dict[int, list[float]]
) -> list[float]:
    body = row.body
    claimed, expires, deadline = at
    identifier = UUID(body["id"]).int
    made = (identifier >> 80) / 1000 + (identifier >> 64 & 0xFFF) / 4096 / 1000
    text = json.dumps(body, ensure_ascii=False)
    line = [
        float(list(body) == shape),
        float(len(body)),
        float(len(text) - len(json.dumps(body["input"], ensure_ascii=False))),
        float(list(body["input"]) != sorted(body["input"])),
        float(len(body["input"])),
        float(len(body["lease_token"])),
        float(body["price"]),
        float(len(body["claimed_at"])) + float(len(body["expires_at"])) / 100,
        float(len(body["deadline_at"])),
        float(row.position),
        float(row.given),
        row.latency_s,
        row.latency_s / row.given,
        row.submit_s,
        claimed % 1,
        claimed * 1e6 % 1000,
        deadline % 1,
        deadline * 1e3 % 10,
        (expires - claimed) * 1e6 - round(expires - claimed) * 1e6,
        deadline - claimed,
        (made - claimed) * 1e6,
        (claimed - moment(row.before)) * 1e6 if row.before else -1.0,
    ]
    for other in near:
        if other is None:
            line += [0.0] * 5
        else:
            gap = times[id(other)][2] - deadline
            same_call = other.body["claimed_at"][:19] == body["claimed_at"][:19]
            line += [
                float(gap == 0),
                math.copysign(math.log1p(abs(gap)), gap),
                (times[id(other)][0] - claimed) * 1e6 if same_call else 0.0,
                float(other.body["task_id"] < body["task_id"]),
                float(len(other.body["input"]["text"]) < len(body["input"]["text"])),
            ]
    for place, old in row.history:
        line += [float(place - row.order), float(len(old)), float(len(json.dumps(old)) - len(old["claimed_at"]))]
    return line + bits(body["task_id"]) + bits(body["id"])[:64] + bits(body["lease_token"].split(".")[1])


def auc(scores: Floats, golden: NDArray[np.bool_], task: NDArray[np.int64], person: NDArray[np.int64]) -> tuple[float, float]:
    """Area under the ROC curve among the responses to the same person, and its standard error if the scores tell nothing.

    People get golden tasks at different rates, so whatever tells people apart would seem to tell golden tasks; but each of them has
    to tell their own. The area is the rank-sum statistic (Mann and Whitney 1947) of each person, added up. Its error is that of drawing
    as many tasks as are golden at random, because the responses to one task are not independent of each other.
    """
    centred, pairs = np.empty(len(scores)), 0
    for one in np.unique(person):
        mine = np.flatnonzero(person == one)
        _, inverse, counts = np.unique(scores[mine], return_inverse=True, return_counts=True)
        centred[mine] = (np.cumsum(counts) - (counts - 1) / 2)[inverse] - (len(mine) + 1) / 2
        few = int(golden[mine].sum())
        pairs += few * (len(mine) - few)
    names, place = np.unique(task, return_inverse=True)
    total, drawn = len(names), len(np.unique(task[golden]))
    sums = np.bincount(place, centred)
    error = math.sqrt(drawn * (total - drawn) / total * sums.var(ddof=1)) / pairs
    return float(0.5 + centred[golden].sum() / pairs), error


def logistic(x: Floats, y: Floats, probe: Floats, *, ridge: float = 30.0) -> Floats:
    """Scores of `probe` by a logistic regression with an L2 penalty, by Newton's method; columns are standardised and clipped."""
    middle, spread = x.mean(0), x.std(0) + 1e-12
    a, b = (np.c_[np.ones(len(m)), np.clip((m - middle) / spread, -5, 5)] for m in (x, probe))
    w = np.zeros(a.shape[1])
    penalty = np.full(a.shape[1], ridge)
    penalty[0] = 0.0
    for _ in range(12):
        p = 1 / (1 + np.exp(-np.clip(a @ w, -30, 30)))
        hessian = (a * (p * (1 - p))[:, None]).T @ a + np.diag(penalty + 1e-9)
        step = np.linalg.solve(hessian, a.T @ (y - p) - penalty * w)
        w += step
        if np.abs(step).max() < 1e-9:
            break
    return np.asarray(b @ w)


def stumps(x: Floats, y: Floats, probe: Floats, *, rounds: int = 60, rate: float = 0.2) -> Floats:
    """Scores of `probe` by boosted decision stumps (LogitBoost steps on quantile cuts, each once: a bit has but one)."""
    quantiles = np.quantile(x, np.linspace(0.04, 0.96, 24), axis=0)
    cuts = [(column, cut) for column in range(x.shape[1]) for cut in np.unique(quantiles[:, column])]
    cuts = [(column, cut) for column, cut in cuts if 20 < np.count_nonzero(x[:, column] > cut) < len(x) - 20]
    above = np.array([x[:, column] > cut for column, cut in cuts], dtype=np.float32)
    score, found = np.full(len(x), np.log(y.mean() / (1 - y.mean()))), np.zeros(len(probe))
    for _ in range(rounds):
        p = 1 / (1 + np.exp(-score))
        gradient, curve = y - p, p * (1 - p)
        g1, h1 = above @ gradient.astype(np.float32), above @ curve.astype(np.float32)
        g0, h0 = gradient.sum() - g1, curve.sum() - h1
        best = int((g1**2 / (h1 + 1) + g0**2 / (h0 + 1)).argmax())
        column, cut = cuts[best]
        up, down = rate * g1[best] / (h1[best] + 1), rate * g0[best] / (h0[best] + 1)
        score += np.where(above[best] > 0, up, down)
        found += np.where(probe[:, column] > cut, up, down)
    return found


def found_out(rows: Sequence[Seen], golden: Sequence[bool]) -> dict[str, tuple[float, float]]:
    """The AUC and its standard error under chance of each classifier, trained on half of the tasks, tried on the others."""
    x, y = features(rows), np.array(golden)
    known: dict[str, int] = {}
    task = np.array([known.setdefault(row.body["task_id"], len(known)) for row in rows])
    person = np.array([row.person for row in rows])
    learn = np.random.default_rng(1).random(len(known))[task] < 0.5
    return {
        one.__name__: auc(one(x[learn], y[learn].astype(float), x[~learn]), y[~learn], task[~learn], person[~learn])
        for one in (logistic, stumps)
    }


def suspects(rows: Sequence[Seen], golden: Sequence[bool]) -> list[tuple[int, float]]:
    """The five columns of the features whose ranks go most with being golden, with the AUC of each: where to look for a tell."""
    x, y = features(rows), np.array(golden)
    person = np.array([row.person for row in rows])
    alone = [(column, auc(x[:, column], y, np.arange(len(rows)), person)[0]) for column in range(x.shape[1])]
    return sorted(alone, key=lambda one: -abs(one[1] - 0.5))[:5]
