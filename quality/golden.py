"""Golden tasks: made by a curator from a known answer; to a freelancer a task like any other."""

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import orjson

from piecework.platform import db, trail
from piecework.platform.errors import Invalid, NotFound
from piecework.quality.comparison import compared
from piecework.quality import truths
from piecework.quality.errors import GoldenKnown, NotComparable
from piecework.quality.truths import Known, Source
from piecework.tasks import splitting, workflows
from piecework.tasks.fields import Answer, AnswerSchema
from piecework.tasks.masking import mask
from piecework.tasks.models import Project
from piecework.tasks.splitting import NewTask


async def add(actor: UUID, project: Project, step_key: str, shown: dict[str, str | bool], answers: Sequence[Answer]) -> UUID:
    """Make a golden task of a step of the active workflow; returns its task id.

    It is shown to as many people as an ordinary task of the step (its overlap), then never again, because a task seen more often
    gives itself away. Its input is masked like a ticket's.

    Raises:
        NotFound: no such step. Invalid: input or answers do not fit the step. NotComparable, GoldenKnown: see there.
    """
    workflow = await workflows.active(project.id)
    if workflow is None:
        raise NotFound
    spec, step_ids = (await workflows.load([workflow.id]))[workflow.id]
    if step_key not in step_ids:
        raise NotFound("The active workflow has no such step.")
    step = spec.step(step_key)
    if step.overlap < 2 or any(other.judges == step_key for other in spec.steps):
        raise NotComparable(
            "Only steps whose answers are judged by their overlap can have golden tasks: elsewhere the verdict would tell."
        )
    names = {field.name for field in step.input}
    if set(shown) != names:
        raise Invalid(
            errors=[{"field": "input", "code": "input_fields", "message": f"It must have exactly: {', '.join(sorted(names))}."}]
        )
    schema = AnswerSchema(step.answer)
    for answer in answers:
        schema.check(answer)
        if not any(True for _ in compared(step.answer, answer)):
            raise NotComparable
    task_id = uuid4()
    masked = {name: mask(value).text if isinstance(value, str) else value for name, value in shown.items()}
    now = await db.scalar("SELECT now()")
    await splitting.open_tasks(
        [
            NewTask(
                id=task_id,
                project_id=project.id,
                step_id=step_ids[step_key],
                ticket_id=None,
                iteration=1,
                input={field.name: masked[field.name] for field in step.input},
                overlap=step.overlap,
                lane=splitting.ORDINARY_LANE,
                deadline_at=now + timedelta(minutes=project.sla_minutes),
            )
        ],
        control=True,
    )
    made = await db.execute(
        """INSERT INTO golden (task_id, step_id, fingerprint, created_by) VALUES ($1, $2, $3, $4)
           ON CONFLICT ON CONSTRAINT golden_once DO NOTHING""",
        task_id,
        step_ids[step_key],
        hashlib.sha256(orjson.dumps(masked, option=orjson.OPT_SORT_KEYS)).digest(),
        actor,
    )
    if not made:
        raise GoldenKnown
    await truths.state(task_id, [Known(answer) for answer in answers], Source.GOLDEN, actor, "")
    await trail.record(actor, "golden.added", "task", task_id)
    return task_id
