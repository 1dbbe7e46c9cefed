"""From reviewers' scores to an interview's outcome: means by competency group, agreement, and the published rule. Pure functions."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from piecework.quality.admissions.specs import Guide, InterviewBar
from piecework.quality.statistics import quadratic_kappa

Scores = Mapping[str, int]
"""Question -> score from 1 to 5."""
APART = 2.0
"""Two reviewers whose means of a group differ by this much or more need a third."""
BANDS = ((0.8, "almost full"), (0.6, "substantial"), (0.4, "moderate"), (0.2, "fair"), (0.0, "slight"))
"""Names of agreement by the lower bound of kappa (Landis and Koch 1977, "The measurement of observer agreement for categorical data")."""


@dataclass(frozen=True, slots=True)
class GroupResult:
    """One competency group: each reviewer's mean, the mean of those, and whether it reaches the bar."""

    code: str
    by_reviewer: tuple[float, ...]
    mean: float
    reached: bool


@dataclass(frozen=True, slots=True)
class Result:
    """What the published rule says: passed if the groups' mean reaches the bar overall and every group reaches its own."""

    groups: tuple[GroupResult, ...]
    overall: float
    passed: bool


def group_means(guide: Guide, scores: Scores) -> dict[str, float]:
    """One reviewer's mean of each group."""
    return {group.code: sum(scores[one.code] for one in group.questions) / len(group.questions) for group in guide.groups}


def result(guide: Guide, bar: InterviewBar, reviews: Sequence[Scores]) -> Result:
    """The outcome by the rule: the order of reviewers plays no part, and each counts the same."""
    means = [group_means(guide, one) for one in reviews]
    groups = []
    for group in guide.groups:
        each = tuple(one[group.code] for one in means)
        mean = math.fsum(each) / len(each)
        groups.append(GroupResult(group.code, each, mean, at_least(mean, bar.group)))
    overall = math.fsum(one.mean for one in groups) / len(groups)
    return Result(tuple(groups), overall, at_least(overall, bar.overall) and all(one.reached for one in groups))


def apart(guide: Guide, first: Scores, second: Scores) -> list[str]:
    """The groups in which two reviewers are so far apart that a third is asked."""
    one, other = group_means(guide, first), group_means(guide, second)
    return [code for code in one if at_least(abs(one[code] - other[code]), APART)]


def differences(guide: Guide, reviews: Sequence[Scores]) -> dict[str, int]:
    """Question -> how far apart the highest and the lowest score are."""
    return {code: max(one[code] for one in reviews) - min(one[code] for one in reviews) for code in guide.question_codes()}


def kappa(guide: Guide, reviews: Sequence[Scores]) -> float | None:
    """Quadratically weighted kappa over all questions, its mean over the pairs of reviewers; None where it is undefined."""
    codes = guide.question_codes()
    pairs = [quadratic_kappa([a[c] for c in codes], [b[c] for c in codes]) for a, b in combinations(reviews, 2)]
    known = [one for one in pairs if not math.isnan(one)]
    return math.fsum(known) / len(known) if known else None


def meaning(value: float | None) -> str:
    """What a kappa says, in words."""
    if value is None:
        return "undefined: the same score throughout tells agreement and chance not apart"
    return next((f"{name} agreement" for least, name in BANDS if value >= least), "less agreement than by chance")


def shown(mean: float) -> float:
    """A mean with two decimals, never more than it is: what does not reach the bar is not shown as if it did."""
    return math.floor(mean * 100 + 1e-7) / 100


def at_least(value: float, bar: float) -> bool:
    """value >= bar, where means of whole scores are meant and not their last binary digit."""
    return value >= bar or math.isclose(value, bar, abs_tol=1e-9)
