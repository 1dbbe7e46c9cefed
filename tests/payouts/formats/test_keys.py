"""The check digits of Russian accounts, against accounts that exist."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piecework.payouts.formats.keys import account_key_holds, correspondent_key_holds, currency_of
from tests.payouts.formats.batches import account

REAL = [("40702810900000002851", "044030827"), ("40702810740000432537", "044525225")]
BANKS = [("30101810200000000827", "044030827"), ("30101810400000000225", "044525225")]


@pytest.mark.parametrize(("number", "bik"), REAL)
def test_published_accounts_hold(number: str, bik: str) -> None:
    assert account_key_holds(number, bik)


@pytest.mark.parametrize(("number", "bik"), BANKS)
def test_published_correspondent_accounts_hold(number: str, bik: str) -> None:
    assert correspondent_key_holds(number, bik)


@given(st.integers(0, 10**11 - 1), st.integers(0, 19), st.integers(1, 9))
def test_one_wrong_digit_is_always_found(client: int, place: int, change: int) -> None:
    number = account(client)
    wrong = f"{number[:place]}{(int(number[place]) + change) % 10}{number[place + 1 :]}"
    assert account_key_holds(number, "044525225")
    assert not account_key_holds(wrong, "044525225")


@pytest.mark.parametrize(("number", "bik"), [*BANKS, ("", ""), ("4070281074000043253", "044525225"), ("٤" * 20, "044525225")])
def test_what_is_no_clients_account_does_not_hold(number: str, bik: str) -> None:
    assert not account_key_holds(number, bik) or number.startswith("301")


def test_a_correspondent_account_belongs_to_its_bank() -> None:
    assert not correspondent_key_holds("30101810400000000225", "044030827")
    assert not correspondent_key_holds("40702810740000432537", "044525225")


def test_an_account_kept_by_the_bank_of_russia_takes_its_key_from_the_region() -> None:
    assert account_key_holds("40101810045250010041", "044525000")
    assert account_key_holds("40101810800000010041", "044583001")
    assert not account_key_holds("40101810045250010041", "044525225")


@pytest.mark.parametrize(("digits", "currency"), [("810", "RUB"), ("840", "USD"), ("978", "EUR"), ("999", None)])
def test_an_account_says_its_currency(digits: str, currency: str | None) -> None:
    assert currency_of(f"40817{digits}000000000001"[:20]) == currency
