"""Promotion: an ordinary task whose right answer a curator has said becomes a golden task with the same input.

Nobody who has worked on its ticket ever gets it; and none is made of a task that somebody who works on tasks has judged as a reviewer,
because they know its answer and would know it again.
"""

import contextlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from piecework.platform import db, trail
from piecework.platform.errors import NotFound
from piecework.platform.said import Said
from piecework.quality.errors import GoldenKnown, NotComparable, NotPromotable
from piecework.quality.golden import golden
from piecework.quality.golden.golden import Difficulty, Item, Target
from piecework.quality.grading import judging, truths
from piecework.quality.grading.truths import Known
from piecework.tasks import workflows
from piecework.tasks.decisions import WHOLE
from piecework.tasks.fields import Answer
from piecework.tasks.models import Project
from piecework.tasks.workflows import StepSpec

MOST_LOOKED_AT = 300
"""Candidates are sought among so many of the truths that became known last."""
EASY_FROM = 0.9
MEDIUM_FROM = 0.6

REVIEWED = """
(EXISTS (SELECT FROM truth n JOIN account r ON r.id = n.actor WHERE n.task_id = t.id AND 'freelancer' = ANY (r.roles))
 OR EXISTS (SELECT FROM assignment a JOIN audit u ON u.assignment_id = a.id JOIN account r ON r.id IN (u.taken_by, u.auditor_id)
            WHERE a.task_id = t.id AND 'freelancer' = ANY (r.roles)))
"""
"""Of a task t: somebody of the second line has settled its dispute, or held an audit of it."""

ORIGINAL = f"""
SELECT t.id, t.input, t.project_id, t.state, t.ticket_id, s.key, (SELECT k.state FROM ticket k WHERE k.id = t.ticket_id) AS ticket,
       {REVIEWED} AS reviewed
FROM task t JOIN step s ON s.id = t.step_id WHERE t.id = $1 AND t.project_id = $2 FOR UPDATE OF t
"""

# The newest truths one after the other (OFFSET 0 keeps it so) until enough of this project can be promoted: to take all that were ever
# known and sort them afterwards takes longer every day.
CANDIDATES = f"""
SELECT o.id, o.key, n.source, n.created_at
FROM truth n
CROSS JOIN LATERAL (
    SELECT t.id, s.key FROM task t JOIN step s ON s.id = t.step_id JOIN ticket k ON k.id = t.ticket_id
    WHERE t.id = n.task_id AND t.project_id = $1 AND s.key = ANY ($2) AND t.state IN ('resolved', 'undecided') AND k.state <> 'open'
      AND NOT EXISTS (SELECT FROM task c WHERE c.origin = t.id) AND NOT {REVIEWED} OFFSET 0) o
WHERE n.source IN ('audit', 'dispute', 'appeal') AND n.answers <> '[]'
  AND n.revision = (SELECT max(latest.revision) FROM truth latest WHERE latest.task_id = n.task_id)
ORDER BY n.created_at DESC LIMIT $3
"""

ANSWERS = """
SELECT a.task_id, n.body FROM assignment a JOIN answer n ON n.assignment_id = a.id
WHERE a.task_id = ANY ($1) AND a.state IN ('submitted', 'accepted', 'rejected')
"""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A task that can be promoted: what people are shown of it, and its right answer (the first of those that are known).

    `live` is how many golden tasks of its class can be handed out now.
    """

    task_id: UUID
    step: str
    class_: str
    difficulty: Difficulty
    answers: int
    right: int
    live: int
    source: str
    input: Mapping[str, Any]
    answer: Answer


async def promote(actor: UUID, project: Project, task_id: UUID, difficulty: Difficulty | None = None) -> UUID:
    """Make a golden task of the active workflow's same step from a task with a known answer; returns the golden task's id.

    Without a difficulty it is estimated from the share of the task's answers that were right.

    Raises:
        NotFound: the project has no such task. NotPromotable, NotComparable, GoldenKnown: see there.
    """
    row = await db.row(ORIGINAL, task_id, project.id)
    if row is None:
        raise NotFound
    if row["ticket_id"] is None:
        raise NotPromotable(Said("It is a golden task itself."))
    if row["ticket"] == "open":
        raise NotPromotable(Said("Its ticket is still being worked on: people may yet see the same input in another step."))
    if row["reviewed"]:
        raise NotPromotable(Said("Somebody of the second line has seen it as a reviewer, and would know it again."))
    truth = (await truths.now([task_id])).get(task_id)
    if truth is None or not truth.known:
        raise NotPromotable(Said("Nobody has said what its right answer is."))
    if await db.scalar("SELECT EXISTS (SELECT FROM task WHERE origin = $1)", task_id):
        raise GoldenKnown(Said("It was promoted before."))
    where = await golden.target(project, row["key"])
    shown = orjson.loads(row["input"])
    refused = golden.faults(where.step, shown, truth.known)
    if refused:
        raise NotPromotable(Said("It does not fit the step as it is now: %(field)s.", field=refused[0]["field"]), errors=refused)
    if difficulty is None:
        difficulty = _difficulty(*_right(where.step, await _answers([task_id]), truth.known, task_id))
    ordered = {field.name: shown[field.name] for field in where.step.input}
    (made,) = await golden.make(actor, where, [Item(ordered, truth.known, difficulty, origin=task_id)])
    if made is None:
        raise GoldenKnown
    await trail.record(actor, "golden.promoted", "task", made, origin=task_id, difficulty=str(difficulty))
    return made


async def candidates(project: Project, limit: int) -> list[Candidate]:
    """Tasks that can be promoted, those of the classes with the fewest live golden tasks first, the newest truths before others."""
    wanted = await targets(project)
    found = await db.rows(CANDIDATES, project.id, sorted(wanted), MOST_LOOKED_AT)
    known, live = await truths.now([row["id"] for row in found]), await _live(wanted)
    lacking = []
    for row in found:
        class_ = golden.class_of(wanted[row["key"]].step, known[row["id"]].known[0].answer)
        lacking.append((live[row["key"], class_], class_, row))
    shown = sorted(lacking, key=lambda one: one[0])[:limit]
    ids = [row["id"] for _, _, row in shown]
    given = await _answers(ids)
    inputs = {
        row["id"]: orjson.loads(row["input"]) for row in await db.rows("SELECT id, input FROM task WHERE id = ANY ($1)", ids)
    }
    listed = []
    for count, class_, row in shown:
        right, answers = _right(wanted[row["key"]].step, given, known[row["id"]].known, row["id"])
        listed.append(
            Candidate(
                task_id=row["id"],
                step=row["key"],
                class_=class_,
                difficulty=_difficulty(right, answers),
                answers=answers,
                right=right,
                live=count,
                source=row["source"],
                input=inputs[row["id"]],
                answer=known[row["id"]].known[0].answer,
            )
        )
    return listed


async def targets(project: Project) -> dict[str, Target]:
    """The steps of a project's active workflow that can have golden tasks, by key."""
    return (await targets_of([project.id]))[project.id]


async def targets_of(project_ids: Sequence[UUID]) -> dict[UUID, dict[str, Target]]:
    """The same for each of these projects; two questions, however many there are."""
    active = await workflows.active_of(project_ids)
    loaded = await workflows.load([one.id for one in active.values()])
    found: dict[UUID, dict[str, Target]] = {project_id: {} for project_id in project_ids}
    for project_id, workflow in active.items():
        spec, step_ids = loaded[workflow.id]
        for step in spec.steps:
            with contextlib.suppress(NotComparable):
                found[project_id][step.key] = golden.fitting(project_id, spec, step_ids, step.key)
    return found


async def _live(targets: Mapping[str, Target]) -> Counter[tuple[str, str]]:
    """Live golden tasks by step and class."""
    keys = {where.step_id: key for key, where in targets.items()}
    found = await db.rows("SELECT step_id, stratum FROM golden WHERE step_id = ANY ($1) AND state = 'live'", sorted(keys))
    return Counter((keys[row["step_id"]], row["stratum"].rpartition("/")[0]) for row in found)


async def _answers(task_ids: Sequence[UUID]) -> dict[UUID, list[Answer]]:
    given: dict[UUID, list[Answer]] = {}
    for row in await db.rows(ANSWERS, list(task_ids)):
        given.setdefault(row["task_id"], []).append(orjson.loads(row["body"]))
    return given


def _right(step: StepSpec, given: Mapping[UUID, Sequence[Answer]], known: Sequence[Known], task_id: UUID) -> tuple[int, int]:
    """How many answers to a task are right in everything, and how many there are."""
    answers = given.get(task_id, [])
    return sum(judging.by_truth(step, answer, known)[0].share == WHOLE for answer in answers), len(answers)


def _difficulty(right: int, answers: int) -> Difficulty:
    if not answers:
        return Difficulty.MEDIUM
    share = right / answers
    return Difficulty.EASY if share >= EASY_FROM else Difficulty.MEDIUM if share >= MEDIUM_FROM else Difficulty.HARD
