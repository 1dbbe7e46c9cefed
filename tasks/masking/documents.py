"""SNILS and INN, by their check digits, and passports of the Russian Federation."""

from __future__ import annotations

import re
from dataclasses import replace
from operator import mul
from typing import Final

from piecework.tasks.masking.digits import GAP, GAP0, MONEY, OWN, cuts_of, digits_of
from piecework.tasks.masking.findings import Hit, PersonalDataKind
from piecework.tasks.masking.search import Search
from piecework.tasks.masking.words import Word

SNILS: Final = re.compile(rf"\d(?<!\d\d)\d{{2}}{GAP}\d{{3}}{GAP}\d{{3}}{GAP}\d{{2}}(?!\d)")
SNILS_ANYHOW: Final = re.compile(rf"\d(?:{GAP0}\d){{10}}(?!\d)")
INN: Final = re.compile(rf"\d(?:{GAP0}\d){{9}}(?:(?:{GAP0}\d){{2}}(?!\d)|(?!\d))")
INN_BARE: Final = re.compile(rf"\d{OWN}(?<![a-z_]\d)\d{{11}}(?!\d)(?![a-z_])")

_NUMBER_SIGN: Final = r"[ ,;:.\n\-]{0,4}(?:номер|ном|№|number|num|nr|no|n|#)?[ ,;:.№#\n\-]{0,4}"
PASSPORT: Final = re.compile(rf"\d{{2}}{GAP0}\d{{2}}{_NUMBER_SIGN}\d{{3}}{GAP0}\d{{3}}(?!\d)")
PASSPORT_BACKWARDS: Final = re.compile(rf"\d{{6}}[ ,;.\n\-]{{0,4}}(?:серия|series)[ :.\-]{{0,4}}\d{{2}}{GAP0}\d{{2}}(?!\d)")
PASSPORT_BARE: Final = re.compile(r"\d(?<![\d.,+]\d)(?<![\d.,+]-\d)\d {1,2}\d{2} {1,2}(?:№ ?|номер )?\d{6}(?!\d)(?![.,]\d)")


def snils(search: Search, match: re.Match[str]) -> Hit | None:
    """A SNILS in its grouping, or near its word."""
    digits = digits_of(match.group())
    if not _snils_valid(digits):
        return None
    if match.re is SNILS or search.word_before(match.start()) is Word.SNILS:
        return Hit(PersonalDataKind.SNILS, match.start(), match.end(), digits)
    return None


def inn(search: Search, match: re.Match[str]) -> Hit | None:
    """An INN of 10 or 12 digits after its word."""
    if search.word_before(match.start()) is not Word.INN:
        return None
    for length, end in reversed(cuts_of(match.group())):
        digits = digits_of(match.group()[:end])
        if length in (10, 12) and _inn_valid(digits):
            return Hit(PersonalDataKind.INN, match.start(), match.start() + end, digits)
    return None


def inn_bare(_search: Search, match: re.Match[str]) -> Hit | None:
    """An INN of 12 digits in a row."""
    digits = match.group()
    if digits == "0" * 12 or not _inn_valid(digits):
        return None
    return Hit(PersonalDataKind.INN, match.start(), match.end(), digits)


def passport(search: Search, match: re.Match[str]) -> Hit | None:
    """The series and the number after the word."""
    if search.word_before(match.start()) is not Word.PASSPORT:
        return None
    return Hit(PersonalDataKind.PASSPORT, match.start(), match.end(), digits_of(match.group()))


def passport_backwards(search: Search, match: re.Match[str]) -> Hit | None:
    """The number first, then the series."""
    hit = passport(search, match)
    return replace(hit, value=hit.value[6:] + hit.value[:6]) if hit else None


def passport_bare(search: Search, match: re.Match[str]) -> Hit | None:
    """The usual grouping without the word."""
    if MONEY.match(search.text, match.end()):
        return None
    return Hit(PersonalDataKind.PASSPORT, match.start(), match.end(), digits_of(match.group()))


_INN_WEIGHTS: Final = {
    10: ((2, 4, 10, 3, 5, 9, 4, 6, 8),),
    12: ((7, 2, 4, 10, 3, 5, 9, 4, 6, 8), (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)),
}


def _inn_valid(digits: str) -> bool:
    """One check digit for a company (10 digits), two for a person (12)."""
    numbers = list(map(int, digits))
    return all(sum(map(mul, numbers, row)) % 11 % 10 == numbers[len(row)] for row in _INN_WEIGHTS[len(digits)])


def _snils_valid(digits: str) -> bool:
    """The last two digits are the weighted sum of the first nine."""
    total = sum(int(digit) * weight for digit, weight in zip(digits, range(9, 0, -1), strict=False))
    return digits[:9] != "0" * 9 and total % 101 % 100 == int(digits[9:])
