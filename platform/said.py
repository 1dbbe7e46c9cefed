"""Texts that are kept and translated only where somebody reads them: a text in English as the code says it, and what stands in it.

`Said("You may appeal until %(until)s.", until=moment)` is in English as text (`str`), in JSON as kept (`packed`), and in the reader's
language by their own clocks where it is shown (`told`). gettext's tools find the text of each `Said(...)` as that of `N_(...)`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Protocol, TypeAlias, Union


@dataclass(frozen=True, slots=True)
class Sum:
    """An amount of money in a text: exact digits as the API writes them, and the currency."""

    amount: str
    currency: str


Value: TypeAlias = Union[str, int, date, datetime, Sum, Mapping[str, str], "Said"]
Words: TypeAlias = Union[str, "Said", Sequence[Union[str, "Said"]]]
"""What is said: words as somebody wrote them, a text, or several, each a line of its own."""


class Said:
    """A text and what stands in it: words as they are or by language, numbers, sums, days, moments, other texts."""

    __slots__ = ("text", "values")

    def __init__(self, text: str, /, **values: Value) -> None:
        self.text = text
        self.values = values

    def __str__(self) -> str:
        return self.text % {name: _plain(value) for name, value in self.values.items()} if self.values else self.text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Said) and (self.text, self.values) == (other.text, other.values)

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"Said({str(self)!r})"

    def packed(self) -> dict[str, Any]:
        """As JSON."""
        return {"text": self.text, "with": {name: _packed(value) for name, value in self.values.items()}}


_ours: set[str] = set()


def ours(text: Said) -> str:
    """A reason that nobody wrote, without values in it: kept as words, beside those that people write, and known again where it is shown."""
    _ours.add(text.text)
    return text.text


def is_ours(words: str) -> bool:
    """Whether these words are such a reason, to be translated, or somebody's own."""
    return words in _ours


class Clock(Protocol):
    """How a reader sees moments, days and money."""

    def moment(self, value: datetime, /) -> str:
        """A moment on the reader's clock."""

    def day(self, value: date, /) -> str:
        """A day."""

    def money(self, value: str, currency: str, /) -> str:
        """An amount."""


def plain(words: Words) -> str:
    """In English."""
    return "\n".join(map(str, lines(words)))


def lines(words: Words) -> Sequence[str | Said]:
    """One after the other."""
    return [words] if isinstance(words, str | Said) else words


def together(parts: Sequence[str | Said], between: str = " ") -> Said:
    """Several as one text, beside each other."""
    named = {f"part{place}": part for place, part in enumerate(parts)}
    return Said(between.join(f"%({name})s" for name in named), **named)


def packed(words: Words) -> list[Any]:
    """As JSON: a list of lines."""
    return [_packed(one) for one in lines(words)]


def told(kept: Sequence[Any], language: str, translate: Callable[[str], str], clock: Clock) -> str:
    """What `packed` kept, in a reader's language: by `translate` for texts, by `clock` for times and money."""

    def one(value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        if "moment" in value:
            return clock.moment(datetime.fromisoformat(value["moment"]))
        if "day" in value:
            return clock.day(date.fromisoformat(value["day"]))
        if "sum" in value:
            return clock.money(value["sum"], value["currency"])
        if "in" in value:
            return value["in"].get(language) or value["in"]["en"]
        inner = {name: one(item) for name, item in value["with"].items()}
        return translate(value["text"]) % inner if inner else translate(value["text"])

    return "\n".join(str(one(line)) for line in kept)


def unpacked(kept: Any) -> Any:
    """One line of what `packed` gave, as it was."""
    if not isinstance(kept, Mapping):
        return kept
    if "moment" in kept:
        return datetime.fromisoformat(kept["moment"])
    if "day" in kept:
        return date.fromisoformat(kept["day"])
    if "sum" in kept:
        return Sum(kept["sum"], kept["currency"])
    if "in" in kept:
        return kept["in"]
    text: str = kept["text"]
    return Said(text, **{name: unpacked(value) for name, value in kept["with"].items()})


def _plain(value: Value) -> str | int:
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if isinstance(value, Sum):
        return f"{value.amount} {value.currency}"
    if isinstance(value, Mapping):
        return value["en"]
    return value if isinstance(value, int) else str(value)


def _packed(value: Value) -> Any:
    if isinstance(value, Said):
        return value.packed()
    if isinstance(value, datetime):
        return {"moment": value.isoformat()}
    if isinstance(value, Sum):
        return {"sum": value.amount, "currency": value.currency}
    if isinstance(value, Mapping):
        return {"in": dict(value)}
    return {"day": value.isoformat()} if isinstance(value, date) else value
