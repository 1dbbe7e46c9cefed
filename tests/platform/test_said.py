"""Texts that are kept and translated where they are read."""

from datetime import UTC, date, datetime, timedelta, timezone

import orjson

from piecework.platform.said import Said, Sum, packed, plain, together, told, unpacked

RUSSIAN = {
    "Until %(at)s: %(what)s.": "До %(at)s: %(what)s.",
    "passed": "сдано",
    "On %(day)s, %(of)s of 5, %(who)s.": "%(day)s, %(of)s из 5, %(who)s.",
    "%(sum)s are due.": "К выплате %(sum)s.",
}
AT = datetime(2026, 11, 23, 12, 0, tzinfo=timezone(timedelta(hours=3)))
WORDS = [
    "100 % as typed %(at)s",
    "",
    Said("Until %(at)s: %(what)s.", at=AT, what=Said("passed")),
    Said("On %(day)s, %(of)s of 5, %(who)s.", day=date(2026, 11, 24), of=3, who={"en": "Exam", "ru": "Экзамен"}),
    together([Said("%(sum)s are due.", sum=Sum("2.5000", "RUB")), "100 % (typed)"]),
]


class Clock:
    """Somebody else's clock and way to write money."""

    def moment(self, value: datetime, /) -> str:
        return f"{value.astimezone(UTC):%H:%M}"

    def day(self, value: date, /) -> str:
        return f"{value:%d.%m}"

    def money(self, value: str, currency: str, /) -> str:
        return f"{float(value):.2f} {currency}"


def russian(kept: list[object]) -> str:
    return told(kept, "ru", lambda text: RUSSIAN.get(text, text), Clock())


def test_in_english_it_is_what_the_code_says() -> None:
    assert plain(WORDS) == (
        "100 % as typed %(at)s\n\nUntil 2026-11-23 09:00 UTC: passed.\nOn 2026-11-24, 3 of 5, Exam.\n2.5000 RUB are due. 100 % (typed)"
    )


def test_what_was_kept_as_json_is_told_in_another_language_and_by_other_clocks() -> None:
    kept = orjson.loads(orjson.dumps(packed(WORDS)))
    assert (
        russian(kept) == "100 % as typed %(at)s\n\nДо 09:00: сдано.\n24.11, 3 из 5, Экзамен.\nК выплате 2.50 RUB. 100 % (typed)"
    )


def test_what_was_kept_can_be_said_again_within_another_text() -> None:
    assert [unpacked(one) for one in orjson.loads(orjson.dumps(packed(WORDS)))] == WORDS


def test_a_text_without_places_may_hold_a_percent_sign() -> None:
    assert (plain(Said("100 % sure")), russian(packed(Said("100 % sure")))) == ("100 % sure", "100 % sure")
