"""Answers: one try after the other, each judged at once with feedback. The first counts; a try sent twice is stored once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from piecework.platform import db, notices
from piecework.platform.errors import NotFound
from piecework.platform.said import Said
from piecework.quality.training import enrolments, finishing
from piecework.quality.training.definition import AnyUnit, Essay, Item, Trial, fields_of, items_of
from piecework.quality.training.enrolments import Enrolment, UnitStanding
from piecework.quality.training.errors import AnsweredOtherwise, CourseEnded, NotNext, UnitLocked
from piecework.quality.training.judging import judge
from piecework.tasks.fields import Answer, AnswerSchema

STORE = """
INSERT INTO training_answer (enrolment_id, unit, item, try, body, correct, check_by)
VALUES ($1, $2, $3, $4, $5::jsonb, $6, clock_timestamp() + make_interval(days => $7)) RETURNING check_by
"""


@dataclass(frozen=True, slots=True)
class Feedback:
    """What somebody is told about an answer. `correct` None: somebody checks it until `check_by`.

    `wrong` names the fields, by their titles. After a wrong answer comes the hint, or in a trial the accepted answer, as it is not
    asked again; with the explanation where it is not asked again.
    """

    correct: bool | None
    wrong: Sequence[str] = ()
    hint: str | None = None
    explanation: str | None = None
    accepted: Answer | None = None
    check_by: datetime | None = None


async def answer(
    me: UUID, code: str, unit_key: str, number: int, attempt: int, body: Answer
) -> tuple[Feedback, list[UnitStanding]]:
    """Answer an item of a unit for the `attempt`-th time; returns the feedback and where one is now.

    Guaranteed: each try is stored once; the same answer to the same try gets the same feedback again.

    Raises:
        NotFound: no such course of mine, unit or item. AnsweredOtherwise, CourseEnded, UnitLocked, NotNext: see there.
        Invalid: the answer does not fit.
    """
    mine = await enrolments.mine(me, code, hold=True)
    unit = mine.spec.unit(unit_key)
    items = [] if unit is None else items_of(unit)
    if unit is None or not 1 <= number <= len(items):
        raise NotFound
    item = items[number - 1]
    units = (await enrolments.standings([mine]))[mine.id]
    here = next(one for one in units if one.unit is unit)
    standing = next((one for one in here.items if one.number == number), None)
    if standing is None:
        raise NotFound  # a task of the trial that they have met before
    if attempt <= len(standing.tries):
        return _again(unit, item, standing.tries[attempt - 1], body), units
    if mine.row["ended_at"] is not None:
        raise CourseEnded
    if here.state == "locked":
        raise UnitLocked
    if number not in here.to_answer or attempt != len(standing.tries) + 1:
        raise NotNext(to_answer=here.to_answer)
    AnswerSchema(fields_of(unit, item)).check(body)
    judged = None if isinstance(item, Essay) else judge(fields_of(unit, item), item.answers, body).correct
    check_by = await db.scalar(
        STORE,
        mine.id,
        unit.key,
        number,
        attempt,
        orjson.dumps(body).decode(),
        judged,
        item.check_days if isinstance(item, Essay) else None,
    )
    if check_by is not None:
        await _ask_mentor(mine, unit.key, number, attempt, check_by)
    return feedback(unit, item, body, judged, check_by), await finishing.settle(mine)


def feedback(unit: AnyUnit, item: Item, body: Answer, correct: bool | None, check_by: datetime | None) -> Feedback:
    """What is told about an answer that was judged so, the same each time. Which fields were wrong is not known of an erased one."""
    if isinstance(item, Essay):
        return Feedback(correct, check_by=check_by)
    if correct:
        return Feedback(True, explanation=item.explanation)
    fields = fields_of(unit, item)
    judged = judge(fields, item.answers, body)
    wrong = [field.title for field in fields if body and field.name in judged.wrong]
    if isinstance(unit, Trial):
        return Feedback(False, wrong, explanation=item.explanation, accepted=judged.nearest)
    return Feedback(False, wrong, hint=item.hint)


def _again(unit: AnyUnit, item: Item, stored: Mapping[str, Any], body: Answer) -> Feedback:
    before = orjson.loads(stored["body"])
    if before != body:
        raise AnsweredOtherwise
    return feedback(unit, item, before, None if stored["words"] else stored["correct"], stored["check_by"])


async def _ask_mentor(mine: Enrolment, unit: str, number: int, attempt: int, check_by: datetime) -> None:
    mentor = await db.scalar("SELECT mentor_id FROM mentorship WHERE freelancer_id = $1 AND ends_at IS NULL", mine.person)
    if mentor is not None:
        words = Said("%(course)s, %(unit)s: please check it until %(until)s.", course=mine.spec.title, unit=unit, until=check_by)
        key = f"{mine.id}:{unit}:{number}:{attempt}"
        await notices.send([mentor], "homework.waits", Said("Homework waits for your check"), words, link="/homework", key=key)
