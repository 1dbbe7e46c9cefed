"""Pages for everybody: the way in and out, the language, light or dark."""

from typing import Literal

from starlette.responses import RedirectResponse, Response

from piecework.platform.identity import accounts
from piecework.platform.identity.api import give_cookie
from piecework.platform.identity.principal import COOKIE, hash_secret
from piecework.platform.identity.schemas import SignIn
from piecework.platform.pages import texts
from piecework.platform.pages.endpoint import THEME_COOKIE
from piecework.platform.pages.view import N_, Shown, View
from piecework.platform.web.operation import ANYONE, SIGNED_IN, Call, Query, Shape

YEAR_S = 365 * 24 * 3600
LONGEST = 1000
"""Of where to go on: longer than the address of any page of ours with its filters."""


class Next(Query):
    """Where to go on afterwards."""

    next: str = "/"


class SignInForm(SignIn):
    """The sign-in form."""

    next: str = "/"


class Preferences(Shape):
    """How a reader wants to see the pages."""

    language: Literal["en", "ru"] | None = None
    theme: Literal["light", "dark", "auto"] | None = None
    next: str = "/"


def _own(path: str) -> str:
    """A path of ours, never another site's address; a very long one is none."""
    own = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if own and len(path) <= LONGEST else "/"


async def home(_call: Call) -> Shown:
    """Everything a person may do here, with what waits for them; a welcome for strangers."""
    return {}


async def sign_in_page(_call: Call, query: Next) -> Shown:
    """The sign-in form."""
    return {"next": _own(query.next)}


async def open_session(call: Call, form: SignInForm) -> Response:
    """Sign in and go on."""
    settings = call.services.settings
    _, secret = await accounts.sign_in(
        form.email, form.password, settings.session_hours, call.request.headers.get("user-agent", "")
    )
    response = RedirectResponse(_own(form.next), 303)
    give_cookie(response, secret, settings)
    return response


async def end_session(call: Call) -> Response:
    """Sign out."""
    await accounts.sign_out(hash_secret(call.request.cookies[COOKIE]))
    response = RedirectResponse("/", 303)
    response.delete_cookie(COOKIE)
    return response


async def prefer(_call: Call, form: Preferences) -> Response:
    """Keep a choice of language or theme in the browser."""
    response = RedirectResponse(_own(form.next), 303)
    if form.language is not None:
        response.set_cookie(texts.LANGUAGE_COOKIE, form.language, max_age=YEAR_S, httponly=True, samesite="lax")
    if form.theme is not None:
        response.set_cookie(THEME_COOKIE, form.theme, max_age=YEAR_S, httponly=True, samesite="lax")
    return response


VIEWS = (
    View("GET", "/", home, ANYONE, N_("Paid work on support tickets"), "welcome.html"),
    View("GET", "/sign-in", sign_in_page, ANYONE, N_("Sign in"), "sign_in.html", query=Next),
    View("POST", "/sign-in", open_session, ANYONE, form=SignInForm, again="/sign-in", transaction=False),
    View("POST", "/sign-out", end_session, SIGNED_IN, changes_identity=True),
    View("POST", "/preferences", prefer, ANYONE, form=Preferences, transaction=False),
)
