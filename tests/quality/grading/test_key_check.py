"""When answers put a golden task's key in doubt: never by one person, seldom by mistake, soon by good people who agree."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from piecework.quality.comparing.consensus import Vote
from piecework.quality.grading.key_check import KEY_RIGHT, key_is_doubtful, key_probability
from piecework.quality.grading.truths import Known
from piecework.tasks.workflows import StepSpec
from tests.world import choice_step

FIELDS = StepSpec.model_validate(choice_step()).answer
KEY = [Known({"topic": "a"})]


def votes(topics: str, accuracy: float = 0.9) -> list[Vote]:
    return [Vote({"topic": topic}, accuracy) for topic in topics]


def test_without_answers_a_key_is_as_right_as_curators_are() -> None:
    assert key_probability(FIELDS, [], KEY) == 1.0
    assert not key_is_doubtful(FIELDS, [], KEY)


@pytest.mark.parametrize(("topics", "doubtful"), [("b", False), ("bc", False), ("bb", True), ("bba", False), ("bbba", True)])
def test_it_takes_two_good_people_who_agree_and_more_if_others_bear_the_key_out(topics: str, doubtful: bool) -> None:
    assert key_is_doubtful(FIELDS, votes(topics), KEY) == doubtful


def test_the_probability_is_bayes_rule() -> None:
    right = KEY_RIGHT * 0.1 * 0.1
    wrong = (1 - KEY_RIGHT) * 0.9 * 0.9
    assert key_probability(FIELDS, votes("bb"), KEY) == pytest.approx(right / (right + wrong))


def test_people_known_as_bad_put_nothing_in_doubt() -> None:
    assert not key_is_doubtful(FIELDS, votes("bbbbbbbb", 0.4), KEY)


def test_any_acceptable_answer_bears_the_key_out() -> None:
    several = [*KEY, Known({"topic": "b"}, 0.5)]
    assert not key_is_doubtful(FIELDS, votes("bbbb"), several)
    assert key_is_doubtful(FIELDS, votes("cc"), several)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0.01, 1.0)), max_size=8), st.floats(0.01, 1.0), st.randoms())
def test_order_does_not_matter_and_one_more_for_the_key_never_hurts_it(
    said: list[tuple[str, float]], accuracy: float, chance: object
) -> None:
    one = [Vote({"topic": topic}, a) for topic, a in said]
    other = list(one)
    chance.shuffle(other)  # type: ignore[attr-defined]
    before = key_probability(FIELDS, one, KEY)
    assert key_probability(FIELDS, other, KEY) == pytest.approx(before)
    assert 0 <= before <= 1
    assert key_probability(FIELDS, [*one, Vote({"topic": "a"}, accuracy)], KEY) >= before - 1e-12


def share_doubted(accuracy: float, people: int, *, key_right: bool, draws: int = 2000) -> float:
    """How often a key is doubted at some point while people of this accuracy answer one after another."""
    rng = np.random.default_rng(3)
    truth = "a" if key_right else "b"
    wrong = [topic for topic in "abc" if topic != truth]
    doubted = 0
    for _ in range(draws):
        said = "".join(truth if rng.random() < accuracy else wrong[int(rng.integers(2))] for _ in range(people))
        doubted += any(key_is_doubtful(FIELDS, votes(said[:n], accuracy), KEY) for n in range(2, people + 1))
    return doubted / draws


@pytest.mark.parametrize(("accuracy", "people"), list(itertools.product((0.8, 0.9, 0.95), (3, 5))))
def test_right_keys_are_seldom_doubted_and_wrong_ones_mostly(accuracy: float, people: int) -> None:
    assert share_doubted(accuracy, people, key_right=True) < 0.02
    assert share_doubted(accuracy, people, key_right=False) > (0.45 if people == 3 else 0.75)
