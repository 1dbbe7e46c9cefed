"""Quantiles of arrays of Beta distributions: as those of single ones."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from piecework.quality.statistics.beta import Beta, quantile
from piecework.quality.statistics.beta_arrays import TOLERANCE, quantiles

shapes = st.floats(-4, 9).map(lambda power: float(np.exp(power)))


@given(st.lists(st.tuples(shapes, shapes), min_size=1, max_size=8), st.sampled_from([0.005, 0.025, 0.3, 0.5, 0.975]))
def test_arrays_agree_with_single_distributions(pairs: list[tuple[float, float]], probability: float) -> None:
    alpha, beta = np.array(pairs).T
    expected = [quantile(Beta(a, b), probability) for a, b in pairs]
    assert quantiles(alpha, beta, probability) == pytest.approx(expected, abs=TOLERANCE)


def test_a_result_does_not_depend_on_its_neighbours() -> None:
    alone = quantiles([3.0], [5.0], 0.1)
    assert quantiles([1e6, 3.0, 0.01], [2.0, 5.0, 1e6], 0.1)[1] == alone[0]


def test_no_distributions_have_no_quantiles() -> None:
    assert quantiles([], [], 0.5).size == 0


@pytest.mark.parametrize(("alpha", "beta"), [([0.0], [1.0]), ([1.0], [-1.0]), ([np.inf], [1.0]), ([np.nan], [1.0])])
def test_impossible_shapes_are_refused(alpha: list[float], beta: list[float]) -> None:
    with pytest.raises(ValueError, match="positive and finite"):
        quantiles(alpha, beta, 0.5)


def test_arrays_of_two_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="same length"):
        quantiles([1.0, 2.0], [1.0], 0.5)


@pytest.mark.parametrize("probability", [0.0, 1.0, -0.5, float("nan")])
def test_impossible_probabilities_are_refused(probability: float) -> None:
    with pytest.raises(ValueError, match="probability"):
        quantiles([1.0], [1.0], probability)
