"""ISO 20022 camt.053, the bank's statement of an account: the versions 001.02 and 001.08.

Only booked entries count (`Sts` BOOK); pending ones and notices come again once they are. A booked batch has one line for each of
its transactions, whose amounts must sum to the entry's; without transactions it is one line. A return is money coming in with
`RtrInf`, or a reversed entry (`RvslInd`), or a transaction code of the return family (RRTN). Document type declarations and
entities are refused: no statement has them, only attacks do.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from io import BytesIO
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from piecework.payouts.formats.bank_lines import (
    LONGEST_PURPOSE,
    BankLine,
    BrokenFile,
    Direction,
    amount_of,
    at_line,
    id_of,
    small_enough,
)
from piecework.payouts.formats.orders import tag_in
from piecework.payouts.formats.plain import one_line
from piecework.platform.said import Said

NAMESPACES = tuple(f"urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}" for version in ("02", "08"))
RETURN_FAMILY = "RRTN"
DIRECTIONS: dict[str, Direction] = {"CRDT": "in", "DBIT": "out"}
DEEPEST = 64
MOST_ELEMENTS = 2_000_000
"""Statements have some fifty elements for an entry; a small file of nothing but empty ones would fill the memory."""
ACCOUNT = ["Document", "BkToCstmrStmt", "Stmt", "Acct"]
ENTRY = ["Document", "BkToCstmrStmt", "Stmt", "Ntry"]
LONGEST_REFERENCE = 100


def read_camt053(data: bytes, currency: str) -> list[BankLine]:
    """The booked movements of all statements of the document, in its order.

    Raises:
        BrokenFile: not such a document, not a whole one, or one that holds another currency.
    """
    small_enough(data)
    lines: list[BankLine] = []
    seen: Counter[str] = Counter()
    for number, (entry, ours) in enumerate(_entries(data), start=1):
        where = Said("entry %(entry)s", entry=str(number))
        if _status(entry) == "BOOK":
            lines += _lines(entry, ours, where, currency, seen)
        entry.clear()
    return lines


def _entries(data: bytes) -> Iterator[tuple[Element, str]]:
    """Every entry of a statement as soon as it is complete, with the account that it is about; names are freed of namespaces."""
    path: list[str] = []
    ours, elements = "", 0
    try:
        for event, element in iterparse(BytesIO(data), events=("start", "end"), forbid_dtd=True):
            if event == "start":
                if not path:
                    _known(element.tag)
                path.append(element.tag.rpartition("}")[2])
                elements += 1
                if len(path) > DEEPEST or elements > MOST_ELEMENTS:
                    raise BrokenFile(
                        "file",
                        "forbidden_xml",
                        Said(
                            "More than %(most_elements)s elements, or %(deepest)s within each other.",
                            most_elements=MOST_ELEMENTS,
                            deepest=DEEPEST,
                        ),
                    )
                continue
            element.tag = path[-1]
            if path == ACCOUNT:
                ours = _number_of(element)
            elif path == ENTRY:
                yield element, ours
            path.pop()
    except DefusedXmlException as attack:
        raise BrokenFile("file", "forbidden_xml", Said("Document types and entities are not taken.")) from attack
    except ParseError as broken:
        raise BrokenFile(at_line(broken.position[0]), "not_xml", Said("Not well-formed XML, or not all of it.")) from broken
    except (LookupError, ValueError) as broken:
        raise BrokenFile(at_line(1), "encoding", Said("The document's encoding is not one that can be read.")) from broken


def _known(tag: str) -> None:
    namespace, _, name = tag.removeprefix("{").rpartition("}")
    if name != "Document" or namespace not in NAMESPACES:
        raise BrokenFile(at_line(1), "unknown_format", Said("Not a camt.053 of version 001.02 or 001.08."))


def _find(element: Element, path: str) -> str:
    return (element.findtext(path) or "").strip()


def _status(entry: Element) -> str:
    """`Sts/Cd` since 001.04, before that `Sts` itself."""
    return _find(entry, "Sts/Cd") or _find(entry, "Sts")


def _lines(entry: Element, ours: str, where: str | Said, currency: str, seen: Counter[str]) -> Iterator[BankLine]:
    total = _amount(entry.find("Amt"), where, currency)
    transactions = entry.findall("NtryDtls/TxDtls")
    if not transactions:
        yield _line(entry, Element("TxDtls"), ours, total, where, currency, seen)
        return
    amounts = [_amount(_own_amount(one), where, currency) if _own_amount(one) is not None else total for one in transactions]
    if sum(amounts) != total:
        raise BrokenFile(where, "sums_differ", Said("The transactions do not sum to their entry."))
    for transaction, amount in zip(transactions, amounts, strict=True):
        yield _line(entry, transaction, ours, amount, where, currency, seen)


def _own_amount(transaction: Element) -> Element | None:
    """What the transaction moved: `Amt` since 001.04, before that `AmtDtls/TxAmt/Amt`."""
    amount = transaction.find("Amt")
    return transaction.find("AmtDtls/TxAmt/Amt") if amount is None else amount


def _amount(element: Element | None, where: str | Said, currency: str) -> int:
    if element is None:
        raise BrokenFile(where, "missing", Said("There is no Amt."))
    if element.get("Ccy") != currency:
        raise BrokenFile(where, "other_currency", Said("The amount is not in %(currency)s.", currency=currency))
    return amount_of((element.text or "").strip(), where)


def _line(
    entry: Element, transaction: Element, ours: str, amount: int, where: str | Said, currency: str, seen: Counter[str]
) -> BankLine:
    direction = DIRECTIONS.get(_find(transaction, "CdtDbtInd") or _find(entry, "CdtDbtInd"))
    if direction is None:
        raise BrokenFile(where, "not_a_direction", Said("CdtDbtInd is CRDT or DBIT."))
    purpose = _said(transaction, "RmtInf/Ustrd")
    is_return = direction == "in" and _is_return(entry, transaction)
    return BankLine(
        reference=_reference(entry, transaction, where, seen),
        booked_on=_booked_on(entry, where),
        amount=amount,
        currency=currency,
        direction=direction,
        line_id=id_of(_find(transaction, "Refs/EndToEndId").replace("-", "")),
        tag=tag_in(purpose),
        order_number=_number(_find(transaction, "Refs/InstrId")),
        batch_id=id_of(_find(transaction, "Refs/PmtInfId") or _find(entry, "NtryDtls/Btch/PmtInfId")),
        account=_other_account(transaction, ours),
        is_return=is_return,
        return_reason=_reason(transaction) if is_return else "",
        purpose=purpose,
        raw=_raw(transaction) or _raw(entry),
    )


def _is_return(entry: Element, transaction: Element) -> bool:
    codes = [*entry.iterfind("BkTxCd/Domn/Fmly/SubFmlyCd"), *transaction.iterfind("BkTxCd/Domn/Fmly/SubFmlyCd")]
    return (
        transaction.find("RtrInf") is not None
        or _find(entry, "RvslInd") in {"true", "1"}
        or any((code.text or "").strip() == RETURN_FAMILY for code in codes)
    )


def _reason(transaction: Element) -> str:
    """The code, and what the bank adds to it."""
    code = _find(transaction, "RtrInf/Rsn/Cd") or _find(transaction, "RtrInf/Rsn/Prtry")
    return one_line(f"{code} {_said(transaction, 'RtrInf/AddtlInf')}")


def _said(element: Element, path: str) -> str:
    """All texts at a path, as one line."""
    return one_line(" ".join(one.text or "" for one in element.iterfind(path))[:LONGEST_PURPOSE])


def _other_account(transaction: Element, ours: str) -> str:
    """The other side's account. Banks differ in whether a return names the parties as they were or the other way round."""
    sides = (transaction.find(f"RltdPties/{role}") for role in ("CdtrAcct", "DbtrAcct"))
    numbers = (_number_of(side) for side in sides if side is not None)
    return next((number for number in numbers if number and number != ours), "")


def _number_of(account: Element) -> str:
    """An account's number: `Othr/Id`, or its IBAN."""
    return (_find(account, "Id/Othr/Id") or _find(account, "Id/IBAN"))[:LONGEST_REFERENCE]


def _reference(entry: Element, transaction: Element, where: str | Said, seen: Counter[str]) -> str:
    """The bank's own reference of the transaction or of its entry; with a count where several share it."""
    own = _find(transaction, "Refs/AcctSvcrRef") or _find(transaction, "Refs/TxId")
    reference = one_line(own or _find(entry, "AcctSvcrRef") or _find(entry, "NtryRef"))
    if not reference:
        raise BrokenFile(where, "missing", Said("The entry has no reference of the bank."))
    if len(reference) > LONGEST_REFERENCE:
        raise BrokenFile(
            where,
            "too_long",
            Said("A reference has at most %(longest_reference)s characters.", longest_reference=LONGEST_REFERENCE),
        )
    seen[reference] += 1
    return reference if seen[reference] == 1 else f"{reference}-{seen[reference]}"


def _booked_on(entry: Element, where: str | Said) -> date:
    text = _find(entry, "BookgDt/Dt") or _find(entry, "BookgDt/DtTm")[:10]
    try:
        return date.fromisoformat(text)
    except ValueError as broken:
        raise BrokenFile(where, "not_a_date", Said("BookgDt is a date.")) from broken


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def _raw(element: Element) -> dict[str, str]:
    """Every text of the element by its path, for people who look into a line that fits nothing."""
    found: defaultdict[str, list[str]] = defaultdict(list)

    def visit(parent: Element, path: str) -> None:
        for child in parent:
            at = f"{path}/{child.tag}" if path else child.tag
            if text := (child.text or "").strip():
                found[at].append(text)
            visit(child, at)

    visit(element, "")
    return {at: " ".join(texts) for at, texts in found.items()}
