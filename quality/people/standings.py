"""What is known of a person in a step: clearly good, clearly bad, or nothing yet; and how closely they are watched.

Kept answer by answer in the transaction that grades it; replayed from all evidence when some of it is told otherwise. From golden
tasks and audits alone comes a verdict; answers judged by others can at most raise an alarm. A verdict of "clearly bad" opens a case
for a person to decide: it never restricts anybody by itself.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from piecework.platform import db, jobs
from piecework.quality.comparing.comparison import classes, is_compared
from piecework.quality.people import suspicions
from piecework.quality.people.accuracy import AUDIT, CERTAIN, GOLDEN, OVERLAP, Fact
from piecework.quality.statistics import OPEN
from piecework.quality.statistics.drift import DriftState
from piecework.quality.statistics.rate import Rates, Watch, Watching, golden_rate, judged, known, watching
from piecework.quality.statistics.sequential import Progress, Verdict
from piecework.tasks import attention
from piecework.tasks.workflows import StepSpec, read_step

Key = tuple[UUID, int]

LOW_SHARE = 0.2
CLOSE_SHARE = 2.0
"""The golden rate of somebody clearly good, and of somebody under suspicion, as a share of the project's own rate."""

MANY_CLASSES = 5
GOOD_OF_MANY = 0.8
"""With many classes chance is far below, so the bar may be lower: in crowds with hard tasks and wrong keys that spares honest people
(docs/quality.md), and random clickers are still found within 15 golden tasks."""

LOCK = """
WITH wanted AS (SELECT DISTINCT p, s FROM unnest($1::uuid[], $2::bigint[]) AS w (p, s)),
made AS (INSERT INTO standing (freelancer_id, step_id) SELECT p, s FROM wanted ORDER BY p, s ON CONFLICT DO NOTHING)
SELECT 1
"""

READ = """
SELECT st.*, q.control_rate AS step_rate FROM standing st JOIN queue q ON q.step_id = st.step_id
JOIN unnest($1::uuid[], $2::bigint[]) AS w (p, s) ON st.freelancer_id = w.p AND st.step_id = w.s
ORDER BY st.freelancer_id, st.step_id FOR UPDATE OF st
"""

WRITE = """
UPDATE standing SET verdict = n.verdict, log_likelihood_ratio = n.llr, chart = n.chart, alarm = n.alarm, control_rate = n.rate, why = n.why,
       changed_at = CASE WHEN (standing.verdict, standing.alarm) = (n.verdict, n.alarm) THEN changed_at ELSE now() END,
       restarted_at = n.restarted_at
FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::float8[], $5::float8[], $6::boolean[], $7::real[], $8::text[], $9::timestamptz[])
     AS n (p, s, verdict, llr, chart, alarm, rate, why, restarted_at)
WHERE standing.freelancer_id = n.p AND standing.step_id = n.s
"""

OF_PERSON = """
SELECT st.*, q.control_rate AS step_rate FROM standing st JOIN queue q ON q.step_id = st.step_id WHERE st.freelancer_id = $1
"""

HISTORY = """
SELECT e.kind, e.right_count, e.wrong_count, e.probability FROM evidence_now e
JOIN evidence f ON f.assignment_id = e.assignment_id AND f.revision = 1
WHERE e.freelancer_id = $1 AND e.step_id = $2 AND f.recorded_at >= coalesce($3, '-infinity'::timestamptz)
ORDER BY f.seq
"""


async def lock(facts: Sequence[Fact]) -> None:
    """Lock the standings that these facts are about, made if need be.

    Before the facts are stored: so they are stored in the order in which they are taken up, and a replay meets them in that order.
    """
    keys = {(f.freelancer_id, f.step_id) for f in facts}
    if keys:
        await _locked(sorted(keys))


async def advance(told: Sequence[tuple[Fact, int]], steps: Mapping[int, StepSpec]) -> None:
    """Take up new evidence under the lock (see `lock`). What was told otherwise is replayed from the beginning, by a job."""
    fresh: dict[Key, list[Fact]] = defaultdict(list)
    for fact, revision in told:
        if revision == 1 and fact.kind in (GOLDEN, AUDIT, OVERLAP):
            fresh[fact.freelancer_id, fact.step_id].append(fact)
    again = [(fact, revision) for fact, revision in told if revision > 1]
    await jobs.enqueue(
        "quality.replay",
        [(f"{f.assignment_id}:{revision}", {"person": str(f.freelancer_id), "step": f.step_id}) for f, revision in again],
    )
    if not fresh:
        return
    moved = []
    for row in await _read(list(fresh)):
        watch, (rules, size) = _watch(row), rules_of(steps[row["step_id"]])
        for fact in fresh[row["freelancer_id"], row["step_id"]]:
            watch = _step(watch, fact.kind, fact.evidence.right, fact.evidence.wrong, fact.probability, rules, size)
        moved.append((row, watch))
    await _write(moved)


async def replay(keys: Sequence[Key]) -> None:
    """Make standings anew from all the evidence that counts now."""
    found = await db.rows("SELECT id, spec FROM step WHERE id = ANY ($1)", sorted({step_id for _, step_id in keys}))
    steps = {row["id"]: read_step(row["spec"]) for row in found}
    moved = []
    for row in await _locked(keys):
        rules, size = rules_of(steps[row["step_id"]])
        watch = Watch()
        for e in await db.rows(HISTORY, row["freelancer_id"], row["step_id"], row["restarted_at"]):
            watch = _step(watch, e["kind"], e["right_count"], e["wrong_count"], e["probability"], rules, size)
        moved.append((row, watch))
    await _write(moved, anew=True)


async def restart(freelancer_id: UUID, why: str) -> None:
    """Something about a person is new (a device, a long absence): who was known as good is unknown again.

    Only good standing can be lost so: else one would sign in from another device to have one's mistakes forgotten.
    """
    rows = await db.rows(f"{OF_PERSON} AND st.verdict = 'good' ORDER BY st.step_id FOR UPDATE OF st", freelancer_id)
    await _begin_anew(rows, why)


async def forgive(freelancer_id: UUID, step_id: int, why: str) -> None:
    """A person has dismissed the case against somebody found bad: their test starts afresh, and may find them bad again."""
    rows = await db.rows(f"{OF_PERSON} AND st.step_id = $2 AND st.verdict = 'bad' FOR UPDATE OF st", freelancer_id, step_id)
    await _begin_anew(rows, why)


async def _begin_anew(rows: Sequence[Mapping[str, Any]], why: str) -> None:
    now = await db.scalar("SELECT now()")
    await _write([({**dict(row), "restarted_at": now}, Watch()) for row in rows], why=why)


def _step(watch: Watch, kind: str, right: float, wrong: float, probability: float | None, rules: Watching, size: int) -> Watch:
    if kind in CERTAIN:
        return known(watch, right, wrong, rules)
    if kind == OVERLAP and probability is not None:
        return judged(watch, probability, size, rules)
    return watch


def rules_of(step: StepSpec) -> tuple[Watching, int]:
    """The test of a step, and the number of classes that tell chance: those of its first compared field."""
    first = next((classes(field) for field in step.answer if is_compared(field)), OPEN)
    rules = watching(first)
    usual = GOOD_OF_MANY if first == OPEN or first >= MANY_CLASSES else rules.test.good
    good = max(step.checking.good or usual, rules.test.bad + 0.05)
    return Watching(replace(rules.test, good=good), replace(rules.chart, good=good)), first


def _watch(row: Mapping[str, Any]) -> Watch:
    return Watch(Progress(row["log_likelihood_ratio"], Verdict(row["verdict"])), DriftState(row["chart"], row["alarm"]))


async def _locked(keys: Sequence[Key]) -> Sequence[Mapping[str, Any]]:
    people, steps = [person for person, _ in sorted(set(keys))], [step_id for _, step_id in sorted(set(keys))]
    await db.execute(LOCK, people, steps)
    return await _read(keys)


async def _read(keys: Sequence[Key]) -> Sequence[Mapping[str, Any]]:
    return await db.rows(READ, [person for person, _ in sorted(set(keys))], [step_id for _, step_id in sorted(set(keys))])


async def _write(moved: Sequence[tuple[Mapping[str, Any], Watch]], why: str | None = None, *, anew: bool = False) -> None:
    """Store where people stand, how often they get golden tasks from now on, and the cases of those found bad."""
    rates = []
    suspected = await suspicions.watched([row["freelancer_id"] for row, _ in moved])
    closely = [bool({(row["freelancer_id"], row["step_id"]), (row["freelancer_id"], None)} & suspected) for row, _ in moved]
    for (row, watch), close in zip(moved, closely, strict=True):
        high = float(row["step_rate"])
        usual = golden_rate(watch.verdict, alarm=watch.chart.alarm, rates=Rates(high, high * LOW_SHARE))
        rates.append(min(0.5, high * CLOSE_SHARE) if close else usual)
    words = [why or ("the accuracy fell" if w.chart.alarm else f"the test says {w.verdict}") for _, w in moved]
    await db.execute(
        WRITE,
        [row["freelancer_id"] for row, _ in moved],
        [row["step_id"] for row, _ in moved],
        [str(w.verdict) for _, w in moved],
        [w.test.llr for _, w in moved],
        [w.chart.value for _, w in moved],
        [w.chart.alarm for _, w in moved],
        rates,
        words,
        [row["restarted_at"] for row, _ in moved],
    )
    await attention.watch(
        [
            (row["freelancer_id"], row["step_id"], rate, watch.verdict is Verdict.GOOD and not watch.chart.alarm and not close)
            for (row, watch), rate, close in zip(moved, rates, closely, strict=True)
            if anew or row["control_rate"] is None or abs(row["control_rate"] - rate) > 1e-6 or row["verdict"] != watch.verdict
        ]
    )
    for row, watch in moved:
        if watch.verdict is Verdict.BAD and row["verdict"] != Verdict.BAD:
            await suspicions.open_for_accuracy(row["freelancer_id"], row["step_id"], watch.test.llr)
