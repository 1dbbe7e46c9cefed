"""The decision on an interview: by the published rule. One against it takes effect once a second curator confirms it with a reason."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from piecework.platform import db, trail
from piecework.platform.said import Said, together
from piecework.quality.admissions import candidacies, documents, interviews, outcomes
from piecework.quality.admissions.candidacies import Candidacy
from piecework.quality.admissions.errors import InterviewNotScored, SecondCuratorNeeded
from piecework.quality.admissions.outcomes import Result
from piecework.quality.admissions.specs import Guide

ACCEPT, REFUSE = "accept", "refuse"
PASSED = Said("The interview is passed: %(overall)s on average, with %(bar)s needed.")
NOT_PASSED = Said("The interview is not passed: %(overall)s on average, with %(bar)s needed.")
BELOW = Said("Below %(bar)s: %(groups)s.")
AGAINST = Said("Two curators decided otherwise than by the rule.")


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
    text = together([*told(held, guide, result), *([AGAINST] if against else []), *reasons])
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


def told(held: Candidacy, guide: Guide, result: Result) -> list[Said]:
    """What the rule says."""
    bar = held.way_in.interview
    titles = {group.code: group.title.model_dump() for group in guide.groups}
    mean = f"{outcomes.shown(result.overall):.2f}"
    said = held.say(PASSED if result.passed else NOT_PASSED, overall=mean, bar=f"{bar.overall:g}")
    low = [
        Said("%(group)s %(mean)s", group=titles[one.code], mean=f"{outcomes.shown(one.mean):.2f}")
        for one in result.groups
        if not one.reached
    ]
    return [said, held.say(BELOW, bar=f"{bar.group:g}", groups=together(low, ", "))] if low else [said]


def by_group(held: Candidacy, guide: Guide, result: Result) -> list[Mapping[str, Any]]:
    """The means by competency group as the candidate reads them."""
    titles = {group.code: group.title.to(held.language) for group in guide.groups}
    bar = held.way_in.interview.group
    return [
        {"group": one.code, "title": titles[one.code], "mean": outcomes.shown(one.mean), "bar": bar, "reached": one.reached}
        for one in result.groups
    ]
