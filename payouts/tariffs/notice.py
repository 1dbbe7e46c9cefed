"""When a tariff may start and end: what makes somebody worse off is announced, by its approval, `notice_days` of the policy before.

The guarantee: at no moment does an answer pay less, or is its money held longer, than was announced for that moment `notice_days`
before it. Two things are outside of it: the first tariff of a project, before which nothing was announced, and a tariff that is
withdrawn before its start.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from piecework.payouts.tariffs.prices import NO_HOLD, Hold, OwnPrice, PriceList, Rates, falls, in_force


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is to be announced. Without a start it begins as soon as it may."""

    rates: Rates
    hold: Hold
    starts_at: datetime | None
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class Bounds:
    """The earliest moments at which a tariff may start, and end."""

    start: datetime
    end: datetime


def bounds(
    new: Proposal, *, lists: Sequence[PriceList], steps: Sequence[OwnPrice], first: bool, now: datetime, notice: timedelta
) -> Bounds:
    """When a tariff approved now may start and end at the earliest, given the project's lists in force and to come.

    At once may start: a project's first tariff (there is no list yet that it could worsen; the steps' own prices are none), and one
    under which no price of any step, level or language falls and no money is held longer than under what is known to be in force
    otherwise. All others start when their notice is over. An end is a change like any other: it brings back the steps' own prices,
    so that no rise for an evening hides a fall.
    """
    announced = now + notice
    starts_at = max(now, new.starts_at or now)
    listed = PriceList(UUID(int=0), 0, starts_at, None, now, "", new.hold, new.rates)
    if not first and _worse(listed, lists, steps, announced):
        return Bounds(start=announced, end=now)
    if new.ends_at is not None and new.ends_at > starts_at:
        ending = replace(listed, ends_at=new.ends_at)
        if _worse(ending, lists, steps, announced, since=new.ends_at):
            return Bounds(start=now, end=announced)
    return Bounds(start=now, end=now)


def _worse(
    new: PriceList, lists: Sequence[PriceList], steps: Sequence[OwnPrice], announced: datetime, since: datetime | None = None
) -> bool:
    """True if the new list makes any moment from its start (or `since`) on, before its notice is over, worse than it would be."""
    together = [*lists, new]
    changes = {at for one in together for at in (one.starts_at, one.ends_at) if at is not None}
    begin = since or new.starts_at
    for at in sorted(at for at in changes if begin <= at < announced):
        before, after = in_force(lists, at), in_force(together, at)
        if before is after:
            continue
        was, held = (before.rates, before.hold) if before is not None else ({}, NO_HOLD)
        now, holds = (after.rates, after.hold) if after is not None else ({}, NO_HOLD)
        if falls(was, now, steps) or holds.longer_than(held):
            return True
    return False
