"""Use cases of identity: accounts, sign-in, tokens. None of them commits; the edge does."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import asyncpg

from piecework.platform import db, trail
from piecework.platform.errors import Conflict, NotFound, Problem, TooManyRequests
from piecework.platform.identity import devices
from piecework.platform.identity.models import Account, ApiToken, Role
from piecework.platform.identity.passwords import hash_password, matches
from piecework.platform.identity.principal import new_secret
from piecework.platform.ids import uuid7
from piecework.platform.said import Said

FAILURES_ALLOWED = 10
FAILURES_WINDOW_S = 900


class EmailTaken(Conflict):
    """An account with this e-mail exists."""

    code = "email_taken"
    title = "There is an account with this e-mail already."


class AccountErased(Conflict):
    """An erased account is nobody's, and stays so."""

    code = "account_erased"
    title = "This account was erased."


class LastAdministrator(Conflict):
    """Somebody must be left who can let people in."""

    code = "last_administrator"
    title = "This is the last active administrator."


class OwnRoles(Conflict):
    """Nobody gives themselves roles."""

    code = "own_roles"
    title = "Another administrator must change your own roles and state."


class WrongCredentials(Problem):
    """Unknown e-mail or wrong password; which of the two is not told."""

    code = "wrong_credentials"
    status = 401
    title = "E-mail or password is wrong."


async def create_account(
    actor: UUID | None, *, email: str, name: str, roles: Iterable[str], password: str | None = None
) -> Account:
    """Make an account.

    Raises:
        EmailTaken: see there.
    """
    hashed = None if password is None else await hash_password(password)
    identifier = uuid7()
    made = await db.execute(
        """INSERT INTO account (id, email, name, password_hash, roles) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT ON CONSTRAINT account_email_key DO NOTHING""",
        identifier,
        email.lower(),
        name,
        hashed,
        sorted(set(roles)),
    )
    if not made:
        raise EmailTaken
    await trail.record(actor, "account.created", "account", identifier, roles=sorted(set(roles)))
    return await Account.get(id=identifier)


async def change_account(
    actor: UUID,
    account_id: UUID,
    *,
    name: str | None,
    email: str | None,
    roles: Iterable[str] | None,
    state: str | None,
    reason: str,
) -> Account:
    """Change an account; takes effect on its running sessions and tokens at commit. Suspension ends its sessions for good.

    Raises:
        NotFound: no such account.
        AccountErased, OwnRoles, LastAdministrator, EmailTaken: see there.
    """
    if actor == account_id and (roles is not None or state is not None):
        raise OwnRoles
    # One change at a time, so that two administrators cannot each take the other's role.
    await db.execute("SELECT pg_advisory_xact_lock(hashtextextended('account.changed', 0))")
    account = await Account.select_for_update().get_or_none(id=account_id)
    if account is None:
        raise NotFound
    if account.erased_at is not None:
        raise AccountErased
    if email is not None:
        try:
            await db.execute("UPDATE account SET email = $2 WHERE id = $1", account_id, email)
        except asyncpg.UniqueViolationError:
            raise EmailTaken from None
        account.email = email
    account.name = name or account.name
    account.roles = account.roles if roles is None else sorted(set(roles))
    account.state = state or account.state
    await account.save(update_fields=["name", "roles", "state"])
    if account.state != "active":
        await db.execute("DELETE FROM session WHERE account_id = $1", account_id)
    if not await Account.filter(roles__contains=[Role.ADMINISTRATOR.value], state="active").exists():
        raise LastAdministrator
    await trail.record(
        actor,
        "account.changed",
        "account",
        account_id,
        reason=reason,
        roles=account.roles,
        state=account.state,
        email=email is not None,
    )
    return account


async def add_role(actor: UUID | None, account_id: UUID, role: Role) -> None:
    """Give an account one more role; takes effect at commit. One that it has changes nothing."""
    added = await db.execute(
        """UPDATE account SET roles = ARRAY(SELECT role FROM unnest(roles || $2::text) AS role ORDER BY role)
           WHERE id = $1 AND $2 <> ALL (roles)""",
        account_id,
        role.value,
    )
    if added:
        await trail.record(actor, "account.role_added", "account", account_id, role=role.value)


async def active(role: Role) -> list[UUID]:
    """All active accounts with a role."""
    found = await db.rows("SELECT id FROM account WHERE $1 = ANY (roles) AND state = 'active' ORDER BY id", str(role))
    return [row["id"] for row in found]


async def sign_in(email: str, password: str, hours: int, user_agent: str) -> tuple[Account, str]:
    """Check the password and open a session; returns the account and the cookie's secret.

    Raises:
        WrongCredentials: see there. The failure is counted outside the caller's transaction.
        TooManyRequests: too many failures for this e-mail lately.
    """
    email = email.lower()
    attempt = await _count_attempt(email)
    account = await Account.get_or_none(email=email)
    right = await matches(password, account.password_hash if account is not None else None)
    if account is None or not right or account.state != "active":
        raise WrongCredentials
    secret, digest = new_secret("")
    async with db.transaction():
        await db.execute("DELETE FROM login_failure WHERE ctid = $2::text::tid AND email = $1", email, attempt)
        await db.execute(
            "INSERT INTO session (hash, account_id, expires_at, user_agent) VALUES ($1, $2, now() + make_interval(hours => $3), $4)",
            digest,
            account.id,
            hours,
            user_agent[:300],
        )
        await devices.note(account.id, user_agent[:300])
    return account, secret


async def _count_attempt(email: str) -> str:
    """Count a failure before the password is looked at, one after another, so that guesses sent at the same time count each other."""
    async with db.transaction():
        await db.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", email)
        failures = await db.scalar(
            "SELECT count(*) FROM login_failure WHERE email = $1 AND at > now() - make_interval(secs => $2)",
            email,
            FAILURES_WINDOW_S,
        )
        if failures >= FAILURES_ALLOWED:
            raise TooManyRequests(FAILURES_WINDOW_S, Said("Too many wrong passwords for this e-mail. Wait a quarter of an hour."))
        return str(await db.scalar("INSERT INTO login_failure (email) VALUES ($1) RETURNING ctid::text", email))


async def sign_out(digest: bytes) -> None:
    """End a session; its cookie is dead at once."""
    await db.execute("DELETE FROM session WHERE hash = $1", digest)


async def create_token(
    actor: UUID | None,
    account_id: UUID,
    *,
    name: str,
    scopes: Iterable[str],
    expires_in_days: int | None = None,
    not_after: datetime | None = None,
) -> tuple[ApiToken, str]:
    """Make a token for an account; returns it and its secret, which is stored nowhere. It never outlives `not_after`.

    Raises:
        NotFound: no such account.
    """
    secret, digest = new_secret()
    identifier = await db.scalar(
        """INSERT INTO api_token (id, hash, account_id, name, scopes, expires_at)
           SELECT $1, $2, id, $4, $5, least(now() + make_interval(days => $6), $7::timestamptz) FROM account WHERE id = $3 RETURNING id""",
        uuid7(),
        digest,
        account_id,
        name,
        sorted(set(scopes)),
        expires_in_days,
        not_after,
    )
    if identifier is None:
        raise NotFound
    await trail.record(actor, "token.created", "account", account_id, token=identifier, scopes=sorted(set(scopes)))
    return await ApiToken.get(id=identifier), secret


async def revoke_token(actor: UUID, account_id: UUID, token_id: UUID) -> None:
    """Revoke one of an account's tokens; it is refused at once.

    Raises:
        NotFound: the account has no such live token.
    """
    revoked = await db.execute(
        "UPDATE api_token SET revoked_at = now() WHERE id = $1 AND account_id = $2 AND revoked_at IS NULL", token_id, account_id
    )
    if not revoked:
        raise NotFound
    await trail.record(actor, "token.revoked", "account", account_id, token=token_id)


async def set_password(account: Account, password: str) -> datetime:
    """Set a password and end all of the account's sessions; returns when."""
    hashed = await hash_password(password)
    await db.execute("UPDATE account SET password_hash = $2 WHERE id = $1", account.id, hashed)
    await db.execute("DELETE FROM session WHERE account_id = $1", account.id)
    await trail.record(account.id, "account.password_set", "account", account.id)
    return await db.scalar("SELECT now()")  # type: ignore[no-any-return]
