"""Text as bank files can hold it: one line, no hidden characters; for 1C also within cp1251."""

import unicodedata

BLANK = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"})
"""Controls, halves of surrogates, private and unassigned ones, and every kind of line end and space."""
ACCENT = "Mn"
INVISIBLE = "Cf"
"""Soft hyphens, marks of direction, joiners: nothing that a bank could show."""

REPLACED = {
    "₽": "руб.", "−": "-", "‐": "-", "‑": "-", "‒": "-", "―": "-", "ʼ": "'", "ʹ": "'", "′": "'", "″": '"',
    "ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ı": "i",
    "ə": "a", "Ə": "A", "ә": "а", "Ә": "А", "ғ": "г", "Ғ": "Г", "қ": "к", "Қ": "К", "ң": "н", "Ң": "Н", "ө": "о", "Ө": "О",
    "ұ": "у", "Ұ": "У", "ү": "у", "Ү": "У", "һ": "х", "Һ": "Х", "җ": "ж", "Җ": "Ж", "ҳ": "х", "Ҳ": "Х", "ҷ": "ч", "Ҷ": "Ч",
    "ӣ": "и", "Ӣ": "И", "ӯ": "у", "Ӯ": "У",
}  # fmt: skip
"""What banks themselves write for letters that cp1251 lacks: of Latin, Kazakh, Tatar, Kyrgyz, Tajik names."""


def one_line(text: str) -> str:
    """The text in NFC without invisible marks; line ends, controls and spaces become one space, none at the ends."""
    text = unicodedata.normalize("NFC", text)
    if text.isprintable():  # nothing of it but the ordinary space is blank or invisible
        return " ".join(text.split())
    kinds = ((char, unicodedata.category(char)) for char in text)
    return " ".join("".join(" " if kind in BLANK else char for char, kind in kinds if kind != INVISIBLE).split())


def in_cp1251(text: str) -> str:
    """The text in the characters of cp1251; accents go, letters of the table are replaced.

    Raises:
        ValueError: a character has no such form; the message is that character.
    """
    line = one_line(text)
    if _fits(line):
        return line
    letters = (char for char in line if unicodedata.category(char) != ACCENT)
    if written := " ".join("".join(char if _fits(char) else _instead(char) for char in letters).split()):
        return written
    raise ValueError(line)


def _fits(text: str) -> bool:
    try:
        text.encode("cp1251")
    except UnicodeEncodeError:
        return False
    return True


def _instead(char: str) -> str:
    if char in REPLACED:
        return REPLACED[char]
    for form in ("NFKC", "NFKD"):
        candidate = "".join(part for part in unicodedata.normalize(form, char) if unicodedata.category(part) != ACCENT)
        if candidate.strip() and _fits(candidate):
            return " ".join(candidate.split())
    raise ValueError(char)
