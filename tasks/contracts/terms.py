"""The terms of a contract, and which changes of them are in the person's favour."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, Self, get_args

Cadence = Literal["weekly", "half_monthly", "monthly"]
Regime = Literal["none", "self_employed", "individual", "non_resident", "other_country"]
CADENCES: tuple[Cadence, ...] = get_args(Cadence)
REGIMES: tuple[Regime, ...] = get_args(Regime)

NOT_MORE = ("weekly_norm",)
NOT_LESS = ("weekly_cap", "max_held", "notice_days")


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is agreed. `rate` says in words how pay is reckoned; `price_list`: the project whose price list holds for it.

    `weekly_norm`, `weekly_cap`: tasks a week, over all projects; `max_held`: tasks at once; `zone`: whose calendar the weeks and days
    are of; `notice_days`: how long ahead a change to the person's disadvantage, or an end, is announced.
    """

    rate: str
    price_list: str | None
    weekly_norm: int
    weekly_cap: int
    max_held: int
    zone: str
    cadence: str
    regime: str
    notice_days: int
    clauses: str

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """The terms in a row that has them among other columns."""
        return cls(**{one.name: row[one.name] for one in fields(cls)})


def against(new: Terms, old: Terms) -> list[str]:
    """Which terms change, and not surely in the person's favour, in their order.

    A lower norm, a higher cap, more tasks at once and longer notice are in their favour; of words, the zone, the cadence and the
    regime nobody but the person can tell, so any change of those counts as against them.
    """
    changed = [one.name for one in fields(Terms) if getattr(new, one.name) != getattr(old, one.name)]
    return [name for name in changed if not _better(name, getattr(new, name), getattr(old, name))]


def _better(name: str, new: Any, old: Any) -> bool:
    return bool((name in NOT_MORE and new < old) or (name in NOT_LESS and new > old))
