"""Texts that are kept and translated only where somebody reads them: a text in English as the code says it, and what stands in it.

`Said("You may appeal until %(until)s.", until=moment)` is in English as text (`str`), in JSON as kept (`packed`), and in the reader's
language by their own clocks where it is shown (`told`). gettext's tools find the text of each `Said(...)` as that of `N_(...)`.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, TypeAlias, Union

Value: TypeAlias = Union[str, int, date, datetime, Mapping[str, str], "Said"]
Words: TypeAlias = Union[str, "Said", Sequence[Union[str, "Said"]]]
"""What is said: words as somebody wrote them, a text, or several, each a line of its own."""


class Said:
    """A text and what stands in it: words as they are or by language, numbers, days, moments, other texts."""

    __slots__ = ("text", "values")

    def __init__(self, text: str, /, **values: Value) -> None:
        self.text = text
        self.values = values

    def __str__(self) -> str:
        return self.text % {name: _plain(value) for name, value in self.values.items()} if self.values else self.text

    def packed(self) -> dict[str, Any]:
        """As JSON."""
        return {"text": self.text, "with": {name: _packed(value) for name, value in self.values.items()}}


def plain(words: Words) -> str:
    """In English."""
    return "\n".join(map(str, lines(words)))


def lines(words: Words) -> Sequence[str | Said]:
    """One after the other."""
    return [words] if isinstance(words, str | Said) else words


def packed(words: Words) -> list[Any]:
    """As JSON: a list of lines."""
    return [_packed(one) for one in lines(words)]


def told(
    kept: Sequence[Any],
    language: str,
    translate: Callable[[str], str],
    moment: Callable[[datetime], str],
    day: Callable[[date], str],
) -> str:
    """What `packed` kept, in a reader's language: by `translate` for texts, by `moment` and `day` for times."""

    def one(value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        if "moment" in value:
            return moment(datetime.fromisoformat(value["moment"]))
        if "day" in value:
            return day(date.fromisoformat(value["day"]))
        if "in" in value:
            return value["in"].get(language) or value["in"]["en"]
        inner = {name: one(item) for name, item in value["with"].items()}
        return translate(value["text"]) % inner if inner else translate(value["text"])

    return "\n".join(str(one(line)) for line in kept)


def _plain(value: Value) -> str | int:
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if isinstance(value, Mapping):
        return value["en"]
    return value if isinstance(value, int) else str(value)


def _packed(value: Value) -> Any:
    if isinstance(value, Said):
        return value.packed()
    if isinstance(value, datetime):
        return {"moment": value.isoformat()}
    if isinstance(value, Mapping):
        return {"in": dict(value)}
    return {"day": value.isoformat()} if isinstance(value, date) else value
