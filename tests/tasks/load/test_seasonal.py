"""Forecasts: each method on series that it must get right, the choice between them, honest intervals."""

import numpy as np
import pytest

from piecework.tasks.load.seasonal import (
    ENOUGH_WEEKS,
    WEEK,
    Method,
    forecasts,
    holt_winters,
    scale,
    seasonal_naive,
)

DAY_AND_NIGHT = 20 + 15 * np.sin(2 * np.pi * np.arange(WEEK) / 24)


def repeated(weeks: int, profile: np.ndarray = DAY_AND_NIGHT) -> np.ndarray:
    return np.tile(profile, weeks)[None, :]


class TestSeasonalNaive:
    def test_a_week_like_every_other_is_forecast_exactly(self) -> None:
        assert seasonal_naive(repeated(6), 200)[0] == pytest.approx(np.resize(DAY_AND_NIGHT, 200))

    def test_ten_more_each_week_go_on_by_ten(self) -> None:
        """Worked example: weeks at 10, 20, 30, 40 an hour: the mean is 25, the drift 10, and next week, 2.5 weeks on, 50."""
        weeks = np.repeat([10.0, 20.0, 30.0, 40.0], WEEK)[None, :]
        told = seasonal_naive(weeks, 2 * WEEK)[0]
        assert told[:WEEK] == pytest.approx(np.full(WEEK, 50.0))
        assert told[WEEK:] == pytest.approx(np.full(WEEK, 60.0))

    def test_counts_do_not_fall_below_nothing(self) -> None:
        assert seasonal_naive(np.repeat([40.0, 20.0, 10.0, 0.0], WEEK)[None, :], WEEK).min() == 0


class TestHoltWinters:
    def test_a_week_like_every_other_is_forecast_exactly(self) -> None:
        (told,) = holt_winters(repeated(6), [6 * WEEK], 200)
        assert told[0] == pytest.approx(np.resize(DAY_AND_NIGHT, 200))

    def test_it_goes_along_with_a_new_level(self) -> None:
        history = np.hstack([repeated(5), repeated(3) + 30])
        (told,) = holt_winters(history, [8 * WEEK], WEEK)
        assert told[0].mean() == pytest.approx(DAY_AND_NIGHT.mean() + 30, abs=3)

    def test_a_forecast_knows_nothing_of_what_comes_after_its_origin(self) -> None:
        rng = np.random.default_rng(1)
        past, future = rng.poisson(9, (3, 6 * WEEK)).astype(float), rng.poisson(99, (3, 2 * WEEK)).astype(float)
        (alone,) = holt_winters(past, [6 * WEEK], WEEK)
        within, _ = holt_winters(np.hstack([past, future]), [6 * WEEK, 8 * WEEK], WEEK)
        assert np.array_equal(alone, within)

    def test_series_do_not_disturb_each_other(self) -> None:
        rng = np.random.default_rng(2)
        each = rng.poisson([[3], [50]], (2, 5 * WEEK)).astype(float)
        (together,) = holt_winters(each, [5 * WEEK], WEEK)
        assert np.array_equal(together[1:], holt_winters(each[1:], [5 * WEEK], WEEK)[0])


class TestError:
    def test_it_is_scaled_by_the_error_of_as_a_week_ago(self) -> None:
        assert scale(np.hstack([repeated(1), repeated(1) + 4])) == pytest.approx([4.0])

    def test_a_known_series_has_the_error_worked_out_by_hand(self) -> None:
        """Weeks at 10 and 14 in turn: as a week ago errs by 4; the mean of four weeks is 12, with a drift of 4/3 or -4/3 a week.

        From there the next week, 2.5 weeks on, is told as 15.33 after ...10, 14 (it is 10) and as 8.67 after ...14, 10 (it is 14):
        wrong by 5.33, which is 1.33 of 4.
        """
        weeks = np.repeat([10.0, 14.0] * 4, WEEK)[None, :]
        assert forecasts(weeks, WEEK)[0].errors[Method.SEASONAL_NAIVE] == pytest.approx(4 / 3)

    def test_where_nothing_ever_changes_there_is_nothing_to_scale_by(self) -> None:
        found = forecasts(repeated(8), WEEK)[0]
        assert found.errors == {Method.SEASONAL_NAIVE: None, Method.HOLT_WINTERS: None}
        assert found.expected == pytest.approx(DAY_AND_NIGHT)
        assert found.low == pytest.approx(found.high)


class TestChoice:
    def test_the_method_with_the_smaller_error_is_kept(self) -> None:
        rng = np.random.default_rng(3)
        for found in forecasts(rng.poisson(np.tile(DAY_AND_NIGHT, 10), (20, 10 * WEEK)).astype(float), WEEK):
            assert found.errors[found.method] == min(error for error in found.errors.values() if error is not None)

    def test_after_a_jump_smoothing_is_better_than_a_mean_with_drift(self) -> None:
        history = np.hstack([repeated(5), repeated(3) + 30]) + np.random.default_rng(4).normal(0, 1, 8 * WEEK)
        assert forecasts(history, WEEK)[0].method is Method.HOLT_WINTERS

    def test_both_are_better_than_as_a_week_ago_on_noise(self) -> None:
        rng = np.random.default_rng(5)
        for found in forecasts(rng.poisson(np.tile(DAY_AND_NIGHT, 12), (10, 12 * WEEK)).astype(float), WEEK):
            assert all(error is not None and error < 1 for error in found.errors.values())

    def test_too_little_history_is_refused(self) -> None:
        with pytest.raises(ValueError, match="whole weeks"):
            forecasts(repeated(ENOUGH_WEEKS - 1), WEEK)


class TestInterval:
    def test_four_of_five_counts_lie_within(self) -> None:
        rng = np.random.default_rng(6)
        history = rng.poisson(np.tile(DAY_AND_NIGHT, 12), (40, 12 * WEEK)).astype(float)
        coming = rng.poisson(DAY_AND_NIGHT, (40, WEEK))
        found = forecasts(history, WEEK)
        inside = [(one.low <= count) & (count <= one.high) for one, count in zip(found, coming, strict=True)]
        assert 0.75 <= np.mean(inside) <= 0.87

    def test_it_holds_the_forecast_and_nothing_below_nothing(self) -> None:
        rng = np.random.default_rng(7)
        for one in forecasts(rng.poisson(0.2, (10, 8 * WEEK)).astype(float), WEEK):
            assert (one.low >= 0).all()
            assert (one.low <= one.expected).all()
            assert (one.expected <= one.high).all()
