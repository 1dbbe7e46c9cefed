"""How much of what is due a period takes: pure, so that the closing and the audit reckon the same."""

from collections.abc import Sequence
from dataclasses import dataclass

from piecework.payouts.rules.kinds import WHOLE


@dataclass(frozen=True, slots=True)
class Due:
    """What is left to take of one deduction. All that its rule takes in a period is at most `period_percent` of what was earned."""

    rest: int
    rule_code: str
    period_percent: int


def parts(due: Sequence[Due], earned: int, keeps: int) -> list[int]:
    """What a period takes of each of one person's deductions, in their order: the oldest first, as far as it goes.

    All together they leave at least `keeps` (in 1/10,000) of what the person earned; bounds are rounded down, in the person's favour.
    Amounts in 1/100 kopeck. What does not fit waits for the next period.
    """
    left = max(0, earned) * (WHOLE - keeps) // WHOLE
    taken: dict[str, int] = {}
    found = []
    for one in due:
        within_rule = max(0, earned) * one.period_percent // WHOLE - taken.get(one.rule_code, 0)
        part = max(0, min(one.rest, left, within_rule))
        left -= part
        taken[one.rule_code] = taken.get(one.rule_code, 0) + part
        found.append(part)
    return found
