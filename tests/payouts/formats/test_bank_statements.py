"""Bank statements: what they say is read exactly; what is broken, or an attack, is refused with its place and counts for nothing."""

from dataclasses import dataclass
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from piecework.payouts.formats import camt053
from piecework.payouts.formats.bank_lines import MOST_BYTES, BankLine, BrokenFile, amount_of
from piecework.payouts.formats.files import read, write
from piecework.payouts.formats.orders import Tag
from tests.payouts.formats.batches import OUR_ACCOUNT, account, batch, order

ORDER = order(1)
LINE = ORDER.line_id
PAYEE = ORDER.payee.account


@dataclass(frozen=True)
class Version:
    """How a version of camt.053 says what the versions say differently."""

    namespace: str
    booked: str
    pending: str

    def own(self, amount: str) -> str:
        money = f'<Amt Ccy="RUB">{amount}</Amt>'
        return money if self.namespace.endswith("08") else f"<AmtDtls><TxAmt>{money}</TxAmt></AmtDtls>"

    def statement(self, *entries: str, ours: str = OUR_ACCOUNT) -> bytes:
        return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="{self.namespace}"><BkToCstmrStmt><GrpHdr><MsgId>1</MsgId></GrpHdr><Stmt><Id>1</Id>
<Acct><Id><Othr><Id>{ours}</Id></Othr></Id></Acct>{"".join(entries)}</Stmt></BkToCstmrStmt></Document>""".encode()

    def entry(
        self, amount: str = "1235.56", *, way: str = "DBIT", status: str = "", inside: str = "", currency: str = "RUB"
    ) -> str:
        return f"""<Ntry><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{way}</CdtDbtInd><Sts>{status or self.booked}</Sts>
<BookgDt><Dt>2026-11-25</Dt></BookgDt><AcctSvcrRef>B1</AcctSvcrRef>{inside}</Ntry>"""

    def transaction(self, amount: str = "1235.56", more: str = "", end_to_end: str = LINE.hex, reference: str = "T1") -> str:
        return f"""<NtryDtls><TxDtls><Refs><AcctSvcrRef>{reference}</AcctSvcrRef><InstrId>1</InstrId><EndToEndId>{end_to_end}</EndToEndId>
</Refs>{self.own(amount)}<RltdPties><CdtrAcct><Id><Othr><Id>{PAYEE}</Id></Othr></Id></CdtrAcct></RltdPties>{more}</TxDtls></NtryDtls>"""


V02 = Version("urn:iso:std:iso:20022:tech:xsd:camt.053.001.02", "BOOK", "PDNG")
V08 = Version("urn:iso:std:iso:20022:tech:xsd:camt.053.001.08", "<Cd>BOOK</Cd>", "<Cd>PDNG</Cd>")
VERSIONS = pytest.mark.parametrize("version", [V02, V08], ids=["02", "08"])

RETURN = "<RtrInf><Rsn><Cd>AC04</Cd></Rsn><AddtlInf>Счёт закрыт</AddtlInf></RtrInf>"


def refused(data: bytes, currency: str = "RUB") -> tuple[str, str]:
    with pytest.raises(BrokenFile) as refusal:
        read(data, currency)
    document = refusal.value.document()
    assert document["code"] == "broken_file"
    assert document["errors"][0]["code"] == refusal.value.what
    return refusal.value.where, refusal.value.what


class TestCamt:
    @VERSIONS
    def test_a_payment_is_known_by_the_lines_id(self, version: Version) -> None:
        (line,) = read(version.statement(version.entry(inside=version.transaction())), "RUB")
        assert (line.line_id, line.amount, line.direction, line.currency) == (LINE, ORDER.amount, "out", "RUB")
        assert (line.booked_on, line.reference, line.order_number) == (date(2026, 11, 25), "T1", 1)
        assert (line.account, line.is_return, line.batch_id) == (PAYEE, False, None)
        assert line.raw["Refs/EndToEndId"] == LINE.hex

    @VERSIONS
    def test_a_return_says_why(self, version: Version) -> None:
        (line,) = read(version.statement(version.entry(way="CRDT", inside=version.transaction(more=RETURN))), "RUB")
        assert (line.line_id, line.direction, line.is_return) == (LINE, "in", True)
        assert line.return_reason == "AC04 Счёт закрыт"
        assert line.account == PAYEE

    @VERSIONS
    @pytest.mark.parametrize(
        "how", ["<RvslInd>true</RvslInd>", "<BkTxCd><Domn><Fmly><SubFmlyCd>RRTN</SubFmlyCd></Fmly></Domn></BkTxCd>"]
    )
    def test_a_reversed_entry_is_a_return(self, version: Version, how: str) -> None:
        (line,) = read(version.statement(version.entry(way="CRDT", inside=how + version.transaction())), "RUB")
        assert (line.is_return, line.return_reason) == (True, "")

    @VERSIONS
    def test_other_money_coming_in_is_no_return(self, version: Version) -> None:
        (line,) = read(version.statement(version.entry(way="CRDT")), "RUB")
        assert (line.is_return, line.line_id, line.reference) == (False, None, "B1")

    @VERSIONS
    def test_a_returning_bank_may_turn_the_parties_round(self, version: Version) -> None:
        inside = version.transaction(more=RETURN).replace(PAYEE or "", OUR_ACCOUNT)
        turned = inside.replace("</CdtrAcct>", f"</CdtrAcct><DbtrAcct><Id><Othr><Id>{PAYEE}</Id></Othr></Id></DbtrAcct>")
        (line,) = read(version.statement(version.entry(way="CRDT", inside=turned)), "RUB")
        assert line.account == PAYEE

    @VERSIONS
    def test_only_booked_entries_count(self, version: Version) -> None:
        assert read(version.statement(version.entry(status=version.pending)), "RUB") == []

    @VERSIONS
    def test_a_batch_booked_whole_says_which(self, version: Version) -> None:
        inside = f"<NtryDtls><Btch><PmtInfId>{batch().id.hex}</PmtInfId><NbOfTxs>3</NbOfTxs></Btch></NtryDtls>"
        (line,) = read(version.statement(version.entry("10.00", inside=inside)), "RUB")
        assert (line.batch_id, line.line_id, line.amount) == (batch().id, None, 100_000)

    @VERSIONS
    def test_a_batch_booked_with_its_transactions_is_a_line_for_each(self, version: Version) -> None:
        both = [version.transaction("1.00", reference="A"), version.transaction("2.50", end_to_end="NOTPROVIDED", reference="A")]
        one, other = read(version.statement(version.entry("3.50", inside="".join(both))), "RUB")
        assert (one.line_id, one.amount, one.reference) == (LINE, 10_000, "A")
        assert (other.line_id, other.amount, other.reference) == (None, 25_000, "A-2")
        assert refused(version.statement(version.entry("3.51", inside="".join(both)))) == ("entry 1", "sums_differ")

    @VERSIONS
    def test_the_purpose_gives_the_tag_where_the_id_was_lost(self, version: Version) -> None:
        more = "<RmtInf><Ustrd>Возврат. pw12-0000</Ustrd><Ustrd>PW12-000000000001 Оплата</Ustrd></RmtInf>"
        (line,) = read(version.statement(version.entry(inside=version.transaction(more=more, end_to_end=""))), "RUB")
        assert line.tag == Tag(12, "000000000001")

    @VERSIONS
    @pytest.mark.parametrize(
        "amount", ["NaN", "-5.00", "0.00", "1e3", "1.005", "", "1 000.00", "Infinity", "9" * 19, "٣.00", "100000000000"]
    )
    def test_no_amount_but_plain_positive_ones(self, version: Version, amount: str) -> None:
        assert refused(version.statement(version.entry(), version.entry(amount))) == ("entry 2", "not_an_amount")

    @VERSIONS
    def test_another_currency_is_refused(self, version: Version) -> None:
        assert refused(version.statement(version.entry(currency="USD"))) == ("entry 1", "other_currency")
        assert refused(version.statement(version.entry()), "USD") == ("entry 1", "other_currency")

    @VERSIONS
    def test_broken_ones_say_where(self, version: Version) -> None:
        whole = version.statement(version.entry())
        assert refused(whole[:-40]) == ("line 4", "not_xml")
        assert refused(whole.replace(b"DBIT", b"OUT")) == ("entry 1", "not_a_direction")
        assert refused(whole.replace(b"2026-11-25", b"2026-11-31")) == ("entry 1", "not_a_date")
        assert refused(whole.replace(b"<AcctSvcrRef>B1</AcctSvcrRef>", b"")) == ("entry 1", "missing")
        assert refused(whole.replace(b">B1<", b">" + b"B" * 101 + b"<")) == ("entry 1", "too_long")
        assert refused(whole.replace(b"UTF-8", b"klingon"))[1] in {"encoding", "not_xml"}
        assert refused(whole.replace(b"camt.053.001.0", b"camt.052.001.0"))[1] == "unknown_format"

    @pytest.mark.parametrize(
        "declared",
        [
            '<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>',
            '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
            '<!DOCTYPE d SYSTEM "http://127.0.0.1/x.dtd">',
        ],
    )
    def test_entities_are_refused(self, declared: str) -> None:
        attack = V08.statement(V08.entry()).replace(b"?>\n", f"?>\n{declared}\n".encode(), 1)
        assert refused(attack) == ("file", "forbidden_xml")

    def test_very_deep_and_very_large_ones_are_refused(self) -> None:
        assert refused(V08.statement("<a>" * 100_000 + "</a>" * 100_000)) == ("file", "forbidden_xml")
        assert refused(b"<" + b" " * MOST_BYTES) == ("file", "too_large")

    def test_nothing_but_empty_elements_do_not_fill_the_memory(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(camt053, "MOST_ELEMENTS", 1_000)
        assert refused(V08.statement("<a/>" * 1_000)) == ("file", "forbidden_xml")

    def test_an_entry_counts_only_within_a_statement(self) -> None:
        assert read(V08.statement(f"<SplmtryData><Envlp>{V08.entry()}</Envlp></SplmtryData>"), "RUB") == []


HEAD = f"1CClientBankExchange\nВерсияФормата=1.03\nКодировка=Windows\nРасчСчет={OUR_ACCOUNT}\n"
HEAD += f"СекцияРасчСчет\nРасчСчет={OUR_ACCOUNT}\nВсегоСписано=1235.56\nКонецРасчСчет\n"


def document(
    *, payer: str = OUR_ACCOUNT, payee: str | None = PAYEE, amount: str = "1235.56", purpose: str = "", more: str = ""
) -> str:
    return f"""СекцияДокумент=Платежное поручение
Номер=1
Дата=24.11.2026
Сумма={amount}
ПлательщикСчет={payer}
ПолучательСчет={payee}
НазначениеПлатежа={purpose or "PW12-000000000001 Оплата услуг"}
{more or ("ДатаСписано=25.11.2026" if payer == OUR_ACCOUNT else "ДатаПоступило=26.11.2026")}
КонецДокумента
"""


def statement(*documents: str, head: str = HEAD, end: str = "КонецФайла\n", encoding: str = "cp1251") -> bytes:
    return (head + "".join(documents) + end).replace("\n", "\r\n").encode(encoding)


class TestClientBank:
    def test_a_payment_is_known_by_its_tag_and_by_number_amount_and_account(self) -> None:
        (line,) = read(statement(document()), "RUB")
        assert line.tag == Tag(12, LINE.hex[-12:])
        assert (line.order_number, line.amount, line.account) == (1, ORDER.amount, PAYEE)
        assert (line.direction, line.booked_on, line.is_return, line.line_id) == ("out", date(2026, 11, 25), False, None)

    def test_a_return_quotes_what_it_returns(self) -> None:
        purpose = "Возврат платежа по п/п № 1 от 24.11.2026: счёт получателя закрыт. PW12-000000000001 Оплата"
        (line,) = read(statement(document(payer=PAYEE or "", payee=OUR_ACCOUNT, purpose=purpose)), "RUB")
        assert (line.direction, line.is_return, line.return_reason) == ("in", True, purpose)
        assert (line.tag, line.order_number, line.account) == (Tag(12, "000000000001"), 1, PAYEE)
        assert line.booked_on == date(2026, 11, 26)

    @pytest.mark.parametrize(
        ("purpose", "is_return", "number"),
        [
            ("Возвращено по платежному поручению №77", True, 77),
            ("Оплата по счёту 5, плат. пор. 12", False, 12),
            ("Оплата по счёту 5", False, None),
            ("невозвратный взнос", False, None),
        ],
    )
    def test_what_comes_in_is_a_return_if_it_says_so(self, purpose: str, is_return: bool, number: int | None) -> None:
        (line,) = read(statement(document(payer=PAYEE or "", payee=OUR_ACCOUNT, purpose=purpose)), "RUB")
        assert (line.is_return, line.order_number) == (is_return, number)

    def test_the_same_movement_has_the_same_reference_and_two_have_two(self) -> None:
        one, two = read(statement(document(), document()), "RUB")
        (again,) = read(statement(document(more="ДатаСписано=25.11.2026\nКод=0")), "RUB")
        assert one.reference == again.reference != two.reference

    def test_a_purpose_in_parts_is_put_together(self) -> None:
        parts = document().replace("НазначениеПлатежа=", "НазначениеПлатежа1=Оплата\nНазначениеПлатежа2=")
        (line,) = read(statement(parts), "RUB")
        assert line.purpose == "Оплата PW12-000000000001 Оплата услуг"

    def test_dos_encoding_is_read(self) -> None:
        (line,) = read(statement(document(), head=HEAD.replace("Windows", "DOS"), encoding="cp866"), "RUB")
        assert line.purpose == "PW12-000000000001 Оплата услуг"

    def test_transfers_between_our_own_accounts_are_no_movement(self) -> None:
        other = account(9, kind="40702")
        assert read(statement(document(payee=other), head=HEAD + f"РасчСчет={other}\n"), "RUB") == []

    @pytest.mark.parametrize(
        ("data", "where", "what"),
        [
            (statement(document(), end=""), "line 18", "cut_off"),
            (statement(document().replace("КонецДокумента\n", "")), "line 9", "cut_off"),
            (statement(document().replace("КонецДокумента\n", ""), document()), "line 17", "nested"),
            (statement("КонецДокумента\n"), "line 9", "nested"),
            (statement(document(more="чушь")), "line 16", "not_a_line"),
            (statement(document(more="Сумма=9.00")), "line 16", "duplicate"),
            (statement(document(amount="")), "line 9", "missing"),
            (statement(document(amount="-1.00")), "line 9", "not_an_amount"),
            (statement(document(amount="NaN")), "line 9", "not_an_amount"),
            (statement(document(more="ДатаСписано=31.11.2026")), "line 9", "not_a_date"),
            (statement(document(payer=account(8))), "line 9", "foreign_movement"),
            (statement(document(), head=HEAD.replace("Windows", "EBCDIC")), "line 3", "encoding"),
            (statement(document()).replace(b"PW12", b"PW\x98"), "line 15", "encoding"),
            (statement(head=HEAD.replace(OUR_ACCOUNT, "")), "file", "missing"),
            (statement(head=HEAD.replace(OUR_ACCOUNT, account(1, currency="840"))), "РасчСчет", "other_currency"),
            (b"1CClientBankExchangeX\r\n", "line 3", "encoding"),
        ],
    )
    def test_broken_ones_say_where(self, data: bytes, where: str, what: str) -> None:
        assert refused(data) == (where, what)

    def test_controls_in_values_do_not_come_through(self) -> None:
        (line,) = read(statement(document(purpose="a\x00b\x1fc")), "RUB")
        assert "\x00" not in line.purpose + "".join(line.raw.values())


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_damaged_statement_is_read_or_refused_never_worse(data: st.DataObject) -> None:
    whole = data.draw(
        st.sampled_from(
            [statement(document(), document()), V08.statement(V08.entry(inside=V08.transaction())), write("1c", batch())]
        )
    )
    at = data.draw(st.integers(0, len(whole)))
    damaged = whole[:at] + data.draw(st.binary(max_size=6)) + whole[at + data.draw(st.integers(0, 30)) :]
    try:
        lines = read(damaged, "RUB")
    except BrokenFile:
        return
    assert all(isinstance(line, BankLine) and line.amount > 0 for line in lines)


@given(st.integers(1, 10**13 - 1))
def test_amounts_are_read_exactly(kopecks: int) -> None:
    text = f"{kopecks // 100}.{kopecks % 100:02d}"
    assert amount_of(text, "") == amount_of(text + "0", "") == kopecks * 100
