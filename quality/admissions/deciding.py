"""The decision on an interview: by the published rule. One against it takes effect once a second curator confirms it with a reason."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from piecework.platform import db, trail
from piecework.quality.admissions import candidacies, documents, interviews, outcomes
from piecework.quality.admissions.candidacies import Candidacy
from piecework.quality.admissions.errors import InterviewNotScored, SecondCuratorNeeded
from piecework.quality.admissions.outcomes import Result
from piecework.quality.admissions.specs import Guide, Words

ACCEPT, REFUSE = "accept", "refuse"
PASSED = Words(
    ru="Собеседование пройдено: среднее {overall:.2f} при необходимых {bar:g}.",
    en="The interview is passed: {overall:.2f} on average, with {bar:g} needed.",
)
NOT_PASSED = Words(
    ru="Собеседование не пройдено: среднее {overall:.2f} при необходимых {bar:g}.",
    en="The interview is not passed: {overall:.2f} on average, with {bar:g} needed.",
)
BELOW = Words(ru="Ниже {bar:g}: {groups}.", en="Below {bar:g}: {groups}.")
AGAINST = Words(ru="Два куратора решили иначе, чем по правилу.", en="Two curators decided otherwise than by the rule.")


async def decide(actor: UUID, candidacy_id: UUID, *, accept: bool, reason: str) -> bool:
    """Decide an interview whose reviews are in; the candidate reads the reason and the means by group. Returns whether it took effect.

    False: it is against the rule, and waits for a second curator to decide the same.

    Raises:
        NotFound, CandidacyEnded, OtherStage: see there.
        NotImpartial: it is the curator's own interview.
        InterviewNotScored, SecondCuratorNeeded: see there.
    """
    held = await candidacies.hold_others(actor, candidacy_id)
    interview = await interviews.current(held)
    if interview["scored_at"] is None:
        raise InterviewNotScored
    guide = await documents.guide_of(interview["guide_id"])
    given = await interviews.submitted(interview["id"])
    result = outcomes.result(guide, held.way_in.interview, list(given.values()))
    wanted = ACCEPT if accept else REFUSE
    against = accept != result.passed
    if against and interview["proposed"] != wanted:
        await _propose(actor, held, interview["id"], wanted, reason)
        return False
    if against and interview["proposed_by"] == actor:
        raise SecondCuratorNeeded
    reasons = [interview["proposed_reason"], reason] if against else [reason]
    await db.execute(
        "UPDATE interview SET outcome = $2, decided_at = clock_timestamp(), decided_by = $3 WHERE id = $1",
        interview["id"],
        wanted,
        actor,
    )
    text = " ".join([told(held, guide, result), *([held.say(AGAINST)] if against else []), *reasons])
    detail = {"groups": by_group(held, guide, result), "overall": outcomes.shown(result.overall)}
    if accept:
        await candidacies.advance(held, text, actor, detail)
    else:
        hands = [*given, *([interview["proposed_by"]] if against else [])]
        await candidacies.refuse(held, text, actor, involved=hands, detail=detail)
    return True


async def _propose(actor: UUID, held: Candidacy, interview_id: UUID, wanted: str, reason: str) -> None:
    await db.execute(
        "UPDATE interview SET proposed = $2, proposed_by = $3, proposed_reason = $4 WHERE id = $1",
        interview_id,
        wanted,
        actor,
        reason,
    )
    await trail.record(actor, "interview.proposed_against", candidacies.SUBJECT, held.id, reason=reason, wanted=wanted)


def told(held: Candidacy, guide: Guide, result: Result) -> str:
    """What the rule says, in the candidate's language."""
    bar = held.way_in.interview
    titles = {group.code: group.title.to(held.language) for group in guide.groups}
    text = held.say(PASSED if result.passed else NOT_PASSED, overall=outcomes.shown(result.overall), bar=bar.overall)
    low = [f"{titles[one.code]} {outcomes.shown(one.mean):.2f}" for one in result.groups if not one.reached]
    return f"{text} {held.say(BELOW, bar=bar.group, groups=', '.join(low))}" if low else text


def by_group(held: Candidacy, guide: Guide, result: Result) -> list[Mapping[str, Any]]:
    """The means by competency group as the candidate reads them."""
    titles = {group.code: group.title.to(held.language) for group in guide.groups}
    bar = held.way_in.interview.group
    return [
        {"group": one.code, "title": titles[one.code], "mean": outcomes.shown(one.mean), "bar": bar, "reached": one.reached}
        for one in result.groups
    ]
