"""A ledger with every kind of entry, in two currencies, and what the database itself says of it."""

import csv
import io
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID

from piecework.payouts.books import ledger, periods
from piecework.payouts.books.ledger import Entry, LedgerAccount, move
from piecework.payouts.closing import closing
from piecework.payouts.reports import engine
from piecework.payouts.reports.filters import Filters
from piecework.platform import db
from piecework.platform.ids import uuid7
from tests.payouts import builders as b

EVIL = "=cmd|' /C calc'!A0"
NIGHT = "A rule of twenty letters or more."


@dataclass
class Everything:
    """Who and what is in it."""

    disk: b.Project
    films: b.Project
    anna: UUID
    boris: UUID
    clara: UUID
    tickets: list[UUID]
    assignments: list[UUID]
    rules: dict[str, UUID]
    period: UUID
    usd: UUID


async def rule(code: str, kind: str, version: int = 1) -> UUID:
    found: UUID = await db.scalar(
        """INSERT INTO pay_rule (code, version, kind, title, words, spec, author_id)
           VALUES ($1, $2, $3, $4, $5, jsonb_build_object('kind', $3::text), $6) RETURNING id""",
        code,
        version,
        kind,
        EVIL,
        NIGHT,
        await b.person("Fina", "finance"),
    )
    return found


_numbers = count(1)


async def post(kind: str, period: UUID, amount: int, debit: LedgerAccount, credit: LedgerAccount, **more: Any) -> int:
    """One entry of two legs in the caller's transaction; returns its id."""
    key = f"{kind}:test:{next(_numbers)}"
    currency, at = more.pop("currency", "RUB"), more.pop("at", b.LONG_AGO)
    entry = Entry(key, kind, period, at, currency, move(amount, debit, credit), **more)
    return (await ledger.post([entry]))[key]


def of(kind: str, owner: UUID) -> LedgerAccount:
    return LedgerAccount(kind, str(owner))


async def make() -> Everything:
    """Every kind of entry; one period closed, one open, one of another currency open."""
    disk, films = await b.project(), await b.project("films", "USD")
    anna, boris, clara = await b.person(EVIL), await b.person('Борис; "Б"\n\u2028two'), await b.person("Clara")
    tickets = [
        await b.ticket(disk, "T-1"),
        await b.ticket(disk, "@T-2"),
        await b.ticket(films, "T-3"),
        await b.ticket(disk, "T-4"),
    ]
    done = [
        await b.earned(disk, anna, 10_033, ticket_id=tickets[0]),
        await b.earned(disk, anna, 7, ticket_id=tickets[1]),
        await b.earned(disk, boris, 20_001),
        await b.earned(disk, boris, 90_050, ticket_id=tickets[3], share=3_333),
        await b.earned(films, clara, 5_555, ticket_id=tickets[2]),
    ]
    refused = await b.assignment(disk, boris, state="rejected")
    await b.announce(refused, "rejected")
    waiting = await b.assignment(disk, clara, price=777)
    await b.announce(waiting, "submitted")
    await b.run_jobs()
    await db.execute("UPDATE ticket SET state = 'resolved', resolved_at = $2 WHERE id = ANY ($1)", tickets[:2], b.LONG_AGO)
    rules = {
        "night": await rule("night", "night"),
        "kpi": await rule("kpi", "kpi"),
        "late": await rule("late", "deduction"),
        "night2": await rule("night", "night", 2),
    }
    period, usd = await b.period_of(b.LONG_AGO), await b.period_of(b.LONG_AGO, "USD")
    made = Everything(disk, films, anna, boris, clara, tickets, done, rules, period, usd)
    await _more(made, refused)
    await _close(made)
    await _pay_out(made)
    return made


async def _more(made: Everything, refused: UUID) -> None:
    """Premiums, holds, bonuses, a decision made anew."""
    disk, period = made.disk.id, made.period
    expense = of("task_expense", disk)
    work: dict[str, Any] = {"project_id": disk, "ticket_id": made.tickets[0], "assignment_id": made.assignments[0]}
    async with db.transaction():
        await post("premium", period, 2_006, expense, of("payable", made.anna), rule_id=made.rules["night"], **work)
        await post("premium", period, 111, expense, of("held", made.anna), rule_id=made.rules["night2"], **work)
        for ends, amount in (("release", 4_001), ("clawback", 3_003), (None, 2_222)):
            task: dict[str, Any] = {"project_id": disk, "ticket_id": made.tickets[1], "assignment_id": uuid7()}
            pend = await post("pend", period, amount, expense, of("pending", made.clara), **task)
            held = await post("accrue", period, amount, of("pending", made.clara), of("held", made.clara), resolves=pend, **task)
            if ends == "release":
                await post("release", period, amount, of("held", made.clara), of("payable", made.clara), resolves=held, **task)
            if ends == "clawback":
                back = await post("clawback", period, amount, of("held", made.clara), expense, resolves=held, **task)
                await post("restore", period, amount, expense, of("payable", made.clara), reverses=back, **task)
        await post(
            "bonus", period, 50_000, of("bonus_expense", disk), of("payable", made.anna),
            rule_id=made.rules["kpi"], source_id=uuid7(), project_id=disk, reason=f'{EVIL} "quoted" \\ and\nmore',
        )  # fmt: skip
        await post(
            "bonus", period, 1_001, LedgerAccount("bonus_expense", "house"), of("payable", made.boris), rule_id=made.rules["kpi"]
        )
        await post("reopen", period, 25_050, expense, of("pending", made.boris), assignment_id=refused, project_id=disk)


async def _close(made: Everything) -> None:
    """Take a deduction and tax as closing does, then close."""
    async with db.transaction():
        await db.execute("UPDATE period SET state = 'closing' WHERE id = $1", made.period)
        await post(
            "deduct", made.period, 1_234, of("payable", made.anna), of("deduction", made.disk.id),
            rule_id=made.rules["late"], project_id=made.disk.id, source_id=uuid7(),
        )  # fmt: skip
        await post("tax", made.period, 20_000, of("payable", made.anna), of("tax", made.anna))
        await db.execute("UPDATE period SET state = 'open' WHERE id = $1", made.period)
        await closing.close(made.period, None)


async def _pay_out(made: Everything) -> None:
    """Money goes out; some of it comes back from the clearing, some from the bank."""
    async with db.transaction():
        now, week = await periods.now_in("RUB")
        bank, at = LedgerAccount("bank"), {"at": now}
        for person in (made.anna, made.boris):
            await post("export", week, 20_000, of("payable", person), of("clearing", person), source_id=uuid7(), **at)
        await post("confirm", week, 12_000, of("clearing", made.anna), bank, **at)
        await post("return", week, 3_000, of("clearing", made.boris), of("payable", made.boris), **at)
        await post("return", week, 2_000, bank, of("payable", made.anna), **at)
        await post("remit", week, 15_000, of("tax", made.anna), bank, **at)
        await post("bonus", week, 9_999, of("bonus_expense", made.disk.id), of("payable", made.anna),
                   at=now - timedelta(seconds=1), rule_id=made.rules["kpi"], project_id=made.disk.id)  # fmt: skip


async def run(name: str, form: str = "csv", **filters: Any) -> bytes:
    out = io.BytesIO()
    async with engine.snapshot():
        await engine.write(name, form, Filters.model_validate(filters), out)
    return out.getvalue()


def read(content: bytes) -> list[dict[str, str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.endswith(b"\r\n")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))


async def rows(name: str, **filters: Any) -> list[dict[str, str]]:
    """A report's lines, totals among them."""
    return read(await run(name, **filters))
