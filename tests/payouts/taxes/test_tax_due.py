"""The pure sums: brackets, whole roubles, cumulation over a year, whatever the year is cut into."""

from datetime import date
from itertools import pairwise
from random import Random
from uuid import UUID

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from piecework.payouts.taxes.tables import Bracket, Regime, Table, TaxSpec
from piecework.payouts.taxes.withholding import tax_due, tax_on
from piecework.platform.money import KOPECK, UNIT

ROUBLE = UNIT


def table(*brackets: tuple[int, int]) -> Table:
    """A table with brackets (above, in roubles; rate in 1/10,000)."""
    spec = TaxSpec.model_construct(
        currency="RUB",
        brackets=[Bracket.model_construct(above=above * ROUBLE, rate=rate) for above, rate in brackets],
        yearly_limit=None,
        note="",
    )
    return Table(UUID(int=1), Regime.INDIVIDUAL, date(2025, 1, 1), spec)


RESIDENT = table((0, 1300), (2_400_000, 1500), (5_000_000, 1800), (20_000_000, 2000), (50_000_000, 2200))
NON_RESIDENT = table((0, 3000))
NOTHING = table()
EVERYTHING = table((0, 10_000))
"""All that anybody earns: the hardest case for a tax that may not exceed the income."""

TABLES = st.sampled_from([RESIDENT, NON_RESIDENT, NOTHING, EVERYTHING])
USUAL = st.sampled_from([RESIDENT, NON_RESIDENT, NOTHING])
AMOUNTS = st.integers(0, 3_000_000 * 100).map(lambda kopecks: kopecks * KOPECK)
SIGNED = st.one_of(
    st.integers(-3_000_000 * 100, 3_000_000 * 100).map(lambda kopecks: kopecks * KOPECK),
    st.integers(-300, 300).map(lambda kopecks: kopecks * KOPECK),
)
YEAR = st.lists(SIGNED, max_size=40)


def year_of(of: Table, incomes: list[int]) -> list[int]:
    """What is withheld of each income in turn."""
    taken: list[int] = []
    for n, income in enumerate(incomes):
        taken.append(tax_due(of, sum(incomes[:n]), income, sum(taken)))
    return taken


@pytest.mark.parametrize(
    ("income", "tax"),
    [
        (0, 0),
        (3_84, 0),  # 49.92 kopecks are dropped
        (3_85, 1),  # 50.05 kopecks are a rouble
        (100_00, 13),
        (2_400_000_00, 312_000),
        (2_400_001_00, 312_000),
        (2_400_004_00, 312_001),
        (5_000_000_00, 702_000),
        (20_000_000_00, 3_402_000),
        (50_000_000_00, 9_402_000),
        (60_000_000_00, 11_602_000),
        (-500_00, 0),
    ],
)
def test_the_tax_on_a_year_is_progressive_and_in_whole_roubles(income: int, tax: int) -> None:
    assert tax_on(RESIDENT, income * KOPECK) == tax * ROUBLE


def test_half_a_rouble_goes_up_and_less_goes_down() -> None:
    half = table((0, 5000))
    assert [tax_on(half, kopecks * KOPECK) for kopecks in (99, 100, 101, 299, 300)] == [0, ROUBLE, ROUBLE, ROUBLE, 2 * ROUBLE]


def test_tax_is_not_withheld_of_parts_of_a_kopeck() -> None:
    with pytest.raises(ValueError, match="whole kopecks"):
        tax_due(RESIDENT, 0, 1, 0)


@given(USUAL, st.lists(AMOUNTS.map(lambda amount: amount + ROUBLE), min_size=1, max_size=60))
@settings(max_examples=500)
def test_however_the_year_is_cut_the_sum_is_the_tax_on_the_whole(of: Table, incomes: list[int]) -> None:
    taken = year_of(of, incomes)
    assert sum(taken) == tax_on(of, sum(incomes))
    assert all(0 <= tax <= income and tax % ROUBLE == 0 for tax, income in zip(taken, incomes, strict=True))


@given(TABLES, YEAR)
@settings(max_examples=500)
@example(RESIDENT, [3_84 * KOPECK, 1 * KOPECK])
@example(EVERYTHING, [50 * KOPECK, 49 * KOPECK, 1 * KOPECK, 1 * KOPECK])
def test_the_tax_never_exceeds_what_is_earned_and_never_gives_back_more_than_was_withheld(of: Table, incomes: list[int]) -> None:
    taken = year_of(of, incomes)
    for n, (tax, income) in enumerate(zip(taken, incomes, strict=True)):
        assert tax % ROUBLE == 0
        assert tax <= max(income, 0)
        assert sum(taken[: n + 1]) >= 0


@given(TABLES, YEAR)
@settings(max_examples=500)
@example(RESIDENT, [3_84 * KOPECK, 1 * KOPECK])
def test_what_one_period_cannot_bear_is_withheld_of_the_next_and_nothing_more(of: Table, incomes: list[int]) -> None:
    taken = year_of(of, incomes)
    short = tax_on(of, sum(incomes)) - sum(taken)
    assert short >= 0
    enough = 10 * (short + abs(sum(incomes)) + 100 * ROUBLE)
    after = [*incomes, enough]
    rest = year_of(of, after)
    if of is not EVERYTHING:
        assert sum(rest) == tax_on(of, sum(after))
    assert sum(rest) <= tax_on(of, sum(after))


@given(TABLES, SIGNED, SIGNED)
def test_more_income_is_never_less_tax(of: Table, one: int, other: int) -> None:
    less, more = sorted((one, other))
    assert tax_on(of, less) <= tax_on(of, more)


@given(USUAL, st.lists(AMOUNTS.map(lambda amount: amount + ROUBLE), min_size=2, max_size=12), st.randoms(use_true_random=False))
def test_the_order_of_periods_does_not_matter_to_the_year(of: Table, incomes: list[int], random: Random) -> None:
    shuffled = list(incomes)
    random.shuffle(shuffled)
    assert sum(year_of(of, shuffled)) == sum(year_of(of, incomes))


@given(USUAL, AMOUNTS.map(lambda amount: amount + ROUBLE), st.integers(1, 12), st.integers(0, 11))
def test_periods_of_nothing_change_nothing(of: Table, income: int, pieces: int, where: int) -> None:
    equal = [income] * pieces
    with_nothing = [*equal[:where], 0, *equal[where:]]
    assert [tax for tax, of_what in zip(year_of(of, with_nothing), with_nothing, strict=True) if of_what] == year_of(of, equal)
    cut_points = [sum(year_of(of, equal)[:n]) for n in range(pieces + 1)]
    assert all(one <= after for one, after in pairwise(cut_points))


def test_what_was_taken_back_from_a_person_gives_back_its_tax() -> None:
    incomes = [1_000 * ROUBLE, -400 * ROUBLE, -900 * ROUBLE, 1_000 * ROUBLE]
    assert year_of(RESIDENT, incomes) == [130 * ROUBLE, -52 * ROUBLE, -78 * ROUBLE, 91 * ROUBLE]
