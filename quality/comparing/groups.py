"""Values that are the same within a tolerance, brought together before they are voted on.

"The same" is not transitive: of 1, 2 and 3 with a tolerance of 1 the ends differ. So a group has a centre, a value that somebody
gave, and holds only what is the same as the centre; no chain of small steps joins what lies far apart. The centre with the
heaviest group comes first, then the heaviest of what is left. Nothing depends on the order of the votes: sums are exact
(`math.fsum`), and what is equally heavy is taken in the order of the values.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from math import fsum
from typing import TypeVar

from piecework.quality.comparing.comparison import Label

L = TypeVar("L", bound=Label)


def place(label: Label) -> tuple[str, object]:
    """The place of a label among others of its field, whatever order they came in."""
    return type(label).__name__, sorted(label) if isinstance(label, frozenset) else label


def grouped(labels: Sequence[L], weights: Sequence[float], near: Callable[[L, L], bool] | None) -> tuple[list[L], list[int]]:
    """The groups' centres, and for every label the number of its group. Without `near` only equal labels are together."""
    kinds = sorted(set(labels), key=place)
    if near is None:
        numbers = {kind: i for i, kind in enumerate(kinds)}
        return kinds, [numbers[label] for label in labels]
    given: dict[L, list[float]] = defaultdict(list)
    for label, weight in zip(labels, weights, strict=True):
        given[label].append(weight)
    around: list[set[int]] = [{i} for i in range(len(kinds))]
    for i, kind in enumerate(kinds):
        for j in range(i):
            if near(kind, kinds[j]):
                around[i].add(j)
                around[j].add(i)
    centres: list[L] = []
    group: dict[L, int] = {}
    left = set(range(len(kinds)))
    while left:
        centre = max(left, key=lambda i: (*_heft(given[kinds[j]] for j in around[i] & left), *_heft([given[kinds[i]]]), -i))
        group |= {kinds[j]: len(centres) for j in around[centre] & left}
        centres.append(kinds[centre])
        left -= around[centre]
    return centres, [group[label] for label in labels]


def _heft(weights: Iterable[list[float]]) -> tuple[float, int]:
    every = [weight for several in weights for weight in several]
    return fsum(every), len(every)


def heaviest(values: Sequence[L], weights: Sequence[float]) -> L:
    """The value that weighs most; of equally heavy ones the first in order."""
    given: dict[L, list[float]] = defaultdict(list)
    for value, weight in zip(values, weights, strict=True):
        given[value].append(weight)
    return max(sorted(given, key=place), key=lambda value: (fsum(given[value]), len(given[value])))


def weighted_median(values: Sequence[float], weights: Sequence[float]) -> float:
    """The smallest value at which half the weight is reached; equal weights if there is none."""
    pairs = sorted(zip(values, weights, strict=True))
    total = fsum(weights)
    if total <= 0:
        pairs, total = [(value, 1.0) for value, _ in pairs], float(len(pairs))
    return next(value for i, (value, _) in enumerate(pairs) if fsum(w for _, w in pairs[: i + 1]) >= total / 2 * (1 - 1e-12))
