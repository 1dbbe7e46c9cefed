"""An operation of the API as plain data: method, path, permission, shapes, errors, handler."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from piecework.platform.errors import NotFound, Problem
from piecework.platform.said import Said

if TYPE_CHECKING:
    from starlette.requests import Request

    from piecework.platform.identity.principal import Principal
    from piecework.platform.web.services import Services

ANYONE = "anyone"
"""The permission of the few operations that need no sign-in."""
SIGNED_IN = "signed_in"
"""The permission of operations open to every account, whatever its roles."""

EARLIEST, LATEST = datetime(2000, 1, 2, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def _sensible(at: datetime) -> datetime:
    if not EARLIEST <= at <= LATEST:
        msg = Said("a moment lies between 2000 and 2200")
        raise ValueError(msg)
    return at


Moment = Annotated[AwareDatetime, AfterValidator(_sensible)]
"""A moment that every database and calendar can hold, in whatever zone it is written."""


class Shape(BaseModel):
    """Base of every body, query and reply: unknown fields are refused, types are not guessed."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, ser_json_inf_nan="null")


ForPages = Annotated[Any, Field(exclude=True)]
"""A field of a reply that pages show and the API leaves out: what the field beside it says in English, as a text that is translated."""


class Query(BaseModel):
    """Base of query parameters: text is read into the declared types; unknown parameters are refused."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


@dataclass(frozen=True, slots=True)
class Raw:
    """A reply whose JSON is already written (the hot path), or that is not JSON."""

    body: bytes
    status: int | None = None
    media_type: str = "application/json"
    headers: Mapping[str, str] | None = None


@dataclass(slots=True)
class Call:
    """One request as its handler sees it."""

    request: "Request"
    principal: "Principal"
    services: "Services"
    key: str | None = None
    """What the caller knows this request by, so that asking again does it once: `Idempotency-Key`, or the number of a form."""

    def id(self, name: str) -> UUID:
        """A path parameter that must be a UUID; anything else is simply not found."""
        try:
            return UUID(self.request.path_params[name])
        except ValueError:
            raise NotFound from None

    def number(self, name: str) -> int:
        """A path parameter that must be a whole number within a bigint; anything else is simply not found."""
        text = self.request.path_params[name]
        if not (text.isascii() and text.isdigit() and len(text) <= 18):
            raise NotFound
        return int(text)


Handler = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Operation:
    """What the app routes, guards, documents and tests: nothing about a route is said anywhere else."""

    method: str
    path: str
    handler: Handler
    permission: str
    summary: str
    body: type[BaseModel] | None = None
    query: type[Query] | None = None
    file: Sequence[str] = ()
    """Where the body is a file rather than JSON: its media types. The handler gets its bytes as `file`."""
    reply: type[BaseModel] | None = None
    status: int = 200
    errors: Sequence[type[Problem]] = ()
    transaction: bool = True
    """Open one transaction around the handler. False where the handler is a single statement of its own."""
    idempotent: bool | None = None
    """Whether `Idempotency-Key` is honoured: the first reply is kept and given again to a retry. Left out: if it writes, in a transaction,
    for a known caller. False where a reply shows a secret, which is never kept; True without a transaction: the handler sees to it."""
    changes_identity: bool = False
    """What this process believes of callers is forgotten once it is committed; others hear of it from the database."""
    body_limit_bytes: int | None = None
    """The largest body, where it is smaller than the settings' limit for all."""
    media_type: str = "application/json"
    tag: str = ""

    @property
    def takes_key(self) -> bool:
        """True if `Idempotency-Key` is honoured."""
        if self.idempotent is None:
            return self.method != "GET" and self.transaction and self.permission != ANYONE
        return self.idempotent

    @property
    def name(self) -> str:
        """The operation's id in OpenAPI, metrics and logs."""
        return self.handler.__name__
