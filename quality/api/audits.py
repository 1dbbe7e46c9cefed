"""Operations on audits (of the second line too), the curator's queue and the accuracy of who audits."""

from datetime import timedelta

from piecework.platform.identity.models import Role
from piecework.platform.web.operation import Call, Operation
from piecework.platform.web.paging import PageQuery, cursor
from piecework.quality import policy
from piecework.quality.auditing import auditing, curators, queue, sampling
from piecework.quality.comparing.comparison import is_compared
from piecework.quality.errors import AuditEnded, AuditNotTaken, OwnWork
from piecework.quality.grading.audits import Plan
from piecework.quality.schemas import audits as s
from piecework.tasks.fields import AnswerSchema
from piecework.tasks.projects import project_by_code


def _is_curator(call: Call) -> bool:
    return Role.CURATOR in call.principal.roles


async def take_audit(call: Call) -> s.AuditTaken:
    """Take the most valuable open audit; the one that is held already, if any."""
    work = await auditing.take(call.principal.account_id, curator=_is_curator(call))
    if work is None:
        return s.AuditTaken(audit=None)
    fields = [one for one in work.step.answer if is_compared(one)]
    shown = {one.name: one.title for one in work.step.input}
    asked = {one.name: one.title for one in work.step.answer}
    return s.AuditTaken(
        audit=s.AuditWork(
            id=work.id,
            taken_until=work.taken_until,
            project=work.project,
            step=work.step.key,
            title=work.step.title,
            instruction=work.step.instruction,
            input=[s.Shown(name=name, title=shown.get(name, name), value=value) for name, value in work.input.items()],
            answer=fields,
            answer_schema=AnswerSchema(fields).json_schema,
            words=[s.Shown(name=name, title=asked[name], value=value) for name, value in work.words.items()],
        )
    )


async def record_audit(call: Call, body: s.AuditIn) -> s.AuditOut:
    """Record an audit that one has taken."""
    audit_id = call.id("audit_id")
    found = await auditing.record(
        call.principal.account_id, audit_id, body.answer, body.passed, body.reason, curator=_is_curator(call)
    )
    return s.AuditOut(
        id=audit_id,
        fields=found.fields,
        answer=found.answer,
        answers=found.answers,
        same=found.same,
        consensus=found.consensus,
    )


async def plan_audits(call: Call, body: s.PlanIn) -> s.PlanOut:
    """Draw decided answers of a project for audits."""
    project = await project_by_code(call.principal, call.request.path_params["code"])
    requested = await sampling.draw(
        call.principal.account_id,
        project.id,
        Plan(body.plan),
        body.count,
        step=body.step,
        freelancer_id=body.freelancer_id,
        said=body.value,
        since=None if body.since_days is None else timedelta(days=body.since_days),
    )
    return s.PlanOut(requested=requested)


async def curator_queue(call: Call, query: PageQuery) -> s.Queue:
    """What waits for this curator, what matters most first."""
    found = await queue.page(call.principal.account_id, queue.read_cursor(query.cursor), query.limit + 1)
    shown = found[: query.limit]
    return s.Queue(
        items=[
            s.QueueItem(
                kind=row["kind"],
                id=None if row["kind"] in queue.BLIND else row["id"],
                project=row["project"],
                step=row["step"],
                since=row["since"],
                due_at=row["due_at"],
                why=row["why"],
                priority=row["class"],
            )
            for row in shown
        ],
        next_cursor=queue.cursor(queue.place(shown[-1])) if len(found) > query.limit else None,
    )


async def list_curators(_call: Call, query: PageQuery) -> s.Curators:
    """How good are who audits: curators and the second line, by each other's second looks and by appeals."""
    found = await curators.page(query.after(), query.limit + 1)
    shown = found[: query.limit]
    return s.Curators(
        items=[
            s.CuratorOut(
                curator_id=one.id,
                name=one.name,
                audits=one.audits,
                second_looks=one.second_looks,
                agreed=one.agreed,
                mean=one.accuracy.mean,
                low=one.accuracy.low,
                high=one.accuracy.high,
                refusals=one.refusals,
                appealed=one.appealed,
                overturned=one.overturned,
                overturned_share=one.overturned / one.refusals if one.refusals else None,
            )
            for one in shown
        ],
        next_cursor=cursor(shown[-1].id if len(found) > query.limit else None),
    )


OPERATIONS = (
    Operation("POST", "/audits/take", take_audit, policy.AUDIT, "Take the most valuable audit", reply=s.AuditTaken, tag="quality"),
    Operation("POST", "/audits/{audit_id}", record_audit, policy.AUDIT, "Record an audit", body=s.AuditIn, reply=s.AuditOut,
              errors=(AuditNotTaken, AuditEnded, OwnWork), tag="quality"),
    Operation("POST", "/projects/{code}/audits/plan", plan_audits, policy.AUDITS_PLAN, "Draw answers for audits", body=s.PlanIn,
              reply=s.PlanOut, tag="quality"),
    Operation("GET", "/curator/queue", curator_queue, policy.REVIEW, "What waits for a curator", query=PageQuery, reply=s.Queue,
              tag="quality"),
    Operation("GET", "/curators", list_curators, policy.ACCURACY_READ, "How good curators are", query=PageQuery, reply=s.Curators,
              tag="quality"),
)  # fmt: skip
