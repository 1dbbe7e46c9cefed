"""Figures and days of a statement."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piecework.payouts.statements.words import LANGUAGES, WORDS, Language, amount, day, money, percent, span
from piecework.platform import money as exact


def test_both_languages_have_the_same_words() -> None:
    assert set(WORDS) == set(LANGUAGES)
    assert set(WORDS["en"]) == set(WORDS["ru"])
    assert all(text for words in WORDS.values() for text in words.values())


@pytest.mark.parametrize(
    ("value", "en", "ru"),
    [
        (0, "0.00", "0,00"),
        (25_000, "2.50", "2,50"),
        (25_025, "2.5025", "2,5025"),
        (-1, "−0.0001", "−0,0001"),
        (12_345_678_900, "1,234,567.89", "1\u00a0234\u00a0567,89"),
    ],
)
def test_amounts_are_exact(value: int, en: str, ru: str) -> None:
    assert (amount(value, "en"), amount(value, "ru")) == (en, ru)


@given(st.integers(-(10**15) + 1, 10**15 - 1), st.sampled_from(LANGUAGES))
def test_nothing_of_an_amount_is_lost(value: int, language: Language) -> None:
    plain = amount(value, language).replace("−", "-").replace("\u00a0", "")
    assert exact.parse(plain.replace(",", "." if language == "ru" else "")) == value


def test_the_currency_stands_where_the_language_puts_it() -> None:
    assert (money(-12_345_600, "RUB", "en"), money(-12_345_600, "RUB", "ru")) == ("RUB\u00a0−1,234.56", "−1\u00a0234,56\u00a0₽")
    assert money(10_000, "AMD", "ru") == "1,00\u00a0AMD"


@pytest.mark.parametrize(
    ("share", "written"), [(10_000, "100\u00a0%"), (6_667, "66,67\u00a0%"), (5_050, "50,5\u00a0%"), (0, "0\u00a0%")]
)
def test_shares_are_percentages(share: int, written: str) -> None:
    assert percent(share, "ru") == written


def test_days_are_those_of_the_zone() -> None:
    monday = datetime(2026, 11, 15, 21, tzinfo=UTC)
    assert day(date(2026, 11, 5), "ru") == "05.11.2026"
    assert span(monday, monday + timedelta(days=7), "Europe/Moscow", "ru") == "16.11.2026 – 22.11.2026"
    assert span(monday, monday + timedelta(days=2, hours=1), "Europe/Moscow", "en") == "2026-11-16 00:00 – 2026-11-18 01:00"
