"""The words of a statement, and how its amounts and days are written, in the two languages."""

from datetime import date, datetime, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from piecework.platform.money import KOPECK, UNIT

Language = Literal["en", "ru"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
SYMBOLS = {"RUB": "₽", "USD": "$", "EUR": "€", "KZT": "₸"}
MINUS = "−"
NO_BREAK = "\u00a0"
POINTS: dict[Language, tuple[str, str]] = {"en": (",", "."), "ru": (NO_BREAK, ",")}
"""What stands between thousands, and before the decimals."""
DAYS: dict[Language, str] = {"en": "%Y-%m-%d", "ru": "%d.%m.%Y"}

WORDS: dict[Language, dict[str, str]] = {
    "en": {
        "title": "Statement of earnings",
        "period": "Period",
        "zone": "time of {zone}",
        "regime": "Tax regime",
        "regime.none": "none set",
        "regime.self_employed": "self-employed (nothing is withheld; you pay the tax yourself)",
        "regime.individual": "individual",
        "regime.non_resident": "non-resident",
        "regime.other_country": "other country",
        "closed": "Closed",
        "to_you": "To you",
        "work": "Accepted work",
        "answers": "entries: {count}",
        "premium": "Premiums",
        "bonus": "Bonuses",
        "deduction": "Deductions",
        "rounding": "Rounding to whole kopecks",
        "gross": "Earned",
        "tax": "Tax withheld",
        "net": "To you",
        "version": "rule version {version}",
        "evidence": "Evidence: {words}",
        "appeal": "Appeal: {words}",
        "settlement": "Where it went",
        "paid": "Paid",
        "sent": "Sent to the bank",
        "returned": "Returned by the bank",
        "carried": "Carried over",
        "held": "Held back",
        "set_off": "Set off against later pay",
        "payout": "payout {payout}",
        "assignments": "Every assignment",
        "date": "Date",
        "project": "Project",
        "step": "Step",
        "price": "Price",
        "share": "Accepted",
        "work_column": "Pay",
        "premiums_column": "Premiums",
        "earned": "Earned",
        "entry": "Entry",
        "total": "Total",
        "nothing": "Nothing was earned in this period.",
        "chain": "Head of the ledger's sealed chain when this period closed",
        "given_back": "given back",
        "appeal_was_until": "was open until {day}; nothing was taken before",
        "appeal_over": "the time to appeal was over before anything was taken",
        "appeal_denied": "appealed; denied on {day}",
        "with_others": "together with other money due: {amount}",
        "tax.other_currency": "Paid in {currency}: the table is for {other}, nothing is withheld.",
        "tax.income": "Income of {year} before this period: {income_before}; of this period: {income_now}",
        "tax.bracket": "above {above}: {rate}",
        "tax.due": "Withheld before: {tax_before}; of this period, in whole units: {tax_now}",
        "page": "page {page} of {pages}",
    },
    "ru": {
        "title": "Расчётный листок",
        "period": "Период",
        "zone": "время {zone}",
        "regime": "Налоговый режим",
        "regime.none": "не указан",
        "regime.self_employed": "самозанятость (ничего не удерживается; налог вы платите сами)",
        "regime.individual": "физическое лицо",
        "regime.non_resident": "нерезидент",
        "regime.other_country": "другая страна",
        "closed": "Закрыт",
        "to_you": "К выплате",
        "work": "Принятая работа",
        "answers": "записей: {count}",
        "premium": "Надбавки",
        "bonus": "Премии",
        "deduction": "Удержания",
        "rounding": "Округление до копеек",
        "gross": "Начислено",
        "tax": "Удержан налог",
        "net": "К выплате",
        "version": "правило, версия {version}",
        "evidence": "Основание: {words}",
        "appeal": "Обжалование: {words}",
        "settlement": "Куда ушло",
        "paid": "Выплачено",
        "sent": "Отправлено в банк",
        "returned": "Возвращено банком",
        "carried": "Перенесено",
        "held": "Придержано",
        "set_off": "Зачтётся в следующих выплатах",
        "payout": "выплата {payout}",
        "assignments": "Каждое задание",
        "date": "Дата",
        "project": "Проект",
        "step": "Шаг",
        "price": "Цена",
        "share": "Принято",
        "work_column": "Оплата",
        "premiums_column": "Надбавки",
        "earned": "Заработано",
        "entry": "Запись",
        "total": "Всего",
        "nothing": "В этом периоде ничего не начислено.",
        "chain": "Вершина запечатанной цепочки журнала на момент закрытия периода",
        "given_back": "возвращено",
        "appeal_was_until": "можно было до {day}; до того ничего не удерживалось",
        "appeal_over": "срок обжалования истёк до удержания",
        "appeal_denied": "обжаловано; отклонено {day}",
        "with_others": "вместе с другими суммами: {amount}",
        "tax.other_currency": "Оплата в {currency}, а таблица для {other}: ничего не удерживается.",
        "tax.income": "Доход {year} года до этого периода: {income_before}; за этот период: {income_now}",
        "tax.bracket": "свыше {above}: {rate}",
        "tax.due": "Удержано раньше: {tax_before}; за этот период, в целых рублях: {tax_now}",
        "page": "страница {page} из {pages}",
    },
}


def amount(value: int, language: Language) -> str:
    """An amount to the kopeck, and to its hundredth where there is one: 12345600 -> "1,234.56"; 25025 -> "2.5025"."""
    thousands, point = POINTS[language]
    whole, part = divmod(abs(value), UNIT)
    decimals = f"{part // KOPECK:02d}" if part % KOPECK == 0 else f"{part:04d}"
    return f"{MINUS if value < 0 else ''}{whole:,}".replace(",", thousands) + point + decimals


def money(value: int, currency: str, language: Language) -> str:
    """An amount with its currency: "RUB 1,234.56", "1 234,56 ₽"."""
    written = amount(value, language)
    if language == "en":
        return f"{currency}{NO_BREAK}{written}"
    return f"{written}{NO_BREAK}{SYMBOLS.get(currency, currency)}"


def percent(share: int, language: Language) -> str:
    """A share in 1/10,000 as a percentage, as short as it is exact: 10000 -> "100 %", 6667 -> "66.67 %"."""
    whole, part = divmod(share, 100)
    decimals = f"{POINTS[language][1]}{part:02d}".rstrip("0") if part else ""
    return f"{whole}{decimals}{NO_BREAK}%"


def day(on: date, language: Language) -> str:
    """A day."""
    return on.strftime(DAYS[language])


def moment(at: datetime, zone: str, language: Language) -> str:
    """A moment as the clocks of a zone show it, to the minute."""
    return at.astimezone(ZoneInfo(zone)).strftime(f"{DAYS[language]} %H:%M")


def span(since: datetime, until: datetime, zone: str, language: Language) -> str:
    """A half-open stretch of time by its first and its last day; with the time where it does not end at midnight."""
    first, end = since.astimezone(ZoneInfo(zone)), until.astimezone(ZoneInfo(zone))
    if (first.hour, first.minute, end.hour, end.minute) == (0, 0, 0, 0):
        return f"{day(first, language)} – {day(end - timedelta(days=1), language)}"
    return f"{moment(since, zone, language)} – {moment(until, zone, language)}"
