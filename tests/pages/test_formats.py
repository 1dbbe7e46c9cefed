"""Days, moments and amounts as readers see them."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel import Locale

from piecework.platform.pages import texts


def test_the_last_day_of_what_ends_at_midnight_is_the_day_before_also_when_the_clocks_change() -> None:
    berlin = texts.Format(Locale("en"), ZoneInfo("Europe/Berlin"))
    assert str(berlin.until(datetime(2027, 3, 28, 22, tzinfo=UTC))) == str(berlin.day(date(2027, 3, 28)))
    assert str(berlin.until(datetime(2027, 3, 29, 22, tzinfo=UTC))) == str(berlin.day(date(2027, 3, 29)))


def test_an_estimate_shows_the_three_digits_that_matter() -> None:
    moscow = texts.Format(Locale("ru"), ZoneInfo("Europe/Moscow"))
    shown = [moscow.about(Decimal(amount)).replace("\N{NO-BREAK SPACE}", " ") for amount in ("0.0523", "3.456", "1234.5", "0")]
    assert shown == ["0,0523 ₽", "3,46 ₽", "1 230 ₽", "0 ₽"]
