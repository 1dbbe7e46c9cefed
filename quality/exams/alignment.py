"""A dictation against its reference: the two texts aligned word by word, and the errors counted by kind.

Words are aligned at the least cost (Needleman and Wunsch 1970, on words instead of residues): a word missing or extra, a word
misspelled, two words written as one, one word written as two. Only a band of the table is looked at, as wide as the cost allowed
(Ukkonen 1985, "Algorithms for approximate string matching"): a path that leaves it costs more. The band grows until the alignment is
in it, or the texts turn out to be different texts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from piecework.quality.comparing.texts import edits
from piecework.quality.exams.tokens import Text, read

WHOLE_WORD = 10
"""What a missing or extra word costs. A misspelled one costs less than the two together, so that it stays with its word."""
MISSPELLED = 6
"""What a misspelled word costs, and one more for each letter that must be changed, up to as much again."""
JOINED = 7
"""What it costs to write two words as one, or one as two."""
MOST = 1_000
"""Texts that cost more to align are different texts."""
BOUNDS = (70, 280, MOST)
LONGEST_WORD = 60
"""Longer words are right or another word: no single letters are looked at."""

Move = tuple[int, int]
"""How many words of the reference and how many of the other text stand for each other."""


@dataclass(frozen=True, slots=True)
class Errors:
    """Errors by kind, each a count. `different`: hardly anything is alike; then every word counts as missing and as extra.

    spelling: runs of wrong letters, a run of neighbouring ones is one error; two words written as one, or one as two, are one too ·
    missing, extra: whole words · punctuation: marks missing, extra or wrong · capital: words right but for small and capital letters.
    """

    spelling: int = 0
    missing: int = 0
    extra: int = 0
    punctuation: int = 0
    capital: int = 0
    different: bool = False


def compare(reference: str, text: str, *, yo_is_e: bool = True) -> Errors:
    """Count the errors of a text against the reference. Its cost is bounded: 2,000 words against any others take well under a second."""
    wanted, given = read(reference, yo_is_e=yo_is_e), read(text, yo_is_e=yo_is_e)
    path = _align(wanted.keys, given.keys)
    if path is None:
        return Errors(missing=len(wanted.keys), extra=len(given.keys), different=True)
    spelling = capital = 0
    for move, i, j in _places(path):
        if move == (1, 1):
            spelling += runs(wanted.keys[i], given.keys[j])
        elif all(move):
            spelling += 1
        if all(move):
            capital += _capital(wanted.words[i], given.words[j], same=move == (1, 1) and wanted.keys[i] == given.keys[j])
    return Errors(
        spelling=spelling,
        missing=path.count((1, 0)),
        extra=path.count((0, 1)),
        punctuation=_punctuation(wanted, given, path),
        capital=capital,
    )


def _places(path: Sequence[Move]) -> Iterator[tuple[Move, int, int]]:
    """Each move, and how many words of either text come before it."""
    i = j = 0
    for move in path:
        yield move, i, j
        i, j = i + move[0], j + move[1]


def _capital(wanted: str, given: str, *, same: bool) -> bool:
    """True if the word is written with the wrong case; of a word that is misspelled, its first letter."""
    if same:
        return wanted.replace("Ё", "Е").replace("ё", "е") != given.replace("Ё", "Е").replace("ё", "е")
    return wanted[0].isupper() != given[0].isupper()


def _punctuation(wanted: Text, given: Text, path: Sequence[Move]) -> int:
    """The marks that differ, between every two words that both texts have."""
    errors, here, there = 0, [*wanted.gaps[0]], [*given.gaps[0]]
    for move, i, j in _places(path):
        if all(move):
            errors += _distance(here, there)
            here, there = [], []
        for k in range(i, i + move[0]):
            here += wanted.gaps[k + 1]
        for k in range(j, j + move[1]):
            there += given.gaps[k + 1]
    return errors + _distance(here, there)


def _distance(one: Sequence[str], other: Sequence[str]) -> int:
    return edits(one, other, max(len(one), len(other))) or 0


def _align(wanted: Sequence[str], given: Sequence[str]) -> list[Move] | None:
    """The moves of the least cost, or None if they cost more than MOST."""
    for most in BOUNDS:
        path = _within(wanted, given, most)
        if path is not None:
            return path
    return None


def _within(wanted: Sequence[str], given: Sequence[str], most: int) -> list[Move] | None:
    """The moves of the least cost, or None if it is above `most`. Row by row; of each only the cells that cost at most that much."""
    band = most // JOINED  # no move goes off the diagonal by one word for less
    if abs(len(wanted) - len(given)) > band:
        return None
    rows: list[dict[int, int]] = [{j: j * WHOLE_WORD for j in range(min(len(given), most // WHOLE_WORD) + 1)}]
    moves: list[dict[int, Move]] = [dict.fromkeys(rows[0], (0, 1))]
    for i in range(1, len(wanted) + 1):
        row: dict[int, int] = {}
        came: dict[int, Move] = {}
        above, second = rows[-1], rows[-2] if i > 1 else {}
        for j in range(max(0, i - band), min(len(given), i + band) + 1):
            cost, move = above.get(j, most) + WHOLE_WORD, (1, 0)
            if j and (other := row.get(j - 1, most) + WHOLE_WORD) < cost:
                cost, move = other, (0, 1)
            if j and (other := _cost(above.get(j - 1), wanted[i - 1], given[j - 1], cost)) <= cost:
                cost, move = other, (1, 1)
            if j and i > 1 and (other := _joined(second.get(j - 1), given[j - 1], wanted[i - 2], wanted[i - 1], cost)) < cost:
                cost, move = other, (2, 1)
            if j > 1 and (other := _joined(above.get(j - 2), wanted[i - 1], given[j - 2], given[j - 1], cost)) < cost:
                cost, move = other, (1, 2)
            if cost <= most:
                row[j], came[j] = cost, move
        if not row:
            return None
        rows = [above, row]
        moves.append(came)
    return _back(moves, len(wanted), len(given)) if len(given) in rows[-1] else None


def _back(moves: Sequence[dict[int, Move]], i: int, j: int) -> list[Move]:
    path = []
    while i or j:
        path.append(moves[i][j])
        i, j = i - path[-1][0], j - path[-1][1]
    return path[::-1]


def _cost(before: int | None, wanted: str, given: str, so_far: int) -> int:
    """What it costs to take one word for the other; more than `so_far` if they are different words or it does not pay."""
    if before is None:
        return so_far + 1
    if wanted == given:
        return before
    if before + MISSPELLED >= so_far or (apart := letters(wanted, given)) is None:
        return so_far + 1
    return before + MISSPELLED + min(apart, MISSPELLED)


def _joined(before: int | None, one: str, first: str, second: str, so_far: int) -> int:
    """What it costs to take two words for one; more than `so_far` if they are not its halves or it does not pay."""
    if before is None or before + JOINED >= so_far or len(one) - 1 > len(first) + len(second) or not one.startswith(first[:1]):
        return so_far + 1
    return before + JOINED if first + second == one or f"{first}-{second}" == one else so_far + 1


@lru_cache(maxsize=100_000)
def letters(one: str, other: str) -> int | None:
    """How many letters one word is from another, None if they are different words: more than half of the longer one differs."""
    longer = max(len(one), len(other))
    allowed = max(1, longer // 2)
    if longer > LONGEST_WORD or abs(len(one) - len(other)) > allowed:
        return None
    return edits(one, other, allowed)


def runs(one: str, other: str) -> int:
    """How many runs of neighbouring wrong letters there are between two spellings, at the fewest wrong letters and then runs.

    Levenshtein's table, each cell with the best way that ends in a right letter and the best that ends in a wrong one.
    """
    if one == other:
        return 0
    wrong, new_run, never = 1_000, 1, 10**9
    row = [(0, never), *((never, j * wrong + new_run) for j in range(1, len(other) + 1))]
    for i, letter in enumerate(one, 1):
        last, row = row, [(never, i * wrong + new_run)]
        for j, given in enumerate(other, 1):
            right = min(last[j - 1]) if letter == given else never
            before = (last[j - 1], last[j], row[j - 1])
            mistaken = wrong + min(min(after_right + new_run, after_wrong) for after_right, after_wrong in before)
            row.append((right, mistaken))
    return min(row[-1]) % wrong
