"""When two texts say the same: spelling levelled, and the edit distance, at a bounded cost."""

import unicodedata
from collections import Counter
from collections.abc import Sequence

LONGEST_BY_CHARACTERS = 2_000
"""Longer texts are compared word by word."""
MOST_UNITS = 2_000
"""The order is compared in this many characters or words from the start; of longer texts else only what occurs how often."""


def normalise(text: str) -> str:
    """The text without what people write differently and mean alike.

    Unicode NFKC and case folding, ё as е; runs of punctuation, spaces and control characters are one space; invisible format
    characters vanish. Marks and symbols (+, €, emoji) stay. A text of nothing but punctuation keeps it.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    level = unicodedata.normalize("NFKC", folded).replace("ё", "е")
    kinds = {character: unicodedata.category(character) for character in set(level)}
    table = {ord(one): None if kind == "Cf" else " " for one, kind in kinds.items() if kind[0] in "PZC"}
    return " ".join(level.translate(table).split()) or level.strip()


def alike(one: str, other: str, threshold: float) -> bool:
    """True if the normalised Levenshtein similarity, 1 - distance / longer length, of two normalised texts reaches `threshold`.

    Texts over `LONGEST_BY_CHARACTERS` count in words. The cost is bounded by `MOST_UNITS` steps of `MOST_UNITS` bits.
    """
    if one == other:
        return True
    by_characters = max(len(one), len(other)) <= LONGEST_BY_CHARACTERS
    first: Sequence[str] = one if by_characters else one.split()
    second: Sequence[str] = other if by_characters else other.split()
    length = max(len(first), len(second))
    if least_edits(first, second) > _allowed(length, threshold):
        return False
    return edits(first[:MOST_UNITS], second[:MOST_UNITS], _allowed(min(length, MOST_UNITS), threshold)) is not None


def _allowed(length: int, threshold: float) -> int:
    return int((1 - threshold) * length + 1e-9)


def least_edits(one: Sequence[str], other: Sequence[str]) -> int:
    """A lower bound of the edit distance, in linear time: what one has more of than the other, whatever the order."""
    mine, theirs = Counter(one), Counter(other)
    return max((mine - theirs).total(), (theirs - mine).total())


def edits(one: Sequence[str], other: Sequence[str], most: int) -> int | None:
    """The Levenshtein distance, or None if it is more than `most`.

    Myers 1999, "A fast bit-vector algorithm for approximate string matching based on dynamic programming", in the form of Hyyrö
    2003: a column of the table is two bit vectors, of the places where it rises and where it falls; here they are integers of
    len(one) bits. It stops as soon as the rest of `other` cannot bring the distance down to `most`.
    """
    if len(one) > len(other):
        one, other = other, one
    if not one:
        return len(other) if len(other) <= most else None
    places: dict[str, int] = {}
    for place, unit in enumerate(one):
        places[unit] = places.get(unit, 0) | 1 << place
    full, last = (1 << len(one)) - 1, 1 << (len(one) - 1)
    rises, falls, distance = full, 0, len(one)
    for column, unit in enumerate(other, 1):
        matches = places.get(unit, 0)
        flat = (((matches & rises) + rises) ^ rises) | matches | falls
        right_rises = falls | (full & ~(flat | rises))
        right_falls = rises & flat
        distance += bool(right_rises & last) - bool(right_falls & last)
        if distance - (len(other) - column) > most:
            return None
        right_rises = right_rises << 1 | 1
        rises = (right_falls << 1 | ~(flat | right_rises)) & full
        falls = right_rises & flat & full
    return distance
