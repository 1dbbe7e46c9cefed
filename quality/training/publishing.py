"""Versions of courses: what quality.publishing does, with what a course teaches made whole.

What a course of a direction teaches is masked like tickets, and is neither golden at work nor asked in exams: the database holds them
apart (keep_apart in sql/publishing.sql).
"""

from uuid import UUID

import asyncpg

from piecework.platform import db
from piecework.platform.errors import Misfit
from piecework.platform.said import Said
from piecework.quality import publishing
from piecework.quality.golden.golden import fingerprint
from piecework.quality.publishing import Kind, invalid
from piecework.quality.training.definition import (
    CourseSpec,
    ShownField,
    TaskForm,
    TaskItem,
    Tasks,
    Trial,
    check_items,
)
from piecework.quality.training.errors import TaughtLive
from piecework.quality.training.judging import can_pass
from piecework.tasks import workflows
from piecework.tasks.masking import mask
from piecework.tasks.models import Project

COURSES = Kind("course", CourseSpec, {"training": "course", "trial": "trial"})

INSERT_TASKS = """
INSERT INTO course_task (course_id, unit, item, project_id, fingerprint)
SELECT $1, n.unit, n.item, $2, n.fingerprint FROM unnest($3::text[], $4::smallint[], $5::bytea[]) AS n (unit, item, fingerprint)
"""


async def draft(actor: UUID, code: str, spec: CourseSpec) -> int:
    """Store the next version of a course as a draft; returns its number.

    Raises:
        Invalid: no such direction or step, tasks that do not fit the step, one input twice, a change of direction, or a trial that
            nobody could pass by its rule.
        TaughtLive: an input is a golden task that can be handed out, or an exam question.
    """
    if spec.trial is not None and not can_pass(spec.trial, 0, 0):
        message = Said("With so few tasks not even all of them right pass by this rule.")
        raise invalid(f"spec.units.{len(spec.units) - 1}.passing", "cannot_be_passed", message)
    project = await publishing.direction(spec)
    whole = spec if project is None else await _of_direction(spec, project)
    tasks = _inputs(whole)
    made, version = await publishing.draft(COURSES, actor, code, whole, project)
    units, numbers, inputs = zip(*tasks, strict=True) if tasks else ((), (), ())
    try:
        await db.execute(INSERT_TASKS, made, None if project is None else project.id, list(units), list(numbers), list(inputs))
    except asyncpg.UniqueViolationError as refused:
        raise TaughtLive from refused
    return version


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
                raise invalid(f"spec.units.{place}.step", "unknown_step", Said("The active workflow has no such step."))
            shown = [ShownField(name=field.name, title=field.title) for field in step.input]
            form = TaskForm(instruction=step.instruction or step.title, input=shown, answer=step.answer)
        items = [item.model_copy(update={"input": _masked(item)}) for item in unit.items]
        try:
            check_items(form or unit.asks, items)
        except Misfit as wrong:
            way = ".".join(map(str, ("spec.units", place, *wrong.place)))
            raise invalid(way, "does_not_fit", wrong.said) from None
        units[place] = unit.model_copy(update={"form": form, "items": items})
    return spec.model_copy(update={"units": units})


def _masked(item: TaskItem) -> dict[str, str | bool | None]:
    return {name: mask(value).text if isinstance(value, str) else value for name, value in item.input.items()}


def _inputs(spec: CourseSpec) -> list[tuple[str, int, bytes]]:
    """Every task's unit, number and fingerprint: the same for the same input as of golden tasks."""
    found: dict[bytes, tuple[str, int, bytes]] = {}
    for unit in spec.units:
        for number, item in enumerate(unit.items if isinstance(unit, Tasks | Trial) else [], 1):
            key = fingerprint(item.input)
            if key in found:
                raise invalid(
                    "spec.units",
                    "same_input",
                    Said("%(key)s: task %(number)s shows what another task shows.", key=unit.key, number=number),
                )
            found[key] = (unit.key, number, key)
    return list(found.values())
