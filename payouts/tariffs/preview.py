"""What work that was accepted lately would have cost under a tariff. Exact: every answer at its own level, language and share."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from piecework.payouts.tariffs.stored import Tariff
from piecework.platform import db

SPAN = timedelta(days=7)

# Answers that cost the same are priced once: however many there are, prices are looked up for each kind of them. The rule that finds
# a price is rate_of's, over the tariff's own rows, because a draft has no others.
PREVIEW = """
WITH done AS (
    SELECT q.key, q.price AS own_price, a.price, a.level, a.language, a.share, count(*) AS answers
    FROM queue q JOIN assignment a ON a.step_id = q.step_id AND a.state = 'accepted' AND a.ended_at >= $3 AND a.ended_at < $4
    WHERE q.project_id = $2 GROUP BY 1, 2, 3, 4, 5, 6)
SELECT d.key AS step_key, sum(d.answers)::bigint AS answers, sum(d.answers * accepted_pay(d.price, d.share))::bigint AS cost,
       sum(d.answers * accepted_pay(coalesce(i.price, d.own_price), d.share))::bigint AS cost_under
FROM done d LEFT JOIN LATERAL (
    SELECT i.price FROM tariff_item i
    WHERE i.tariff_id = $1 AND i.step_key = d.key AND i.language IN ('', d.language) AND i.level <= d.level
    ORDER BY i.language DESC, i.level DESC LIMIT 1) i ON true
GROUP BY d.key ORDER BY d.key"""


@dataclass(frozen=True, slots=True)
class StepPreview:
    """A step's accepted answers, what they cost, and what they would have cost."""

    step_key: str
    answers: int
    cost: int
    cost_under: int


@dataclass(frozen=True, slots=True)
class Preview:
    """The steps' previews over a span of time, half-open, by the time of the submit."""

    since: datetime
    until: datetime
    steps: list[StepPreview]


async def preview(tariff: Tariff) -> Preview:
    """The project's answers of the last seven days that are accepted by now: their pay without premiums, as it was and would have been."""
    until: datetime = await db.scalar("SELECT now()")
    since = until - SPAN
    rows = await db.rows(PREVIEW, tariff.id, tariff.project_id, since, until)
    return Preview(since, until, [StepPreview(**dict(row)) for row in rows])
