"""Is this batch one that a bank could carry out? Everything that is wrong with it is told at once."""

import re
from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

from stdnum import iban
from stdnum.ru import inn

from piecework.payouts.formats.keys import ACCOUNT, BIK, account_key_holds, correspondent_key_holds, currency_of
from piecework.payouts.formats.orders import LONGEST_PURPOSE, Batch, Payee, Payer, PaymentOrder, tag
from piecework.payouts.formats.plain import in_cp1251, one_line
from piecework.platform.errors import Invalid
from piecework.platform.money import KOPECK, UNIT
from piecework.platform.said import Said

AMOUNT_BOUND = 100_000_000 * UNIT
"""No order may be this large: 100 million roubles."""
NUMBER_BOUND = 10**6
"""Numbers of payment orders have six digits."""
LONGEST_NAME = 140
MOST_TOLD = 100
HEAD = re.compile(r"[0-9a-f]{64}")
KPP = re.compile(r"[0-9]{4}[0-9A-Z]{2}[0-9]{3}")
DIGITS = re.compile(r"[0-9]+")
BIC = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?")

Refusal = dict[str, Any]


def check(batch: Batch) -> None:
    """Refuse a batch that is not fit for a bank.

    Raises:
        Invalid: with `errors`, at most 100. Codes: no_orders, not_a_time_with_zone, not_a_head, missing, too_long, not_an_inn,
            not_a_kpp, not_a_bik, not_an_account, wrong_account_key, wrong_correspondent_key, account_of_other_currency,
            not_an_iban, not_a_bic, one_account, not_whole_kopecks, out_of_bounds, other_currency, number_out_of_bounds, not_unique.
    """
    if errors := list(islice(_refusals(batch), MOST_TOLD)):
        raise Invalid(errors=errors)


def check_payee(payee: Payee, currency: str) -> None:
    """Refuse an account that no order of this currency could be paid into, or that not every file of a payout could hold.

    Raises:
        Invalid: with `errors`; codes as in `check`, and not_a_russian_account, not_in_cp1251.
    """
    _raise(chain(_payee("", payee, currency), _writable(payee, currency)))


def check_payer(payer: Payer, currency: str) -> None:
    """Refuse an account that no order of this currency could be paid from, or that not every file of a payout could hold.

    Raises:
        Invalid: with `errors`; codes as in `check`, and not_in_cp1251.
    """
    _raise(chain(_payer(payer, currency), _writable(payer, currency)))


def _writable(party: Payer | Payee, currency: str) -> Iterator[Refusal]:
    """What would keep an approved payout from being written for a bank's client program (client_bank.py).

    Said when it is given, to whoever can correct it: one such line would spoil the file of everybody.
    """
    if party.account is None:
        if currency == "RUB":
            message = Said("Roubles are paid into accounts at Russian banks only: give account and BIK.")
            yield _refusal("account", "not_a_russian_account", message)
        return
    for field, text in (("name", party.name), ("bank_name", party.bank_name)):
        try:
            written = in_cp1251(text)
        except ValueError as missing:
            message = Said(
                "Banks' programs have no character for %(missing)s, and nothing that stands for it.", missing=ascii(str(missing))
            )
            yield _refusal(field, "not_in_cp1251", message)
        else:
            if len(written) > LONGEST_NAME >= len(one_line(text)):
                message = Said(
                    "At most %(most)s characters fit, and banks' programs write this with %(written)s.",
                    most=LONGEST_NAME,
                    written=len(written),
                )
                yield _refusal(field, "too_long", message)


def _raise(refusals: Iterator[Refusal]) -> None:
    if errors := [refusal | {"field": refusal["field"].rpartition(".")[2]} for refusal in refusals]:
        raise Invalid(errors=errors)


def _refusal(field: str, code: str, message: str | Said) -> Refusal:
    return {"field": field, "code": code, "message": message}


def _refusals(batch: Batch) -> Iterator[Refusal]:
    if not batch.orders:
        yield _refusal("orders", "no_orders", Said("There is nothing to pay."))
    if batch.created_at.tzinfo is None:
        yield _refusal("created_at", "not_a_time_with_zone", Said("The time must say its offset."))
    if not HEAD.fullmatch(batch.chain_head):
        yield _refusal("chain_head", "not_a_head", Said("The head of the chain is 64 hex digits."))
    yield from _payer(batch.payer, batch.currency)
    numbers: set[int] = set()
    lines: set[object] = set()
    for i, order in enumerate(batch.orders):
        field = f"orders.{i}"
        if order.number in numbers:
            yield _refusal(f"{field}.number", "not_unique", Said("Another order of the batch has this number."))
        if order.line_id in lines:
            yield _refusal(f"{field}.line_id", "not_unique", Said("Another order of the batch pays this line."))
        numbers.add(order.number)
        lines.add(order.line_id)
        yield from _order(field, batch, order)


def _payer(payer: Payer, currency: str) -> Iterator[Refusal]:
    yield from _words("payer.name", payer.name, LONGEST_NAME)
    yield from _words("payer.bank_name", payer.bank_name, LONGEST_NAME)
    if not _is_inn(payer.inn):
        yield _refusal("payer.inn", "not_an_inn", Said("Not an INN: 10 or 12 digits with their check digits."))
    if payer.kpp and not KPP.fullmatch(payer.kpp):
        yield _refusal("payer.kpp", "not_a_kpp", Said("Not a KPP of nine characters."))
    yield from _russian("payer", payer.account, payer.bik, payer.correspondent, currency)


def _order(field: str, batch: Batch, order: PaymentOrder) -> Iterator[Refusal]:
    if not 0 < order.number < NUMBER_BOUND:
        yield _refusal(f"{field}.number", "number_out_of_bounds", Said("A payment order's number has one to six digits."))
    if type(order.amount) is not int or order.amount % KOPECK:
        yield _refusal(f"{field}.amount", "not_whole_kopecks", Said("A bank takes whole kopecks only."))
    elif not 0 < order.amount < AMOUNT_BOUND:
        yield _refusal(
            f"{field}.amount", "out_of_bounds", Said("The amount must be more than nothing and less than 100 million.")
        )
    if order.currency != batch.currency:
        yield _refusal(f"{field}.currency", "other_currency", Said("All orders of a batch are in its currency."))
    yield from _words(f"{field}.purpose", order.purpose, LONGEST_PURPOSE - len(tag(batch.number, order.line_id)) - 1)
    yield from _payee(f"{field}.payee", order.payee, batch.currency)


def _payee(field: str, payee: Payee, currency: str) -> Iterator[Refusal]:
    yield from _words(f"{field}.name", payee.name, LONGEST_NAME)
    yield from _words(f"{field}.bank_name", payee.bank_name, LONGEST_NAME)
    if payee.inn is not None and not _is_inn(payee.inn):
        yield _refusal(f"{field}.inn", "not_an_inn", Said("Not an INN: 10 or 12 digits with their check digits."))
    if (payee.account is None) == (payee.iban is None):
        yield _refusal(f"{field}.account", "one_account", Said("A payee has a Russian account or an IBAN, one of the two."))
    elif payee.account is not None:
        yield from _russian(field, payee.account, payee.bik or "", payee.correspondent, currency)
    elif payee.iban is not None and not (payee.iban == iban.compact(payee.iban) and iban.is_valid(payee.iban)):
        yield _refusal(f"{field}.iban", "not_an_iban", Said("Not an IBAN without spaces, or its check digits do not fit."))
    if payee.bic is not None and not BIC.fullmatch(payee.bic):
        yield _refusal(f"{field}.bic", "not_a_bic", Said("A BIC has 8 or 11 letters and digits."))


def _is_inn(number: str) -> bool:
    return DIGITS.fullmatch(number) is not None and inn.is_valid(number)


def _russian(field: str, account: str, bik: str, correspondent: str | None, currency: str) -> Iterator[Refusal]:
    if not BIK.fullmatch(bik):
        yield _refusal(f"{field}.bik", "not_a_bik", Said("A BIK has nine digits."))
    elif not ACCOUNT.fullmatch(account):
        yield _refusal(f"{field}.account", "not_an_account", Said("An account has twenty digits."))
    elif not account_key_holds(account, bik):
        yield _refusal(f"{field}.account", "wrong_account_key", Said("The account's check digit does not fit this BIK."))
    elif currency_of(account) != currency:
        yield _refusal(f"{field}.account", "account_of_other_currency", Said("The account is kept in another currency."))
    if correspondent is not None and BIK.fullmatch(bik) and not correspondent_key_holds(correspondent, bik):
        yield _refusal(
            f"{field}.correspondent", "wrong_correspondent_key", Said("The correspondent account does not fit this BIK.")
        )


def _words(field: str, text: str, longest: int) -> Iterator[Refusal]:
    length = len(one_line(text))
    if length == 0:
        yield _refusal(field, "missing", Said("This cannot be empty."))
    elif length > longest:
        yield _refusal(field, "too_long", Said("At most %(longest)s characters fit.", longest=longest))
