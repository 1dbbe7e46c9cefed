"""Sealed entries: nothing is left out, and nothing can be changed unseen."""

import asyncio

import asyncpg
import pytest

from piecework.payouts.books import ledger, periods, seals
from piecework.payouts.books.ledger import Entry, LedgerAccount, move
from piecework.platform import db
from tests.payouts import builders as b
from tests.traceless import undone

TAMPERINGS = {
    "an amount": "UPDATE posting SET amount = amount + 100 WHERE entry_id = 2",
    "who gets it": "UPDATE posting SET account_id = CASE account_id WHEN 1 THEN 2 ELSE 1 END WHERE id = (SELECT max(id) FROM posting WHERE entry_id = 3)",
    "a reason": "UPDATE entry SET reason = 'another' WHERE id = 2",
    "when it happened": "UPDATE entry SET effective_at = effective_at - interval '1 microsecond' WHERE id = 4",
    "the owner of an account": "UPDATE ledger_account SET owner = 'somebody' WHERE id = 2",
    "a posting less": "DELETE FROM posting WHERE id = (SELECT max(id) FROM posting WHERE entry_id = 3)",
    "an entry less": "DELETE FROM entry WHERE id = 3",
    "an entry more": """INSERT INTO entry (business_key, kind, period_id, effective_at, xact)
                        SELECT 'false', 'round', period_id, effective_at, xact FROM entry WHERE id = 2""",
    "two change places": "UPDATE entry SET xact = (SELECT xact FROM entry WHERE id = 4) WHERE id = 2",
    "a block less": "DELETE FROM seal WHERE no = 2",
    "another hash": "UPDATE seal SET hash = sha256('another') WHERE no = 2",
}


async def sealed_books() -> None:
    """Six entries of five transactions in three blocks."""
    project, anna = await b.project(), await b.person()
    await b.earned(project, anna)
    for state in ("accepted", "rejected"):
        done = await b.assignment(project, anna, state=state)
        await b.announce(done, "submitted")
        await b.run_jobs()
        await b.announce(done, state)
        await b.run_jobs()
    for _ in range(3):
        async with db.transaction():
            assert await seals.seal(2) == 2


async def test_every_entry_is_sealed_once_and_the_chain_holds(database: db.Config) -> None:
    assert await seals.head() == ""
    await sealed_books()
    chain = await seals.verify()
    assert (chain.blocks, chain.entries, chain.broken, chain.unsealed) == (3, 6, [], 0)
    async with db.transaction():
        assert await seals.seal() == 0
    assert len(await seals.head()) == 64


async def test_what_the_owner_of_the_database_changes_is_found(database: db.Config, subtests: pytest.Subtests) -> None:
    await sealed_books()
    for what, statement in TAMPERINGS.items():
        with subtests.test(what):
            async with undone(statement) as touched:
                assert touched != [0]
                assert (await seals.verify()).broken != []
    assert (await seals.verify()).broken == []


async def test_the_hash_does_not_depend_on_the_sessions_settings(database: db.Config, owner: asyncpg.Connection) -> None:
    await sealed_books()
    bounds = "SELECT encode((seal_of(sha256('x'), '0', 0, last_xact, last_id)).hash, 'hex') FROM seal ORDER BY no DESC LIMIT 1"
    here = await owner.fetchval(bounds)
    await owner.execute(
        "SET timezone = 'Asia/Kathmandu'; SET datestyle = 'German'; SET extra_float_digits = -5; SET intervalstyle = 'iso_8601'"
    )
    assert await owner.fetchval(bounds) == here


async def test_what_commits_late_is_not_left_out(database: db.Config) -> None:
    """An entry of a transaction that began before, and commits after others were sealed, comes into a later block."""
    current = await periods.current()
    at = await db.scalar("SELECT clock_timestamp()")

    def entry(key: str, *, of: str) -> Entry:
        legs = move(100, LedgerAccount("rounding"), LedgerAccount("payable", of))
        return Entry(business_key=key, kind="round", period_id=current, effective_at=at, currency="RUB", legs=legs)

    async with db.transaction():  # the accounts are there before, so that neither waits for the other
        await ledger.post([entry("one", of="a"), entry("two", of="b")])
    async with db.transaction():
        assert await seals.seal() == 2
    posted, go = asyncio.Event(), asyncio.Event()

    async def late() -> None:
        async with db.transaction():
            await ledger.post([entry("late", of="a")])
            posted.set()
            await go.wait()

    task = asyncio.create_task(late())
    await posted.wait()
    async with db.transaction():
        await ledger.post([entry("early to commit", of="b")])
    async with db.transaction():
        assert await seals.seal() == 0, "an older transaction still runs"
    go.set()
    await task
    async with db.transaction():
        assert await seals.seal() == 2
    assert (await seals.verify()).broken == []


async def test_two_sealers_make_one_chain(database: db.Config) -> None:
    project, anna = await b.project(), await b.person()
    for _ in range(8):
        await b.earned(project, anna)

    async def one() -> None:
        async with db.transaction():
            await seals.seal(2)

    await asyncio.gather(*(one() for _ in range(8)))
    chain = await seals.verify()
    assert (chain.entries, chain.broken, chain.unsealed) == (16, [], 0)


async def test_the_applications_role_cannot_change_a_seal(database: db.Config) -> None:
    await sealed_books()
    for statement in ("UPDATE seal SET no = 9", "DELETE FROM seal", "TRUNCATE seal"):
        with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.RestrictViolationError)):
            await db.execute(statement)
