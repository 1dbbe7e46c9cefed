"""Moves of candidacies by what the other parts tell: exams, contracts, training, trials, admissions.

A fact may be told twice, late, or before the stage that it is about: it is kept once, and counts when its stage comes. Who takes it holds
the person's candidacies first, so a candidacy that enters the stage meanwhile either sees the fact or is seen by it.
"""

from uuid import UUID

from piecework.platform import db
from piecework.quality.admissions import candidacies, facts, words
from piecework.quality.admissions.candidacies import Candidacy
from piecework.quality.admissions.facts import Fact
from piecework.quality.admissions.specs import Stage
from piecework.quality.exams import sitting

OFFERS = """
SELECT EXISTS (SELECT FROM contract_offer o WHERE o.freelancer_id = $1 AND o.expires_at > clock_timestamp()
               AND NOT EXISTS (SELECT FROM contract_answer a WHERE a.offer_id = o.id))"""
EXAM_OFFERED = "SELECT EXISTS (SELECT FROM exam WHERE code = $1 AND published_at IS NOT NULL AND retired_at IS NULL)"
COURSE_OFFERED = """
SELECT EXISTS (SELECT FROM course WHERE code = $1 AND published_at IS NOT NULL AND retired_at IS NULL)
    OR EXISTS (SELECT FROM enrolment WHERE freelancer_id = $2 AND course_code = $1 AND ended_at IS NULL)"""


async def take(fact: Fact) -> None:
    """Keep a fact about a person and move their candidacies by it. The same fact again changes nothing."""
    held = await candidacies.hold_all_of(fact.freelancer_id)
    if not await facts.note(fact):
        return
    for one in held:
        if fact.kind == facts.ADMISSION:
            await _admission(one, fact)
        elif one.state == "open":
            await _move(one, fact)
        elif fact.kind == facts.EXAM and fact.passed and facts.exam_of(one.stage, one.way_in) == fact.code:
            await _overruled(one, fact)


async def offered(freelancer_id: UUID) -> None:
    """A contract was offered to a person: who waits for one is told at once, and not when time is looked at next."""
    for held in await candidacies.hold_all_of(freelancer_id):
        if held.state == "open":
            await whose_turn(held)


async def whose_turn(held: Candidacy) -> Candidacy:
    """It is the candidate's turn while there is something to do: an offer to accept, the exam or the course published; and else ours."""
    code = held.way_in.codes().get(held.stage)
    if held.stage == Stage.CONTRACT:
        ready = await db.scalar(OFFERS, held.freelancer_id)
    elif facts.exam_of(held.stage, held.way_in) is not None:
        ready = await db.scalar(EXAM_OFFERED, code)
    elif code is not None:
        ready = await db.scalar(COURSE_OFFERED, code, held.freelancer_id)
    else:
        return held
    if ready == (held.turn == words.CANDIDATE):
        return held
    told = words.CONTRACT_TURN if held.stage == Stage.CONTRACT else words.PUBLISHED_TURN
    whose = words.CANDIDATE if ready else words.US
    return await candidacies.wait_for(held, whose, held.say(told[whose]), None)


async def wait_for_retake(held: Candidacy) -> None:
    """Who may begin the next attempt at an exam only later has days for it from then on."""
    code = facts.exam_of(held.stage, held.way_in)
    exam = None if code is None else await facts.published_exam(code)
    if code is None or exam is None:
        return
    from_ = (await sitting.standing(held.freelancer_id, code, exam)).from_
    if from_ is not None:
        await candidacies.not_before(held, from_)


async def _move(held: Candidacy, fact: Fact) -> None:
    """Move one candidacy, if the fact is about the stage that it is at."""
    match held.stage, fact.kind:
        case ((Stage.LANGUAGE_EXAM | Stage.DIRECTION_EXAM), facts.EXAM) if held.way_in.codes()[held.stage] == fact.code:
            await _exam(held, fact)
        case Stage.CONTRACT, facts.CONTRACT:
            await candidacies.advance(held, held.say(words.CONTRACT))
        case Stage.TRAINING, facts.TRAINING if held.way_in.course == fact.code:
            await candidacies.advance(held, held.say(words.TRAINED))
        case Stage.TRIAL, facts.TRIAL if held.way_in.trial == fact.code:
            await candidacies.advance(held, held.say(words.TRIED))


async def _exam(held: Candidacy, fact: Fact) -> None:
    if fact.passed:
        await candidacies.advance(held, held.say(words.EXAM_PASSED))
        return
    failed, most = await facts.attempts(held.freelancer_id, fact.code)
    if most is not None and failed >= most:
        await candidacies.refuse(held, held.say(words.NO_ATTEMPTS, of=most))
    else:
        await candidacies.failed(held, held.say(words.EXAM_FAILED, n=failed, of=most or "∞"))
        await wait_for_retake(held)


async def _admission(held: Candidacy, fact: Fact) -> None:
    """A curator decided about live tickets. Granted ends the way in from whatever stage, and after a refusal that was overruled."""
    if fact.code != (held.way_in.qualification or held.direction):
        return
    if fact.passed and (held.state == "open" or held.stage == Stage.LIVE):
        await candidacies.admit(held)
    elif not fact.passed and held.state == "open" and held.stage == Stage.LIVE:
        await candidacies.refuse(held, held.say(words.NOT_ADMITTED), appealable=False)


async def _overruled(held: Candidacy, fact: Fact) -> None:
    """An attempt that had failed within the stage that ended the candidacy is passed by its newest result: the way goes on."""
    if await facts.overrules(fact.source, held.entered_at):
        again = await candidacies.reopen(held, held.say(words.OVERRULED))
        if again is not None:
            await candidacies.advance(again, again.say(words.EXAM_PASSED))
