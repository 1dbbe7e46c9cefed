"""Operations on payment details: a freelancer's own, and anybody's for finance; and the account that the house pays from."""

from typing import Any
from uuid import UUID

from piecework.payouts.errors import DetailsNotDoubted, OwnPayout
from piecework.payouts.formats.orders import Payee, Payer
from piecework.payouts.payees import details
from piecework.payouts.payees.details import GIVEN, Details
from piecework.payouts.paying import payer
from piecework.payouts.schemas import paying as s
from piecework.platform.errors import NotFound
from piecework.platform.identity.models import Role
from piecework.platform.web.operation import Call, Operation

OWN = "payment_details.own"
CHANGE = "payment_details.change"
PAYER = "payer.change"

PERMISSIONS: dict[str, frozenset[str]] = {
    OWN: frozenset({Role.FREELANCER}),
    CHANGE: frozenset({Role.FINANCE}),
    PAYER: frozenset({Role.FINANCE}),
}


async def my_payment_details(call: Call) -> s.OwnDetailsList:
    """The caller's details."""
    return s.OwnDetailsList(details=[_own(one) for one in await details.of(call.principal.account_id)])


async def change_my_payment_details(call: Call, body: s.DetailsIn) -> s.OwnDetails:
    """Give or change the caller's details."""
    me = call.principal.account_id
    return _own(await details.change(me, body.currency, _payee(me, body)))


async def confirm_my_payment_details(call: Call, body: s.DetailsConfirmIn) -> s.OwnDetails:
    """Say that the caller's details are right."""
    return _own(await details.confirm(call.principal.account_id, call.principal.account_id, body.currency))


async def payment_details_of(call: Call) -> s.DetailsList:
    """Somebody's details."""
    return s.DetailsList(details=[_full(one) for one in await details.of_somebody(call.id("freelancer_id"))])


async def change_payment_details(call: Call, body: s.DetailsChangeIn) -> s.DetailsOut:
    """Give or change somebody's details."""
    given = _payee(_somebody_else(call), body)
    return _full(await details.change(call.principal.account_id, body.currency, given, body.reason))


async def confirm_payment_details(call: Call, body: s.DetailsConfirmForIn) -> s.DetailsOut:
    """Say that somebody's details are right."""
    return _full(await details.confirm(call.principal.account_id, _somebody_else(call), body.currency, body.reason))


async def show_payer(_call: Call) -> s.Payers:
    """From which accounts payouts are paid."""
    return s.Payers(payers=[_payer(row) for row in await payer.newest()])


async def change_payer(call: Call, body: s.PayerIn) -> s.Payers:
    """Pay from another account."""
    given = Payer(**{name: getattr(body, name) for name in Payer.__slots__})
    await payer.change(call.principal.account_id, body.currency, given, body.reason)
    return await show_payer(call)


def _somebody_else(call: Call) -> UUID:
    """Whose details finance acts on. Raises OwnPayout for the caller's own: those are given as anybody's, under /me."""
    freelancer_id = call.id("freelancer_id")
    if freelancer_id == call.principal.account_id:
        raise OwnPayout
    return freelancer_id


def _payee(person_id: UUID, body: s.DetailsIn) -> Payee:
    return Payee(person_id, **{name: getattr(body, name) for name in GIVEN})


def _own(one: Details) -> s.OwnDetails:
    return s.OwnDetails(
        currency=one.currency,
        name=one.payee.name,
        bank_name=one.payee.bank_name,
        account=one.masked,
        usable_at=one.usable_at,
        doubted=one.doubted,
        created_at=one.created_at,
    )


def _full(one: Details) -> s.DetailsOut:
    given = {name: getattr(one.payee, name) for name in GIVEN}
    rest = {name: getattr(one, name) for name in ("id", "currency", "version", "usable_at", "doubted", "created_at")}
    return s.DetailsOut(**given, **rest)


def _payer(row: dict[str, Any]) -> s.PayerOut:
    return s.PayerOut(**{name: row[name] for name in s.PayerOut.model_fields})


OPERATIONS = (
    Operation("GET", "/me/payment-details", my_payment_details, OWN, "My payment details, masked", reply=s.OwnDetailsList),
    Operation("PUT", "/me/payment-details", change_my_payment_details, OWN, "Give or change my payment details of a currency",
              body=s.DetailsIn, reply=s.OwnDetails),
    Operation("POST", "/me/payment-details/confirm", confirm_my_payment_details, OWN,
              "My payment details are right although the bank returned money", body=s.DetailsConfirmIn, reply=s.OwnDetails,
              errors=(NotFound, DetailsNotDoubted)),
    Operation("GET", "/freelancers/{freelancer_id}/payment-details", payment_details_of, CHANGE, "Somebody's payment details in full",
              reply=s.DetailsList, tag="payouts"),
    Operation("PUT", "/freelancers/{freelancer_id}/payment-details", change_payment_details, CHANGE,
              "Give or change somebody's payment details", body=s.DetailsChangeIn, reply=s.DetailsOut,
              errors=(OwnPayout,), tag="payouts"),
    Operation("POST", "/freelancers/{freelancer_id}/payment-details/confirm", confirm_payment_details, CHANGE,
              "Somebody's payment details are right although the bank returned money", body=s.DetailsConfirmForIn, reply=s.DetailsOut,
              errors=(DetailsNotDoubted, OwnPayout), tag="payouts"),
    Operation("GET", "/payer", show_payer, PAYER, "From which accounts payouts are paid", reply=s.Payers, tag="payouts"),
    Operation("PUT", "/payer", change_payer, PAYER, "Pay payouts of a currency from this account", body=s.PayerIn, reply=s.Payers,
              tag="payouts"),
)  # fmt: skip
