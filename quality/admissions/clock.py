"""What time does to candidacies: reminders, lapses at the candidate's deadline, escalation at ours.

Our delay costs nobody their place. Nothing lapses while a fact about its person is still on its way (an exam that is being sat or graded,
homework that waits for its check, a job that brings a fact), and the time in which homework waited is given back. Where the rules let the
candidate try an exam again, the deadline is after that.
"""

from collections.abc import Sequence
from uuid import UUID

from piecework.platform import db
from piecework.quality.admissions import candidacies, facts, moves, words
from piecework.quality.admissions.candidacies import Candidacy
from piecework.quality.admissions.specs import Stage

BATCH = 200
# Half way, and two days before the deadline. wanted: how many reminders are due by now.
DUE = """
SELECT id FROM candidacy WHERE state = 'open' AND (
    stage IN ('contract', 'training', 'trial')
    OR (turn = 'us' AND (stage IN ('language_exam', 'direction_exam') OR (due_at <= clock_timestamp() AND escalated_at IS NULL)))
    OR (turn = 'candidate' AND (due_at <= clock_timestamp() OR reminders < {wanted})))
AND id > $1 ORDER BY id LIMIT $2"""
WANTED = """
(clock_timestamp() >= turn_at + (due_at - turn_at) / 2)::int + (clock_timestamp() >= greatest(due_at - interval '2 days', turn_at))::int"""
# Homework of the course or trial that the candidacy is at: from its answer to its check, as far as that lies in this turn.
HOMEWORK = """
SELECT greatest(a.answered_at, c.turn_at) AS began, k.checked_at AS ended
FROM candidacy c JOIN admission_document d ON d.id = c.way_in_id
JOIN enrolment e ON e.freelancer_id = c.freelancer_id
    AND e.course_code = d.spec ->> CASE c.stage WHEN 'training' THEN 'course' WHEN 'trial' THEN 'trial' END
JOIN training_answer a ON a.enrolment_id = e.id AND a.correct IS NULL
LEFT JOIN training_check k ON k.answer_id = a.id
WHERE c.id = $1"""
WAITED = f"""
SELECT coalesce(sum(upper(one) - lower(one)), '0') FROM unnest((
    SELECT range_agg(tstzrange(began, ended)) FROM ({HOMEWORK}) h WHERE ended > began)) AS one"""
STANDS = f"""
SELECT clock_timestamp() >= due_at AS over, {WANTED} AS wanted,
       EXISTS (SELECT FROM job j WHERE j.kind = ANY ($2) AND j.payload ->> 'freelancer_id' = c.freelancer_id::text)
       OR EXISTS (SELECT FROM exam_attempt x WHERE x.freelancer_id = c.freelancer_id
                  AND NOT EXISTS (SELECT FROM exam_result r WHERE r.attempt_id = x.id))
       OR EXISTS (SELECT FROM ({HOMEWORK}) h WHERE h.ended IS NULL) AS on_its_way
FROM candidacy c WHERE c.id = $1"""


async def keep_deadlines() -> int:
    """Remind, lapse and escalate what is due; returns how many candidacies were looked at. Run again at once, it changes nothing."""
    seen, after = 0, UUID(int=0)
    while ids := [row["id"] for row in await db.rows(DUE.format(wanted=WANTED), after, BATCH)]:
        await _look(ids)
        seen, after = seen + len(ids), ids[-1]
    return seen


async def _look(ids: Sequence[UUID]) -> None:
    for candidacy_id in ids:
        held = await candidacies.hold(candidacy_id, ended=True)
        if held.state == "open":
            await _keep(await moves.whose_turn(held))


async def _keep(held: Candidacy) -> None:
    if held.stage in (Stage.TRAINING, Stage.TRIAL):
        await candidacies.give_back(held, await db.scalar(WAITED, held.id))
    elif held.turn == words.CANDIDATE:
        await moves.wait_for_retake(held)
    stands = await db.row(STANDS, held.id, list(facts.JOBS.values()))
    assert stands is not None
    if held.turn == words.US:
        if stands["over"] and held.escalated_at is None:
            await candidacies.late(held)
    elif stands["on_its_way"]:
        return
    elif stands["over"]:
        await candidacies.lapse(held)
    elif stands["wanted"] > held.reminders:
        await candidacies.remind(held, stands["wanted"])
