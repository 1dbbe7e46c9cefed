"""Moves of candidacies by what the other parts tell: exams, contracts, training, trials, admissions.

A fact may be told twice, late, or before the stage that it is about: it is kept once, and counts when its stage comes. Who takes it holds
the person's candidacies first, so a candidacy that enters the stage meanwhile either sees the fact or is seen by it.
"""

from piecework.platform import db
from piecework.quality.admissions import candidacies, facts, words
from piecework.quality.admissions.candidacies import Candidacy
from piecework.quality.admissions.facts import Fact
from piecework.quality.admissions.specs import Stage

OFFERS = """
SELECT EXISTS (SELECT FROM contract_offer o WHERE o.freelancer_id = $1 AND o.expires_at > clock_timestamp()
               AND NOT EXISTS (SELECT FROM contract_answer a WHERE a.offer_id = o.id))"""


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


async def contract_turn(held: Candidacy) -> Candidacy:
    """At the stage of the contract it is the candidate's turn while there is an offer to accept, and else ours."""
    if held.stage != Stage.CONTRACT:
        return held
    offered = bool(await db.scalar(OFFERS, held.freelancer_id))
    if offered == (held.turn == words.CANDIDATE):
        return held
    reason = held.say(words.OFFERED if offered else words.TURN_BACK)
    return await candidacies.wait_for(held, words.CANDIDATE if offered else words.US, reason, None)


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
