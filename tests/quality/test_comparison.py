"""When two values are the same, and which fields are compared."""

from typing import Any

import pytest

from piecework.quality.comparison import asked, classes, compared, label, right_fields, same
from piecework.quality.statistics import OPEN
from piecework.tasks.fields import AnswerField

OPTIONS = [{"value": value, "title": value} for value in "abc"]


def field(name: str, kind: str, **more: Any) -> AnswerField:
    options = {"options": OPTIONS} if kind in ("choice", "choices") else {}
    return AnswerField.model_validate({"name": name, "type": kind, "title": name, **options, **more})


OK = field("ok", "yes_no")
WHY = field("why", "choice", only_if={"field": "ok", "is": False})
NOTE = field("note", "text", required=False)
TAGS = field("tags", "choices", required=False)
FIELDS = [OK, WHY, NOTE, TAGS]


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
        assert right_fields(FIELDS, answer, truth) == expected
