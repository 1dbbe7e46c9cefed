"""What several pages about money are made of: amounts as text, names of people, files, moments as they are typed."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field, NaiveDatetime, ValidationError
from starlette.responses import Response

from piecework.payouts.books import pay_policy
from piecework.platform import db, money
from piecework.platform.errors import Invalid
from piecework.platform.pages.texts import Format
from piecework.platform.web import body
from piecework.platform.web.operation import Raw

M = TypeVar("M", bound=BaseModel)
Typed = Annotated[NaiveDatetime, Field(strict=False)]
"""A moment as a browser's form has it: on the wall clock of the zone of pay."""


def amount(value: int | None) -> str | None:
    """An amount for the filter `money`: all its digits."""
    return None if value is None else money.text(value)


def say(form: Format, currency: str) -> Callable[[float], str]:
    """How a chart tells units of money."""
    return lambda value: form.money(Decimal(str(round(value, money.SCALE))), currency).strip()


def units(value: int) -> float:
    """An amount as a chart draws it."""
    return float(value / money.UNIT)


async def names(ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """The names of these accounts, in one query."""
    wanted = sorted({one for one in ids if one is not None})
    found = await db.rows("SELECT id, name FROM account WHERE id = ANY ($1)", wanted) if wanted else []
    return {row["id"]: row["name"] for row in found}


async def in_zone_of_pay(typed: datetime | None) -> datetime | None:
    """A moment that was typed, in the zone of pay."""
    return None if typed is None else typed.replace(tzinfo=ZoneInfo(await pay_policy.zone()))


def fitted(shape: type[M], prefix: str = "", **values: Any) -> M:
    """A shape of the API from what a page has read.

    Raises:
        Invalid: it does not fit; the errors name the shape's fields, after the prefix.
    """
    try:
        return shape.model_validate(values)
    except ValidationError as error:
        refused = body.refusal(error)
        found = [{**one, "field": f"{prefix}{one['field']}"} for one in refused.extra.get("errors", [])]
        raise Invalid(errors=found) from None


def sent(raw: Raw) -> Response:
    """A file of the API as a page sends it."""
    return Response(raw.body, raw.status or 200, raw.headers, media_type=raw.media_type)


def given(form: BaseModel, *without: str) -> Mapping[str, Any]:
    """The fields of a form but for some."""
    return {name: value for name, value in form if name not in without}
