"""Two languages: which one a reader gets, its texts, and how dates, numbers and money are written in it."""

import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
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
FILTERS = ("moment", "day", "clock", "money", "number", "percent", "duration")
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
        text = dates.format_datetime(at, "d MMM y, HH:mm", tzinfo=self.zone, locale=self.locale)
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
            value.isoformat(), dates.format_date(value, "d MMM y", locale=self.locale)
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
        places = max(2, -int(shown.as_tuple().exponent))
        figure = f"#,##0.{'0' * places}"
        apart = "\N{NO-BREAK SPACE}" if numbers.get_currency_symbol(currency, self.locale).isalpha() else ""
        pattern = f"{figure}\N{NO-BREAK SPACE}¤" if self.locale.language == "ru" else f"¤{apart}{figure}"
        return str(numbers.format_currency(amount, currency, pattern, locale=self.locale, currency_digits=False))

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
