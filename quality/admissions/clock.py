"""What time does to candidacies: reminders, lapses at the candidate's deadline, escalation at ours.

Nothing lapses while a fact about its person is still on its way (an exam that is being sat or graded, a job that brings a fact), so a late
worker costs nobody their place: what was done before the lapse was recorded counts.
"""

from collections.abc import Sequence
from uuid import UUID

from piecework.platform import db
from piecework.quality.admissions import candidacies, facts, moves, words
from piecework.quality.admissions.candidacies import Candidacy

BATCH = 200
# Half way, and two days before the deadline. wanted: how many reminders are due by now.
DUE = """
SELECT id FROM candidacy WHERE state = 'open' AND (
    stage = 'contract'
    OR (turn = 'us' AND due_at <= clock_timestamp() AND escalated_at IS NULL)
    OR (turn = 'candidate' AND (due_at <= clock_timestamp() OR reminders < {wanted})))
AND id > $1 ORDER BY id LIMIT $2"""
WANTED = """
(clock_timestamp() >= turn_at + (due_at - turn_at) / 2)::int + (clock_timestamp() >= greatest(due_at - interval '2 days', turn_at))::int"""
STANDS = f"""
SELECT clock_timestamp() >= due_at AS over, {WANTED} AS wanted,
       EXISTS (SELECT FROM job j WHERE j.kind = ANY ($2) AND j.payload ->> 'freelancer_id' = c.freelancer_id::text)
       OR EXISTS (SELECT FROM exam_attempt x WHERE x.freelancer_id = c.freelancer_id
                  AND NOT EXISTS (SELECT FROM exam_result r WHERE r.attempt_id = x.id)) AS on_its_way
FROM candidacy c WHERE id = $1"""


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
            await _keep(await moves.contract_turn(held))


async def _keep(held: Candidacy) -> None:
    stands = await db.row(STANDS, held.id, list(facts.JOBS.values()))
    assert stands is not None
    if held.turn == words.US:
        if stands["over"] and held.escalated_at is None:
            await candidacies.late(held)
    elif stands["over"]:
        if not stands["on_its_way"]:
            await candidacies.lapse(held)
    elif stands["wanted"] > held.reminders:
        await candidacies.remind(held, stands["wanted"])
