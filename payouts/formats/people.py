"""A batch for people: CSV and XLSX, in the same columns; and for our own machines, JSONL. All end with the control totals.

CSV is the dialect of platform/csv_out: text that a spreadsheet could take for a formula begins with an apostrophe, and accounts are
written in the dotted groups of the trade, so that no spreadsheet rounds twenty digits. In XLSX text is text by its type and stays
exact; amounts are numbers with a format, and once more exact text. JSONL is exact throughout.
"""

import io
from datetime import UTC
from decimal import Decimal

import orjson
import xlsxwriter

from piecework.payouts.formats.orders import Batch, PaymentOrder, purpose_of
from piecework.payouts.formats.plain import one_line
from piecework.platform import money
from piecework.platform.csv_out import Lines, inert

COLUMNS = (
    "row", "number", "line_id", "person_id", "name", "inn", "account", "bank", "bik", "correspondent",
    "currency", "amount", "purpose", "chain_head",
)  # fmt: skip
XLSX_COLUMNS = (*COLUMNS[: COLUMNS.index("amount") + 1], "amount_exact", *COLUMNS[COLUMNS.index("amount") + 1 :])
WIDTHS = (8, 9, 36, 36, 34, 14, 28, 34, 11, 23, 9, 15, 17, 70, 66)
AMOUNT_FORMAT = "#,##0.00"


def write_csv(batch: Batch) -> bytes:
    """A line per order, then `total`: the number of orders under `number`, their sum under `amount`, the head of the chain."""
    out = io.BytesIO()
    lines = Lines(out, COLUMNS)
    for order in batch.orders:
        cells = _cells(batch, order) | {"account": dotted(order.payee.into)}
        lines.add(*(inert(cell) for cell in cells.values()))
    lines.add(*_total(batch).values())
    lines.flush()
    return out.getvalue()


def dotted(account: str) -> str:
    """Twenty digits in their groups: bank's ledger account, currency, key, branch, number. Other accounts as they are."""
    if len(account) != 20 or not account.isdigit():
        return account
    return f"{account[:5]}.{account[5:8]}.{account[8]}.{account[9:13]}.{account[13:]}"


def write_xlsx(batch: Batch) -> bytes:
    """One sheet: a typed row per order, then the totals. Of two amounts the number is for summing, the text is exact."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"constant_memory": True})
    created = batch.created_at.astimezone(UTC).replace(tzinfo=None)
    book.set_properties({"title": f"Payout {batch.number}", "comments": f"Ledger head {batch.chain_head}", "created": created})
    bold = book.add_format({"bold": True})
    amount_format = book.add_format({"num_format": AMOUNT_FORMAT})
    sheet = book.add_worksheet(f"Payout {batch.number}")
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, batch.count, len(COLUMNS))
    for column, (title, width) in enumerate(zip(XLSX_COLUMNS, WIDTHS, strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, title, bold)
    rows = [*((_cells(batch, order), order.amount) for order in batch.orders), (_total(batch), batch.sum)]
    for row, (cells, amount) in enumerate(rows, start=1):
        cells["amount_exact"] = cells["amount"]
        for column, name in enumerate(XLSX_COLUMNS):
            if name == "amount":
                sheet.write_number(row, column, Decimal(amount) / money.UNIT, amount_format)
            elif name == "number":
                sheet.write_number(row, column, int(cells[name]))
            else:
                sheet.write_string(row, column, cells[name])
    book.close()
    return out.getvalue()


def write_jsonl(batch: Batch) -> bytes:
    """A line of JSON for the batch, one per order, one for the totals; amounts are decimal strings. A file without totals is cut."""
    head = {
        "row": "batch",
        "batch_id": str(batch.id),
        "number": batch.number,
        "currency": batch.currency,
        "created_at": batch.created_at.astimezone(UTC).isoformat(),
        "execution_date": batch.execution_date.isoformat(),
        "payer": {name: getattr(batch.payer, name) for name in batch.payer.__slots__},
        "chain_head": batch.chain_head,
    }
    orders = (
        {
            "row": "order",
            "number": order.number,
            "line_id": str(order.line_id),
            "amount": money.text(order.amount),
            "currency": order.currency,
            "payee": {name: getattr(order.payee, name) for name in order.payee.__slots__},
            "purpose": purpose_of(batch, order),
        }
        for order in batch.orders
    )
    total = {"row": "total", "orders": batch.count, "sum": money.text(batch.sum), "currency": batch.currency}
    return b"".join(orjson.dumps(line, default=str, option=orjson.OPT_APPEND_NEWLINE) for line in (head, *orders, total))


def _cells(batch: Batch, order: PaymentOrder) -> dict[str, str]:
    payee = order.payee
    return {
        "row": "order",
        "number": str(order.number),
        "line_id": str(order.line_id),
        "person_id": str(payee.person_id),
        "name": one_line(payee.name),
        "inn": payee.inn or "",
        "account": payee.into,
        "bank": one_line(payee.bank_name),
        "bik": payee.bik or payee.bic or "",
        "correspondent": payee.correspondent or "",
        "currency": order.currency,
        "amount": money.text(order.amount),
        "purpose": purpose_of(batch, order),
        "chain_head": "",
    }


def _total(batch: Batch) -> dict[str, str]:
    told = {"row": "total", "number": str(batch.count), "currency": batch.currency, "amount": money.text(batch.sum)}
    return dict.fromkeys(COLUMNS, "") | told | {"chain_head": batch.chain_head}
