"""The golden set: what there is and how it fares, what is missing, new tasks by hand, from a file, from audited ones."""

from typing import Annotated, Any
from uuid import UUID

import orjson
from pydantic import Field, StringConstraints

from piecework.platform.errors import Invalid
from piecework.platform.pages import charts
from piecework.platform.pages.view import N_, Go, Shown, View
from piecework.platform.said import Said
from piecework.platform.web.operation import Call, Query, Shape
from piecework.quality import policy
from piecework.quality.api import golden as api
from piecework.quality.golden import golden, promotion
from piecework.quality.golden.golden import Difficulty
from piecework.quality.pages.pieces import fitted, not_who_works, projects_of, read_answer, shown_of
from piecework.quality.schemas.golden import CandidateQuery, ClassBalance, GoldenIn, GoldenQuery, ImportIn, PromoteIn
from piecework.tasks.models import Project
from piecework.tasks.projects import project_by_code

Text = Annotated[str, StringConstraints(max_length=50_000)]
Texts = dict[str, list[Text]]
LEVELS = tuple(str(one) for one in Difficulty)


class Where(Query):
    """Of which project; without it the first."""

    project: str | None = Field(default=None, max_length=60)


class Listed(GoldenQuery, Where):
    """Which golden tasks."""


class Which(Where):
    """A step of a project."""

    step: str | None = Field(default=None, max_length=40)


class AddForm(Shape):
    """A golden task made by hand."""

    project: Text
    step: Text
    input: dict[str, Text] = Field(default_factory=dict)
    answer: Texts = Field(default_factory=dict)
    difficulty: Text = Difficulty.MEDIUM.value
    second: Texts = Field(default_factory=dict)
    second_weight: Annotated[float, Field(gt=0, le=1)] | None = None


class ImportForm(Shape):
    """A file of golden tasks of one step."""

    project: Text
    step: Text


class PromoteForm(Shape):
    """A task to promote."""

    project: Text
    task_id: UUID
    difficulty: Text = ""


async def chosen(call: Call, code: str | None) -> tuple[list[Project], Project | None]:
    """The projects, and the one that is looked at; its code becomes the path's, as the API's handlers expect it."""
    listed = list(await projects_of(call))
    project = await project_by_code(call.principal, code) if code else next(iter(listed), None)
    if project is not None:
        call.request.path_params["code"] = project.code
    return listed, project


async def golden_page(call: Call, query: Listed) -> Shown:
    """A project's golden tasks, their balance and how they fare."""
    not_who_works(call)
    listed, project = await chosen(call, query.project)
    if project is None:
        return {"projects": listed, "project": None}
    asked = GoldenQuery(limit=query.limit, cursor=query.cursor, state=query.state, step=query.step)
    supply = (await api.golden_balance(call)).items
    return {
        "projects": listed,
        "project": project,
        "found": await api.list_golden(call, asked),
        "query": query,
        "charts": charts,
        "balance": by_step(supply),
    }


def by_step(supply: list[ClassBalance]) -> list[tuple[str, list[ClassBalance]]]:
    """The supply of each step's classes."""
    return [(step, [one for one in supply if one.step == step]) for step in dict.fromkeys(one.step for one in supply)]


async def new_page(call: Call, query: Which) -> Shown:
    """The form for a golden task by hand."""
    not_who_works(call)
    listed, project = await chosen(call, query.project)
    typed = query.step or ""
    targets = await golden_targets(project)
    step = targets.get(typed) or next(iter(targets.values()), None)
    return {"projects": listed, "project": project, "steps": sorted(targets), "step": step, "levels": LEVELS}


async def add(call: Call, form: AddForm) -> Go:
    """Make a golden task."""
    call.request.path_params["code"] = form.project
    where = await golden.target(await project_by_code(call.principal, form.project), form.step)
    answers: list[dict[str, Any]] = [{"answer": read_answer(where.step.answer, form.answer)}]
    if other := read_answer(where.step.answer, form.second):
        answers.append({"answer": other, "weight": form.second_weight or 1.0})
    body = fitted(GoldenIn, step=form.step, input=form.input, answers=answers, difficulty=form.difficulty)
    made = await api.add_golden(call, body)
    return Go(f"/golden/{made.task_id}", N_("The golden task is made."))


async def import_page(call: Call, query: Where) -> Shown:
    """The form for a file of golden tasks."""
    not_who_works(call)
    listed, project = await chosen(call, query.project)
    targets = await golden_targets(project)
    return {"projects": listed, "project": project, "steps": sorted(targets), "targets": list(targets.values()), "done": None}


async def bring_in(call: Call, form: ImportForm, file: bytes) -> Shown:
    """Make golden tasks from a file: all of them or none."""
    items = []
    for line, text in enumerate(file.decode("utf-8-sig", "replace").splitlines(), 1):
        if not text.strip():
            continue
        try:
            items.append(orjson.loads(text))
        except orjson.JSONDecodeError:
            message = Said("Line %(line)s is not JSON.", line=line)
            raise Invalid(errors=[{"field": "file", "code": "malformed", "message": message}]) from None
    call.request.path_params["code"] = form.project
    done = await api.import_golden(call, fitted(ImportIn, step=form.step, items=items))
    return {**await import_page(call, Where(project=form.project)), "done": done}


async def candidates_page(call: Call, query: Where) -> Shown:
    """Tasks whose right answer a curator has said, those of scarce classes first."""
    not_who_works(call)
    listed, project = await chosen(call, query.project)
    found = None if project is None else await api.golden_candidates(call, CandidateQuery())
    steps = {key: target.step for key, target in (await golden_targets(project)).items()} if found and found.items else {}
    rows = [] if found is None else [(one, shown_of(steps[one.step], one.input), steps[one.step].answer) for one in found.items]
    return {"projects": listed, "project": project, "found": rows, "levels": LEVELS}


async def promote(call: Call, form: PromoteForm) -> Go:
    """Make a golden task of a real one."""
    call.request.path_params["code"] = form.project
    made = await api.promote_to_golden(call, fitted(PromoteIn, task_id=form.task_id, difficulty=form.difficulty or None))
    return Go(f"/golden/{made.task_id}", N_("The golden task is made."))


async def golden_targets(project: Project | None) -> dict[str, golden.Target]:
    """The steps of a project that can have golden tasks."""
    return {} if project is None else await promotion.targets(project)


VIEWS = (
    View("GET", "/golden", golden_page, policy.GOLDEN_READ, N_("Golden set"), "golden.html", query=Listed),
    View("GET", "/golden/new", new_page, policy.GOLDEN_WRITE, N_("A golden task by hand"), "golden_new.html", query=Which),
    View("POST", "/golden/new", add, policy.GOLDEN_WRITE, form=AddForm, again="/golden/new"),
    View("GET", "/golden/import", import_page, policy.GOLDEN_WRITE, N_("Golden tasks from a file"), "golden_import.html", query=Where),
    View("POST", "/golden/import", bring_in, policy.GOLDEN_WRITE, N_("Golden tasks from a file"), "golden_import.html",
         form=ImportForm, file=True, again="/golden/import"),
    View("GET", "/golden/candidates", candidates_page, policy.GOLDEN_READ, N_("Promote audited tasks"), "golden_candidates.html",
         query=Where),
    View("POST", "/golden/promote", promote, policy.GOLDEN_WRITE, form=PromoteForm, again="/golden/candidates"),
)  # fmt: skip
