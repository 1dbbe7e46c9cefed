"""What facts say of each criterion, for one person. The same figures are shown to the person, to curators and kept with a decision."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from piecework.platform import db
from piecework.platform.said import Said
from piecework.quality.admitting import kinds as c
from piecework.quality.exams import results
from piecework.quality.people import accuracy
from piecework.quality.people.measuring import lower_bound
from piecework.quality.training import judging as trials
from piecework.quality.training import results as training

ACCEPTED = """
SELECT count(*) FROM assignment a WHERE a.freelancer_id = $1 AND a.state = 'accepted'
AND ($2::text IS NULL OR a.project_id = (SELECT id FROM project WHERE code = $2))
"""
RESTRICTED = """
SELECT count(*) FROM restriction r WHERE r.freelancer_id = $1 AND r.starts_at <= now()
AND least(r.ends_at, coalesce(r.lifted_at, r.ends_at)) > now() - make_interval(days => $2)
AND NOT EXISTS (SELECT FROM appeal p WHERE p.subject = 'restriction' AND p.subject_id = r.id AND p.state = 'upheld')
"""
HELD = """
SELECT floor(extract(epoch FROM coalesce(sum(coalesce(q.revoked_at, now()) - q.granted_at), '0')) / 86400)::int AS days,
       coalesce(bool_or(q.revoked_at IS NULL AND (q.expires_at IS NULL OR q.expires_at > now())), false) AS held
FROM qualification q WHERE q.freelancer_id = $1 AND q.code = $2 AND q.level >= $3 AND q.line >= $4
"""
WEEKS = """
SELECT count(*) AS weeks, count(*) FILTER (WHERE result <> 'missed') AS kept
FROM (SELECT result FROM week_newest WHERE freelancer_id = $1 ORDER BY starts_at DESC LIMIT $2) w
"""
SINCE = "SELECT greatest($1::timestamptz, now() - make_interval(days => $2))"
REVIEWS = """
SELECT (SELECT count(*) FROM audit u WHERE u.auditor_id = $1 AND u.done_at IS NOT NULL)
     + (SELECT count(*) FROM truth t WHERE t.actor = $1 AND t.source = 'dispute')
"""


@dataclass(frozen=True, slots=True)
class Person:
    """Whose evidence is looked at, and for which code. `since`: only exams taken after it count (a qualification lapsed then)."""

    id: UUID
    code: str
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What facts say of one criterion: whether it is met, the figures that it rests on, and what is missing if it is not."""

    met: bool
    figures: Mapping[str, Any]
    missing: Said | None = None


def finding(met: bool, missing: Said, **figures: Any) -> Finding:
    """A finding that says what is missing only where something is."""
    return Finding(met, figures, None if met else missing)


async def exam_passed(person: Person, asked: c.ExamPassed) -> Finding:
    """The best result that is valid still, of those not older than the criterion says."""
    since: datetime | None = await db.scalar(SINCE, person.since, asked.max_age_days)
    best = (await results.of(person.id, since)).get(asked.exam)
    if best is None:
        none = Said("There is no valid result of the exam %(exam)s.", exam=asked.exam)
        if person.since is not None:
            none = Said("There is no valid result of the exam %(exam)s since %(since)s.", exam=asked.exam, since=person.since)
        return finding(False, none)
    taken_at = best.taken_at.isoformat()
    return finding(
        best.passed,
        Said("The exam %(exam)s is not passed.", exam=asked.exam),
        passed=best.passed,
        share=round(best.share, 4),
        taken_at=taken_at,
    )


async def training_finished(person: Person, asked: c.TrainingFinished) -> Finding:
    """All but the trial of the course is done, in whichever version."""
    found = (await training.of(person.id)).get(asked.course)
    missing = Said("The course %(course)s is not finished.", course=asked.course)
    if found is None or found.trained_at is None:
        return finding(False, missing)
    figures = {"first_right": found.first_right, "first_tries": found.first_tries}
    return finding(True, missing, finished_at=found.trained_at.isoformat(), **figures)


async def trial_right(person: Person, asked: c.TrialRight) -> Finding:
    """The first tries in the course's trial."""
    found = (await training.of(person.id)).get(asked.course)
    answered, right = (0, 0) if found is None else (found.trial_answered, found.trial_right)
    low = trials.lower_bound(right, answered, 0.95)
    reached = low if asked.by == "lower_bound" else right / answered if answered else 0.0
    missing = Said("%(what)s are needed.", what=asked.said())
    return finding(
        answered >= asked.tasks and reached >= asked.at_least, missing, answered=answered, right=right, lower_bound=round(low, 4)
    )


async def accuracy_reached(person: Person, asked: c.AccuracyReached) -> Finding:
    """By the person's own published figures (`accuracy.own`): so it tells nobody more of golden answers than those do."""
    own = await accuracy.own(person.id)
    steps = [one for one in own.steps if one.project == asked.project]
    answers, low = sum(one.answers for one in steps), lower_bound(steps)
    at_least = round(asked.at_least * 10_000)
    return finding(
        low is not None and low >= at_least and answers >= asked.answers,
        Said(
            "The lower bound must reach %(bound)s, on %(answers)s answers that could be judged.",
            bound=f"{asked.at_least:.2f}",
            answers=asked.answers,
        ),
        lower_bound=None if low is None else low / 10_000,
        answers=answers,
        as_of=own.as_of.isoformat(),
    )


async def answers_accepted(person: Person, asked: c.AnswersAccepted) -> Finding:
    """Accepted answers up to now."""
    count: int = await db.scalar(ACCEPTED, person.id, asked.project)
    missing = Said("%(count)s more accepted answers are needed.", count=asked.answers - count)
    return finding(count >= asked.answers, missing, accepted=count)


async def unrestricted(person: Person, asked: c.Unrestricted) -> Finding:
    """Restrictions that were in force within the days asked for."""
    count: int = await db.scalar(RESTRICTED, person.id, asked.days)
    missing = Said("A restriction was in force within the last %(days)s days.", days=asked.days)
    return finding(count == 0, missing, restrictions=count)


async def weeks_kept(person: Person, asked: c.WeeksKept) -> Finding:
    """The newest results of the person's last closed weeks."""
    row = await db.row(WEEKS, person.id, asked.of)
    assert row is not None
    missing = Said("%(count)s more of the last %(of)s weeks must be met or excused.", count=asked.kept - row["kept"], of=asked.of)
    return finding(row["kept"] >= asked.kept, missing, weeks=row["weeks"], kept=row["kept"])


async def held_for(person: Person, asked: c.HeldFor) -> Finding:
    """Days for which a qualification was held, at that level and line or above."""
    code = asked.code or person.code
    row = await db.row(HELD, person.id, code, asked.level, asked.line)
    assert row is not None
    missing = (
        Said("%(count)s more days are needed.", count=asked.days - row["days"])
        if row["held"]
        else Said("%(code)s is not held at level %(level)s, line %(line)s.", code=code, level=asked.level, line=asked.line)
    )
    return finding(row["held"] and row["days"] >= asked.days, missing, held=row["held"], days=row["days"])


async def reviews_done(person: Person, asked: c.ReviewsDone) -> Finding:
    """Audits done and disputes settled up to now."""
    count: int = await db.scalar(REVIEWS, person.id)
    return finding(count >= asked.count, Said("%(count)s more reviews are needed.", count=asked.count - count), reviews=count)


Provider = Callable[[Person, Any], Awaitable[Finding]]

PROVIDERS: dict[type, Provider] = {
    c.ExamPassed: exam_passed,
    c.TrainingFinished: training_finished,
    c.TrialRight: trial_right,
    c.AccuracyReached: accuracy_reached,
    c.AnswersAccepted: answers_accepted,
    c.Unrestricted: unrestricted,
    c.WeeksKept: weeks_kept,
    c.HeldFor: held_for,
    c.ReviewsDone: reviews_done,
}
"""Who knows the facts of each kind of criterion."""


async def look(person: Person, asked: c.Criterion) -> Finding:
    """What the facts say of a criterion now; of a kind that nobody knows the facts of it is not met."""
    provider = PROVIDERS.get(type(asked))
    return await provider(person, asked) if provider else finding(False, Said("No facts of this kind are known here."))
