"""The text of an offer: a pure function of its terms, in Russian and English, so that the same offer always has the same words.

What is rendered is stored, shown and accepted as it is; nobody renders it again to read it.
"""

import hashlib
from uuid import UUID

from piecework.tasks.contracts.limits import (
    AWAY_MOST,
    BY_WORD_DAYS,
    CONFIRM_WITHIN,
    OBJECT_WITHIN,
    OFFER_STANDS,
    TOLD_AHEAD,
    TOLD_LATE,
)
from piecework.tasks.contracts.terms import Terms

CADENCES = {
    "weekly": ("раз в неделю", "every week"),
    "half_monthly": ("дважды в месяц", "twice a month"),
    "monthly": ("раз в месяц", "every month"),
}
REGIMES = {
    "none": ("налог не удерживается и не декларируется", "no tax is withheld or declared"),
    "self_employed": (
        "самозанятость: налог на профессиональный доход исполнитель платит сам и выдаёт чек на каждую выплату",
        "self-employed: the person pays the tax on professional income themselves and gives a receipt for each payment",
    ),
    "individual": ("физическое лицо: налог удерживается из выплат", "an individual: tax is withheld from the payments"),
    "non_resident": (
        "физическое лицо, не налоговый резидент: налог удерживается из выплат",
        "an individual who is no tax resident: tax is withheld from the payments",
    ),
    "other_country": (
        "налог исполнитель платит сам в своей стране",
        "the person pays their taxes themselves in their own country",
    ),
}

RUSSIAN = """\
ДОГОВОР О РАБОТЕ С ЗАДАНИЯМИ

Исполнитель: учётная запись {person}.

1. Оплата. {rate}{price_list}

2. Норма. Не меньше {weekly_norm} принятых или ожидающих проверки заданий в неделю по всем проектам вместе. Норма уменьшается на время, \
когда подходящих заданий не было, и на время отпуска, болезни, перерыва и сбоев.

3. Предел. Не больше {weekly_cap} заданий в неделю по всем проектам вместе и не больше {max_held} одновременно.

4. Неделя идёт с понедельника по понедельник по часам зоны {zone}.

5. Выплаты: {cadence}. Налоги: {regime}.

6. Срок. Договор действует {begins} и до тех пор, пока его не сменит новая редакция или пока его не прекратят.{requested}

7. Изменения. О новых условиях сообщают не позже чем за {notice_days} дн.; они вступают в силу, только если исполнитель их примет. Без \
этого срока можно изменить условия только в пользу исполнителя или по его просьбе. До принятия действуют прежние условия.

8. Прекращение. Исполнитель может прекратить договор в любой момент без объяснений. Ему о прекращении сообщают с причиной не позже чем за \
{notice_days} дн.; в течение {object_days} дн. он может возразить, и возражение рассмотрит тот, кто решения не принимал. Сделанное и принятое \
оплачивается в любом случае.

9. Отсутствие. Об отпуске и перерыве сообщают не позже чем за {ahead_days} дн. до начала, о болезни не позже чем через {late_days} дн. после. Болезнь до \
{by_word_days} дн. в календарном месяце принимается на слово, более долгую подтверждает куратор; если он не ответил за {confirm_days} дн., она \
считается подтверждённой. За любые 365 дней: отпуск не больше {leave_days} дн., перерывы не больше {pause_days} дн.

10. Удержания и отказы называют правило, основание и срок, в который можно возразить.
{clauses}"""

ENGLISH = """\
CONTRACT FOR WORK ON TASKS

Freelancer: the account {person}.

1. Pay. {rate}{price_list}

2. Norm. At least {weekly_norm} tasks a week, accepted or awaiting review, over all projects together. The norm is lowered for the time in \
which there were no tasks that the person may take, and for leave, illness, pauses and outages.

3. Cap. At most {weekly_cap} tasks a week over all projects together, and at most {max_held} at once.

4. A week runs from Monday to Monday by the clocks of the zone {zone}.

5. Payments: {cadence}. Taxes: {regime}.

6. Time. The contract is in force {begins}, and until a new version takes its place or it is ended.{requested}

7. Changes. New terms are announced at least {notice_days} days ahead and hold only if the person accepts them. Only in the person's favour or \
at their request may terms change sooner. Until they are accepted the old terms hold.

8. End. The person may end the contract at any moment without saying why. They are told of an end with its reason at least {notice_days} days \
ahead; within {object_days} days they may object, and somebody who had no part in the decision answers. What was done and accepted is paid \
in any case.

9. Absence. Leave and pauses are announced at least {ahead_days} day(s) before they begin, illness at most {late_days} days after it began. Illness of up \
to {by_word_days} days in a calendar month is taken on the person's word, longer is confirmed by a curator, and without an answer within \
{confirm_days} days by itself. In any 365 days: at most {leave_days} days of leave and at most {pause_days} days of pauses.

10. Deductions and rejections name their rule, their grounds and the time in which one may object.
{clauses}"""

PRICE_LIST = (
    ' Действует прейскурант проекта "{code}" (страница «Сколько платят за работу»); цена задания та, что действовала, когда его взяли.',
    ' The price list of the project "{code}" holds (page “What work pays”); a task is paid at the price in force when it was claimed.',
)
BEGINS = (("с момента принятия", "from its acceptance on"), ("с {starts} ({zone})", "from {starts} ({zone}) on"))
REQUESTED = (
    " Об этих условиях исполнитель попросил сам, поэтому они вступают в силу без срока из пункта 7.",
    " The person has asked for these terms, so they hold without the notice of section 7.",
)
CLAUSES = ("\n11. Особые условия.\n{clauses}\n", "\n11. Further terms.\n{clauses}\n")
CLOSING = (
    "\nПредложение можно принять в течение {stands_days} дн. Тексты на двух языках говорят одно и то же; при расхождении решает русский.\n",
    "\nThe offer may be accepted within {stands_days} days. The texts in both languages say the same; should they differ, the Russian one decides.\n",
)


def render(terms: Terms, *, person: UUID, starts: str | None, on_request: bool) -> str:
    """The whole text, Russian first.

    `starts`: the earliest beginning by the contract's clocks, as it is to be shown; None: on acceptance. `on_request`: the person asked
    for the terms, which they confirm with the rest. They are named by their account's id: the text is kept for good, and so holds no
    personal data.
    """
    return "\n\n".join(_in_language(language, terms, person, starts, on_request=on_request) for language in (0, 1))


def sha256(text: str) -> str:
    """The hash that names exactly these words, as 64 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def _in_language(language: int, terms: Terms, person: UUID, starts: str | None, *, on_request: bool) -> str:
    begins = BEGINS[starts is not None][language].format(starts=starts, zone=terms.zone)
    price_list = "" if terms.price_list is None else PRICE_LIST[language].format(code=terms.price_list)
    clauses = "" if not terms.clauses else CLAUSES[language].format(clauses=terms.clauses)
    body = (RUSSIAN, ENGLISH)[language].format(
        person=person,
        rate=terms.rate,
        price_list=price_list,
        weekly_norm=terms.weekly_norm,
        weekly_cap=terms.weekly_cap,
        max_held=terms.max_held,
        zone=terms.zone,
        cadence=CADENCES[terms.cadence][language],
        regime=REGIMES[terms.regime][language],
        begins=begins,
        requested=REQUESTED[language] if on_request else "",
        notice_days=terms.notice_days,
        object_days=OBJECT_WITHIN.days,
        ahead_days=TOLD_AHEAD.days,
        late_days=TOLD_LATE.days,
        by_word_days=BY_WORD_DAYS,
        confirm_days=CONFIRM_WITHIN.days,
        leave_days=AWAY_MOST["leave"].days,
        pause_days=AWAY_MOST["pause"].days,
        clauses=clauses,
    )
    return body + CLOSING[language].format(stands_days=OFFER_STANDS.days)
