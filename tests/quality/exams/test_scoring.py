"""What answers are worth and what the published rule makes of it: worked examples."""

from math import comb
from typing import Any, ClassVar

import orjson
import pytest
from pydantic import ValidationError

from piecework.platform.errors import Invalid
from piecework.quality.exams import shipped
from piecework.quality.exams.deciding import percent
from piecework.quality.exams.definition import ExamSpec, Passing
from piecework.quality.exams.questions import (
    Correction,
    Dictation,
    GoldenQuestion,
    Question,
    ShortAnswer,
    Statements,
    Wordings,
    read_question,
)
from piecework.quality.exams.scoring import outcome, score
from piecework.quality.exams.tokens import read
from tests.world import choice_step


def question(**fields: Any) -> Any:
    return read_question(orjson.dumps(fields))


DICTATION = {
    "kind": "dictation",
    "prompt": "Пишите.",
    "reference": "Мама мыла раму, а папа читал.",
    "lost": {"spelling": 0.1, "missing": 0.2, "extra": 0.2, "punctuation": 0.05, "capital": 0.01},
}
STATEMENTS = {
    "kind": "main_information",
    "form": "statements",
    "prompt": "?",
    "text": "…",
    "statements": [{"text": f"{n}", "holds": n < 5} for n in range(8)],
}
SHORT = {
    "kind": "main_information",
    "form": "short_answer",
    "prompt": "?",
    "text": "…",
    "most_words": 6,
    "key_points": [{"any_of": ["балл*"], "weight": 2}, {"any_of": ["закрыт мост", "мост закры*"]}, {"any_of": ["снег*"]}],
}


class TestQuestions:
    def test_no_answer_is_worth_nothing(self) -> None:
        assert score(question(**DICTATION), None).share == 0

    def test_a_dictation_loses_for_each_error_what_its_kind_costs(self) -> None:
        # one spelling (0.1), one word missing (0.2), two marks (2 x 0.05), one capital letter (0.01): 1 - 0.41
        found = score(question(**DICTATION), {"text": "мама мила раму а читал"})
        assert found.errors == {"spelling": 1, "missing": 1, "extra": 0, "punctuation": 2, "capital": 1}
        assert found.share == 5_900

    def test_a_dictation_is_never_worth_less_than_nothing(self) -> None:
        assert score(question(**DICTATION), {"text": "совсем другое"}).share == 0

    @pytest.mark.parametrize(
        ("chosen", "share"),
        [
            ([0, 1, 2, 3, 4], 10_000),
            ([0, 1, 2, 3], 8_000),
            ([0, 1, 2, 3, 5], 6_000),
            (list(range(8)), 4_000),
            ([5, 6, 7], 0),
            ([], 0),
        ],
    )
    def test_a_statement_chosen_wrongly_takes_back_one_that_is_right(self, chosen: list[Any], share: int) -> None:
        # five hold: four chosen rightly and one wrongly are (4 - 1) / 5
        assert score(question(**STATEMENTS), {"chosen": chosen}).share == share

    @pytest.mark.parametrize(
        ("text", "share"),
        [
            ("Мост закрыли, начислят баллы.", 7_500),
            ("БАЛЛЫ!", 5_000),
            ("Закрыт мост из-за снегопада", 5_000),
            ("Мост был закрыт", 0),
            ("раз два три четыре пять шесть баллы", 0),  # beyond the words that count
        ],
    )
    def test_a_short_answer_is_worth_the_key_points_it_says(self, text: str, share: int) -> None:
        assert score(question(**SHORT), {"text": text}).share == share

    def test_a_key_point_may_have_hyphens_and_marks(self) -> None:
        asked = question(**SHORT | {"key_points": [{"any_of": ["кто-то — пришёл", "из-за снегопад*", "5 + 5"]}]})
        right = ["Кто-то пришёл!", "Закрыт из-за снегопадов.", "5+5", "сумма 5 + 5"]
        assert [score(asked, {"text": text}).share for text in right] == [10_000, 10_000, 0, 10_000]
        assert [score(asked, {"text": text}).share for text in ("", "кто пришёл", "из снегопада")] == [0, 0, 0]

    @pytest.mark.parametrize("wording", [" ", "*", "…", "— *"])
    def test_a_key_point_that_any_text_would_say_is_refused(self, wording: str) -> None:
        with pytest.raises(ValidationError):
            question(**SHORT | {"key_points": [{"any_of": [wording]}]})

    def test_style_is_chosen_or_written_in_an_accepted_form(self) -> None:
        chosen = question(kind="style", form="choice", prompt="?", options=["a", "b"], right=1)
        assert [score(chosen, {"choice": n}).share for n in (0, 1)] == [0, 10_000]
        exact = question(kind="style", form="correction", prompt="?", accepted=["«Ещё раз», — сказал он."])
        given = ['"Еще раз",  - сказал он', "«Ещё раз» — сказал он.", "«ещё раз», — сказал он.", "«Ещё раз», — сказал он!"]
        assert [score(exact, {"text": text}).share for text in given] == [10_000, 0, 0, 0]
        wording = question(kind="style", form="correction", prompt="?", accepted=["в течение дня"], compare="wording")
        assert [score(wording, {"text": text}).share for text in ("В течение дня!", "в течении дня")] == [10_000, 0]

    def test_a_golden_question_is_compared_as_its_step_compares(self) -> None:
        two = choice_step()["answer"] + [{"name": "urgent", "type": "yes_no", "title": "Urgent", "weight": 3}]
        golden = question(
            kind="golden",
            project="orders",
            step=choice_step(answer=two),
            input={"text": "x"},
            answers=[{"answer": {"topic": "a", "urgent": True}}],
        )
        assert score(golden, {"topic": "a", "urgent": True}).share == 10_000
        assert score(golden, {"topic": "b", "urgent": True}).share == 7_500
        assert "answers" not in golden.shown
        with pytest.raises(Invalid):
            golden.check({"topic": "z"})

    @pytest.mark.parametrize(
        ("fields", "answer"),
        [
            (DICTATION, {"words": "x"}),
            (DICTATION, {"text": 1}),
            (DICTATION, {"text": "x" * 20_001}),
            (STATEMENTS, {"chosen": [8]}),
            (STATEMENTS, {"chosen": [1, 1]}),
            (STATEMENTS, {"chosen": "01"}),
            ({"kind": "style", "form": "choice", "prompt": "?", "options": ["a", "b"], "right": 0}, {"choice": 2}),
        ],
    )
    def test_an_answer_that_does_not_fit_is_refused(self, fields: dict[str, Any], answer: dict[str, Any]) -> None:
        with pytest.raises(Invalid):
            question(**fields).check(answer)

    def test_what_is_shown_has_nothing_of_the_key(self) -> None:
        style = question(kind="style", form="correction", prompt="?", accepted=["secret"])
        for one in (question(**DICTATION), question(**STATEMENTS), question(**SHORT), style):
            text = orjson.dumps(one.shown).decode()
            assert not any(word in text for word in ("reference", "holds", "key_points", "any_of", "accepted", "secret", "раму"))

    def test_an_empty_sheet_must_be_worth_nothing(self) -> None:
        with pytest.raises(ValidationError, match="empty sheet"):
            question(**{**DICTATION, "lost": {"missing": 0.1}})


def binomial_tail(n: int, least: int, p: float) -> float:
    return sum(comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(least, n + 1))


class TestRule:
    @pytest.mark.parametrize(("right", "passed"), [(16, True), (15, False)])
    def test_the_share_of_points_reaches_the_threshold_or_does_not(self, right: int, passed: bool) -> None:
        scores = [(1, 10_000)] * right + [(1, 0)] * (20 - right)
        assert outcome(Passing(by="share", threshold=0.8), scores).passed is passed

    def test_points_weigh(self) -> None:
        # 40 points of a dictation at 0.59 and 60 at 1: 83.6 of 100
        found = outcome(Passing(by="share", threshold=0.836), [(40, 5_900), (60, 10_000)])
        assert (found.scored, found.possible, found.passed) == (836_000, 1_000_000, True)
        assert not outcome(Passing(by="share", threshold=0.8361), [(40, 5_900), (60, 10_000)]).passed

    def test_eighteen_of_twenty_reach_from_73_to_96_percent(self) -> None:
        found = outcome(Passing(by="lower_bound", threshold=0.7, level=0.9), [(1, 10_000)] * 18 + [(1, 0)] * 2)
        assert (percent(found.interval.low), percent(found.interval.high)) == ("72.9 %", "95.9 %")
        # Beta(19, 3) is at most x as probably as 21 tosses at x bring at least 19 successes
        assert binomial_tail(21, 19, found.interval.low) == pytest.approx(0.05, abs=1e-9)
        assert binomial_tail(21, 19, found.interval.high) == pytest.approx(0.95, abs=1e-9)
        assert found.passed
        assert not outcome(Passing(by="lower_bound", threshold=0.75, level=0.9), [(1, 10_000)] * 18 + [(1, 0)] * 2).passed

    def test_the_same_share_of_more_questions_proves_more(self) -> None:
        rule = Passing(by="lower_bound", threshold=0.8, level=0.9)
        assert [outcome(rule, [(1, 9_000)] * n).passed for n in (10, 40, 80, 160)] == [False, False, True, True]

    def test_points_in_one_question_prove_no_more_than_one_question(self) -> None:
        rule = Passing(by="lower_bound", threshold=0.7)
        # 1019² / (1000² + 19) = 1.04 questions, 98 % right: one long text, and nineteen others wrong
        found = outcome(rule, [(1_000, 10_000)] + [(1, 0)] * 19)
        assert (found.passed, found.interval.low < 0.3) == (False, True)
        equal = outcome(rule, [(1, 10_000)] * 18 + [(1, 0)] * 2).interval
        assert outcome(rule, [(7, 10_000)] * 18 + [(7, 0)] * 2).interval.low == pytest.approx(equal.low)

    def test_percent_never_rounds_up_to_the_threshold(self) -> None:
        assert [percent(share) for share in (0.8, 0.79999, 0.836, 1.0)] == ["80 %", "79.9 %", "83.6 %", "100 %"]


SECTION = {"key": "a", "title": {"ru": "А", "en": "A"}, "pool": "a", "draw": 3}


class TestDefinitions:
    BASE: ClassVar[dict[str, Any]] = {
        "title": {"ru": "Т", "en": "T"},
        "kind": "general",
        "time_limit_min": 10,
        "sections": [SECTION],
        "passing": {"by": "share", "threshold": 0.8},
        "qualification": "russian",
    }

    @pytest.mark.parametrize(
        "change",
        [
            {"kind": "direction"},
            {"direction": "orders"},
            {"passing": {"by": "lower_bound", "threshold": 1.0}},
            {"sections": [SECTION | {"difficulty": {"easy": 1, "hard": 1}}]},
            {"sections": [SECTION, SECTION]},
            {"sections": [SECTION | {"draw": 100, "key": key} for key in "abc"]},
        ],
    )
    def test_what_does_not_hang_together_is_refused(self, change: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            ExamSpec.model_validate_json(orjson.dumps(self.BASE | change))

    def test_the_exam_that_ships_can_be_passed_with_its_own_keys(self) -> None:
        found = shipped.load()
        scores = [
            (section.points, score(one.question, right(one.question)).share)
            for section in found.spec.sections
            for one in found.pools[section.pool]
        ]
        assert {share for _, share in scores} == {10_000}
        assert len(found.pools["ru-style"]) == 15
        assert [
            len(read(one.question.reference).words) for one in found.pools["ru-dictation"] if isinstance(one.question, Dictation)
        ] == [
            59,
            61,
        ]


def right(asked: Question) -> dict[str, Any]:
    """An answer that the key accepts in full."""
    match asked:
        case Dictation():
            return {"text": asked.reference}
        case Statements():
            return {"chosen": [n for n, said in enumerate(asked.statements) if said.holds]}
        case ShortAnswer():
            return {"text": " ".join(point.any_of[0].removesuffix("*") for point in asked.key_points)}
        case Wordings():
            return {"choice": asked.right}
        case Correction():
            return {"text": asked.accepted[0]}
        case GoldenQuestion():
            return asked.answers[0].answer
