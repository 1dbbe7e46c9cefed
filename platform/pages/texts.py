"""Two languages: which one a reader gets, its texts, and how dates, numbers and money are written in it."""

import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, dates, numbers
from babel.core import negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from markupsafe import Markup
from starlette.requests import Request

LANGUAGES = {"en": "English", "ru": "Русский"}
WEIGHT = re.compile(r"[0-9](\.[0-9]{1,3})?")
"""As RFC 9110 writes it (section 12.4.2)."""
LANGUAGE_COOKIE = "piecework_language"
ZONE_COOKIE = "piecework_zone"
MOST_COUNTED = 99
MOST_WRITTEN = 6
"""Odds of more than a million to one are written as a power of ten."""
MIDNIGHT = time()
DAY = "d\N{NO-BREAK SPACE}MMM\N{NO-BREAK SPACE}y"
"""A day stays in one line, in a narrow column too."""
FILTERS = (
    "moment",
    "day",
    "clock",
    "money",
    "about",
    "number",
    "counted",
    "odds",
    "since",
    "until",
    "in_year",
    "percent",
    "duration",
)
"""The methods of `Format` that templates use as filters."""
ABSENT = "—"
"""Stands for what is not known or not there."""


def language(request: Request) -> str:
    """The reader's language: as chosen, else as the browser prefers, else English."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    if chosen in LANGUAGES:
        return chosen
    weighed = []
    for place, one in enumerate(request.headers.get("accept-language", "")[:200].split(",")):
        tag, _, weight = one.strip().partition(";q=")
        weighed.append((-float(weight) if WEIGHT.fullmatch(weight) else -1.0, place, tag))
    return negotiate_locale([tag for _, _, tag in sorted(weighed)], list(LANGUAGES), sep="-") or "en"


def zone(request: Request) -> tzinfo:
    """The reader's time zone, as their browser told; UTC where it did not."""
    return zone_named(request.cookies.get(ZONE_COOKIE, "")[:64])


@lru_cache(maxsize=1000)
def zone_named(name: str) -> tzinfo:
    """A zone by its name; UTC if there is none of that name."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


@cache
def _compiled(path: Path, code: str) -> bytes:
    compiled = io.BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=code, abort_invalid=True))
    return compiled.getvalue()


def catalogue(folders: Iterable[Path], code: str) -> Translations:
    """The parts' texts in a language, from `<code>.po` of each folder. English is what the code says."""
    found: Translations | None = None
    for folder in folders:
        path = folder / f"{code}.po"
        if path.is_file():
            one = Translations(io.BytesIO(_compiled(path, code)))
            found = one if found is None else found.add(one)  # the first one's rule for plurals holds for all: same language
    return found or Translations()


@dataclass(frozen=True, slots=True)
class Format:
    """How a reader sees moments and figures. None is shown as a dash."""

    locale: Locale
    zone: tzinfo

    def moment(self, value: datetime | str | None) -> str | Markup:
        """A moment in the reader's zone, as a `time` element that machines can read."""
        if value is None:
            return ABSENT
        at = datetime.fromisoformat(value) if isinstance(value, str) else value
        text = dates.format_datetime(at, f"{DAY}, HH:mm", tzinfo=self.zone, locale=self.locale)
        return Markup('<time datetime="{}">{}</time>').format(at.isoformat(), text)

    def day(self, value: date | datetime | str | None, where: str = "") -> str | Markup:
        """A day; of a moment, the day in the reader's zone, or in the zone that is named: weeks and days of contracts are of theirs."""
        if value is None:
            return ABSENT
        if isinstance(value, str):
            value = datetime.fromisoformat(value) if "T" in value else date.fromisoformat(value)
        if isinstance(value, datetime):
            value = value.astimezone(zone_named(where) if where else self.zone).date()
        return Markup('<time datetime="{}">{}</time>').format(
            value.isoformat(), dates.format_date(value, DAY, locale=self.locale)
        )

    def clock(self, value: datetime | str | None) -> str:
        """The time of day alone."""
        if value is None:
            return ABSENT
        at = datetime.fromisoformat(value) if isinstance(value, str) else value
        return str(dates.format_time(at, "HH:mm", tzinfo=self.zone, locale=self.locale))

    def money(self, value: Decimal | str | None, currency: str = "RUB") -> str:
        """An amount with all its digits: never rounded for the eye."""
        if value is None:
            return ABSENT
        amount = Decimal(value)
        shown = amount.normalize() if amount != amount.to_integral() else amount.quantize(Decimal(1))
        return self._currency(amount, max(2, -int(shown.as_tuple().exponent)), currency)

    def about(self, value: Decimal | float | str | None, currency: str = "RUB") -> str:
        """An estimated amount in the three digits that matter: more would pretend to know."""
        if value is None:
            return ABSENT
        amount = Decimal(value)
        places = 2 - amount.adjusted() if amount else 0
        return self._currency(round(amount, places), max(2, places) if places > 0 else 0, currency)

    def _currency(self, amount: Decimal, places: int, currency: str) -> str:
        figure = f"#,##0.{'0' * places}" if places else "#,##0"
        apart = "\N{NO-BREAK SPACE}" if numbers.get_currency_symbol(currency, self.locale).isalpha() else ""
        pattern = f"{figure}\N{NO-BREAK SPACE}¤" if self.locale.language == "ru" else f"¤{apart}{figure}"
        return str(numbers.format_currency(amount, currency, pattern, locale=self.locale, currency_digits=False))

    def counted(self, value: int) -> str:
        """How many things wait; more than 99 are not counted on a badge."""
        return self.number(value) if value <= MOST_COUNTED else f"{self.number(MOST_COUNTED)}+"

    def odds(self, power: float) -> str:
        """So many to one, from its power of ten: in full up to a million, as a power beyond."""
        return self.number(float(f"{10**power:.1g}"), 0) if power <= MOST_WRITTEN else f"10^{self.number(power, 0)}"

    def in_year(self, value: date) -> str:
        """A day without its year, for the axis of a chart."""
        return str(dates.format_date(value, "d\N{NO-BREAK SPACE}MMM", locale=self.locale))

    def since(self, value: datetime) -> str | Markup:
        """When something begins: the day, if at its beginning in the reader's zone."""
        return self.day(value) if value.astimezone(self.zone).time() == MIDNIGHT else self.moment(value)

    def until(self, value: datetime) -> str | Markup:
        """When something ends: its last day, if with the day in the reader's zone."""
        here = value.astimezone(self.zone)
        return self.day(here.date() - timedelta(days=1)) if here.time() == MIDNIGHT else self.moment(value)

    def number(self, value: float | Decimal | str | None, places: int | None = None) -> str:
        """A number; at most `places` digits after the point (as many as it has, at most 3, if not said)."""
        if value is None:
            return ABSENT
        pattern = "#,##0.###" if places is None else "#,##0" + ("." + "#" * places if places else "")
        return str(numbers.format_decimal(Decimal(str(value)), pattern, locale=self.locale))

    def percent(self, value: float | Decimal | str | None, places: int = 0) -> str:
        """A share of one as per cent."""
        if value is None:
            return ABSENT
        digits = "." + "#" * places if places else ""
        pattern = f"#,##0{digits}\N{NO-BREAK SPACE}%" if self.locale.language == "ru" else f"#,##0{digits}%"
        return str(numbers.format_percent(Decimal(str(value)), pattern, locale=self.locale))

    def duration(self, seconds: float | None) -> str:
        """A length of time in its largest fitting unit."""
        if seconds is None:
            return ABSENT
        return str(
            dates.format_timedelta(round(seconds), granularity="second", threshold=1.5, format="short", locale=self.locale)
        )
