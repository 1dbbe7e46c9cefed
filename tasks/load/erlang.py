"""Erlang's formulas: how many people must be there so that whoever asks at random times is answered soon.

A. K. Erlang (1917), "Solution of some problems in the theory of probabilities of significance in automatic telephone exchanges". Calls
arrive as a Poisson process, handling times are exponential, people take the longest waiting first, nobody hangs up. The load `a`, in
erlangs, is arrivals per second times the mean handling time in seconds.
"""

import math

EXACT = 100_000.0
"""Up to this load `people_needed` is exact; what is needed beyond a larger one is less than a hundredth of it."""


def blocking(load: float, people: int) -> float:
    """Erlang B: the share of calls that find everybody busy where none may wait.

    By the recursion B(0) = 1, B(n) = a B(n-1) / (n + a B(n-1)): every term stays within 0 and 1, so nothing overflows as the
    factorials of the textbook formula do.
    """
    _check(load, people)
    share = 1.0
    for n in range(1, people + 1):
        share = load * share / (n + load * share)
    return share


def waiting(load: float, people: int) -> float:
    """Erlang C: the share of calls that must wait, C = n B / (n - a (1 - B)). 1 where the load is not less than the people."""
    return _waiting(load, people, blocking(load, people))


def answered_within(load: float, people: int, handling_s: float, within_s: float) -> float:
    """The share of calls answered within so many seconds: 1 - C exp(-(n - a) t / h). 0 where the load is not less than the people."""
    return _answered(load, people, waiting(load, people), handling_s, within_s)


def people_needed(per_hour: float, handling_s: float, within_s: float, probability: float) -> int:
    """The fewest people with whom a share `probability` (below 1) is answered within `within_s` seconds; 0 where nothing arrives.

    One walk of the recursion up to the answer. Of a load above `EXACT` it says the load itself, the least that keeps up.
    """
    if not (0 < probability < 1 and within_s >= 0 and handling_s > 0 and per_hour >= 0):
        raise ValueError("a share between 0 and 1, times and arrivals that are not negative")
    load = per_hour * handling_s / 3600
    _check(load, 0)
    if load == 0:
        return 0
    if load > EXACT:
        return math.floor(load) + 1
    people, share = 0, 1.0
    while people <= load or _answered(load, people, _waiting(load, people, share), handling_s, within_s) < probability:
        people += 1
        share = load * share / (people + load * share)
    return people


def _waiting(load: float, people: int, blocked: float) -> float:
    return 1.0 if people <= load else people * blocked / (people - load * (1 - blocked))


def _answered(load: float, people: int, waits: float, handling_s: float, within_s: float) -> float:
    return 0.0 if people <= load else 1 - waits * math.exp(-(people - load) * within_s / handling_s)


def _check(load: float, people: int) -> None:
    if not (math.isfinite(load) and load >= 0 and people >= 0):
        raise ValueError("load and people must be finite and not negative")
