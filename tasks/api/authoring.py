"""Operations on workflows that are being written: the draft, and its dry run. They parse, call a use case and render."""

from piecework.platform.drafts import DraftChanged, until
from piecework.platform.errors import Invalid, NotFound
from piecework.platform.said import Said
from piecework.platform.web.operation import Call, Operation
from piecework.platform.web.written import WritingFault, WritingIn
from piecework.tasks import drafts, policy, trials
from piecework.tasks.coherence import Fault
from piecework.tasks.errors import NoWorkflow
from piecework.tasks.intake import TicketIn, masked
from piecework.tasks.models import Project
from piecework.tasks.projects import project_by_code
from piecework.tasks.schemas import authoring as s
from piecework.tasks.workflows import WorkflowSpec


async def _project_of(call: Call) -> Project:
    return await project_by_code(call.principal, call.request.path_params["code"])


def fault(one: Fault) -> WritingFault:
    """A fault with its place as a path."""
    return WritingFault(field=".".join(str(part) for part in one.place)[:200], code=one.code, message=one.message)


async def workflow_draft(call: Call) -> s.DraftOut:
    """The draft of a project's next workflow version."""
    found = await drafts.kept((await _project_of(call)).id)
    if found is None or found.revision is None or found.changed_at is None or found.changed_by is None:
        raise NotFound
    return s.DraftOut(
        spec=dict(found.spec),
        revision=found.revision,
        changed_at=found.changed_at,
        changed_by=found.changed_by,
        kept_until=until(found.changed_at),
        outdated=found.outdated,
        faults=[fault(one) for one in drafts.faults(found.spec)],
    )


async def keep_workflow_draft(call: Call, body: WritingIn) -> s.DraftOut:
    """Keep a draft of a project's next workflow version."""
    await drafts.keep(call.principal.account_id, await _project_of(call), body.spec, body.revision)
    return await workflow_draft(call)


async def drop_workflow_draft(call: Call) -> None:
    """Throw the draft away."""
    await drafts.drop((await _project_of(call)).id)


async def try_workflow(call: Call, body: s.TrialIn) -> s.TrialOut:
    """Lead a made-up ticket through a workflow; nothing is stored."""
    project = await _project_of(call)
    spec = body.spec or await _written(project)
    shown = masked(TicketIn(external_id="trial", **body.ticket.model_dump()))
    ticket = {**body.ticket.model_dump(mode="json"), "subject": shown["subject"], "text": shown["text"]}
    trial = trials.walk(spec, ticket, [trials.Given(one.step, one.iteration, one.answer) for one in body.given])
    price, budget = await trials.prices(project.id, spec, body.ticket.language)
    made = {task.step.key for task in trial.tasks}
    return s.TrialOut(
        currency=project.currency,
        tasks=[
            s.TrialTaskOut(
                step=task.step.key,
                title=task.step.title,
                iteration=task.iteration,
                state=task.state,
                input=dict(task.input),
                price=price[task.step.key],
                least_answers=task.step.overlap,
                most_answers=task.step.most_answers,
                answer=task.answer,
            )
            for task in trial.tasks
        ],
        passed_over=[step.key for step in spec.order() if trial.done and step.key not in made],
        taken=trial.taken,
        urgent=trial.urgent,
        done=trial.done,
        stuck=None if trial.stuck is None else str(trial.stuck),
        stuck_said=trial.stuck,
        least_cost=sum(price[task.step.key] * task.step.overlap for task in trial.tasks),
        most_cost=sum(price[task.step.key] * task.step.most_answers for task in trial.tasks),
        budget=budget,
    )


async def _written(project: Project) -> WorkflowSpec:
    """The draft, else what holds now.

    Raises:
        Invalid: the draft is not complete; the errors say where.
        NoWorkflow: there is neither.
    """
    found = await drafts.begun(project.id)
    if found.spec == drafts.EMPTY:
        raise NoWorkflow
    wrong = drafts.faults(found.spec)
    if wrong:
        raise Invalid(Said("The draft is not complete."), errors=[fault(one).model_dump() for one in wrong])
    return drafts.read(found.spec)


WRITE = policy.PROJECTS_WRITE
OPERATIONS = (
    Operation("GET", "/projects/{code}/workflow-draft", workflow_draft, WRITE, "The next workflow version as far as it is written",
              reply=s.DraftOut),
    Operation("PUT", "/projects/{code}/workflow-draft", keep_workflow_draft, WRITE, "Keep a draft of the next workflow version",
              body=WritingIn, reply=s.DraftOut, errors=(DraftChanged,), body_limit_bytes=1024 * 1024),
    Operation("DELETE", "/projects/{code}/workflow-draft", drop_workflow_draft, WRITE, "Throw the draft away"),
    Operation("POST", "/projects/{code}/workflow-trial", try_workflow, WRITE, "A dry run of a workflow on a made-up ticket",
              body=s.TrialIn, reply=s.TrialOut, errors=(NoWorkflow, Invalid), transaction=False),
)  # fmt: skip
