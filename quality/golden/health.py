"""How golden tasks fare: how often they were shown and answered rightly, whether their key can be right, which classes run short."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any
from uuid import UUID

import orjson

from piecework.platform import db
from piecework.platform.errors import NotFound
from piecework.platform.ids import first_uuid7
from piecework.quality.comparing.comparison import classes, is_compared
from piecework.quality.comparing.consensus import Vote
from piecework.quality.golden.golden import Target
from piecework.quality.grading import judging, truths
from piecework.quality.grading.key_check import key_probability
from piecework.quality.grading.truths import Truth
from piecework.quality.people import accuracy
from piecework.quality.statistics import OPEN
from piecework.tasks.decisions import WHOLE
from piecework.tasks.fields import AnswerField, FieldType
from piecework.tasks.models import Project
from piecework.tasks.workflows import StepSpec, read_step

LEAST_SUPPLY = 20
"""Golden tasks that a step needs however little is done in it: about as many as it takes to know one person."""

GOLDEN = """
SELECT g.task_id, g.step_id, s.key AS step, s.spec, g.state, g.stratum, g.difficulty, g.created_by, g.created_at, t.origin, t.input,
       (SELECT count(*) FROM assignment a WHERE a.task_id = t.id AND a.state IN ('held', 'submitted', 'accepted', 'rejected')) AS shown
FROM golden g JOIN task t ON t.id = g.task_id JOIN step s ON s.id = g.step_id
"""
# By the steps of all versions of the project's workflow: by tasks, it would walk those of all projects.
PAGE = f"""{GOLDEN} WHERE g.step_id = ANY (ARRAY(SELECT o.id FROM step o JOIN workflow w ON w.id = o.workflow_id WHERE w.project_id = $1))
  AND ($2::text IS NULL OR g.state = $2) AND ($3::text IS NULL OR s.key = $3) AND g.task_id > $4
ORDER BY g.task_id LIMIT $5"""
ONE = f"{GOLDEN} WHERE g.task_id = $1"

ANSWERS = """
SELECT a.id, a.task_id, a.freelancer_id, a.step_id, n.body FROM assignment a JOIN answer n ON n.assignment_id = a.id
WHERE a.task_id = ANY ($1) AND a.state IN ('submitted', 'accepted', 'rejected')
"""

# By ids, which begin with when they were made: of all that was ever handed out it reads what was made lately.
SHOWN_LATELY = """
SELECT a.step_id, count(*) AS shown FROM assignment a JOIN golden g ON g.task_id = a.task_id
WHERE a.id >= $2 AND a.step_id = ANY ($1) AND a.claimed_at > now() - interval '7 days' GROUP BY a.step_id
"""
LATELY = timedelta(days=7, hours=1)
"""As far back as ids are read: an hour more, for the clocks of web and database."""


@dataclass(frozen=True, slots=True)
class Health:
    """One golden task. `row` is what is stored of it; `right` counts answers that the key accepts in full."""

    row: Mapping[str, Any]
    truth: Truth
    answered: int
    right: int
    key_probability: float | None


async def page(project: Project, state: str | None, step: str | None, after: UUID, limit: int) -> list[Health]:
    """A project's golden tasks in the order of their ids."""
    return await _examined(await db.rows(PAGE, project.id, state, step, after, limit))


async def one(task_id: UUID) -> tuple[Health, Sequence[Mapping[str, Any]]]:
    """A golden task, and every revision of its key, the first first.

    Raises:
        NotFound: there is none.
    """
    found = await _examined(await db.rows(ONE, task_id))
    if not found:
        raise NotFound
    keys = await db.rows(
        "SELECT revision, answers, source, actor, reason, created_at FROM truth WHERE task_id = $1 ORDER BY revision", task_id
    )
    return found[0], keys


async def _examined(found: Sequence[Mapping[str, Any]]) -> list[Health]:
    ids = [row["task_id"] for row in found]
    known, given = await truths.now(ids), await db.rows(ANSWERS, ids)
    steps = {row["step_id"]: read_step(row["spec"]) for row in found}
    trusts = await accuracy.trusts(sorted({row["freelancer_id"] for row in given}), steps)
    told = await accuracy.told([row["id"] for row in given])
    votes_of: dict[UUID, list[Vote]] = {task_id: [] for task_id in ids}
    for a in given:
        vote = trusts.vote(a["freelancer_id"], a["step_id"], orjson.loads(a["body"]), told.get(a["id"]))
        votes_of[a["task_id"]].append(vote)
    listed = []
    for row in found:
        step, truth, votes = steps[row["step_id"]], known[row["task_id"]], votes_of[row["task_id"]]
        if truth.known:
            right = sum(judging.by_truth(step, vote.answer, truth.known)[0].share == WHOLE for vote in votes)
            listed.append(Health(row, truth, len(votes), right, key_probability(step.answer, votes, truth.known)))
        else:
            listed.append(Health(row, truth, len(votes), 0, None))
    return listed


@dataclass(frozen=True, slots=True)
class Supply:
    """Live golden tasks of one class of a step, by difficulty, and how many more would make a week's supply."""

    step: str
    class_: str
    by_difficulty: Mapping[str, int]
    needed: int


async def balance(targets: Sequence[Target]) -> list[Supply]:
    """The supply of each class of these steps.

    A week's supply is what was handed out in the last seven days, divided by the overlap at which each is used up, never below
    LEAST_SUPPLY; the same for every class.
    """
    ids, since = [where.step_id for where in targets], first_uuid7(datetime.now(UTC) - LATELY)
    shown = {row["step_id"]: row["shown"] for row in await db.rows(SHOWN_LATELY, ids, since)}
    found = await db.rows("SELECT step_id, stratum FROM golden WHERE step_id = ANY ($1) AND state = 'live'", ids)
    live = Counter((row["step_id"], row["stratum"]) for row in found)
    listed = []
    for where in targets:
        named = _classes(where.step)
        each = ceil(max(LEAST_SUPPLY, shown.get(where.step_id, 0) / where.step.overlap) / len(named))
        for class_ in named:
            counts = {level: live[where.step_id, f"{class_}/{level}"] for level in ("easy", "medium", "hard")}
            listed.append(Supply(where.step.key, class_, counts, max(0, each - sum(counts.values()))))
    return listed


def _classes(step: StepSpec) -> list[str]:
    """The classes of a step: the values of its first compared field that has a known set of them."""
    first = next((field for field in step.answer if is_compared(field) and classes(field) != OPEN), None)
    return ["-"] if first is None else _values(first)


def _values(field: AnswerField) -> list[str]:
    return ["yes", "no"] if field.type == FieldType.YES_NO else [option.value for option in field.options]
