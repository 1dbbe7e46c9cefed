"""The decision on an attempt: by the published rule alone, told in numbers, and open to objection where it was not passed.

Once an appeal is upheld, somebody without a hand in the questions marks the attempt again: points are given, with a reason for each
question, never taken away, and the same rule decides. Nobody passes anybody in another way; the database refuses it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from piecework.platform import db, jobs, notices, trail
from piecework.platform.errors import Invalid, NotFound
from piecework.platform.said import Said, together
from piecework.quality.errors import NotImpartial
from piecework.quality.exams import attempts
from piecework.quality.exams.definition import ExamSpec, read_exam
from piecework.quality.exams.errors import NotUpheld
from piecework.quality.exams.questions import read_question
from piecework.quality.exams.scoring import ERROR_KINDS, Outcome, Score, outcome, score
from piecework.tasks import objections
from piecework.tasks.decisions import WHOLE

DECIDED = "exam.decided"
SUBJECT = "exam"

ENDED = """
SELECT t.*, e.spec, e.version, e.author FROM exam_attempt t JOIN exam e ON e.id = t.exam_id
WHERE t.id = $1 AND t.finished_at IS NOT NULL FOR UPDATE OF t
"""

STORE = """
INSERT INTO exam_result (attempt_id, revision, scored, possible, low, high, passed, words, actor, reason, valid_until)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""

STORE_SCORES = """
INSERT INTO exam_score (attempt_id, revision, n, share, errors, reason)
SELECT $1, $2, s.n, s.share, s.errors::jsonb, s.reason
FROM unnest($3::smallint[], $4::smallint[], $5::text[], $6::text[]) AS s (n, share, errors, reason)
"""

SCORED = """
SELECT s.n, s.share, s.errors, s.reason, q.points FROM exam_score s
JOIN exam_attempt_question q ON q.attempt_id = s.attempt_id AND q.n = s.n
WHERE s.attempt_id = $1 AND s.revision = $2 ORDER BY s.n
"""

# Who says what is right of the questions, and who wrote the exam.
HANDS = """
SELECT DISTINCT q.author FROM exam_attempt_question a JOIN exam_question q ON q.id = a.question_id WHERE a.attempt_id = $1
"""

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Marked:
    """What a question was marked with."""

    n: int
    points: int
    score: Score
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Again:
    """A question marked again: its points now, and why."""

    n: int
    points: float
    reason: str


async def decide(attempt_id: UUID) -> None:
    """Decide an attempt that has ended, once."""
    row = await db.row(ENDED, attempt_id)
    if row is None or await _newest(attempt_id):
        return
    marked = [
        Marked(one["n"], one["points"], score(read_question(one["content"]), _read(one["body"])))
        for one in await attempts.asked(attempt_id)
    ]
    spec, result = await _store(row, 1, marked, None, None)
    until = None if result.passed else await _note(row, spec, result, marked)
    await _tell(row, spec, result, marked, until)


async def mark_again(actor: UUID, attempt_id: UUID, marks: Sequence[Again], reason: str) -> bool:
    """Mark questions again after an appeal was upheld, once; the rest stays as it was. Returns whether the exam is passed now.

    Raises:
        NotFound: there is no such attempt that has ended. NotImpartial: see there.
        NotUpheld: no appeal against it was upheld, or it was marked again before.
        Invalid: a question is none of the attempt's, or would have fewer points than before or more than there are.
    """
    row = await db.row(ENDED, attempt_id)
    if row is None:
        raise NotFound
    noted = await objections.noted(SUBJECT, attempt_id)
    if noted is None or noted.state != objections.State.UPHELD or await _newest(attempt_id) != 1:
        raise NotUpheld
    if actor == row["freelancer_id"] or actor in noted.involved:
        raise NotImpartial
    before = {
        one["n"]: Marked(one["n"], one["points"], Score(one["share"], _read(one["errors"]) or {}))
        for one in await db.rows(SCORED, attempt_id, 1)
    }
    marked = {**before, **{one.n: _marked(place, one, before.get(one.n)) for place, one in enumerate(marks)}}
    spec, result = await _store(row, 2, list(marked.values()), actor, reason)
    await trail.record(actor, "exam_attempt.marked_again", "exam_attempt", attempt_id, reason=reason, passed=result.passed)
    await _tell(row, spec, result, list(marked.values()), None, reason)
    return result.passed


def _marked(place: int, again: Again, before: Marked | None) -> Marked:
    share = 0 if before is None else int(again.points * WHOLE / before.points + 1e-6)
    if before is None or not before.score.share <= share <= WHOLE:
        message = Said("A question of the attempt, with no fewer points than it had and no more than there are.")
        raise Invalid(errors=[{"field": f"marks.{place}", "code": "does_not_fit", "message": message}])
    return Marked(again.n, before.points, Score(share, before.score.errors), again.reason)


async def _newest(attempt_id: UUID) -> int:
    """The newest revision of the result, 0 if there is none."""
    return int(await db.scalar("SELECT coalesce(max(revision), 0) FROM exam_result WHERE attempt_id = $1", attempt_id))


async def _store(
    row: Row, revision: int, marked: Sequence[Marked], actor: UUID | None, reason: str | None
) -> tuple[ExamSpec, Outcome]:
    spec = read_exam(row["spec"])
    result = outcome(spec.passing, [(one.points, one.score.share) for one in marked])
    await db.execute(
        STORE,
        row["id"],
        revision,
        result.scored,
        result.possible,
        result.interval.low,
        result.interval.high,
        result.passed,
        words(spec, result, marked),
        actor,
        reason,
        row["finished_at"] + timedelta(days=spec.valid_days),
    )
    await db.execute(
        STORE_SCORES,
        row["id"],
        revision,
        [one.n for one in marked],
        [one.score.share for one in marked],
        [orjson.dumps(dict(one.score.errors)).decode() for one in marked],
        [one.reason for one in marked],
    )
    payload = {
        "attempt_id": str(row["id"]),
        "freelancer_id": str(row["freelancer_id"]),
        "exam_code": row["exam_code"],
        "passed": result.passed,
        "revision": revision,
    }
    await jobs.record(DECIDED, [(f"{row['id']}:{revision}", payload)])
    return spec, result


async def _note(row: Row, spec: ExamSpec, result: Outcome, marked: Sequence[Marked]) -> datetime:
    listed = [
        Said(
            "%(number)s: %(points)s of %(possible)s",
            number=one.n,
            points=points(one.points * one.score.share),
            possible=one.points,
        )
        for one in marked
    ]
    return await objections.note(
        SUBJECT,
        row["id"],
        row["freelancer_id"],
        words=together(sentences(spec, result, marked)),
        evidence={
            "exam": Said("%(code)s version %(version)s", code=row["exam_code"], version=row["version"]),
            "attempt": str(row["id"]),
            "questions": together(listed, ", "),
        },
        involved={row["author"], *(hand["author"] for hand in await db.rows(HANDS, row["id"]))},
        within=timedelta(days=spec.appeal_days),
    )


async def _tell(
    row: Row, spec: ExamSpec, result: Outcome, marked: Sequence[Marked], until: datetime | None, reason: str | None = None
) -> None:
    lines: list[str | Said] = [*([reason] if reason else []), *sentences(spec, result, marked)]
    if until is not None:
        lines.append(
            Said(
                "You may appeal until %(until)s: POST /appeals, subject %(subject)s, id %(id)s.",
                until=until,
                subject=SUBJECT,
                id=str(row["id"]),
            )
        )
    exam = {"ru": spec.title.ru, "en": spec.title.en}
    title = Said("%(exam)s: passed", exam=exam) if result.passed else Said("%(exam)s: not passed", exam=exam)
    kind = "exam.decided" if reason is None else "exam.marked_again"
    await notices.send([row["freelancer_id"]], kind, title, lines, link="/me/attempts", key=str(row["id"]))


def words(spec: ExamSpec, result: Outcome, marked: Sequence[Marked]) -> str:
    """The decision in numbers, in English."""
    return " ".join(map(str, sentences(spec, result, marked)))


def sentences(spec: ExamSpec, result: Outcome, marked: Sequence[Marked]) -> list[Said]:
    """The decision in numbers: points, the rule, the interval, the errors by kind. Nothing of what was asked or is right."""
    rule, found = spec.passing, result.interval
    told = [
        Said(
            "%(points)s of %(possible)s points, %(share)s.",
            points=points(result.scored),
            possible=result.possible // WHOLE,
            share=percent(result.share),
        )
    ]
    interval = Said(
        "from %(low)s to %(high)s (%(level)s credible interval of being right)",
        low=percent(found.low),
        high=percent(found.high),
        level=percent(rule.level),
    )
    least = percent(rule.threshold)
    if rule.by == "share":
        told.append(
            Said("The rule: at least %(least)s of the points. For comparison: %(interval)s.", least=least, interval=interval)
        )
    else:
        told.append(
            Said(
                "The rule: the lower end of the interval is at least %(least)s. It reaches %(interval)s.",
                least=least,
                interval=interval,
            )
        )
    told += [_errors(one) for one in marked if one.score.errors]
    told.append(Said("Passed.") if result.passed else Said("Not passed."))
    return told


KINDS = {
    "spelling": Said("spelling"),
    "missing": Said("missing"),
    "extra": Said("extra"),
    "punctuation": Said("punctuation"),
    "capital": Said("capital"),
}
"""The kinds of errors in a dictation, as people are told of them."""


def _errors(one: Marked) -> Said:
    listed = together([Said("%(kind)s %(count)s", kind=KINDS[kind], count=one.score.errors[kind]) for kind in ERROR_KINDS], ", ")
    return Said("Errors in question %(number)s: %(listed)s.", number=one.n, listed=listed)


def points(scored: int) -> str:
    """1/10,000 of a point as a number of points."""
    return f"{scored / WHOLE:g}"


def percent(share: float) -> str:
    """A share in percent, rounded down to a tenth: what is below the threshold never looks as if it reached it."""
    return f"{int(share * 1_000 + 1e-9) / 10:g} %"


def _read(text: str | None) -> Any:
    return None if text is None else orjson.loads(text)
