"""A ticket's price, set as a whole and split: over its steps by weights, then over the planned answers of each step. Exact."""

from collections.abc import Mapping
from dataclasses import dataclass

from piecework.platform.money import largest_remainder


@dataclass(frozen=True, slots=True)
class Part:
    """A step's part of the price: what one of its planned `answers` gets, in 1/100 kopeck."""

    step_key: str
    answers: int
    price: int


@dataclass(frozen=True, slots=True)
class Split:
    """A price in parts. `unassigned` is what could not be split evenly; nobody is paid it."""

    parts: tuple[Part, ...]
    unassigned: int


def split(ticket_price: int, weights: Mapping[str, int], planned: Mapping[str, int]) -> Split:
    """Split a price over the steps of `weights`; `planned` has how many answers each of them is planned to get.

    The steps' parts sum to the price (largest remainder, ties to the earlier step). Each part is divided by the step's answers and
    rounded down, because equal answers are paid equally. So always: sum of price times answers, plus unassigned, is the ticket's
    price, and unassigned is less than one unit (1/100 kopeck) per answer.

    Raises:
        ValueError: no weight is positive.
        KeyError: a step is not planned.
    """
    shares = largest_remainder(ticket_price, list(weights.values()))
    parts = tuple(Part(key, planned[key], share // planned[key]) for key, share in zip(weights, shares, strict=True))
    return Split(parts, ticket_price - sum(part.price * part.answers for part in parts))
