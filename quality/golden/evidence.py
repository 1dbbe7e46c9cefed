"""What speaks for and against a golden task's key: what people answered, and how good they are apart from this answer."""

from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

import orjson

from piecework.platform import db
from piecework.quality.people import accuracy
from piecework.tasks.fields import Answer
from piecework.tasks.workflows import read_step

ANSWERS = """
SELECT a.id, a.freelancer_id, a.step_id, n.body, s.spec FROM assignment a JOIN answer n ON n.assignment_id = a.id
JOIN step s ON s.id = a.step_id WHERE a.task_id = $1 AND a.state IN ('submitted', 'accepted', 'rejected') ORDER BY n.body, a.id LIMIT 200
"""


@dataclass(frozen=True, slots=True)
class Given:
    """One answer, how many people gave it, and how often such people are right on average."""

    answer: Answer
    count: int
    accuracy: float


async def answers_beside(task_id: UUID) -> list[Given]:
    """The different answers to a task, those of most people first; nobody's name."""
    found = await db.rows(ANSWERS, task_id)
    if not found:
        return []
    trusts = await accuracy.trusts(
        sorted({row["freelancer_id"] for row in found}), {found[0]["step_id"]: read_step(found[0]["spec"])}
    )
    told = await accuracy.told([row["id"] for row in found])
    by_answer: dict[str, list[float]] = defaultdict(list)
    for row in found:
        vote = trusts.vote(row["freelancer_id"], row["step_id"], {}, told.get(row["id"]))
        by_answer[row["body"]].append(vote.accuracy)
    grouped = [Given(orjson.loads(body), len(each), sum(each) / len(each)) for body, each in by_answer.items()]
    return sorted(grouped, key=lambda one: -one.count)
