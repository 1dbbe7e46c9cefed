"""One search over the shadow: going over it with a pattern, and the words before a number."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable

from piecework.tasks.masking.digits import ANY_DIGIT
from piecework.tasks.masking.findings import Hit
from piecework.tasks.masking.shadow import BREAK, blanked
from piecework.tasks.masking.words import CHAINED, ENUMERATION, FENCE, ONLY_SIGNS, REACH, WORDS, Word


class Search:
    """One search over the shadow: the sure kinds first; what is found is blanked out for those that follow."""

    def __init__(self, shadow: str) -> None:
        self.hits: list[Hit] = []
        self.found_blanked = shadow
        self.text = shadow
        self.latest: Hit | None = None
        self._words: list[tuple[int, int, Word]] = []
        self._word_ends: list[int] = []

    def read_words(self) -> None:
        """Find the words that say what a number is."""
        self._words = [(m.start(), m.end(), Word(m.lastgroup or "")) for m in WORDS.finditer(self.text)]
        self._word_ends = [end for _, end, _ in self._words]

    def keep(self, hits: list[Hit]) -> None:
        """Take the hits, and blank them out."""
        if hits:
            spans = [(hit.start, hit.end) for hit in hits]
            self.hits += hits
            self.text = blanked(self.text, spans, BREAK)
            self.found_blanked = blanked(self.found_blanked, spans, BREAK)

    def sweep(self, pattern: re.Pattern[str], accept: Callable[[Search, re.Match[str]], Hit | None]) -> None:
        """Try the pattern everywhere."""
        hits: list[Hit] = []
        self.latest = None
        match = pattern.search(self.text)
        while match:
            hit = accept(self, match)
            if hit:
                hits.append(hit)
                self.latest = hit
            match = pattern.search(self.text, hit.end if hit else match.start() + 1)
        self.keep(hits)

    def sweep_after(self, wanted: Word, pattern: re.Pattern[str], accept: Callable[[Search, re.Match[str]], Hit | None]) -> None:
        """Try the pattern only on the first number after each word, and on the numbers enumerated after a hit."""
        hits: list[Hit] = []
        self.latest = None
        tried = -1
        for _, end, word in self._words:
            if word is not wanted and word is not Word.NUMBER:
                continue
            start = self._next_digit(end, REACH[word])
            while start > tried and (self.latest is None or start >= self.latest.end):
                tried = start
                match = pattern.match(self.text, start)
                hit = accept(self, match) if match else None
                if hit:
                    hits.append(hit)
                    self.latest = hit
                    start = self._next_digit(hit.end, 12)
        self.keep(hits)

    def _next_digit(self, start: int, reach: int) -> int:
        digit = ANY_DIGIT.search(self.text, start, start + reach + 1)
        return digit.start() if digit else -1

    # ---- the words before a number

    def word_before(self, start: int) -> Word | None:
        """The word that says what the number is: the nearest one, with no other number in between."""
        chained = self._chained(start)
        if chained:
            return chained
        index = bisect_right(self._word_ends, start) - 1
        word = self._word_at(index, start)
        if word is not Word.NUMBER:
            return word
        closer = self._word_at(index - 1, self._words[index][0])
        if closer not in (None, Word.NUMBER):
            return closer
        return word if ONLY_SIGNS.fullmatch(self.text, self._words[index][1], start) else None

    def _word_at(self, index: int, start: int) -> Word | None:
        if index < 0:
            return None
        _, end, word = self._words[index]
        if start - end > REACH[word] or FENCE.search(self.text, end, start):
            return None
        return word

    def _chained(self, start: int) -> Word | None:
        """In "тел. X, Y" the word before X is good for Y as well."""
        latest = self.latest
        if latest is None or not 0 < start - latest.end <= 12:
            return None
        if not ENUMERATION.fullmatch(self.text, latest.end, start):
            return None
        return CHAINED.get(latest.kind)
