"""The formats by name: how a batch of payment orders is written, and how a bank statement is read."""

from collections.abc import Callable
from typing import NamedTuple

from piecework.payouts.formats.bank_lines import BankLine, BrokenFile, at_line
from piecework.payouts.formats.camt053 import read_camt053
from piecework.payouts.formats.checks import check
from piecework.payouts.formats.client_bank import SIGNATURE, write_client_bank
from piecework.payouts.formats.client_bank_statement import read_client_bank
from piecework.payouts.formats.orders import Batch
from piecework.payouts.formats.pain001 import write_pain001
from piecework.payouts.formats.people import write_csv, write_jsonl, write_xlsx
from piecework.platform.said import Said

BOM = b"\xef\xbb\xbf"


class Format(NamedTuple):
    """How a file is served and written."""

    media_type: str
    extension: str
    write: Callable[[Batch], bytes]


FORMATS = {
    "csv": Format("text/csv; charset=utf-8", "csv", write_csv),
    "xlsx": Format("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx", write_xlsx),
    "jsonl": Format("application/jsonl", "jsonl", write_jsonl),
    "pain001": Format("application/xml", "xml", write_pain001),
    "1c": Format("text/plain; charset=windows-1251", "txt", write_client_bank),
}


def write(name: str, batch: Batch) -> bytes:
    """The batch in a format of FORMATS. The same batch gives the same bytes wherever and whenever it is written.

    Raises:
        Invalid: the batch is not fit for a bank (see checks.check), or this format cannot carry it.
    """
    check(batch)
    return FORMATS[name].write(batch)


def read(data: bytes, currency: str) -> list[BankLine]:
    """The movements that a bank statement tells, in its order; its format is seen from its first bytes.

    Raises:
        BrokenFile: no statement that we read, or a broken one. Nothing of it may count.
    """
    if data.startswith(SIGNATURE.encode()):
        return read_client_bank(data, currency)
    if data[:256].removeprefix(BOM).lstrip().startswith(b"<"):
        return read_camt053(data, currency)
    raise BrokenFile(at_line(1), "unknown_format", Said("Neither camt.053 nor 1CClientBankExchange."))
