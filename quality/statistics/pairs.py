"""Pairs of people who are wrong alike more often than chance, and the rings they form.

For every pair and direction, whenever the one is wrong, does the other say the same? With p the
chance of it if both worked on their own (see `chance`), and c the chance of copying, one shared
task multiplies the likelihood ratio of copying against independence by

    ((1 - c) p + c) / p    if they say the same,        1 - c    if they do not.

Its mean is 1 if they are independent, so the product over tasks, the average over `COPYING` and the
average over both directions have the mean 1 too: the result E is an e-value, and 1 / E, at most 1,
a p-value by Markov's inequality, P(E >= 1 / x) <= x (Vovk and Wang 2021, "E-values: calibration,
combination and applications"). It needs no normal approximation and holds for any number of tasks,
but it is conservative: under independence far fewer than x of the p-values lie below x. As the
p-values come from e-values, the false discovery rate of Benjamini and Hochberg holds although
pairs that have a person in common depend on each other (see `fdr`). All of it holds as far as the
estimated chances p do; and of pairs that get a second look (see `_tested`), where the answers left
out were chosen by the data, it is not proven but measured (`python -m bench.cheating`).

Wrong is what differs from the truth, or where that is not known, from what all others than the two
are nearly sure of (see `ballots`). So a task of three answers tells only if it is golden or audited,
and a ring whose members are the majority even without two of them is taken for the consensus. Right
answers alike say nothing: two good people agree.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from piecework.quality.statistics.ballots import Ballots, Booleans
from piecework.quality.statistics.chance import Chances
from piecework.quality.statistics.fdr import adjusted
from piecework.quality.statistics.links import components
from piecework.quality.statistics.signals import Signal
from piecework.quality.statistics.vote import Floats, Integers, weighted_count

COPYING = (0.1, 0.3, 0.6, 0.9)
EXAMPLES = 5
SUSPICIOUS = 5.0
LARGEST = 20
LARGEST_SHARE = 0.1
"""For a second look: the likelihood ratio of a pair, and how many people, and what share of the crowd, such pairs connect.

Who are more than that are no ring but a school of thought, which may well be right.
"""

_BUFFER = 1 << 21


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """All tested pairs, P of them, ordered by (first, second)."""

    first: Integers
    second: Integers
    """(P,) The codes of the two people, the smaller one first."""
    shared: Integers
    """(P,) Tasks that both answered."""
    judged: Integers
    """(P,) On how many of them it is known, or all but certain, what is right."""
    alike: Integers
    """(P,) On how many of those both gave the same wrong answer."""
    expected: Floats
    """(P,) On how many they would have by chance, given when each of them was wrong; the mean of both directions."""
    ratio: Floats
    """(P,) log10 of the likelihood ratio E; above 0 speaks for copying."""
    p: Floats
    q: Floats
    """(P,) The p-value 1 / E, and the same adjusted for the number of pairs."""
    flagged: Integers
    """(F,) Positions of the pairs whose q is at most the rate asked for."""
    examples: list[tuple[int, ...]]
    """(F,) Of every flagged pair the first `EXAMPLES` tasks that they answered wrong alike."""
    rings: list[tuple[int, ...]]
    """The people that flagged pairs connect, largest ring first."""


def find(
    task: ArrayLike,
    worker: ArrayLike,
    label: ArrayLike,
    truth: ArrayLike,
    accuracy: ArrayLike,
    classes: ArrayLike,
    *,
    step: ArrayLike | None = None,
    min_shared: int = 20,
    rate: float = 0.01,
) -> Pairs:
    """Test all pairs that share at least `min_shared` tasks, at the false discovery rate `rate`.

    `task`, `worker` and `label` are integers of shape (N,), one entry an answer. `truth`, shape
    (T,), is the known label of a golden or audited task, `onecoin.UNKNOWN` elsewhere. `accuracy`,
    shape (W,), weighs the votes, as `onecoin.Fit.accuracy`. `step`, shape (T,), is the step (or
    field) a task belongs to, 0 by default; `classes`, shape (S,), the number of classes of each
    step, `vote.OPEN` for free text, whose labels are codes that mean the same throughout a task.

    Time grows with the pairs of answers to one task, memory with answers and with pairs of people.
    """
    if min_shared < 1 or not 0 < rate < 1:
        raise ValueError("at least one task is shared, and the rate lies strictly between 0 and 1")
    ballots = Ballots(task, worker, label, truth, accuracy, classes, step)
    keys, shared = _count(ballots, min_shared)
    judged, alike, expected, ratio = _tested(ballots, keys)
    p = np.exp(np.minimum(-ratio, 0.0))
    q = adjusted(p)
    flagged = np.flatnonzero(q <= rate)
    first, second = np.divmod(keys, max(ballots.workers, 1))
    return Pairs(
        first=first,
        second=second,
        shared=shared,
        judged=judged,
        alike=alike,
        expected=expected,
        ratio=ratio / np.log(10),
        p=p,
        q=q,
        flagged=flagged,
        examples=_examples(ballots, keys[flagged]),
        rings=_rings(first[flagged], second[flagged], ballots.workers),
    )


def signals(found: Pairs) -> list[Signal]:
    """One signal a ring, with its pairs; the strength is log10 of the largest likelihood ratio."""
    made = []
    for people in found.rings:
        inside = np.flatnonzero(np.isin(found.first[found.flagged], people))
        best = int(inside[np.argmax(found.ratio[found.flagged[inside]])])
        pair = int(found.flagged[best])
        alike, judged, expected = int(found.alike[pair]), int(found.judged[pair]), float(found.expected[pair])
        said = f"gave the same wrong answer to {alike} of {judged} shared tasks, where chance explains {expected:.1f}"
        pairs = [(int(found.first[i]), int(found.second[i]), float(found.ratio[i])) for i in found.flagged[inside]]
        details = {
            "pairs": pairs,
            "strongest": (int(found.first[pair]), int(found.second[pair])),
            "judged": judged,
            "alike": alike,
            "expected": expected,
            "q": float(found.q[pair]),
            "tasks": found.examples[best],
        }
        alone = len(people) == 2
        words = f"The two {said}." if alone else f"{len(people)} people are wrong alike; two of them {said}."
        made.append(Signal("pair" if alone else "ring", people, float(found.ratio[pair]), words, details))
    return made


def _meetings(ballots: Ballots, answers: Integers) -> Iterator[tuple[Integers, Integers]]:
    """Among these positions, ascending, those of two people's answers to one task, the smaller code first.

    At most as many at a time as there are positions: each meets the next one, then the one after it.
    """
    task, start = ballots.task[answers], np.arange(answers.size)
    distance = 1
    while True:
        start = start[start + distance < task.size]
        start = start[task[start] == task[start + distance]]
        if not start.size:
            return
        early, late = answers[start], answers[start + distance]
        one, other = ballots.worker[early], ballots.worker[late]
        yield np.where(one < other, early, late)[one != other], np.where(one < other, late, early)[one != other]
        distance += 1


def _key(ballots: Ballots, one: Integers, other: Integers) -> Integers:
    keys: Integers = ballots.worker[one] * ballots.workers + ballots.worker[other]
    return keys


def _judged(ballots: Ballots, keys: Integers) -> Iterator[tuple[Integers, ...]]:
    """The meetings of these pairs where it is known or all but certain what is right.

    Five arrays of the same length: the place of the pair among the keys, the two answers, and the
    cell and the label held to be right.
    """
    people = np.unique(np.divmod(keys, ballots.workers))
    for one, other in _meetings(ballots, np.flatnonzero(np.isin(ballots.worker, people))):
        key = _key(ballots, one, other)
        place = np.minimum(np.searchsorted(keys, key), keys.size - 1)
        tested = keys[place] == key
        cell, right, sure = ballots.leader(one[tested], other[tested])
        yield place[tested][sure], one[tested][sure], other[tested][sure], cell[sure], right[sure]


def _count(ballots: Ballots, min_shared: int) -> tuple[Integers, Integers]:
    """The keys of the pairs that share enough tasks, ascending, and how many they share."""
    none = np.zeros(0, dtype=np.int64)
    waiting: list[tuple[Integers, Integers]] = [(none, none)]
    for one, other in _meetings(ballots, np.arange(ballots.task.size)):
        waiting.append(np.unique(_key(ballots, one, other), return_counts=True))
        if sum(keys.size for keys, _ in waiting[1:]) > _BUFFER:
            waiting = [_merged(waiting)]
    keys, counts = _merged(waiting)
    enough = counts >= min_shared
    return keys[enough], counts[enough]


def _merged(parts: list[tuple[Integers, Integers]]) -> tuple[Integers, Integers]:
    """Several counts of keys as one."""
    keys, place = np.unique(np.concatenate([key for key, _ in parts]), return_inverse=True)
    counts = np.concatenate([count for _, count in parts])
    return keys, weighted_count(place, counts, keys.size).astype(np.int64)


def _tested(ballots: Ballots, keys: Integers) -> tuple[Integers, Integers, Floats, Floats]:
    """Of every pair the tasks judged, the answers wrong alike and those expected so, and log E.

    Twice: where pairs with a ratio above `SUSPICIOUS` connect three people or more, each pair among
    them is tested again without the others' answers. Those would pass for honest witnesses that the
    wrong answer lies near, so that the more copy on a task, the less each copy would say.
    """
    if not keys.size:
        nothing = np.zeros(0, dtype=np.int64)
        return nothing, nothing, np.zeros(0), np.zeros(0)
    chances = _calibrated(ballots)
    found = _weigh(ballots, chances, keys)
    first, second = np.divmod(keys, ballots.workers)
    largest = min(LARGEST, LARGEST_SHARE * np.unique(ballots.worker).size)
    suspicious = found[3] > np.log(SUSPICIOUS)
    for people in _rings(first[suspicious], second[suspicious], ballots.workers):
        if not 3 <= len(people) <= largest:
            continue
        near = _shared_by(ballots, np.isin(ballots.worker, people))
        member = np.isin(near.worker, people)
        for at in np.flatnonzero(np.isin(first, people) & np.isin(second, people)).tolist():
            two = (near.worker == first[at]) | (near.worker == second[at])
            part = _shared_by(near.only(two | ~member), two[two | ~member])
            for column, value in zip(found, _weigh(part, chances.on(part), keys[at : at + 1]), strict=True):
                column[at] = value[0]
    return found


def _shared_by(ballots: Ballots, answers: Booleans) -> Ballots:
    """The tasks to which at least two of these answers were given, with all of their answers."""
    return ballots.only(np.bincount(ballots.task, answers)[ballots.task] > 1)


def _weigh(ballots: Ballots, chances: Chances, keys: Integers) -> tuple[Integers, Integers, Floats, Floats]:
    """What `_tested` returns, of one pass over the answers."""
    judged, alike = np.zeros(keys.size, dtype=np.int64), np.zeros(keys.size, dtype=np.int64)
    expected, logs = np.zeros((2, keys.size)), np.zeros((len(COPYING), 2, keys.size))
    for place, one, other, cell, right in _judged(ballots, keys):
        same = ballots.label[one] == ballots.label[other]
        judged += np.bincount(place, minlength=keys.size)
        alike += np.bincount(place[same & (ballots.label[one] != right)], minlength=keys.size)
        for way, (person, source) in enumerate(((one, other), (other, one))):
            wrong = ballots.label[source] != right
            chance = chances.same_wrong(person[wrong], source[wrong], cell[wrong], right[wrong])
            expected[way] += weighted_count(place[wrong], chance, keys.size)
            for number, rate in enumerate(COPYING):
                step = np.where(same[wrong], np.log1p(rate * (1 - chance) / chance), np.log1p(-rate))
                logs[number, way] += weighted_count(place[wrong], step, keys.size)
    one_way = np.logaddexp.reduce(logs, axis=0) - np.log(len(COPYING))
    return judged, alike, expected.mean(axis=0), np.logaddexp(one_way[0], one_way[1]) - np.log(2)


def _calibrated(ballots: Ballots) -> Chances:
    """The chances, calibrated on meetings of all pairs, both directions, as many as fit the buffer."""
    chances = Chances(ballots)
    parts: list[tuple[Integers, ...]] = []
    for one, other in _meetings(ballots, np.arange(ballots.task.size)):
        cell, right, sure = ballots.leader(one, other)
        for person, source in ((one, other), (other, one)):
            wrong = sure & (ballots.label[source] != right)
            parts.append((person[wrong], source[wrong], cell[wrong], right[wrong]))
        if sum(part[0].size for part in parts) > _BUFFER:
            break
    person, source, cell, right = (np.concatenate(column) for column in zip(*parts, strict=True))
    chances.calibrate(person, source, cell, right)
    return chances


def _rings(first: Integers, second: Integers, workers: int) -> list[tuple[int, ...]]:
    root = components(first, second, workers)
    groups: dict[int, list[int]] = {}
    for person in np.unique(np.concatenate([first, second])).tolist():
        groups.setdefault(int(root[person]), []).append(person)
    return sorted((tuple(group) for group in groups.values()), key=lambda group: (-len(group), group))


def _examples(ballots: Ballots, keys: Integers) -> list[tuple[int, ...]]:
    """Of every pair the first tasks that both answered wrong alike."""
    found: list[list[int]] = [[] for _ in range(keys.size)]
    for place, one, other, _, right in _judged(ballots, keys) if keys.size else ():
        alike = (ballots.label[one] == ballots.label[other]) & (ballots.label[one] != right)
        for number, task in zip(place[alike].tolist(), ballots.task[one[alike]].tolist(), strict=True):
            found[number].append(task)
    return [tuple(sorted(tasks)[:EXAMPLES]) for tasks in found]
