"""Exams, for curators: versions as people read them, drafts and their publication, who sat them, attempts and marking again."""

from typing import Annotated

from pydantic import Field, StringConstraints

from piecework.platform.pages.view import N_, Entry, Go, Shown, View
from piecework.platform.web.operation import Call, Shape
from piecework.platform.web.paging import PageQuery
from piecework.quality import policy
from piecework.quality.api import exams as api
from piecework.quality.api.publishing import code_of, sees_keys
from piecework.quality.exams.publishing import EXAMS, lacking
from piecework.quality.pages.exam_writing import EXAM as WRITTEN
from piecework.quality.pages.pieces import fitted, names
from piecework.quality.pages.version_views import by_code, decided, listed, version_shown
from piecework.quality.publishing import versions
from piecework.quality.schemas.exams import ExamMarkIn, ExamMarksIn
from piecework.quality.schemas.publishing import VersionReasonIn

EXAM = "/exams/{code}"
VERSION = f"{EXAM}/versions/{{version}}"
ATTEMPT = "/attempts/{attempt_id}"
SECTION = N_("Exams and courses")
Words = Annotated[str, StringConstraints(max_length=1000)]


class MarksForm(Shape):
    """Points of questions now and why, by their numbers; what is left empty stays as it was."""

    points: Annotated[dict[str, float], Field(default_factory=dict, max_length=200)]
    why: Annotated[dict[str, Words], Field(default_factory=dict, max_length=200)]
    reason: Words = ""


async def exams_page(call: Call) -> Shown:
    """Every exam with its newest version, the one that can be sat, and drafts that wait for somebody else."""
    return {"listed": by_code((await api.list_exams(call)).items), "subject": WRITTEN}


async def exam_page(call: Call) -> Shown:
    """An exam: its versions, how it and its questions fare."""
    figures = await api.exam_statistics(call)
    return {**await listed(call, EXAMS), "figures": figures}


async def version_page(call: Call) -> Shown:
    """A version as people would read it, and what its pools lack."""
    shown = await version_shown(call, EXAMS, WRITTEN)
    found = shown["found"]
    return {**shown, "lacks": await lacking(found.spec.sections, found.project_id) if found.state == "draft" else []}


async def bring_in(call: Call) -> Go:
    """Draft the exam that comes with the product, with its questions."""
    made = await api.bring_in_shipped_exam(call)
    said = N_("The shipped exam is a draft now; its questions and itself wait for another curator.")
    return Go(f"/exams/{made.code}/versions/{made.version}", said)


async def publish(call: Call) -> Go:
    """Let a version be sat from now on."""
    return await decided("/exams", api.publish_exam(call), N_("Published: it can be sat from now on."))


async def retire(call: Call, form: VersionReasonIn) -> Go:
    """Let nobody begin a version any more."""
    return await decided("/exams", api.retire_exam(call, form), N_("Nobody begins this version any more."))


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
    View("GET", "/exams", exams_page, READ, N_("Exams"), "versions.html"),
    View("POST", "/exams/shipped", bring_in, WRITE, again="/exams"),
    View("GET", EXAM, exam_page, READ, N_("Exam"), "exam.html"),
    View("GET", f"{EXAM}/attempts", attempts_page, READ, N_("Attempts"), "exam_attempts.html", query=PageQuery),
    View("GET", VERSION, version_page, READ, N_("Version of an exam"), "version.html"),
    View("POST", f"{VERSION}/publish", publish, WRITE, again=VERSION),
    View("POST", f"{VERSION}/retire", retire, WRITE, form=VersionReasonIn, again=VERSION),
    View("GET", ATTEMPT, attempt_page, READ, N_("Attempt"), "exam_attempt.html"),
    View("POST", ATTEMPT, mark, WRITE, form=MarksForm, again=ATTEMPT),
)
MENU = (Entry(SECTION, N_("Exams"), "/exams", READ),)
