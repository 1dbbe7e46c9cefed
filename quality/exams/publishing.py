"""Versions of exams: drafted by one curator, published by another. A new version takes the place of the last one for new attempts only."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from piecework.platform import db, trail
from piecework.platform.errors import Invalid, NotFound
from piecework.quality.exams.definition import ExamSpec, Section, read_exam
from piecework.quality.exams.errors import NotADraft, OwnExam, PoolTooSmall
from piecework.tasks.models import Project

LISTED = """
SELECT e.*, p.code AS direction FROM exam e LEFT JOIN project p ON p.id = e.project_id
WHERE ($1::text IS NULL OR e.code = $1) AND ($2::boolean IS NOT TRUE OR (e.published_at IS NOT NULL AND e.retired_at IS NULL))
ORDER BY e.code, e.version DESC LIMIT 500
"""

SUPPLY = """
SELECT pool, difficulty, count(*) AS live FROM exam_question
WHERE pool = ANY ($1) AND approved_at IS NOT NULL AND retired_at IS NULL AND (project_id IS NULL OR project_id = $2) GROUP BY 1, 2
"""

Row = Mapping[str, Any]


async def draft(actor: UUID, code: str, spec: ExamSpec) -> int:
    """Store the next version of an exam as a draft; returns its number.

    Raises:
        Invalid: there is no such direction, or it is not that of the versions before.
    """
    await db.execute("SELECT pg_advisory_xact_lock(hashtextextended('exam ' || $1, 0))", code)
    project = await Project.get_or_none(code=spec.direction) if spec.direction is not None else None
    last = await db.row("SELECT version, spec FROM exam WHERE code = $1 ORDER BY version DESC LIMIT 1", code)
    if spec.direction is not None and project is None:
        raise Invalid(errors=[{"field": "spec.direction", "code": "unknown_direction", "message": "There is no such project."}])
    if last is not None and (before := read_exam(last["spec"])).direction != spec.direction:
        message = f"The versions of an exam are of one direction: {before.direction or 'none'}."
        raise Invalid(errors=[{"field": "spec.direction", "code": "other_direction", "message": message}])
    version = 1 if last is None else int(last["version"]) + 1
    made = await db.scalar(
        "INSERT INTO exam (code, version, project_id, spec, author) VALUES ($1, $2, $3, $4::jsonb, $5) RETURNING id",
        code,
        version,
        None if project is None else project.id,
        spec.model_dump_json(),
        actor,
    )
    await trail.record(actor, "exam.drafted", "exam", made, code=code, version=version)
    return version


async def publish(actor: UUID, code: str, version: int) -> None:
    """Let a version be sat from now on; the one before is retired. Attempts under way go on by theirs.

    Raises:
        NotFound, NotADraft, OwnExam, PoolTooSmall: see there.
    """
    row = await _held(code, version)
    if row["published_at"] is not None or row["retired_at"] is not None:
        raise NotADraft
    if row["author"] == actor:
        raise OwnExam
    await check_supply(read_exam(row["spec"]).sections, row["project_id"])
    await db.execute(
        "UPDATE exam SET retired_by = $2, retired_at = now() WHERE code = $1 AND published_at IS NOT NULL AND retired_at IS NULL",
        code,
        actor,
    )
    await db.execute("UPDATE exam SET published_by = $2, published_at = now() WHERE id = $1", row["id"], actor)
    await trail.record(actor, "exam.published", "exam", row["id"], code=code, version=version)


async def retire(actor: UUID, code: str, version: int, reason: str) -> None:
    """Let nobody begin this version any more; a draft is withdrawn with it. Retired once, it stays as it is.

    Raises:
        NotFound: there is none.
    """
    row = await _held(code, version)
    if row["retired_at"] is None:
        await db.execute("UPDATE exam SET retired_by = $2, retired_at = now() WHERE id = $1", row["id"], actor)
        await trail.record(actor, "exam.retired", "exam", row["id"], reason=reason, code=code, version=version)


async def versions(code: str | None = None, *, published: bool = False) -> Sequence[Row]:
    """Exams by code, the newest version first; of all codes or one."""
    return await db.rows(LISTED, code, published)


async def published(code: str) -> Row:
    """The version that can be sat now.

    Raises:
        NotFound: there is none.
    """
    found = await versions(code, published=True)
    if not found:
        raise NotFound
    return found[0]


async def check_supply(sections: Sequence[Section], project_id: UUID | None) -> None:
    """Refuse if the pools have fewer questions than are drawn; sections of one pool need different ones.

    Raises:
        PoolTooSmall: `lacks` says what, by pool and difficulty (`any` where the difficulty does not matter).
    """
    supply: dict[str, Counter[str]] = {}
    for row in await db.rows(SUPPLY, sorted({one.pool for one in sections}), project_id):
        supply.setdefault(row["pool"], Counter())[row["difficulty"]] = row["live"]
    wanted: dict[str, Counter[str]] = {}
    for one in sections:
        levels = {"any": one.draw} if one.difficulty is None else {str(level): n for level, n in one.difficulty.items()}
        wanted.setdefault(one.pool, Counter()).update(levels)
    lacks = [
        {"pool": pool, "difficulty": level, "lacks": lack}
        for pool, levels in wanted.items()
        for level, lack in _lacking(levels, supply.get(pool, Counter()))
    ]
    if lacks:
        raise PoolTooSmall(lacks=lacks)


def _lacking(levels: Counter[str], live: Counter[str]) -> list[tuple[str, int]]:
    named = {level: n for level, n in levels.items() if level != "any"}
    lacking = [(level, n - live[level]) for level, n in named.items() if n > live[level]]
    spare = live.total() - sum(min(n, live[level]) for level, n in named.items())
    return lacking + ([("any", levels["any"] - spare)] if levels["any"] > spare else [])


async def _held(code: str, version: int) -> Row:
    await db.execute("SELECT pg_advisory_xact_lock(hashtextextended('exam ' || $1, 0))", code)
    row = await db.row("SELECT * FROM exam WHERE code = $1 AND version = $2", code, version)
    if row is None:
        raise NotFound
    return dict(row)
