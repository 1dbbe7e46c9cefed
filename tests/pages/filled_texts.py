"""What people in the filled world are called and write: Russian, so that what is Latin on a Russian page stands out."""

from typing import Any, ClassVar

from tests.quality.admissions import way_world

PEOPLE = {
    "administrator": "Андрей Админов",
    "curator": "Карина Кураторова",
    "second": "Константин Второв",
    "arbiter": "Алла Третьякова",
    "requester": "Роман Заказов",
    "finance": "Фаина Счётова",
    "cashier": "Тарас Кассиров",
    "freelancer": "Фёдор Новичков",
    "anna": "Анна Соколова",
    "boris": "Борис Котов",
    "vera": "Вера Лисицына",
    "mila": "Мила Зайцева",
    "oleg": "Олег Медведев",
    "rita": "Рита Волкова",
}
TOPIC = {
    "name": "tema",
    "type": "choice",
    "title": "Тема обращения",
    "options": [{"value": "a", "title": "Доставка"}, {"value": "b", "title": "Оплата"}, {"value": "c", "title": "Возврат"}],
}
CLEAR = {"name": "yasno", "type": "yes_no", "title": "Понятно ли, чего хочет клиент?"}
NOTE = {"name": "zametka", "type": "text", "title": "Заметка", "required": False, "max_length": 200}
TEXT = {"name": "text", "title": "Обращение", "source": "ticket.text"}
STEPS: dict[str, list[dict[str, Any]]] = {
    "lavka": [
        {
            "key": "tema",
            "title": "Выберите тему",
            "instruction": "Прочитайте обращение и выберите тему.",
            "input": [TEXT],
            "answer": [TOPIC, CLEAR, NOTE],
            "overlap": 3,
            "max_overlap": 3,
            "price": "12.50",
            "qualification": "lavka",
        }
    ],
    "otzyvy": [
        {
            "key": "opozdal",
            "title": "Опоздал ли заказ?",
            "instruction": "Скажите, опоздал ли заказ.",
            "input": [TEXT],
            "answer": [{"name": "opozdal", "type": "yes_no", "title": "Опоздал"}],
            "overlap": 1,
            "price": "0.00",
            "qualification": "otzyvy",
        }
    ],
}
TICKETS = (
    ("Где мой заказ? Обещали вчера.", "aaa"),
    ("С карты списали деньги дважды.", "baa"),
    ("Хочу вернуть чайник, он течёт.", "bac"),
    ("Курьер не приехал и не звонит.", "abb"),
    ("Как поменять адрес доставки?", "aaa"),
    ("Верните деньги за отменённый заказ.", "cba"),
)
"""Each with the topics that Anna and two others choose."""
REVIEW = "Курьер был вежлив, но заказ опоздал на {} дня."
INSTRUCTION = {
    "text": "# Как отвечать\n\nЧитайте обращение до конца.\n\n- Списание денег: тема «Оплата».\n- Курьер: тема «Доставка».",
    "language": "ru",
    "summary": "Уточнили, что относится к оплате.",
    "must_read": False,
}
POLICY = {
    "zone": "Europe/Moscow",
    "four_eyes_above": "0.00",
    "minimum_payout": "0.00",
    "notice_days": 0,
    "status_check_days": 1,
    "details_wait_hours": 72,
    "deductions_keep": 8000,
    "hourly_floor": "0.00",
}
WHY = "Три года отвечал покупателям интернет-магазина, пишу быстро и без ошибок. "
ANSWERS = {
    name: (WHY * 3 if len(said) > 20 else "Россия") if isinstance(said, str) and set(said) == {"x"} else said
    for name, said in way_world.answers().items()
}
"""Answers to the form that ships, in words where words are asked for."""
NIGHT = {
    "code": "noch",
    "title": "Ночная работа",
    "words": "Ответ, отправленный ночью, стоит на пятую часть дороже: вместо 5,00 выходит 6,00.",
    "spec": {"kind": "night", "percent": 2000},
}
TARIFF = {"kind": "per_step", "items": [{"step": "tema", "price": "13.1250"}], "reason": "Обращения стали длиннее."}


class Deducting:
    """What a deduction is made of."""

    RULE: ClassVar[dict[str, Any]] = {
        "code": "vnimanie",
        "title": "Невнимательные ответы",
        "words": "Если ответы даны без чтения обращения, можно удержать до 20 рублей; вы прочитаете, почему, и можете возразить.",
        "spec": {"kind": "deduction", "case_fixed": "20.0000", "evidence_wanted": "Какие это ответы и почему это видно."},
    }
    BODY: ClassVar[dict[str, Any]] = {
        "rule_code": "vnimanie",
        "amount": "15.0000",
        "currency": "RUB",
        "evidence": "Три ответа подряд пришли через две секунды после показа обращения.",
    }
    APPROVED: ClassVar[dict[str, Any]] = {"decision": "approve", "reason": "Правило говорит об этом прямо."}
    WORDS = "Это были три копии одного обращения; первую я прочитала внимательно."


QUESTIONS = [
    {
        "question": {
            "kind": "style",
            "form": "choice",
            "prompt": f"Как начать ответ клиенту? Вариант {n}.",
            "options": ["Здравствуйте!", "Ну что там?"],
            "right": 0,
        }
    }
    for n in range(4)
]
EXAM = {
    "title": {"ru": "Грамотность", "en": "Грамотность"},
    "kind": "general",
    "time_limit_min": 30,
    "sections": [{"key": "stil", "title": {"ru": "Стиль", "en": "Стиль"}, "pool": "stil", "draw": 4}],
    "passing": {"by": "share", "threshold": 0.75},
    "retake_after_h": 0,
    "tries": {"most": 10, "days": 30},
    "qualification": "gramota",
}
COURSE = {
    "title": "С чего начать",
    "language": "ru",
    "units": [
        {
            "kind": "lesson",
            "key": "pervyj",
            "title": "Первый урок",
            "text": "# Как читать обращение\n\nСначала найдите, *чего* хочет клиент.",
            "homework": [
                {"kind": "essay", "prompt": "Напишите ответ клиенту.", "good": "В ответе сказано, когда приедет заказ."}
            ],
        },
        {
            "kind": "tasks",
            "key": "zadaniya",
            "title": "Задания",
            "form": {"instruction": "Выберите тему.", "input": [{"name": "text", "title": "Обращение"}], "answer": [TOPIC]},
            "items": [
                {
                    "input": {"text": f"Где мой заказ номер {n}?"},
                    "answers": [{"answer": {"tema": "a"}}],
                    "hint": "Подумайте, о чём спрашивают.",
                    "explanation": "Спрашивают, когда привезут заказ.",
                }
                for n in range(1, 3)
            ],
        },
    ],
}
