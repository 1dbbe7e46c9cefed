"""A freelancer's prices: what each step that they are qualified for pays now, and what is announced. Read as their database role."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from piecework.payouts.tariffs import stored
from piecework.payouts.tariffs.prices import ALL_LANGUAGES, OwnPrice, PriceList, in_force, languages_of, price_of
from piecework.platform import db

STEPS = """
SELECT q.project_id, p.code AS project, p.currency, q.key, s.spec ->> 'title' AS title, ql.level AS my_level, q.level, q.price,
       pace.median_ms
FROM qualification ql JOIN queue q ON q.qualification = ql.code AND q.level <= ql.level
JOIN step s ON s.id = q.step_id JOIN workflow w ON w.id = s.workflow_id JOIN project p ON p.id = q.project_id
LEFT JOIN pace ON pace.project_id = q.project_id AND pace.step_key = q.key
WHERE ql.freelancer_id = $1 AND ql.revoked_at IS NULL AND q.open AND q.requester_id <> $1
  AND w.state = 'active' AND p.state = 'active'
ORDER BY p.code, s.id"""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a step pays from a moment on: by which list (None: the step's own price), and where a language is paid otherwise."""

    since: datetime | None
    under: PriceList | None
    price: int
    by_language: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class MyStep:
    """A step that the person is qualified for: its terms now, and every change to them that is announced, in order."""

    project: str
    currency: str
    key: str
    title: str
    level: int
    median_ms: int | None
    now: Terms
    announced: tuple[Terms, ...]


async def my_steps(person: UUID) -> list[MyStep]:
    """The steps of active workflows that the person may do, with what they pay at this person's level."""
    rows = await db.rows(STEPS, person, on=db.FREELANCER)
    lists = await stored.lists(sorted({row["project_id"] for row in rows}), on=db.FREELANCER)
    now: datetime = await db.scalar("SELECT clock_timestamp()", on=db.FREELANCER)
    found = []
    for row in rows:
        own = OwnPrice(row["key"], row["level"], row["price"])
        first, *later = timeline(lists[row["project_id"]], own, row["my_level"], now)
        found.append(
            MyStep(
                project=row["project"],
                currency=row["currency"],
                key=row["key"],
                title=row["title"],
                level=row["my_level"],
                median_ms=row["median_ms"],
                now=first,
                announced=tuple(later),
            )
        )
    return found


def timeline(lists: Sequence[PriceList], own: OwnPrice, level: int, now: datetime) -> list[Terms]:
    """What the step pays now, then from each moment on at which a list starts, or ends with none in its place."""
    moments = sorted({at for one in lists for at in (one.starts_at, one.ends_at) if at is not None and at > now})
    current = in_force(lists, now)
    found = [_terms(current, own, level, None if current is None else current.starts_at)]
    for at in moments:
        under = in_force(lists, at)
        if under is not found[-1].under:
            found.append(_terms(under, own, level, at))
    return found


def _terms(under: PriceList | None, own: OwnPrice, level: int, since: datetime | None) -> Terms:
    rates = {} if under is None else under.rates
    price = price_of(rates, own, level, ALL_LANGUAGES)
    named = [(language, price_of(rates, own, level, language)) for language in languages_of(rates)]
    return Terms(since, under, price, tuple((language, paid) for language, paid in named if paid != price))
