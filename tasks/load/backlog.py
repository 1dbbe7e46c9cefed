"""Work with deadlines: whether it can be done in time, how many people that takes, when it is done.

Work is in hours of one person at the usual pace. Time is a row of equal hours from now on: `due[i]` is the work whose deadline lies
in hour i (what is overdue belongs to hour 0, and counts as due at its end), `arriving[i][j]` arrives at the beginning of hour i and is due in
hour j. Work of one hour counts as done by its end. One task can be done by one person only, but tasks are small against an hour, so
work is taken as divisible.
"""

import numpy as np
from numpy.typing import NDArray

Hours = NDArray[np.float64]


def shortfall(due: Hours, people: Hours) -> float:
    """The hours of work that miss their deadlines at the least, with so many people in each hour.

    Earliest deadline first meets every deadline if anything does (Jackson 1955, Liu and Layland 1973), and what it misses is the
    largest excess of the work due by a moment over what can have been done by then.
    """
    excess = np.cumsum(due) - np.cumsum(people)
    return max(0.0, float(np.max(excess, initial=0.0)))


def people_now(due: Hours) -> float:
    """The fewest people who, working steadily from now on, meet every deadline: max over d of the work due by d / time until d."""
    return float(np.max(np.cumsum(due) / np.arange(1, len(due) + 1), initial=0.0))


def people_by_hour(due: Hours, arriving: NDArray[np.float64] | None = None) -> Hours:
    """The people needed in each hour, if in each hour just enough work that what is there by then meets its deadlines.

    The algorithm "optimal available" of Yao, Demers and Shenker (1995): at each hour the steady level that would suffice if nothing
    more came; earliest deadline first; then again with what has come. No deadline is missed, and nobody is asked for earlier
    than the work is there.
    """
    left = np.array(due, dtype=np.float64)
    needed = np.zeros(len(left))
    for hour in range(len(left)):
        if arriving is not None:
            left += arriving[hour]
        level = people_now(left[hour:])
        needed[hour] = level
        _do(left, hour, level)
    return needed


def empty_after(work: float, people: Hours, arriving: Hours) -> float | None:
    """In how many hours nothing is left, with so much work arriving and so many people in each hour; None: not within these hours.

    Within an hour work arrives evenly, so the moment is found by interpolation.
    """
    if work <= 0:
        return 0.0
    for hour, (done, came) in enumerate(zip(people, arriving, strict=True)):
        if work + came - done <= 0:
            return float(hour + work / (done - came))
        work += came - done
    return None


def _do(left: Hours, hour: int, amount: float) -> None:
    """Take this much work from `left`, earliest deadline first, beginning with what is due in `hour`."""
    before = np.concatenate(([0.0], np.cumsum(left[hour:])[:-1]))
    left[hour:] -= np.clip(amount - before, 0.0, left[hour:])
