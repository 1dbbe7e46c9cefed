"""Telephone numbers."""

from __future__ import annotations

import re
from typing import Final

from piecework.tasks.masking.digits import ALONE, GAP, GAP0, MONEY, NO_CODE, PGAP, PGAP0, cuts_of, digits_of, groups_of, thousands
from piecework.tasks.masking.findings import Hit, PersonalDataKind
from piecework.tasks.masking.search import Search
from piecework.tasks.masking.words import Word

PLUS: Final = re.compile(r"\+[ ]{0,2}\(?\d(?:[ \n.\-_()\[\]/~*]{0,4}\d){7,14}")

_TEN: Final = "|".join(
    (
        rf"\d{{3}}{PGAP0}\d{{3}}{PGAP0}\d{{2}}{PGAP0}\d{{2}}",
        rf"\d{{3}}{PGAP}\d{{2}}{PGAP}(?:\d{{2}}{PGAP}\d{{3}}|\d{{3}}{PGAP}\d{{2}})",
        rf"\d{{3}}{PGAP}\d{{4}}{PGAP}\d{{3}}",
        rf"\d{{4}}{PGAP}(?:\d{{2}}{PGAP0}\d{{2}}{PGAP0}\d{{2}}|\d{{3}}{PGAP}\d{{3}})",
        rf"\d{{5}}{PGAP}(?:\d{PGAP0}\d{{2}}{PGAP0}\d{{2}}|\d{{3}}{PGAP}\d{{2}}|\d{{2}}{PGAP}\d{{3}})",
        rf"\d{{5}}{PGAP}\d{{5}}",
    )
)
ELEVEN: Final = re.compile(rf"[78]{NO_CODE}(?={PGAP0}[3-9])(?:{PGAP0}(?:{_TEN}))(?!\d)")
ELEVEN_ANYHOW: Final = re.compile(rf"[78]{ALONE}(?<![a-z_]\d){PGAP0}9(?:{PGAP0}\d){{9}}(?!{PGAP0}\d)")
BRACKETS: Final = re.compile(
    rf"\((?<!\d\()[ ]?(?:[3489]\d{{2}}[ ]?\){GAP0}\d{{3}}{GAP0}\d{{2}}{GAP0}\d{{2}}"
    rf"|[348]\d{{3}}[ ]?\){GAP0}\d{{2}}{GAP0}\d{{2}}{GAP0}\d{{2}}"
    rf"|[348]\d{{4}}[ ]?\){GAP0}\d{{1}}{GAP0}\d{{2}}{GAP0}\d{{2}})(?!\d)"
)
LOOKS_LOCAL: Final = re.compile(
    rf"[3489]{NO_CODE}(?:(?<=9)\d{{2}}(?:{GAP}\d{{3}}{GAP}\d{{2}}{GAP0}\d{{2}}|{GAP}\d{{2}}{GAP}\d{{2}}{GAP}\d{{3}}"
    rf"|{GAP}\d{{2}}{GAP}\d{{3}}{GAP}\d{{2}}| ?- ?\d{{3}}{GAP0}\d{{2}}{GAP0}\d{{2}})"
    rf"|\d{{2}}{GAP}\d{{3}}-\d{{2}}-\d{{2}})(?!\d)(?!-\d)"
)
_COUNTRIES: Final = (
    ("375", 12), ("380", 12), ("998", 12), ("996", 12), ("992", 12), ("994", 12), ("995", 12), ("993", 11),
    ("374", 11), ("373", 11), ("371", 11), ("972", 12), ("971", 12), ("90", 12), ("1", 11), ("44", 12), ("48", 11),
    ("33", 11), ("34", 11), ("86", 13), ("81", 12), ("91", 12), ("84", 11), ("66", 11), ("61", 11),
)  # fmt: skip
FOREIGN_BRACKETS: Final = re.compile(rf"\d{NO_CODE}\d{{0,2}} ?\(\d{{2,4}}\){GAP0}\d{{1,4}}(?:{GAP0}\d{{2,4}}){{1,3}}(?!\d)")
AFTER_A_WORD: Final = re.compile(rf"\d(?:{PGAP0}\d){{6,14}}(?!\d)")
_LOCAL_SEVEN: Final = re.compile(r"\d{3}[ \-]\d{2}[ \-]\d{2}")


def phone(search: Search, match: re.Match[str]) -> Hit | None:
    """What looks like a telephone number, unless it is an amount of something."""
    return _phone_at(search, *match.span())


def _phone_at(search: Search, start: int, end: int) -> Hit | None:
    if MONEY.match(search.text, end):
        return None
    return Hit(PersonalDataKind.PHONE, start, end, _phone_value(digits_of(search.text[start:end])))


def plus(search: Search, match: re.Match[str]) -> Hit | None:
    """A number that begins with a plus: as long as its country has them, or all that is on the line."""
    cuts = cuts_of(match.group(), stop_inside=search.text[match.end() : match.end() + 1].isdigit())
    digits = digits_of(match.group())
    length = _national(digits)
    at = dict(cuts)
    if length in at:
        return _phone_sure(search, match.start(), match.start() + at[length])
    line = match.group().partition("\n")[0]
    ends = [end for count, end in cuts if count >= 8 and end <= len(line)]
    if not ends or (thousands(groups_of(line)) and MONEY.match(search.text, match.start() + ends[-1])):
        return None
    return _phone_sure(search, match.start(), match.start() + ends[-1])


def _phone_sure(search: Search, start: int, end: int) -> Hit:
    return Hit(PersonalDataKind.PHONE, start, end, _phone_value(digits_of(search.text[start:end])))


def eleven(search: Search, match: re.Match[str]) -> Hit | None:
    """Seven or eight and ten digits in a usual grouping, or in a row."""
    number = match.group()
    if thousands(groups_of(number)):
        return None
    if number.isdigit() and not _glued_eleven(search, match.start(), number):
        return None
    return phone(search, match)


def _glued_eleven(search: Search, start: int, number: str) -> bool:
    """Eleven digits in a row after "заказ" are a telephone only when they are a mobile one."""
    if number[1] not in "34789":
        return False
    if search.word_before(start) is not Word.ORDER:
        return True
    return number[1] == "9" and search.text[max(0, start - 2) : start].strip() not in ("№", "#")


def eleven_anyhow(search: Search, match: re.Match[str]) -> Hit | None:
    """Seven or eight and a mobile number, grouped in any way."""
    groups = groups_of(match.group())
    return None if len(groups) == 1 or thousands(groups) else phone(search, match)


def foreign_brackets(search: Search, match: re.Match[str]) -> Hit | None:
    """A foreign number without a plus, its area code in brackets."""
    return phone(search, match) if 10 <= len(digits_of(match.group())) <= 13 else None


def after_a_word(search: Search, match: re.Match[str]) -> Hit | None:
    """A number that only the word before it makes a telephone."""
    word = search.word_before(match.start())
    if word is not Word.PHONE and word is not Word.NUMBER:
        return None
    text, start = match.group(), match.start()
    cuts = dict(cuts_of(text))
    if 10 in cuts and text[0] in ("9" if word is Word.NUMBER else "3489"):
        return _phone_at(search, start, start + cuts[10])
    if word is Word.NUMBER:
        return None
    length = next((full for code, full in _COUNTRIES[:13] if text.startswith((code, "00" + code))), 0)
    for wanted in (length, length + 2):
        if length and wanted in cuts:
            return _phone_at(search, start, start + cuts[wanted])
    seven = cuts.get(7)
    return _phone_at(search, start, start + seven) if seven and _LOCAL_SEVEN.fullmatch(text[:seven]) else None


def _national(digits: str) -> int:
    """How many digits a full number with this country code has; 0 when not known."""
    if digits[0] == "7" or digits.startswith("89"):
        return 11
    return next((length for code, length in _COUNTRIES if digits.startswith(code)), 0)


def _phone_value(digits: str) -> str:
    if len(digits) == 11 and digits[0] in "78":
        return "7" + digits[1:]
    return "7" + digits if len(digits) == 10 else digits
