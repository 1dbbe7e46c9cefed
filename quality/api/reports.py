"""Operations on reports for curators."""

import io
from collections.abc import Awaitable, Callable
from uuid import UUID

import orjson

from piecework.platform.csv_out import Out
from piecework.platform.errors import NotFound
from piecework.platform.identity.models import Account
from piecework.platform.web.operation import Call, Operation, Raw
from piecework.platform.web.paging import PageQuery, cursor
from piecework.quality import policy
from piecework.quality.api.accuracy import detail
from piecework.quality.reports import reports
from piecework.quality.reports.reports import Member
from piecework.quality.schemas import reports as s
from piecework.tasks.models import Project
from piecework.tasks.projects import project_by_code

CSV = "text/csv"
JSONL = "application/jsonl"


async def _project(call: Call) -> Project:
    return await project_by_code(call.principal, call.request.path_params["code"])


async def project_quality(call: Call) -> s.QualityOut:
    """What a project's answers are worth, step by step."""
    project = await _project(call)
    found = []
    for row in await reports.steps(project.id):
        golden = {f"golden_{state}": row.pop(state) for state in ("live", "quarantined", "retired")}
        found.append(s.StepQuality(**{**row, **golden, "step_id": str(row["step_id"])}))
    return s.QualityOut(project=project.code, currency=project.currency, steps=found)


async def project_quality_csv(call: Call) -> Raw:
    """The same as CSV."""
    return await _csv(call, reports.steps_csv, "quality")


async def project_people(call: Call, query: PageQuery) -> s.Members:
    """The people with evidence in a project, with their accuracy, standing and speed."""
    project = await _project(call)
    found = await reports.people(project.id, query.after(), query.limit + 1)
    by_person: dict[UUID, list[Member]] = {}
    for one in found:
        by_person.setdefault(one.freelancer_id, []).append(one)
    shown = list(by_person.values())[: query.limit]
    items = [
        s.MemberOut(freelancer_id=steps[0].freelancer_id, name=steps[0].name, steps=[_member(one) for one in steps])
        for steps in shown
    ]
    return s.Members(items=items, next_cursor=cursor(items[-1].freelancer_id if len(by_person) > query.limit else None))


def _member(one: Member) -> s.MemberStep:
    return s.MemberStep(
        **detail(one.estimate),
        standing=one.standing,
        alarm=one.alarm,
        median_seconds=one.median_seconds,
        speed_percentile=one.speed_percentile,
    )


async def project_people_csv(call: Call) -> Raw:
    """The same as CSV, everybody."""
    return await _csv(call, reports.people_csv, "people")


async def person_confusion(call: Call) -> s.Confusions:
    """A person's confusion matrices."""
    freelancer_id = call.id("freelancer_id")
    if not await Account.exists(id=freelancer_id):
        raise NotFound
    found = await reports.confusion(freelancer_id)
    return s.Confusions(
        freelancer_id=freelancer_id, steps=[s.ConfusionOut(**{**row, "step_id": str(row["step_id"])}) for row in found]
    )


async def project_decisions(call: Call, query: PageQuery) -> Raw:
    """Decided tasks as JSON lines, for training; `x-next-cursor` names the next page."""
    project = await _project(call)
    found = await reports.decisions(project.id, query.after(), query.limit + 1)
    shown = found[: query.limit]
    following = cursor(UUID(shown[-1]["id"])) if len(found) > query.limit else None
    body = b"".join(orjson.dumps(one) + b"\n" for one in shown)
    return Raw(body, media_type=JSONL, headers={"x-next-cursor": following} if following else None)


async def _csv(call: Call, report: Callable[[UUID, Out], Awaitable[None]], name: str) -> Raw:
    project = await _project(call)
    out = io.BytesIO()
    await report(project.id, out)
    disposition = f'attachment; filename="{project.code}-{name}.csv"'
    return Raw(out.getvalue(), media_type=f"{CSV}; charset=utf-8", headers={"content-disposition": disposition})


OPERATIONS = (
    Operation("GET", "/projects/{code}/quality", project_quality, policy.REPORTS, "What a project's answers are worth",
              reply=s.QualityOut, tag="quality"),
    Operation("GET", "/projects/{code}/quality.csv", project_quality_csv, policy.REPORTS, "What a project's answers are worth, as CSV",
              media_type=CSV, tag="quality"),
    Operation("GET", "/projects/{code}/people", project_people, policy.ACCURACY_READ, "Who stands where in a project", query=PageQuery,
              reply=s.Members, tag="quality"),
    Operation("GET", "/projects/{code}/people.csv", project_people_csv, policy.ACCURACY_READ, "Who stands where in a project, as CSV",
              media_type=CSV, tag="quality"),
    Operation("GET", "/freelancers/{freelancer_id}/confusion", person_confusion, policy.ACCURACY_READ, "A person's confusion matrices",
              reply=s.Confusions, tag="quality"),
    Operation("GET", "/projects/{code}/decisions.jsonl", project_decisions, policy.REPORTS, "Decided tasks for training, as JSON lines",
              query=PageQuery, media_type=JSONL, tag="quality"),
)  # fmt: skip
