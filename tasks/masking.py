"""Masking of personal data in a customer's text, before a freelancer sees it.

What is guaranteed
------------------
* :func:`mask` returns for every ``str`` (lone surrogates, NUL and emoji included) and never raises.
* Findings lie inside the original text, do not overlap and are sorted; the text around them is not changed.
* Masking is idempotent: masking a masked text changes nothing.
* The time is proportional to the length of the text: every pattern looks a bounded distance ahead and back.
* Digits of any script, dashes and spaces of any kind, zero-width characters, soft hyphens, combining marks and
  control characters between the digits are no way round: the search goes over a normalised shadow of the text.

What is recognised: telephone numbers, e-mail addresses, bank cards (Luhn), passports of the Russian Federation,
SNILS and INN (check digits).  Where a bare number is ambiguous, the words before it decide ("тел.", "заказ", ...).

What is known NOT to be caught
------------------------------
* Names, postal addresses, dates of birth, nicknames in messengers (``@ivan``), links to profiles, number plates.
* Numbers written in words ("восемь девятьсот шестнадцать") and digits imitated by letters ("8916l23O567").
* Numbers with letters or foreign signs put between the digits ("8x916x123", "8=916=123"), and numbers cut in two by
  a line break (except cards in fours and numbers that begin with a plus).
* Ten digits without a word such as "тел." before them and without the look of a telephone number; foreign numbers
  without a plus, brackets or such a word; local numbers of five to seven digits without such a word.
* Cards, SNILS and INN with a wrong check digit; cards beginning with 0, 1 or 7 without the word "карта" or "card";
  a SNILS that is neither in its grouping nor near its word; an INN of ten digits away from its word.
* Foreign and international passports, driving licences, policies, bank accounts; the series or the number alone.
* E-mail addresses without a dot in the domain ("ivan@gmail") and spelled with "underscore" or "dash" in words.

What may be masked needlessly: about a tenth of foreign numbers of 13 to 19 digits (tracking numbers, IMEI, bar codes)
pass the Luhn check, and about a hundredth of bare numbers of 12 digits are valid INN.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from itertools import accumulate
from operator import mul
from typing import Final

__all__ = ["Finding", "Masked", "PersonalDataKind", "mask"]


class PersonalDataKind(StrEnum):
    """The kinds of personal data that are masked; the value is the word in the placeholder."""

    PHONE = "PHONE"
    EMAIL = "EMAIL"
    CARD = "CARD"
    PASSPORT = "PASSPORT"
    SNILS = "SNILS"
    INN = "INN"


@dataclass(frozen=True, slots=True)
class Finding:
    """One masked fragment: ``text[start:end]`` of the ORIGINAL text."""

    kind: PersonalDataKind
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Masked:
    """The text with placeholders, and where the fragments they replaced stood in the original."""

    text: str
    findings: tuple[Finding, ...]


def mask(text: str) -> Masked:
    """Replace personal data with placeholders such as ``[PHONE 1]``.

    Equal values of one kind get one number within the text, in the order of their first appearance: telephone
    numbers and other numbers are compared by their digits ("+7", "8" and no prefix are one), e-mail addresses in
    lower case.  A number that the customer has typed in a placeholder of the same kind is not given out again, so
    that a typed ``[PHONE 1]`` is never mistaken for a masked telephone.  See the module for what is not caught.
    """
    shadow = _shadow(text)
    hits = _detect(shadow.text)
    if not hits:
        return Masked(text, ())
    findings = tuple(Finding(hit.kind, shadow.origin(hit.start), shadow.origin(hit.end - 1) + 1) for hit in hits)
    pieces: list[str] = []
    done = 0
    for finding, placeholder in zip(findings, _placeholders(shadow.text, hits), strict=True):
        pieces += (text[done : finding.start], placeholder)
        done = finding.end
    pieces.append(text[done:])
    return Masked("".join(pieces), findings)


# --------------------------------------------------------------------------------------------------------------------
# The shadow: the text in one alphabet, without invisible characters.

_BREAK: Final = "\x00"  # stands for what is masked already; nothing matches it
_SHUT: Final = "\x01"  # stands for dates and network addresses, which are not parts of numbers
_DROP: Final = "\x02"  # stands for an invisible character until it is dropped
_MARKS: Final = frozenset({"Cf", "Cc", "Cs", "Mn", "Me"})
_SPECIAL: Final = {
    **dict.fromkeys("\n\r\x0b\x0c\x85\u2028\u2029", "\n"),
    **dict.fromkeys("\t\x1f\u2800", " "),
    **dict.fromkeys("\u2212\u02d7\u2043\u2796\u30fc\uff70\u2500\u2501\u00af\u02c9", "-"),
    **dict.fromkeys("\u00b7\u2022\u2219\u22c5\u30fb\u3002\uff61\u2027", "."),
    **dict.fromkeys("\u115f\u1160\u3164\uffa0", _DROP),
    "\u2795": "+",
}


@dataclass(frozen=True, slots=True)
class _Shadow:
    """The normalised text; ``starts`` and ``origins`` say where its unbroken stretches came from."""

    text: str
    starts: list[int]
    origins: list[int]

    def origin(self, index: int) -> int:
        stretch = bisect_right(self.starts, index) - 1
        return self.origins[stretch] + index - self.starts[stretch]


@lru_cache(maxsize=4096)
def _plain(char: str) -> str:
    """One character for one character: its digit, dash, space or lower-case letter."""
    special = _SPECIAL.get(char)
    if special is not None:
        return special
    digit = unicodedata.digit(char, -1)
    if digit >= 0:
        return str(digit)
    category = unicodedata.category(char)
    if category in _MARKS:
        return _DROP
    if category == "Pd":
        return "-"
    if category == "Zs":
        return " "
    return _folded(char)


def _folded(char: str) -> str:
    compatible = unicodedata.normalize("NFKC", char)
    lowered = (compatible if len(compatible) == 1 else char).lower()
    return lowered if len(lowered) == 1 else char


_TYPED: Final = re.compile(r"\[(phone|email|card|passport|snils|inn) (\d{1,6})\]")


def _shadow(text: str) -> _Shadow:
    plain = text.translate({ord(char): _plain(char) for char in set(text)})
    if _DROP not in plain:
        return _Shadow(plain, [0], [0])
    stretches: list[str] = []
    starts, origins, length = [0], [0], 0
    for match in re.finditer(r"[^\x02]+", plain):
        starts.append(length)
        origins.append(match.start())
        stretches.append(match.group())
        length += len(stretches[-1])
    return _Shadow("".join(stretches), starts, origins)


# --------------------------------------------------------------------------------------------------------------------
# Hits, numbering, the order of the search.


@dataclass(frozen=True, slots=True)
class _Hit:
    kind: PersonalDataKind
    start: int
    end: int
    value: str  # normalised, for comparing


def _placeholders(shadow: str, hits: list[_Hit]) -> Iterator[str]:
    typed = {(match[1].upper(), int(match[2])) for match in _TYPED.finditer(shadow)}
    given: dict[tuple[str, str], int] = {}
    last = dict.fromkeys(PersonalDataKind, 0)
    for hit in hits:
        number = given.get((hit.kind, hit.value))
        if number is None:
            number = last[hit.kind] + 1
            while (hit.kind.value, number) in typed:
                number += 1
            given[hit.kind, hit.value] = last[hit.kind] = number
        yield f"[{hit.kind} {number}]"


def _detect(shadow: str) -> list[_Hit]:
    """All hits, sorted.  Repeated until nothing is left to find: that is what makes masking idempotent."""
    text = _TYPED.sub(lambda match: _BREAK * len(match.group()), shadow)
    hits: list[_Hit] = []
    while "@" in text or _WORTH_A_LOOK.search(text):
        search = _Search(text)
        search.run()
        if not search.hits:
            break
        hits += search.hits
        text = search.found_blanked
    return sorted(hits, key=lambda hit: hit.start)


_WORTH_A_LOOK: Final = re.compile(r"\d|собак|собач|sobaka|[\[({< ]at[\])}> ]")


def _blanked(text: str, spans: list[tuple[int, int]], filler: str) -> str:
    pieces: list[str] = []
    done = 0
    for start, end in spans:
        pieces += (text[done:start], filler * (end - start))
        done = end
    pieces.append(text[done:])
    return "".join(pieces)


# --------------------------------------------------------------------------------------------------------------------
# The words before a number.


class _Word(StrEnum):
    PHONE = "phone"
    CARD = "card"
    PASSPORT = "passport"
    SNILS = "snils"
    INN = "inn"
    ORDER = "order"
    NUMBER = "number"


_WORD_PATTERNS: Final = {
    _Word.PHONE: r"тел(?:ефон\w{0,4}|еф|ега|еграм\w{0,3})?|т(?=\.)|моб(?:ил\w{1,8})?|сот(?:ов\w{1,4})?|тлф|"
    r"(?:mobile|cell|tele|smart)?phone|mobile|cell|tel|whats? ?app|wh?ats?app?|wa|ватс?ап\w?|вотс?ап\w?|вацап\w?|"
    r"в[ао]тсапп?\w?|viber|вайбер\w?|telegram|tg|тг|max|макс|связ[иь]|связаться|свяжитесь|контакт\w{0,7}|"
    r"contacts?|reach|call|sms|смс|сбп|fax|факс|(?:по|пере|до|на)?звон\w{1,6}|набер\w{1,4}|набрать|наберите",
    _Word.CARD: r"карт[аыуеой]\w?|карточк\w{1,3}|cards?|visa|mastercard|пластик\w?",
    _Word.PASSPORT: r"(?:загран)?паспорт\w{0,4}|passports?|сери[яиюей]|series|пасп",
    _Word.SNILS: r"снилс\w{0,2}|snils",
    _Word.INN: r"инн|inn",
    _Word.ORDER: r"заказ\w{0,3}|orders?|арт(?:икул\w{0,2})?|sku|трек\w{0,6}|track\w{0,4}|накладн\w{1,3}|чек\w{0,2}|"
    r"сч[её]т\w{0,2}|invoice|договор\w{0,3}|contract|посылк\w{1,2}|отправлени\w{1,2}|код\w{0,3}|code|id|ид|"
    r"заявк\w{1,2}|обращени\w{1,2}|тикет\w{0,2}|ticket|операци\w{1,2}|транзакци\w{1,2}|transaction|"
    r"плат[её]ж\w{0,3}|р/с|огрн\w{0,2}|бик|окпо|серийн\w{1,3}|serial|s/n|imei|штрих\w{0,6}|barcode|"
    r"лицев\w{1,4}|полис\w{0,2}|товар\w{0,2}|модел\w{1,2}|верси\w{1,2}|version|билет\w{0,2}|рейс\w{0,2}",
    _Word.NUMBER: r"номер\w{0,3}|number",
}
_LETTER: Final = r"[^\W\d_]"
_WORDS: Final = re.compile(
    rf"(?<!{_LETTER})(?=[a-zа-я])(?:"
    + "|".join(rf"(?P<{kind}>{forms})" for kind, forms in _WORD_PATTERNS.items()).replace(r"\w", _LETTER)
    + rf")(?!{_LETTER})"
)
_REACH: Final = {
    _Word.PHONE: 30,
    _Word.CARD: 40,
    _Word.PASSPORT: 60,
    _Word.SNILS: 40,
    _Word.INN: 40,
    _Word.ORDER: 25,
    _Word.NUMBER: 25,
}
_FENCE: Final = re.compile(r"[\d\x00]")
_ONLY_SIGNS: Final = re.compile(r"[\s:.№#=\-(]*")
_ENUMERATION: Final = re.compile(r"[\s,;/&]{0,4}(?:и|или|либо|and|or)?[\s,;/&]{0,4}")
_CHAINED: Final = {
    PersonalDataKind.PHONE: _Word.PHONE,
    PersonalDataKind.INN: _Word.INN,
    PersonalDataKind.SNILS: _Word.SNILS,
}


# --------------------------------------------------------------------------------------------------------------------
# The patterns of numbers.  Every repetition is bounded, separators and digits have nothing in common.

_GAP: Final = r"[ .\-_]{1,3}"
_GAP0: Final = r"[ .\-_]{0,3}"
_PGAP: Final = r"[ .\-_()/]{1,4}"
_PGAP0: Final = r"[ .\-_()/]{0,4}"
# These follow the first digit of a pattern and look back over it: a pattern that begins with a digit is found fast.
_ALONE: Final = r"(?<!\d\d)(?<!\d[ .\-_()]\d)(?<!\d[ .\-_()]{2}\d)"  # not a continuation of another number
_OWN: Final = r"(?<!\d\d)(?<!\d\.\d)(?<!\D\d,\d)(?<!^\d,\d)"  # not the fraction of a decimal
_OWN_OR_LISTED: Final = r"(?<!\d\d)(?<!\D0[.,]\d)(?<!^0[.,]\d)"  # the same, but "1.8916..." may be an item of a list
_NO_CODE: Final = rf"{_OWN_OR_LISTED}(?:(?<![a-z_+]\d)(?<![a-z]-\d)|(?<=tel\d)|(?<=phone\d)|(?<=call\d)|(?<=app\d)|(?<=mob\d)|(?<=tel-\d))"

_CARD: Final = re.compile(rf"\d(?<!\d\d)(?:{_OWN}\d{{12,18}}|\d{{3,11}}(?:[ \n.\-_]{{1,3}}\d{{3,12}}){{1,4}})(?!\d)")
_CARD_ANYHOW: Final = re.compile(rf"[2-9]{_ALONE}(?:{_GAP0}\d){{12,18}}(?!{_GAP0}\d)")

_PLUS: Final = re.compile(r"\+[ ]{0,2}\(?\d(?:[ \n.\-_()\[\]/~*]{0,4}\d){7,14}")

_TEN: Final = "|".join(
    (
        rf"\d{{3}}{_PGAP0}\d{{3}}{_PGAP0}\d{{2}}{_PGAP0}\d{{2}}",
        rf"\d{{3}}{_PGAP}\d{{2}}{_PGAP}(?:\d{{2}}{_PGAP}\d{{3}}|\d{{3}}{_PGAP}\d{{2}})",
        rf"\d{{3}}{_PGAP}\d{{4}}{_PGAP}\d{{3}}",
        rf"\d{{4}}{_PGAP}(?:\d{{2}}{_PGAP0}\d{{2}}{_PGAP0}\d{{2}}|\d{{3}}{_PGAP}\d{{3}})",
        rf"\d{{5}}{_PGAP}(?:\d{_PGAP0}\d{{2}}{_PGAP0}\d{{2}}|\d{{3}}{_PGAP}\d{{2}}|\d{{2}}{_PGAP}\d{{3}})",
        rf"\d{{5}}{_PGAP}\d{{5}}",
    )
)
_ELEVEN: Final = re.compile(rf"[78]{_NO_CODE}(?={_PGAP0}[3-9])(?:{_PGAP0}(?:{_TEN}))(?!\d)")
_ELEVEN_ANYHOW: Final = re.compile(rf"[78]{_ALONE}(?<![a-z_]\d){_PGAP0}9(?:{_PGAP0}\d){{9}}(?!{_PGAP0}\d)")
_BRACKETS: Final = re.compile(
    rf"\((?<!\d\()[ ]?(?:[3489]\d{{2}}[ ]?\){_GAP0}\d{{3}}{_GAP0}\d{{2}}{_GAP0}\d{{2}}"
    rf"|[348]\d{{3}}[ ]?\){_GAP0}\d{{2}}{_GAP0}\d{{2}}{_GAP0}\d{{2}}"
    rf"|[348]\d{{4}}[ ]?\){_GAP0}\d{{1}}{_GAP0}\d{{2}}{_GAP0}\d{{2}})(?!\d)"
)
_LOOKS_LOCAL: Final = re.compile(
    rf"[3489]{_NO_CODE}(?:(?<=9)\d{{2}}(?:{_GAP}\d{{3}}{_GAP}\d{{2}}{_GAP0}\d{{2}}|{_GAP}\d{{2}}{_GAP}\d{{2}}{_GAP}\d{{3}}"
    rf"|{_GAP}\d{{2}}{_GAP}\d{{3}}{_GAP}\d{{2}}| ?- ?\d{{3}}{_GAP0}\d{{2}}{_GAP0}\d{{2}})"
    rf"|\d{{2}}{_GAP}\d{{3}}-\d{{2}}-\d{{2}})(?!\d)(?!-\d)"
)
_COUNTRIES: Final = (
    ("375", 12), ("380", 12), ("998", 12), ("996", 12), ("992", 12), ("994", 12), ("995", 12), ("993", 11),
    ("374", 11), ("373", 11), ("371", 11), ("972", 12), ("971", 12), ("90", 12), ("1", 11), ("44", 12), ("48", 11),
    ("33", 11), ("34", 11), ("86", 13), ("81", 12), ("91", 12), ("84", 11), ("66", 11), ("61", 11),
)  # fmt: skip
_FOREIGN_BRACKETS: Final = re.compile(
    rf"\d{_NO_CODE}\d{{0,2}} ?\(\d{{2,4}}\){_GAP0}\d{{1,4}}(?:{_GAP0}\d{{2,4}}){{1,3}}(?!\d)"
)
_AFTER_A_WORD: Final = re.compile(rf"\d(?:{_PGAP0}\d){{6,14}}(?!\d)")
_LOCAL_SEVEN: Final = re.compile(r"\d{3}[ \-]\d{2}[ \-]\d{2}")

_SNILS: Final = re.compile(rf"\d(?<!\d\d)\d{{2}}{_GAP}\d{{3}}{_GAP}\d{{3}}{_GAP}\d{{2}}(?!\d)")
_SNILS_ANYHOW: Final = re.compile(rf"\d(?:{_GAP0}\d){{10}}(?!\d)")
_INN: Final = re.compile(rf"\d(?:{_GAP0}\d){{9}}(?:(?:{_GAP0}\d){{2}}(?!\d)|(?!\d))")
_INN_BARE: Final = re.compile(rf"\d{_OWN}(?<![a-z_]\d)\d{{11}}(?!\d)(?![a-z_])")

_NUMBER_SIGN: Final = r"[ ,;:.\n\-]{0,4}(?:номер|ном|№|number|num|nr|no|n|#)?[ ,;:.№#\n\-]{0,4}"
_PASSPORT: Final = re.compile(rf"\d{{2}}{_GAP0}\d{{2}}{_NUMBER_SIGN}\d{{3}}{_GAP0}\d{{3}}(?!\d)")
_PASSPORT_BACKWARDS: Final = re.compile(
    rf"\d{{6}}[ ,;.\n\-]{{0,4}}(?:серия|series)[ :.\-]{{0,4}}\d{{2}}{_GAP0}\d{{2}}(?!\d)"
)
_PASSPORT_BARE: Final = re.compile(
    r"\d(?<![\d.,+]\d)(?<![\d.,+]-\d)\d {1,2}\d{2} {1,2}(?:№ ?|номер )?\d{6}(?!\d)(?![.,]\d)"
)

_YEAR: Final = r"(?:19|20)\d{2}"
_DATE: Final = rf"(?:\d{{1,2}}[./\-]\d{{1,2}}[./\-]{_YEAR}|{_YEAR}[./\-][01]\d[./\-][0-3]\d)(?!\d)"
_OCTET: Final = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_NOT_A_NUMBER: Final = re.compile(
    rf"\d(?<!\d\d)(?<!\d[.\-/]\d)(?=[\d./\-]{{6}})(?:\d?[./\-]\d{{1,2}}[./\-]{_YEAR}(?!\d)(?: ?- ?{_DATE})?"
    rf"|(?<=[12])\d{{3}}[./\-][01]\d[./\-][0-3]\d(?!\d)(?: ?- ?{_DATE})?"
    rf"|(?:(?<=1)\d{{0,2}}|(?<=2)(?:[0-4]\d?|5[0-5]?|[6-9])?|(?<=[03-9])\d?)(?:\.{_OCTET}){{3}}(?!\.?\d))"
)
_MONEY: Final = re.compile(
    r"\s{0,2}(?:руб|₽|р\.?(?![\w\-])|коп|тыс|млн|rub|usd|eur|\$|€|балл|бонус|шт(?!\w)|кг(?!\w)|км(?!\w)|%)"
)


class _Search:
    """One search over the shadow: the sure kinds first; what is found is blanked out for those that follow."""

    def __init__(self, shadow: str) -> None:
        self.hits: list[_Hit] = []
        self.found_blanked = shadow
        self._text = shadow
        self._latest: _Hit | None = None
        self._words: list[tuple[int, int, _Word]] = []
        self._word_ends: list[int] = []

    def run(self) -> None:
        self._keep(_emails(self._text))
        if not re.search(r"\d", self._text):
            return
        self._words = [(m.start(), m.end(), _Word(m.lastgroup or "")) for m in _WORDS.finditer(self._text)]
        self._word_ends = [end for _, end, _ in self._words]
        self._sweep(_CARD, self._card)
        self._sweep(_PLUS, self._plus)
        self._sweep_after(_Word.SNILS, _SNILS_ANYHOW, self._snils)
        spans = [match.span() for match in _NOT_A_NUMBER.finditer(self._text)]
        self._text = _blanked(self._text, spans, _SHUT)
        self._sweep(_SNILS, self._snils)
        self._sweep_after(_Word.INN, _INN, self._inn)
        self._sweep_after(_Word.PASSPORT, _PASSPORT, self._passport)
        self._sweep_after(_Word.PASSPORT, _PASSPORT_BACKWARDS, self._passport_backwards)
        self._sweep(_ELEVEN, self._eleven)
        self._sweep(_BRACKETS, self._phone)
        self._sweep(_FOREIGN_BRACKETS, self._foreign_brackets)
        self._sweep(_LOOKS_LOCAL, self._phone)
        self._sweep_after(_Word.PHONE, _AFTER_A_WORD, self._after_a_word)
        self._sweep(_INN_BARE, self._inn_bare)
        self._sweep(_PASSPORT_BARE, self._passport_bare)
        self._sweep(_ELEVEN_ANYHOW, self._eleven_anyhow)
        self._sweep(_CARD_ANYHOW, self._card_anyhow)

    def _keep(self, hits: list[_Hit]) -> None:
        if hits:
            spans = [(hit.start, hit.end) for hit in hits]
            self.hits += hits
            self._text = _blanked(self._text, spans, _BREAK)
            self.found_blanked = _blanked(self.found_blanked, spans, _BREAK)

    def _sweep(self, pattern: re.Pattern[str], accept: Callable[[re.Match[str]], _Hit | None]) -> None:
        hits: list[_Hit] = []
        self._latest = None
        match = pattern.search(self._text)
        while match:
            hit = accept(match)
            if hit:
                hits.append(hit)
                self._latest = hit
            match = pattern.search(self._text, hit.end if hit else match.start() + 1)
        self._keep(hits)

    def _sweep_after(
        self, wanted: _Word, pattern: re.Pattern[str], accept: Callable[[re.Match[str]], _Hit | None]
    ) -> None:
        """Try the pattern only on the first number after each word, and on the numbers enumerated after a hit."""
        hits: list[_Hit] = []
        self._latest = None
        tried = -1
        for _, end, word in self._words:
            if word is not wanted and word is not _Word.NUMBER:
                continue
            start = self._next_digit(end, _REACH[word])
            while start > tried and (self._latest is None or start >= self._latest.end):
                tried = start
                match = pattern.match(self._text, start)
                hit = accept(match) if match else None
                if hit:
                    hits.append(hit)
                    self._latest = hit
                    start = self._next_digit(hit.end, 12)
        self._keep(hits)

    def _next_digit(self, start: int, reach: int) -> int:
        digit = _ANY_DIGIT.search(self._text, start, start + reach + 1)
        return digit.start() if digit else -1

    # ---- the words before a number

    def _word_before(self, start: int) -> _Word | None:
        """The word that says what the number is: the nearest one, with no other number in between."""
        chained = self._chained(start)
        if chained:
            return chained
        index = bisect_right(self._word_ends, start) - 1
        word = self._word_at(index, start)
        if word is not _Word.NUMBER:
            return word
        closer = self._word_at(index - 1, self._words[index][0])
        if closer not in (None, _Word.NUMBER):
            return closer
        return word if _ONLY_SIGNS.fullmatch(self._text, self._words[index][1], start) else None

    def _word_at(self, index: int, start: int) -> _Word | None:
        if index < 0:
            return None
        _, end, word = self._words[index]
        if start - end > _REACH[word] or _FENCE.search(self._text, end, start):
            return None
        return word

    def _chained(self, start: int) -> _Word | None:
        """In "тел. X, Y" the word before X is good for Y as well."""
        latest = self._latest
        if latest is None or not 0 < start - latest.end <= 12:
            return None
        if not _ENUMERATION.fullmatch(self._text, latest.end, start):
            return None
        return _CHAINED.get(latest.kind)

    # ---- cards

    def _card(self, match: re.Match[str]) -> _Hit | None:
        groups = _groups(match.group())
        digits = "".join(groups)
        lengths = [length for length in accumulate(map(len, groups)) if 13 <= length <= 19]
        for length in reversed(lengths):  # the longest first, lest a tail of the number be left
            if self._card_valid(match.start(), digits[:length]):
                return _Hit(PersonalDataKind.CARD, match.start(), self._end(match, length), digits[:length])
        return None

    def _card_valid(self, start: int, digits: str) -> bool:
        if digits[0] == "0" or not _luhn_valid(digits):
            return False
        return digits[0] not in "17" or self._word_before(start) is _Word.CARD

    def _end(self, match: re.Match[str], length: int) -> int:
        return match.start() + dict(_cuts(match.group()))[length]

    def _card_anyhow(self, match: re.Match[str]) -> _Hit | None:
        groups = _groups(match.group())
        singles = len(groups) == 16 and all(len(group) == 1 for group in groups)
        decimal = len(groups) == 2 and "." in match.group()
        tame = len(groups) <= 6 and all(len(group) >= 2 for group in groups) and not decimal and not _thousands(groups)
        if not (singles or tame or self._word_before(match.start()) is _Word.CARD):
            return None
        digits = "".join(groups)
        return _Hit(PersonalDataKind.CARD, *match.span(), digits) if self._card_valid(match.start(), digits) else None

    # ---- telephones

    def _phone(self, match: re.Match[str]) -> _Hit | None:
        return self._phone_at(*match.span())

    def _phone_at(self, start: int, end: int) -> _Hit | None:
        if _MONEY.match(self._text, end):
            return None
        return _Hit(PersonalDataKind.PHONE, start, end, _phone_value(_digits(self._text[start:end])))

    def _plus(self, match: re.Match[str]) -> _Hit | None:
        cuts = _cuts(match.group(), stop_inside=self._text[match.end() : match.end() + 1].isdigit())
        digits = _digits(match.group())
        length = _national(digits)
        at = dict(cuts)
        if length in at:
            return self._phone_sure(match.start(), match.start() + at[length])
        line = match.group().partition("\n")[0]
        ends = [end for count, end in cuts if count >= 8 and end <= len(line)]
        if not ends or (_thousands(_groups(line)) and _MONEY.match(self._text, match.start() + ends[-1])):
            return None
        return self._phone_sure(match.start(), match.start() + ends[-1])

    def _phone_sure(self, start: int, end: int) -> _Hit:
        return _Hit(PersonalDataKind.PHONE, start, end, _phone_value(_digits(self._text[start:end])))

    def _eleven(self, match: re.Match[str]) -> _Hit | None:
        number = match.group()
        if _thousands(_groups(number)):
            return None
        if number.isdigit() and not self._glued_eleven(match.start(), number):
            return None
        return self._phone(match)

    def _glued_eleven(self, start: int, number: str) -> bool:
        """Eleven digits in a row after "заказ" are a telephone only when they are a mobile one."""
        if number[1] not in "34789":
            return False
        if self._word_before(start) is not _Word.ORDER:
            return True
        return number[1] == "9" and self._text[max(0, start - 2) : start].strip() not in ("№", "#")

    def _eleven_anyhow(self, match: re.Match[str]) -> _Hit | None:
        groups = _groups(match.group())
        return None if len(groups) == 1 or _thousands(groups) else self._phone(match)

    def _foreign_brackets(self, match: re.Match[str]) -> _Hit | None:
        return self._phone(match) if 10 <= len(_digits(match.group())) <= 13 else None

    def _after_a_word(self, match: re.Match[str]) -> _Hit | None:
        word = self._word_before(match.start())
        if word is not _Word.PHONE and word is not _Word.NUMBER:
            return None
        text, start = match.group(), match.start()
        cuts = dict(_cuts(text))
        if 10 in cuts and text[0] in ("9" if word is _Word.NUMBER else "3489"):
            return self._phone_at(start, start + cuts[10])
        if word is _Word.NUMBER:
            return None
        length = next((full for code, full in _COUNTRIES[:13] if text.startswith((code, "00" + code))), 0)
        for wanted in (length, length + 2):
            if length and wanted in cuts:
                return self._phone_at(start, start + cuts[wanted])
        seven = cuts.get(7)
        return self._phone_at(start, start + seven) if seven and _LOCAL_SEVEN.fullmatch(text[:seven]) else None

    # ---- documents

    def _snils(self, match: re.Match[str]) -> _Hit | None:
        digits = _digits(match.group())
        if not _snils_valid(digits):
            return None
        if match.re is _SNILS or self._word_before(match.start()) is _Word.SNILS:
            return _Hit(PersonalDataKind.SNILS, match.start(), match.end(), digits)
        return None

    def _inn(self, match: re.Match[str]) -> _Hit | None:
        if self._word_before(match.start()) is not _Word.INN:
            return None
        for length, end in reversed(_cuts(match.group())):
            digits = _digits(match.group()[:end])
            if length in (10, 12) and _inn_valid(digits):
                return _Hit(PersonalDataKind.INN, match.start(), match.start() + end, digits)
        return None

    def _inn_bare(self, match: re.Match[str]) -> _Hit | None:
        digits = match.group()
        if digits == "0" * 12 or not _inn_valid(digits):
            return None
        return _Hit(PersonalDataKind.INN, match.start(), match.end(), digits)

    def _passport(self, match: re.Match[str]) -> _Hit | None:
        if self._word_before(match.start()) is not _Word.PASSPORT:
            return None
        return _Hit(PersonalDataKind.PASSPORT, match.start(), match.end(), _digits(match.group()))

    def _passport_backwards(self, match: re.Match[str]) -> _Hit | None:
        hit = self._passport(match)
        return replace(hit, value=hit.value[6:] + hit.value[:6]) if hit else None

    def _passport_bare(self, match: re.Match[str]) -> _Hit | None:
        if _MONEY.match(self._text, match.end()):
            return None
        return _Hit(PersonalDataKind.PASSPORT, match.start(), match.end(), _digits(match.group()))


_ANY_DIGIT: Final = re.compile(r"\d")
_DIGIT_GROUPS: Final = re.compile(r"\d+")


def _groups(number: str) -> list[str]:
    return _DIGIT_GROUPS.findall(number)


def _digits(number: str) -> str:
    return "".join(_groups(number))


def _cuts(number: str, *, stop_inside: bool = False) -> list[tuple[int, int]]:
    """(how many digits so far, offset) after each group of digits; the last one may be only a part of a group."""
    cuts: list[tuple[int, int]] = []
    count = 0
    for match in _DIGIT_GROUPS.finditer(number):
        count += match.end() - match.start()
        cuts.append((count, match.end()))
    return cuts[:-1] if stop_inside else cuts


def _thousands(groups: list[str]) -> bool:
    """1 234 567: the look of an amount."""
    return len(groups) > 1 and len(groups[0]) <= 3 and all(len(group) == 3 for group in groups[1:])


def _national(digits: str) -> int:
    """How many digits a full number with this country code has; 0 when not known."""
    if digits[0] == "7" or digits.startswith("89"):
        return 11
    return next((length for code, length in _COUNTRIES if digits.startswith(code)), 0)


def _phone_value(digits: str) -> str:
    if len(digits) == 11 and digits[0] in "78":
        return "7" + digits[1:]
    return "7" + digits if len(digits) == 10 else digits


_DOUBLED: Final = str.maketrans("0123456789", "0246813579")


def _luhn_valid(digits: str) -> bool:
    """The Luhn check, several times as fast as the library's: a hostile text makes it run for every group."""
    return (sum(map(int, digits[::-2])) + sum(map(int, digits[-2::-2].translate(_DOUBLED)))) % 10 == 0


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


# --------------------------------------------------------------------------------------------------------------------
# E-mail addresses.

_AT: Final = re.compile(r"[\[({<] ?(?:at|@|собака|собачка|sobaka) ?[\])}>]|@|(?<= )(?:собака|собачка|sobaka|at)(?= )")
_TOKEN: Final = r"[\w.+%&'~\-]{1,128}"  # noqa: S105 - a token of text
_LOCAL: Final = re.compile(rf" {{0,2}}({_TOKEN})")
# The text before the sign is read from right to left, hence the words are backwards.
_LOCAL_IN_WORDS: Final = re.compile(
    rf" {{0,2}}({_TOKEN}(?:(?: {{1,2}}(?:акчот|tod) {{1,2}}| ?[\])](?:\.|акчот|tod)[\[(] ?){_TOKEN}){{0,3}})"
)
_DOT_WORD: Final = r" {1,2}(?:dot|точка|тчк) {1,2}| ?[\[({] ?(?:\.|dot|точка|тчк) ?[\])}] ?"
_USUAL_ZONE: Final = r"(?:ru|com|net|org|su|by|kz|ua|рф|ру|ком)(?!\w)"
_DOT: Final = rf"(?:\.{{1,2}}(?: (?={_USUAL_ZONE}))?|,(?={_USUAL_ZONE})|{_DOT_WORD})"
_LABEL: Final = r"[\w\-]{1,63}"
_DOMAIN: Final = re.compile(rf" {{0,2}}({_LABEL}(?:{_DOT}{_LABEL}){{1,6}})")
_DOT_SPLIT: Final = re.compile(_DOT)
_ZONE: Final = re.compile(
    r"(?:xn--[a-z0-9\-]{2,59}|[a-z]{2,24}(?![a-z])"
    r"|(?:рф|рус|ру|ком|бел|укр|онлайн|сайт|орг|дети|москва|қаз|срб|мкд)(?![^\W\d_]))"
)
_FILES: Final = frozenset({"png", "jpg", "jpeg", "gif", "webp", "svg", "css", "js", "pdf", "html"})
_USUAL_ZONES: Final = frozenset({"ru", "com", "net", "org", "su", "by", "kz", "ua"})
_LONG_ZONES: Final = frozenset({"info", "name", "mobi"})


def _emails(text: str) -> list[_Hit]:
    hits: list[_Hit] = []
    done = 0
    for sign in _AT.finditer(text):
        hit = _email(text, sign, done) if sign.start() >= done else None
        done = hit.end if hit else max(done, sign.start())
        if hit:
            hits.append(hit)
    return hits


def _email(text: str, sign: re.Match[str], done: int) -> _Hit | None:
    domain = _domain(text, sign.end())
    if domain is None:
        return None
    end, host = domain
    before = text[max(done, sign.start() - 300) : sign.start()][::-1]
    in_words = sign.group() != "@"
    match = (_LOCAL_IN_WORDS if in_words else _LOCAL).match(before)
    if match is None:
        return None
    raw = match.group(1)[::-1].lstrip(".+%&'~-")
    local = _DOT_SPLIT.sub(".", raw)
    spaced = before.startswith(" ") or text[sign.end() : sign.end() + 1] == " "
    if not raw or not _credible(sign.group(), local, spaced, text[sign.end() : end]):
        return None
    start = sign.start() - match.start(1) - len(raw)
    return _Hit(PersonalDataKind.EMAIL, start, end, f"{local}@{host}")


def _credible(sign: str, local: str, spaced: bool, domain: str) -> bool:
    """Weigh spellings that ordinary sentences share: "look at example.com", "иван @ cafe.ru"."""
    if sign == "at":
        return bool(re.search(_DOT_WORD, domain)) or bool(re.search(r"[\d._]", local))
    if sign == "@" and spaced:
        return local.isascii()
    return True


def _domain(text: str, start: int) -> tuple[int, str] | None:
    """The end and the normalised name of the domain that begins here, with a plausible zone."""
    match = _DOMAIN.match(text, start)
    if match is None:
        return None
    labels = _labels(match.group(1))
    best: tuple[int, str] | None = None
    for index in range(1, len(labels)):
        offset, label = labels[index]
        zone = _ZONE.match(label)
        if zone is None or zone.group() in _FILES or (best and _glued_sentence(labels[index - 1][1], zone.group())):
            continue
        host = ".".join([name for _, name in labels[:index]] + [zone.group()])
        best = (match.start(1) + offset + zone.end(), host)
    return best


def _labels(domain: str) -> list[tuple[int, str]]:
    labels: list[tuple[int, str]] = []
    start = 0
    for dot in _DOT_SPLIT.finditer(domain):
        labels.append((start, domain[start : dot.start()]))
        start = dot.end()
    labels.append((start, domain[start:]))
    return labels


def _glued_sentence(before: str, zone: str) -> bool:
    """In "ivan@mail.ru.Thanks" the last word is not a part of the address."""
    return before in _USUAL_ZONES and len(zone) > 3 and zone not in _LONG_ZONES
