"""Assignments under tariffs with a hold, by plain SQL."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from piecework.payouts.books import ledger, periods
from piecework.payouts.books.ledger import Entry, LedgerAccount, move
from piecework.payouts.earning.jobs import JOBS
from piecework.platform import db
from piecework.platform.jobs.runner import Runner
from tests.payouts import builders as b

DAY = timedelta(days=1)
RULE = UUID(int=77)


async def tariff(of: b.Project, until: str = "accepted", days: int = 7, most: int = 14) -> UUID:
    """An approved tariff of the project with this hold."""
    made: UUID = await db.scalar(
        """INSERT INTO tariff (project_id, version, kind, hold_until, hold_days, hold_most_days, starts_at, state, author_id, reason,
                               approver_id, approved_at)
           SELECT $1, 1 + count(*), 'per_step', $2, $3, $4, now(), 'approved', $5, 'for the test', $6, now() FROM tariff RETURNING id""",
        of.id,
        until,
        days,
        most,
        await b.person("Fiona", "finance"),
        await b.person("Ada", "administrator"),
    )
    return made


async def earned(
    of: b.Project, who: UUID, tariff_id: UUID, accepted_at: datetime, *, ticket_id: UUID | None = None, price: int = 25_050, premium: int = 0
) -> UUID:  # fmt: skip
    """An assignment of this tariff, accepted then, with its accrual (and a premium) on hold, before any release is looked at."""
    done = await b.assignment(of, who, price=price, state="accepted", at=accepted_at - b.HOUR, ticket_id=ticket_id)
    await db.execute("UPDATE assignment SET tariff_id = $2, pay_ticket = $3 WHERE id = $1", done, tariff_id, ticket_id)
    await b.announce(done, "accepted")
    await Runner([kind for kind in JOBS if kind.name == "payouts.accrue"]).drain()
    if premium:
        moment = ("RUB", "weekly", accepted_at)
        async with db.transaction():
            held = await periods.hold([moment])
            legs = move(premium, LedgerAccount("task_expense", str(of.id)), LedgerAccount("held", str(who)))
            more = Entry(
                f"premium:{done}:{RULE}:1", "premium", held[moment], accepted_at, "RUB", legs,
                assignment_id=done, ticket_id=ticket_id, project_id=of.id, rule_id=RULE,
            )  # fmt: skip
            assert await ledger.post([more])
    return done


async def resolve(ticket_id: UUID, at: datetime | None) -> None:
    """The ticket's end, without its event (None: it is open again)."""
    await db.execute(
        "UPDATE ticket SET state = CASE WHEN $2::timestamptz IS NULL THEN 'open' ELSE 'resolved' END, resolved_at = $2 WHERE id = $1",
        ticket_id,
        at,
    )


async def ended(*assignments: UUID) -> list[tuple[str, int, datetime, UUID | None]]:
    """Kind, amount, time and rule of the entries that ended what was on hold, in their order."""
    rows: list[Any] = await db.rows(
        """SELECT e.kind, p.amount, e.effective_at, e.rule_id FROM entry e JOIN posting p ON p.entry_id = e.id
           JOIN ledger_account l ON l.id = p.account_id AND l.kind = 'held'
           WHERE e.assignment_id = ANY ($1) AND e.kind IN ('release', 'clawback') ORDER BY e.id""",
        list(assignments),
    )
    return [tuple(row) for row in rows]


async def waiting() -> list[tuple[str, datetime]]:
    """The releases that are to be looked at, with their times."""
    found = await db.rows("SELECT key, run_at FROM job WHERE kind = 'payouts.release' ORDER BY run_at, key")
    return [(row["key"].partition(":")[0], row["run_at"]) for row in found]
