"""Pages of accounts and of one's own tokens."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints
from tortoise.expressions import Q

from piecework.platform.errors import Invalid, NotFound
from piecework.platform.identity import api
from piecework.platform.identity.models import Account, Role
from piecework.platform.identity.policy import ACCOUNTS_READ, ACCOUNTS_WRITE
from piecework.platform.identity.schemas import AccountChange, AccountIn, TokenIn
from piecework.platform.pages.view import N_, Entry, Go, Shown, View
from piecework.platform.said import Said
from piecework.platform.web.operation import SIGNED_IN, Call
from piecework.platform.web.paging import PageQuery, cursor

ROLES = tuple(role.value for role in Role)
EVERYTHING = "*"


class AccountsQuery(PageQuery):
    """All accounts, or those whose name or e-mail has these letters."""

    q: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] | None = None


class ChangeForm(AccountChange):
    """An account as it should be; what is as it was is not changed."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
    roles: Annotated[list[Role], Field(min_length=1, max_length=len(Role))]


async def accounts_page(_call: Call, query: AccountsQuery) -> Shown:
    """Accounts in the order they were made."""
    wanted = Account.filter(id__gt=query.after())
    if query.q:
        wanted = wanted.filter(Q(name__icontains=query.q) | Q(email__icontains=query.q))
    found = await wanted.order_by("id").limit(query.limit + 1)
    shown = found[: query.limit]
    return {"items": shown, "cursor": cursor(shown[-1].id) if len(found) > query.limit else None, "q": query.q or ""}


async def new_account_page(_call: Call) -> Shown:
    """The form for a new account."""
    return {"roles": ROLES}


async def make_account(call: Call, form: AccountIn) -> Go:
    """Make an account."""
    made = await api.create_account(call, form)
    return Go(f"/accounts/{made.id}", N_("The account is made."))


async def _account(account_id: UUID) -> Account:
    account = await Account.get_or_none(id=account_id)
    if account is None:
        raise NotFound
    return account


async def account_page(call: Call) -> Shown:
    """An account and what may be changed of it."""
    account = await _account(call.id("account_id"))
    return {
        "title": account.name,
        "account": account,
        "roles": ROLES,
        "own": account.id == call.principal.account_id,
    }


async def alter_account(call: Call, form: ChangeForm) -> Go:
    """Change what differs."""
    account = await _account(call.id("account_id"))
    change = AccountChange(
        name=form.name if form.name != account.name else None,
        email=form.email if form.email != account.email else None,
        roles=form.roles if set(form.roles) != set(account.roles) else None,
        state=form.state if form.state != account.state else None,
        reason=form.reason,
    )
    await api.change_account(call, change)
    return Go(f"/accounts/{account.id}", N_("The account is changed."))


async def tokens_page(call: Call, query: PageQuery) -> Shown:
    """The caller's tokens, and the form for another."""
    return {
        "found": await api.list_tokens(call, query),
        "permissions": (await api.who_am_i(call)).permissions,
        "made": None,
    }


async def make_token(call: Call, form: TokenIn) -> Shown:
    """Make a token; its secret is on this page and nowhere else."""
    scopes = [EVERYTHING] if EVERYTHING in form.scopes else form.scopes
    unknown = set(scopes) - set((await api.who_am_i(call)).permissions) - {EVERYTHING}
    if unknown:
        message = Said("A token can only allow what your roles allow.")
        raise Invalid(errors=[{"field": "scopes", "code": "literal_error", "message": message}])
    made = await api.create_token(call, form.model_copy(update={"scopes": scopes}))
    return {**await tokens_page(call, PageQuery()), "made": made}


async def end_token(call: Call) -> Go:
    """Revoke a token."""
    await api.revoke_token(call)
    return Go(TOKENS, N_("The token is revoked."))


TOKENS = "/me/tokens"
ONE = "/accounts/{account_id}"
VIEWS = (
    View("GET", "/accounts", accounts_page, ACCOUNTS_READ, N_("Accounts"), "admin_accounts.html", query=AccountsQuery),
    View("GET", "/new-account", new_account_page, ACCOUNTS_WRITE, N_("A new account"), "admin_account_new.html"),
    View("POST", "/new-account", make_account, ACCOUNTS_WRITE, form=AccountIn, again="/new-account"),
    View("GET", ONE, account_page, ACCOUNTS_READ, N_("An account"), "admin_account.html"),
    View("POST", ONE, alter_account, ACCOUNTS_WRITE, form=ChangeForm, again=ONE, changes_identity=True),
    View("GET", TOKENS, tokens_page, SIGNED_IN, N_("My tokens"), "admin_tokens.html", query=PageQuery),
    View("POST", TOKENS, make_token, SIGNED_IN, N_("My tokens"), "admin_tokens.html", form=TokenIn, again=TOKENS),
    View("POST", TOKENS + "/{token_id}/revoke", end_token, SIGNED_IN, changes_identity=True),
)
MENU = (Entry(N_("System"), N_("Accounts"), "/accounts", ACCOUNTS_READ),)
OWN_MENU = (Entry(N_("My account"), N_("My tokens"), TOKENS, SIGNED_IN),)
