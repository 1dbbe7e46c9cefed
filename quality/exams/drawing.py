"""Which questions an attempt gets: at random, but before any that the person has had come those that they have not."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from piecework.platform import db
from piecework.quality.exams.definition import Section
from piecework.quality.exams.errors import PoolTooSmall

LIVE = """
SELECT q.id, q.pool, q.difficulty, (
    SELECT count(*) FROM exam_attempt_question a JOIN exam_attempt t ON t.id = a.attempt_id
    WHERE a.question_id = q.id AND t.freelancer_id = $3) AS had
FROM exam_question q
WHERE q.pool = ANY ($1) AND q.approved_at IS NOT NULL AND q.retired_at IS NULL AND (q.project_id IS NULL OR q.project_id = $2)
ORDER BY q.id
"""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question that can be drawn. `had`: how many attempts of this person it was in."""

    id: UUID
    difficulty: str
    had: int


@dataclass(frozen=True, slots=True)
class Drawn:
    """A question of an attempt."""

    id: UUID
    section: str
    points: int


async def candidates(sections: Sequence[Section], project_id: UUID | None, person: UUID) -> dict[str, list[Candidate]]:
    """The questions that can be drawn for a person, by pool."""
    found: dict[str, list[Candidate]] = {}
    for row in await db.rows(LIVE, sorted({one.pool for one in sections}), project_id, person):
        found.setdefault(row["pool"], []).append(Candidate(row["id"], row["difficulty"], row["had"]))
    return found


def draw(sections: Sequence[Section], pools: Mapping[str, Sequence[Candidate]], seed: int) -> list[Drawn]:
    """Draw for every section. The same seed draws the same from the same pools. No question comes twice.

    Sections that ask for difficulties draw first, so that the others leave them what they need.

    Raises:
        PoolTooSmall: a pool has too few questions left.
    """
    chance = random.Random(seed)  # noqa: S311 - the seed is secret and random; the draw must be one that can be repeated
    ranks = {one.id: (one.had, chance.random()) for pool in sorted(pools) for one in pools[pool]}
    taken: set[UUID] = set()
    drawn: dict[str, list[Drawn]] = {}
    for section in sorted(sections, key=lambda one: one.difficulty is None):
        left = sorted((one for one in pools.get(section.pool, ()) if one.id not in taken), key=lambda one: ranks[one.id])
        chosen = _chosen(section, left)
        if len(chosen) < section.draw:
            raise PoolTooSmall(lacks=[{"pool": section.pool, "difficulty": "any", "lacks": section.draw - len(chosen)}])
        taken.update(chosen)
        chance.shuffle(chosen)
        drawn[section.key] = [Drawn(one, section.key, section.points) for one in chosen]
    return [one for section in sections for one in drawn[section.key]]


def _chosen(section: Section, left: Sequence[Candidate]) -> list[UUID]:
    if section.difficulty is None:
        return [one.id for one in left[: section.draw]]
    wanted = Counter({str(level): n for level, n in section.difficulty.items()})
    chosen = []
    for one in left:
        if wanted[one.difficulty]:
            wanted[one.difficulty] -= 1
            chosen.append(one.id)
    return chosen
