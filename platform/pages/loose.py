"""Whatever JSON a draft is, read without trust: what is not of the kind that is wanted counts as nothing there."""

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

INTEGER = re.compile(r"-?[0-9]{1,15}")
DECIMAL = re.compile(r"-?[0-9]{1,15}[.,][0-9]{1,15}")
CYRILLIC = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
        "a b v g d e e zh z i y k l m n o p r s t u f h ts ch sh sch _ y _ e yu ya".replace("_", "").split(" "),
        strict=True,
    )
)


def mapping(value: Any) -> dict[str, Any]:
    """An object, as it is."""
    return value if isinstance(value, dict) else {}


def listed(value: Any) -> list[Any]:
    """A list, as it is."""
    return value if isinstance(value, list) else []


def text(value: Any) -> str:
    """A value as it stands in a field of a form."""
    if value is None or isinstance(value, dict | list):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{Decimal(repr(value)).normalize():f}"
    return str(value)


def number(typed: str) -> int | float | str:
    """A number as it was typed, with a point or a comma; what is none stays text, so that a shape's own error names it."""
    trimmed = typed.strip()
    if INTEGER.fullmatch(trimmed):
        return int(trimmed)
    return float(trimmed.replace(",", ".")) if DECIMAL.fullmatch(trimmed) else typed


def slug(title: str, otherwise: str, longest: int = 40) -> str:
    """A name for machines from a title in Latin or Cyrillic letters."""
    latin = "".join(CYRILLIC.get(letter, letter) for letter in title.lower())
    name = re.sub(r"[^a-z0-9]+", "_", latin).strip("_")[:longest].strip("_")
    return name if name[:1].isalpha() else otherwise


def unused(name: str, taken: Iterable[str]) -> str:
    """The name, with a number if it is taken."""
    among, made, number_ = set(taken), name, 2
    while made in among:
        made, number_ = f"{name[:36]}_{number_}", number_ + 1
    return made


def moved(rows: list[Any], at: int, what: str) -> bool:
    """Move a row `up` or `down`, or `remove` it; False if there is no such row, or no such thing to do."""
    if not 0 <= at < len(rows):
        return False
    match what:
        case "up" if at > 0:
            rows[at - 1], rows[at] = rows[at], rows[at - 1]
        case "down" if at + 1 < len(rows):
            rows[at + 1], rows[at] = rows[at], rows[at + 1]
        case "remove":
            del rows[at]
        case "up" | "down":
            pass
        case _:
            return False
    return True


def place(typed: str) -> int:
    """The number of a row as an act names it; -1 if it is none."""
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 6 else -1
