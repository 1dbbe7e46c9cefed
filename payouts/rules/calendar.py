"""The calendar of a country: which days are holidays, as finance keeps it.

It is filled from the package `holidays` and edited by hand. Nothing said of a day is overwritten: each saying is a row of its own, and
an answer is looked up in the calendar as it was recorded when the answer was claimed. So a later change moves no pay that was earned.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from importlib.metadata import version
from typing import Any
from uuid import UUID

import holidays

from piecework.platform import db, trail
from piecework.platform.errors import Invalid, NotFound
from piecework.platform.said import Said

MOVED = ("(observed)", "(substituted from")
"""What the package appends, in English, to the name of a day off that stands for another day."""
YEARS = range(2000, 2101)
ORDINARY = "ordinary"

Known = Sequence[tuple[datetime, str]]


@dataclass(frozen=True, slots=True)
class Calendar:
    """Country and day -> what was recorded of it, in that order: when, and the kind of day."""

    days: Mapping[tuple[str, date], Known]

    def kind(self, country: str, day: date, known_at: datetime) -> str | None:
        """What the calendar said of a day at a moment; None for an ordinary day."""
        said = None
        for recorded_at, kind in self.days.get((country, day), ()):
            if recorded_at <= known_at:
                said = kind
        return None if said == ORDINARY else said

    def as_of(self, moment: datetime) -> "Calendar":
        """The same as if all that is known by now had been known from a moment on."""
        return Calendar({day: [(moment, known[-1][1])] for day, known in self.days.items()})


async def load(countries: Iterable[str], first: date, last: date) -> Calendar:
    """All that was ever recorded of these days, first and last included."""
    found = await db.rows(
        "SELECT country, day, kind, recorded_at FROM calendar_day WHERE country = ANY ($1) AND day BETWEEN $2 AND $3 ORDER BY id",
        sorted(set(countries)),
        first,
        last,
    )
    days: dict[tuple[str, date], list[tuple[datetime, str]]] = {}
    for row in found:
        days.setdefault((row["country"], row["day"]), []).append((row["recorded_at"], row["kind"]))
    return Calendar(days)


NEWEST = """
SELECT * FROM (
    SELECT DISTINCT ON (day) country, day, kind, name, note, author_id, recorded_at FROM calendar_day
    WHERE country = $1 AND day BETWEEN $2 AND $3 ORDER BY day, id DESC) newest
WHERE kind <> 'ordinary' OR $4 ORDER BY day
"""


async def year(country: str, number: int) -> list[dict[str, Any]]:
    """The marked days of a year, as they are recorded now.

    Raises:
        NotFound: not a year of this or the neighbouring centuries.
    """
    return [dict(row) for row in await db.rows(NEWEST, country, *_bounds(number), False)]


async def changes(country: str, number: int) -> list[dict[str, Any]]:
    """All that was ever said of the days of a year, newest first.

    Raises:
        NotFound: as `year`.
    """
    found = await db.rows(
        """SELECT country, day, kind, name, note, author_id, recorded_at FROM calendar_day
           WHERE country = $1 AND day BETWEEN $2 AND $3 ORDER BY id DESC""",
        country,
        *_bounds(number),
    )
    return [dict(row) for row in found]


async def mark(actor: UUID, country: str, day: date, *, kind: str, name: str, reason: str) -> None:
    """Say what kind of day it is, from now on: it counts for answers claimed after this. An ordinary day is none of the others.

    Raises:
        NotFound: as `year`.
    """
    _bounds(day.year)
    await db.execute("SELECT lock_rules()")
    await _record(actor, country, [(day, kind, name, reason)])
    await trail.record(actor, "calendar.marked", "calendar_day", f"{country}:{day}", reason=reason, kind=kind)


@dataclass(frozen=True, slots=True)
class Imported:
    """How many days were added and how many were there already; days that the calendar tells otherwise are left as they are."""

    added: int
    known: int
    differing: list[date]


async def fill(actor: UUID, country: str, number: int) -> Imported:
    """Mark the public holidays of a year by the package `holidays`. What was ever said of a day by hand stands.

    Raises:
        NotFound: as `year`.
        Invalid: the package does not know the country.
    """
    first, last = _bounds(number)
    found = public_holidays(country, number)
    await db.execute("SELECT lock_rules()")
    known = {row["day"]: row["kind"] for row in await db.rows(NEWEST, country, first, last, True)}
    note = f"holidays {version('holidays')}"
    fresh = [(day, kind, name, note) for day, kind, name in found if day not in known]
    await _record(actor, country, fresh)
    await trail.record(actor, "calendar.filled", "calendar", f"{country}:{number}", reason=note, added=len(fresh))
    kinds = {day: kind for day, kind, _ in found}
    differing = sorted(day for day, kind in known.items() if kind != kinds.get(day, ORDINARY))
    return Imported(len(fresh), len(found) - len(fresh), differing)


def public_holidays(country: str, number: int) -> list[tuple[date, str, str]]:
    """Day, kind and name of each public holiday of a year. `moved` is a day off in place of another; Russia's names are Russian.

    Raises:
        Invalid: the package does not know the country.
    """
    if country not in holidays.list_supported_countries(include_aliases=False):
        raise _unknown_country(Said("Its public holidays are not known."))
    english = holidays.country_holidays(country, years=number, language="en_US")
    if english.default_language is not None and "en_US" not in english.supported_languages:
        raise _unknown_country(Said("Its days off in place of others cannot be told from holidays: mark its days by hand."))
    own = holidays.country_holidays(country, years=number, language=english.default_language)
    return [(day, "moved" if any(mark in english[day] for mark in MOVED) else "statutory", own[day]) for day in sorted(own)]


def _unknown_country(message: str | Said) -> Invalid:
    return Invalid(errors=[{"field": "country", "code": "unknown_country", "message": message}])


async def _record(actor: UUID, country: str, days: Sequence[tuple[date, str, str, str]]) -> None:
    await db.execute(
        """INSERT INTO calendar_day (country, day, kind, name, note, author_id)
           SELECT $1, new.*, $6 FROM unnest($2::date[], $3::text[], $4::text[], $5::text[]) AS new""",
        country,
        [day for day, *_ in days],
        [kind for _, kind, *_ in days],
        [name[:200] for _, _, name, _ in days],
        [note for *_, note in days],
        actor,
    )


def _bounds(number: int) -> tuple[date, date]:
    if number not in YEARS:
        raise NotFound
    return date(number, 1, 1), date(number, 12, 31)
