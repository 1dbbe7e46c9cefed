"""Batches for the tests of formats: one fixed, and any that Hypothesis thinks of."""

from datetime import UTC, date, datetime
from uuid import UUID

from hypothesis import strategies as st

from piecework.payouts.formats.keys import account_key_holds
from piecework.payouts.formats.orders import Batch, Payee, Payer, PaymentOrder
from piecework.platform.money import KOPECK, UNIT

SBERBANK = {"bank_name": "ПАО Сбербанк", "bik": "044525225", "correspondent": "30101810400000000225"}
OTHER_BANK = {"bank_name": "СЕВЕРО-ЗАПАДНЫЙ ФИЛИАЛ ПАО «БАНК»", "bik": "044030827", "correspondent": "30101810200000000827"}
OUR_ACCOUNT = "40702810740000432537"
PAYER = Payer(name='ООО "Сдельная работа"', inn="7707083893", kpp="773601001", account=OUR_ACCOUNT, **SBERBANK)
HEAD = "0123456789abcdef" * 4


def account(client: int, bik: str = SBERBANK["bik"], kind: str = "40817", currency: str = "810") -> str:
    """The account of a client whose key fits the bank."""
    tried = (f"{kind}{currency}{key}{client:011d}" for key in range(10))
    return next(number for number in tried if account_key_holds(number, bik))


def payee(n: int, **changes: object) -> Payee:
    given = {"name": f"Мария Петрова-{n}", "inn": "500100732259", "account": account(n)}
    return Payee(person_id=UUID(int=n), **SBERBANK | given | changes)  # type: ignore[arg-type]


def order(n: int, **changes: object) -> PaymentOrder:
    given = {
        "number": n,
        "line_id": UUID(f"0199aaaa-bbbb-7ccc-8ddd-{n:012x}"),
        "amount": (1234 + n) * UNIT + 56 * KOPECK,
        "currency": "RUB",
        "payee": payee(n),
        "purpose": f"Оплата услуг за 2026-W47 по договору № {n} от 01.11.2026. НДС не облагается",
    }
    return PaymentOrder(**given | changes)  # type: ignore[arg-type]


def batch(*orders: PaymentOrder, **changes: object) -> Batch:
    given = {
        "id": UUID("0199aaaa-0000-7000-8000-00000000beef"),
        "number": 12,
        "currency": "RUB",
        "created_at": datetime(2026, 11, 23, 21, 30, 15, tzinfo=UTC),
        "execution_date": date(2026, 11, 24),
        "payer": PAYER,
        "orders": orders or (order(1), order(2), order(3)),
        "chain_head": HEAD,
    }
    return Batch(**given | changes)  # type: ignore[arg-type]


words = st.text(st.characters(blacklist_categories=("Cs",)) | st.sampled_from('=+-@"<>&;\r\n\t\x00Жёї№'), max_size=40)
"""Anything that a name may hold, with what breaks formats thrown in more often."""
writable = st.text(st.sampled_from("абвгдЕЁЖ abcXYZ=+-@\"<>&;\r\n\t«»№’'—0123"), max_size=40)
"""The same of characters that cp1251 has, and line ends."""


@st.composite
def batches(draw: st.DrawFn, text: st.SearchStrategy[str] = words) -> Batch:
    """One to six orders with any names and purposes, any amounts."""
    ids = draw(st.lists(st.uuids(), min_size=1, max_size=6, unique=True))
    return batch(
        *(
            order(
                n,
                line_id=line_id,
                amount=draw(st.integers(1, 10**10 - 1)) * KOPECK,
                payee=payee(n, name=f"Я{draw(text)}", inn=draw(st.sampled_from([None, "500100732259"]))),
                purpose=f"{draw(text)}!",
            )
            for n, line_id in enumerate(ids, start=1)
        )
    )
