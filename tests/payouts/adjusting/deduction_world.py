"""Tools for deductions: published rules, earned work, cases through the API, and time that passes."""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2

from piecework.payouts.books import ledger, periods
from piecework.payouts.books.ledger import Entry, LedgerAccount, move
from piecework.payouts.earning import accruals
from piecework.platform import db
from tests.payouts import builders as b
from tests.world import Person, World

EVIDENCE = "The customer wrote twice that nobody had read the order number."
WORDS = "Who sends a reply without having read the ticket pays for the second look."
MINE = ("payouts.", "quality.noted", "quality.arbiter")
RUB = 10_000


async def rule(
    code: str = "unread",
    *,
    since: timedelta = timedelta(days=60),
    lasts: timedelta | None = None,
    version: int = 1,
    project_id: UUID | None = None,
    **spec: Any,
) -> UUID:
    """A deduction rule that was published and came into force `since` this time ago."""
    bounds = {} if "case_percent" in spec else {"case_fixed": "50.00"}
    body = {"kind": "deduction", "evidence_wanted": "the customer's words", "period_percent": 2000} | bounds | spec
    author, approver = await b.person("Author", "finance"), await b.person("Approver", "administrator")
    found: UUID = await db.scalar(
        """INSERT INTO pay_rule (code, version, kind, title, words, project_id, spec, starts_at, ends_at, author_id, approver_id,
                                 approved_at, announced_at, state)
           VALUES ($1, $2, 'deduction', $3, $4, $5, $6::jsonb, now() - $7::interval, now() - $7::interval + $8::interval, $9, $10,
                   now() - $7::interval, now() - $7::interval, 'approved') RETURNING id""",
        code,
        version,
        f"Title of {code}",
        WORDS,
        project_id,
        json.dumps(body),
        since,
        lasts,
        author,
        approver,
    )
    return found


async def now() -> datetime:
    """The database's time."""
    found: datetime = await db.scalar("SELECT clock_timestamp()")
    return found


async def earn(project: b.Project, who: UUID, amount: int) -> UUID:
    """An answer accepted just now, whose pay is in the ledger; returns its assignment."""
    done = await b.assignment(project, who, price=amount, state="accepted", at=await now(), delay=timedelta())
    async with db.transaction():
        await accruals.accrue([done])
    return done


def case(person: Person | UUID, amount: str = "50.00", code: str = "unread", **more: Any) -> dict[str, Any]:
    """The body of a proposal about a fact of yesterday."""
    who = person if isinstance(person, UUID) else person.id
    yesterday = (datetime.now().astimezone() - timedelta(days=1)).isoformat()
    return {"freelancer_id": str(who), "rule_code": code, "amount": amount, "fact_at": yesterday, "evidence": EVIDENCE} | more


async def approved(world: World, person: Person, amount: str = "50.00", code: str = "unread", **more: Any) -> str:
    """A deduction proposed by the curator and approved by finance."""
    made = await world.curator.ok("POST", "/deductions", case(person, amount, code, **more))
    await world.finance.ok("POST", f"/deductions/{made['id']}/decision", {"decision": "approve", "reason": "it is plain to see"})
    return str(made["id"])


async def refusal(reply: httpx2.Response) -> tuple[int, str]:
    """The status and the most precise code of a refusal."""
    body = reply.json()
    return reply.status_code, body["errors"][0]["code"] if body.get("errors") else body["code"]


async def time_passes(world: World, days: int = 8) -> None:
    """All that was noted, was noted this much earlier."""
    await world.as_owner(
        "ALTER TABLE appealable DISABLE TRIGGER settles_once",
        f"""UPDATE appealable SET decided_at = decided_at - interval '{days} days', appeal_by = appeal_by - interval '{days} days',
            settled_at = settled_at - interval '{days} days'""",
        "ALTER TABLE appealable ENABLE TRIGGER settles_once",
    )


async def close(world: World) -> UUID:
    """Cut the open rouble week off now; returns the period that is closed."""
    period: UUID = await db.scalar(
        "SELECT id FROM period WHERE currency = 'RUB' AND cadence = 'weekly' AND state = 'open' ORDER BY 1 DESC LIMIT 1"
    )
    await world.finance.ok("POST", f"/periods/{period}/close", {"cut_off": True})
    return period


async def taken(deduction_id: str) -> list[int]:
    """What each period took of it, in roubles where that is whole, the first first."""
    rows = await db.rows("SELECT amount FROM deduction_part WHERE deduction_id = $1 ORDER BY recorded_at", deduction_id)
    return [row["amount"] for row in rows]


async def payable(person: Person) -> int:
    """What we owe somebody."""
    found: int = await db.scalar(
        "SELECT amount FROM balance JOIN ledger_account l ON l.id = account_id WHERE l.owner = $1", str(person.id)
    )
    return found


async def broken(world: World) -> list[str]:
    """The invariants of pay and appeals that do not hold; the tests' own entries (`bonus`) belong to no award."""
    return [name for name in await world.broken() if name.startswith(MINE) and name != "payouts.awards_are_in_the_ledger"]


async def bonus(person: Person, amount: int, cadence: str = "weekly", at: datetime | None = None) -> UUID:
    """An amount, also one below zero, in the period of a cadence; returns the period."""
    at = at or await now()
    async with db.transaction():
        (period,) = (await periods.hold([("RUB", cadence, at)])).values()
        legs = move(amount, LedgerAccount("bonus_expense", "house"), LedgerAccount("payable", str(person.id)))
        await ledger.post([Entry(f"test:{period}", "bonus", period, at, "RUB", legs)])
    return period
