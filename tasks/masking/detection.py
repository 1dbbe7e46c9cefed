"""Hits: the order of the search, and its repetition until nothing is left to find."""

from __future__ import annotations

import re
from typing import Final

from piecework.tasks.masking import cards, documents, phones
from piecework.tasks.masking.digits import NOT_A_NUMBER
from piecework.tasks.masking.emails import emails
from piecework.tasks.masking.findings import Hit
from piecework.tasks.masking.search import Search
from piecework.tasks.masking.shadow import BREAK, SHUT, TYPED, blanked
from piecework.tasks.masking.words import Word


def detect(shadow: str) -> list[Hit]:
    """All hits, sorted.  Repeated until nothing is left to find: that is what makes masking idempotent."""
    text = TYPED.sub(lambda match: BREAK * len(match.group()), shadow)
    hits: list[Hit] = []
    while "@" in text or _WORTH_A_LOOK.search(text):
        search = Search(text)
        _run(search)
        if not search.hits:
            break
        hits += search.hits
        text = search.found_blanked
    return sorted(hits, key=lambda hit: hit.start)


_WORTH_A_LOOK: Final = re.compile(r"\d|собак|собач|sobaka|[\[({< ]at[\])}> ]")


def _run(search: Search) -> None:
    search.keep(emails(search.text))
    if not re.search(r"\d", search.text):
        return
    search.read_words()
    search.sweep(cards.CARD, cards.card)
    search.sweep(phones.PLUS, phones.plus)
    search.sweep_after(Word.SNILS, documents.SNILS_ANYHOW, documents.snils)
    spans = [match.span() for match in NOT_A_NUMBER.finditer(search.text)]
    search.text = blanked(search.text, spans, SHUT)
    search.sweep(documents.SNILS, documents.snils)
    search.sweep_after(Word.INN, documents.INN, documents.inn)
    search.sweep_after(Word.PASSPORT, documents.PASSPORT, documents.passport)
    search.sweep_after(Word.PASSPORT, documents.PASSPORT_BACKWARDS, documents.passport_backwards)
    search.sweep(phones.ELEVEN, phones.eleven)
    search.sweep(phones.BRACKETS, phones.phone)
    search.sweep(phones.FOREIGN_BRACKETS, phones.foreign_brackets)
    search.sweep(phones.LOOKS_LOCAL, phones.phone)
    search.sweep_after(Word.PHONE, phones.AFTER_A_WORD, phones.after_a_word)
    search.sweep(documents.INN_BARE, documents.inn_bare)
    search.sweep(documents.PASSPORT_BARE, documents.passport_bare)
    search.sweep(phones.ELEVEN_ANYHOW, phones.eleven_anyhow)
    search.sweep(cards.CARD_ANYHOW, cards.card_anyhow)
