"""What a report may be narrowed to, and how that is said to the database: as parameters, never as text.

Spans are half-open: `since` is in them, `until` is not. A date without a time is its first moment in the zone of pay.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, WithJsonSchema

from piecework.payouts.books import pay_policy
from piecework.platform import db
from piecework.platform.errors import Invalid
from piecework.platform.said import Said
from piecework.platform.web.operation import Query

YEARS = range(2000, 2200)


def _read_moment(text: Any) -> date | datetime:
    """A day or a moment with its offset, in ISO 8601 (RFC 3339).

    Raises:
        ValueError: neither.
    """
    try:
        found = date.fromisoformat(text) if len(text) == len("2026-11-01") else datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise ValueError(Said("a moment is text such as '2026-11-01' or '2026-11-01T00:00:00+03:00'")) from None
    if found.year not in YEARS:
        raise ValueError(Said("years from %(first)s to %(last)s are taken", first=YEARS.start, last=YEARS.stop - 1))
    if isinstance(found, datetime) and found.tzinfo is None:
        raise ValueError(Said("a time needs its offset, such as '2026-11-01T00:00:00+03:00'"))
    return found


Moment = Annotated[
    Any,
    BeforeValidator(_read_moment),
    WithJsonSchema({"type": "string", "examples": ["2026-11-01", "2026-11-01T00:00:00+03:00"]}),
]
"""A day or a moment."""


class Filters(Query):
    """All filters that there are. Each report takes some of them (GET /reports says which) and refuses the others."""

    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")
    period: str | None = Field(default=None, pattern=r"^[0-9a-zA-Z.-]{1,36}$")
    """A pay period's id, or its name such as 2026-W47: then of every currency."""
    since: Moment | None = None
    """Of what took effect from this moment on."""
    until: Moment | None = None
    """Of what took effect before this moment."""
    recorded_until: Moment | None = None
    """Of what was in the books before this moment: what they said then, whatever was recorded later."""
    project: str | None = Field(default=None, max_length=40)
    """A project's code."""
    requester: UUID | None = None
    freelancer: UUID | None = None
    rule: str | None = Field(default=None, max_length=40)
    """A pay rule's code, all its versions, or the id of one version."""
    assignment: UUID | None = None
    ticket: UUID | None = None

    def given(self) -> dict[str, Any]:
        """Those that are set."""
        return self.model_dump(exclude_none=True)

    def stored(self) -> dict[str, Any]:
        """Those that are set, as JSON from which they are read again."""
        return self.model_dump(mode="json", exclude_none=True)


@dataclass(frozen=True, slots=True)
class Question:
    """A report's statement with its parameters."""

    sql: str
    params: tuple[Any, ...]


def bad(field: str, code: str, message: str | Said) -> Invalid:
    """A filter that does not fit."""
    return Invalid(errors=[{"field": field, "code": code, "message": message}])


async def question(sql: str, conditions: Mapping[str, str], required: frozenset[str], filters: Filters) -> Question:
    """Put a report's statement and the conditions of the filters that are given together; values become parameters.

    `{where}` in the statement stands for the conditions, `{zone}` for the zone of pay.

    Raises:
        Invalid: a filter that the report does not take, one missing that it needs, or a name that nothing has.
    """
    given = filters.given()
    for name in sorted(given.keys() - conditions.keys()):
        raise bad(
            name,
            "not_taken",
            Said("This report is narrowed by these only: %(names)s.", names=", ".join(sorted(conditions)) or "—"),
        )
    for name in sorted(required - given.keys()):
        raise bad(name, "missing", Said("This report needs it."))
    zone = await pay_policy.zone()
    params: list[Any] = []
    parts: list[str] = []
    for name, value in given.items():
        params.append(await _resolved(name, value, zone))
        parts.append(f" AND {conditions[name].format(f'${len(params)}')}")
    if "{zone}" in sql:
        params.append(zone)
    return Question(sql.format(where="".join(parts), zone=f"${len(params)}"), tuple(params))


async def _resolved(name: str, value: Any, zone: str) -> Any:
    if name in ("since", "until", "recorded_until"):
        return value if isinstance(value, datetime) else datetime.combine(value, time(), ZoneInfo(zone)).astimezone(UTC)
    if name == "freelancer":
        return str(value)
    if name in LOOKUPS:
        found = [row["id"] for row in await db.rows(LOOKUPS[name], str(value))]
        if not found:
            raise bad(name, "unknown", Said("There is no such %(name)s.", name=name))
        return found
    return value


LOOKUPS = {
    "period": "SELECT id FROM period WHERE id::text = lower($1) OR name = $1",
    "project": "SELECT id FROM project WHERE code = $1",
    "requester": "SELECT id FROM project WHERE requester_id::text = $1",
    "rule": "SELECT id FROM pay_rule WHERE id::text = lower($1) OR code = $1",
}
"""Names to ids, as lists. A requester stands for their projects."""
