"""Appeals: a freelancer objects to a decision about them; somebody who had no hand in it answers in time.

What nobody has answered by its deadline is decided for the freelancer. Upholding an appeal undoes what the decision did: scores,
decisions and, by them, money, in the same transaction; in a closed period by entries in the open one. Where another part noted the
decision (tasks.objections), that part is told of the outcome and acts on it.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from piecework.platform import db, trail
from piecework.platform.errors import Invalid, NotFound
from piecework.platform.said import Said, ours
from piecework.quality.appeals import answers as appealed_answers
from piecework.quality.appeals import subjects as appeal_subjects
from piecework.quality.appeals.subjects import NOTED, Subject
from piecework.quality.errors import AppealDecided, AppealedBefore, AppealTooLate, NothingToAppeal, NotImpartial
from piecework.quality.grading.truths import Known
from piecework.tasks import objections, qualifications, restrictions

NOBODY_ANSWERED = ours(Said("Nobody answered your appeal in time, so it is decided in your favour."))
WITHDRAWN = ours(Said("The decision that you appealed against was withdrawn."))
BATCH = 50

TASKS_OF = """
SELECT FROM task WHERE id IN (
    SELECT a.task_id FROM appeal p JOIN assignment a ON a.id = p.subject_id WHERE p.id = ANY ($1) AND p.subject = 'answer')
ORDER BY id FOR UPDATE
"""


async def raise_appeal(
    me: UUID, subject: Subject, subject_id: UUID, words: str, *, within: timedelta, answered_within: timedelta
) -> UUID:
    """Object to a decision about oneself, once, `within` this time of it, or in the time that was told with it; returns the appeal's id.

    Raises:
        NotFound: there is no such thing of this person's.
        NothingToAppeal, AppealTooLate, AppealedBefore: see there.
    """
    found = await appeal_subjects.find(subject, subject_id, me, within)
    if found is None:
        raise NotFound
    if found.why_not is not None:
        raise NothingToAppeal(Said(found.why_not))
    if found.late:
        raise AppealTooLate
    made: UUID | None = await db.scalar(
        """INSERT INTO appeal (freelancer_id, subject, subject_id, words, answer_by) VALUES ($1, $2, $3, $4, now() + $5::interval)
           ON CONFLICT ON CONSTRAINT appeal_once DO NOTHING RETURNING id""",
        me,
        str(subject),
        subject_id,
        words,
        answered_within,
    )
    if made is None:
        raise AppealedBefore
    await objections.opened(subject, subject_id, me)
    if subject in NOTED:
        await objections.appeal(subject, subject_id)
    await trail.record(me, "appeal.raised", "appeal", made, about=str(subject), of=subject_id)
    return made


async def decide(arbiter: UUID, appeal_id: UUID, *, uphold: bool, reply: str, answers: Sequence[Known] = ()) -> None:
    """Answer an appeal, once. `answers` set right what was held to be right of the answer's task.

    Once the deadline has passed it can only be upheld.

    Raises:
        NotFound, AppealDecided, NotImpartial: see there.
        Invalid: `answers` do not fit, or leave the answer no better off.
    """
    await db.execute(TASKS_OF, [appeal_id])
    appeal = await db.row("SELECT *, answer_by <= now() AS overdue FROM appeal WHERE id = $1 FOR UPDATE", appeal_id)
    if appeal is None:
        raise NotFound
    if appeal["state"] != "open":
        raise AppealDecided
    if not await may_decide(arbiter, appeal):
        raise NotImpartial
    if appeal["overdue"] and not uphold:
        raise AppealDecided(Said("The time to answer has passed; it is decided for the freelancer."))
    if answers and (not uphold or appeal["subject"] != Subject.ANSWER):
        message = Said("Only who upholds an appeal about an answer says what is right.")
        raise Invalid(errors=[{"field": "answers", "code": "answers_not_wanted", "message": message}])
    await _close([appeal_id], "upheld" if uphold else "denied", arbiter, reply)
    if appeal["subject"] in NOTED:
        if not await objections.settle(appeal["subject"], appeal["subject_id"], upheld=uphold):
            raise AppealDecided(Said(WITHDRAWN))
    elif uphold and appeal["subject"] == Subject.ANSWER:
        await appealed_answers.uphold(arbiter, appeal["subject_id"], reply, answers)
    elif uphold:
        await _undo(arbiter, appeal, reply)


async def uphold_overdue() -> int:
    """Decide for the freelancer what nobody has answered in time; returns how many. What is right of a task stays as it is."""
    due = "SELECT id FROM appeal WHERE state = 'open' AND answer_by <= now() ORDER BY answer_by LIMIT $1"
    ids = [row["id"] for row in await db.rows(due, BATCH)]
    await db.execute(TASKS_OF, ids)
    found = await db.rows("SELECT * FROM appeal WHERE id = ANY ($1) AND state = 'open' ORDER BY id FOR UPDATE", ids)
    await _close([appeal["id"] for appeal in found], "upheld", None, NOBODY_ANSWERED)
    await appealed_answers.accept([appeal["subject_id"] for appeal in found if appeal["subject"] == Subject.ANSWER])
    for appeal in sorted(found, key=lambda one: (one["subject"], one["subject_id"])):
        if appeal["subject"] in NOTED:
            await objections.settle(appeal["subject"], appeal["subject_id"], upheld=True)
        elif appeal["subject"] != Subject.ANSWER:
            await _undo(None, appeal, NOBODY_ANSWERED)
    return len(found)


async def end_withdrawn(subject: str, subject_id: UUID) -> None:
    """What an open appeal is about was withdrawn by who had decided it: the appeal has reached what it wanted."""
    appeal_id = await db.scalar(
        "SELECT id FROM appeal WHERE subject = $1 AND subject_id = $2 AND state = 'open' FOR UPDATE", subject, subject_id
    )
    if appeal_id is not None:
        await _close([appeal_id], "upheld", None, WITHDRAWN)


async def may_decide(person: UUID, appeal: Mapping[str, Any]) -> bool:
    """True if the person is neither the one who appeals nor had a hand in what is appealed."""
    hands = await appeal_subjects.involved(Subject(appeal["subject"]), appeal["subject_id"])
    return person != appeal["freelancer_id"] and person not in hands


async def _close(ids: Sequence[UUID], state: str, arbiter: UUID | None, reply: str) -> None:
    closed = await db.rows(
        """UPDATE appeal SET state = $2, decided_at = now(), decided_by = $3, reply = $4 WHERE id = ANY ($1)
           RETURNING subject, subject_id""",
        list(ids),
        state,
        arbiter,
        reply,
    )
    await objections.answered((row["subject"], row["subject_id"]) for row in closed)
    for appeal_id in ids:
        await trail.record(arbiter, f"appeal.{state}", "appeal", appeal_id, reason=reply)


async def _undo(arbiter: UUID | None, appeal: Mapping[str, Any], reply: str) -> None:
    """End the restriction, or give the qualification back."""
    if appeal["subject"] == Subject.RESTRICTION:
        await restrictions.lift(arbiter, appeal["subject_id"], reply)
    else:
        await qualifications.reinstate(arbiter, appeal["subject_id"], reply)
