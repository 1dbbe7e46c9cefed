"""E-mail addresses."""

from __future__ import annotations

import re
from typing import Final

from piecework.tasks.masking.findings import Hit, PersonalDataKind

_AT: Final = re.compile(r"[\[({<] ?(?:at|@|собака|собачка|sobaka) ?[\])}>]|@|(?<= )(?:собака|собачка|sobaka|at)(?= )")
_TOKEN: Final = r"[\w.+%&'~\-]{1,128}"  # noqa: S105 - a token of text
_LOCAL: Final = re.compile(rf" {{0,2}}({_TOKEN})")
# The text before the sign is read from right to left, hence the words are backwards.
_LOCAL_IN_WORDS: Final = re.compile(
    rf" {{0,2}}({_TOKEN}(?:(?: {{1,2}}(?:акчот|tod) {{1,2}}| ?[\])](?:\.|акчот|tod)[\[(] ?){_TOKEN}){{0,3}})"
)
_DOT_WORD: Final = r" {1,2}(?:dot|точка|тчк) {1,2}| ?[\[({] ?(?:\.|dot|точка|тчк) ?[\])}] ?"
_USUAL_ZONE: Final = r"(?:ru|com|net|org|su|by|kz|ua|рф|ру|ком)(?!\w)"
_DOT: Final = rf"(?:\.{{1,2}}(?: (?={_USUAL_ZONE}))?|,(?={_USUAL_ZONE})|{_DOT_WORD})"
_LABEL: Final = r"[\w\-]{1,63}"
_DOMAIN: Final = re.compile(rf" {{0,2}}({_LABEL}(?:{_DOT}{_LABEL}){{1,6}})")
_DOT_SPLIT: Final = re.compile(_DOT)
_ZONE: Final = re.compile(
    r"(?:xn--[a-z0-9\-]{2,59}|[a-z]{2,24}(?![a-z])"
    r"|(?:рф|рус|ру|ком|бел|укр|онлайн|сайт|орг|дети|москва|қаз|срб|мкд)(?![^\W\d_]))"
)
_FILES: Final = frozenset({"png", "jpg", "jpeg", "gif", "webp", "svg", "css", "js", "pdf", "html"})
_USUAL_ZONES: Final = frozenset({"ru", "com", "net", "org", "su", "by", "kz", "ua"})
_LONG_ZONES: Final = frozenset({"info", "name", "mobi"})


def emails(text: str) -> list[Hit]:
    """The addresses, sorted."""
    hits: list[Hit] = []
    done = 0
    for sign in _AT.finditer(text):
        hit = _email(text, sign, done) if sign.start() >= done else None
        done = hit.end if hit else max(done, sign.start())
        if hit:
            hits.append(hit)
    return hits


def _email(text: str, sign: re.Match[str], done: int) -> Hit | None:
    domain = _domain(text, sign.end())
    if domain is None:
        return None
    end, host = domain
    before = text[max(done, sign.start() - 300) : sign.start()][::-1]
    in_words = sign.group() != "@"
    match = (_LOCAL_IN_WORDS if in_words else _LOCAL).match(before)
    if match is None:
        return None
    raw = match.group(1)[::-1].lstrip(".+%&'~-")
    local = _DOT_SPLIT.sub(".", raw)
    spaced = before.startswith(" ") or text[sign.end() : sign.end() + 1] == " "
    if not raw or not _credible(sign.group(), local, spaced, text[sign.end() : end]):
        return None
    start = sign.start() - match.start(1) - len(raw)
    return Hit(PersonalDataKind.EMAIL, start, end, f"{local}@{host}")


def _credible(sign: str, local: str, spaced: bool, domain: str) -> bool:
    """Weigh spellings that ordinary sentences share: "look at example.com", "иван @ cafe.ru"."""
    if sign == "at":
        return bool(re.search(_DOT_WORD, domain)) or bool(re.search(r"[\d._]", local))
    if sign == "@" and spaced:
        return local.isascii()
    return True


def _domain(text: str, start: int) -> tuple[int, str] | None:
    """The end and the normalised name of the domain that begins here, with a plausible zone."""
    match = _DOMAIN.match(text, start)
    if match is None:
        return None
    labels = _labels(match.group(1))
    best: tuple[int, str] | None = None
    for index in range(1, len(labels)):
        offset, label = labels[index]
        zone = _ZONE.match(label)
        if zone is None or zone.group() in _FILES or (best and _glued_sentence(labels[index - 1][1], zone.group())):
            continue
        host = ".".join([name for _, name in labels[:index]] + [zone.group()])
        best = (match.start(1) + offset + zone.end(), host)
    return best


def _labels(domain: str) -> list[tuple[int, str]]:
    labels: list[tuple[int, str]] = []
    start = 0
    for dot in _DOT_SPLIT.finditer(domain):
        labels.append((start, domain[start : dot.start()]))
        start = dot.end()
    labels.append((start, domain[start:]))
    return labels


def _glued_sentence(before: str, zone: str) -> bool:
    """In "ivan@mail.ru.Thanks" the last word is not a part of the address."""
    return before in _USUAL_ZONES and len(zone) > 3 and zone not in _LONG_ZONES
