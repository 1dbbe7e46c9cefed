"""When two values are the same, and which fields are compared."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from piecework.quality.comparing.comparison import asked, classes, compared, label, same, verdicts
from piecework.quality.statistics import OPEN
from piecework.tasks.fields import AnswerField

OPTIONS = [{"value": value, "title": value} for value in "abc"]


def field(name: str, kind: str, **more: Any) -> AnswerField:
    options = {"options": OPTIONS} if kind in ("choice", "choices") else {}
    return AnswerField.model_validate({"name": name, "type": kind, "title": name} | options | more)


OK = field("ok", "yes_no")
WHY = field("why", "choice", only_if={"field": "ok", "is": False})
NOTE = field("note", "text", required=False)
TAGS = field("tags", "choices", required=False)
FIELDS = [OK, WHY, NOTE, TAGS]


EDITED = {"by": "edits", "threshold": 0.8}
OVERLAPPING = {"by": "overlap", "threshold": 0.5}
RULES = [
    field("x", "yes_no"),
    field("x", "choice"),
    field("x", "choices"),
    field("x", "choices", compare=OVERLAPPING),
    field("x", "number"),
    field("x", "number", compare={"by": "absolute", "tolerance": 0.5}),
    field("x", "number", compare={"by": "relative", "tolerance": 0.1}),
    field("x", "text", compare={"by": "exact"}),
    field("x", "text", compare={"by": "normalised"}),
    field("x", "text", compare=EDITED),
]
VALUES = {
    "yes_no": st.booleans(),
    "choice": st.sampled_from("abc"),
    "choices": st.lists(st.sampled_from("abc"), unique=True),
    "number": st.integers(-5, 5) | st.floats(-5, 5),
    "text": st.text("aбЁё ,", max_size=8),
}


class TestLabel:
    @pytest.mark.parametrize(("one", "other"), [(["a", "b"], ["b", "a"]), (1, 1.0), (0.0, -0.0), ([], [])])
    def test_equal_answers_have_equal_labels(self, one: Any, other: Any) -> None:
        assert label(one) == label(other)

    @pytest.mark.parametrize(("one", "other"), [(["a"], ["b"]), (["a"], "a"), (1, 2), ("a", "A"), ("1", 1)])
    def test_others_have_not(self, one: Any, other: Any) -> None:
        assert label(one) != label(other)


class TestClasses:
    @pytest.mark.parametrize(("one", "expected"), [(OK, 2), (WHY, 3), (NOTE, OPEN), (TAGS, OPEN), (field("n", "number"), OPEN)])
    def test_how_many_answers_a_field_has(self, one: AnswerField, expected: int) -> None:
        assert classes(one) == expected


class TestCompared:
    def test_free_text_and_what_is_not_asked_for_are_left_out(self) -> None:
        assert [one.name for one in compared(FIELDS, {"ok": True, "note": "n"})] == ["ok"]
        assert [one.name for one in compared(FIELDS, {"ok": False, "why": "a", "tags": []})] == ["ok", "why", "tags"]

    def test_a_field_is_asked_for_under_its_condition(self) -> None:
        assert asked(WHY, {"ok": False})
        assert not asked(WHY, {"ok": True})
        assert not asked(WHY, {})

    def test_two_that_both_left_it_out_agree(self) -> None:
        assert same(TAGS, {}, {})
        assert not same(TAGS, {"tags": []}, {})


class TestRightFields:
    @pytest.mark.parametrize(
        ("answer", "truth", "expected"),
        [
            ({"ok": True}, {"ok": True}, (1, 1)),
            ({"ok": False, "why": "a"}, {"ok": True}, (0, 1)),
            ({"ok": False, "why": "a"}, {"ok": False, "why": "a"}, (2, 2)),
            ({"ok": False, "why": "b"}, {"ok": False, "why": "a"}, (1, 2)),
            ({"ok": True}, {"ok": False, "why": "a"}, (0, 2)),
            ({"ok": True, "tags": ["b", "a"]}, {"ok": True, "tags": ["a", "b"]}, (2, 2)),
            ({"ok": True, "note": "x"}, {"ok": True, "note": "y"}, (1, 1)),
        ],
    )
    def test_counts_by_hand(self, answer: Any, truth: Any, expected: tuple[int, int]) -> None:
        outcome = verdicts(FIELDS, answer, truth)
        assert (sum(outcome.values()), len(outcome)) == expected


class TestSame:
    @pytest.mark.parametrize(
        ("kind", "compare", "one", "other", "expected"),
        [
            ("choices", {"by": "exact"}, ["a", "b"], ["b", "a"], True),
            ("choices", {"by": "exact"}, ["a", "b"], ["a"], False),
            ("choices", OVERLAPPING, ["a", "b"], ["a"], True),
            ("choices", OVERLAPPING, ["a", "b"], ["a", "c"], False),
            ("choices", OVERLAPPING, [], [], True),
            ("choices", OVERLAPPING, [], ["a"], False),
            ("number", None, 1, 1.0, True),
            ("number", {"by": "exact"}, 1, 1.0000001, False),
            ("number", {"by": "absolute", "tolerance": 0.1}, 1.1, 1, True),
            ("number", {"by": "absolute", "tolerance": 0.1}, 1.11, 1, False),
            ("number", {"by": "absolute", "tolerance": 5}, -2, 3, True),
            ("number", {"by": "relative", "tolerance": 0.1}, 90, 100, True),
            ("number", {"by": "relative", "tolerance": 0.1}, 89, 100, False),
            ("number", {"by": "relative", "tolerance": 0.1}, 0, 0.001, False),
            ("number", {"by": "relative", "tolerance": 0.1}, 0, 0.0, True),
            ("text", {"by": "exact"}, "Ёж", "еж", False),
            ("text", {"by": "normalised"}, "Ёж!", "еж", True),
            ("text", {"by": "normalised"}, "ёжик", "ёж", False),
            ("text", EDITED, "Ежики!", "ёж", False),
            ("text", EDITED, "Ежики!", "ёжики ", True),
            ("text", EDITED, "Тут ежики", "тут ёжик", True),
        ],
    )
    def test_by_hand(self, kind: str, compare: Any, one: Any, other: Any, expected: bool) -> None:
        assert same(field("x", kind, compare=compare), {"x": one}, {"x": other}) is expected

    def test_an_overlap_of_exactly_the_threshold_is_enough(self) -> None:
        many = [{"value": f"v{i}", "title": "v"} for i in range(25)]
        rule = field("x", "choices", options=many, compare={"by": "overlap", "threshold": 0.28})
        ticked = [option["value"] for option in many]
        assert same(rule, {"x": ticked}, {"x": ticked[:7]})
        assert not same(rule, {"x": ticked}, {"x": ticked[:6]})

    @given(data=st.data(), rule=st.sampled_from(RULES))
    @settings(max_examples=300, deadline=None)
    def test_it_is_symmetric_and_everything_is_the_same_as_itself(self, data: st.DataObject, rule: AnswerField) -> None:
        one, other = (data.draw(VALUES[rule.type].map(lambda value: {"x": value}) | st.just({})) for _ in range(2))
        assert same(rule, one, other) == same(rule, other, one)
        assert same(rule, one, one)


class TestVerdicts:
    REASON = field("reason", "text", only_if={"field": "ok", "is": False})

    def test_text_takes_part_only_if_asked_to(self) -> None:
        truth = {"ok": True, "note": "Fine."}
        spoken = field("note", "text", required=False, compare={"by": "normalised"})
        assert verdicts([OK, NOTE], {"ok": True, "note": "else"}, truth) == {"ok": True}
        assert verdicts([OK, spoken], {"ok": True, "note": "else"}, truth) == {"ok": True, "note": False}
        assert verdicts([OK, spoken], {"ok": True, "note": "fine"}, truth) == {"ok": True, "note": True}

    @pytest.mark.parametrize(
        ("answer", "expected"),
        [
            ({"ok": False, "reason": "rude"}, {"ok": True}),
            ({"ok": False, "reason": "late"}, {"ok": True}),
            ({"ok": True}, {"ok": False}),
        ],
    )
    def test_a_reason_is_not_compared_with_its_yes_or_no(self, answer: Any, expected: dict[str, bool]) -> None:
        assert verdicts([OK, self.REASON], answer, {"ok": False, "reason": "rude"}) == expected

    @pytest.mark.parametrize(
        ("answer", "expected"),
        [
            ({"ok": False, "reason": "Rude!"}, {"ok": True, "reason": True}),
            ({"ok": False, "reason": "late"}, {"ok": True, "reason": False}),
            ({"ok": True}, {"ok": False, "reason": False}),
        ],
    )
    def test_a_reason_is_compared_if_that_is_asked_for(self, answer: Any, expected: dict[str, bool]) -> None:
        asked_for = self.REASON.model_validate(self.REASON.model_dump(by_alias=True) | {"compare": {"by": "normalised"}})
        assert verdicts([OK, asked_for], answer, {"ok": False, "reason": "rude"}) == expected
