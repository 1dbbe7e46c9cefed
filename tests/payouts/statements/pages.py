"""A statement's page for the tests: a week with everything in it, as long as asked."""

from datetime import UTC, date, datetime, timedelta

from piecework.payouts.statements.page import Assignment, Deduction, RuleLine, Settlement, StatementPage, Tax
from piecework.platform.money import KOPECK, UNIT

HEAD = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
SINCE = datetime(2026, 11, 15, 21, tzinfo=UTC)
PROJECTS = (("Возвраты маркетплейса", "Классификация"), ("Поддержка доставки", "Черновик ответа"), ("Claims", "Second look"))


def assignment(n: int) -> Assignment:
    project, step = PROJECTS[n % 3]
    price, share = 25_000 + n % 7 * 1_000, 6_667 if n % 10 == 9 else 10_000
    night = n % 4 == 0
    work = (price * share + 5_000) // 10_000
    at = SINCE + timedelta(minutes=9 * n + 30)
    return Assignment(at, project, step, price, share, work, work // 5 if night else 0, entry_id=41_000 + n)


def page(count: int = 40, **changes: object) -> StatementPage:
    rows = tuple(assignment(n) for n in range(count))
    work, premiums = sum(one.work for one in rows), sum(one.premiums for one in rows)
    bonus, taken = 1_500 * UNIT, -50 * UNIT
    rounding = -(work + premiums) % KOPECK
    gross = work + premiums + bonus + taken + rounding
    tax = gross * 13 // 100 // UNIT * UNIT
    given = {
        "person": "Мария Ёлкина-Константинопольская",
        "period": "2026-W47",
        "since": SINCE,
        "until": SINCE + timedelta(days=7),
        "zone": "Europe/Moscow",
        "currency": "RUB",
        "regime": "individual",
        "work": work,
        "premiums": (RuleLine("Ночные часы", 3, "+20 % за работу с 22:00 до 06:00 по вашему времени", premiums),)
        if premiums
        else (),
        "bonuses": (RuleLine("Скорость и качество за неделю", 1, "точность 97,2 % при норме 95 %", bonus),),
        "deductions": (
            Deduction(
                "Нарушение шаблона ответа",
                2,
                "аудит № 381 от 18.11.2026: в трёх ответах нет обязательного приветствия",
                "до 29.11.2026, в разделе «Апелляции» или письмом куратору",
                taken,
            ),
        ),
        "rounding": rounding,
        "gross": gross,
        "tax": Tax(tax, ("НДФЛ 13 % с дохода с начала года, за вычетом удержанного ранее, в целых рублях",)),
        "net": gross - tax,
        "settlements": (Settlement("paid", gross - tax, payout="12", on=date(2026, 11, 25), words="на счёт •••• 4312"),),
        "assignments": rows,
        "closed_at": datetime(2026, 11, 23, 7, 15, 2, tzinfo=UTC),
        "chain_head": HEAD,
    }
    return StatementPage(**given | changes)  # type: ignore[arg-type]
