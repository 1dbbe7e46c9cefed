"""What a premium rule would have added to the answers of the last days, by itself and beside the rules that were in force."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from uuid import UUID

from piecework.payouts.books import pay_policy
from piecework.payouts.rules.kinds import PremiumSpec
from piecework.payouts.rules.premiums import PremiumRule, calendar_for, evaluate, in_force
from piecework.payouts.rules.work import LINE, Work
from piecework.platform import db

DAYS = 7
BATCH = 5_000
ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)

WORKS = f"""
SELECT a.id AS assignment_id, a.freelancer_id, a.project_id, p.currency, s.key AS step_key, {LINE} AS line,
       a.level, a.language, a.price, accepted_pay(a.price, a.share) AS earned, a.claimed_at, a.ended_at AS submitted_at,
       coalesce(c.zone, 'UTC') AS zone, (d.decided_at AT TIME ZONE $2)::date AS day
FROM decision d JOIN assignment a ON a.id = d.assignment_id JOIN task t ON t.id = a.task_id JOIN project p ON p.id = a.project_id
JOIN step s ON s.id = a.step_id
LEFT JOIN LATERAL (SELECT c.zone FROM contract c WHERE c.freelancer_id = a.freelancer_id AND c.starts_at <= a.claimed_at
                   ORDER BY c.starts_at DESC, c.version DESC LIMIT 1) c ON true
WHERE d.state = 'accepted' AND d.decided_at >= now() - make_interval(days => $1) AND a.price > 0
  AND ($3::uuid IS NULL OR a.project_id = $3)
  AND NOT EXISTS (SELECT FROM decision e WHERE e.assignment_id = a.id AND e.revision < d.revision AND e.state = 'accepted')"""


COUNT = """
SELECT count(*) FROM (
    SELECT FROM decision d JOIN assignment a ON a.id = d.assignment_id
    WHERE d.state = 'accepted' AND d.decided_at >= now() - make_interval(days => $1) AND a.price > 0
      AND ($2::uuid IS NULL OR a.project_id = $2) LIMIT $3) q"""


@dataclass(slots=True)
class Effect:
    """What a rule would have given in one currency. `more`: what people would have had beyond what they got."""

    answers: int = 0
    people: set[UUID] = field(default_factory=set)
    amount: int = 0
    more: int = 0
    days: Counter[date] = field(default_factory=Counter)


async def answers(project_id: UUID | None, most: int) -> int:
    """On how many answers a preview would rest, counted to `most`."""
    found: int = await db.scalar(COUNT, DAYS, project_id, most)
    return found


async def preview(rule_id: UUID, code: str, project_id: UUID | None, spec: PremiumSpec) -> dict[str, Effect]:
    """The effect on the answers that were first accepted in the last days, by currency.

    As if the rule had been in force all the time, in the place of the versions of its code, and the calendar been as it is now.
    Answers are read in batches: memory grows with the people, not with the answers.
    """
    trial = PremiumRule(rule_id, code, project_id, spec, ALWAYS, None)
    effects: dict[str, Effect] = {}
    async for batch in db.batches(WORKS, DAYS, await pay_policy.zone(), project_id, size=BATCH):
        works = [Work(**{name: row[name] for name in Work.__dataclass_fields__}) for row in batch]
        await _add(effects, trial, works, {row["assignment_id"]: row["day"] for row in batch})
    return effects


async def _add(effects: dict[str, Effect], trial: PremiumRule, works: Sequence[Work], days: dict[UUID, date]) -> None:
    rules = await in_force(min(w.claimed_at for w in works), max(w.claimed_at for w in works))
    others = [rule for rule in rules if rule.code != trial.code]
    calendar = (await calendar_for(works, [*rules, trial])).as_of(ALWAYS)
    got = Counter({w.assignment_id: 0 for w in works})
    for one in evaluate(works, rules, calendar):
        got[one.assignment_id] -= one.amount
    for one in evaluate(works, [*others, trial], calendar):
        got[one.assignment_id] += one.amount
    alone = {one.assignment_id: one.amount for one in evaluate(works, [trial], calendar)}
    for work in works:
        effect = effects.setdefault(work.currency, Effect())
        effect.more += got[work.assignment_id]
        added = alone.get(work.assignment_id)
        if added is not None:
            effect.answers += 1
            effect.people.add(work.freelancer_id)
            effect.amount += added
            effect.days[days[work.assignment_id]] += added
