"""What people did above the norms of their own weeks: payouts' bonuses are reckoned from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import TypeAdapter

from piecework.platform import db
from piecework.tasks.norms import weeks
from piecework.tasks.norms.facts import Facts, Terms
from piecework.tasks.norms.rules import base_norm
from piecework.tasks.norms.spans import Span

# A week belongs to the span in which it ends; an answer to the week in which it was first accepted.
ENDED = """
WITH w AS MATERIALIZED (
    SELECT * FROM week WHERE freelancer_id = ANY ($3::uuid[]) AND ends_at > $1 AND ends_at <= $2)
SELECT w.freelancer_id, w.starts_at, w.ends_at, w.zone,
       (SELECT jsonb_agg(jsonb_build_array(t.version, t.weekly_norm, t.starts_at, t.ends_at) ORDER BY t.starts_at)
        FROM terms_of(w.freelancer_id, w.starts_at, w.ends_at) t)::text AS terms, coalesce(n.answers, 0) AS answers
FROM w LEFT JOIN (
    SELECT k.freelancer_id, k.starts_at, count(*)::int AS answers
    FROM decision d JOIN assignment a ON a.id = d.assignment_id
    JOIN w k ON k.freelancer_id = a.freelancer_id AND d.decided_at >= k.starts_at AND d.decided_at < k.ends_at
    WHERE d.state = 'accepted' AND d.decided_at >= (SELECT min(starts_at) FROM w) AND d.decided_at < $2
      AND NOT EXISTS (SELECT FROM decision e WHERE e.assignment_id = d.assignment_id AND e.revision < d.revision AND e.state = 'accepted')
    GROUP BY k.freelancer_id, k.starts_at) n USING (freelancer_id, starts_at)
ORDER BY w.freelancer_id, w.starts_at"""

TERMS = TypeAdapter(list[tuple[int, int, datetime, datetime]])


@dataclass(frozen=True, slots=True)
class Above:
    """Accepted answers of a person's week, and its norm: what their contract asks of it before anything is taken off."""

    freelancer_id: UUID
    starts_at: datetime
    ends_at: datetime
    answers: int
    norm: int
    contract_version: int


async def of(people: Sequence[UUID], since: datetime, until: datetime) -> list[Above]:
    """These people's weeks that end within a span (after `since`, not after `until`), those without a norm left out."""
    await weeks.make(people)
    return [one for row in await db.rows(ENDED, since, until, list(people)) if (one := _above(**row)).norm]


def _above(freelancer_id: UUID, starts_at: datetime, ends_at: datetime, zone: str, terms: str, answers: int) -> Above:
    agreed = TERMS.validate_json(terms)
    norm = base_norm(Facts(zone, Span(starts_at, ends_at), tuple(Terms(*one) for one in agreed)))
    return Above(freelancer_id, starts_at, ends_at, answers, norm, agreed[-1][0])
