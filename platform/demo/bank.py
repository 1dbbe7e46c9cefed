"""A bank that carries out our own files: what its statements say of a 1C file, or of a pain.001, and which payments come back."""

from collections.abc import Collection
from datetime import date

from defusedxml.ElementTree import fromstring

PAIN = "{urn:iso:std:iso:20022:tech:xsd:pain.001.001.09}"


def client_bank(orders: bytes, booked: date, returned: Collection[str] = (), paid: Collection[str] | None = None) -> bytes:
    """The 1C statement of a day on which the bank booked the orders of a 1C file; those to accounts in `returned` came back too.

    With `paid` only the orders to these accounts were booked.
    """
    head, *documents = orders.decode("cp1251").split("СекцияДокумент=")
    day = f"{booked:%d.%m.%Y}"
    said = [head.replace("Получатель=\r\n", "Получатель=1С\r\n")]
    for document in documents:
        text, _, _ = document.partition("КонецДокумента")
        values = dict(line.split("=", 1) for line in text.split("\r\n") if "=" in line)
        if paid is not None and values["ПолучательСчет"] not in paid:
            continue
        said.append(f"СекцияДокумент={text}ДатаСписано={day}\r\nКонецДокумента\r\n")
        if values["ПолучательСчет"] in returned:
            back = {
                "Номер": f"9{values['Номер']}",
                "Дата": day,
                "Сумма": values["Сумма"],
                "ПлательщикСчет": values["ПолучательСчет"],
                "ПолучательСчет": values["ПлательщикСчет"],
                "ДатаПоступило": day,
                "НазначениеПлатежа": f"Возврат: счет закрыт. {values['НазначениеПлатежа']}",
            }
            said.append(
                "\r\n".join(["СекцияДокумент=Платежное поручение", *(f"{k}={v}" for k, v in back.items()), "КонецДокумента", ""])
            )
    return ("".join(said) + "КонецФайла\r\n").encode("cp1251")


def camt053(pain: bytes, booked: date, returned: Collection[str] = (), *, as_one: bool = False) -> bytes:
    """The camt.053 of a day on which the bank booked the transfers of a pain.001; those to accounts in `returned` came back too.

    With `as_one` the whole batch is booked as one movement, without its transactions.
    """
    payment = fromstring(pain).find(f".//{PAIN}PmtInf")
    assert payment is not None
    ours = payment.findtext(f"{PAIN}DbtrAcct/{PAIN}Id/{PAIN}Othr/{PAIN}Id")
    batch = payment.findtext(f"{PAIN}PmtInfId")
    transfers = []
    for transfer in payment.findall(f"{PAIN}CdtTrfTxInf"):
        amount = transfer.find(f"{PAIN}Amt/{PAIN}InstdAmt")
        assert amount is not None
        transfers.append(
            (
                transfer.findtext(f"{PAIN}PmtId/{PAIN}EndToEndId"),
                amount.text,
                amount.get("Ccy"),
                transfer.findtext(f"{PAIN}CdtrAcct/{PAIN}Id/{PAIN}Othr/{PAIN}Id")
                or transfer.findtext(f"{PAIN}CdtrAcct/{PAIN}Id/{PAIN}IBAN"),
            )
        )
    entries = []
    if as_one:
        entries.append(_entry(f"OUT-{batch}", payment.findtext(f"{PAIN}CtrlSum"), transfers[0][2], "DBIT", booked, _batch(batch)))
    for line, sent, currency, account in transfers:
        parts = f"<Refs><EndToEndId>{line}</EndToEndId></Refs><RltdPties><CdtrAcct><Id><Othr><Id>{account}</Id></Othr></Id></CdtrAcct></RltdPties>"
        if not as_one:
            entries.append(
                _entry(f"OUT-{line}", sent, currency, "DBIT", booked, f"<NtryDtls><TxDtls>{parts}</TxDtls></NtryDtls>")
            )
        if account in returned:
            back = f"<NtryDtls><TxDtls>{parts}<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf></TxDtls></NtryDtls>"
            entries.insert(0, _entry(f"BACK-{line}", sent, currency, "CRDT", booked, back))  # banks sort as they like
    return (
        '<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>'
        f"<Stmt><Id>1</Id><Acct><Id><Othr><Id>{ours}</Id></Othr></Id></Acct>{''.join(entries)}</Stmt></BkToCstmrStmt></Document>"
    ).encode()


def _batch(batch: str | None) -> str:
    return f"<NtryDtls><Btch><PmtInfId>{batch}</PmtInfId></Btch></NtryDtls>"


def _entry(reference: str, amount: str | None, currency: str | None, direction: str, booked: date, details: str) -> str:
    return (
        f'<Ntry><NtryRef>{reference}</NtryRef><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd>'
        f"<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{booked.isoformat()}</Dt></BookgDt>"
        f"<AcctSvcrRef>{reference}</AcctSvcrRef>{details}</Ntry>"
    )
