"""Structured interviews: an appointment, two reviewers who score each question on their own, a third where these are far apart.

Nobody sees scores before all wanted reviews are in, so none is made under the impression of another. Whoever changes an interview holds
its candidacy.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from piecework.platform import db, notices, trail
from piecework.platform.errors import Invalid, NotFound
from piecework.platform.said import Said, Words, together
from piecework.quality.admissions import candidacies, documents, outcomes, words
from piecework.quality.admissions.candidacies import Candidacy
from piecework.quality.admissions.errors import (
    InterviewNotHeld,
    InterviewScored,
    NotAReviewer,
    OtherStage,
    ReviewEnded,
    ReviewerAsked,
    SeatsTaken,
    SlotOver,
)
from piecework.quality.admissions.specs import Guide, Stage

CURRENT = """
SELECT i.*, s.starts_at FROM interview i LEFT JOIN interview_slot s ON s.id = i.slot_id
WHERE i.candidacy_id = $1 AND i.ended_at IS NULL"""
# clock_timestamp() is later than any proposal that is already committed, so a slot that lies ahead of it lies ahead for everybody.
PROPOSE = """
INSERT INTO interview_slot (interview_id, starts_at, minutes, place, proposed_by)
SELECT $1, starts_at, $3, $4, $5 FROM unnest($2::timestamptz[]) AS starts_at WHERE starts_at > clock_timestamp()
ON CONFLICT ON CONSTRAINT interview_slot_once DO NOTHING"""
ASKED = """
SELECT count(*) FILTER (WHERE declined_at IS NULL) AS seats, coalesce(bool_or(reviewer_id = $2), false) AS before
FROM interview_review WHERE interview_id = $1"""
# A seat that holds the candidate up: its reviewer is no curator any more, or has had days since the interview and has not scored.
TAKE_BACK = """
UPDATE interview_review SET declined_at = clock_timestamp(), decline_reason = $3 WHERE id = (
    SELECT r.id FROM interview_review r JOIN account a ON a.id = r.reviewer_id JOIN interview i ON i.id = r.interview_id
    LEFT JOIN interview_slot s ON s.id = i.slot_id
    WHERE r.interview_id = $1 AND r.declined_at IS NULL AND r.submitted_at IS NULL AND (
        a.state <> 'active' OR 'curator' <> ALL (a.roles)
        OR greatest(r.asked_at, s.starts_at) < clock_timestamp() - make_interval(days => $2) AND s.starts_at IS NOT NULL)
    ORDER BY r.id LIMIT 1)
RETURNING reviewer_id"""
DAYS_TO_SCORE = 3
FARTHEST_DAYS = 90
"""How far ahead an interview may be proposed."""
OWN = """
SELECT r.*, i.candidacy_id FROM interview_review r JOIN interview i ON i.id = r.interview_id WHERE r.id = $1 AND r.reviewer_id = $2"""
SUBMITTED = "SELECT reviewer_id, scores FROM interview_review WHERE interview_id = $1 AND submitted_at IS NOT NULL ORDER BY id"


@dataclass(frozen=True, slots=True)
class Score:
    """A reviewer's score of one question, 1 to 5, with what it rests on."""

    question: str
    score: int
    note: str


async def current(held: Candidacy) -> Mapping[str, Any]:
    """The interview of a candidacy that is at this stage.

    Raises:
        OtherStage: it is not.
    """
    row = await db.row(CURRENT, held.id)
    if held.stage != Stage.INTERVIEW or row is None:
        raise OtherStage(held.say(words.AT_STAGE))
    return dict(row)


async def propose(actor: UUID, candidacy_id: UUID, starts: Sequence[datetime], minutes: int, place: str) -> None:
    """Propose times; the candidate chooses one of them. An appointment that was made before is dropped.

    Raises:
        NotFound, CandidacyEnded, OtherStage: see there.
        InterviewScored: reviews are being handed in.
        NotImpartial: it is the curator's own.
        Invalid: a time has passed, or is too far ahead.
    """
    held = await candidacies.hold_others(actor, candidacy_id)
    interview = await current(held)
    if await db.rows(SUBMITTED, interview["id"]):
        raise InterviewScored
    now = await db.scalar("SELECT clock_timestamp()")
    if min(starts) <= now:
        raise Invalid(
            errors=[{"field": "starts", "code": "in_the_past", "message": Said("Propose times that are still to come.")}]
        )
    if max(starts) > now + timedelta(days=FARTHEST_DAYS):
        message = Said("Propose times within %(farthest_days)s days.", farthest_days=FARTHEST_DAYS)
        raise Invalid(errors=[{"field": "starts", "code": "too_far_ahead", "message": message}])
    await db.execute("UPDATE interview SET slot_id = NULL WHERE id = $1", interview["id"])
    await db.execute(PROPOSE, interview["id"], list(starts), minutes, place, actor)
    listed = together([Said("%(at)s", at=at) for at in sorted(set(starts))], ", ")
    await candidacies.wait_for(held, words.CANDIDATE, held.say(words.SLOTS, n=listed), actor)
    await trail.record(actor, "interview.proposed", candidacies.SUBJECT, held.id, slots=len(set(starts)))


async def choose(me: UUID, candidacy_id: UUID, slot_id: UUID) -> None:
    """Choose one of the proposed times, or another one instead of it while it is still to come.

    Raises:
        NotFound: the candidacy is not the caller's, or the time was not proposed for it.
        CandidacyEnded, OtherStage, SlotOver: see there.
        InterviewNotHeld: the appointment chosen before has begun.
    """
    held = await candidacies.hold_own(me, candidacy_id)
    interview = await current(held)
    slot = await db.row(
        "SELECT starts_at, starts_at <= clock_timestamp() AS over FROM interview_slot WHERE id = $1 AND interview_id = $2",
        slot_id,
        interview["id"],
    )
    if slot is None:
        raise NotFound
    if slot["over"]:
        raise SlotOver
    if interview["slot_id"] is not None and await _has_begun(interview):
        raise SlotOver(Said("The interview has begun at the time that you chose."))
    if interview["slot_id"] == slot_id:
        return
    await db.execute("UPDATE interview SET slot_id = $2 WHERE id = $1", interview["id"], slot_id)
    chosen = held.say(words.CHOSEN, at=slot["starts_at"])
    await candidacies.wait_for(held, words.US, chosen, me, since=slot["starts_at"])
    title = Said("%(direction)s: an interview was booked", direction=held.direction)
    await _tell_staff(interview["id"], held, "interview.chosen", title, Said("The interview is on %(at)s.", at=slot["starts_at"]))
    await trail.record(me, "interview.chosen", candidacies.SUBJECT, held.id, slot=slot_id)


async def refuse_slots(me: UUID, candidacy_id: UUID, reason: str) -> None:
    """None of the proposed times suits: it is our turn to propose others.

    Raises:
        NotFound, CandidacyEnded, OtherStage: see there; SlotOver: the appointment that was chosen has begun.
    """
    held = await candidacies.hold_own(me, candidacy_id)
    interview = await current(held)
    if interview["slot_id"] is not None and await _has_begun(interview):
        raise SlotOver(Said("The interview has begun at the time that you chose."))
    if held.turn != words.CANDIDATE and interview["slot_id"] is None:
        return
    await db.execute("UPDATE interview SET slot_id = NULL WHERE id = $1", interview["id"])
    await candidacies.wait_for(held, words.US, held.say(words.NONE_SUITS, words=reason), me)
    title = Said("%(direction)s: other times are wanted", direction=held.direction)
    body = Said("None of the times suited; the candidate's words are there.")
    await _tell_staff(interview["id"], held, "interview.none_suits", title, body)
    await trail.record(me, "interview.none_suits", candidacies.SUBJECT, held.id)


async def ask(actor: UUID, candidacy_id: UUID, reviewer_id: UUID) -> UUID:
    """Ask a curator to review the interview; returns the review's id. Where all seats are taken, one that holds the candidate up is free.

    Raises:
        NotFound, CandidacyEnded, OtherStage: see there.
        NotImpartial: it is the caller's own.
        NotAReviewer, ReviewerAsked, SeatsTaken: see there.
    """
    held = await candidacies.hold_others(actor, candidacy_id)
    interview = await current(held)
    if reviewer_id == held.freelancer_id or reviewer_id not in await candidacies.curators():
        raise NotAReviewer
    asked = await db.row(ASKED, interview["id"], reviewer_id)
    assert asked is not None
    if asked["before"]:
        raise ReviewerAsked
    if asked["seats"] >= interview["reviews_wanted"]:
        await _take_back(actor, held, interview["id"])
    made = await db.scalar(
        "INSERT INTO interview_review (interview_id, reviewer_id, asked_by) VALUES ($1, $2, $3) RETURNING id",
        interview["id"],
        reviewer_id,
        actor,
    )
    title = Said("%(direction)s: you are asked to review an interview", direction=held.direction)
    body = Said("Score each question on your own. If you know the candidate, decline and say so.")
    await notices.send([reviewer_id], "interview.asked", title, body, link=f"/interview-reviews/{made}", key=str(made))
    await trail.record(actor, "interview.reviewer_asked", candidacies.SUBJECT, held.id, reviewer=reviewer_id)
    return UUID(str(made))


async def _take_back(actor: UUID, held: Candidacy, interview_id: UUID) -> None:
    """Free one seat that its reviewer has not used in time.

    Raises:
        SeatsTaken: there is none.
    """
    late = await db.scalar(
        TAKE_BACK, interview_id, DAYS_TO_SCORE, f"Not scored within {DAYS_TO_SCORE} days: somebody else was asked."
    )
    if late is None:
        raise SeatsTaken
    await trail.record(actor, "interview.seat_taken_back", candidacies.SUBJECT, held.id, reviewer=late)


async def decline(me: UUID, review_id: UUID, reason: str) -> None:
    """Give a seat back, with the reason; who asked for the review asks somebody else.

    Raises:
        NotFound: it is not the caller's.
        ReviewEnded: see there.
    """
    review, held, _ = await _own(me, review_id)
    await db.execute(
        "UPDATE interview_review SET declined_at = clock_timestamp(), decline_reason = $2 WHERE id = $1", review_id, reason
    )
    title = Said("%(direction)s: a reviewer declined", direction=held.direction)
    body = Said("The reason is there. Ask somebody else.")
    await notices.send(
        [review["asked_by"]], "interview.declined", title, body, link=f"/candidacies/{held.id}", key=str(review_id)
    )
    await trail.record(me, "interview.declined", candidacies.SUBJECT, held.id, reason=reason, review=review_id)


async def score(me: UUID, review_id: UUID, scores: Sequence[Score], comment: str) -> None:
    """Hand in one's scores of all questions. With the last of the wanted reviews the interview is scored, or a third is asked for.

    Raises:
        NotFound: the review is not the caller's.
        ReviewEnded, InterviewNotHeld: see there.
        Invalid: not exactly the guide's questions are scored.
    """
    _, held, interview = await _own(me, review_id)
    if interview["slot_id"] is None or not await _has_begun(interview):
        raise InterviewNotHeld
    guide = await documents.guide_of(interview["guide_id"])
    _check(guide, scores)
    await db.execute(
        "UPDATE interview_review SET scores = $2::jsonb, comment = $3, submitted_at = clock_timestamp() WHERE id = $1",
        review_id,
        orjson.dumps({one.question: {"score": one.score, "note": one.note} for one in scores}).decode(),
        comment,
    )
    await trail.record(me, "interview.scored", candidacies.SUBJECT, held.id, review=review_id)
    given = await submitted(interview["id"])
    if len(given) < interview["reviews_wanted"]:
        return
    if len(given) == 2 and outcomes.apart(guide, *given.values()):
        await _want_third(held, interview["id"])
        return
    await db.execute("UPDATE interview SET scored_at = clock_timestamp() WHERE id = $1", interview["id"])
    title = Said("%(direction)s: an interview is to be decided", direction=held.direction)
    await _tell_staff(interview["id"], held, "interview.scored", title, Said("All reviews are in."))


async def submitted(interview_id: UUID) -> dict[UUID, dict[str, int]]:
    """Reviewer -> question -> score, of the reviews that are in."""
    found = await db.rows(SUBMITTED, interview_id)
    return {row["reviewer_id"]: {code: one["score"] for code, one in orjson.loads(row["scores"]).items()} for row in found}


async def _want_third(held: Candidacy, interview_id: UUID) -> None:
    await db.execute("UPDATE interview SET reviews_wanted = 3 WHERE id = $1", interview_id)
    title = Said("%(direction)s: an interview needs a third reviewer", direction=held.direction)
    body = Said("Two reviewers are apart by 2 or more in a competency group. Ask somebody who has not reviewed it.")
    await notices.send(
        await candidacies.curators(), "interview.third", title, body, link=f"/candidacies/{held.id}", key=str(interview_id)
    )
    await trail.record(None, "interview.third_wanted", candidacies.SUBJECT, held.id)


async def _own(me: UUID, review_id: UUID) -> tuple[Mapping[str, Any], Candidacy, Mapping[str, Any]]:
    """One's own review that is still wanted, the candidacy, held, and the interview."""
    review = await db.row(OWN, review_id, me)
    if review is None:
        raise NotFound
    held = await candidacies.hold(review["candidacy_id"], ended=True)
    review = await db.row(OWN, review_id, me)  # as it is since it is held
    assert review is not None
    interview = await db.row(CURRENT, held.id)
    over = interview is None or interview["id"] != review["interview_id"]
    if over or review["declined_at"] is not None or review["submitted_at"] is not None:
        raise ReviewEnded
    assert interview is not None
    return review, held, interview


async def _has_begun(interview: Mapping[str, Any]) -> bool:
    return bool(await db.scalar("SELECT $1::timestamptz <= clock_timestamp()", interview["starts_at"]))


def _check(guide: Guide, scores: Sequence[Score]) -> None:
    """Every question of the guide is scored, once, and nothing else."""
    wanted, given = guide.question_codes(), [one.question for one in scores]
    errors = [
        {"field": f"scores.{code}", "code": "not_scored_once", "message": Said("Each question is scored once.")}
        for code in wanted
        if given.count(code) != 1
    ]
    if set(given) - set(wanted):
        errors.append({"field": "scores", "code": "unknown_question", "message": Said("The guide has no such question.")})
    if errors:
        raise Invalid(errors=errors[:20])


async def _tell_staff(interview_id: UUID, held: Candidacy, kind: str, title: Said, body: Words) -> None:
    """Tell whoever has had to do with an interview: who proposed times, who asked for reviews, who reviews it."""
    found = await db.rows(
        """SELECT proposed_by AS person FROM interview_slot WHERE interview_id = $1
           UNION SELECT asked_by FROM interview_review WHERE interview_id = $1
           UNION SELECT reviewer_id FROM interview_review WHERE interview_id = $1 AND declined_at IS NULL""",
        interview_id,
    )
    await notices.send([row["person"] for row in found], kind, title, body, link=f"/candidacies/{held.id}")
