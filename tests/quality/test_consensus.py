"""Consensus by hand: the weighted vote, ties, fields that depend on others, free text."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from piecework.quality.consensus import Vote, decide
from piecework.tasks.fields import AnswerSchema
from tests.quality.test_comparison import FIELDS, NOTE, OK, TAGS, WHY, field

TOPIC = field("topic", "choice")
NUMBER = field("number", "number")


def votes(*said: tuple[Any, float], name: str = "topic") -> list[Vote]:
    return [Vote({name: value}, accuracy) for value, accuracy in said]


class TestOneChoice:
    def test_three_of_equal_skill_who_agree(self) -> None:
        # 0.8^3 : 2 * 0.1^3 for one of three options
        outcome = decide([TOPIC], votes(("a", 0.8), ("a", 0.8), ("a", 0.8)))
        assert outcome.result == {"topic": "a"}
        assert outcome.confidence == pytest.approx(0.512 / (0.512 + 2 * 0.001))

    def test_two_against_one(self) -> None:
        # a: 0.8 * 0.8 * 0.1; b: 0.1 * 0.1 * 0.8; c: 0.1^3
        outcome = decide([TOPIC], votes(("a", 0.8), ("a", 0.8), ("b", 0.8)))
        assert outcome.confidence == pytest.approx(0.064 / (0.064 + 0.008 + 0.001))
        assert [standing.agrees for standing in outcome.standings] == [True, True, False]

    def test_one_expert_outweighs_two_who_guess(self) -> None:
        outcome = decide([TOPIC], votes(("a", 0.4), ("a", 0.4), ("b", 0.95)))
        assert outcome.result == {"topic": "b"}

    def test_a_voter_is_judged_by_the_others_only(self) -> None:
        outcome = decide([TOPIC], votes(("a", 0.8), ("a", 0.8), ("b", 0.8)))
        # of the two a: b has 0.1 * 0.1, a 0.64, c 0.01
        assert outcome.standings[2].probability_right == pytest.approx(0.01 / 0.66)

    def test_an_even_split_is_a_tie_without_a_result(self) -> None:
        outcome = decide([TOPIC], votes(("a", 0.8), ("b", 0.8)))
        assert outcome.result is None
        assert outcome.confidence < 0.5

    def test_a_single_answer_stands_with_its_authors_accuracy(self) -> None:
        outcome = decide([TOPIC], votes(("b", 0.7)))
        assert outcome.result == {"topic": "b"}
        assert outcome.confidence == pytest.approx(0.7)
        assert outcome.standings[0].probability_right == 1.0


class TestOpenValues:
    def test_the_same_number_written_otherwise_agrees(self) -> None:
        assert decide([NUMBER], votes((1, 0.7), (1.0, 0.7), (2, 0.7), name="number")).result == {"number": 1}

    def test_sets_agree_whatever_their_order(self) -> None:
        outcome = decide([TAGS], votes((["a", "b"], 0.7), (["b", "a"], 0.7), (["c"], 0.7), name="tags"))
        assert outcome.result == {"tags": ["a", "b"]}

    @pytest.mark.parametrize("accuracy", [0.4, 0.1, 0.0])
    def test_the_only_answer_of_a_poor_author_is_still_the_result_with_little_confidence(self, accuracy: float) -> None:
        outcome = decide([NUMBER], votes((3, accuracy), name="number"))
        assert outcome.result == {"number": 3}
        assert outcome.confidence <= 0.5
        assert outcome.standings[0].agrees


class TestDependentFields:
    def test_a_field_is_voted_on_by_those_who_were_asked(self) -> None:
        said = [Vote({"ok": False, "why": "a"}, 0.8), Vote({"ok": False, "why": "a"}, 0.8), Vote({"ok": True}, 0.8)]
        outcome = decide(FIELDS, said)
        assert outcome.result == {"ok": False, "why": "a"}
        assert [standing.asked for standing in outcome.standings] == [2, 2, 1]

    def test_a_field_that_the_result_does_not_ask_for_is_left_out(self) -> None:
        said = [Vote({"ok": True}, 0.8), Vote({"ok": True}, 0.8), Vote({"ok": False, "why": "a"}, 0.8)]
        assert decide(FIELDS, said).result == {"ok": True}

    def test_one_tied_field_leaves_the_whole_without_a_result(self) -> None:
        said = [Vote({"ok": False, "why": "a"}, 0.8), Vote({"ok": False, "why": "b"}, 0.8)]
        assert decide([OK, WHY], said).result is None

    def test_the_confidence_is_that_all_fields_are_right(self) -> None:
        said = [Vote({"ok": False, "why": "a"}, 0.8), Vote({"ok": False, "why": "a"}, 0.8)]
        both = decide([OK, WHY], said).confidence
        assert both == pytest.approx(decide([OK], said).confidence * (0.64 / (0.64 + 0.02)))


class TestFreeText:
    def test_the_text_is_of_the_most_accurate_who_agrees_with_the_rest(self) -> None:
        said = [
            Vote({"ok": True, "note": "fair"}, 0.7),
            Vote({"ok": True, "note": "good"}, 0.9),
            Vote({"ok": False, "why": "a", "note": "best, but wrong"}, 0.95),
            Vote({"ok": True}, 0.94),
        ]
        assert decide(FIELDS, said).result == {"ok": True, "note": "good"}

    def test_text_alone_is_never_in_doubt(self) -> None:
        outcome = decide([NOTE], [Vote({"note": "x"}, 0.6), Vote({"note": "y"}, 0.7)])
        assert (outcome.result, outcome.confidence) == ({"note": "y"}, 1.0)


@st.composite
def answers(draw: st.DrawFn) -> dict[str, Any]:
    ok = draw(st.booleans())
    answer: dict[str, Any] = {"ok": ok} | ({} if ok else {"why": draw(st.sampled_from("abc"))})
    note = draw(st.none() | st.text(min_size=1, max_size=3))
    tags = draw(st.none() | st.lists(st.sampled_from("abc"), unique=True))
    return answer | ({} if note is None else {"note": note}) | ({} if tags is None else {"tags": tags})


class TestAnyVotes:
    @given(said=st.lists(st.tuples(answers(), st.floats(0, 1)), min_size=1, max_size=6))
    @settings(max_examples=200, deadline=None)
    def test_a_result_fits_the_schema_and_the_confidence_is_a_probability(self, said: list[tuple[dict[str, Any], float]]) -> None:
        outcome = decide(FIELDS, [Vote(answer, accuracy) for answer, accuracy in said])
        assert 0 <= outcome.confidence <= 1 + 1e-9
        assert len(outcome.standings) == len(said)
        AnswerSchema(FIELDS).check(outcome.result if outcome.result is not None else said[0][0])

    @given(said=st.lists(st.tuples(st.sampled_from("abc"), st.floats(0.34, 0.99)), min_size=1, max_size=6), seed=st.randoms())
    @settings(max_examples=100, deadline=None)
    def test_the_order_of_the_votes_does_not_matter(self, said: list[tuple[str, float]], seed: Any) -> None:
        mixed = list(said)
        seed.shuffle(mixed)
        one, other = decide([TOPIC], votes(*said)), decide([TOPIC], votes(*mixed))
        assert one.confidence == pytest.approx(other.confidence)
        assert one.result == other.result
