"""Whom a message goes to: one person, all who may work on a project, or those of whom every named condition holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from piecework.platform import db

ONE = """
SELECT id, name FROM account WHERE id = $1 AND state = 'active' AND roles && '{freelancer,applicant}'::text[]"""
OF_PROJECT = """
SELECT a.id, a.name FROM account a
WHERE a.state = 'active' AND a.id IN (SELECT freelancer_id FROM may_work WHERE project_id = $1) ORDER BY a.name, a.id"""
# A week counts as the last one for as long as the next has not been closed, at most two weeks after its end.
BY_FILTER = """
SELECT a.id, a.name FROM account a
WHERE a.state = 'active' AND 'freelancer' = ANY (a.roles)
  AND (num_nonnulls($1::text, $2::int, $3::int, $4::text) = 0 OR EXISTS (
        SELECT FROM qualification q
        WHERE q.freelancer_id = a.id AND q.revoked_at IS NULL AND (q.expires_at IS NULL OR q.expires_at > clock_timestamp())
          AND ($1 IS NULL OR q.code = $1) AND ($2 IS NULL OR q.level >= $2) AND ($3 IS NULL OR q.line >= $3)
          AND ($4 IS NULL OR q.languages = '{}' OR $4 = ANY (q.languages))))
  AND ($5::boolean IS NULL OR $5 = EXISTS (SELECT FROM contract_at(a.id, clock_timestamp()) c WHERE c.id IS NOT NULL))
  AND ($6::boolean IS NULL OR $6 = coalesce((
        SELECT r.result = 'missed' FROM week_result r JOIN week w USING (freelancer_id, starts_at)
        WHERE r.freelancer_id = a.id AND w.ends_at > clock_timestamp() - interval '14 days'
        ORDER BY r.starts_at DESC, r.revision DESC LIMIT 1), false))
  AND ($7::int IS NULL OR coalesce((
        SELECT s.claimed_at FROM assignment s WHERE s.freelancer_id = a.id ORDER BY s.id DESC LIMIT 1), '-infinity')
        < clock_timestamp() - make_interval(days => $7))
ORDER BY a.name, a.id"""


@dataclass(frozen=True, slots=True)
class Filter:
    """Conditions on freelancers; None does not ask.

    The first four are about one and the same qualification in force: its code, its level and line at the least, a language of it.
    `inactive_days`: claimed nothing for that many days.
    """

    qualification: str | None = None
    level: int | None = None
    line: int | None = None
    language: str | None = None
    has_contract: bool | None = None
    missed_last_week: bool | None = None
    inactive_days: int | None = None


async def person(account_id: UUID) -> Sequence[Any]:
    """One freelancer or applicant, unless they are suspended; id and name."""
    return await db.rows(ONE, account_id)


async def of_project(project_id: UUID) -> Sequence[Any]:
    """Everybody who may work on a project now."""
    return await db.rows(OF_PROJECT, project_id)


async def by_filter(wanted: Filter) -> Sequence[Any]:
    """Every freelancer of whom all that is asked holds now."""
    return await db.rows(
        BY_FILTER,
        wanted.qualification,
        wanted.level,
        wanted.line,
        wanted.language,
        wanted.has_contract,
        wanted.missed_last_week,
        wanted.inactive_days,
    )
