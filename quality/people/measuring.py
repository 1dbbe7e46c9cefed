"""The published accuracy of a person over a span of time, handed to the measures that pay rules read.

It is what the person themselves could read when the span ended (`accuracy.own`): by whole blocks of answers, as of the last midnight,
to two places. So pay tells nobody more of golden answers than those figures do.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from piecework.platform import db
from piecework.quality.people import accuracy
from piecework.quality.people.accuracy import Estimate, Own
from piecework.tasks import measures
from piecework.tasks.measures import Measure

PLACES = 100
"""Published figures have two places; a measure is in 1/10,000."""


async def measure(freelancer_id: UUID, since: datetime, until: datetime) -> None:
    """Record the accuracy that was published at the end of a span: over all projects, and in each alone.

    The value is the mean of the steps' lower bounds (95 %), each weighted by the answers that tell of it, in 1/10,000, rounded down;
    None where no answer could be judged yet. Recorded once: what is learned later does not change it.
    """
    own = await accuracy.own_at(freelancer_id, until)
    projects: dict[str, UUID] = {row["code"]: row["id"] for row in await db.rows("SELECT id, code FROM project")}
    by_project: dict[UUID | None, list[Estimate]] = {None: own.steps}
    for one in own.steps:
        by_project.setdefault(projects[one.project], []).append(one)
    await measures.record(
        [
            Measure(freelancer_id, "quality", since, until, "quality", lower_bound(steps), _evidence(own, steps), project_id)
            for project_id, steps in by_project.items()
        ]
    )


def lower_bound(steps: Sequence[Estimate]) -> int | None:
    """The lower bounds of several steps in one."""
    answers = sum(one.answers for one in steps)
    return sum(_published(one.interval.low) * one.answers for one in steps) // answers if answers else None


def _published(figure: float) -> int:
    return round(figure * PLACES) * PLACES


def _evidence(own: Own, steps: Sequence[Estimate]) -> dict[str, Any]:
    return {
        "as_of": own.as_of.isoformat(),
        "answers": sum(one.answers for one in steps),
        "steps": [
            {
                "project": one.project,
                "step": one.step,
                "answers": one.answers,
                "accuracy": _published(one.interval.mean),
                "low": _published(one.interval.low),
                "words": one.own_words(),
            }
            for one in steps
        ],
    }
