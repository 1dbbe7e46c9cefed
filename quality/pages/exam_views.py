"""Exams, for curators: versions as people read them, drafts and their publication, who sat them, attempts and marking again."""

from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from pydantic import Field, StringConstraints

from piecework.platform.errors import Invalid
from piecework.platform.pages.view import N_, Entry, Go, Shown, View
from piecework.platform.web.operation import Call, Query, Shape
from piecework.platform.web.paging import PageQuery
from piecework.quality import policy
from piecework.quality.api import exams as api
from piecework.quality.api.publishing import code_of, sees_keys, version_of
from piecework.quality.exams import publishing
from piecework.quality.exams.definition import ExamSpec
from piecework.quality.exams.errors import PoolTooSmall
from piecework.quality.exams.publishing import EXAMS
from piecework.quality.pages import spec_text
from piecework.quality.pages.pieces import fitted, names
from piecework.quality.publishing import direction, one, versions
from piecework.quality.schemas.exams import ExamIn, ExamMarkIn, ExamMarksIn, ExamOut
from piecework.quality.schemas.publishing import VersionReasonIn

EXAM = "/exams/{code}"
VERSION = f"{EXAM}/versions/{{version}}"
NEW = "/new-exam"
ATTEMPT = "/attempts/{attempt_id}"
SECTION = N_("Exams and courses")
LONG = 1024 * 1024
Words = Annotated[str, StringConstraints(max_length=1000)]
EXAMPLE = {
    "title": {"ru": "Русский язык", "en": "Russian"},
    "kind": "general",
    "time_limit_min": 40,
    "sections": [{"key": "style", "title": {"ru": "Стиль", "en": "Style"}, "pool": "style", "draw": 8, "points": 1}],
    "passing": {"by": "share", "threshold": 0.75},
    "retake_after_h": 72,
    "tries": {"most": 3, "days": 90},
    "valid_days": 365,
    "qualification": "russian",
}


class Before(Query):
    """Which code the next version is of."""

    of: str | None = Field(default=None, max_length=60)


class DraftForm(Shape):
    """A version as it is typed, and whether it is to be looked at first."""

    code: str = ""
    spec: Annotated[str, StringConstraints(max_length=LONG)] = ""
    act: Literal["look", "keep"] = "look"


class MarksForm(Shape):
    """Points of questions now and why, by their numbers; what is left empty stays as it was."""

    points: Annotated[dict[str, float], Field(default_factory=dict, max_length=200)]
    why: Annotated[dict[str, Words], Field(default_factory=dict, max_length=200)]
    reason: Words = ""


def pretty(value: Any) -> str:
    """JSON to be read and edited."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


async def exams_page(call: Call) -> Shown:
    """Every exam with its newest version, the one that can be sat, and drafts that wait for somebody else."""
    found = (await api.list_exams(call)).items
    by_code: dict[str, list[ExamOut]] = {}
    for each in found:
        by_code.setdefault(each.code, []).append(each)
    return {"exams": by_code}


async def exam_page(call: Call) -> Shown:
    """An exam: its versions, how it and its questions fare."""
    figures = await api.exam_statistics(call)
    listed = await versions(EXAMS, code_of(call))
    return {
        "code": code_of(call),
        "listed": listed,
        "newest": listed[0],
        "names": await names(person for each in listed for person in (each.author, each.published_by)),
        "figures": figures,
    }


async def version_page(call: Call) -> Shown:
    """A version as people would read it, and what its pools lack."""
    found = await one(EXAMS, *version_of(call))
    return {
        "found": found,
        "spec": found.spec,
        "names": await names([found.author, found.published_by, found.retired_by]),
        "lacks": await lacking(found.spec, found.project_id),
        "own": found.author == call.principal.account_id,
    }


async def lacking(spec: ExamSpec, project_id: UUID | None) -> list[dict[str, Any]]:
    """What the pools lack for this exam, by pool and difficulty."""
    try:
        await publishing.check_supply(spec.sections, project_id)
    except PoolTooSmall as refused:
        return list(refused.extra["lacks"])
    return []


async def new_page(_call: Call, query: Before | None = None) -> Shown:
    """The form for the next version; it begins with the newest one."""
    of = None if query is None else query.of
    before = await versions(EXAMS, of) if of else []
    text = pretty(before[0].spec.model_dump(mode="json", exclude_defaults=True) if before else EXAMPLE)
    return {"code": of or "", "text": text, "spec": None, "lacks": []}


async def draft(call: Call, form: DraftForm, file: bytes = b"") -> Shown | Go:
    """Keep a draft; or show how it would read, from the text or from a file."""
    if form.act == "keep" and not file:
        body = fitted(ExamIn, code=form.code, spec=spec_text.read(ExamSpec, form.spec))
        try:
            made = await api.draft_exam(call, body)
        except Invalid as refused:
            raise spec_text.located(refused, form.spec) from None
        return Go(f"/exams/{made.code}/versions/{made.version}", N_("The draft is kept. Another curator publishes it."))
    text = file.decode("utf-8-sig", "replace") if file else form.spec
    shown = {"code": form.code, "text": text, "lacks": []}
    try:
        spec = spec_text.read(ExamSpec, text)
        project = await direction(spec)
        return {**shown, "spec": spec, "lacks": await lacking(spec, None if project is None else project.id)}
    except Invalid as refused:
        return {**shown, "spec": None, "problem": spec_text.located(refused, text)}


async def bring_in(call: Call) -> Go:
    """Draft the exam that comes with the product, with its questions."""
    made = await api.bring_in_shipped_exam(call)
    said = N_("The shipped exam is a draft now; its questions and itself wait for another curator.")
    return Go(f"/exams/{made.code}/versions/{made.version}", said)


async def publish(call: Call) -> Go:
    """Let a version be sat from now on."""
    made = await api.publish_exam(call)
    return Go(f"/exams/{made.code}/versions/{made.version}", N_("Published: it can be sat from now on."))


async def retire(call: Call, form: VersionReasonIn) -> Go:
    """Let nobody begin a version any more."""
    made = await api.retire_exam(call, form)
    return Go(f"/exams/{made.code}/versions/{made.version}", N_("Nobody begins this version any more."))


async def attempts_page(call: Call, query: PageQuery) -> Shown:
    """Who sat an exam, and what came of it."""
    found = await api.list_exam_attempts(call, query)
    newest = (await versions(EXAMS, code_of(call)))[0]
    return {"code": code_of(call), "found": found, "newest": newest}


async def attempt_page(call: Call) -> Shown:
    """An attempt with its answers, keys and marks."""
    found = await api.show_exam_attempt(call)
    return {
        "found": found,
        "names": await names([found.freelancer_id]),
        "to_mark": found.appeal == "upheld" and len(found.results) == 1,
        "marks": {each.n: each.marks[-1] for each in found.questions if each.marks},
    }


async def mark(call: Call, form: MarksForm) -> Go:
    """Mark questions again after an appeal was upheld."""
    sees_keys(call)
    marks = [
        fitted(ExamMarkIn, n=int(n), points=points, reason=form.why.get(n, ""))
        for n, points in form.points.items()
        if n.isascii() and n.isdigit() and len(n) < 6
    ]
    done = await api.mark_exam_again(call, fitted(ExamMarksIn, marks=marks, reason=form.reason))
    said = N_("Marked again: the exam is passed now.") if done.passed else N_("Marked again: the exam is still not passed.")
    return Go(f"/attempts/{done.attempt_id}", said)


READ, WRITE = policy.EXAMS_READ, policy.EXAMS_WRITE
VIEWS = (
    View("GET", "/exams", exams_page, READ, N_("Exams"), "exams.html"),
    View("POST", "/exams/shipped", bring_in, WRITE, again="/exams"),
    View("GET", NEW, new_page, WRITE, N_("The next version of an exam"), "exam_new.html", query=Before),
    View("POST", NEW, draft, WRITE, N_("The next version of an exam"), "exam_new.html", form=DraftForm, file=True, again=NEW),
    View("GET", EXAM, exam_page, READ, N_("Exam"), "exam.html"),
    View("GET", f"{EXAM}/attempts", attempts_page, READ, N_("Attempts"), "exam_attempts.html", query=PageQuery),
    View("GET", VERSION, version_page, READ, N_("Version of an exam"), "exam_version.html"),
    View("POST", f"{VERSION}/publish", publish, WRITE, again=VERSION),
    View("POST", f"{VERSION}/retire", retire, WRITE, form=VersionReasonIn, again=VERSION),
    View("GET", ATTEMPT, attempt_page, READ, N_("Attempt"), "exam_attempt.html"),
    View("POST", ATTEMPT, mark, WRITE, form=MarksForm, again=ATTEMPT),
)
MENU = (Entry(SECTION, N_("Exams"), "/exams", READ),)
