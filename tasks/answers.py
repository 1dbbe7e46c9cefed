"""Answers: accepted once, under the lease, in one statement that may also claim the next tasks."""

import hashlib
from dataclasses import dataclass
from uuid import UUID

import orjson

from piecework.platform import db, jobs
from piecework.platform.errors import NotFound, Problem
from piecework.tasks import queries
from piecework.tasks.claims import Floors, as_json, read_token
from piecework.tasks.errors import AlreadyAnswered, LeaseEnded, StaleLease, SubmissionReused
from piecework.tasks.fields import Answer
from piecework.tasks.steps import StepCache

SUBMITTED = "answer.submitted"

REFUSALS: dict[str, type[Problem]] = {
    "not_found": NotFound,
    "stale_token": StaleLease,
    "answered": AlreadyAnswered,
    "reused": SubmissionReused,
    "expired": LeaseEnded,
    "released": LeaseEnded,
    "skipped": LeaseEnded,
    "escalated": LeaseEnded,
}


@dataclass(frozen=True, slots=True)
class Submission:
    """One answer as its author sends it. `submission_id` is made by the client before sending, once per answer."""

    assignment_id: UUID
    submission_id: UUID
    lease_token: str
    answer: Answer
    next_count: int = 0
    next_project: UUID | None = None


async def submit(steps: StepCache, floors: Floors, me: UUID, submission: Submission) -> tuple[bytes, bool]:
    """Store the answer; returns the reply's JSON and whether it is the replay of an earlier one.

    Guaranteed: accepted iff the lease is current by the database's clock; at most one answer per assignment; a retry with the
    same submission_id gets the same reply; when this returns, the answer is durable and its grading is queued.

    Raises:
        Invalid: the answer does not fit the step's schema.
        NotFound, StaleLease, LeaseEnded, AlreadyAnswered, SubmissionReused: see there. Nothing was changed.
    """
    step_id, token = read_token(submission.lease_token)
    step = steps.known(step_id)
    if step is None:
        try:
            step = await steps.get(step_id)
        except NotFound:
            raise StaleLease from None
    step.schema.check(submission.answer)
    body = orjson.dumps(submission.answer, option=orjson.OPT_SORT_KEYS)
    found = await db.rows(
        queries.SUBMIT,
        me,
        submission.assignment_id,
        step_id,
        token,
        submission.submission_id,
        body.decode(),
        hashlib.sha256(body).digest(),
        jobs.subscribers(SUBMITTED),
        submission.next_count,
        submission.next_project,
        on=db.FREELANCER,
    )
    outcome = found[0]["outcome"]
    if outcome not in ("submitted", "replayed"):
        raise REFUSALS[outcome]
    following = [row for row in found if row["id"] is not None]
    if outcome == "submitted":
        floors.count(row["step_id"] for row in following)
    at = found[0]["submitted_at"].isoformat().replace("+00:00", "Z")
    reply = b'{"assignment_id":"%s","state":"submitted","submitted_at":"%s","next":%s}' % (
        str(submission.assignment_id).encode(),
        at.encode(),
        await as_json(steps, following),
    )
    return reply, outcome == "replayed"
