"""1CClientBankExchange 1.03: payment orders for a bank's client program.

Text in cp1251, lines end in CR LF, `key=value`. Every value is one line of characters that cp1251 has (see plain.py); what cannot
be written so is refused, never guessed. Roubles between Russian accounts only: the format knows nothing else. The order carries its
line's identity in the tag that its purpose begins with; `Номер`, amount and the payee's account say the same once more.
"""

from collections.abc import Iterator
from datetime import timedelta, timezone

from piecework.payouts.formats.orders import LONGEST_PURPOSE, Batch, Payee, Payer, PaymentOrder, purpose_of, roubles
from piecework.payouts.formats.plain import in_cp1251
from piecework.platform.errors import Invalid
from piecework.platform.said import Said

SIGNATURE = "1CClientBankExchange"
ENCODING = "cp1251"
MOSCOW = timezone(timedelta(hours=3))
"""Russian banks keep Moscow time."""
PAYMENT_ORDER = "Платежное поручение"


def write_client_bank(batch: Batch) -> bytes:
    """The file.

    Raises:
        Invalid: `errors` names each field with its code: not_roubles, not_a_russian_account, not_in_cp1251, too_long.
    """
    if errors := list(_refusals(batch)):
        raise Invalid(errors=errors)
    lines = [*_head(batch)]
    for order in batch.orders:
        lines += _document(batch, order)
    lines.append("КонецФайла")
    return "".join(f"{in_cp1251(line)}\r\n" for line in lines).encode(ENCODING)


def _head(batch: Batch) -> Iterator[str]:
    created, on = batch.created_at.astimezone(MOSCOW), f"{batch.execution_date:%d.%m.%Y}"
    yield SIGNATURE
    yield "ВерсияФормата=1.03"
    yield "Кодировка=Windows"
    yield f"Отправитель=Piecework, ledger {batch.chain_head}"
    yield f"Получатель={batch.payer.bank_name}"
    yield f"ДатаСоздания={created:%d.%m.%Y}"
    yield f"ВремяСоздания={created:%H:%M:%S}"
    yield f"ДатаНачала={on}"
    yield f"ДатаКонца={on}"
    yield f"РасчСчет={batch.payer.account}"
    yield f"Документ={PAYMENT_ORDER}"


def _document(batch: Batch, order: PaymentOrder) -> Iterator[str]:
    payer, payee = batch.payer, order.payee
    yield f"СекцияДокумент={PAYMENT_ORDER}"
    yield f"Номер={order.number}"
    yield f"Дата={batch.execution_date:%d.%m.%Y}"
    yield f"Сумма={roubles(order.amount)}"
    yield from _side("Плательщик", payer)
    yield f"ПлательщикКПП={payer.kpp}"
    yield from _side("Получатель", payee)
    yield "ВидОплаты=01"
    yield "Очередность=5"
    yield f"НазначениеПлатежа={purpose_of(batch, order)}"
    yield "КонецДокумента"


def _side(role: str, party: Payer | Payee) -> Iterator[str]:
    inn = party.inn or ""
    yield f"{role}Счет={party.account}"
    yield f"{role}={f'ИНН {inn} ' if inn else ''}{party.name}"
    yield f"{role}ИНН={inn}"
    yield f"{role}1={party.name}"
    yield f"{role}РасчСчет={party.account}"
    yield f"{role}Банк1={party.bank_name}"
    yield f"{role}Банк2="
    yield f"{role}БИК={party.bik}"
    yield f"{role}Корсчет={party.correspondent or ''}"


def _refusals(batch: Batch) -> Iterator[dict[str, str | Said]]:
    if batch.currency != "RUB":
        yield {"field": "currency", "code": "not_roubles", "message": Said("This format carries roubles only.")}
    yield from _unwritable("payer", name=batch.payer.name, bank_name=batch.payer.bank_name)
    for i, order in enumerate(batch.orders):
        payee = order.payee
        if payee.account is None:
            message = Said("This format carries payments to Russian accounts only.")
            yield {"field": f"orders.{i}.payee.account", "code": "not_a_russian_account", "message": message}
        yield from _unwritable(f"orders.{i}.payee", name=payee.name, bank_name=payee.bank_name)
        yield from _unwritable(f"orders.{i}", purpose=purpose_of(batch, order))


def _unwritable(at: str, **texts: str) -> Iterator[dict[str, str | Said]]:
    for name, text in texts.items():
        try:
            written = in_cp1251(text)
        except ValueError as missing:
            message = Said(
                "Windows-1251 has no character for %(missing)s, and nothing that stands for it.", missing=ascii(str(missing))
            )
            yield {"field": f"{at}.{name}", "code": "not_in_cp1251", "message": message}
        else:
            if len(written) > LONGEST_PURPOSE:
                yield {
                    "field": f"{at}.{name}",
                    "code": "too_long",
                    "message": Said("Too long in the characters of Windows-1251."),
                }
