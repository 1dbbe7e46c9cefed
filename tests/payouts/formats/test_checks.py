"""A batch that no bank could carry out is refused, with a code for everything that is wrong."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from piecework.payouts.formats.checks import AMOUNT_BOUND, LONGEST_NAME, MOST_TOLD, check, check_payee, check_payer
from piecework.payouts.formats.client_bank import write_client_bank
from piecework.payouts.formats.orders import Batch
from piecework.payouts.formats.plain import in_cp1251
from piecework.platform.errors import Invalid
from tests.payouts.formats.batches import OTHER_BANK, PAYER, account, batch, order, payee, words


def refused(batch: Batch) -> list[tuple[str, str]]:
    """What is wrong with it: nothing, where it passes."""
    return told(lambda: check(batch))


def told(look: Callable[[], None]) -> list[tuple[str, str]]:
    try:
        look()
    except Invalid as refusal:
        return [(error["field"], error["code"]) for error in refusal.extra["errors"]]
    return []


def test_a_good_batch_passes() -> None:
    iban = payee(2, account=None, bik=None, correspondent=None, inn=None, iban="DE89370400440532013000", bic="COBADEFF")
    elsewhere = payee(3, account="40702810900000002851", **OTHER_BANK)
    assert refused(batch(order(1), order(2, payee=iban), order(3, payee=elsewhere))) == []


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        (0, "out_of_bounds"),
        (-100, "out_of_bounds"),
        (AMOUNT_BOUND, "out_of_bounds"),
        (10**30 * 100, "out_of_bounds"),
        (12_345, "not_whole_kopecks"),
        (float("nan"), "not_whole_kopecks"),
        (float("inf"), "not_whole_kopecks"),
        (100.0, "not_whole_kopecks"),
        (True, "not_whole_kopecks"),
        ("100", "not_whole_kopecks"),
    ],
)
def test_no_amount_but_whole_kopecks_within_bounds(amount: object, code: str) -> None:
    assert refused(batch(order(1, amount=amount))) == [("orders.0.amount", code)]


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"inn": "500100732258"}, "inn", "not_an_inn"),
        ({"inn": "5001 0073 2259"}, "inn", "not_an_inn"),
        ({"inn": ""}, "inn", "not_an_inn"),
        ({"account": "40817810000000000000"}, "account", "wrong_account_key"),
        ({"account": "4081781"}, "account", "not_an_account"),
        ({"account": account(1, currency="840")}, "account", "account_of_other_currency"),
        ({"account": None}, "account", "one_account"),
        ({"iban": "DE89370400440532013000"}, "account", "one_account"),
        ({"bik": None}, "bik", "not_a_bik"),
        ({"bik": "04452522x"}, "bik", "not_a_bik"),
        ({"correspondent": "30101810200000000827"}, "correspondent", "wrong_correspondent_key"),
        ({"account": None, "iban": "DE89370400440532013001"}, "iban", "not_an_iban"),
        ({"account": None, "iban": "DE89 3704 0044 0532 0130 00"}, "iban", "not_an_iban"),
        ({"bic": "<Nm>"}, "bic", "not_a_bic"),
        ({"name": "\u202e\n \u00ad"}, "name", "missing"),
        ({"name": "я" * 141}, "name", "too_long"),
        ({"bank_name": ""}, "bank_name", "missing"),
    ],
)
def test_a_payee_the_bank_could_not_find(changes: dict[str, object], field: str, code: str) -> None:
    assert (f"orders.0.payee.{field}", code) in refused(batch(order(1, payee=payee(1, **changes))))


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"number": 0}, "number", "number_out_of_bounds"),
        ({"number": 1_000_000}, "number", "number_out_of_bounds"),
        ({"currency": "USD"}, "currency", "other_currency"),
        ({"purpose": " \n"}, "purpose", "missing"),
        ({"purpose": "х" * 193}, "purpose", "too_long"),
    ],
)
def test_an_order_the_bank_would_not_take(changes: dict[str, object], field: str, code: str) -> None:
    assert refused(batch(order(1, **changes))) == [(f"orders.0.{field}", code)]


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"orders": ()}, "orders", "no_orders"),
        ({"created_at": datetime(2026, 11, 23)}, "created_at", "not_a_time_with_zone"),
        ({"chain_head": ""}, "chain_head", "not_a_head"),
        ({"payer": replace(PAYER, inn="7707083890")}, "payer.inn", "not_an_inn"),
        ({"payer": replace(PAYER, kpp="77360100")}, "payer.kpp", "not_a_kpp"),
        ({"payer": replace(PAYER, account="40702810740000432530")}, "payer.account", "wrong_account_key"),
    ],
)
def test_a_batch_nobody_could_send(changes: dict[str, object], field: str, code: str) -> None:
    given = {"orders": (order(1),)} | changes
    assert refused(replace(batch(), **given)) == [(field, code)]


def test_numbers_and_lines_stand_for_one_order_each() -> None:
    assert refused(batch(order(1), order(1))) == [("orders.1.number", "not_unique"), ("orders.1.line_id", "not_unique")]


def test_a_purpose_fits_with_its_tag() -> None:
    assert refused(batch(order(1, purpose="х" * 192))) == []
    assert refused(batch(order(1, purpose="х" * 193))) == [("orders.0.purpose", "too_long")]


def test_of_very_many_errors_the_first_are_told() -> None:
    assert len(refused(batch(*(order(n, amount=-1) for n in range(1, 500))))) == MOST_TOLD


IBAN = {"account": None, "bik": None, "correspondent": None, "inn": None, "iban": "DE89370400440532013000"}


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        (IBAN, "account", "not_a_russian_account"),
        ({"name": "მარია"}, "name", "not_in_cp1251"),
        ({"name": "ß" * 71}, "name", "too_long"),
        ({"bank_name": "₽" * 36}, "bank_name", "too_long"),
    ],
)
def test_details_that_would_spoil_a_payouts_file_are_refused_when_they_are_given(
    changes: dict[str, object], field: str, code: str
) -> None:
    assert told(lambda: check_payee(payee(1, **changes), "RUB")) == [(field, code)]


def test_other_currencies_go_to_ibans_and_names_may_be_as_long_as_they_fit() -> None:
    assert told(lambda: check_payee(payee(1, **IBAN), "EUR")) == []
    assert told(lambda: check_payee(payee(1, name="ß" * 70), "RUB")) == []


@given(st.lists(words, max_size=4).map(lambda parts: "".join(parts)[:LONGEST_NAME]) | st.text("ß₽Æ ", max_size=LONGEST_NAME))
def test_whatever_name_is_accepted_can_be_written_for_the_banks_program(name: str) -> None:
    receiver, sender = payee(1, name=name, bank_name=name), replace(PAYER, name=name, bank_name=name)
    assume(not told(lambda: check_payee(receiver, "RUB")) and not told(lambda: check_payer(sender, "RUB")))
    written = write_client_bank(batch(order(1, payee=receiver), payer=sender)).decode("cp1251")
    assert f"{in_cp1251(f'ПолучательБанк1={name}')}\r\n" in written
