"""From which of its accounts the house pays: versions by currency, the newest counts for the next approval."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from piecework.payouts.errors import NoPayer
from piecework.payouts.formats.checks import check_payer
from piecework.payouts.formats.orders import Payer
from piecework.platform import db, trail

NEWEST = "SELECT DISTINCT ON (currency) * FROM payer ORDER BY currency, version DESC"

ADD = """
INSERT INTO payer (currency, version, name, inn, kpp, account, bank_name, bik, correspondent, reason, created_by)
SELECT $1, 1 + coalesce(max(version), 0), $2, $3, $4, $5, $6, $7, $8, $9, $10 FROM payer WHERE currency = $1 RETURNING id, version"""


def payer_of(row: Mapping[str, Any]) -> Payer:
    """A row of payer as the bank's files need it."""
    return Payer(**{name: row[name] for name in Payer.__slots__})


async def newest() -> list[dict[str, Any]]:
    """The accounts that are paid from now, by currency."""
    return [dict(row) for row in await db.rows(NEWEST)]


async def newest_id(currency: str) -> UUID:
    """The version that pays this currency now.

    Raises:
        NoPayer: none is set.
    """
    found: UUID | None = await db.scalar("SELECT id FROM payer WHERE currency = $1 ORDER BY version DESC LIMIT 1", currency)
    if found is None:
        raise NoPayer
    return found


async def change(actor: UUID, currency: str, given: Payer, reason: str) -> None:
    """Pay from this account from the next approval on; runs that are approved keep theirs.

    Raises:
        Invalid: this is no account that orders of the currency could be paid from (`formats.checks`).
    """
    check_payer(given, currency)
    await db.execute("SELECT pg_advisory_xact_lock(hashtext('piecework.payouts.payer'))")
    made = await db.row(
        ADD,
        currency,
        given.name,
        given.inn,
        given.kpp,
        given.account,
        given.bank_name,
        given.bik,
        given.correspondent,
        reason,
        actor,
    )
    assert made is not None
    facts = {"currency": currency, "version": made["version"], "account": f"*{given.account[-4:]}"}
    await trail.record(actor, "payer.changed", "payer", made["id"], reason=reason, **facts)
