"""ISO 20022 pain.001.001.09, the customer's order of credit transfers, as rouble banks take it.

Russian accounts stand in `Othr/Id`; banks are named by BIK with the clearing system code RUCBC, and their correspondent accounts in
`DbtrAgtAcct` and `CdtrAgtAcct`; the INN has the scheme TXID. `EndToEndId` is the line's id, `MsgId` and `PmtInfId` the batch's: 32
hex digits each. Batch booking is declined, so that the bank's statement shows every order by itself.
"""

from datetime import UTC
from xml.etree.ElementTree import Comment, Element, SubElement, indent, tostring

from piecework.payouts.formats.orders import Batch, Payee, Payer, PaymentOrder, purpose_of, roubles
from piecework.payouts.formats.plain import one_line

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
LONGEST_REMITTANCE = 140
"""One `Ustrd` holds no more; a longer purpose goes on in the next."""


def write_pain001(batch: Batch) -> bytes:
    """The document, UTF-8. The head of the ledger's chain stands in a comment: the message has no field for it."""
    document = Element("Document", xmlns=NAMESPACE)
    document.append(Comment(f" ledger {batch.chain_head} "))
    initiation = SubElement(document, "CstmrCdtTrfInitn")
    header = SubElement(initiation, "GrpHdr")
    _text(header, "MsgId", batch.id.hex)
    _text(header, "CreDtTm", f"{batch.created_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")
    _totals(header, batch)
    _organisation(header, "InitgPty", batch.payer)
    payment = SubElement(initiation, "PmtInf")
    _text(payment, "PmtInfId", batch.id.hex)
    _text(payment, "PmtMtd", "TRF")
    _text(payment, "BtchBookg", "false")
    _totals(payment, batch)
    _text(SubElement(payment, "ReqdExctnDt"), "Dt", batch.execution_date.isoformat())
    _organisation(payment, "Dbtr", batch.payer)
    _account(payment, "DbtrAcct", batch.payer.account, batch.currency)
    _bank(payment, "DbtrAgt", batch.payer.bank_name, bik=batch.payer.bik)
    _account(payment, "DbtrAgtAcct", batch.payer.correspondent)
    for order in batch.orders:
        _transfer(payment, batch, order)
    indent(document)
    text: bytes = tostring(document, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _text(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = text


def _totals(parent: Element, batch: Batch) -> None:
    _text(parent, "NbOfTxs", str(batch.count))
    _text(parent, "CtrlSum", roubles(batch.sum))


def _organisation(parent: Element, name: str, payer: Payer) -> None:
    party = SubElement(parent, name)
    _text(party, "Nm", one_line(payer.name))
    _tax_number(SubElement(SubElement(party, "Id"), "OrgId"), payer.inn)


def _tax_number(identity: Element, number: str) -> None:
    other = SubElement(identity, "Othr")
    _text(other, "Id", number)
    _text(SubElement(other, "SchmeNm"), "Cd", "TXID")


def _account(parent: Element, name: str, number: str, currency: str | None = None, *, is_iban: bool = False) -> None:
    account = SubElement(parent, name)
    identity = SubElement(account, "Id")
    if is_iban:
        _text(identity, "IBAN", number)
    else:
        _text(SubElement(identity, "Othr"), "Id", number)
    if currency is not None:
        _text(account, "Ccy", currency)


def _bank(parent: Element, role: str, name: str, *, bik: str | None = None, bic: str | None = None) -> None:
    institution = SubElement(SubElement(parent, role), "FinInstnId")
    if bic is not None:
        _text(institution, "BICFI", bic)
    if bik is not None:
        member = SubElement(institution, "ClrSysMmbId")
        _text(SubElement(member, "ClrSysId"), "Cd", "RUCBC")
        _text(member, "MmbId", bik)
    _text(institution, "Nm", one_line(name))


def _transfer(payment: Element, batch: Batch, order: PaymentOrder) -> None:
    transfer = SubElement(payment, "CdtTrfTxInf")
    identity = SubElement(transfer, "PmtId")
    _text(identity, "InstrId", str(order.number))
    _text(identity, "EndToEndId", order.line_id.hex)
    SubElement(SubElement(transfer, "Amt"), "InstdAmt", Ccy=order.currency).text = roubles(order.amount)
    payee = order.payee
    _bank(transfer, "CdtrAgt", payee.bank_name, bik=payee.bik, bic=payee.bic)
    if payee.correspondent is not None:
        _account(transfer, "CdtrAgtAcct", payee.correspondent)
    _person(transfer, payee)
    _account(transfer, "CdtrAcct", payee.into, is_iban=payee.iban is not None)
    remittance, purpose = SubElement(transfer, "RmtInf"), purpose_of(batch, order)
    for start in range(0, len(purpose), LONGEST_REMITTANCE):
        _text(remittance, "Ustrd", purpose[start : start + LONGEST_REMITTANCE])


def _person(transfer: Element, payee: Payee) -> None:
    creditor = SubElement(transfer, "Cdtr")
    _text(creditor, "Nm", one_line(payee.name))
    if payee.inn is not None:
        _tax_number(SubElement(SubElement(creditor, "Id"), "PrvtId"), payee.inn)
