"""Copied free text: texts of different people that share more rare wording than chance gives.

A text is normalised (Unicode NFKC, case folded, everything but letters and digits a space) and cut
into all its pieces of five characters, "shingles" (Broder 1997, "On the resemblance and containment
of documents"). A shingle weighs the logarithm of (people / people who use it), so that "thank you"
weighs next to nothing, and one that was shown with the task weighs nothing at all: quoting the
ticket is no copying. Two texts are alike by the weight of what they share over the weight of what
either has (weighted Jaccard). Candidates share one of the `SKETCH` smallest hashes of their rare
shingles (bottom-k MinHash, Cohen and Kaplan 2007), so that no text meets all others.
"""

import re
import unicodedata
from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from piecework.quality.statistics.signals import Signal
from piecework.quality.statistics.vote import Floats, Integers

LENGTH = 5
SKETCH = 24
COMMON = 0.2
"""A shingle that more than this share of people uses (if more than two) belongs to nobody."""
BUCKET = 64
"""A hash in more texts than this suggests no candidates; other hashes of a copied text do."""

Hashes = NDArray[np.uint64]


class Text(NamedTuple):
    """One free text: who wrote it, in which assignment, and what the task showed them."""

    person: int
    assignment: Hashable
    words: str
    shown: str = ""


def normalised(text: str) -> str:
    """Lower-case letters and digits of the text, its words parted by single spaces."""
    return re.sub(r"[\W_]+", " ", unicodedata.normalize("NFKC", text).casefold()).strip()


def find(texts: Sequence[Text], *, similarity: float = 0.4, min_shingles: int = 20) -> list[Signal]:
    """Pairs of people with alike texts, the strongest first.

    Texts count as alike from `similarity` (0 to 1) and `min_shingles` shared rare shingles on. The
    strength is the rarity of the shared wording, summed over the alike texts of the two: the sum
    of log10(people / people who use it), divided by `LENGTH` as neighbouring shingles overlap.
    """
    if not 0 < similarity <= 1 or min_shingles < 1:
        raise ValueError("the similarity lies between 0 and 1, and at least one shingle is shared")
    rare, weights = _rare([_own(text) for text in texts], np.array([text.person for text in texts], dtype=np.int64))
    alike: dict[tuple[int, int], list[tuple[float, float, int, int]]] = {}
    for one, other in _candidates(rare, [text.person for text in texts], min_shingles):
        mine = np.flatnonzero(np.isin(rare[one], rare[other], assume_unique=True))
        common = float(weights[one][mine].sum())
        share = common / (float(weights[one].sum() + weights[other].sum()) - common)
        if mine.size >= min_shingles and share >= similarity:
            first, second = (one, other) if texts[one].person < texts[other].person else (other, one)
            pair = (texts[first].person, texts[second].person)
            alike.setdefault(pair, []).append((share, common / np.log(10) / LENGTH, first, second))
    signals = [_signal(pair, sorted(found, reverse=True), texts) for pair, found in alike.items()]
    return sorted(signals, key=lambda signal: (-signal.strength, signal.people))


def _signal(pair: tuple[int, int], found: list[tuple[float, float, int, int]], texts: Sequence[Text]) -> Signal:
    share, _, first, second = found[0]
    examples = [(texts[one].assignment, texts[other].assignment, round(likeness, 3)) for likeness, _, one, other in found]
    words = f"{len(found)} texts of the two are alike in their rare wording, the closest to {share:.0%}."
    if len(found) == 1:
        words = f"A text of each of the two is alike in its rare wording, to {share:.0%}."
    details = {"assignments": examples, "texts": (texts[first].words, texts[second].words)}
    return Signal("copy", pair, float(sum(rarity for _, rarity, _, _ in found)), words, details)


def _own(text: Text) -> Hashes:
    """The shingles of a text that were not shown with the task, as ascending hashes."""
    return np.setdiff1d(_shingles(text.words), _shingles(text.shown), assume_unique=True)


def _shingles(text: str) -> Hashes:
    """The distinct shingles of a text as hashes: a polynomial in the characters, then mixed."""
    clean = f" {normalised(text)} "
    if len(clean) < LENGTH:
        return np.zeros(0, dtype=np.uint64)
    codes = np.frombuffer(clean.encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    value = np.zeros(codes.size - LENGTH + 1, dtype=np.uint64)
    for place in range(LENGTH):
        value = value * np.uint64(0x100000001B3) + codes[place : place + value.size]
    # The finaliser of SplitMix64 (Steele, Lea and Flood 2014), so that the smallest hashes are a random choice.
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.unique(value ^ (value >> np.uint64(31)))


def _rare(shingles: list[Hashes], person: Integers) -> tuple[list[Hashes], list[Floats]]:
    """Of every text the shingles that are not common property, ascending, and their weights."""
    if not shingles:
        return [], []
    sizes = np.array([part.size for part in shingles])
    codes, code = np.unique(np.concatenate(shingles), return_inverse=True)
    people, who = np.unique(person, return_inverse=True)
    used = np.unique(code * people.size + np.repeat(who, sizes))
    users = np.bincount(used // people.size, minlength=codes.size)
    kept = users <= max(2.0, COMMON * people.size)
    # With two people everything shared is shared by all: one more imagined person keeps weights above 0.
    weight = np.log((people.size + 1) / np.maximum(users, 1))
    ends = np.cumsum(sizes)[:-1]
    masks = np.split(kept[code], ends)
    parts = zip(shingles, masks, strict=True)
    return [part[mask] for part, mask in parts], [w[m] for w, m in zip(np.split(weight[code], ends), masks, strict=True)]


def _candidates(rare: list[Hashes], person: Sequence[int], least: int) -> list[tuple[int, int]]:
    """Pairs of texts by different people that share a hash of their sketches, ascending."""
    sketches = [part[:SKETCH] if part.size >= least else part[:0] for part in rare]
    if not sketches:
        return []
    hashes = np.concatenate(sketches)
    text = np.repeat(np.arange(len(sketches)), [part.size for part in sketches])
    order = np.lexsort((text, hashes))
    hashes, text = hashes[order], text[order]
    who = np.asarray(person, dtype=np.int64)
    _, bucket, size = np.unique(hashes, return_inverse=True, return_counts=True)
    hashes, text = hashes[size[bucket] <= BUCKET], text[size[bucket] <= BUCKET]
    found = [np.zeros(0, dtype=np.int64)]
    for distance in range(1, BUCKET):
        same = np.flatnonzero(hashes[distance:] == hashes[:-distance])
        one, other = text[same], text[same + distance]
        apart = who[one] != who[other]
        found.append(np.unique(one[apart] * len(rare) + other[apart]))
    keys = np.unique(np.concatenate(found))
    return list(zip((keys // len(rare)).tolist(), (keys % len(rare)).tolist(), strict=True))
