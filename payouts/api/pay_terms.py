"""Operations on pay terms, identities, and what must be known of the self-employed."""

from typing import Any

from piecework.payouts.errors import InnMissing, InnTaken, NoReceiptDue, NoTaxTable, ReceiptRecorded
from piecework.payouts.payees import identity, self_employed, terms
from piecework.payouts.schemas import pay_terms as s
from piecework.payouts.schemas.taxes import Made
from piecework.platform import db
from piecework.platform.identity.models import Role
from piecework.platform.web.operation import Call, Operation
from piecework.platform.web.paging import LAST, Page, PageQuery, cursor
from piecework.tasks.errors import NotAFreelancer, OwnContract

READ = "pay_terms.read"
CHANGE = "pay_terms.change"
OWN = "pay_terms.read_own"

PERMISSIONS = {
    READ: frozenset({Role.FINANCE, Role.ADMINISTRATOR}),
    CHANGE: frozenset({Role.FINANCE}),
    OWN: frozenset({Role.FREELANCER}),
}
UNTOLD = {"cadence": "weekly", "regime": "none", "starts_at": None}
"""The terms of whoever agreed none."""


async def agree_pay_terms(call: Call, body: s.AgreePayTerms) -> s.PayTermsOut:
    """The next version of a person's terms."""
    made = await terms.agree(
        call.principal.account_id,
        call.id("freelancer_id"),
        cadence=body.cadence,
        regime=body.regime,
        starts_at=body.starts_at,
        reason=body.reason,
    )
    return s.PayTermsOut(**made)


async def pay_terms_of(call: Call) -> s.PayTermsHistory:
    """All versions of a person's terms."""
    return s.PayTermsHistory(versions=[s.PayTermsOut(**one) for one in await terms.history(call.id("freelancer_id"))])


async def my_pay_terms(call: Call) -> s.OwnPayTerms:
    """The caller's terms now."""
    found: dict[str, Any] = await terms.current(call.principal.account_id, on=db.FREELANCER) or UNTOLD
    return s.OwnPayTerms(cadence=found["cadence"], regime=found["regime"], starts_at=found["starts_at"])


async def record_identity(call: Call, body: s.RecordIdentity) -> s.IdentityOut:
    """The next version of who a person is."""
    made = await identity.record(
        call.principal.account_id,
        call.id("freelancer_id"),
        inn=body.inn,
        legal_name=body.legal_name,
        residence=body.residence,
        reason=body.reason,
    )
    return s.IdentityOut(**made)


async def identity_of(call: Call) -> s.IdentityHistory:
    """All versions of who a person is."""
    return s.IdentityHistory(versions=[s.IdentityOut(**one) for one in await identity.history(call.id("freelancer_id"))])


async def record_status_check(call: Call, body: s.RecordStatusCheck) -> Made:
    """What the tax service said of a person's status."""
    made = await self_employed.record_check(
        call.principal.account_id,
        call.id("freelancer_id"),
        checked_on=body.checked_on,
        active=body.active,
        source=body.source,
    )
    return Made(id=made)


async def status_checks_of(call: Call, query: PageQuery) -> Page[s.StatusCheckOut]:
    """What was recorded of a person's status, newest first."""
    found = await self_employed.checks(call.id("freelancer_id"), query.after(LAST), query.limit + 1)
    items = [s.StatusCheckOut(**one) for one in found[: query.limit]]
    return Page[s.StatusCheckOut](items=items, next_cursor=cursor(items[-1].id if len(found) > query.limit else None))


async def record_receipt(call: Call, body: s.RecordReceipt) -> None:
    """The receipt of one payment."""
    await self_employed.record_receipt(
        call.principal.account_id, call.id("line_id"), number=body.number, url=body.url, issued_on=body.issued_on
    )


async def missing_receipts(_call: Call, query: s.MissingQuery) -> Page[s.MissingReceipt]:
    """Payments whose receipt is overdue, oldest first."""
    found = await self_employed.missing_receipts(query.on, query.after(), query.limit + 1)
    items = [s.MissingReceipt(**one) for one in found[: query.limit]]
    return Page[s.MissingReceipt](items=items, next_cursor=cursor(items[-1].line_id if len(found) > query.limit else None))


async def self_employed_limits(_call: Call, query: s.LimitsQuery) -> Page[s.LimitUse]:
    """How far each self-employed person's year is towards the limit."""
    found = await self_employed.limits(query.year, query.after(), query.limit + 1, at_least=query.at_least)
    items = [s.LimitUse(**one) for one in found[: query.limit]]
    return Page[s.LimitUse](items=items, next_cursor=cursor(items[-1].freelancer_id if len(found) > query.limit else None))


OPERATIONS = (
    Operation("PUT", "/freelancers/{freelancer_id}/pay-terms", agree_pay_terms, CHANGE, "Agree how a person is paid and taxed",
              body=s.AgreePayTerms, reply=s.PayTermsOut, errors=(OwnContract, NotAFreelancer), tag="pay terms"),
    Operation("GET", "/freelancers/{freelancer_id}/pay-terms", pay_terms_of, READ, "A person's pay terms, all versions",
              reply=s.PayTermsHistory, tag="pay terms"),
    # One statement on the freelancer-facing role's own connections: no transaction of the application's role around it.
    Operation("GET", "/me/pay-terms", my_pay_terms, OWN, "How I am paid and taxed", reply=s.OwnPayTerms, transaction=False, tag="pay terms"),
    Operation("PUT", "/freelancers/{freelancer_id}/identity", record_identity, CHANGE, "Record who the state knows a person as",
              body=s.RecordIdentity, reply=s.IdentityOut, errors=(OwnContract, NotAFreelancer, InnTaken), tag="pay terms"),
    Operation("GET", "/freelancers/{freelancer_id}/identity", identity_of, READ, "Who the state knows a person as, all versions",
              reply=s.IdentityHistory, tag="pay terms"),
    Operation("POST", "/freelancers/{freelancer_id}/status-checks", record_status_check, CHANGE,
              "Record what the tax service said of a self-employed person", body=s.RecordStatusCheck, reply=Made, status=201,
              errors=(OwnContract, NotAFreelancer, InnMissing), tag="pay terms"),
    Operation("GET", "/freelancers/{freelancer_id}/status-checks", status_checks_of, READ, "What the tax service said of a person",
              query=PageQuery, reply=Page[s.StatusCheckOut], tag="pay terms"),
    Operation("POST", "/payout-lines/{line_id}/receipt", record_receipt, CHANGE, "Record a self-employed person's receipt for a payment",
              body=s.RecordReceipt, status=204, errors=(NoReceiptDue, ReceiptRecorded), tag="pay terms"),
    Operation("GET", "/receipts/missing", missing_receipts, READ, "Payments whose receipt is overdue", query=s.MissingQuery,
              reply=Page[s.MissingReceipt], tag="pay terms"),
    Operation("GET", "/self-employed/limits", self_employed_limits, READ, "The yearly limit of the self-employed", query=s.LimitsQuery,
              reply=Page[s.LimitUse], errors=(NoTaxTable,), tag="pay terms"),
)  # fmt: skip
