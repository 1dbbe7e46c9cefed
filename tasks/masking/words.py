"""The words before a number, that say what it is."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from piecework.tasks.masking.findings import PersonalDataKind


class Word(StrEnum):
    """What a word says of the number after it."""

    PHONE = "phone"
    CARD = "card"
    PASSPORT = "passport"
    SNILS = "snils"
    INN = "inn"
    ORDER = "order"
    NUMBER = "number"


_WORD_PATTERNS: Final = {
    Word.PHONE: r"тел(?:ефон\w{0,4}|еф|ега|еграм\w{0,3})?|т(?=\.)|моб(?:ил\w{1,8})?|сот(?:ов\w{1,4})?|тлф|"
    r"(?:mobile|cell|tele|smart)?phone|mobile|cell|tel|whats? ?app|wh?ats?app?|wa|ватс?ап\w?|вотс?ап\w?|вацап\w?|"
    r"в[ао]тсапп?\w?|viber|вайбер\w?|telegram|tg|тг|max|макс|связ[иь]|связаться|свяжитесь|контакт\w{0,7}|"
    r"contacts?|reach|call|sms|смс|сбп|fax|факс|(?:по|пере|до|на)?звон\w{1,6}|набер\w{1,4}|набрать|наберите",
    Word.CARD: r"карт[аыуеой]\w?|карточк\w{1,3}|cards?|visa|mastercard|пластик\w?",
    Word.PASSPORT: r"(?:загран)?паспорт\w{0,4}|passports?|сери[яиюей]|series|пасп",
    Word.SNILS: r"снилс\w{0,2}|snils",
    Word.INN: r"инн|inn",
    Word.ORDER: r"заказ\w{0,3}|orders?|арт(?:икул\w{0,2})?|sku|трек\w{0,6}|track\w{0,4}|накладн\w{1,3}|чек\w{0,2}|"
    r"сч[её]т\w{0,2}|invoice|договор\w{0,3}|contract|посылк\w{1,2}|отправлени\w{1,2}|код\w{0,3}|code|id|ид|"
    r"заявк\w{1,2}|обращени\w{1,2}|тикет\w{0,2}|ticket|операци\w{1,2}|транзакци\w{1,2}|transaction|"
    r"плат[её]ж\w{0,3}|р/с|огрн\w{0,2}|бик|окпо|серийн\w{1,3}|serial|s/n|imei|штрих\w{0,6}|barcode|"
    r"лицев\w{1,4}|полис\w{0,2}|товар\w{0,2}|модел\w{1,2}|верси\w{1,2}|version|билет\w{0,2}|рейс\w{0,2}",
    Word.NUMBER: r"номер\w{0,3}|number",
}
_LETTER: Final = r"[^\W\d_]"
WORDS: Final = re.compile(
    rf"(?<!{_LETTER})(?=[a-zа-я])(?:"
    + "|".join(rf"(?P<{kind}>{forms})" for kind, forms in _WORD_PATTERNS.items()).replace(r"\w", _LETTER)
    + rf")(?!{_LETTER})"
)
REACH: Final = {
    Word.PHONE: 30,
    Word.CARD: 40,
    Word.PASSPORT: 60,
    Word.SNILS: 40,
    Word.INN: 40,
    Word.ORDER: 25,
    Word.NUMBER: 25,
}
FENCE: Final = re.compile(r"[\d\x00]")
ONLY_SIGNS: Final = re.compile(r"[\s:.№#=\-(]*")
ENUMERATION: Final = re.compile(r"[\s,;/&]{0,4}(?:и|или|либо|and|or)?[\s,;/&]{0,4}")
CHAINED: Final = {
    PersonalDataKind.PHONE: Word.PHONE,
    PersonalDataKind.INN: Word.INN,
    PersonalDataKind.SNILS: Word.SNILS,
}
