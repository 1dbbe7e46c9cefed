"""Bonuses: what rules award people for weeks, months and quarters that are over, once for each rule, person, span and currency.

A bonus rule counts for the spans that begin while it is in force. It is reckoned from the span's earned work and from measures:
`settle_hours` after the span's end, and only from what was recorded by then, so a job that runs late awards the same. Earned work is
what accepted answers brought with effect in the span, before premiums: accruals, less what was clawed back, and what was restored;
release of held money moves it on and adds nothing. Somebody without an accepted answer in the span is awarded nothing for its work.

An award goes into the period that is open when it is made, of the cadence of its person. An award of 0 is recorded with its reasons,
and makes no entry.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from piecework.payouts.adjusting import reckoning, spans
from piecework.payouts.adjusting.reckoning import Reckoned, reckon
from piecework.payouts.adjusting.spans import Span
from piecework.payouts.books import ledger, pay_policy, periods
from piecework.payouts.books.ledger import Entry, LedgerAccount, move
from piecework.payouts.rules.kinds import BONUS_KINDS, BONUS_SPEC, BonusSpec
from piecework.platform import db, jobs
from piecework.tasks import measures
from piecework.tasks.measures import Recorded

COMMITTED = timedelta(minutes=10)
"""After so long nothing is under way any more that bears an earlier time."""
LOOK_BACK = timedelta(days=400)
PATIENCE = "SET LOCAL statement_timeout = '900s'"
"""A quarter of a large house is read at once."""
HOUSE = "house"
"""Whose expense a bonus is that no project pays for."""

EARNED_WORK = """
SELECT l.owner::uuid AS freelancer_id, l.currency, -sum(p.amount)::bigint AS amount
FROM entry e JOIN posting p ON p.entry_id = e.id JOIN ledger_account l ON l.id = p.account_id AND l.kind IN ('held', 'payable')
WHERE e.kind IN ('accrue', 'release', 'clawback', 'restore') AND e.rule_id IS NULL
  AND e.effective_at >= $1 AND e.effective_at < $2 AND e.recorded_at < $3 AND ($4::uuid IS NULL OR e.project_id = $4)
GROUP BY l.owner, l.currency HAVING sum(p.amount) < 0
"""
RULES = """
SELECT id, code, kind, project_id, spec::text, starts_at, until FROM pay_rule_in_time
WHERE kind = ANY ($1) AND starts_at <= $2 ORDER BY code, version
"""
ONE_RULE = "SELECT id, code, kind, project_id, spec::text FROM pay_rule WHERE id = $1 AND kind = ANY ($2)"
TELL = "INSERT INTO bonus_span (name, since, until) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
AWARD = """
INSERT INTO award (freelancer_id, rule_id, rule_code, span, currency, amount, evidence)
SELECT n.freelancer_id, $1, $2, $3, n.currency, n.amount, n.evidence::jsonb
FROM unnest($4::uuid[], $5::text[], $6::bigint[], $7::text[]) AS n (freelancer_id, currency, amount, evidence)
ORDER BY n.freelancer_id, n.currency
ON CONFLICT DO NOTHING RETURNING id, freelancer_id, currency, amount, cadence_of(freelancer_id, $8) AS cadence
"""


@dataclass(frozen=True, slots=True)
class BonusRule:
    """A version of a bonus rule."""

    id: UUID
    code: str
    project_id: UUID | None
    spec: BonusSpec


async def look() -> None:
    """Measure the spans that have ended and have quality told of them; queue the awards that are due (jobs `payouts.award`).

    Records `span.ended` once per person and span: whoever knows something of people's work adds its measures of that time. And
    `week.ended` once per week, whoever worked in it.
    """
    await db.execute(PATIENCE)
    now: datetime = await db.scalar("SELECT clock_timestamp()")
    zone = await pay_policy.zone()
    found = await db.rows(RULES, list(BONUS_KINDS), now)
    oldest = min((row["starts_at"] for row in found), default=now)
    for kind in spans.KINDS:
        last = spans.last_ended(kind, now - COMMITTED, zone)
        for span in spans.ended_between(kind, max(now - LOOK_BACK, min(oldest, last.since)), now - COMMITTED, zone):
            await _tell(span)
    told = {row["name"] for row in await db.rows("SELECT name FROM bonus_span")}
    done = {(row["rule_code"], row["span"]) for row in await db.rows("SELECT rule_code, span FROM award_run")}
    due: list[tuple[str, dict[str, str]]] = []
    for row in found:
        spec = BONUS_SPEC.validate_json(row["spec"])
        settled = now - timedelta(hours=spec.settle_hours) - COMMITTED
        due.extend(
            (f"{row['code']}:{span.name}", {"rule": str(row["id"]), "span": span.name})
            for span in spans.ended_between(spec.span, max(now - LOOK_BACK, row["starts_at"]), settled, zone)
            if span.name in told and (row["code"], span.name) not in done and (row["until"] is None or span.since < row["until"])
        )
    await jobs.enqueue("payouts.award", due)


async def _tell(span: Span) -> None:
    if not await db.execute(TELL, span.name, span.since, span.until):
        return
    await measures.record_work(span.since, span.until, weekly=span.kind == spans.WEEK)
    people = sorted(await measures.of(span.since, span.until, ["volume"]))
    payload = {"since": span.since.isoformat(), "until": span.until.isoformat()}
    if span.kind == spans.WEEK:
        await jobs.record("week.ended", [(span.name, {"week": span.name, **payload})])
    await jobs.record("span.ended", [(f"{span.name}:{one}", {"person": str(one), **payload}) for one in people])


async def award(rule_id: UUID, span_name: str) -> int:
    """Award a span to everybody whose measures are there; returns how many awards are new. Those that wait come another time."""
    await db.execute(PATIENCE)
    rule = await _rule(rule_id)
    span = await db.row("SELECT name, since, until FROM bonus_span WHERE name = $1", span_name)
    assert rule is not None, rule_id
    assert span is not None, span_name
    cutoff = span["until"] + timedelta(hours=rule.spec.settle_hours)
    found, waiting = await outcome(rule, span["since"], span["until"], cutoff)
    made = await _record(rule, span_name, found)
    if not waiting:
        await db.execute(
            "INSERT INTO award_run (rule_code, span, rule_id, people) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            rule.code,
            span_name,
            rule.id,
            len(found),
        )
    return made


Outcome = dict[UUID, list[Reckoned]]


async def outcome(rule: BonusRule, since: datetime, until: datetime, cutoff: datetime) -> tuple[Outcome, int]:
    """What a rule gives for a span by what was recorded before `cutoff`, by person; and of how many the accuracy is not told yet."""
    known = await _known(rule, since, until)
    earned: dict[UUID, dict[str, int]] = {}
    for row in await db.rows(EARNED_WORK, since, until, cutoff, rule.project_id):
        earned.setdefault(row["freelancer_id"], {})[row["currency"]] = row["amount"]
    found: Outcome = {}
    waiting = 0
    for person in sorted(known):
        given = reckon(rule.spec, earned.get(person, {}), known[person])
        if given is None:
            waiting += 1
        elif given:
            found[person] = given
    return found, waiting


async def preview(rule_id: UUID) -> tuple[Span, Outcome, int] | None:
    """What a rule, a draft too, would give for the newest span of its kind that is over; and of how many the accuracy is not told yet.

    None: there is no such bonus rule.
    """
    rule = await _rule(rule_id)
    if rule is None:
        return None
    now: datetime = await db.scalar("SELECT clock_timestamp()")
    span = spans.last_ended(rule.spec.span, now, await pay_policy.zone())
    return span, *(await outcome(rule, span.since, span.until, now))


async def _known(rule: BonusRule, since: datetime, until: datetime) -> Mapping[UUID, Mapping[str, Recorded]]:
    wanted = reckoning.WANTED[rule.spec.kind]
    if wanted[0] in reckoning.CONFIRMED:
        found = await measures.confirmed(wanted[0], since, until, rule.project_id)
        return {person: {wanted[0]: told} for person, told in found.items()}
    known = await measures.of(since, until, wanted, rule.project_id)
    if rule.project_id is not None and "quality" in wanted:
        asked = await measures.of(since, until, ["quality"])
        for person, kinds in known.items():
            if person in asked:  # told, but nothing of this project can be said
                kinds.setdefault("quality", Recorded((), None, {}))
    return {person: kinds for person, kinds in known.items() if "volume" in kinds}


async def _rule(rule_id: UUID) -> BonusRule | None:
    row = await db.row(ONE_RULE, rule_id, list(BONUS_KINDS))
    return None if row is None else BonusRule(row["id"], row["code"], row["project_id"], BONUS_SPEC.validate_json(row["spec"]))


async def _record(rule: BonusRule, span: str, found: Outcome) -> int:
    flat = [(person, one) for person, given in found.items() for one in given]
    now: datetime = await db.scalar("SELECT clock_timestamp()")
    made = await db.rows(
        AWARD,
        rule.id,
        rule.code,
        span,
        [person for person, _ in flat],
        [one.currency for _, one in flat],
        [one.amount for _, one in flat],
        [orjson.dumps(one.evidence).decode() for _, one in flat],
        now,
    )
    await _post(rule, span, now, [row for row in made if row["amount"]])
    return len(made)


async def _post(rule: BonusRule, span: str, now: datetime, awards: Sequence[Any]) -> None:
    held = await periods.hold((row["currency"], row["cadence"], now) for row in awards)
    expense = LedgerAccount("bonus_expense", str(rule.project_id or HOUSE))
    await ledger.post(
        [
            Entry(
                business_key=f"bonus:{row['id']}",
                kind="bonus",
                period_id=held[row["currency"], row["cadence"], now],
                effective_at=now,
                currency=row["currency"],
                legs=move(row["amount"], expense, LedgerAccount("payable", str(row["freelancer_id"]))),
                reason=f"{rule.code} for {span}",
                project_id=rule.project_id,
                rule_id=rule.id,
                source_id=row["id"],
            )
            for row in awards
        ]
    )
