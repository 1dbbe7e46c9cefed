"""Amounts: exact, strict about text, split without a remainder."""

import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from piecework.platform import money
from piecework.platform.money import Amount, AmountIn

AMOUNTS = st.integers(-money.LIMIT + 1, money.LIMIT - 1)


class Out(BaseModel):
    amount: Amount


class In(BaseModel):
    amount: AmountIn


class TestParse:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("0", 0),
            ("2.5", 25_000),
            ("2.50", 25_000),
            ("-2.5000", -25_000),
            ("0.0001", 1),
            ("99999999999.9999", 999_999_999_999_999),
        ],
    )
    def test_plain_decimals_are_read(self, text: str, expected: int) -> None:
        assert money.parse(text) == expected

    @pytest.mark.parametrize(
        "text",
        ["", "-", ".", "1.", ".5", "+1", "1e5", "1_0", " 1", "1 ", "1\n", "1,5", "--1", "1.2.3", "NaN", "Infinity", "0x1", "١", "１",
         "1.00001", "1.50000", "100000000000", "9" * 5_000, "0.00000000000001", None, 1, 1.5, True, b"1"],
    )  # fmt: skip
    def test_everything_else_is_refused(self, text: Any) -> None:
        with pytest.raises(ValueError, match="amount"):
            money.parse(text)

    @given(AMOUNTS)
    def test_what_was_written_reads_back_exactly(self, amount: int) -> None:
        assert money.parse(money.text(amount)) == amount
        assert Decimal(money.text(amount)) * money.UNIT == amount

    @given(st.text(alphabet="-+.0123456789eE_ ", max_size=20))
    def test_it_takes_exactly_what_the_published_pattern_says(self, text: str) -> None:
        try:
            money.parse(text)
            taken = True
        except ValueError:
            taken = False
        assert taken == bool(re.fullmatch(money.PATTERN, text))


class TestShapes:
    def test_a_reply_is_built_from_minor_units_and_written_as_text(self) -> None:
        assert Out(amount=25_000).model_dump_json() == '{"amount":"2.5000"}'

    @pytest.mark.parametrize(
        "body", ['{"amount":2.5}', '{"amount":25000}', '{"amount":true}', '{"amount":null}', '{"amount":["1"]}']
    )
    def test_a_request_must_send_text(self, body: str) -> None:
        with pytest.raises(ValidationError):
            In.model_validate_json(body)


class TestLargestRemainder:
    @given(AMOUNTS, st.lists(st.integers(0, 10**9), min_size=1, max_size=30).filter(any))
    def test_the_parts_sum_to_the_whole(self, amount: int, weights: list[int]) -> None:
        assert sum(money.largest_remainder(amount, weights)) == amount

    @given(AMOUNTS, st.lists(st.integers(0, 10**9), min_size=1, max_size=30).filter(any))
    def test_each_part_is_within_one_unit_of_its_share(self, amount: int, weights: list[int]) -> None:
        total = sum(weights)
        for part, weight in zip(money.largest_remainder(amount, weights), weights, strict=True):
            assert abs(part * total - amount * weight) < total

    @given(AMOUNTS, st.lists(st.integers(0, 10**9), min_size=1, max_size=30).filter(any))
    def test_a_negative_amount_splits_as_the_mirror_of_the_positive(self, amount: int, weights: list[int]) -> None:
        assert money.largest_remainder(-amount, weights) == [-part for part in money.largest_remainder(amount, weights)]

    def test_the_units_left_over_go_to_the_largest_remainders_then_to_the_first(self) -> None:
        assert money.largest_remainder(10, [1, 1, 1]) == [4, 3, 3]
        assert money.largest_remainder(10, [0, 2, 1]) == [0, 7, 3]
        assert money.largest_remainder(1, [1, 1]) == [1, 0]

    @pytest.mark.parametrize("weights", [[], [0], [0, 0]])
    def test_there_must_be_something_to_split_over(self, weights: list[int]) -> None:
        with pytest.raises(ValueError, match="positive"):
            money.largest_remainder(1, weights)
