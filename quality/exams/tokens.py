"""A written text as words and the marks between them, without what is typed differently and means the same."""

import re
import unicodedata
from dataclasses import dataclass

TOKEN = re.compile(r"(?P<word>[^\W_]+(?:[-'][^\W_]+)*)|\.{2,}|-+|\S")
QUOTES = dict.fromkeys(map(ord, "«»„“”‟‹›″〞"), '"')
APOSTROPHES = dict.fromkeys(map(ord, "’‘ʼ`´′"), "'")
HYPHENS = dict.fromkeys(map(ord, "‐‑"), "-")
SHORT_DASHES = "‒–−"
"""Between two letters a hyphen, else a dash."""
DASH = "—"
MARKS = {"...": "…", "'": '"', "―": DASH} | dict.fromkeys(SHORT_DASHES, DASH)
BETWEEN_LETTERS = re.compile(rf"(?<=[^\W_])[{SHORT_DASHES}](?=[^\W_])")


@dataclass(frozen=True, slots=True)
class Text:
    """Words as written; `keys` is what their spelling is compared by. gaps[i] has the marks before word i, the last those at the end."""

    words: tuple[str, ...]
    keys: tuple[str, ...]
    gaps: tuple[tuple[str, ...], ...]


def read(text: str, *, yo_is_e: bool = True) -> Text:
    """Split a text, after Unicode NFC, without stress marks and invisible characters; quotes, dashes and dots are levelled.

    A hyphen or apostrophe within a word belongs to it. `yo_is_e`: ё and е are the same letter.
    """
    words: list[str] = []
    gaps: list[list[str]] = [[]]
    for token in TOKEN.finditer(_level(text)):
        if token["word"]:
            words.append(token["word"])
            gaps.append([])
        else:
            gaps[-1].append(_mark(token[0]))
    keys = (word.casefold() for word in words)
    return Text(tuple(words), tuple(key.replace("ё", "е") if yo_is_e else key for key in keys), tuple(map(tuple, gaps)))


def _level(text: str) -> str:
    composed = unicodedata.normalize("NFC", text)
    unseen = dict.fromkeys((ord(one) for one in set(composed) if unicodedata.category(one) in ("Cf", "Mn")), "")
    return BETWEEN_LETTERS.sub("-", composed.translate(unseen | QUOTES | APOSTROPHES | HYPHENS))


def _mark(token: str) -> str:
    if token.startswith(".."):
        return "…"
    return DASH if token.startswith("-") else MARKS.get(token, token)
