"""Who plays in the demonstration: invented people, each with a skill, and the shipped tickets with their true answers."""

from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import Any

import orjson

from piecework.tasks.masking import mask

PROJECTS = {"orders": "classify", "answers": "answer", "moderation": "moderate"}
NAMES = {"orders": "Orders and delivery", "answers": "Replies to customers", "moderation": "Moderation of listings"}


@dataclass(frozen=True, slots=True)
class Actor:
    """A simulated freelancer: `skill` is the probability that they answer a question rightly, their true accuracy."""

    name: str
    email: str
    skill: float
    qualifications: tuple[tuple[str, int], ...]


def _actor(name: str, skill: float, *qualifications: str) -> Actor:
    codes = tuple((code, int(level or 1)) for code, _, level in (text.partition(":") for text in qualifications))
    first = name.split(maxsplit=1)[0].lower()
    return Actor(name, f"{first}@freelancers.example", skill, codes)


ACTORS = (
    _actor("Vera Sokolova", 0.97, "support", "replies", "moderation:2"),
    _actor("Timur Aliev", 0.95, "support", "replies", "moderation:2"),
    _actor("Olga Martynova", 0.93, "support", "replies", "moderation:2"),
    _actor("Pavel Gromov", 0.92, "support", "replies"),
    _actor("Nina Belova", 0.90, "support", "replies", "moderation"),
    _actor("Daniel Reed", 0.90, "support", "replies", "moderation"),
    _actor("Irina Kotova", 0.88, "support", "replies", "moderation"),
    _actor("Maxim Lebedev", 0.86, "support", "replies"),
    _actor("Sofia Marino", 0.84, "support", "moderation"),
    _actor("Arman Petrosyan", 0.80, "support", "moderation"),
    _actor("Lena Hoffmann", 0.75, "support", "moderation"),
    _actor("Gleb Nikitin", 0.60, "support", "moderation"),
)

STAFF = {
    "curator": ("Curator Karina", "curator"),
    "second": ("Curator Konstantin", "curator"),
    "arbiter": ("Arbiter Alla", "curator"),
    "requester": ("Requester Roman", "requester"),
    "finance": ("Finance Faina", "finance"),
    "treasurer": ("Treasurer Taras", "finance"),
}
"""Who runs the house: a short name -> the account's name and role."""

WRONG_KEYS = 2
"""How many golden tasks of each project get a wrong key, as happens: people answer them rightly and are wronged."""


@dataclass(frozen=True, slots=True)
class Truth:
    """The true answers of one ticket, under the texts that freelancers see."""

    project: str
    language: str
    fields: dict[str, Any]


class Script:
    """The shipped tickets and replies."""

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """Every line of the file, duplicates included."""
        return [orjson.loads(line) for line in (files(__package__) / "data" / "tickets.jsonl").read_bytes().splitlines()]

    @cached_property
    def replies(self) -> dict[str, Any]:
        """Good and bad replies by language and topic."""
        found: dict[str, Any] = orjson.loads((files(__package__) / "data" / "replies.json").read_bytes())
        return found

    @cached_property
    def good_replies(self) -> frozenset[str]:
        """All replies that a check should pass."""
        texts = [text for language in ("ru", "en") for listed in self.replies[language].values() for text in listed]
        return frozenset(mask(text).text for text in texts + self.replies["refund"]["ru"] + self.replies["refund"]["en"])

    @cached_property
    def truths(self) -> dict[str, Truth]:
        """Masked text -> the truth about it. A simulated person looks here; a real one reads."""
        return {mask(row["text"]).text: Truth(row["project"], row["language"], row["truth"]) for row in self.rows}

    def tickets(self, project: str) -> list[dict[str, Any]]:
        """The lines that come in as tickets."""
        return [row for row in self.rows if row["project"] == project and not row["golden"]]

    def golden(self, project: str) -> list[dict[str, Any]]:
        """The tickets whose answers a curator made known."""
        once = {row["external_id"]: row for row in self.rows if row["project"] == project and row["golden"]}
        return list(once.values())
