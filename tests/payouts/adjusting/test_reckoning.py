"""What a bonus rule gives one person, from plain values."""

from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piecework.payouts.adjusting.reckoning import reckon, score
from piecework.payouts.rules.kinds import BONUS_SPEC, WHOLE, Scale
from piecework.tasks.measures import Recorded

BANDS = {"kind": "quality_band", "bands": [{"accuracy": 9_000, "percent": 300}, {"accuracy": 9_500, "percent": 700}]}
KPI: dict[str, Any] = {
    "kind": "kpi",
    "percent": 1_000,
    "minimum_volume": 100,
    "volume": {"weight": 50, "floor": 0, "target": 1_000},
    "satisfaction": {"weight": 50, "floor": 40_000, "target": 50_000},
}
BASE = 10_000_000


def known(**values: int | None) -> dict[str, Recorded]:
    evidence = {"quality": {"answers": 100}}
    return {name: Recorded((uuid4(),), value, evidence.get(name, {})) for name, value in values.items()}


def given_by(spec: dict[str, Any], measured: dict[str, Recorded], earned: dict[str, int] | None = None) -> dict[str, int]:
    found = reckon(BONUS_SPEC.validate_python(spec), {"RUB": BASE} if earned is None else earned, measured)
    assert found is not None
    return {one.currency: one.amount for one in found}


class TestBands:
    @pytest.mark.parametrize(
        ("low", "amount"), [(None, 0), (8_999, 0), (9_000, 300_000), (9_499, 300_000), (9_500, 700_000), (10_000, 700_000)]
    )
    def test_the_highest_band_reached_counts(self, low: int | None, amount: int) -> None:
        assert given_by(BANDS, known(volume=50, quality=low)) == {"RUB": amount}

    def test_too_few_judged_answers_give_nothing(self) -> None:
        assert given_by(BANDS | {"minimum_answers": 101}, known(volume=50, quality=9_900)) == {"RUB": 0}

    def test_before_the_accuracy_is_told_nothing_can_be_said(self) -> None:
        assert reckon(BONUS_SPEC.validate_python(BANDS), {"RUB": BASE}, known(volume=50)) is None

    def test_every_currency_for_itself(self) -> None:
        found = given_by(BANDS, known(volume=50, quality=9_900), {"EUR": 1_000, "RUB": 2_000})
        assert found == {"EUR": 70, "RUB": 140}


class TestNorm:
    def test_who_has_no_norm_or_does_not_pass_it_gets_nothing(self) -> None:
        spec = {"kind": "above_norm", "fixed": "1.00"}
        assert given_by(spec, known(volume=50)) == {}
        assert given_by(spec, known(volume=50, norm=0)) == {}
        assert given_by(spec, known(volume=50, norm=5)) == {"RUB": 50_000}

    def test_a_percentage_is_of_what_the_answers_above_earned_on_average(self) -> None:
        spec = {"kind": "above_norm", "percent": 5_000}
        assert given_by(spec, known(volume=40, norm=10), {"RUB": 4_000_000}) == {"RUB": 500_000}


class TestKpi:
    def test_too_little_volume_gives_nothing(self) -> None:
        assert given_by(KPI, known(volume=99, satisfaction=50_000)) == {"RUB": 0}

    def test_what_could_not_be_measured_leaves_its_weight_to_the_rest(self) -> None:
        assert given_by(KPI, known(volume=600, satisfaction=45_000)) == {"RUB": 550_000}
        assert given_by(KPI, known(volume=600)) == {"RUB": 600_000}
        assert given_by(KPI, known(volume=600, satisfaction=None)) == {"RUB": 600_000}

    def test_with_quality_it_waits_for_the_accuracy(self) -> None:
        spec = KPI | {"satisfaction": None, "quality": {"weight": 50, "floor": 9_000, "target": 9_800}}
        assert reckon(BONUS_SPEC.validate_python(spec), {"RUB": BASE}, known(volume=600)) is None
        assert given_by(spec, known(volume=600, quality=None)) == {"RUB": 600_000}

    @pytest.mark.parametrize(
        ("floor", "target", "value", "wanted"),
        [
            (100, 200, 99, 0),
            (100, 200, 150, 5_000),
            (100, 200, 250, WHOLE),
            (12_000, 8_000, 11_999, 2),
            (12_000, 8_000, 13_000, 0),
        ],
    )
    def test_scores_are_linear_between_floor_and_target(self, floor: int, target: int, value: int, wanted: int) -> None:
        assert score(Scale(weight=1, floor=floor, target=target), value) == wanted

    @given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 2 * 10**6), st.integers(0, 2 * 10**6))
    def test_better_never_scores_less(self, floor: int, target: int, one: int, other: int) -> None:
        if floor == target:
            return
        scale = Scale(weight=1, floor=floor, target=target)
        worse, better = sorted((one, other), reverse=target < floor)
        assert 0 <= score(scale, worse) <= score(scale, better) <= WHOLE


class TestConfirmed:
    def test_what_was_taken_back_in_a_later_span_gives_nothing_but_takes_nothing(self) -> None:
        assert given_by({"kind": "mentor", "amount": "10.00"}, known(mentoring=-1)) == {}
        assert given_by({"kind": "training", "amount": "10.00", "currency": "EUR"}, known(training=2), {}) == {"EUR": 200_000}
