"""Values of coded fields in people's own words: «чат», "Chat" and "chat" are one channel, «русский» and "RU" one language."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from babel import Locale

from piecework.tasks.models import Channel

CODED = ("channel", "language", "urgent")
"""The fields whose values are codes of ours."""
TRUE, FALSE = "true", "false"
MOST_KNOWN = 1_000
"""So many different values of a field are counted; more are no codes."""
MOST_SHOWN = 50
WORDS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "channel": {
        Channel.PHONE: ("phone", "call", "phone call", "телефон", "звонок", "по телефону"),
        Channel.CHAT: ("chat", "live chat", "online chat", "чат", "онлайн-чат"),
        Channel.EMAIL: ("email", "e-mail", "mail", "почта", "эл. почта", "электронная почта", "письмо", "имейл"),
        Channel.SOCIAL: ("social", "social network", "social networks", "social media", "соцсеть", "соцсети", "социальная сеть",
                         "социальные сети"),
        Channel.APP_REVIEW: ("app_review", "app review", "review", "отзыв о приложении", "отзыв", "отзыв в магазине приложений"),
        Channel.MESSENGER: ("messenger", "messengers", "мессенджер", "мессенджеры"),
    },
    "urgent": {
        TRUE: ("true", "yes", "y", "1", "urgent", "high", "да", "истина", "срочно", "срочное", "срочный", "срочная", "высокий"),
        FALSE: ("false", "no", "n", "0", "not urgent", "normal", "low", "нет", "ложь", "не срочно", "не срочное", "не срочный",
                "обычный", "обычное", "обычная", "низкий", "средний"),
    },
}  # fmt: skip
"""What people call the codes, the words of the pages among them. Languages are called as Unicode's tables call them."""
CODE = re.compile("[a-z]{2}")
OF_A_COUNTRY = re.compile("([a-z]{2})[-_][a-z0-9_-]{2,12}")
"""A language with the country where it is spoken so, such as ru-RU."""


@dataclass(frozen=True, slots=True)
class Understood:
    """A value of the file, in how many rows it stands, and the code that it means; None: it is not understood.

    An empty value stands for the cells that are empty, and its code is what stands in there.
    """

    value: str
    rows: int
    code: str | None


def normal(value: str) -> str:
    """A value without what makes no difference: case, spaces around and doubled, the dots of ё, how letters are composed."""
    return " ".join(unicodedata.normalize("NFKC", value).split()).casefold().replace("ё", "е")


@cache
def _codes(field: str) -> Mapping[str, str]:
    if field == "language":
        tables = [(code, name) for reader in ("en", "ru") for code, name in Locale(reader).languages.items()]
        return {normal(name): code for code, name in tables if CODE.fullmatch(code)}
    return {normal(word): str(code) for code, words in WORDS[field].items() for word in words}


def by_itself(field: str, value: str) -> str | None:
    """The code that a value means without anybody saying so."""
    text = normal(value)
    if field == "language":
        if CODE.fullmatch(text):
            return text
        if of_a_country := OF_A_COUNTRY.fullmatch(text):
            return of_a_country[1]
    return _codes(field).get(text)


def is_code(field: str, code: str) -> bool:
    """Whether a coded field may have this code."""
    return CODE.fullmatch(code) is not None if field == "language" else code in WORDS[field]


class Values:
    """The values of a file's coded fields, as they are met: what each means, and how often it stands there."""

    def __init__(self, said: Mapping[str, Mapping[str, str]]) -> None:
        """`said`: field -> value -> code, where somebody has said it."""
        self._said = {field: {normal(value): code for value, code in of.items()} for field, of in said.items()}
        self._met: dict[str, dict[str, tuple[str, str | None]]] = {field: {} for field in CODED}
        self._first: dict[str, dict[str, str]] = {field: {} for field in CODED}
        self._rows: dict[str, dict[str, int]] = {field: {} for field in CODED}
        self._standing_in: dict[str, str | None] = {}
        self._empty: dict[str, int] = dict.fromkeys(CODED, 0)

    def code(self, field: str, value: str) -> str | None:
        """What a value means that is not empty; None if that is not known."""
        met = self._met[field]
        known = met.get(value)
        if known is None:
            text = normal(value)
            known = text, self._meant(field, value)
            if len(met) < MOST_KNOWN:
                met[value] = known
                self._first[field].setdefault(text, value)
        text, code = known
        if text in self._first[field]:
            self._rows[field][text] = self._rows[field].get(text, 0) + 1
        return code

    def stand_in(self, field: str, value: str, place: int | None) -> str | None:
        """What a value means that stands in for an empty cell, or for a column that is not there (`place` None)."""
        if field not in self._standing_in:
            self._standing_in[field] = self._meant(field, value)
        code = self._standing_in[field]
        if place is not None and code is not None:
            self._empty[field] += 1
        return code

    def _meant(self, field: str, value: str) -> str | None:
        return self._said.get(field, {}).get(normal(value)) or by_itself(field, value)

    def understood(self) -> Mapping[str, Sequence[Understood]]:
        """Each value of each field once: first those that are not understood, then the most frequent ones."""
        return {
            field: sorted(
                [
                    *(Understood(first, self._rows[field][text], self._met[field][first][1]) for text, first in firsts.items()),
                    *([Understood("", self._empty[field], self._standing_in[field])] if self._empty[field] else ()),
                ],
                key=lambda one: (one.code is not None, -one.rows, one.value),
            )
            for field, firsts in self._first.items()
        }
