"""Operations on disputes."""

from piecework.platform.web.operation import Call, Operation
from piecework.quality import policy
from piecework.quality.auditing import disputes
from piecework.quality.errors import NotComparable, NotDisputed, OwnWork
from piecework.quality.schemas import disputes as s
from piecework.quality.schemas.audits import Shown
from piecework.tasks.fields import AnswerSchema


async def show_dispute(call: Call) -> s.DisputeOut:
    """A disputed task with its answers, without their authors."""
    found = await disputes.show(call.principal.account_id, call.id("task_id"))
    step = found.step
    titles = {one.name: one.title for one in step.input}
    return s.DisputeOut(
        task_id=found.id,
        project=found.project,
        step=step.key,
        title=step.title,
        instruction=step.instruction,
        input=[Shown(name=name, title=titles.get(name, name), value=value) for name, value in found.input.items()],
        answer=step.answer,
        answer_schema=AnswerSchema(step.answer).json_schema,
        sides=[s.SideOut(name=side.name, answer=side.answer, probability=side.probability) for side in found.sides],
        result=found.consensus.result,
        confidence=found.consensus.confidence,
    )


async def settle_dispute(call: Call, body: s.DisputeIn) -> s.SettledOut:
    """Say what is right of a disputed task."""
    task_id = call.id("task_id")
    await disputes.settle(call.principal.account_id, task_id, body.answer, body.reason)
    return s.SettledOut(task_id=task_id)


OPERATIONS = (
    Operation("GET", "/disputes/{task_id}", show_dispute, policy.DISPUTES, "A disputed task", reply=s.DisputeOut,
              errors=(NotDisputed, OwnWork), tag="quality"),
    Operation("POST", "/disputes/{task_id}", settle_dispute, policy.DISPUTES, "Decide a disputed task", body=s.DisputeIn,
              reply=s.SettledOut, errors=(NotDisputed, OwnWork, NotComparable), idempotent=True, tag="quality"),
)  # fmt: skip
