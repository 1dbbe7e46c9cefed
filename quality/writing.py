"""What curators write before they send it off: exams, questions, courses, forms, guides, ways in, criteria. Each draft is its writer's alone.

Who publishes what another wrote shall not have written at it; so drafts are not shared, and nobody sees them but their writer.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any
from uuid import UUID

from piecework.platform import drafts
from piecework.platform.drafts import Draft
from piecework.platform.web.operation import Shape
from piecework.quality.schemas.admissions import DocumentIn
from piecework.quality.schemas.admitting import CriteriaIn
from piecework.quality.schemas.exams import ExamIn, ExamQuestionsIn, GoldenQuestionsIn
from piecework.quality.schemas.training import CourseIn


class Kind(StrEnum):
    """What can be written."""

    EXAM = "exam"
    QUESTIONS = "questions"
    STEP_QUESTIONS = "step-questions"
    COURSE = "course"
    FORM = "form"
    GUIDE = "guide"
    WAY_IN = "way-in"
    CRITERIA = "criteria"


SHAPES: Mapping[Kind, type[Shape]] = {
    Kind.EXAM: ExamIn,
    Kind.QUESTIONS: ExamQuestionsIn,
    Kind.STEP_QUESTIONS: GoldenQuestionsIn,
    Kind.COURSE: CourseIn,
    Kind.FORM: DocumentIn,
    Kind.GUIDE: DocumentIn,
    Kind.WAY_IN: DocumentIn,
    Kind.CRITERIA: CriteriaIn,
}
"""What each becomes when it is sent off: the body of the operation that takes it."""


async def kept(writer: UUID, kind: Kind, name: str) -> Draft | None:
    """A draft of theirs, if there is one."""
    return await drafts.kept(kind.value, writer, name)


async def keep(writer: UUID, kind: Kind, name: str, spec: Mapping[str, Any], revision: UUID | None) -> UUID:
    """Keep a draft that was written from this revision (None: there was none); returns its new one.

    Raises:
        DraftChanged: it was changed in another window.
    """
    return await drafts.keep(writer, kind.value, writer, name, spec, revision=revision)


async def drop(writer: UUID, kind: Kind, name: str) -> None:
    """Throw a draft away, if there is one."""
    await drafts.drop(kind.value, writer, name)
