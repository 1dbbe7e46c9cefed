"""Payouts from before there were runs: the migration makes runs of them, and nothing is owed twice or lost."""

from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from tortoise.context import TortoiseContext
from tortoise.migrations.api import migrate

from piecework.payouts.errors import NoDetailsKept
from piecework.payouts.paying import files, settling
from piecework.platform import composition, db
from piecework.platform.servers import Servers
from tests.conftest import _run, url_of
from tests.payouts import builders as b
from tests.payouts.paying.paying_world import broken, lines

FORMER = """
INSERT INTO account (id, email, name, roles) VALUES ('{anna}', 'anna@x.test', 'Anna', '{{freelancer}}'), ('{boris}', 'boris@x.test', 'Boris', '{{freelancer}}');
INSERT INTO period (id, starts_at, ends_at, zone) VALUES
    ('{first}', '2025-03-03', '2025-03-10', 'UTC'), ('{second}', '2025-03-10', '2025-03-17', 'UTC'), ('{third}', '2025-03-17', '2025-03-24', 'UTC'),
    ('{later}', '2025-03-24', '2125-03-31', 'UTC');
INSERT INTO ledger_account (kind, owner, currency) VALUES
    ('payable', '{anna}', 'RUB'), ('payable', '{boris}', 'RUB'), ('clearing', '{anna}', 'RUB'), ('clearing', '{boris}', 'RUB'),
    ('task_expense', 'p', 'RUB'), ('bank', '', 'RUB'), ('rounding', '', 'RUB');
"""

ENTRY = """
WITH made AS (INSERT INTO entry (business_key, kind, period_id, effective_at) VALUES ($1, $2, $3, now()) RETURNING id)
INSERT INTO posting (entry_id, account_id, amount)
SELECT made.id, l.id, leg.amount
FROM made, (VALUES ($4::text, $5::text, $8::bigint), ($6::text, $7::text, -$8::bigint)) AS leg (kind, owner, amount)
JOIN ledger_account l ON l.kind = leg.kind AND l.owner = leg.owner"""


async def former(connection: asyncpg.Connection, ids: dict[str, UUID]) -> None:
    """Three closed weeks of two people: the first paid, without Boris, whose pay was held; the second on its way; the third not paid."""
    await connection.execute(FORMER.format(**ids))
    at = {name: str(ids[name]) for name in ("anna", "boris")}

    async def entry(key: str, kind: str, period: str, debit: tuple[str, str], credit: tuple[str, str], amount: int) -> None:
        await connection.execute(ENTRY, key, kind, ids[period], *debit, *credit, amount)

    async def out(kind: str, period: str, who: str, amount: int) -> None:
        legs = [("payable", at[who]), ("clearing", at[who]), ("bank", "")]
        debit, credit = legs[:2] if kind == "export" else legs[1:]
        await entry(f"{kind}:{ids[period]}:{at[who]}", kind, "later", debit, credit, amount)

    for n, period in enumerate(("first", "second", "third"), start=1):
        for who in ("anna", "boris"):
            await entry(f"round:{period}:{who}", "round", period, ("rounding", ""), ("payable", at[who]), n * 1_000)
    await connection.execute(
        "UPDATE period SET state = 'closed', closed_at = now(), total = 0, entries = 2 WHERE id <> $1", ids["later"]
    )
    await connection.execute(
        "INSERT INTO payout (id, period_id, state, total, confirmed_at, bank_reference) VALUES ($1, $2, 'confirmed', 1000, now(), 'PP-7')",
        ids["paid"], ids["first"],
    )  # fmt: skip
    await connection.execute("INSERT INTO payout (id, period_id, total) VALUES ($1, $2, 5000)", ids["sent"], ids["second"])
    await connection.execute(
        "INSERT INTO payout_line VALUES ($1, $3, 1000), ($2, $3, 2000), ($2, $4, 3000)", ids["paid"], ids["sent"], ids["anna"], ids["boris"]
    )  # fmt: skip
    await connection.execute("INSERT INTO payout_held VALUES ($1, $2, 1000, $3)", ids["paid"], ids["boris"], ids["sent"])
    await out("export", "first", "anna", 1_000)
    await out("confirm", "first", "anna", 1_000)
    await out("export", "second", "anna", 2_000)
    await out("export", "second", "boris", 3_000)


@pytest.fixture
async def migrated(servers: Servers) -> Any:
    """A database of that time, brought to today; the ids of what was in it."""
    name = f"former_{uuid4().hex[:12]}"
    await _run(servers, f"CREATE DATABASE {name}")
    config = composition.database_config(url_of(servers, name))
    names = ("anna", "boris", "first", "second", "third", "later", "paid", "sent")
    ids = {one: uuid4() for one in names}
    async with TortoiseContext():
        await migrate(config=config.tortoise(as_owner=True), target="payouts.0002_shares")
    connection = await asyncpg.connect(**db.database_url_parts(config.url))
    await former(connection, ids)
    await connection.close()
    await db.migrate(config)
    async with db.connected(config):
        yield ids
    await _run(servers, f"DROP DATABASE {name} WITH (FORCE)")


async def test_former_payouts_become_runs(migrated: dict[str, UUID]) -> None:
    anna, boris, paid, sent = (migrated[name] for name in ("anna", "boris", "paid", "sent"))
    runs = await db.rows("SELECT id, number, state, total, lines FROM payout_run ORDER BY number")
    assert [tuple(row) for row in runs] == [(paid, 1, "settled", 1_000, 1), (sent, 2, "approved", 5_000, 2)]
    assert {who: line["state"] for who, line in (await lines(paid)).items()} == {anna: "paid"}
    assert {who: (line["state"], line["amount"]) for who, line in (await lines(sent)).items()} == {
        anna: ("ordered", 2_000),
        boris: ("ordered", 3_000),
    }
    taken = {who: line["id"] for who, line in (await lines(sent)).items()}
    found = await db.rows("SELECT amount FROM due WHERE line_id = $1 ORDER BY amount", taken[boris])
    assert [row["amount"] for row in found] == [1_000, 2_000], "what was held back of the first week, and the second"
    waiting = await db.rows("SELECT freelancer_id, amount FROM due WHERE line_id IS NULL ORDER BY freelancer_id")
    assert [tuple(row) for row in waiting] == sorted([(anna, 3_000), (boris, 3_000)])
    of_payouts = {one for one in await broken() if one != "payouts.closed_totals_stand"}  # these totals were invented above
    assert of_payouts == set()


async def test_they_go_on_like_any_other(migrated: dict[str, UUID]) -> None:
    sent = migrated["sent"]
    with pytest.raises(NoDetailsKept):
        async with db.transaction():
            await files.file(None, sent, "1c")
    line = (await lines(sent))[migrated["boris"]]["id"]
    async with db.transaction():
        await settling.return_one(None, sent, line, "account closed")
    async with db.transaction():
        await settling.confirm_all(None, sent, "PP-8")
    assert (await b.balances())["clearing"] == 0
    assert await db.scalar("SELECT state FROM payout_run WHERE id = $1", sent) == "settled"
    assert {one for one in await broken() if one != "payouts.closed_totals_stand"} == set()
