"""Shapes of accounts, sessions, tokens and the audit trail."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from piecework.platform.identity.models import Role
from piecework.platform.said import Said
from piecework.platform.web.operation import Shape
from piecework.platform.web.paging import PageQuery

LONGEST_EMAIL = 254


def _lower(email: str) -> str:
    """As it is stored; some letters become two."""
    if len(email.lower()) > LONGEST_EMAIL:
        raise ValueError(Said("at most %(longest_email)s characters in lower case", longest_email=LONGEST_EMAIL))
    return email.lower()


Email = Annotated[
    str, StringConstraints(min_length=3, max_length=LONGEST_EMAIL, pattern=r"^[^@\s\x00]+@[^@\s\x00]+$"), AfterValidator(_lower)
]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Password = Annotated[str, StringConstraints(min_length=12, max_length=200)]


class SignIn(Shape):
    """E-mail and password."""

    email: Email
    password: Annotated[str, StringConstraints(min_length=1, max_length=200)]


class AccountIn(Shape):
    """A new account. Without a password it can only be used through tokens."""

    email: Email
    name: Name
    roles: Annotated[list[Role], Field(min_length=1, max_length=len(Role))]
    password: Password | None = None


class AccountChange(Shape):
    """What may be changed; what is left out stays. A suspended account is signed out everywhere at once."""

    name: Name | None = None
    email: Email | None = None
    roles: Annotated[list[Role], Field(min_length=1, max_length=len(Role))] | None = None
    state: Annotated[str, StringConstraints(pattern="^(active|suspended)$")] | None = None
    reason: Annotated[str, StringConstraints(min_length=1, max_length=1000)]


class AccountOut(Shape):
    """An account."""

    id: UUID
    email: str
    name: str
    roles: list[str]
    state: str
    created_at: datetime


class Me(Shape):
    """The caller and what they may do."""

    id: UUID
    name: str
    roles: list[str]
    permissions: list[str]


class TokenIn(Shape):
    """A new token. `scopes` are permissions; the account's roles bound them. `["*"]` is everything the roles allow."""

    name: Name
    scopes: Annotated[list[Annotated[str, StringConstraints(min_length=1, max_length=80)]], Field(min_length=1, max_length=100)]
    expires_in_days: Annotated[int, Field(ge=1, le=3650)] | None = None


class TokenOut(Shape):
    """A token without its secret."""

    id: UUID
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


class NewToken(TokenOut):
    """A token with its secret, shown this once."""

    secret: str


class TrailQuery(PageQuery):
    """Lines about one subject, or of one action."""

    subject: str | None = Field(default=None, max_length=80)
    subject_id: str | None = Field(default=None, max_length=80)
    before: int | None = Field(default=None, ge=1, le=2**62)


class TrailLine(Shape):
    """One line of the audit trail."""

    id: int
    at: datetime
    actor: UUID | None
    action: str
    subject: str
    subject_id: str
    reason: str
    detail: dict[str, Any]


class TrailPage(Shape):
    """Newest first; go on with `before` = the last line's id."""

    items: list[TrailLine]
