"""Credible intervals against exact results and an independent numeric integration."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from piecework.quality.statistics.beta import Beta, cdf, interval, quantile, update

FLAT = Beta(1, 1)


def integrated_cdf(a: float, b: float, x: float) -> float:
    """I_x(a, b) by Gauss-Legendre after t = x u^(1/a), which takes the singularity at 0 away.

    The integral of t^(a-1) (1-t)^(b-1) from 0 to x is then x^a / a times the integral of
    (1 - x u^(1/a))^(b-1) over u from 0 to 1; panels shrink towards both ends. The smaller tail is
    integrated, so that the integrand has no peak far from the ends.
    """
    if x > a / (a + b):
        return 1 - integrated_cdf(b, a, 1 - x)
    nodes, weights = np.polynomial.legendre.leggauss(60)
    half = np.concatenate([[0.0], 2.0 ** np.arange(-48, 0)])
    edges = np.concatenate([half, 1 - half[-2::-1]])
    left, width = edges[:-1, None], np.diff(edges)[:, None]
    u = left + width * (nodes + 1) / 2
    values = np.exp((b - 1) * np.log1p(-x * u ** (1 / a)))
    total = math.fsum((values * weights * width / 2).ravel())
    log = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) - math.log(a)
    return math.exp(log) * total


@pytest.mark.parametrize(("a", "b"), [(0.3, 0.4), (0.5, 9.0), (3.2, 0.8), (3.2, 4.8), (12.5, 3.1), (40.0, 160.0)])
@pytest.mark.parametrize("x", [0.01, 0.2, 0.5, 0.77])
def test_the_incomplete_beta_function_matches_integration(a: float, b: float, x: float) -> None:
    assert cdf(Beta(a, b), x) == pytest.approx(integrated_cdf(a, b, x), rel=1e-9, abs=1e-15)


@pytest.mark.parametrize(("right", "wrong"), [(0, 0), (7, 3), (0.4, 0.1), (19.5, 0), (60, 45)])
def test_interval_ends_cut_off_equal_tails_by_integration(right: float, wrong: float) -> None:
    found = interval(right, wrong, level=0.9)
    a, b = 3.2 + right, 0.8 + wrong
    assert integrated_cdf(a, b, found.low) == pytest.approx(0.05, abs=1e-9)
    assert integrated_cdf(b, a, 1 - found.high) == pytest.approx(0.05, abs=1e-6)
    assert found.mean == pytest.approx(a / (a + b))


def test_closed_forms() -> None:
    # Beta(1, 1) is uniform; Beta(2, 1) has the distribution function x^2; Beta(1, n) 1-(1-x)^n.
    uniform = interval(0, 0, prior=FLAT)
    assert (uniform.low, uniform.high) == pytest.approx((0.025, 0.975))
    once = interval(1, 0, prior=FLAT)
    assert (once.low, once.high) == pytest.approx((math.sqrt(0.025), math.sqrt(0.975)))
    never = interval(0, 9_999_999, prior=FLAT)
    assert never.high == pytest.approx(-math.expm1(math.log(0.025) / 1e7), rel=1e-8)
    # The arcsine law, Beta(1/2, 1/2): the quantile is sin^2(pi p / 2).
    assert quantile(Beta(0.5, 0.5), 0.1) == pytest.approx(math.sin(math.pi * 0.05) ** 2)


@pytest.mark.parametrize("share", [0.5, 0.8, 0.99])
def test_huge_counts_approach_the_normal_distribution(share: float) -> None:
    total = 1e7
    found = interval(share * total, (1 - share) * total, prior=FLAT)
    spread = 1.959964 * math.sqrt(share * (1 - share) / total)
    assert found.low == pytest.approx(share - spread, abs=2e-3 * spread + 2 / total)
    assert found.high == pytest.approx(share + spread, abs=2e-3 * spread + 2 / total)


shapes = st.floats(0.05, 1e7, allow_nan=False)


@given(shapes, shapes, st.floats(1e-4, 1 - 1e-4))
def test_quantile_inverts_the_distribution(a: float, b: float, probability: float) -> None:
    belief = Beta(a, b)
    x = quantile(belief, probability)
    assert 0 <= x <= 1
    # Where it crowds against an end, the distribution jumps between neighbouring floats.
    below, above = x * (1 - 1e-15), min(x * (1 + 1e-15), 1.0)
    slack = 1e-7
    assert cdf(belief, below) - slack <= probability <= cdf(belief, above) + slack


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_interval_is_ordered_and_mirrors(right: float, wrong: float) -> None:
    found = interval(right, wrong, prior=Beta(2, 2))
    mirrored = interval(wrong, right, prior=Beta(2, 2))
    assert 0 <= found.low < found.high <= 1
    assert found.low == pytest.approx(1 - mirrored.high, abs=1e-9)


def test_more_answers_narrow_the_interval() -> None:
    widths = [(i := interval(8 * n, 2 * n)).high - i.low for n in (0, 1, 10, 100, 10_000)]
    assert widths == sorted(widths, reverse=True)


def test_signed_evidence_keeps_its_total() -> None:
    assert update(FLAT, 3.0, -1.0) == Beta(3.0, 1.0)
    assert update(FLAT, -0.5, 2.0) == Beta(1.0, 2.5)


@pytest.mark.parametrize(("right", "wrong"), [(math.nan, 1), (math.inf, 1), (-2, 1)])
def test_impossible_counts_are_refused(right: float, wrong: float) -> None:
    with pytest.raises(ValueError, match="counts"):
        interval(right, wrong)


@pytest.mark.parametrize("level", [0, 1, -1, 2])
def test_impossible_levels_are_refused(level: float) -> None:
    with pytest.raises(ValueError, match="level"):
        interval(1, 1, level=level)


def test_impossible_priors_are_refused() -> None:
    with pytest.raises(ValueError, match="positive"):
        Beta(0, 1)
