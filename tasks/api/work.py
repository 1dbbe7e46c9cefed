"""Operations of tasks: for requesters, curators and freelancers. They parse, call a use case and render."""

from typing import Any

import orjson

from piecework.platform import db
from piecework.platform.errors import Invalid, NotFound
from piecework.platform.web import idempotency
from piecework.platform.web.operation import SIGNED_IN, Call, Operation, Raw
from piecework.platform.web.paging import PageQuery, cursor
from piecework.tasks import (
    answers,
    claims,
    intake,
    pace,
    policy,
    projects,
    qualifications,
    queries,
    results,
    satisfaction,
    templates,
    workflows,
)
from piecework.tasks.errors import (
    AlreadyAnswered,
    Blocked,
    HeldCapReached,
    InstructionUnread,
    LeaseEnded,
    NoContract,
    NoLineAbove,
    NotARequester,
    NoWorkflow,
    ProjectArchived,
    ProjectCodeTaken,
    ReturnedTooMany,
    StaleLease,
    SubmissionReused,
    TicketRated,
    WeeklyCapReached,
)
from piecework.tasks.models import AssignmentState, Project, Ticket, Workflow
from piecework.tasks.schemas import work as s
from piecework.tasks.steps import StepCache

STEPS = StepCache()
FLOORS = claims.Floors()


def _project(project: Project) -> s.ProjectOut:
    return s.ProjectOut(**{name: getattr(project, name) for name in s.ProjectOut.model_fields})


async def create_project(call: Call, body: s.ProjectIn) -> s.ProjectOut:
    """Make a project."""
    return _project(await projects.create(call.principal, body.requester_id, **body.model_dump(exclude={"requester_id"})))


async def list_projects(call: Call, query: PageQuery) -> s.Projects:
    """Projects in the order they were made."""
    found = await projects.page(call.principal, query.after(), query.limit + 1)
    shown = found[: query.limit]
    return s.Projects(items=[_project(p) for p in shown], next_cursor=cursor(shown[-1].id) if len(found) > query.limit else None)


async def _project_of(call: Call) -> Project:
    return await projects.project_by_code(call.principal, call.request.path_params["code"])


async def publish_workflow(call: Call, body: workflows.WorkflowSpec) -> s.WorkflowOut:
    """Make the next version of a project's workflow the active one."""
    workflow = await workflows.publish(call.principal.account_id, await _project_of(call), body)
    return _workflow(workflow)


async def active_workflow(call: Call) -> s.WorkflowOut:
    """The workflow that new tickets get."""
    workflow = await workflows.active((await _project_of(call)).id)
    if workflow is None:
        raise NotFound
    return _workflow(workflow)


def _workflow(workflow: Workflow) -> s.WorkflowOut:
    return s.WorkflowOut(**{name: getattr(workflow, name) for name in s.WorkflowOut.model_fields})


async def workflow_templates(_call: Call) -> s.TemplatesOut:
    """The workflows that ship, ready to be changed and published."""
    return s.TemplatesOut(
        templates={name: templates.load(name).model_dump(mode="json", by_alias=True) for name in templates.NAMES}
    )


async def send_tickets(call: Call, body: s.TicketsIn) -> s.IntakeOut:
    """Take in one ticket or many: all or nothing; known ones are left as they are."""
    received = await intake.receive(await _project_of(call), body.source, body.tickets)
    added = sum(one.new for one in received)
    return s.IntakeOut(
        added=added,
        known=len(received) - added,
        tickets=[s.ReceivedOut(external_id=r.external_id, ticket_id=r.ticket_id, new=r.new) for r in received],
    )


def _ticket(ticket: Ticket) -> dict[str, Any]:
    return {name: getattr(ticket, name) for name in s.TicketOut.model_fields}


async def list_tickets(call: Call, query: s.TicketQuery) -> s.Tickets:
    """A project's tickets in the order they came, or the newest first."""
    project = await _project_of(call)
    newest_first = query.order == "newest"
    found = await results.listed(
        project.id, query.state, query.channel, query.after(), query.limit + 1, newest_first=newest_first
    )
    items = [s.TicketOut(**{name: one[name] for name in s.TicketOut.model_fields}) for one in found[: query.limit]]
    return s.Tickets(items=items, next_cursor=cursor(items[-1].id) if len(found) > query.limit else None)


async def show_ticket(call: Call) -> s.TicketWay:
    """A ticket with its way through the steps."""
    ticket = await projects.ticket_by_id(call.principal, call.id("ticket_id"))
    tasks = await db.rows(
        """SELECT t.id, st.key AS step, t.iteration, t.state, t.overlap, t.result, t.confidence, t.created_at, t.resolved_at,
                  (SELECT count(*) FROM assignment a WHERE a.task_id = t.id AND a.state IN ('submitted', 'accepted', 'rejected')) AS answers
           FROM task t JOIN step st ON st.id = t.step_id WHERE t.ticket_id = $1 ORDER BY t.created_at, t.iteration""",
        ticket.id,
    )
    way = [s.TaskOut(**{**row, "result": orjson.loads(row["result"]) if row["result"] else None}) for row in tasks]
    return s.TicketWay(**_ticket(ticket), tasks=way)


async def rate_ticket(call: Call, body: s.SatisfactionIn) -> s.SatisfactionOut:
    """Tell what the customer thought of the help."""
    ticket = await projects.ticket_by_id(call.principal, call.id("ticket_id"))
    revision = await satisfaction.rate(call.principal.account_id, ticket.id, **body.model_dump())
    return s.SatisfactionOut(ticket_id=ticket.id, score=body.score, comment=body.comment, revision=revision)


async def revoke_qualification(call: Call, body: s.ReasonIn) -> None:
    """End a qualification."""
    await qualifications.disqualify(
        call.principal.account_id, call.id("freelancer_id"), call.request.path_params["code"][:60], body.reason
    )


async def open_work(call: Call, query: s.WorkQuery) -> s.WorkOut:
    """What is open to me now, and my norm and caps."""
    me = call.principal.account_id
    load = await db.row(queries.LOAD, me, on=db.FREELANCER)
    if load is None:
        raise NoContract
    only = None if query.project is None else await STEPS.project_id(query.project)
    found = await db.rows(queries.OPEN_WORK, me, only, on=db.FREELANCER)
    work = []
    for row in found:
        step = await STEPS.get(row["step_id"])
        ref = s.StepRef(id=str(step.id), key=step.spec.key, title=step.spec.title)
        median_ms = row["median_ms"]
        work.append(
            s.OpenWork(
                project=step.project_code,
                step=ref,
                price=row["price"],
                by_language=[
                    s.LanguagePrice(language=language, price=price, estimated_per_hour=pace.per_hour(price, median_ms))
                    for language, price in sorted(orjson.loads(row["by_language"]).items())
                ],
                estimated_per_hour=pace.per_hour(row["price"], median_ms),
                currency=step.currency,
                open=row["open"],
            )
        )
    work = [item for item in work if item.open]
    if work and load["in_gap"]:
        await db.execute(queries.NOTE_SEEN, me, on=db.FREELANCER)
    unread = [row["code"] for row in await db.rows(queries.UNREAD, me, only)]
    return s.WorkOut(**{key: value for key, value in load.items() if key != "in_gap"}, unread=unread, work=work)


async def show_step(call: Call) -> s.StepOut:
    """Instruction and answer schema of a step. A step never changes, so a client asks once."""
    step = await STEPS.get(call.number("step_id"))
    if not await projects.may_read_step(call.principal, step.project_id, step.id):
        raise NotFound
    return s.StepOut(
        id=str(step.id),
        key=step.spec.key,
        title=step.spec.title,
        project=step.project_code,
        version=step.version,
        instruction=step.spec.instruction,
        price=step.spec.price,
        currency=step.currency,
        time_limit_s=step.spec.time_limit_s,
        # How answers are compared is for curators: it would tell which words nobody compares.
        answer=[field.model_copy(update={"compare": None}) for field in step.spec.answer],
        answer_schema=step.schema.json_schema,
    )


async def claim(call: Call, body: s.ClaimIn) -> Raw:
    """Claim up to `count` tasks: urgent and nearest deadline first."""
    project = None if body.project is None else await STEPS.project_id(body.project)
    once = None
    if call.key is not None:
        asked_for = idempotency.fingerprint("POST", call.request.url.path, "", body.model_dump_json().encode())
        once = claims.Once(call.key, asked_for)
    claimed = await claims.claim(STEPS, FLOORS, call.principal.account_id, body.count, project, once)
    again = claimed.ask_again_s
    if again is not None:
        return Raw(b'{"assignments":[],"retry_after_s":%d}' % again, headers={"retry-after": str(again)})
    return Raw(
        b'{"assignments":%s,"retry_after_s":null}' % claimed.assignments,
        headers=idempotency.REPLAYED if claimed.replayed else None,
    )


async def held_assignments(call: Call) -> Raw:
    """What I hold now."""
    return Raw(b'{"assignments":%s,"retry_after_s":null}' % await claims.held(STEPS, call.principal.account_id))


async def submit(call: Call, body: s.AnswerIn) -> Raw:
    """Submit an answer and, if `next` is given, claim the next tasks in the same commit."""
    following = body.next
    submission = answers.Submission(
        assignment_id=call.id("assignment_id"),
        submission_id=body.submission_id,
        lease_token=body.lease_token,
        answer=body.answer,
        next_count=0 if following is None else following.count,
        next_project=None if following is None or following.project is None else await STEPS.project_id(following.project),
    )
    reply, replayed = await answers.submit(STEPS, FLOORS, call.principal.account_id, submission)
    return Raw(reply, headers=idempotency.REPLAYED if replayed else None)


async def heartbeat(call: Call, body: s.LeaseIn) -> s.LeaseOut:
    """Extend the lease while still working."""
    until = await claims.extend(call.principal.account_id, call.id("assignment_id"), body.lease_token)
    return s.LeaseOut(expires_at=until)


async def release(call: Call) -> None:
    """Give a task back; it goes to others."""
    await claims.give_back(call.principal.account_id, call.id("assignment_id"), AssignmentState.RELEASED)


async def skip(call: Call, body: s.ReasonIn) -> None:
    """Give a task back and say why it cannot be done."""
    await claims.give_back(call.principal.account_id, call.id("assignment_id"), AssignmentState.SKIPPED, body.reason)


async def escalate(call: Call, body: s.ReasonIn) -> None:
    """Give a task to the line above and say why."""
    await claims.give_back(call.principal.account_id, call.id("assignment_id"), AssignmentState.ESCALATED, body.reason)


HELD = (NoContract, Blocked, HeldCapReached, WeeklyCapReached, ReturnedTooMany, InstructionUnread, NotFound)

OPERATIONS = (
    Operation("POST", "/assignments", claim, policy.WORK, "Claim tasks", body=s.ClaimIn, reply=s.AssignmentsOut,
              errors=HELD, transaction=False, idempotent=True, tag="work"),
    Operation("GET", "/assignments", held_assignments, policy.WORK, "What I hold", reply=s.AssignmentsOut, transaction=False, tag="work"),
    Operation("POST", "/assignments/{assignment_id}/answer", submit, policy.WORK, "Submit an answer (and claim the next)",
              body=s.AnswerIn, reply=s.AnswerOut, body_limit_bytes=256 * 1024, errors=(StaleLease, LeaseEnded, AlreadyAnswered, SubmissionReused),
              transaction=False, tag="work"),
    Operation("POST", "/assignments/{assignment_id}/heartbeat", heartbeat, policy.WORK, "Extend a lease", body=s.LeaseIn,
              reply=s.LeaseOut, errors=(LeaseEnded, StaleLease), transaction=False, tag="work"),
    Operation("POST", "/assignments/{assignment_id}/release", release, policy.WORK, "Give a task back", errors=(LeaseEnded,),
              transaction=False, tag="work"),
    Operation("POST", "/assignments/{assignment_id}/skip", skip, policy.WORK, "Skip a task with a reason", body=s.ReasonIn,
              errors=(LeaseEnded,), transaction=False, tag="work"),
    Operation("POST", "/assignments/{assignment_id}/escalate", escalate, policy.WORK, "Give a task to the line above", body=s.ReasonIn,
              errors=(LeaseEnded, NoLineAbove), transaction=False, tag="work"),
    Operation("GET", "/work", open_work, policy.WORK, "What is open to me", query=s.WorkQuery, reply=s.WorkOut,
              errors=(NoContract, NotFound), transaction=False, tag="work"),
    Operation("GET", "/steps/{step_id}", show_step, SIGNED_IN, "A step's instruction and answer schema", reply=s.StepOut,
              transaction=False, tag="work"),
    Operation("POST", "/projects", create_project, policy.PROJECTS_WRITE, "Make a project", body=s.ProjectIn, reply=s.ProjectOut,
              status=201, errors=(ProjectCodeTaken, NotARequester)),
    Operation("GET", "/projects", list_projects, policy.PROJECTS_READ, "List projects", query=PageQuery, reply=s.Projects),
    Operation("POST", "/projects/{code}/workflows", publish_workflow, policy.PROJECTS_WRITE, "Publish a workflow version",
              body=workflows.WorkflowSpec, reply=s.WorkflowOut, status=201),
    Operation("GET", "/projects/{code}/workflow", active_workflow, policy.PROJECTS_READ, "The active workflow", reply=s.WorkflowOut),
    Operation("GET", "/workflow-templates", workflow_templates, policy.PROJECTS_READ, "The workflows that ship", reply=s.TemplatesOut,
              transaction=False, tag="projects"),
    Operation("POST", "/projects/{code}/tickets", send_tickets, policy.TICKETS_WRITE, "Send tickets", body=s.TicketsIn,
              reply=s.IntakeOut, errors=(NoWorkflow, ProjectArchived)),
    Operation("GET", "/projects/{code}/tickets", list_tickets, policy.TICKETS_READ, "List tickets", query=s.TicketQuery,
              reply=s.Tickets, errors=(Invalid,)),
    Operation("GET", "/tickets/{ticket_id}", show_ticket, policy.TICKETS_READ, "A ticket and its way through the steps",
              reply=s.TicketWay),
    Operation("POST", "/tickets/{ticket_id}/satisfaction", rate_ticket, policy.TICKETS_WRITE, "Rate a ticket for its customer",
              body=s.SatisfactionIn, reply=s.SatisfactionOut, status=201, errors=(TicketRated,)),
    Operation("POST", "/freelancers/{freelancer_id}/qualifications/{code}/revoke", revoke_qualification,
              policy.QUALIFICATIONS_WRITE, "Revoke a qualification", body=s.ReasonIn),
)  # fmt: skip
