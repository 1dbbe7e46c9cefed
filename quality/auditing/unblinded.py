"""An audit once it is done: what its curator could not see before.

Shown to the curator who did it, and to nobody else: a second look at the same answer is blind to the first.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from piecework.platform import db
from piecework.platform.errors import NotFound
from piecework.quality.comparing.comparison import verdicts
from piecework.quality.comparing.consensus import decide
from piecework.quality.grading.grading import answers_to
from piecework.quality.people import accuracy
from piecework.tasks.fields import Answer
from piecework.tasks.workflows import StepSpec, read_step

DONE = """
SELECT u.assignment_id, u.task_id, u.step_id, u.answer, u.passed, u.reason, u.done_at, u.plan, s.spec, p.code AS project, t.input,
       t.result, a.state, a.share
FROM audit u JOIN step s ON s.id = u.step_id JOIN project p ON p.id = u.project_id JOIN task t ON t.id = u.task_id
JOIN assignment a ON a.id = u.assignment_id WHERE u.id = $1 AND u.auditor_id = $2 AND u.done_at IS NOT NULL
"""
GIVEN = ("submitted", "accepted", "rejected")


@dataclass(frozen=True, slots=True)
class Vote:
    """Another answer to the task. `weight`: how probably such an author is right; `probability`: that this answer is, by the others'."""

    answer: Answer
    weight: float
    probability: float
    agrees: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything about an audit that is done. `votes` has the audited answer too, as `judged`; none has an author's name."""

    project: str
    step: StepSpec
    input: dict[str, Any]
    plan: str
    answer: Answer
    own: Answer
    passed: dict[str, bool]
    reason: str
    state: str
    share: int
    done_at: datetime
    judged: Vote
    votes: list[Vote]
    consensus: Answer | None
    confidence: float
    result: Answer | None


async def seen(me: UUID, audit_id: UUID) -> Seen:
    """The audit, the answer that it judged, the others' answers with what their votes weigh, and the consensus of them all.

    Raises:
        NotFound: there is no such audit, it is not done, or another curator did it.
    """
    row = await db.row(DONE, audit_id, me)
    if row is None:
        raise NotFound
    step = read_step(row["spec"])
    given = (await answers_to([row["task_id"]], GIVEN))[row["task_id"]]
    given.sort(key=lambda one: (one.assignment_id != row["assignment_id"], orjson.dumps(one.answer, option=orjson.OPT_SORT_KEYS)))
    trusts = await accuracy.trusts([one.freelancer_id for one in given], {row["step_id"]: step})
    told = await accuracy.told([one.assignment_id for one in given])
    cast = [trusts.vote(one.freelancer_id, row["step_id"], one.answer, told.get(one.assignment_id)) for one in given]
    consensus = decide(step.answer, cast, method=step.checking.method)
    own = orjson.loads(row["answer"])
    votes = [
        Vote(vote.answer, vote.accuracy, standing.probability_right, all(verdicts(step.answer, vote.answer, own).values()))
        for vote, standing in zip(cast, consensus.standings, strict=True)
    ]
    return Seen(
        row["project"],
        step,
        orjson.loads(row["input"]),
        row["plan"],
        votes[0].answer,
        own,
        orjson.loads(row["passed"]),
        row["reason"],
        row["state"],
        row["share"],
        row["done_at"],
        votes[0],
        votes[1:],
        consensus.result,
        consensus.confidence,
        orjson.loads(row["result"]) if row["result"] else None,
    )
