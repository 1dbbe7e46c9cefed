"""Every file: the same bytes again, control totals, nothing injected; and read back, the same amounts and identities."""

import csv
import hashlib
import io
import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta, timezone
from decimal import Decimal
from pathlib import Path
from uuid import UUID
from xml.etree import ElementTree as ET

import openpyxl
import orjson
import pytest
import sepaxml
import xmlschema
from hypothesis import given, settings

from piecework.payouts.formats.bank_lines import BrokenFile
from piecework.payouts.formats.files import FORMATS, read, write
from piecework.payouts.formats.orders import Batch, purpose_of, tag, tag_in
from piecework.payouts.formats.pain001 import NAMESPACE
from piecework.payouts.formats.plain import in_cp1251, one_line
from piecework.platform import money
from piecework.platform.errors import Invalid
from tests.payouts.formats.batches import HEAD, OUR_ACCOUNT, account, batch, batches, order, payee, writable

ROOT = Path(__file__).parents[3]
PAIN = xmlschema.XMLSchema(Path(sepaxml.__file__).parent / "schemas" / "pain.001.001.09.xsd")
NS = {"p": NAMESPACE}


def bank_exact(amount: int) -> str:
    return f"{Decimal(amount) / money.UNIT:.2f}"


class TestBytes:
    @pytest.mark.parametrize("name", FORMATS)
    def test_the_same_batch_gives_the_same_bytes(self, name: str) -> None:
        assert write(name, batch()) == write(name, batch())

    @pytest.mark.parametrize("name", FORMATS)
    def test_the_zone_in_which_its_time_is_told_makes_no_difference(self, name: str) -> None:
        told = batch()
        assert write(name, replace(told, created_at=told.created_at.astimezone(timezone(timedelta(hours=-9))))) == write(
            name, told
        )

    @pytest.mark.parametrize("zone", ["UTC", "Asia/Vladivostok", "America/New_York"])
    def test_another_process_in_another_zone_gives_the_same_bytes(self, zone: str) -> None:
        program = (
            "import hashlib, sys; from piecework.payouts.formats.files import write; from tests.payouts.formats.batches import batch; "
            "print(*(hashlib.sha256(write(name, batch())).hexdigest() for name in sys.argv[1:]))"
        )
        environment = os.environ | {"TZ": zone, "PYTHONHASHSEED": "random", "PYTHONPATH": str(ROOT), "LC_ALL": "C"}
        command = [sys.executable, "-W", "ignore", "-c", program, *FORMATS]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
        here = {name: hashlib.sha256(write(name, batch())).hexdigest() for name in FORMATS}
        assert dict(zip(FORMATS, done.stdout.split(), strict=True)) == here

    @pytest.mark.parametrize("name", FORMATS)
    def test_the_head_of_the_chain_stands_in_the_file(self, name: str) -> None:
        data = write(name, batch())
        if name == "xlsx":
            assert HEAD in {cell.value for row in openpyxl.load_workbook(io.BytesIO(data)).active for cell in row}
        else:
            assert HEAD.encode() in data

    @pytest.mark.parametrize("name", FORMATS)
    def test_a_batch_unfit_for_a_bank_is_refused(self, name: str) -> None:
        with pytest.raises(Invalid):
            write(name, batch(order(1, amount=-100)))


class TestCsv:
    @settings(max_examples=60, deadline=None)
    @given(batches())
    def test_no_cell_is_a_formula_and_the_last_line_has_the_totals(self, given: Batch) -> None:
        data = write("csv", given)
        assert data.startswith(b"\xef\xbb\xbf")
        rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=";"))
        assert len(rows) == given.count + 2
        assert not [cell for row in rows for cell in row if cell[:1] in set("=+-@\t\r")]
        last = dict(zip(rows[0], rows[-1], strict=True))
        assert (last["row"], last["number"], last["amount"]) == ("total", str(given.count), money.text(given.sum))

    def test_the_names_formula_is_disarmed(self) -> None:
        given = batch(order(1, payee=payee(1, name="=HYPERLINK(1)")))
        assert b";'=HYPERLINK(1);" in write("csv", given)

    def test_accounts_are_written_so_that_no_digit_is_lost(self) -> None:
        assert b";40817.810." in write("csv", batch())


class TestXlsx:
    @settings(max_examples=25, deadline=None)
    @given(batches())
    def test_cells_are_typed_and_exact(self, given: Batch) -> None:
        sheet = openpyxl.load_workbook(io.BytesIO(write("xlsx", given))).active
        titles = [cell.value for cell in sheet[1]]
        rows = [dict(zip(titles, row, strict=True)) for row in sheet.iter_rows(min_row=2)]
        assert {cell.data_type for row in sheet for cell in row} <= {"s", "n", "inlineStr"}
        for row, one in zip(rows[:-1], given.orders, strict=True):
            assert row["name"].value == one_line(one.payee.name)
            assert row["account"].value == one.payee.account
            assert row["amount"].data_type == "n"
            assert row["amount"].number_format == "#,##0.00"
            assert Decimal(str(row["amount"].value)) * money.UNIT == one.amount
            assert money.parse(row["amount_exact"].value) == one.amount
        assert money.parse(rows[-1]["amount_exact"].value) == given.sum

    def test_a_formula_stays_text(self) -> None:
        data = write("xlsx", batch(order(1, payee=payee(1, name="=1+1"))))
        cells = [cell for row in openpyxl.load_workbook(io.BytesIO(data)).active for cell in row if cell.value == "=1+1"]
        assert [cell.data_type for cell in cells] == ["s"]


class TestJsonl:
    @settings(max_examples=60, deadline=None)
    @given(batches())
    def test_it_is_exact(self, given: Batch) -> None:
        lines = [orjson.loads(line) for line in write("jsonl", given).splitlines()]
        assert lines[0]["chain_head"] == given.chain_head
        told = [(UUID(one["line_id"]), money.parse(one["amount"]), one["payee"]["name"]) for one in lines[1:-1]]
        assert told == [(one.line_id, one.amount, one.payee.name) for one in given.orders]
        assert (lines[-1]["orders"], money.parse(lines[-1]["sum"])) == (given.count, given.sum)


class TestPain:
    def test_it_is_valid(self) -> None:
        iban = payee(2, account=None, bik=None, correspondent=None, inn=None, iban="DE89370400440532013000", bic="COBADEFF")
        written = write("pain001", batch(order(1, purpose="длинное назначение " * 10), order(2, payee=iban))).decode()
        assert [error.reason for error in PAIN.iter_errors(written)] == []

    @settings(max_examples=60, deadline=None)
    @given(batches())
    def test_it_is_valid_whatever_names_hold_and_reads_back_exactly(self, given: Batch) -> None:
        data = write("pain001", given)
        PAIN.validate(data.decode())
        document = ET.fromstring(data)
        told = [
            (
                UUID(one.findtext("p:PmtId/p:EndToEndId", namespaces=NS)),
                money.parse(one.findtext("p:Amt/p:InstdAmt", namespaces=NS) or ""),
                one.findtext("p:CdtrAcct/p:Id/p:Othr/p:Id", namespaces=NS),
                one.findtext("p:Cdtr/p:Nm", namespaces=NS),
                "".join(part.text or "" for part in one.iterfind("p:RmtInf/p:Ustrd", NS)),
            )
            for one in document.iter(f"{{{NAMESPACE}}}CdtTrfTxInf")
        ]
        assert told == [
            (one.line_id, one.amount, one.payee.account, one_line(one.payee.name), purpose_of(given, one)) for one in given.orders
        ]
        for part in ("p:CstmrCdtTrfInitn/p:GrpHdr", "p:CstmrCdtTrfInitn/p:PmtInf"):
            assert document.findtext(f"{part}/p:CtrlSum", namespaces=NS) == bank_exact(given.sum)
            assert document.findtext(f"{part}/p:NbOfTxs", namespaces=NS) == str(given.count)

    def test_banks_are_named_by_bik(self) -> None:
        agent = ET.fromstring(write("pain001", batch())).find(".//p:CdtrAgt/p:FinInstnId/p:ClrSysMmbId", NS)
        assert agent is not None
        assert [text for text in agent.itertext() if text.strip()] == ["RUCBC", "044525225"]


def booked(data: bytes, on: str = "25.11.2026") -> bytes:
    """What the bank gives back: our orders with the day on which it carried them out."""
    return data.replace("КонецДокумента\r\n".encode("cp1251"), f"ДатаСписано={on}\r\nКонецДокумента\r\n".encode("cp1251"))


class TestClientBank:
    def test_it_says_what_the_format_asks_for(self) -> None:
        lines = write("1c", batch(order(7))).decode("cp1251").split("\r\n")
        assert lines[:3] == ["1CClientBankExchange", "ВерсияФормата=1.03", "Кодировка=Windows"]
        assert lines[-2:] == ["КонецФайла", ""]
        said = dict(line.split("=", 1) for line in lines if "=" in line)
        assert said["Номер"] == "7"
        assert said["Дата"] == "24.11.2026"
        assert said["Сумма"] == "1241.56"
        assert (said["ДатаСоздания"], said["ВремяСоздания"]) == ("24.11.2026", "00:30:15")
        assert said["ПлательщикИНН"] == "7707083893"
        assert said["ПлательщикРасчСчет"] == said["ПлательщикСчет"] == said["РасчСчет"] == OUR_ACCOUNT
        assert said["Получатель"] == "ИНН 500100732259 Мария Петрова-7"
        assert said["ПолучательКорсчет"] == "30101810400000000225"
        assert said["НазначениеПлатежа"].startswith("PW12-000000000007 Оплата услуг")

    @settings(max_examples=150, deadline=None)
    @given(batches(writable))
    def test_it_reads_back_exactly_and_no_name_adds_a_line(self, given: Batch) -> None:
        data = write("1c", given)
        lines = data.decode("cp1251").split("\r\n")
        assert len(lines) == 11 + given.count * 27 + 2
        assert not [line for line in lines if "\n" in line or "\r" in line]
        told = read(booked(data), "RUB")
        assert [(one.order_number, one.amount, one.account, one.direction, one.is_return) for one in told] == [
            (one.number, one.amount, one.payee.account, "out", False) for one in given.orders
        ]
        assert [one.tag for one in told] == [tag_in(tag(given.number, one.line_id)) for one in given.orders]
        assert [one.raw["Получатель1"] for one in told] == [in_cp1251(one.payee.name) for one in given.orders]
        assert sum(one.amount for one in told) == given.sum

    def test_our_own_orders_are_no_statement(self) -> None:
        assert read(write("1c", batch()), "RUB") == []

    @pytest.mark.parametrize(
        ("changes", "field", "code"),
        [
            ({"payee": payee(1, name="李小龙")}, "orders.0.payee.name", "not_in_cp1251"),
            ({"purpose": "☃"}, "orders.0.purpose", "not_in_cp1251"),
            ({"purpose": "₽" * 190}, "orders.0.purpose", "too_long"),
        ],
    )
    def test_what_it_cannot_carry_is_refused_by_name(self, changes: dict[str, object], field: str, code: str) -> None:
        with pytest.raises(Invalid) as refusal:
            write("1c", batch(order(1, **changes)))
        assert [(one["field"], one["code"]) for one in refusal.value.extra["errors"]] == [(field, code)]

    def test_it_carries_roubles_into_russian_accounts_only(self) -> None:
        iban = payee(1, account=None, bik=None, correspondent=None, iban="DE89370400440532013000")
        with pytest.raises(Invalid) as refusal:
            write("1c", batch(order(1, payee=iban)))
        assert refusal.value.extra["errors"][0]["code"] == "not_a_russian_account"
        payer = replace(batch().payer, account=account(1, kind="40702", currency="840"))
        dollars = order(1, currency="USD", payee=payee(1, account=account(1, currency="840")))
        with pytest.raises(Invalid) as refusal:
            write("1c", batch(dollars, currency="USD", payer=payer))
        assert refusal.value.extra["errors"][0]["code"] == "not_roubles"


def test_a_file_that_is_no_statement_is_refused() -> None:
    for data in (b"", b"PK\x03\x04", write("csv", batch()), write("pain001", batch())):
        with pytest.raises(BrokenFile) as refusal:
            read(data, "RUB")
        assert refusal.value.what == "unknown_format"
