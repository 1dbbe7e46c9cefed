"""Splitting a ticket's price over steps and answers."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from piecework.payouts.tariffs.split import Part, split
from piecework.platform.money import parse
from piecework.tasks.coherence import MOST_ANSWERS
from piecework.tasks.workflows import HIGHEST_PRICE


def holds(price: int, weights: list[int], answers: list[int]) -> None:
    """Nothing is lost, nothing is paid twice, and less than a unit per answer is left."""
    keys = [f"s{i}" for i in range(len(weights))]
    made = split(price, dict(zip(keys, weights, strict=True)), dict(zip(keys, answers, strict=True)))
    assert sum(part.price * part.answers for part in made.parts) + made.unassigned == price
    assert 0 <= made.unassigned <= sum(n - 1 for n in answers)
    assert all(part.price >= 0 for part in made.parts)
    total = sum(weights)
    for part, weight in zip(made.parts, weights, strict=True):
        fair = price * weight / total
        assert abs(part.price * part.answers - fair) < part.answers + 1


def test_a_ticket_of_20_roubles_split_2_to_1_to_1_over_three_one_and_two_answers() -> None:
    made = split(parse("20"), {"classify": 2, "reply": 1, "check": 1}, {"classify": 3, "reply": 1, "check": 2})
    assert made.parts == (
        Part("classify", 3, parse("3.3333")),  # 10.0000 over three people
        Part("reply", 1, parse("5")),
        Part("check", 2, parse("2.5")),
    )
    assert made.unassigned == parse("0.0001")
    assert parse("3.3333") * 3 + parse("5") + parse("2.5") * 2 + made.unassigned == parse("20")


def test_what_the_weights_do_not_divide_evenly_goes_to_the_largest_remainders_not_to_unassigned() -> None:
    made = split(100, {"a": 1, "b": 1, "c": 1}, {"a": 1, "b": 1, "c": 1})
    assert [part.price for part in made.parts] == [34, 33, 33]
    assert made.unassigned == 0


def test_a_price_smaller_than_its_answers_pays_nobody_and_is_all_unassigned() -> None:
    made = split(2, {"a": 1}, {"a": 3})
    assert (made.parts, made.unassigned) == ((Part("a", 3, 0),), 2)


PARTS = st.lists(
    st.tuples(st.integers(min_value=1, max_value=1_000_000), st.integers(min_value=1, max_value=50)), min_size=1, max_size=20
)


@settings(max_examples=300, deadline=None)
@given(price=st.integers(min_value=1, max_value=HIGHEST_PRICE), parts=PARTS)
def test_prices_of_all_answers_and_what_is_unassigned_are_the_tickets_price(price: int, parts: list[tuple[int, int]]) -> None:
    holds(price, [weight for weight, _ in parts], [answers for _, answers in parts])


def test_so_it_is_in_thirty_thousand_random_cases() -> None:
    chance = random.Random(20261122)
    for _ in range(30_000):
        count = chance.randint(1, 6)
        price = chance.choice([chance.randint(1, 100), chance.randint(1, HIGHEST_PRICE)])
        weights = [chance.choice([1, chance.randint(1, 10), chance.randint(1, 1_000_000)]) for _ in range(count)]
        holds(price, weights, [chance.randint(1, MOST_ANSWERS // count) for _ in range(count)])


def test_the_same_terms_come_to_the_same_split() -> None:
    weights, planned = {"b": 7, "a": 3, "c": 3}, {"a": 2, "b": 3, "c": 1}
    assert len({split(99_999, weights, planned) for _ in range(50)}) == 1
