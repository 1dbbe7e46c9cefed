"""What the rules in force add to accepted answers: for each answer the rules of its claim's moment, and nothing that came later.

Of the rules of one group the greatest counts, by what each would add to the answer accepted in full (of equal ones the first by
code): the choice does not depend on how much of the answer was accepted, so a premium only ever grows with it. Groups add up.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from uuid import UUID
from zoneinfo import ZoneInfo

from piecework.payouts.rules import calendar
from piecework.payouts.rules.calendar import Calendar
from piecework.payouts.rules.kinds import (
    PREMIUM_KINDS,
    PREMIUM_SPEC,
    WHOLE,
    Holiday,
    Level,
    Night,
    PremiumSpec,
    SecondLanguage,
    SecondLine,
    Weekend,
)
from piecework.payouts.rules.rounding import half_up
from piecework.payouts.rules.work import Premium, Work
from piecework.platform import db

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PremiumRule:
    """A version of a premium rule, for work claimed from `starts_at` on and before `until`; of all projects if it names none."""

    id: UUID
    code: str
    project_id: UUID | None
    spec: PremiumSpec
    starts_at: datetime
    until: datetime | None

    def governs(self, work: Work) -> bool:
        """Whether it was in force for this work when it was claimed."""
        return (
            self.project_id in (None, work.project_id)
            and self.starts_at <= work.claimed_at
            and (self.until is None or work.claimed_at < self.until)
        )


async def hold_rules() -> None:
    """Hold the rules and the calendar as they are until the caller's transaction ends."""
    await db.execute("SELECT hold_rules()")


async def premiums_for(works: Sequence[Work]) -> list[Premium]:
    """What the rules add in total to each of these answers for what it has earned so far, by rule; nothing where that is 0.

    For the same answer and a greater `earned` no premium is smaller. Holds the rules as they are until the caller's transaction
    ends. Two round trips, three where a rule looks at the calendar.
    """
    if not works:
        return []
    await hold_rules()
    rules = await in_force(min(w.claimed_at for w in works), max(w.claimed_at for w in works))
    return evaluate(works, rules, await calendar_for(works, rules))


async def calendar_for(works: Iterable[Work], rules: Iterable[PremiumRule]) -> Calendar:
    """As much of the calendar as these rules can ask for."""
    countries = {rule.spec.country for rule in rules if isinstance(rule.spec, Holiday)}
    days = [work.submitted_at.date() for work in works]
    if not countries or not days:
        return Calendar({})
    return await calendar.load(countries, min(days) - DAY, max(days) + DAY)  # a local date is a day away at the most


async def in_force(first: datetime, last: datetime) -> list[PremiumRule]:
    """The versions in force at some moment from first to last."""
    found = await db.rows(
        """SELECT id, code, project_id, spec::text, starts_at, until FROM pay_rule_in_time
           WHERE kind = ANY ($1) AND starts_at <= $3 AND (until IS NULL OR until > $2) ORDER BY code, version""",
        list(PREMIUM_KINDS),
        first,
        last,
    )
    return [
        PremiumRule(r["id"], r["code"], r["project_id"], PREMIUM_SPEC.validate_json(r["spec"]), r["starts_at"], r["until"])
        for r in found
    ]


def evaluate(works: Iterable[Work], rules: Sequence[PremiumRule], days: Calendar) -> list[Premium]:
    """The same from plain values. In the order of the works, and for each of the rules' codes."""
    made: list[Premium] = []
    ordered = sorted(rules, key=lambda one: one.code)
    for work in works:
        best: dict[str, PremiumRule] = {}
        for rule in ordered:
            if rule.governs(work) and applies(rule.spec, work, days):
                other = best.get(rule.spec.group)
                if other is None or amount(rule.spec, work.price, work.price) > amount(other.spec, work.price, work.price):
                    best[rule.spec.group] = rule
        for rule in sorted(best.values(), key=lambda one: one.code):
            added = amount(rule.spec, work.price, work.earned)
            if added:
                made.append(Premium(work.assignment_id, rule.id, added))
    return made


def amount(spec: PremiumSpec, price: int, earned: int) -> int:
    """What a rule whose condition is met adds to an answer that earned this part of its price: half a unit and more goes up."""
    if price == 0:
        return 0
    if spec.percent is not None:
        return half_up(earned * spec.percent, WHOLE)
    assert spec.fixed is not None
    return half_up(spec.fixed * earned, price)


def applies(spec: PremiumSpec, work: Work, days: Calendar) -> bool:
    """Whether an answer meets a rule's condition. Hours and days are those of the person's clock when they submitted."""
    here = work.submitted_at.astimezone(_zone(work.zone))
    match spec:
        case Night():
            since, until = spec.window
            clock = here.time()
            return since <= clock < until if since < until else clock >= since or clock < until
        case Weekend():
            return here.isoweekday() in spec.days
        case Holiday():
            return days.kind(spec.country, here.date(), work.claimed_at) in spec.counts
        case SecondLanguage():
            return work.language in spec.languages
        case SecondLine():
            return work.line >= spec.from_line
        case Level():
            return work.level >= spec.from_level


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
