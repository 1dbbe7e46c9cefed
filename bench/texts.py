"""Simulated free text: replies about a task's topic with phrases that many people use, and copies of them."""

import numpy as np

from piecework.quality.statistics.copies import Text

SYLLABLES = [first + second for first in "bcdfghjklmnprstvz" for second in ("a", "e", "i", "o", "u", "en", "or", "al")]
PHRASES = 12


class Writers:
    """A language of made-up words: everyday ones, by Zipf's law, and topics of rare ones."""

    def __init__(self, seed: int, *, vocabulary: int = 4000) -> None:
        self.rng = np.random.default_rng(seed)
        self.words = ["".join(self.rng.choice(SYLLABLES, self.rng.integers(2, 5))) for _ in range(vocabulary)]
        weight = 1 / np.arange(1, vocabulary + 1)
        self.reach = np.cumsum(weight / weight.sum())
        self.phrases = [self._everyday(8) for _ in range(PHRASES)]

    def _everyday(self, count: int) -> list[str]:
        return [self.words[i] for i in np.searchsorted(self.reach[:-1], self.rng.random(count))]

    def _reply(self, topic: list[str], quoted: list[str]) -> list[str]:
        """A greeting that others use too, words of the topic among everyday ones, and perhaps a quotation."""
        rng = self.rng
        count = int(rng.integers(15, 40))
        body = [topic[int(rng.integers(len(topic)))] if rng.random() < 0.4 else word for word in self._everyday(count)]
        greeting = self.phrases[int(rng.integers(PHRASES))]
        quotation = quoted[:10] if rng.random() < 0.3 else []
        return [*greeting, *quotation, *body]

    def texts(
        self, *, people: int, tasks: int, copiers: int, edited: float, across: bool, overlap: int = 3
    ) -> tuple[list[Text], set[tuple[int, int]]]:
        """All replies, and the pairs of copier and victim.

        The first `copiers` people copy, each from one victim, three texts of them or what there is,
        with that share of the words replaced by everyday ones.
        """
        rng, texts = self.rng, []
        seats = np.array([rng.choice(np.arange(2 * copiers, people), overlap, replace=False) for _ in range(tasks)])
        pairs = {(copier, copier + copiers) for copier in range(copiers)}
        for task, row in enumerate(seats):
            topic = [self.words[i] for i in rng.choice(len(self.words), 25)]
            quoted = [str(word) for word in rng.choice(topic + self._everyday(25), 40)]
            texts += [Text(int(who), f"{task}/{who}", " ".join(self._reply(topic, quoted)), " ".join(quoted)) for who in row]
            if task < 3 * copiers:
                copier, victim = task % copiers, task % copiers + copiers
                original = self._reply(topic, quoted)
                copy = [word if rng.random() >= edited else self._everyday(1)[0] for word in original]
                shown = " ".join(self._everyday(40) if across else quoted)
                texts.append(Text(victim, f"{task}/{victim}", " ".join(original), " ".join(quoted)))
                texts.append(Text(copier, f"{task}/{copier}", " ".join(copy), shown))
        return texts, pairs
