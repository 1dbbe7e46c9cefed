"""What the patterns of numbers are made of.  Every repetition is bounded, separators and digits have nothing in common."""

from __future__ import annotations

import re
from typing import Final

GAP: Final = r"[ .\-_]{1,3}"
GAP0: Final = r"[ .\-_]{0,3}"
PGAP: Final = r"[ .\-_()/]{1,4}"
PGAP0: Final = r"[ .\-_()/]{0,4}"
# These follow the first digit of a pattern and look back over it: a pattern that begins with a digit is found fast.
ALONE: Final = r"(?<!\d\d)(?<!\d[ .\-_()]\d)(?<!\d[ .\-_()]{2}\d)"  # not a continuation of another number
OWN: Final = r"(?<!\d\d)(?<!\d\.\d)(?<!\D\d,\d)(?<!^\d,\d)"  # not the fraction of a decimal
_OWN_OR_LISTED: Final = r"(?<!\d\d)(?<!\D0[.,]\d)(?<!^0[.,]\d)"  # the same, but "1.8916..." may be an item of a list
NO_CODE: Final = (
    rf"{_OWN_OR_LISTED}(?:(?<![a-z_+]\d)(?<![a-z]-\d)|(?<=tel\d)|(?<=phone\d)|(?<=call\d)|(?<=app\d)|(?<=mob\d)|(?<=tel-\d))"
)

_YEAR: Final = r"(?:19|20)\d{2}"
_DATE: Final = rf"(?:\d{{1,2}}[./\-]\d{{1,2}}[./\-]{_YEAR}|{_YEAR}[./\-][01]\d[./\-][0-3]\d)(?!\d)"
_OCTET: Final = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
NOT_A_NUMBER: Final = re.compile(
    rf"\d(?<!\d\d)(?<!\d[.\-/]\d)(?=[\d./\-]{{6}})(?:\d?[./\-]\d{{1,2}}[./\-]{_YEAR}(?!\d)(?: ?- ?{_DATE})?"
    rf"|(?<=[12])\d{{3}}[./\-][01]\d[./\-][0-3]\d(?!\d)(?: ?- ?{_DATE})?"
    rf"|(?:(?<=1)\d{{0,2}}|(?<=2)(?:[0-4]\d?|5[0-5]?|[6-9])?|(?<=[03-9])\d?)(?:\.{_OCTET}){{3}}(?!\.?\d))"
)
MONEY: Final = re.compile(r"\s{0,2}(?:руб|₽|р\.?(?![\w\-])|коп|тыс|млн|rub|usd|eur|\$|€|балл|бонус|шт(?!\w)|кг(?!\w)|км(?!\w)|%)")

ANY_DIGIT: Final = re.compile(r"\d")
_DIGIT_GROUPS: Final = re.compile(r"\d+")


def groups_of(number: str) -> list[str]:
    """The runs of digits."""
    return _DIGIT_GROUPS.findall(number)


def digits_of(number: str) -> str:
    """The digits alone."""
    return "".join(groups_of(number))


def cuts_of(number: str, *, stop_inside: bool = False) -> list[tuple[int, int]]:
    """(how many digits so far, offset) after each group of digits; the last one may be only a part of a group."""
    cuts: list[tuple[int, int]] = []
    count = 0
    for match in _DIGIT_GROUPS.finditer(number):
        count += match.end() - match.start()
        cuts.append((count, match.end()))
    return cuts[:-1] if stop_inside else cuts


def thousands(groups: list[str]) -> bool:
    """1 234 567: the look of an amount."""
    return len(groups) > 1 and len(groups[0]) <= 3 and all(len(group) == 3 for group in groups[1:])
