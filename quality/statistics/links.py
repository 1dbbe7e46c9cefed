"""One payee or device behind many accounts: connected components over shared fingerprints."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike

from piecework.quality.statistics.signals import Signal
from piecework.quality.statistics.vote import Integers

PAYEE = "payee"
"""The kind of fingerprint that is never common property, however many accounts share it."""


def components(first: ArrayLike, second: ArrayLike, nodes: int) -> Integers:
    """The connected component of every node, named after its smallest node; shape (nodes,).

    `first` and `second`, shape (E,), are the ends of the edges, integers from 0 to `nodes` - 1.
    Every round hooks the larger of two roots onto the smaller one and then points every node at
    its root (Shiloach and Vishkin 1982, "An O(log n) parallel connectivity algorithm").
    """
    left, right = np.asarray(first, dtype=np.int64), np.asarray(second, dtype=np.int64)
    if left.ndim != 1 or left.shape != right.shape:
        raise ValueError("the ends of the edges must be one-dimensional and of the same length")
    if min(left.min(initial=0), right.min(initial=0)) < 0 or max(left.max(initial=-1), right.max(initial=-1)) >= nodes:
        raise ValueError("an end of an edge lies between 0 and the number of nodes less one")
    root = np.arange(nodes)
    while True:
        low, high = np.minimum(root[left], root[right]), np.maximum(root[left], root[right])
        open_edges = low != high
        if not open_edges.any():
            return root
        np.minimum.at(root, high[open_edges], low[open_edges])
        while (root[root] != root).any():
            root = root[root]


def find(edges: Iterable[tuple[int, str, str]], *, max_shared: int = 5) -> list[Signal]:
    """Groups of accounts that share fingerprints, the largest group first.

    An edge is (account, kind, fingerprint): the code of an account, what was seen of it, such as
    "device" or "payee", and a digest of the thing seen. A fingerprint of more than `max_shared`
    accounts is an office's device or a provider's address and links nobody, unless its kind is
    `PAYEE`. The strength is log10 of the number of accounts.
    """
    seen: dict[tuple[str, str], set[int]] = {}
    for account, kind, fingerprint in edges:
        seen.setdefault((kind, fingerprint), set()).add(account)
    shared = {key: sorted(who) for key, who in seen.items() if len(who) > 1 and (key[0] == PAYEE or len(who) <= max_shared)}
    accounts = sorted({account for who in shared.values() for account in who})
    code = {account: number for number, account in enumerate(accounts)}
    ends = [(code[who[0]], code[other]) for who in shared.values() for other in who[1:]]
    root = components([end for end, _ in ends], [end for _, end in ends], len(accounts)).tolist()
    groups: dict[int, list[int]] = {}
    for account in accounts:
        groups.setdefault(root[code[account]], []).append(account)
    reasons: dict[int, list[tuple[str, str, list[int]]]] = {}
    for (kind, fingerprint), who in sorted(shared.items()):
        reasons.setdefault(root[code[who[0]]], []).append((kind, fingerprint, who))
    signals = [_signal(groups[name], reasons[name]) for name in groups]
    return sorted(signals, key=lambda signal: (-signal.strength, signal.people))


def _signal(people: list[int], reasons: list[tuple[str, str, list[int]]]) -> Signal:
    kinds = sorted({kind for kind, _, _ in reasons})
    return Signal(
        kind="link",
        people=tuple(people),
        strength=float(np.log10(len(people))),
        words=f"{len(people)} accounts are linked by {len(reasons)} shared fingerprints ({', '.join(kinds)}).",
        details={"kinds": kinds, "fingerprints": [{"kind": k, "fingerprint": f, "accounts": tuple(w)} for k, f, w in reasons]},
    )
