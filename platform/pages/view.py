"""A page as plain data: method, path, permission, handler, template; and what a part brings along."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from starlette.responses import Response

from piecework.platform.web.operation import Call, Query, Shape


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for it, which extractors know
    """Mark a text for translation where it stands; it is translated where it is shown."""
    return text


@dataclass(frozen=True, slots=True)
class Go:
    """The reply to a form that was carried out: go on to a page, which says so once."""

    path: str
    said: str = ""
    """A text marked with `N_`."""
    well: bool = True
    """False: what was sent was taken, but is not as it should be; said as a warning."""


Shown = Mapping[str, Any]
"""What the template is given."""
Handler = Callable[..., Awaitable[Shown | Go | Response]]


def carries_out(operation: Callable[..., Awaitable[object]], path: str, said: str) -> Handler:
    """What a form does that is just one operation of the API: it is called with the form's fields; then on to a page, which says so."""

    async def act(call: Call, form: Shape | None = None) -> Go:
        await (operation(call) if form is None else operation(call, form))
        return Go(path, said)

    act.__name__ = operation.__name__
    return act


@dataclass(frozen=True, slots=True)
class View:
    """A page, or what one of its forms does. The handler gets the call, and `query`, `form`, `file` or `typed` as declared."""

    method: str
    path: str
    handler: Handler
    permission: str
    title: str = ""
    """Of the page, marked with `N_`; a handler may give a `title` of its own beside."""
    template: str = ""
    query: type[Query] | None = None
    form: type[Shape] | None = None
    file: bool = False
    """Takes a file (field `file`) beside the fields of the form."""
    typed: bool = False
    """Takes all fields as they were typed, by their names, as `typed`: for forms whose fields no shape knows beforehand."""
    live: str = ""
    """Of a page: the template of the part of it that is shown anew when it has changed (`parts.html`: `live`)."""
    live_s: float = 5.0
    """So often the live part is looked at, at most."""
    again: str = ""
    """For a form: the path of the page to show again, with what was typed and what was wrong with it."""
    transaction: bool = True
    changes_identity: bool = False
    body_limit_bytes: int = 1024 * 1024

    @property
    def name(self) -> str:
        """In metrics and logs."""
        return f"page.{self.handler.__name__}"


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the menu, shown to those who hold the permission."""

    section: str
    """Its group, marked with `N_`; groups come in the order of their first entries."""
    title: str
    path: str
    permission: str
    only: Callable[[UUID], Awaitable[bool]] | None = None
    """Whether it is for this account, where a permission says too little. One cheap query: it is asked on every page."""
    badge: Callable[[UUID], Awaitable[int]] | None = None
    """How many things wait there for an account; 0 shows nothing. One cheap query: it is asked for on every page."""


@dataclass(frozen=True, slots=True)
class Pages:
    """A part's pages."""

    folder: Path
    """Has `templates/`, `locale/` and `static/`."""
    views: Sequence[View] = ()
    menu: Sequence[Entry] = ()
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Codes in words: kind of code -> code -> text marked with `N_`."""
    places: Mapping[str, str] = field(default_factory=dict)
    """Things whose page has another path than they have in the API: that path -> the page's, with the same parameters."""
    first: Mapping[str, str] = field(default_factory=dict)
    """The section of the menu that comes first for whoever has a role: role -> section."""
