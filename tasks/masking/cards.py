"""Bank cards: the Luhn check, and the look of the number."""

from __future__ import annotations

import re
from itertools import accumulate
from typing import Final

from piecework.tasks.masking.digits import ALONE, GAP0, OWN, cuts_of, groups_of, thousands
from piecework.tasks.masking.findings import Hit, PersonalDataKind
from piecework.tasks.masking.search import Search
from piecework.tasks.masking.words import Word

CARD: Final = re.compile(rf"\d(?<!\d\d)(?:{OWN}\d{{12,18}}|\d{{3,11}}(?:[ \n.\-_]{{1,3}}\d{{3,12}}){{1,4}})(?!\d)")
CARD_ANYHOW: Final = re.compile(rf"[2-9]{ALONE}(?:{GAP0}\d){{12,18}}(?!{GAP0}\d)")


def card(search: Search, match: re.Match[str]) -> Hit | None:
    """Digits in a row or in groups: the longest run of whole groups that is a card."""
    groups = groups_of(match.group())
    digits = "".join(groups)
    lengths = [length for length in accumulate(map(len, groups)) if 13 <= length <= 19]
    for length in reversed(lengths):  # the longest first, lest a tail of the number be left
        if _card_valid(search, match.start(), digits[:length]):
            return Hit(PersonalDataKind.CARD, match.start(), _end(match, length), digits[:length])
    return None


def _card_valid(search: Search, start: int, digits: str) -> bool:
    if digits[0] == "0" or not _luhn_valid(digits):
        return False
    return digits[0] not in "17" or search.word_before(start) is Word.CARD


def _end(match: re.Match[str], length: int) -> int:
    return match.start() + dict(cuts_of(match.group()))[length]


def card_anyhow(search: Search, match: re.Match[str]) -> Hit | None:
    """Digits with separators anywhere, in what looks like groups or after the word."""
    groups = groups_of(match.group())
    singles = len(groups) == 16 and all(len(group) == 1 for group in groups)
    decimal = len(groups) == 2 and "." in match.group()
    tame = len(groups) <= 6 and all(len(group) >= 2 for group in groups) and not decimal and not thousands(groups)
    if not (singles or tame or search.word_before(match.start()) is Word.CARD):
        return None
    digits = "".join(groups)
    return Hit(PersonalDataKind.CARD, *match.span(), digits) if _card_valid(search, match.start(), digits) else None


_DOUBLED: Final = str.maketrans("0123456789", "0246813579")


def _luhn_valid(digits: str) -> bool:
    """The Luhn check, several times as fast as the library's: a hostile text makes it run for every group."""
    return (sum(map(int, digits[::-2])) + sum(map(int, digits[-2::-2].translate(_DOUBLED)))) % 10 == 0
