"""Versions of exams: what quality.publishing does, and that an exam can be sat and can be passed."""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from piecework.platform import db
from piecework.platform.said import Said
from piecework.quality import publishing
from piecework.quality.exams.definition import ExamSpec, Section
from piecework.quality.exams.errors import PoolTooSmall
from piecework.quality.exams.scoring import best_outcome
from piecework.quality.publishing import Kind, Version, invalid

EXAMS = Kind("exam", ExamSpec, {"language_exam": "language_exam", "direction_exam": "direction_exam"})

SUPPLY = """
SELECT pool, difficulty, count(*) AS live FROM exam_question
WHERE pool = ANY ($1) AND approved_at IS NOT NULL AND retired_at IS NULL AND (project_id IS NULL OR project_id = $2) GROUP BY 1, 2
"""


async def draft(actor: UUID, code: str, spec: ExamSpec) -> int:
    """Store the next version of an exam as a draft; returns its number.

    Raises:
        Invalid: there is no such direction, it is not that of the versions before, or nobody could pass by its rule.
    """
    if not best_outcome(spec).passed:
        raise invalid(
            "spec.passing", "cannot_be_passed", Said("With so few questions not even all of them right pass by this rule.")
        )
    _, version = await publishing.draft(EXAMS, actor, code, spec, await publishing.direction(spec))
    return version


async def publish(actor: UUID, code: str, number: int) -> Version[ExamSpec]:
    """Let a version be sat from now on; the one before is retired. Attempts under way go on by theirs.

    Raises:
        PoolTooSmall: see there; and what quality.publishing.publish raises.
    """
    made = await publishing.publish(EXAMS, actor, code, number)
    await check_supply(made.spec.sections, made.project_id)
    return made


async def check_supply(sections: Sequence[Section], project_id: UUID | None) -> None:
    """Refuse if the pools have fewer questions than are drawn.

    Raises:
        PoolTooSmall: `lacks` says what, as `lacking` does.
    """
    lacks = await lacking(sections, project_id)
    if lacks:
        raise PoolTooSmall(lacks=lacks)


async def lacking(sections: Sequence[Section], project_id: UUID | None) -> list[dict[str, Any]]:
    """What the pools lack, by pool and difficulty (`any` where it does not matter); sections of one pool need different questions."""
    supply: dict[str, Counter[str]] = {}
    for row in await db.rows(SUPPLY, sorted({one.pool for one in sections}), project_id):
        supply.setdefault(row["pool"], Counter())[row["difficulty"]] = row["live"]
    wanted: dict[str, Counter[str]] = {}
    for one in sections:
        levels = {"any": one.draw} if one.difficulty is None else {str(level): n for level, n in one.difficulty.items()}
        wanted.setdefault(one.pool, Counter()).update(levels)
    return [
        {"pool": pool, "difficulty": level, "lacks": lack}
        for pool, levels in wanted.items()
        for level, lack in _lacking(levels, supply.get(pool, Counter()))
    ]


def _lacking(levels: Counter[str], live: Counter[str]) -> list[tuple[str, int]]:
    named = {level: n for level, n in levels.items() if level != "any"}
    lacking = [(level, n - live[level]) for level, n in named.items() if n > live[level]]
    spare = live.total() - sum(min(n, live[level]) for level, n in named.items())
    return lacking + ([("any", levels["any"] - spare)] if levels["any"] > spare else [])
