"""What price lists say, as plain values: the price of an answer, the list in force at a moment, and whether one is worse than another.

`price_of` and `in_force` are what rate_of() and rate_list_at() of the database are, for lists that are not in force yet; tests hold
them together.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import NamedTuple
from uuid import UUID

ALL_LANGUAGES = ""


class Place(NamedTuple):
    """What a price is for: a step, from a level of its qualification on, a language ('': those without a price of their own)."""

    step_key: str
    level: int
    language: str


class OwnPrice(NamedTuple):
    """A step as its workflow has it: the level that it needs, and the price where no list names it."""

    step_key: str
    level: int
    price: int


Rates = Mapping[Place, int]


@dataclass(frozen=True, slots=True)
class Hold:
    """How long accepted money is held: until the answer is accepted or its ticket resolved, and `days` more; at most `most_days`."""

    until: str = "accepted"
    days: int = 0
    most_days: int = 14

    def longer_than(self, other: "Hold") -> bool:
        """True if some answer's money would be held longer than under the other. A ticket may be resolved at once, or much later."""
        if self.until == "accepted":
            return self.days > other.days
        if other.until == "accepted":
            return self.most_days > other.days
        return self.days > other.days or self.most_days > other.most_days


@dataclass(frozen=True, slots=True)
class PriceList:
    """A version of a project's prices, with the time in which it is in force (half-open; no end: until the next one starts)."""

    id: UUID
    version: int
    starts_at: datetime
    ends_at: datetime | None
    approved_at: datetime
    reason: str
    hold: Hold
    rates: Rates


NO_HOLD = Hold()


def price_of(rates: Rates, own: OwnPrice, level: int, language: str) -> int:
    """What one answer is worth: the row of its language before that of all, then the highest level reached; else the step's own."""
    for said in (language, ALL_LANGUAGES):
        for reached in range(level, 0, -1):
            found = rates.get(Place(own.step_key, reached, said))
            if found is not None:
                return found
    return own.price


def in_force(lists: Iterable[PriceList], at: datetime) -> PriceList | None:
    """The list that started last, unless it has ended: an older one does not come back."""
    started = [one for one in lists if one.starts_at <= at]
    newest = max(started, key=lambda one: one.starts_at, default=None)
    return newest if newest is not None and (newest.ends_at is None or newest.ends_at > at) else None


def languages_of(rates: Rates) -> list[str]:
    """Every language that the list has a price for, and all the others ('')."""
    return sorted({ALL_LANGUAGES}.union(place.language for place in rates))


def falls(before: Rates, after: Rates, steps: Iterable[OwnPrice]) -> list[Place]:
    """Where an answer would be worth less than before: steps, the levels from which on, and languages.

    Between two levels that one of the lists names, and in languages that neither does, prices do not change.
    """
    return [
        Place(own.step_key, level, language)
        for own in steps
        for level, language in _corners(own, [*before, *after])
        if price_of(after, own, level, language) < price_of(before, own, level, language)
    ]


def _corners(own: OwnPrice, places: Iterable[Place]) -> Iterable[tuple[int, str]]:
    named = [place for place in places if place.step_key == own.step_key]
    levels = {own.level, *(place.level for place in named if place.level > own.level)}
    return product(sorted(levels), sorted({ALL_LANGUAGES, *(place.language for place in named)}))


def named_places(rates: Rates, steps: Iterable[OwnPrice]) -> list[tuple[Place, int]]:
    """Every price that answers of these steps can have: where the list makes a difference, and where a step begins."""
    found = {
        Place(own.step_key, level, language): price_of(rates, own, level, language)
        for own in steps
        for level, language in {
            (own.level, ALL_LANGUAGES),
            *((max(own.level, place.level), place.language) for place in rates if place.step_key == own.step_key),
        }
    }
    return sorted(found.items())
