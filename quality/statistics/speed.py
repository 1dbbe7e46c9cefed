"""How fast people answer, against their step and against reading.

The model of the seconds from claim to submit of answer i by person w in step s, of which `length`
characters were shown:

    log seconds_i = m_s + b_s (log1p(length_i) - mean) + u_w + noise,    noise ~ N(0, d_s^2)

after the log-normal model of response times (van der Linden 2006, "A lognormal model for response
times on test items"). It is fitted by going round its parts with Huber's weights (Huber 1981), so
that pauses and clicks do not pull it; u_w has a normal prior whose spread is that of the crowd.

Being quick is no fault: the fastest are often right. So the limit is what nobody can have read: the
time for all that was shown at `READING` characters a second, and at most a quarter of what is usual,
as people learn to skip what repeats. What counts is the posterior probability that a person's usual
time lies below it. Speed alone asks for a look and never rejects: a script can wait.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from piecework.quality.statistics.signals import Signal
from piecework.quality.statistics.vote import Floats, Integers, weighted_count

READING = 50.0
"""Characters a second: 600 words a minute of five letters.

Most adults read 200 to 400; above that comprehension is traded for skimming (Rayner et al. 2016,
"So much to read, so little time").
"""
USUAL_SHARE = 0.25
SHORTEST = 0.2
"""Seconds; anything less is counted as this."""

_HUBER = 1.345
_ROUNDS = 30
_LEAST_SPREAD = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Speed:
    """The fitted model: S steps, W people, N answers, numbered as in the input."""

    worker: Integers
    step: Integers
    seconds: Floats
    usual: Floats
    """(N,) Seconds that the crowd's usual person needs for what was shown."""
    limit: Floats
    """(N,) Seconds below which it cannot have been read."""
    effect: Floats
    deviation: Floats
    """(W,) Posterior mean and standard deviation of u."""
    answers: Integers
    """(W,)"""
    faster: Floats
    """(W,) Posterior probability that a person's usual time lies below the limit; 0 without answers."""
    share: Floats
    """(W,) The share of their answers that do; 0 without answers."""

    def standing(self, worker: int, step: int) -> dict[str, float]:
        """One person in one step, for a report.

        `answers`, `median_seconds`, `ratio` of it to the median of the usual seconds of the same
        tasks, and `percentile`: the share of the step's people, in percent, whose ratio is lower,
        ties counting half.
        """
        here = self.step == step
        mine = here & (self.worker == worker)
        if not mine.any():
            raise ValueError("the person has not answered in this step")
        ratios = {who: self._ratio(here & (self.worker == who)) for who in np.unique(self.worker[here]).tolist()}
        own = ratios[worker]
        below = sum((ratio < own) + 0.5 * (ratio == own) for ratio in ratios.values())
        return {
            "answers": float(mine.sum()),
            "median_seconds": float(np.median(self.seconds[mine])),
            "ratio": own,
            "percentile": 100 * float(below) / len(ratios),
        }

    def _ratio(self, answers: NDArray[np.bool_]) -> float:
        return float(np.median(self.seconds[answers]) / np.median(self.usual[answers]))


def fit(
    step: ArrayLike, worker: ArrayLike, seconds: ArrayLike, length: ArrayLike, *, workers: int, reading: float = READING
) -> Speed:
    """Fit the model to answers.

    All arrays have the shape (N,), one entry an answer: codes of steps and people, the seconds from
    claim to submit by the server's clock, and how many characters were shown. `reading` is in
    characters a second.
    """
    steps, person = np.asarray(step, dtype=np.int64), np.asarray(worker, dtype=np.int64)
    took, shown = np.asarray(seconds, dtype=np.float64), np.asarray(length, dtype=np.float64)
    if any(column.ndim != 1 or column.shape != steps.shape for column in (steps, person, took, shown)):
        raise ValueError("step, worker, seconds and length must be one-dimensional, of the same length")
    if not (np.isfinite(took) & (took >= 0)).all() or not (np.isfinite(shown) & (shown >= 0)).all():
        raise ValueError("seconds and lengths are finite and not negative")
    if min(steps.min(initial=0), person.min(initial=0)) < 0 or person.max(initial=-1) >= workers or reading <= 0:
        raise ValueError("steps and workers are numbered from 0, and reading has a positive speed")
    log = np.log(np.maximum(took, SHORTEST))
    usual, effect, deviation = _model(steps, person, log, np.log1p(shown), workers)
    with np.errstate(divide="ignore"):
        limit = np.minimum(np.log(shown / reading), usual + math.log(USUAL_SHARE))
    answers = np.bincount(person, minlength=workers)
    # What is shown empty cannot be read too fast: its limit is a tiny time, not minus infinity.
    room = weighted_count(person, np.maximum(limit, -20.0) - usual, workers) / np.maximum(answers, 1)
    faster = np.array([_normal(z) for z in ((room - effect) / deviation).tolist()])
    share = weighted_count(person, (log < limit).astype(np.float64), workers) / np.maximum(answers, 1)
    return Speed(
        worker=person,
        step=steps,
        seconds=took,
        usual=np.exp(usual),
        limit=np.exp(limit),
        effect=effect,
        deviation=deviation,
        answers=answers,
        faster=np.where(answers > 0, faster, 0.0),
        share=share,
    )


def signals(found: Speed, *, probability: float = 0.99, min_answers: int = 10) -> list[Signal]:
    """A signal for who is faster than reading allows with at least this probability.

    The strength is log10 of the odds, at most 6.
    """
    made = []
    for person in np.flatnonzero((found.faster >= probability) & (found.answers >= min_answers)).tolist():
        mine = found.worker == person
        seconds, usual = float(np.median(found.seconds[mine])), float(np.median(found.usual[mine]))
        limit, share = float(np.median(found.limit[mine])), float(found.share[person])
        words = (
            f"Half of the {found.answers[person]} answers took less than {seconds:.1f} s, where {usual:.0f} s are usual; "
            f"{share:.0%} came before what was shown could be read ({limit:.1f} s)."
        )
        odds = found.faster[person] / max(1 - found.faster[person], 1e-6)
        details = {
            "answers": int(found.answers[person]),
            "median_seconds": seconds,
            "usual_seconds": usual,
            "limit_seconds": limit,
            "share": share,
            "probability": float(found.faster[person]),
        }
        made.append(Signal("fast", (person,), float(np.log10(min(odds, 1e6))), words, details))
    return sorted(made, key=lambda signal: (-signal.strength, signal.people))


def false_flags(found: list[Signal], accurate: ArrayLike) -> float:
    """The share of accurate people among whom a signal names somebody; `accurate` are their codes."""
    who = {int(person) for person in np.asarray(accurate, dtype=np.int64).tolist()}
    named = {person for signal in found for person in signal.people}
    return len(who & named) / len(who) if who else math.nan


def _model(steps: Integers, person: Integers, log: Floats, shown: Floats, workers: int) -> tuple[Floats, Floats, Floats]:
    """The usual log seconds of every answer, shape (N,); mean and deviation of u, shape (W,)."""
    count = int(steps.max(initial=-1)) + 1
    answers = np.maximum(np.bincount(steps, minlength=count), 1)
    x = shown - (weighted_count(steps, shown, count) / answers)[steps]
    level = np.array([np.median(log[steps == s]) if (steps == s).any() else 0.0 for s in range(count)])
    slope, effect, crowd = np.zeros(count), np.zeros(workers), 0.5
    noise = np.ones(count)
    precision = np.zeros(workers)
    present = np.bincount(person, minlength=workers) > 0
    for _ in range(_ROUNDS):
        rest = log - level[steps] - slope[steps] * x - effect[person]
        noise = np.array([_spread(rest[steps == s]) for s in range(count)])
        weight = np.minimum(1.0, _HUBER * noise[steps] / np.maximum(np.abs(rest), 1e-12))
        level = level + weighted_count(steps, weight * rest, count) / np.maximum(weighted_count(steps, weight, count), 1e-12)
        rest = log - level[steps] - slope[steps] * x - effect[person]
        # One imagined answer at slope 0 keeps a step whose tasks are all equally long from dividing by 0.
        spread = weighted_count(steps, weight * x * x, count) + noise**2
        slope = slope + (weighted_count(steps, weight * x * rest, count) - noise**2 * slope) / spread
        free = log - level[steps] - slope[steps] * x
        weight = weight / noise[steps] ** 2
        precision = weighted_count(person, weight, workers) + 1 / crowd**2
        effect = weighted_count(person, weight * free, workers) / precision
        if present.any():
            middle = float(np.median(effect[present]))
            effect[present] -= middle
            level = level + middle
            crowd = _spread(effect[present])
    usual = level[steps] + slope[steps] * x
    return usual, effect, 1 / np.sqrt(np.maximum(precision, 1e-12))


def _spread(values: Floats) -> float:
    """The standard deviation by the median of absolute values, which for a normal one is 0.6745 of it."""
    return max(1.4826 * float(np.median(np.abs(values))), _LEAST_SPREAD) if values.size else 1.0


def _normal(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2))
