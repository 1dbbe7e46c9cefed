"""What every contract promises beside its terms, the same for everybody; its text says so (text.py)."""

from collections.abc import Iterable
from datetime import datetime, timedelta

OFFER_STANDS = timedelta(days=14)
"""How long an offer may be accepted."""
OBJECT_WITHIN = timedelta(days=14)
"""How long one may object to the end of one's contract, or to leave that was refused."""
NOTICE_BEFORE_OFFERS = timedelta(days=14)
"""The notice that holds for contracts that were made before offers named one."""
FARTHEST = timedelta(days=366)
"""How far ahead anything may be agreed or announced, and how long one may be away at a time."""

TOLD_AHEAD = timedelta(days=1)
"""Leave and pauses are announced at least this long before they begin."""
TOLD_LATE = timedelta(days=3)
"""Illness may be told this long after it began. The table `leave` holds the same bound."""
BY_WORD_DAYS = 3
"""On how many local days of a calendar month illness is taken on the person's word; longer is confirmed by a curator."""
CONFIRM_WITHIN = timedelta(days=7)
"""So long after it was told a long illness waits for a curator; then it is confirmed, for the delay is not its person's."""
AWAY_WITHIN = timedelta(days=365)
"""In any stretch of this length ..."""
AWAY_MOST = {"leave": timedelta(weeks=4), "pause": timedelta(weeks=8)}
"""... leave, and apart from it pauses, come to no more than this together."""

Interval = tuple[datetime, datetime]


def most_within(intervals: Iterable[Interval], length: timedelta) -> timedelta:
    """The most time that disjoint intervals take together within any stretch of this length.

    What a sliding stretch covers begins to grow slower, and so is greatest, only where it begins with an interval or ends with one.
    """
    known = list(intervals)
    starts = [start for start, _ in known] + [end - length for _, end in known]
    return max((sum((_shared(one, at, at + length) for one in known), timedelta()) for at in starts), default=timedelta())


def _shared(interval: Interval, start: datetime, end: datetime) -> timedelta:
    return max(timedelta(), min(interval[1], end) - max(interval[0], start))
