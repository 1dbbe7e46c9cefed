"""A statement from the books: the closed figures, and under each of them the entries that make it up."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson

from piecework.payouts.statements.page import Assignment, Deduction, RuleLine, Settlement, SettlementKind, StatementPage, Tax
from piecework.payouts.statements.words import WORDS, Language, day, money, percent
from piecework.platform import db
from piecework.platform.errors import NotFound

STATEMENT = """
SELECT s.*, p.name AS period, p.starts_at, p.ends_at, p.zone, p.closed_at, a.name AS person,
       coalesce((SELECT encode(hash, 'hex') FROM seal WHERE sealed_at <= p.closed_at ORDER BY no DESC LIMIT 1), '') AS chain_head
FROM statement s JOIN period p ON p.id = s.period_id JOIN account a ON a.id = s.freelancer_id
WHERE s.id = $1 AND ($2::uuid IS NULL OR s.freelancer_id = $2)"""

# One row for each answer and way in which its money became payable: the entry of its price leads, its premiums stand beside it.
ASSIGNMENTS = """
SELECT min(e.effective_at) AS at, j.code AS project, st.key AS step, a.price, a.share, e.assignment_id,
       coalesce(-sum(p.amount) FILTER (WHERE e.rule_id IS NULL), 0)::bigint AS work,
       coalesce(-sum(p.amount) FILTER (WHERE e.rule_id IS NOT NULL), 0)::bigint AS premiums,
       coalesce(min(e.id) FILTER (WHERE e.rule_id IS NULL), min(e.id)) AS entry_id
FROM ledger_account l JOIN posting p ON p.account_id = l.id JOIN entry e ON e.id = p.entry_id
JOIN assignment a ON a.id = e.assignment_id JOIN project j ON j.id = a.project_id JOIN step st ON st.id = a.step_id
WHERE l.kind = 'payable' AND l.owner = $1 AND l.currency = $2 AND e.period_id = $3 AND heading(e.kind, e.rule_id) IN ('work', 'premium')
GROUP BY e.assignment_id, j.code, st.key, a.price, a.share ORDER BY 1, e.assignment_id"""

# OFFSET 0: the person's entries first; by the rules' own index all that a rule ever moved would be read.
RULES = """
SELECT heading(m.kind, m.rule_id) AS heading, r.title, r.version, r.words, -sum(m.amount)::bigint AS amount
FROM (SELECT e.kind, e.rule_id, p.amount FROM ledger_account l JOIN posting p ON p.account_id = l.id JOIN entry e ON e.id = p.entry_id
      WHERE l.kind = 'payable' AND l.owner = $1 AND l.currency = $2 AND e.period_id = $3
        AND heading(e.kind, e.rule_id) IN ('premium', 'bonus') OFFSET 0) m
JOIN pay_rule r ON r.id = m.rule_id GROUP BY 1, r.id, r.title, r.version, r.words ORDER BY r.title, r.version"""

DEDUCTIONS = """
SELECT r.title, r.version, d.evidence, n.appeal_by, n.state AS appeal, n.settled_at, e.kind, e.reason, -sum(p.amount)::bigint AS amount
FROM ledger_account l JOIN posting p ON p.account_id = l.id JOIN entry e ON e.id = p.entry_id
JOIN pay_rule r ON r.id = e.rule_id JOIN deduction d ON d.id = e.source_id
LEFT JOIN appealable n ON n.subject = 'deduction' AND n.subject_id = d.id
WHERE l.kind = 'payable' AND l.owner = $1 AND l.currency = $2 AND e.period_id = $3 AND e.kind IN ('deduct', 'give_back')
GROUP BY e.id, r.title, r.version, d.evidence, n.appeal_by, n.state, n.settled_at ORDER BY e.id"""

# The due of the statement and, where the bank sent the money back, the dues that came of that, in order.
SETTLEMENTS = """
WITH RECURSIVE way AS (
    SELECT d.id, d.amount, d.currency, d.line_id FROM due d WHERE d.statement_id = $1
    UNION ALL
    SELECT d.id, d.amount, d.currency, d.line_id FROM way JOIN due d ON d.returned_line = way.line_id)
SELECT way.amount, way.currency, l.state, l.amount AS line, r.number, r.state AS run,
       CASE l.state WHEN 'returned' THEN l.returned_at WHEN 'paid' THEN l.paid_at ELSE r.approved_at END AS at
FROM way LEFT JOIN payout_line l ON l.id = way.line_id LEFT JOIN payout_run r ON r.id = l.run_id"""

WAYS: dict[str | None, SettlementKind] = {
    None: "carried",
    "drafted": "carried",
    "ordered": "sent",
    "paid": "paid",
    "returned": "returned",
}


async def load(statement_id: UUID, language: Language, *, of: UUID | None = None) -> StatementPage:
    """The statement, if it is this person's (or anybody's, where `of` is None). Names nothing of tickets: a person may read it.

    Raises:
        NotFound: there is no such statement of theirs.
    """
    s = await db.row(STATEMENT, statement_id, of)
    if s is None:
        raise NotFound
    whose = (str(s["freelancer_id"]), s["currency"], s["period_id"])
    rules = await db.rows(RULES, *whose)
    return StatementPage(
        person=s["person"],
        period=s["period"],
        since=s["starts_at"],
        until=s["ends_at"],
        zone=s["zone"],
        currency=s["currency"],
        regime=s["regime"],
        work=s["work"],
        premiums=_rules(rules, "premium"),
        bonuses=_rules(rules, "bonus"),
        deductions=tuple(_deduction(row, language, s["zone"]) for row in await db.rows(DEDUCTIONS, *whose)),
        rounding=s["rounding"],
        gross=s["gross"],
        tax=Tax(s["tax"], tuple(_computation(orjson.loads(s["tax_basis"]), s["currency"], language))),
        net=s["net"],
        settlements=tuple(_settlement(row, s["zone"], language) for row in await db.rows(SETTLEMENTS, statement_id)),
        assignments=tuple(
            Assignment(r["at"], r["project"], r["step"], r["price"], r["share"], r["work"], r["premiums"], r["entry_id"])
            for r in await db.rows(ASSIGNMENTS, *whose)
        ),
        closed_at=s["closed_at"],
        chain_head=s["chain_head"],
    )


def _rules(rows: Iterable[Any], heading: str) -> tuple[RuleLine, ...]:
    return tuple(RuleLine(r["title"], r["version"], r["words"], r["amount"]) for r in rows if r["heading"] == heading)


def _deduction(row: Any, language: Language, zone: str) -> Deduction:
    words = WORDS[language]
    if row["kind"] == "give_back":
        return Deduction(row["title"], row["version"], row["reason"], words["given_back"], row["amount"])
    if row["appeal"] == "denied":
        told = words["appeal_denied"].format(day=_day(row["settled_at"], zone, language))
        return Deduction(row["title"], row["version"], row["evidence"], told, row["amount"])
    until = (
        words["appeal_was_until"].format(day=_day(row["appeal_by"], zone, language)) if row["appeal_by"] else words["appeal_over"]
    )
    return Deduction(row["title"], row["version"], row["evidence"], until, row["amount"])


def _settlement(row: Any, zone: str, language: Language) -> Settlement:
    kind: SettlementKind = "set_off" if row["amount"] < 0 else WAYS[row["state"]]
    number = "" if row["number"] is None else str(row["number"])
    on = None if row["at"] is None else row["at"].astimezone(ZoneInfo(zone)).date()
    return Settlement(kind, row["amount"], number, on, _also(row, language))


def _also(row: Any, language: Language) -> str:
    """A payout's line may pay more than this statement."""
    if row["line"] is None or row["line"] == row["amount"]:
        return ""
    return WORDS[language]["with_others"].format(amount=money(row["line"], row["currency"], language))


def _computation(basis: dict[str, Any], currency: str, language: Language) -> Iterable[str]:
    """The steps by which the tax was reckoned, as its basis tells them."""
    words = WORDS[language]
    if not basis:
        return
    if basis["currency"] != currency:
        yield words["tax.other_currency"].format(currency=currency, other=basis["currency"])
    elif basis.get("note"):
        yield str(basis["note"])
    if not basis["brackets"]:
        return
    amounts = {
        name: money(int(basis[name]), currency, language) for name in ("income_before", "income_now", "tax_before", "tax_now")
    }
    yield words["tax.income"].format(year=basis["year"], **amounts)
    for bracket in basis["brackets"]:
        yield words["tax.bracket"].format(
            above=money(int(bracket["above"]), currency, language), rate=percent(bracket["rate"], language)
        )
    yield words["tax.due"].format(**amounts)


def _day(at: datetime, zone: str, language: Language) -> str:
    return day(at.astimezone(ZoneInfo(zone)).date(), language)
