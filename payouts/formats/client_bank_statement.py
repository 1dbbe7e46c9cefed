"""Bank statements in the format 1CClientBankExchange: what the bank's client program gives back.

The file names our accounts (`РасчСчет`); a document whose payer's account is one of them went out, one whose payee's is came in.
It counts once the bank has booked it, which `ДатаСписано` or `ДатаПоступило` says: our own file of orders, read as a statement, says
nothing. A returned payment comes in with a purpose that quotes ours, with its tag, or says that it is a return. The format has no
reference of its own for a movement: it is a digest of number, dates, amount, accounts and purpose, with a count where several are
the same in all of it.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from piecework.payouts.formats.bank_lines import (
    LONGEST_PURPOSE,
    BankLine,
    BrokenFile,
    Direction,
    amount_of,
    at_line,
    small_enough,
)
from piecework.payouts.formats.client_bank import SIGNATURE
from piecework.payouts.formats.keys import currency_of
from piecework.payouts.formats.orders import tag_in
from piecework.payouts.formats.plain import one_line
from piecework.platform.said import Said

ENCODINGS = {"Windows": "cp1251", "DOS": "cp866"}
RETURNED = re.compile(r"\bвозвра(т|щ)", re.IGNORECASE)
QUOTED_NUMBER = re.compile(r"(?:п/п|пп|плат[а-я.]{0,12} ?пор[а-я.]{0,12}) ?(?:№|No|N)? ?([0-9]{1,6})\b", re.IGNORECASE)
DIGEST_LENGTH = 24


@dataclass(slots=True)
class _Document:
    line: int
    values: dict[str, str]

    def first(self, *keys: str) -> str:
        """The first of these values that is there and not empty, or nothing."""
        return next((self.values[key] for key in keys if self.values.get(key)), "")

    def needed(self, *keys: str) -> str:
        if not (value := self.first(*keys)):
            raise BrokenFile(at_line(self.line), "missing", Said("The document has no %(key)s.", key=keys[0]))
        return value


def read_client_bank(data: bytes, currency: str) -> list[BankLine]:
    """The movements of a statement, in its order.

    Raises:
        BrokenFile: not such a file, not a whole one, or one of another currency.
    """
    small_enough(data)
    accounts: set[str] = set()
    documents = list(_documents(_text(data).split("\n"), accounts))
    if not accounts:
        raise BrokenFile("file", "missing", Said("The file names no РасчСчет."))
    for account in sorted(accounts):
        if currency_of(account) != currency:
            raise BrokenFile("РасчСчет", "other_currency", Said("The account is not kept in %(currency)s.", currency=currency))
    seen: Counter[str] = Counter()
    lines = (_line(document, accounts, currency, seen) for document in documents)
    return [line for line in lines if line is not None]


def _text(data: bytes) -> str:
    """The file's text, in the encoding that it names."""
    if not data.startswith(SIGNATURE.encode()):
        raise BrokenFile(at_line(1), "no_head", Said("The first line must be %(signature)s.", signature=SIGNATURE))
    for name, encoding in ENCODINGS.items():
        if f"\nКодировка={name}".encode(encoding) in data:
            try:
                return data.decode(encoding)
            except UnicodeDecodeError as broken:
                line = data.count(b"\n", 0, broken.start) + 1
                raise BrokenFile(
                    at_line(line), "encoding", Said("A byte that %(encoding)s does not have.", encoding=encoding)
                ) from broken
    raise BrokenFile(at_line(3), "encoding", Said("Кодировка must be Windows or DOS."))


def _documents(lines: list[str], accounts: set[str]) -> Iterator[_Document]:
    """The documents of the file; on the way, the accounts that the statement is about."""
    numbered = ((number, line.strip("\r")) for number, line in enumerate(lines, start=1))
    for number, line in numbered:
        key, _, value = line.partition("=")
        if line == "КонецФайла":
            return
        if key == "СекцияДокумент":
            yield _document(numbered, number)
        elif line == "КонецДокумента":
            raise BrokenFile(at_line(number), "nested", Said("A document ends that never began."))
        elif key == "РасчСчет" and value.strip():
            accounts.add(value.strip())
    raise BrokenFile(at_line(len(lines)), "cut_off", Said("The file ends before КонецФайла."))


def _document(numbered: Iterator[tuple[int, str]], begun: int) -> _Document:
    """The document that began at a line, up to its КонецДокумента."""
    values: dict[str, str] = {}
    for number, line in numbered:
        if line == "КонецДокумента":
            return _Document(begun, values)
        key, separator, value = map(one_line, line.partition("="))
        if key == "СекцияДокумент":
            raise BrokenFile(at_line(number), "nested", Said("A document begins within another."))
        if line == "КонецФайла":
            break
        if not separator and key:
            raise BrokenFile(at_line(number), "not_a_line", Said("A line of a document is key=value."))
        if key in values:
            raise BrokenFile(at_line(number), "duplicate", Said("The document says this twice."))
        if key:
            values[key] = value
    raise BrokenFile(at_line(begun), "cut_off", Said("The document does not end."))


def _line(document: _Document, accounts: set[str], currency: str, seen: Counter[str]) -> BankLine | None:
    """The movement that a document is; nothing where the bank has not booked it, or it is between two accounts of ours."""
    where = at_line(document.line)
    payer = document.needed("ПлательщикСчет", "ПлательщикРасчСчет")
    payee = document.needed("ПолучательСчет", "ПолучательРасчСчет")
    if payer not in accounts and payee not in accounts:
        raise BrokenFile(where, "foreign_movement", Said("The document is about no account of this statement."))
    amount = amount_of(document.needed("Сумма"), where)
    direction: Direction = "out" if payer in accounts else "in"
    booked = document.first("ДатаСписано" if direction == "out" else "ДатаПоступило")
    if not booked or (payer in accounts and payee in accounts):
        return None
    purpose = _purpose(document)
    tag = tag_in(purpose)
    is_return = direction == "in" and (tag is not None or RETURNED.search(purpose) is not None)
    facts = (document.first("Номер"), document.first("Дата"), booked, str(amount), payer, payee, purpose)
    digest = hashlib.sha256("\n".join(facts).encode()).hexdigest()[:DIGEST_LENGTH]
    seen[digest] += 1
    return BankLine(
        reference=f"{digest}-{seen[digest]}",
        booked_on=_date(booked, where),
        amount=amount,
        currency=currency,
        direction=direction,
        line_id=None,
        tag=tag,
        order_number=_order_number(document, purpose, direction),
        batch_id=None,
        account=payee if direction == "out" else payer,
        is_return=is_return,
        return_reason=purpose if is_return else "",
        purpose=purpose,
        raw=document.values,
    )


def _purpose(document: _Document) -> str:
    """НазначениеПлатежа, or its parts НазначениеПлатежа1 to 6 where the bank writes it in parts only."""
    whole = document.first("НазначениеПлатежа")
    return (whole or " ".join(document.first(f"НазначениеПлатежа{part}") for part in range(1, 7)).strip())[:LONGEST_PURPOSE]


def _order_number(document: _Document, purpose: str, direction: Direction) -> int | None:
    """Of what went out its own number; of what came in the number that its purpose quotes."""
    if direction == "out":
        number = document.first("Номер")
        return int(number) if number.isascii() and number.isdigit() and len(number) <= 18 else None
    quoted = QUOTED_NUMBER.search(purpose)
    return None if quoted is None else int(quoted[1])


def _date(text: str, where: str | Said) -> date:
    try:
        return datetime.strptime(text, "%d.%m.%Y").date()  # noqa: DTZ007 - a day, not a moment
    except ValueError as broken:
        raise BrokenFile(where, "not_a_date", Said("A date is dd.mm.yyyy.")) from broken
