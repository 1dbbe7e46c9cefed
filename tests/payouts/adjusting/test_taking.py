"""How much a period takes of what is due: always the right sum, never more than leaves people their share."""

from hypothesis import given
from hypothesis import strategies as st

from piecework.payouts.adjusting.taking import WHOLE, Due, parts

RUB = 10_000
DUES = st.lists(
    st.builds(Due, rest=st.integers(1, 10**9), rule_code=st.sampled_from("abc"), period_percent=st.integers(1, WHOLE)), max_size=8
)


def test_the_oldest_comes_first_and_the_rest_waits() -> None:
    due = [Due(50 * RUB, "unread", 1500), Due(40 * RUB, "damage", 2000)]
    assert parts(due, 300 * RUB, 8000) == [45 * RUB, 15 * RUB]
    assert parts([Due(5 * RUB, "unread", 1500), Due(25 * RUB, "damage", 2000)], 100 * RUB, 8000) == [5 * RUB, 15 * RUB]
    assert parts([Due(10 * RUB, "damage", 2000)], 80 * RUB, 8000) == [10 * RUB]


def test_a_rule_bounds_all_its_cases_together() -> None:
    assert parts([Due(RUB, "a", 1000), Due(RUB, "a", 1000), Due(RUB, "b", 1000)], 10 * RUB, 0) == [RUB, 0, RUB]


def test_an_older_version_of_the_same_rule_counts_towards_the_newer_ones_bound() -> None:
    assert parts([Due(3 * RUB, "a", 3000), Due(3 * RUB, "a", 1000)], 10 * RUB, 0) == [3 * RUB, 0]
    assert parts([Due(3 * RUB, "a", 1000), Due(3 * RUB, "a", 3000)], 10 * RUB, 0) == [RUB, 2 * RUB]


def test_bounds_are_rounded_in_the_persons_favour() -> None:
    assert parts([Due(100, "a", WHOLE)], 9, 8000) == [1]
    assert parts([Due(100, "a", WHOLE)], 4, 8000) == [0]
    assert parts([Due(100, "a", 1)], 9_999, 0) == [0]


@given(DUES, st.integers(-(10**6), 10**12), st.integers(0, WHOLE))
def test_people_keep_their_share_and_nothing_is_taken_twice(due: list[Due], earned: int, keeps: int) -> None:
    taken = parts(due, earned, keeps)
    assert all(0 <= part <= one.rest for part, one in zip(taken, due, strict=True))
    assert sum(taken) * WHOLE <= max(0, earned) * (WHOLE - keeps)
    for code in "abc":
        theirs = [(part, one) for part, one in zip(taken, due, strict=True) if one.rule_code == code]
        most = max((one.period_percent for _, one in theirs), default=0)
        assert sum(part for part, _ in theirs) * WHOLE <= max(0, earned) * most


@given(DUES, st.integers(0, 10**12), st.integers(0, WHOLE))
def test_nothing_is_left_that_would_still_fit(due: list[Due], earned: int, keeps: int) -> None:
    """A further unit of any case would break a bound: the case's, its rule's, or the person's share."""
    taken = parts(due, earned, keeps)
    before: dict[str, int] = {}
    for i, (part, one) in enumerate(zip(taken, due, strict=True)):
        of_rule = before.get(one.rule_code, 0) + part
        so_far = sum(taken[: i + 1])
        assert (
            part == one.rest
            or (so_far + 1) * WHOLE > earned * (WHOLE - keeps)
            or (of_rule + 1) * WHOLE > earned * one.period_percent
        )
        before[one.rule_code] = of_rule


@given(st.integers(1, 10**8), st.integers(1, WHOLE), st.integers(0, WHOLE - 1), st.lists(st.integers(0, 10**8), max_size=30))
def test_over_many_periods_exactly_the_amount_is_taken_or_waits(amount: int, percent: int, keeps: int, pays: list[int]) -> None:
    rest = amount
    for earned in pays:
        if rest:
            rest -= parts([Due(rest, "a", percent)], earned, keeps)[0]
    assert 0 <= rest <= amount
    assert parts([Due(rest, "a", WHOLE)], 2 * amount, 0) == [rest]
