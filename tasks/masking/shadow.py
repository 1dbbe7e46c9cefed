"""The shadow: the text in one alphabet, without invisible characters."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

BREAK: Final = "\x00"  # stands for what is masked already; nothing matches it
SHUT: Final = "\x01"  # stands for dates and network addresses, which are not parts of numbers
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
class Shadow:
    """The normalised text; ``starts`` and ``origins`` say where its unbroken stretches came from."""

    text: str
    starts: list[int]
    origins: list[int]

    def origin(self, index: int) -> int:
        """Where in the original text the character stood."""
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


TYPED: Final = re.compile(r"\[(phone|email|card|passport|snils|inn) (\d{1,6})\]")


def shadow_of(text: str) -> Shadow:
    """The shadow of a text."""
    plain = text.translate({ord(char): _plain(char) for char in set(text)})
    if _DROP not in plain:
        return Shadow(plain, [0], [0])
    stretches: list[str] = []
    starts, origins, length = [0], [0], 0
    for match in re.finditer(r"[^\x02]+", plain):
        starts.append(length)
        origins.append(match.start())
        stretches.append(match.group())
        length += len(stretches[-1])
    return Shadow("".join(stretches), starts, origins)


def blanked(text: str, spans: list[tuple[int, int]], filler: str) -> str:
    """The text with each span overwritten by the filler, as long as it was."""
    pieces: list[str] = []
    done = 0
    for start, end in spans:
        pieces += (text[done:start], filler * (end - start))
        done = end
    pieces.append(text[done:])
    return "".join(pieces)
