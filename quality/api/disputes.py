"""Operations on disputes: for curators and the second line."""

import orjson

from piecework.platform.identity.models import Role
from piecework.platform.web.operation import Call, Operation
from piecework.platform.web.paging import PageQuery, cursor
from piecework.quality import policy
from piecework.quality.auditing import disputes, second_line
from piecework.quality.errors import NotComparable, NotDisputed, OwnWork
from piecework.quality.schemas import disputes as s
from piecework.quality.schemas.audits import Shown
from piecework.tasks.fields import AnswerSchema

BEGINS = 90
"""So many characters of a task are shown in a list."""


def _is_curator(call: Call) -> bool:
    return Role.CURATOR in call.principal.roles


async def list_disputes(call: Call, query: PageQuery) -> s.Disputes:
    """The disputes that I may settle."""
    after = None if query.cursor is None else query.after()
    found = await disputes.page(call.principal.account_id, after, query.limit + 1, curator=_is_curator(call))
    shown = found[: query.limit]
    items = [
        s.DisputeRow(
            task_id=r["id"],
            begins=max((one for one in orjson.loads(r["input"]).values() if isinstance(one, str)), key=len, default="")[:BEGINS],
            **{name: r[name] for name in ("project", "step", "title", "deadline_at")},
        )
        for r in shown
    ]
    return s.Disputes(items=items, next_cursor=cursor(items[-1].task_id if len(found) > query.limit else None))


async def list_settlers(_call: Call, query: PageQuery) -> s.Settlers:
    """Who settles disputes, and what became of that."""
    found = await second_line.settled(query.after(), query.limit + 1)
    items = [
        s.SettlerOut(person_id=r["id"], **{name: r[name] for name in ("name", "settled", "checked", "overturned")})
        for r in found[: query.limit]
    ]
    return s.Settlers(items=items, next_cursor=cursor(items[-1].person_id if len(found) > query.limit else None))


async def show_dispute(call: Call) -> s.DisputeOut:
    """A disputed task with its answers, without their authors."""
    found = await disputes.show(call.principal.account_id, call.id("task_id"), curator=_is_curator(call))
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
    await disputes.settle(call.principal.account_id, task_id, body.answer, body.reason, curator=_is_curator(call))
    return s.SettledOut(task_id=task_id)


OPERATIONS = (
    Operation("GET", "/disputes", list_disputes, policy.DISPUTES, "Disputes that I may settle", query=PageQuery, reply=s.Disputes,
              tag="quality"),
    Operation("GET", "/settlers", list_settlers, policy.ACCURACY_READ, "Who settles disputes, and what became of that", query=PageQuery,
              reply=s.Settlers, tag="quality"),
    Operation("GET", "/disputes/{task_id}", show_dispute, policy.DISPUTES, "A disputed task", reply=s.DisputeOut,
              errors=(NotDisputed, OwnWork), tag="quality"),
    Operation("POST", "/disputes/{task_id}", settle_dispute, policy.DISPUTES, "Decide a disputed task", body=s.DisputeIn,
              reply=s.SettledOut, errors=(NotDisputed, OwnWork, NotComparable), tag="quality"),
)  # fmt: skip
