"""Erlang's formulas against published values, and what must hold of them whatever the numbers."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piecework.tasks.load.erlang import EXACT, answered_within, blocking, people_needed, waiting

LOADS = st.floats(0.01, 200)


class TestPublishedValues:
    """Tables of teletraffic, and the two examples that textbooks on call centres work through."""

    @pytest.mark.parametrize(("load", "people", "share"), [(1, 1, 0.5), (2, 2, 0.4), (10, 10, 0.21458), (10, 15, 0.03650)])
    def test_erlang_b(self, load: float, people: int, share: float) -> None:
        assert blocking(load, people) == pytest.approx(share, abs=5e-6)

    @pytest.mark.parametrize(
        ("load", "people", "share"),
        [(10, 11, 0.68212), (10, 12, 0.44939), (10, 13, 0.28527), (10, 14, 0.17414), (48, 55, 0.2387)],
    )
    def test_erlang_c(self, load: float, people: int, share: float) -> None:
        assert waiting(load, people) == pytest.approx(share, abs=5e-5)

    def test_two_hundred_calls_an_hour_of_three_minutes_need_14_people_for_four_fifths_within_20_seconds(self) -> None:
        assert people_needed(200, 180, 20, 0.8) == 14
        assert answered_within(10, 14, 180, 20) == pytest.approx(0.888, abs=5e-4)
        assert answered_within(10, 13, 180, 20) == pytest.approx(0.7956, abs=5e-4)

    def test_55_people_answer_720_calls_an_hour_of_four_minutes_within_15_seconds_in_845_of_1000_cases(self) -> None:
        assert answered_within(48, 55, 240, 15) == pytest.approx(0.8459, abs=5e-4)

    @pytest.mark.parametrize(("load", "people"), [(0.5, 1), (3.0, 5), (12.5, 15), (40, 60)])
    def test_the_recursion_is_the_textbook_formula(self, load: float, people: int) -> None:
        terms = [load**n / math.factorial(n) for n in range(people + 1)]
        assert blocking(load, people) == pytest.approx(terms[-1] / sum(terms))
        last = terms[-1] * people / (people - load)
        assert waiting(load, people) == pytest.approx(last / (sum(terms[:-1]) + last))


class TestBounds:
    def test_with_nobody_everybody_waits(self) -> None:
        assert (blocking(3, 0), waiting(3, 0), answered_within(3, 3, 60, 1000)) == (1.0, 1.0, 0.0)

    def test_nothing_needs_nobody(self) -> None:
        assert (people_needed(0, 60, 20, 0.8), waiting(0, 3)) == (0, 0.0)

    def test_large_loads_do_not_overflow(self) -> None:
        assert 5_000 < people_needed(60_000, 300, 20, 0.95) < 5_200

    @pytest.mark.parametrize(
        "bad", [(-1, 60, 20, 0.8), (1, 0, 20, 0.8), (1, 60, -1, 0.8), (1, 60, 20, 1.0), (math.inf, 60, 20, 0.8)]
    )
    def test_what_makes_no_sense_is_refused(self, bad: tuple[float, float, float, float]) -> None:
        with pytest.raises(ValueError):
            people_needed(*bad)

    def test_of_an_enormous_load_it_says_what_keeps_up_and_that_is_less_than_a_hundredth_too_few(self) -> None:
        assert people_needed(1e15, 3600, 0, 0.999) == 10**15 + 1
        exact = people_needed(EXACT, 3600, 0, 0.999)
        assert EXACT < exact < 1.01 * EXACT


class TestProperties:
    @given(LOADS, st.integers(0, 300))
    def test_shares_are_shares_and_fall_with_more_people(self, load: float, people: int) -> None:
        for share in (blocking, waiting):
            assert 0 <= share(load, people + 1) <= share(load, people) <= 1

    @given(LOADS, st.integers(1, 300), st.floats(1, 2))
    def test_more_load_makes_more_wait(self, load: float, people: int, times: float) -> None:
        assert waiting(load * times, people) >= waiting(load, people) - 1e-12

    @given(st.floats(0.1, 2000), st.floats(1, 900), st.floats(0, 600), st.floats(0.05, 0.99))
    def test_the_answer_suffices_and_one_fewer_does_not(
        self, per_hour: float, handling: float, within: float, share: float
    ) -> None:
        load = per_hour * handling / 3600
        people = people_needed(per_hour, handling, within, share)
        assert people > load
        assert answered_within(load, people, handling, within) >= share
        assert people - 1 <= load or answered_within(load, people - 1, handling, within) < share

    @given(st.floats(0.1, 1000), st.floats(1, 900), st.floats(0, 300), st.floats(0.1, 0.9), st.floats(0, 0.09), st.floats(1, 3))
    def test_more_calls_or_a_stricter_promise_never_need_fewer(
        self, per_hour: float, handling: float, within: float, share: float, more: float, times: float
    ) -> None:
        people = people_needed(per_hour, handling, within, share)
        assert people_needed(per_hour * times, handling, within, share) >= people
        assert people_needed(per_hour, handling, within, share + more) >= people
        assert people_needed(per_hour, handling, within + 60, share) <= people
