"""Erasing a person: what identifies and describes them goes, what the law or others' results need stays under the account's id."""

from typing import Any
from uuid import UUID

from piecework.platform import db, trail
from piecework.platform.errors import NotFound
from piecework.platform.identity.accounts import AccountErased
from piecework.platform.personal.declared import everything, hindrances
from piecework.platform.personal.errors import ErasureHindered

NAME = "erased"


async def hindered(who: UUID) -> list[dict[str, str]]:
    """What an erasure has to wait for now: code and message of each. All of it in one statement, so that nothing moves in between."""
    listed = hindrances()
    if not listed:
        return []
    sql = " UNION ALL ".join(
        f"SELECT {place} AS place WHERE EXISTS (SELECT FROM ({one.query}) q{place})" for place, one in enumerate(listed)
    )
    return [{"code": listed[row["place"]].code, "message": listed[row["place"]].says} for row in await db.rows(sql, who)]


async def erase(actor: UUID | None, who: UUID, reason: str) -> None:
    """Erase an account and all that is declared to be erased with it, in the current transaction. There is no way back.

    What could hinder it is looked at with the account held. What comes later (an older decision that is made anew in the person's favour)
    is entered in the ledger as ever, under the account's id, and has nobody to be paid to.

    Raises:
        NotFound: no such account.
        AccountErased: it was erased before.
        ErasureHindered: see there.
    """
    # The lock of changes of accounts: of two last administrators erased at the same time one stays.
    await db.execute("SELECT pg_advisory_xact_lock(hashtextextended('account.changed', 0))")
    account: Any = await db.row("SELECT erased_at, email FROM account WHERE id = $1 FOR UPDATE", who)
    if account is None:
        raise NotFound
    if account["erased_at"] is not None:
        raise AccountErased
    found = await hindered(who)
    if found:
        raise ErasureHindered(" ".join(one["message"] for one in found), hindrances=found)
    await db.execute("DELETE FROM login_failure WHERE email = $1", account["email"])
    await db.execute(
        """UPDATE account SET erased_at = clock_timestamp(), state = 'suspended', name = $2, password_hash = NULL,
                  email = 'erased-' || id || '@erased.invalid'
           WHERE id = $1""",
        who,
        NAME,
    )
    for data in everything():
        if data.erase:
            await db.execute(data.erase, who)
    await trail.record(actor, "account.erased", "account", who, reason=reason)


async def expire() -> None:
    """Erase what is older than its declaration says, and files of exports that were kept long enough."""
    for data in everything():
        if data.days is not None:
            await db.execute(data.expire, data.days)
    await db.execute(
        "DELETE FROM data_file WHERE request_id IN (SELECT id FROM data_request WHERE file_until < clock_timestamp())"
    )
