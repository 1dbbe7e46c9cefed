"""Consensus by hand: the weighted vote, ties, fields that depend on others, free text."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from piecework.quality.comparing.comparison import same
from piecework.quality.comparing.consensus import Consensus, Method, Vote, decide
from piecework.quality.statistics.ticks import probability_right
from piecework.tasks.fields import AnswerField, AnswerSchema
from tests.quality.comparing.test_comparison import FIELDS, NOTE, OK, TAGS, WHY, field

TOPIC = field("topic", "choice")
NUMBER = field("number", "number")
ABOUT = field("number", "number", compare={"by": "absolute", "tolerance": 1})
SAID = field("said", "text", compare={"by": "edits", "threshold": 0.7})
SPELLED = field("said", "text", compare={"by": "normalised"})
LOOSE = field("tags", "choices", compare={"by": "overlap", "threshold": 0.5})
METHODS: list[Method] = ["posterior", "majority", "weighted", "dawid-skene", "toloka-basic"]


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

    def test_a_tie_is_one_whatever_the_rounding(self) -> None:
        skills = (0.61, 0.72, 0.93)
        for turned in ((0.93, 0.61, 0.72), (0.72, 0.93, 0.61), (0.93, 0.72, 0.61)):
            said = votes(*[("a", skill) for skill in skills], *[("b", skill) for skill in turned])
            for method in METHODS:
                assert decide([TOPIC], said, method=method).result is None

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


class TestMethods:
    @pytest.mark.parametrize(
        ("method", "result", "confidence"),
        [
            # a 0.4 * 0.4 * 0.025 : b 0.3 * 0.3 * 0.95 : c 0.3 * 0.3 * 0.025
            ("posterior", "b", 0.0855 / (0.0855 + 0.004 + 0.00225)),
            ("dawid-skene", "b", 0.0855 / (0.0855 + 0.004 + 0.00225)),
            ("majority", "a", 2 / 3),
            ("weighted", "b", 0.95 / 1.75),
        ],
    )
    def test_two_who_guess_against_one_who_knows(self, method: Method, result: str, confidence: float) -> None:
        outcome = decide([TOPIC], votes(("a", 0.4), ("a", 0.4), ("b", 0.95)), method=method)
        assert outcome.result == {"topic": result}
        assert outcome.confidence == pytest.approx(confidence)

    @pytest.mark.parametrize(
        ("said", "result", "confidence"),
        [
            # the examples of the documentation of dynamic overlap: three classes, skills 0.70, 0.90 and 0.80
            ([("a", 3, 4), ("a", 4, 4)], "a", 0.977),
            ([("a", 3, 4), ("b", 4, 4)], "b", 0.761),
            ([("a", 3, 4), ("b", 4, 4), ("b", 3.5, 4)], "b", 0.962),
        ],
    )
    def test_the_documented_examples_of_dynamic_overlap(self, said: Any, result: str, confidence: float) -> None:
        given = [Vote({"topic": value}, 0.5, golden_right=right, golden_total=total) for value, right, total in said]
        outcome = decide([TOPIC], given, method="toloka-basic")
        assert outcome.result == {"topic": result}
        assert outcome.confidence == pytest.approx(confidence, abs=5e-4)

    def test_a_confusion_matrix_tells_what_a_vote_is_worth(self) -> None:
        # who says b means it; their a comes as often when b is true
        hasty = {"topic": [[0.9, 0.05, 0.05], [0.6, 0.35, 0.05], [0.1, 0.1, 0.8]]}
        said = [Vote({"topic": "a"}, 0.7, hasty), Vote({"topic": "a"}, 0.7, hasty), Vote({"topic": "b"}, 0.7)]
        outcome = decide([TOPIC], said, method="dawid-skene")
        # a 0.9 * 0.9 * 0.15 : b 0.6 * 0.6 * 0.7 : c 0.1 * 0.1 * 0.15
        assert outcome.result == {"topic": "b"}
        assert outcome.confidence == pytest.approx(0.252 / (0.252 + 0.1215 + 0.0015))
        assert outcome.standings[2].probability_right == pytest.approx(0.36 / (0.81 + 0.36 + 0.01))
        assert decide([TOPIC], said).result == {"topic": "a"}

    def test_shares_leave_the_standing_to_the_probabilities(self) -> None:
        said = votes(("a", 0.8), ("a", 0.8), ("b", 0.8))
        plain = decide([TOPIC], said)
        for method in METHODS[1:3]:
            counted = decide([TOPIC], said, method=method)
            assert [one.probability_right for one in counted.standings] == [one.probability_right for one in plain.standings]

    def test_votes_of_no_weight_count_alike(self) -> None:
        outcome = decide([TOPIC], votes(("a", 0.0), ("a", 0.0), ("b", 0.0)), method="weighted")
        assert (outcome.result, outcome.confidence) == ({"topic": "a"}, pytest.approx(2 / 3))

    @pytest.mark.parametrize("method", METHODS)
    def test_a_class_that_nobody_named_is_never_the_result(self, method: Method) -> None:
        said = [Vote({"topic": "a"}, 0.01, golden_right=0, golden_total=50) for _ in range(3)]
        outcome = decide([TOPIC], said, method=method)
        assert outcome.result == {"topic": "a"}


class TestTolerances:
    @pytest.mark.parametrize("method", METHODS)
    def test_numbers_within_the_tolerance_are_one_value_their_median(self, method: Method) -> None:
        said = votes((10, 0.7), (11, 0.7), (12, 0.7), (30, 0.7), name="number")
        outcome = decide([ABOUT], said, method=method)
        assert outcome.result == {"number": 11}
        assert [one.agrees for one in outcome.standings] == [True, True, True, False]
        assert outcome.confidence == pytest.approx(
            decide([NUMBER], votes(*[(v, 0.7) for v in (1, 1, 1, 3)], name="number"), method=method).confidence
        )

    def test_whoever_is_within_the_tolerance_of_the_median_agrees_though_counted_elsewhere(self) -> None:
        outcome = decide([ABOUT], votes((10, 0.8), (11, 0.4), (12, 0.9), (12, 0.9), (13, 0.6), name="number"))
        assert outcome.result == {"number": 12}  # the centre is 11, whose neighbours weigh most
        assert [one.agrees for one in outcome.standings] == [True] * 5

    def test_no_chain_of_small_steps_joins_far_values(self) -> None:
        outcome = decide([ABOUT], votes(*[(v, 0.7) for v in (1, 2, 3, 4, 5, 6)], name="number"))
        assert outcome.result is None

    def test_a_text_stands_for_those_like_it_in_its_heaviest_spelling(self) -> None:
        said = votes(("Верните деньги!", 0.8), ("верните денги", 0.7), ("Верните деньги", 0.9), ("Спасибо", 0.8), name="said")
        outcome = decide([SAID], said)
        assert outcome.result == {"said": "Верните деньги"}
        assert [one.agrees for one in outcome.standings] == [True, True, True, False]
        assert outcome.standings[3].probability_right < 0.01

    def test_normalised_text_agrees_whatever_its_spelling(self) -> None:
        outcome = decide([SPELLED], votes(("Всё ОК!", 0.8), ("все ок", 0.7), ("плохо", 0.7), name="said"))
        assert outcome.result == {"said": "Всё ОК!"}
        assert [one.fields for one in outcome.standings] == [{"said": True}, {"said": True}, {"said": False}]


class TestSets:
    def test_each_option_is_voted_on_by_itself(self) -> None:
        said = votes((["a", "b"], 0.8), (["a", "b", "c"], 0.8), (["a"], 0.8), name="tags")
        outcome = decide([TAGS], said)
        assert outcome.result == {"tags": ["a", "b"]}
        assert [one.agrees for one in outcome.standings] == [True, False, False]
        p = 0.8 ** (1 / 3)
        unanimous = p**3 / (p**3 + (1 - p) ** 3)
        assert outcome.confidence == pytest.approx(unanimous * p * p)  # 2 : 1 is worth one answer

    def test_the_only_set_of_a_poor_author_is_still_the_result(self) -> None:
        outcome = decide([TAGS], votes((["b"], 0.0), name="tags"))
        assert (outcome.result, outcome.confidence) == ({"tags": ["b"]}, pytest.approx(1 / 8))

    def test_an_option_that_is_even_is_a_tie(self) -> None:
        assert decide([TAGS], votes((["a", "b"], 0.8), (["a"], 0.8), name="tags")).result is None

    def test_a_set_that_overlaps_enough_agrees(self) -> None:
        said = votes((["a", "b"], 0.8), (["a", "b", "c"], 0.8), (["c"], 0.8), name="tags")
        outcome = decide([LOOSE], said)
        assert outcome.result == {"tags": ["a", "b", "c"]}
        assert [one.agrees for one in outcome.standings] == [True, True, False]

    @pytest.mark.parametrize("rule", [TAGS, LOOSE])
    def test_a_single_set_stands_with_its_authors_accuracy(self, rule: AnswerField) -> None:
        outcome = decide([rule], votes((["b"], 0.7), name="tags"))
        assert (outcome.result, outcome.confidence) == ({"tags": ["b"]}, pytest.approx(0.7, abs=1e-3))

    @pytest.mark.parametrize("method", ["majority", "weighted"])
    def test_by_shares_whole_sets_are_counted(self, method: Method) -> None:
        said = votes((["a"], 0.8), (["a"], 0.8), (["a", "b"], 0.8), (["c"], 0.8), name="tags")
        assert decide([TAGS], said, method=method).confidence == pytest.approx(0.5)
        outcome = decide([LOOSE], said, method=method)
        assert (outcome.result, outcome.confidence) == ({"tags": ["a"]}, pytest.approx(0.75))


class TestReasons:
    REASON = field("reason", "text", only_if={"field": "ok", "is": False})

    def said(self) -> list[Vote]:
        return [
            Vote({"ok": False, "reason": "Rude."}, 0.8),
            Vote({"ok": False, "reason": "It is late"}, 0.9),
            Vote({"ok": True}, 0.95),
            Vote({"ok": False, "reason": "rude"}, 0.7),
        ]

    def test_a_reason_is_taken_from_the_best_who_said_so_and_not_compared(self) -> None:
        outcome = decide([OK, self.REASON], self.said())
        assert outcome.result == {"ok": False, "reason": "It is late"}
        assert [one.fields for one in outcome.standings] == [{"ok": True}, {"ok": True}, {"ok": False}, {"ok": True}]

    def test_a_reason_is_voted_on_if_that_is_asked_for(self) -> None:
        asked_for = field("reason", "text", only_if={"field": "ok", "is": False}, compare={"by": "normalised"})
        outcome = decide([OK, asked_for], self.said())
        assert outcome.result == {"ok": False, "reason": "Rude."}
        assert [one.fields["reason"] for one in outcome.standings] == [True, False, False, True]
        assert [one.asked for one in outcome.standings] == [2, 2, 1, 2]


class TestFieldVerdicts:
    def test_they_are_against_the_consensus_field_by_field(self) -> None:
        said = [Vote({"ok": False, "why": why}, 0.8) for why in "aab"] + [Vote({"ok": True, "tags": ["a"]}, 0.8)]
        outcome = decide(FIELDS, said)
        assert [one.fields for one in outcome.standings] == [
            {"ok": True, "why": True},
            {"ok": True, "why": True},
            {"ok": True, "why": False},
            {"ok": False, "why": False, "tags": True},
        ]

    def test_a_tied_field_says_nothing_of_anybody_and_nothing_that_depends_on_it_is_decided(self) -> None:
        said = [Vote({"ok": False, "why": "a"}, 0.8), Vote({"ok": True}, 0.8)]
        outcome = decide([OK, WHY], said)
        assert outcome.result is None
        assert [(one.fields, one.asked) for one in outcome.standings] == [({}, 1), ({}, 1)]


class TestCalibration:
    """Votes made by the model with known accuracies: a result of confidence 0.8 is right in eight of ten cases."""

    TASKS = 2500
    SKILLS = (0.62, 0.75, 0.9)
    WIDE = field("topic", "choice", options=[{"value": f"v{i}", "title": "v"} for i in range(4)])

    def simulate(
        self, fields: list[AnswerField], method: Method, make: Callable[[np.random.Generator], tuple[list[Vote], Any]]
    ) -> None:
        rng = np.random.default_rng(20)
        sure, right = [], []
        for _ in range(self.TASKS):
            said, truth = make(rng)
            outcome = decide(fields, said, method=method)
            assert outcome.result is not None
            sure.append(outcome.confidence)
            right.append(all(same(one, outcome.result, truth) for one in fields))
        confidence, hit = np.array(sure), np.array(right)
        for part in (confidence >= 0, confidence < np.median(confidence), confidence >= np.median(confidence)):
            error = np.sqrt((confidence[part] * (1 - confidence[part])).sum()) / part.sum()
            assert abs(confidence[part].mean() - hit[part].mean()) <= 3.5 * error
        assert confidence.std() > 0.02

    def one_of(self, rng: np.random.Generator, truth: int, skill: float, classes: int) -> int:
        return truth if rng.random() < skill else int((truth + rng.integers(1, classes)) % classes)

    @pytest.mark.parametrize("method", ["posterior", "toloka-basic"])
    def test_a_choice(self, method: Method) -> None:
        def make(rng: np.random.Generator) -> tuple[list[Vote], Any]:
            truth = int(rng.integers(4))
            said = [(self.one_of(rng, truth, skill, 4), skill) for skill in self.SKILLS]
            # so much golden that the smoothing is nothing
            return [Vote({"topic": f"v{v}"}, a, golden_right=a * 1e6, golden_total=1e6) for v, a in said], {"topic": f"v{truth}"}

        self.simulate([self.WIDE], method, make)

    def test_a_choice_with_confusions(self) -> None:
        matrices = [np.random.default_rng(i).dirichlet(np.ones(4), 4) * 0.5 + np.eye(4) * 0.4 + 0.025 for i in range(3)]

        def make(rng: np.random.Generator) -> tuple[list[Vote], Any]:
            truth = int(rng.integers(4))
            said = [(int(rng.choice(4, p=matrix[truth])), matrix) for matrix in matrices]
            return [Vote({"topic": f"v{v}"}, 0.7, {"topic": matrix}) for v, matrix in said], {"topic": f"v{truth}"}

        self.simulate([self.WIDE], "dawid-skene", make)

    @pytest.mark.parametrize("noise", [0, 0.5])
    def test_a_number(self, noise: float) -> None:
        def make(rng: np.random.Generator) -> tuple[list[Vote], Any]:
            truth = int(rng.integers(20))
            said = [(10.0 * self.one_of(rng, truth, skill, 20) + rng.uniform(-noise, noise), skill) for skill in self.SKILLS]
            return votes(*said, name="number"), {"number": 10.0 * truth}

        self.simulate([ABOUT if noise else NUMBER], "posterior", make)

    def test_an_answer_of_several_fields(self) -> None:
        def make(rng: np.random.Generator) -> tuple[list[Vote], Any]:
            ok, why = bool(rng.integers(2)), int(rng.integers(3))
            said = []
            for skill in self.SKILLS:
                mine = bool(self.one_of(rng, int(ok), skill, 2))
                said.append(Vote({"ok": mine} | ({} if mine else {"why": "abc"[self.one_of(rng, why, skill, 3)]}), skill))
            return said, {"ok": ok} | ({} if ok else {"why": "abc"[why]})

        self.simulate([OK, WHY], "posterior", make)

    @pytest.mark.parametrize("rule", [field("tags", "choices"), LOOSE])
    def test_a_set(self, rule: AnswerField) -> None:
        by_option = [0.75, 0.85, 0.95]
        threshold = rule.compare.threshold if rule.compare else None

        def make(rng: np.random.Generator) -> tuple[list[Vote], Any]:
            truth = rng.random(3) < 0.5
            said = []
            for p in by_option:
                mine = np.where(rng.random(3) < p, truth, ~truth)
                accuracy = probability_right(mine, np.where(mine, p, 1 - p), threshold)
                said.append(Vote({"tags": [v for v, t in zip("abc", mine, strict=True) if t]}, accuracy))
            return said, {"tags": [v for v, t in zip("abc", truth, strict=True) if t]}

        self.simulate([rule], "posterior", make)


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

    @given(data=st.data(), method=st.sampled_from(METHODS), seed=st.randoms())
    @settings(max_examples=300, deadline=None)
    def test_the_order_of_the_votes_does_not_matter(self, data: st.DataObject, method: Method, seed: Any) -> None:
        rules = [OK, WHY, data.draw(st.sampled_from([ABOUT, NUMBER])), data.draw(st.sampled_from([SAID, SPELLED])), NOTE]
        rules.append(data.draw(st.sampled_from([TAGS, LOOSE])))
        said = data.draw(st.lists(st.builds(mixed_vote, answers(), NUMBERS, TEXTS, ACCURACIES), min_size=1, max_size=7))
        mixed = list(enumerate(said))
        seed.shuffle(mixed)
        one, other = decide(rules, said, method=method), decide(rules, [vote for _, vote in mixed], method=method)
        assert one.confidence == pytest.approx(other.confidence)
        assert repr(one.result) == repr(other.result)
        for place, (before, _) in enumerate(mixed):
            assert_same_standing(one, before, other, place)


NUMBERS = st.integers(0, 3) | st.integers(0, 3).map(float) | st.floats(0, 6)
TEXTS = st.sampled_from(["Ёжик", "ежик", "ежики!", "ёжики", "тут ежик", "кот", "код"])
ACCURACIES = st.sampled_from([0.0, 0.4, 0.7, 0.8, 0.95])


def mixed_vote(answer: dict[str, Any], number: float, said: str, accuracy: float) -> Vote:
    return Vote(answer | {"number": number, "said": said}, accuracy, golden_right=accuracy * 5, golden_total=5)


def assert_same_standing(one: Consensus, i: int, other: Consensus, j: int) -> None:
    mine, theirs = one.standings[i], other.standings[j]
    assert (mine.fields, mine.asked, mine.agrees) == (theirs.fields, theirs.asked, theirs.agrees)
    assert mine.probability_right == pytest.approx(theirs.probability_right)
    assert mine.evidence.right == pytest.approx(theirs.evidence.right, abs=1e-9)
