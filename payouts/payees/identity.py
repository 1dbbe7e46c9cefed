"""Who the state knows a payee as: taxpayer number (INN), legal name, country of residence. Versions; the newest counts."""

from typing import Any
from uuid import UUID

from stdnum.ru import inn as inn_number

from piecework.payouts.errors import InnTaken
from piecework.platform import db, trail
from piecework.platform.errors import Invalid, NotFound
from piecework.platform.identity.models import Account
from piecework.platform.said import Said
from piecework.tasks.qualifications import freelancer

FIELDS = "freelancer_id, version, inn, legal_name, residence, reason, created_by, created_at"

HISTORY = f"SELECT {FIELDS} FROM payee_identity WHERE freelancer_id = $1 ORDER BY version DESC"

TAKEN = """
SELECT EXISTS (SELECT FROM (SELECT DISTINCT freelancer_id FROM payee_identity WHERE inn = $1) known
               WHERE freelancer_id <> $2 AND inn_of(freelancer_id) = $1)"""


async def record(
    actor: UUID, freelancer_id: UUID, *, inn: str | None, legal_name: str, residence: str, reason: str
) -> dict[str, Any]:
    """Record the next version of who a person is.

    Raises:
        OwnContract, NotFound, NotAFreelancer: oneself, no such account, not a freelancer.
        Invalid: the INN is not that of a person: 12 digits of which the last two check the others.
        InnTaken: the newest identity of somebody else has this INN.
    """
    await freelancer(actor, freelancer_id)
    if inn is not None and not is_persons_inn(inn):
        raise Invalid(errors=[{"field": "inn", "code": "inn_invalid", "message": Said("Not the INN of a person.")}])
    await db.execute("SELECT id FROM account WHERE id = $1 FOR NO KEY UPDATE", freelancer_id)
    if inn is not None:
        await db.execute("SELECT pg_advisory_xact_lock(hashtext('piecework.payouts.inn.' || $1))", inn)
        if await db.scalar(TAKEN, inn, freelancer_id):
            raise InnTaken
    made = await db.row(
        f"""INSERT INTO payee_identity (freelancer_id, version, inn, legal_name, residence, reason, created_by)
            SELECT $1, 1 + coalesce(max(version), 0), $2, $3, $4, $5, $6 FROM payee_identity WHERE freelancer_id = $1
            RETURNING {FIELDS}""",
        freelancer_id,
        inn,
        legal_name,
        residence,
        reason,
        actor,
    )
    assert made is not None
    await trail.record(actor, "payee.identified", "account", freelancer_id, reason=reason, version=made["version"])
    return dict(made)


def is_persons_inn(text: str) -> bool:
    """True for 12 digits whose check digits are right; there is no region 00."""
    return len(text) == 12 and text.isascii() and text.isdigit() and not text.startswith("00") and inn_number.is_valid(text)


async def history(freelancer_id: UUID) -> list[dict[str, Any]]:
    """All versions of who a person is, newest first.

    Raises:
        NotFound: no such account.
    """
    if not await Account.exists(id=freelancer_id):
        raise NotFound
    return [dict(r) for r in await db.rows(HISTORY, freelancer_id)]
