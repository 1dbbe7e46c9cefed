"""python -m bench.cheating [--quick | --crowds FOLDER]: what the detectors of cheating find, and whom they accuse.

Prints Markdown tables about simulated crowds, or the real ones of a folder. No server is needed; everything is
seeded and runs in a few minutes on one core.
"""

import argparse
import resource
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench import collected
from bench.crowds import Crowd, Ring, World
from bench.texts import Writers
from piecework.quality.statistics import copies, fit, flat, pairs, speed

SIZES = (2, 3, 5, 10)
OVERLAP = 7
CLUSTER = 20
GOLDEN = 0.1


def table(title: str, head: str, rows: Iterator[str]) -> None:
    print(f"\n### {title}\n\n| {head} |\n|{'---|' * (head.count('|') + 1)}")
    for row in rows:
        print(f"| {row} |", flush=True)


def tested(world: World, crowd: Crowd, golden: float) -> tuple[pairs.Pairs, float]:
    """The pairs of a crowd with a share of golden tasks, and the seconds it took."""
    truth = np.where(world.rng.random(world.tasks) < golden, crowd.truth, -1)
    sizes = np.full(world.tasks, crowd.classes)
    accuracy = fit(crowd.task, crowd.worker, crowd.label, sizes, truth=truth, workers=crowd.people).accuracy
    start = time.perf_counter()
    found = pairs.find(crowd.task, crowd.worker, crowd.label, truth, accuracy, [crowd.classes])
    return found, time.perf_counter() - start


def scores(found: pairs.Pairs, people: int) -> NDArray[np.float64]:
    """Of every person the largest log10 likelihood ratio of their pairs; -9 without any."""
    best = np.full(people, -9.0)
    for side in (found.first, found.second):
        np.maximum.at(best, side, found.ratio)
    return best


def rings(seeds: int) -> Iterator[str]:
    for shared in (60, 200):
        for copying in (0.1, 0.25, 0.5, 1.0):
            for noise in (0.0, 0.1, 0.2):
                yield ring_row(shared, copying, noise, seeds)


def ring_row(shared: int, copying: float, noise: float, seeds: int) -> str:
    """One crowd a seed, with one ring of each size in it."""
    caught = {size: [0, 0, 0] for size in SIZES}  # members, flagged, above the threshold of 1 % honest
    honest = accused = 0
    for seed in range(seeds):
        people = 200 + 100 * (seed % 4)
        made = [Ring(size, copying, noise, shared) for size in SIZES]
        world = World(seed, people=people, tasks=25 * people + 20 * shared + 50)
        crowd = world.crowd(OVERLAP, made, cluster=CLUSTER)
        found, _ = tested(world, crowd, GOLDEN)
        score = scores(found, people)
        good = np.setdiff1d(np.arange(people), list(crowd.cheats))
        threshold = float(np.quantile(score[good], 0.99))
        named = {person for ring in found.rings for person in ring}
        honest += good.size
        accused += len(named - crowd.cheats)
        for ring in crowd.rings:
            count = caught[len(ring)]
            count[0] += len(ring)
            count[1] += len(named & set(ring))
            count[2] += int((score[list(ring)] > threshold).sum())
    flagged = " | ".join(f"{caught[size][1] / caught[size][0]:.2f}" for size in SIZES)
    at_one = " | ".join(f"{caught[size][2] / caught[size][0]:.2f}" for size in SIZES)
    return f"{shared} | {copying:.0%} | {noise:.0%} | {flagged} | {at_one} | {1000 * accused / honest:.1f}"


def innocent(seeds: int) -> Iterator[str]:
    """Crowds without any ring."""
    for classes in (2, 4):
        for misleading in (0.15, 0.4):
            for golden in (1.0, 0.1, 0.0):
                counts = np.zeros(5)
                for seed in range(seeds):
                    world = World(100 + seed, people=300, tasks=9000, classes=classes, misleading=misleading)
                    crowd = world.crowd(OVERLAP, cluster=CLUSTER)
                    found, _ = tested(world, crowd, golden)
                    named = sum(len(ring) for ring in found.rings)
                    counts += (found.p.size, (found.p <= 0.05).sum(), (found.p <= 0.01).sum(), named, crowd.people)
                tests, five, one, accused, people = counts.tolist()
                yield (
                    f"{classes} | {misleading:.0%} | {golden:.0%} | {tests:.0f} | {five / tests:.4f} | {one / tests:.4f} | "
                    f"{1000 * accused / people:.1f}"
                )


def scale() -> Iterator[str]:
    for people, tasks, overlap, cluster in (
        (2000, 20_000, 5, 0),
        (2000, 20_000, 5, 10),
        (2000, 2500, 40, 50),
        (2000, 500, 200, 250),
    ):
        world = World(7, people=people, tasks=tasks)
        crowd = world.crowd(overlap, cluster=cluster)
        found, seconds = tested(world, crowd, GOLDEN)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        met = tasks * overlap * (overlap - 1) // 2
        yield f"{people} | {crowd.task.size} | {overlap} | {met} | {found.p.size} | {seconds:.1f} | {peak:.0f}"


def bots(seeds: int) -> Iterator[str]:
    kinds = {"script, 1.5 s": (1.5, 1.0), "script, 3 s": (3.0, 1.0), "script half of the time": (1.5, 0.5)}
    kinds |= {"twice as quick as usual": (0.0, 2.0), "three times as quick": (0.0, 3.0)}
    for name, (seconds, factor) in kinds.items():
        found = total = false = good = 0
        for seed in range(seeds):
            rng = np.random.default_rng(seed)
            people, each, strange = 300, 60, 15
            worker = np.repeat(np.arange(people), each)
            step = rng.integers(3, size=worker.size)
            length = rng.integers(150, 1500, size=worker.size)
            effect = rng.normal(0, 0.35, people)
            effect[:strange] = 0.0
            log = (
                np.log([20, 35, 60])[step]
                + 0.5 * (np.log1p(length) - np.log(600))
                + effect[worker]
                + rng.normal(0, 0.45, worker.size)
            )
            took = np.exp(log) * np.where(rng.random(worker.size) < 0.03, rng.uniform(3, 50, worker.size), 1.0)
            of_strange = worker < strange
            if seconds:
                script = of_strange & (rng.random(worker.size) < factor)
                took = np.where(script, seconds * np.exp(rng.normal(0, 0.2, worker.size)), took)
            else:
                took = np.where(of_strange, took / factor, took)
            named = {p for signal in speed.signals(speed.fit(step, worker, took, length, workers=people)) for p in signal.people}
            found, total = found + len({p for p in named if p < strange}), total + strange
            false, good = false + len({p for p in named if p >= strange}), good + people - strange
        yield f"{name} | {found / total:.2f} | {1000 * false / good:.1f}"


def clickers(seeds: int) -> Iterator[str]:
    for common in (0.25, 0.9):
        for each in (20, 40, 100):
            for stuck in (1.0, 0.8):
                found = total = false = good = 0
                for seed in range(seeds):
                    rng = np.random.default_rng(seed)
                    people, strange, classes = 300, 15, 4
                    worker = np.repeat(np.arange(people), each)
                    right = rng.choice(classes, size=worker.size, p=[common, *[(1 - common) / 3] * 3])
                    skill = rng.beta(8, 2, people)
                    wrong = (right + rng.integers(1, classes, size=worker.size)) % classes
                    label = np.where(rng.random(worker.size) < skill[worker], right, wrong)
                    clicks = (worker < strange) & (rng.random(worker.size) < stuck)
                    label = np.where(clicks, 0, label)
                    result = flat.find(worker, label, right, np.full(worker.size, classes), workers=people)
                    named = {p for signal in flat.signals(result) for p in signal.people}
                    found, total = found + len({p for p in named if p < strange}), total + strange
                    false, good = false + len({p for p in named if p >= strange}), good + people - strange
                yield f"{common:.0%} | {each} | {stuck:.0%} | {found / total:.2f} | {1000 * false / good:.1f}"


def copied(seeds: int) -> Iterator[str]:
    for across in (False, True):
        for edited in (0.0, 0.05, 0.1, 0.2, 0.3, 0.5):
            found = total = false = honest = 0
            for seed in range(seeds):
                texts, copiers = Writers(seed).texts(people=200, tasks=400, copiers=10, edited=edited, across=across)
                named = {signal.people for signal in copies.find(texts)}
                found, total = found + len(named & copiers), total + len(copiers)
                false += len({person for pair in named - copiers for person in pair})
                honest += 200 - 10
            yield f"{'other tasks' if across else 'the same task'} | {edited:.0%} | {found / total:.2f} | {1000 * false / honest:.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one crowd for every row")
    parser.add_argument("--crowds", type=Path, help="a folder of real crowds to run the detectors on instead")
    options = parser.parse_args()
    if options.crowds:
        head = "crowd | right by | people | pairs | alike | expected | p <= 0.01 | flagged pairs | their people | flat | fast"
        table("Real crowds", head, collected.rows(options.crowds))
        return
    seeds = 1 if options.quick else 3
    start = time.perf_counter()
    table("Time and memory of the pairs", "people | answers | overlap | meetings | pairs tested | seconds | peak MB", scale())
    columns = "shared | copying | noise | " + " | ".join(f"size {n}" for n in SIZES)
    columns += " | " + " | ".join(f"at 1 %: {n}" for n in SIZES) + " | accused of 1,000"
    table(
        "Rings: share of members found, at a false discovery rate of 1 % and with 1 % of the honest accused",
        columns,
        rings(seeds),
    )
    head = "classes | misleading | golden | pairs | p <= 0.05 | p <= 0.01 | accused of 1,000"
    table("Crowds without rings", head, innocent(seeds))
    table("Speed: 15 strange among 300", "who | flagged | others flagged of 1,000", bots(seeds))
    table(
        "Flat answers: 15 clickers among 300", "commonest class | answers each | stuck | found | others of 1,000", clickers(seeds)
    )
    table("Copied texts: 10 copiers among 200", "copied from | words edited | found | accused of 1,000", copied(seeds))
    print(f"\n{seeds} crowds a row, {time.perf_counter() - start:.0f} s in all.")


if __name__ == "__main__":
    main()
