"""Channels, languages and urgency in people's own words."""

import pytest

from piecework.tasks.importing.values import MOST_KNOWN, Understood, Values, by_itself
from piecework.tasks.pages.words import WORDS
from tests.pages.catalogues import catalogue


def test_every_word_of_our_pages_is_understood_in_both_languages() -> None:
    shown = {("channel", code, word) for code, word in WORDS["channel"].items()}
    shown |= {("urgent", "true", word) for word in ("urgent", "Urgent")} | {("urgent", "false", "not urgent")}
    for field, code, word in shown:
        translated = next(str(one.string) for part in ("tasks", "platform") if (one := catalogue(part).get(word)))
        assert (by_itself(field, word.upper()), by_itself(field, f" {translated} ")) == (code, code)


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("channel", "app_review", "app_review"),
        ("channel", "Эл.  почта", "email"),
        ("channel", "факс", None),
        ("language", "RU", "ru"),
        ("language", "ru-RU", "ru"),
        ("language", "Русский", "ru"),
        ("language", "ENGLISH", "en"),
        ("language", "английский", "en"),
        ("language", "наш", None),
        ("urgent", "ДА", "true"),
        ("urgent", "Обычный", "false"),
        ("urgent", "maybe", None),
    ],
)
def test_values_mean_codes(field: str, value: str, code: str | None) -> None:
    assert by_itself(field, value) == code


def test_what_was_said_of_a_value_holds_however_it_is_written_and_each_is_counted_once() -> None:
    values = Values({"channel": {"Звонилка": "phone"}})
    for value in ("Чат", "звонилка ", "ЗВОНИЛКА", "чат", "fax", "chat", "чат"):
        values.code("channel", value)
    assert values.understood()["channel"] == [
        Understood("fax", 1, None),
        Understood("Чат", 3, "chat"),
        Understood("звонилка ", 2, "phone"),
        Understood("chat", 1, "chat"),
    ]


def test_memory_does_not_grow_with_the_number_of_different_values() -> None:
    values = Values({})
    for number in range(3 * MOST_KNOWN):
        assert values.code("language", f"ru-{number:04}") == "ru"
    assert len(values.understood()["language"]) == MOST_KNOWN
