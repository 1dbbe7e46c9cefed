"""Versions of courses: drafted by one curator, published by another. A new version takes the place of the last one for new enrolments only.

What a course of a direction teaches is masked like tickets, and is neither golden at work nor asked in exams: the database holds them
apart (keep_taught_apart in sql/training.sql).
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from piecework.platform import db, trail
from piecework.platform.errors import Invalid, NotFound
from piecework.quality.training.definition import (
    CourseSpec,
    ShownField,
    TaskForm,
    TaskItem,
    Tasks,
    Trial,
    check_items,
    read_course,
)
from piecework.quality.training.errors import CourseNotADraft, OwnCourse, TaughtLive
from piecework.tasks import workflows
from piecework.tasks.masking import mask
from piecework.tasks.models import Project

LISTED = """
SELECT c.*, p.code AS direction FROM course c LEFT JOIN project p ON p.id = c.project_id
WHERE ($1::text IS NULL OR c.code = $1) AND ($2::boolean IS NOT TRUE OR (c.published_at IS NOT NULL AND c.retired_at IS NULL))
ORDER BY c.code, c.version DESC LIMIT 500
"""
INSERT_TASKS = """
INSERT INTO course_task (course_id, unit, item, project_id, fingerprint)
SELECT $1, n.unit, n.item, $2, n.fingerprint FROM unnest($3::text[], $4::smallint[], $5::bytea[]) AS n (unit, item, fingerprint)
"""
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('course ' || $1, 0))"

Row = Mapping[str, Any]


async def draft(actor: UUID, code: str, spec: CourseSpec) -> int:
    """Store the next version of a course as a draft; returns its number.

    Raises:
        Invalid: no such direction or step, tasks that do not fit the step, one input twice, or a change of direction.
        TaughtLive: an input is a golden task that can be handed out, or an exam question.
    """
    await db.execute(LOCK, code)
    project = await Project.get_or_none(code=spec.direction) if spec.direction is not None else None
    if spec.direction is not None and project is None:
        raise _invalid("spec.direction", "unknown_direction", "There is no such project.")
    last = await db.row("SELECT version, spec FROM course WHERE code = $1 ORDER BY version DESC LIMIT 1", code)
    if last is not None and read_course(last["spec"]).direction != spec.direction:
        raise _invalid("spec.direction", "other_direction", "The versions of a course are of one direction.")
    whole = spec if project is None else await _of_direction(spec, project)
    tasks = _inputs(whole)
    version = 1 if last is None else int(last["version"]) + 1
    made = await db.scalar(
        "INSERT INTO course (code, version, project_id, spec, author) VALUES ($1, $2, $3, $4::jsonb, $5) RETURNING id",
        code,
        version,
        None if project is None else project.id,
        whole.model_dump_json(by_alias=True),
        actor,
    )
    units, numbers, inputs = zip(*tasks, strict=True) if tasks else ((), (), ())
    try:
        await db.execute(INSERT_TASKS, made, None if project is None else project.id, list(units), list(numbers), list(inputs))
    except asyncpg.UniqueViolationError as refused:
        raise TaughtLive from refused
    await trail.record(actor, "course.drafted", "course", made, code=code, version=version)
    return version


async def publish(actor: UUID, code: str, version: int) -> None:
    """Let people enrol in a version from now on; the one before is retired. Who is under way goes on by theirs.

    Raises:
        NotFound, CourseNotADraft, OwnCourse: see there.
    """
    row = await _held(code, version)
    if row["published_at"] is not None or row["retired_at"] is not None:
        raise CourseNotADraft
    if row["author"] == actor:
        raise OwnCourse
    await db.execute(
        """UPDATE course SET retired_by = $2, retired_at = clock_timestamp()
           WHERE code = $1 AND published_at IS NOT NULL AND retired_at IS NULL""",
        code,
        actor,
    )
    await db.execute("UPDATE course SET published_by = $2, published_at = clock_timestamp() WHERE id = $1", row["id"], actor)
    await trail.record(actor, "course.published", "course", row["id"], code=code, version=version)


async def retire(actor: UUID, code: str, version: int, reason: str) -> None:
    """Let nobody enrol in this version any more; a draft is withdrawn with it. Retired once, it stays as it is.

    Raises:
        NotFound: there is none.
    """
    row = await _held(code, version)
    if row["retired_at"] is None:
        await db.execute("UPDATE course SET retired_by = $2, retired_at = clock_timestamp() WHERE id = $1", row["id"], actor)
        await trail.record(actor, "course.retired", "course", row["id"], reason=reason, code=code, version=version)


async def versions(code: str | None = None, *, published: bool = False) -> Sequence[Row]:
    """Courses by code, the newest version first; of all codes or one."""
    return await db.rows(LISTED, code, published)


async def published(code: str) -> Row:
    """The version that people enrol in now.

    Raises:
        NotFound: there is none.
    """
    found = await versions(code, published=True)
    if not found:
        raise NotFound
    return found[0]


async def _of_direction(spec: CourseSpec, project: Project) -> CourseSpec:
    """The course with the forms of its steps filled in, and what its tasks show masked."""
    active = await workflows.active(project.id)
    steps = {} if active is None else {step.key: step for step in (await workflows.load([active.id]))[active.id][0].steps}
    units = list(spec.units)
    for place, unit in enumerate(units):
        if not isinstance(unit, Tasks | Trial):
            continue
        form = unit.form
        if unit.step is not None:
            step = steps.get(unit.step)
            if step is None:
                raise _invalid(f"spec.units.{place}.step", "unknown_step", "The active workflow has no such step.")
            shown = [ShownField(name=field.name, title=field.title) for field in step.input]
            form = TaskForm(instruction=step.instruction or step.title, input=shown, answer=step.answer)
        items = [item.model_copy(update={"input": _masked(item)}) for item in unit.items]
        try:
            check_items(form or unit.asks, items)
        except ValueError as wrong:
            raise _invalid(f"spec.units.{place}.items", "does_not_fit", f"{wrong}.") from None
        units[place] = unit.model_copy(update={"form": form, "items": items})
    return spec.model_copy(update={"units": units})


def _masked(item: TaskItem) -> dict[str, str | bool | None]:
    return {name: mask(value).text if isinstance(value, str) else value for name, value in item.input.items()}


def _inputs(spec: CourseSpec) -> list[tuple[str, int, bytes]]:
    """Every task's unit, number and fingerprint: the same for the same input as of golden tasks."""
    found: dict[bytes, tuple[str, int, bytes]] = {}
    for unit in spec.units:
        for number, item in enumerate(unit.items if isinstance(unit, Tasks | Trial) else [], 1):
            key = hashlib.sha256(orjson.dumps(item.input, option=orjson.OPT_SORT_KEYS)).digest()
            if key in found:
                raise _invalid("spec.units", "same_input", f"{unit.key}: task {number} shows what another task shows.")
            found[key] = (unit.key, number, key)
    return list(found.values())


async def _held(code: str, version: int) -> Row:
    await db.execute(LOCK, code)
    row = await db.row("SELECT * FROM course WHERE code = $1 AND version = $2", code, version)
    if row is None:
        raise NotFound
    return dict(row)


def _invalid(field: str, code: str, message: str) -> Invalid:
    return Invalid(errors=[{"field": field, "code": code, "message": message}])
