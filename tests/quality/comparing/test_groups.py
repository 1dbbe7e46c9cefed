"""Values within a tolerance, brought together: no chains, nothing depends on order."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piecework.quality.comparing.groups import grouped, heaviest, weighted_median

VALUES = st.lists(st.tuples(st.integers(0, 12).map(float), st.sampled_from([0.1, 0.2, 0.7, 1.3])), min_size=1, max_size=9)


def within(tolerance: float) -> Any:
    return lambda one, other: abs(one - other) <= tolerance


class TestGrouped:
    @pytest.mark.parametrize(
        ("labels", "weights", "centres", "codes"),
        [
            ([1.0, 2.0, 3.0], [1, 1, 1], [2.0], [0, 0, 0]),
            ([1.0, 2.0, 3.0, 4.0], [1, 1, 1, 1], [2.0, 4.0], [0, 0, 0, 1]),
            ([1.0, 2.0, 3.0, 4.0], [1, 1, 1, 2], [3.0, 1.0], [1, 0, 0, 0]),
            ([1.0, 2.0, 5.0], [1, 1, 3], [5.0, 1.0], [1, 1, 0]),
            ([1.0, 2.0, 5.0], [2, 1, 1], [1.0, 5.0], [0, 0, 1]),
            ([7.0], [0], [7.0], [0]),
            ([1.0] * 3 + [5.0] * 3, [0.3, 0.2, 0.1, 0.1, 0.2, 0.3], [1.0, 5.0], [0, 0, 0, 1, 1, 1]),
        ],
    )
    def test_by_hand_with_a_tolerance_of_one(self, labels: Any, weights: Any, centres: Any, codes: Any) -> None:
        assert grouped(labels, weights, within(1)) == (centres, codes)

    def test_without_a_tolerance_only_equals_are_together(self) -> None:
        assert grouped(["b", "a", "b"], [1, 1, 1], None) == (["a", "b"], [1, 0, 1])

    @given(values=VALUES, tolerance=st.integers(0, 4))
    def test_everybody_is_within_reach_of_their_centre(self, values: list[tuple[float, float]], tolerance: int) -> None:
        labels = [value for value, _ in values]
        centres, codes = grouped(labels, [weight for _, weight in values], within(tolerance))
        assert all(abs(label - centres[code]) <= tolerance for label, code in zip(labels, codes, strict=True))
        assert sorted(set(codes)) == list(range(len(centres)))

    @given(values=VALUES, tolerance=st.integers(0, 4), rng=st.randoms())
    def test_the_order_does_not_matter(self, values: list[tuple[float, float]], tolerance: int, rng: Any) -> None:
        mixed = list(values)
        rng.shuffle(mixed)
        found = []
        for said in (values, mixed):
            centres, codes = grouped([value for value, _ in said], [weight for _, weight in said], within(tolerance))
            found.append({value: centres[code] for (value, _), code in zip(said, codes, strict=True)})
        assert found[0] == found[1]


class TestWhatStandsForAGroup:
    @pytest.mark.parametrize(
        ("values", "weights", "expected"),
        [([1, 2, 9], [1, 1, 1], 2), ([9, 1, 2], [5, 1, 1], 9), ([1, 2], [1, 1], 1), ([4], [0], 4), ([1, 2, 3], [0, 0, 0], 2)],
    )
    def test_the_weighted_median_by_hand(self, values: list[float], weights: list[float], expected: float) -> None:
        assert weighted_median(values, weights) == expected

    @given(values=VALUES, rng=st.randoms())
    def test_at_least_half_the_weight_lies_on_either_side_of_it(self, values: list[tuple[float, float]], rng: Any) -> None:
        median = weighted_median([value for value, _ in values], [weight for _, weight in values])
        half = sum(weight for _, weight in values) / 2 - 1e-9
        assert sum(weight for value, weight in values if value <= median) >= half
        assert sum(weight for value, weight in values if value >= median) >= half
        rng.shuffle(values)
        assert weighted_median([value for value, _ in values], [weight for _, weight in values]) == median

    @pytest.mark.parametrize(
        ("values", "weights", "expected"), [("ab", [1, 2], "b"), ("ba", [1, 1], "a"), ("aba", [1, 2, 1.5], "a")]
    )
    def test_the_heaviest_spelling_by_hand(self, values: str, weights: list[float], expected: str) -> None:
        assert heaviest(list(values), weights) == expected
