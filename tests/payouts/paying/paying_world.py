"""People to whom something is due, with payment details, and the house's account to pay from."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from piecework.payouts.closing import closing
from piecework.payouts.formats.orders import Payee
from piecework.payouts.part import PART
from piecework.payouts.payees import details
from piecework.payouts.paying import approving, payer, runs
from piecework.platform import db
from piecework.platform.invariants import check
from tests.payouts import builders as b
from tests.payouts.formats.batches import PAYER, SBERBANK, account

TODAY = datetime.now(UTC).date() + timedelta(days=1)
"""A day that is not past in any zone."""
DETAILS = {"currency": "RUB", "name": "Мария Петрова", **SBERBANK}
"""A body of payment details, but for the account."""
PAYER_BODY = {
    "currency": "RUB",
    "reason": "our account",
    **{name: getattr(PAYER, name) for name in ("name", "inn", "kpp", "account", "bank_name", "bik", "correspondent")},
}


class Crowd:
    """People of one project who earn in weeks long ago, one week after the other."""

    def __init__(self, project: b.Project, people: list[UUID], finance: list[UUID]) -> None:
        self.project, self.people, self.finance = project, people, finance
        self.week = 0

    @classmethod
    async def of(cls, count: int, *, with_details: bool = True, payer_known: bool = True) -> "Crowd":
        people = [await b.person(f"Person {n}") for n in range(count)]
        crowd = cls(await b.project(), people, [await b.person(f"Finance {n}", "finance") for n in range(2)])
        if payer_known:
            async with db.transaction():
                await payer.change(crowd.finance[0], "RUB", PAYER, "our account")
        if with_details:
            for n, person in enumerate(people):
                await crowd.give_details(person, n + 1)
        return crowd

    async def give_details(self, person: UUID, client: int) -> None:
        async with db.transaction():
            await details.change(person, "RUB", Payee(person, "Мария Петрова", account=account(client), **SBERBANK))

    async def earn(self, *prices: int) -> None:
        """Each person earns a price (nothing where it is 0), in a week that is then closed."""
        at = b.LONG_AGO + self.week * b.WEEK
        self.week += 1
        for person, price in zip(self.people, prices or [10_000] * len(self.people), strict=True):
            if price:
                await b.earned(self.project, person, price, at=at)
        async with db.transaction():
            await closing.close(await b.period_of(at, "RUB"), None)

    async def draft(self, author: UUID | None = None) -> UUID:
        async with db.transaction():
            return await runs.draft(author or self.finance[0], "RUB", TODAY)

    async def approve(self, run: UUID, approver: UUID | None = None) -> None:
        async with db.transaction():
            await approving.approve(approver or self.finance[1], run)

    async def approved(self) -> UUID:
        run = await self.draft()
        await self.approve(run)
        return run


async def lines(run: UUID) -> dict[UUID, Any]:
    """The lines of a run by person."""
    return {row["freelancer_id"]: row for row in await db.rows("SELECT * FROM payout_line WHERE run_id = $1", run)}


async def left(run: UUID) -> dict[UUID, str]:
    """Whom a run left out, and why."""
    return {r["freelancer_id"]: r["reason"] for r in await db.rows("SELECT * FROM payout_left WHERE run_id = $1", run)}


async def state(run: UUID) -> str:
    found: str = await db.scalar("SELECT state FROM payout_run WHERE id = $1", run)
    return found


async def broken() -> list[str]:
    """All invariants of payouts that do not hold."""
    return [finding.name for finding in [await check(one) for one in PART.invariants] if not finding.ok]
