"""Operations of identity."""

from typing import Any

import orjson
from starlette.responses import Response

from piecework.platform import db
from piecework.platform.errors import Forbidden, Invalid, TooManyRequests
from piecework.platform.identity import accounts
from piecework.platform.identity.accounts import AccountErased, EmailTaken, LastAdministrator, OwnRoles, WrongCredentials
from piecework.platform.identity.models import Account, ApiToken
from piecework.platform.identity.policy import ACCOUNTS_READ, ACCOUNTS_WRITE, TRAIL_READ
from piecework.platform.identity.principal import COOKIE, hash_secret
from piecework.platform.identity.schemas import (
    AccountChange,
    AccountIn,
    AccountOut,
    Me,
    NewToken,
    SignIn,
    TokenIn,
    TokenOut,
    TrailLine,
    TrailPage,
    TrailQuery,
)
from piecework.platform.said import Said
from piecework.platform.settings import Settings
from piecework.platform.web.endpoint import json_response
from piecework.platform.web.operation import ANYONE, SIGNED_IN, Call, Operation
from piecework.platform.web.paging import Page, PageQuery, cursor


class Accounts(Page[AccountOut]):
    """A page of accounts."""


class Tokens(Page[TokenOut]):
    """A page of tokens."""


def _account(account: Account) -> AccountOut:
    return AccountOut(
        id=account.id,
        email=account.email,
        name=account.name,
        roles=list(account.roles),
        state=account.state,
        created_at=account.created_at,
    )


def _token(token: ApiToken) -> dict[str, Any]:
    return {field: getattr(token, field) for field in TokenOut.model_fields}


async def sign_in(call: Call, body: SignIn) -> Response:
    """Open a session; its id comes as an HttpOnly cookie."""
    settings = call.services.settings
    account, secret = await accounts.sign_in(
        body.email, body.password, settings.session_hours, call.request.headers.get("user-agent", "")
    )
    response = json_response(_account(account).model_dump_json().encode(), 201)
    give_cookie(response, secret, settings)
    return response


def give_cookie(response: Response, secret: str, settings: Settings) -> None:
    """Hand a session's secret to the browser, out of reach of scripts."""
    secure = (settings.public_url or "").startswith("https://")
    response.set_cookie(COOKIE, secret, max_age=settings.session_hours * 3600, httponly=True, secure=secure, samesite="lax")


async def sign_out(call: Call) -> Response:
    """End the session of the cookie that came along."""
    cookie = call.request.cookies.get(COOKIE)
    if cookie and call.principal.by_cookie:
        await accounts.sign_out(hash_secret(cookie))
    response = Response(status_code=204)
    response.delete_cookie(COOKIE)
    return response


async def who_am_i(call: Call) -> Me:
    """The caller."""
    principal, table = call.principal, call.services.permissions
    return Me(
        id=principal.account_id,
        name=principal.name,
        roles=sorted(principal.roles),
        permissions=sorted(name for name in table if principal.may(name, table)),
    )


async def create_account(call: Call, body: AccountIn) -> AccountOut:
    """Make an account."""
    made = await accounts.create_account(
        call.principal.account_id, email=body.email, name=body.name, roles=body.roles, password=body.password
    )
    return _account(made)


async def list_accounts(_call: Call, query: PageQuery) -> Accounts:
    """Accounts in the order they were made."""
    found = await Account.filter(id__gt=query.after()).order_by("id").limit(query.limit + 1)
    shown = found[: query.limit]
    return Accounts(items=[_account(a) for a in shown], next_cursor=cursor(shown[-1].id) if len(found) > query.limit else None)


async def change_account(call: Call, body: AccountChange) -> AccountOut:
    """Rename, change what they sign in with, give or take roles, suspend or let back in."""
    _whole(call)
    if not body.model_dump(exclude={"reason"}, exclude_none=True):
        message = Said("Name at least one of name, email, roles, state.")
        raise Invalid(errors=[{"field": "", "code": "nothing_to_change", "message": message}])
    changed = await accounts.change_account(call.principal.account_id, call.id("account_id"), **body.model_dump())
    return _account(changed)


async def create_token(call: Call, body: TokenIn) -> NewToken:
    """Make a token for the caller's own account; the secret is in this reply and nowhere else."""
    _whole(call)
    me = call.principal.account_id
    token, secret = await accounts.create_token(me, me, **_asked(call, body), not_after=call.principal.expires_at)
    return NewToken(**_token(token), secret=secret)


async def create_token_for(call: Call, body: TokenIn) -> NewToken:
    """Make a token for any account (a helpdesk's robot, say)."""
    _whole(call)
    token, secret = await accounts.create_token(call.principal.account_id, call.id("account_id"), **_asked(call, body))
    return NewToken(**_token(token), secret=secret)


async def list_tokens(call: Call, query: PageQuery) -> Tokens:
    """The caller's tokens, without secrets."""
    _whole(call)
    found = (
        await ApiToken.filter(account_id=call.principal.account_id, id__gt=query.after()).order_by("id").limit(query.limit + 1)
    )
    shown = found[: query.limit]
    return Tokens(
        items=[TokenOut(**_token(t)) for t in shown], next_cursor=cursor(shown[-1].id) if len(found) > query.limit else None
    )


async def revoke_token(call: Call) -> None:
    """Revoke one of the caller's tokens."""
    _whole(call)
    await accounts.revoke_token(call.principal.account_id, call.principal.account_id, call.id("token_id"))


async def read_trail(_call: Call, query: TrailQuery) -> TrailPage:
    """The audit trail, newest first."""
    found = await db.rows(
        """SELECT * FROM trail WHERE ($1::text IS NULL OR subject = $1) AND ($2::text IS NULL OR subject_id = $2)
             AND ($3::bigint IS NULL OR id < $3) ORDER BY id DESC LIMIT $4""",
        query.subject,
        query.subject_id,
        query.before,
        query.limit,
    )
    return TrailPage(items=[TrailLine(**{**row, "detail": orjson.loads(row["detail"])}) for row in found])


def _whole(call: Call) -> None:
    """Access is managed with a session or a token for everything: a narrow token must not make itself wider."""
    if call.principal.scopes is not None and "*" not in call.principal.scopes:
        raise Forbidden(Said("Accounts and tokens are managed by a signed-in person or with a token of scope *."))


def _asked(call: Call, body: TokenIn) -> dict[str, Any]:
    unknown = sorted(set(body.scopes) - set(call.services.permissions) - {"*"})
    if unknown:
        raise Invalid(
            errors=[
                {
                    "field": "scopes",
                    "code": "unknown_scope",
                    "message": Said("Not a permission: %(unknown)s", unknown=unknown[0][:80]),
                }
            ]
        )
    return {"name": body.name, "scopes": body.scopes, "expires_in_days": body.expires_in_days}


OPERATIONS = (
    Operation("POST", "/sessions", sign_in, ANYONE, "Sign in", body=SignIn, reply=AccountOut, status=201,
              errors=(WrongCredentials, TooManyRequests), transaction=False, body_limit_bytes=8 * 1024),
    Operation("DELETE", "/sessions/current", sign_out, SIGNED_IN, "Sign out", changes_identity=True),
    Operation("GET", "/me", who_am_i, SIGNED_IN, "Who am I, and what may I do", reply=Me),
    Operation("POST", "/accounts", create_account, ACCOUNTS_WRITE, "Make an account", body=AccountIn, reply=AccountOut, status=201,
              errors=(EmailTaken,)),
    Operation("GET", "/accounts", list_accounts, ACCOUNTS_READ, "List accounts", query=PageQuery, reply=Accounts),
    Operation("PATCH", "/accounts/{account_id}", change_account, ACCOUNTS_WRITE, "Change an account", body=AccountChange,
              reply=AccountOut, errors=(AccountErased, LastAdministrator, OwnRoles, EmailTaken), changes_identity=True),
    Operation("POST", "/accounts/{account_id}/tokens", create_token_for, ACCOUNTS_WRITE, "Make a token for an account", body=TokenIn,
              reply=NewToken, status=201, idempotent=False),
    Operation("POST", "/tokens", create_token, SIGNED_IN, "Make a token for myself", body=TokenIn, reply=NewToken, status=201,
              idempotent=False),
    Operation("GET", "/tokens", list_tokens, SIGNED_IN, "My tokens", query=PageQuery, reply=Tokens),
    Operation("DELETE", "/tokens/{token_id}", revoke_token, SIGNED_IN, "Revoke one of my tokens", changes_identity=True),
    Operation("GET", "/trail", read_trail, TRAIL_READ, "Read the audit trail", query=TrailQuery, reply=TrailPage),
)  # fmt: skip
