"""Krippendorff's alpha against published and hand-made examples."""

import math

import numpy as np
import pytest

from piecework.quality.statistics import krippendorff_alpha


def test_the_published_example_with_missing_data() -> None:
    # Krippendorff (2011), section C: four observers, twelve units, nominal alpha 0.743.
    observers = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3],
        [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0],
    ]
    table = np.array(observers)
    _, task = np.nonzero(table)
    assert krippendorff_alpha(task, table[table > 0]) == pytest.approx(0.743, abs=5e-4)


def test_two_observers_by_hand() -> None:
    # Units aa, aa, bb, ab: observed disagreement 2/8; 5 a and 3 b: expected 2 * 15 / 56.
    task, label = [0, 0, 1, 1, 2, 2, 3, 3], [0, 0, 0, 0, 1, 1, 0, 1]
    assert krippendorff_alpha(task, label) == pytest.approx(1 - 0.25 / (30 / 56))


def test_the_extremes() -> None:
    assert krippendorff_alpha([0, 0, 1, 1], [0, 0, 1, 1]) == 1
    assert krippendorff_alpha([0, 0, 1, 1], [0, 1, 1, 0]) < 0
    rng = np.random.default_rng(1)
    random = krippendorff_alpha(np.repeat(np.arange(4000), 3), rng.integers(0, 4, 12_000))
    assert random == pytest.approx(0, abs=0.02)


def test_undefined_is_not_a_number() -> None:
    assert math.isnan(krippendorff_alpha([], []))
    assert math.isnan(krippendorff_alpha([0, 1], [0, 1]))
    assert math.isnan(krippendorff_alpha([0, 0], [1, 1]))
    with pytest.raises(ValueError, match="length"):
        krippendorff_alpha([0], [1, 2])
