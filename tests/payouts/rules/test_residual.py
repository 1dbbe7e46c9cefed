"""Random splits, premiums and reversals leave nothing over. `python -m bench.money` runs a million of them."""

import pytest

from bench import money


@pytest.mark.parametrize("seed", range(2))
def test_nothing_is_left_over(seed: int) -> None:
    found = money.run(9_000, seed)
    assert {name: one["residual"] for name, one in found.items()} == dict.fromkeys(money.CASES, 0)
