"""python -m bench.policy sanctions|drift|collusion|overlap|confirm|mixed ...: what the default quality policy holds, and what it does not."""

import argparse
from collections.abc import Callable, Sequence
from math import comb
from multiprocessing import Pool
from typing import Any

import numpy as np

from piecework.quality.simulator.models import Group, Kind, Policy, Population
from piecework.quality.simulator.report import Figures, GroupFigures, run
from piecework.quality.statistics import drift, leave_one_out, rate
from piecework.quality.statistics.drift import DriftState
from piecework.quality.statistics.rate import Watch, watching
from piecework.quality.statistics.sequential import Verdict, outcome

CLASSES = (2, 3, 5, 10)
HONEST = 0.9
GOLDEN = 100
WITHIN = 15
PEOPLE = 10_000
NEVER = 1e-300
"""An error so small that nobody is ever found bad: people are watched, not stopped."""


def most_power(chance: float, answers: int, level: float = 0.01) -> float:
    """The most random clickers that any rule whatever can find from so many answers, finding at most `level` of honest people.

    Neyman and Pearson (1933): the best rule calls bad the lowest numbers of right answers, with chance at the border. No rule that
    goes on after these answers, or looks at their order, does better.
    """
    power, left = 0.0, level
    for right in range(answers + 1):
        honest = comb(answers, right) * HONEST**right * (1 - HONEST) ** (answers - right)
        share = min(1.0, left / honest)
        power += share * comb(answers, right) * chance**right * (1 - chance) ** (answers - right)
        left -= share * honest
        if left <= 0:
            break
    return power


def sanctions() -> None:
    """Exactly, by dynamic programming, and simulated with the production functions, drift alarms and fresh tests included."""
    print(
        "classes  bad    honest 0.9 sanctioned/1000 in 100    clickers found   95 % found   any rule at 1 %:  golden tasks that"
    )
    print("                exactly  simulated  0.85   0.80      in 15  sim.       after     most in 15       95 % need")
    for classes in CLASSES:
        rules = watching(classes)
        found = {accuracy: 1000 * outcome(rules.test, accuracy, GOLDEN)[0][-1] for accuracy in (0.9, 0.85, 0.8)}
        clickers = outcome(rules.test, 1 / classes, 400)[0]
        after = int(np.argmax(clickers >= 0.95)) + 1 if clickers[-1] >= 0.95 else 0
        least = next(n for n in range(1, 100) if most_power(1 / classes, n) >= 0.95)
        honest = 1000 * _simulated(classes, HONEST, GOLDEN, seed=1)
        caught = _simulated(classes, 1 / classes, WITHIN, seed=2)
        print(
            f"{classes:4}    {rules.test.bad:.2f}   {found[0.9]:7.2f}  {honest:7.2f}  {found[0.85]:6.1f} {found[0.8]:6.1f}   "
            f"{clickers[WITHIN - 1]:.4f}  {caught:.4f}   {after:4}        {most_power(1 / classes, WITHIN):.4f}          {least:3}"
        )


def _simulated(classes: int, accuracy: float, golden: int, seed: int) -> float:
    """The share of people found bad within so many golden tasks; after an alarm a fresh test begins."""
    rules, rng = watching(classes), np.random.default_rng(seed)
    bad = 0
    for answers in rng.random((PEOPLE, golden)) < accuracy:
        watch = Watch()
        for right in answers:
            watch = rate.known(watch, float(right), float(not right), rules)
        bad += watch.verdict == Verdict.BAD
    return bad / PEOPLE


def falls() -> None:
    """The drift chart on golden tasks alone, and on ordinary answers judged by two others, five classes."""
    chart = watching(5).chart
    print(f"threshold {chart.threshold:.2f}; stated: at most {chart.false_alarms:g} alarms per 1,000 answers at {chart.good}")
    for accuracy in (0.95, 0.9, 0.85, 0.8):
        golden, judged = (1000 / _answers_to_alarm(accuracy, others, 400, seed=3) for others in (None, 0.85))
        print(f"accuracy {accuracy}: {golden:.3f} alarms per 1,000 golden answers, {judged:.3f} per 1,000 ordinary answers")
    for accuracy in (0.7, 0.6, 0.5, 0.4, 0.2):
        golden, judged = (_answers_to_alarm(accuracy, others, 4000, seed=4) for others in (None, 0.85))
        print(
            f"fallen to {accuracy}: alarm after {golden:.1f} golden answers, which at a golden rate of 3 % are {golden / 0.03:.0f} answers; "
            f"with ordinary ones judged by two others, after {judged:.0f} answers"
        )


def _answers_to_alarm(accuracy: float, others: float | None, alarms: int, seed: int) -> float:
    """The mean run length until an alarm; `others` is the accuracy of two other voters, None for golden tasks."""
    chart, rng = watching(5).chart, np.random.default_rng(seed)
    steps: dict[tuple[int, ...], float] = {}
    count, found, state = 0, 0, DriftState()
    while found < alarms and count < 2_000_000:
        skills = np.array([accuracy] if others is None else [accuracy, others, others])
        labels = np.where(rng.random((1 << 12, skills.size)) < skills, 0, rng.integers(1, 5, (1 << 12, skills.size)))
        for row in labels:
            key = tuple(int(label) for label in row)
            if key not in steps:
                right = float(key[0] == 0) if others is None else float(leave_one_out(key, [others] * 3, 5)[0])
                steps[key] = chart.judged(right, 5)
            count += 1
            state = drift.update(state, steps[key], chart)
            if state.alarm:
                found, state = found + 1, DriftState()
    return count / max(1, found)


def collusion() -> None:
    """Ten colluding people among a hundred, watched but never stopped, with their shared list and without.

    Two gains in points: how much more often they are right on golden tasks than on ordinary ones, which is what unmasked golden
    tasks give them; and their estimated accuracy, which rises as well when they do work with care.
    """
    settings: list[tuple[str, dict[str, Any]]] = [
        ("cap 5, matched", {"exposure_cap": 5}),
        ("cap 5", {"exposure_cap": 5, "matched_exposures": False}),
        *((f"fixed pool of {size}", {"exposure_cap": None, "golden_pool": size}) for size in (50, 200, 1000)),
    ]
    print(
        "golden tasks         without list: bias, estimate   with list, by sightings that make a task golden: gains in bias, estimate"
    )
    for name, chosen in settings:
        policy = Policy(false_bad=NEVER, **chosen)
        alone = _colluders(policy, shares=False, threshold=1)
        print(f"{name:20} {alone[0]:+6.3f} {alone[1]:6.3f}", end="", flush=True)
        for threshold in (1, 2, 3):
            together = _colluders(policy, shares=True, threshold=threshold)
            bias, estimate = (100 * (after - before) for after, before in zip(together, alone, strict=True))
            print(f"   {threshold}+: {bias:+5.1f} {estimate:+5.1f}", end="", flush=True)
        print()


def _colluders(policy: Policy, *, shares: bool, threshold: int) -> tuple[float, float]:
    """Their accuracy on golden tasks less that on ordinary ones, and their mean estimate; over four seeds."""
    ring = Group(name="ring", kind=Kind.COLLUDING, people=10, accuracy=0.95, spread=0.0, shares=shares, recognise_after=threshold)
    crowd = Population(tasks=5000, groups=(Group(name="honest", people=90), ring))
    found = [figures.groups[1] for figures in _runs([(policy, crowd, seed) for seed in (1, 2, 3, 4)])]
    biases = [(one.golden_accuracy or 0.0) - (one.accuracy or 0.0) for one in found]
    return float(np.mean(biases)), float(np.mean([one.estimate for one in found]))


FIXED = Policy(name="fixed 5", overlap_min=5, overlap_max=5)


def overlap() -> None:
    """Dynamic overlaps against a fixed overlap of 5, with the mixed crowd of `Population`, five seeds of 3,000 tasks."""
    ladders = ((1, 5, (0.9, 0.95)), (2, 5, (0.9, 0.95, 0.98)), (2, 7, (0.95, 0.97, 0.98)), (2, 9, (0.96, 0.97)))
    _against_fixed([_dynamic(least, most, target) for least, most, targets in ladders for target in targets], range(11, 16))


def confirm() -> None:
    """The last two again, on ten other seeds."""
    _against_fixed([_dynamic(2, 9, target) for target in (0.96, 0.97)], range(201, 211))


def _dynamic(least: int, most: int, target: float) -> Policy:
    return Policy(name=f"{least}-{most} at {target}", overlap_min=least, overlap_max=most, exposure_cap=most, target=target)


def _against_fixed(policies: Sequence[Policy], seeds: Sequence[int]) -> None:
    for classes in (2, 5, 10):
        crowd = Population(classes=classes, tasks=3000)
        found = _runs([(policy, crowd, seed) for policy in (FIXED, *policies) for seed in seeds])
        fixed, *rows = [found[i : i + len(seeds)] for i in range(0, len(found), len(seeds))]
        print(
            f"{classes} classes: fixed 5 is right in {_mean(fixed, 'accuracy'):.4f}, cost {_mean(fixed, 'cost_per_ticket'):.2f}"
        )
        for policy, row in zip(policies, rows, strict=True):
            gain = [one.accuracy - other.accuracy for one, other in zip(row, fixed, strict=True)]
            print(
                f"   {policy.name:12} {_mean(row, 'accuracy'):.4f} ({100 * np.mean(gain):+.2f} points, s.e. "
                f"{100 * np.std(gain, ddof=1) / len(gain) ** 0.5:.2f}) with {_mean(row, 'answers_per_ticket'):.2f} answers "
                f"({_mean(row, 'answers_per_ticket') / 5:.0%}), cost {_mean(row, 'cost_per_ticket'):.2f}",
                flush=True,
            )


def mixed() -> None:
    """The default mixed crowd, thirty seeds of 2,000 tasks, with what counts as good at its default and lower."""
    seeds = range(101, 131)
    for good in (Policy().good_accuracy, 0.8):
        policy, crowd = Policy(overlap_min=2, target=0.95, good_accuracy=good), Population()
        found = _runs([(policy, crowd, seed) for seed in seeds])
        print(f"good from {good}: accuracy {_mean(found, 'accuracy'):.4f}, cost per ticket {_mean(found, 'cost_per_ticket'):.2f}")
        print("group        people  sanctioned /1000  answers  golden  estimate  accuracy  alarms/1000 answers  pay")
        for i, group in enumerate(crowd.groups):
            _print_group([one.groups[i] for one in found], group.people * len(seeds))


def _print_group(rows: Sequence[GroupFigures], people: int) -> None:
    answers = sum(row.answers * row.people for row in rows)
    print(
        f"{rows[0].name:12} {people:5} {1000 * sum(row.sanctioned for row in rows) / people:13.0f} {answers / people:12.0f} "
        f"{np.mean([row.golden_answers for row in rows]):7.0f} {np.mean([row.estimate for row in rows]):9.3f} "
        f"{np.mean([row.accuracy or 0.0 for row in rows]):9.3f} {1000 * sum(row.alarms for row in rows) / answers:14.2f} "
        f"{np.mean([row.pay.median or 0.0 for row in rows]):12.0f}"
    )


def _runs(games: Sequence[tuple[Policy, Population, int]]) -> list[Figures]:
    with Pool(2) as pool:
        return pool.starmap(run, games, chunksize=1)


def _mean(found: Sequence[Figures], name: str) -> float:
    return float(np.mean([getattr(one, name) for one in found]))


PARTS: dict[str, Callable[[], None]] = {
    "sanctions": sanctions,
    "drift": falls,
    "collusion": collusion,
    "overlap": overlap,
    "confirm": confirm,
    "mixed": mixed,
}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.policy", description=__doc__)
    parser.add_argument("parts", nargs="+", choices=PARTS)
    for part in parser.parse_args().parts:
        PARTS[part]()
