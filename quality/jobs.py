"""Background work of quality: grading what was submitted, drawing conclusions anew, deadlines."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from piecework.platform.jobs import Job, JobKind
from piecework.quality.admissions import applying, clock, facts, moves, objecting
from piecework.quality.admitting import decay, decisions, mentors, requests
from piecework.quality.appeals import appeals
from piecework.quality.appeals.subjects import Subject
from piecework.quality.cases import detection
from piecework.quality.checking import trials
from piecework.quality.exams import attempts, deciding
from piecework.quality.golden import keys
from piecework.quality.grading import deadlines, grading, regrading
from piecework.quality.people import estimates, measuring, restarts, standings
from piecework.quality.training import deadlines as training_deadlines
from piecework.tasks import objections


async def grade(jobs: Sequence[Job]) -> None:
    """Answers were submitted: grade their tasks."""
    await grading.grade([UUID(job.key) for job in jobs])


async def verdict(jobs: Sequence[Job]) -> None:
    """Verdicts that were put off are due."""
    await grading.decide_put_off([UUID(job.key) for job in jobs])


async def regrade(jobs: Sequence[Job]) -> None:
    """What is known of tasks changed: judge their answers anew."""
    ids = [UUID(job.payload["task"]) for job in jobs]
    await regrading.regrade(ids)
    await keys.spread(ids)


async def follow(jobs: Sequence[Job]) -> None:
    """What is known of a golden task's original changed, or the other way round: the two share their truth."""
    for job in jobs:
        await keys.follow(UUID(job.payload["leads"]), UUID(job.payload["follows"]))


async def settle(jobs: Sequence[Job]) -> None:
    """Tickets were resolved: what waited for a check that never came is accepted."""
    await grading.settle([UUID(job.key) for job in jobs])


async def replay(jobs: Sequence[Job]) -> None:
    """Evidence was told otherwise: make the standings of those people anew."""
    await standings.replay([(UUID(job.payload["person"]), int(job.payload["step"])) for job in jobs])


async def keep_deadlines(_jobs: Sequence[Job]) -> None:
    """Accept what nobody decided in time."""
    await deadlines.accept_overdue()


async def restart_absent(_jobs: Sequence[Job]) -> None:
    """Who has been away for long is unknown again."""
    await restarts.after_absence()


async def restart_on_device(jobs: Sequence[Job]) -> None:
    """Somebody signed in: from a device that is new, they are unknown again."""
    for job in jobs:
        await restarts.on_new_device(UUID(job.payload["account"]), bytes.fromhex(job.payload["device"]))


async def uphold_overdue(_jobs: Sequence[Job]) -> None:
    """Decide for the freelancer what nobody has answered in time."""
    await appeals.uphold_overdue()


async def end_withdrawn(jobs: Sequence[Job]) -> None:
    """Decisions were withdrawn: so are the appeals against them."""
    for job in jobs:
        await appeals.end_withdrawn(job.payload["subject"], UUID(job.payload["subject_id"]))


async def measure(jobs: Sequence[Job]) -> None:
    """Spans of people's work have ended: record their accuracy as it was published then."""
    for job in jobs:
        since, until = (datetime.fromisoformat(job.payload[name]) for name in ("since", "until"))
        await measuring.measure(UUID(job.payload["person"]), since, until)


async def count_mentoring(jobs: Sequence[Job]) -> None:
    """Weeks have ended: record who mentored whom in them."""
    for job in jobs:
        since, until = (datetime.fromisoformat(job.payload[name]) for name in ("since", "until"))
        await mentors.count(job.payload["week"], since, until)


async def estimate(_jobs: Sequence[Job]) -> None:
    """Look back at all answers of the steps that have new ones."""
    await estimates.estimate_due()


async def detect(_jobs: Sequence[Job]) -> None:
    """Look for cheating in the newest answers."""
    await detection.detect()


async def look_at_admissions(_jobs: Sequence[Job]) -> None:
    """Note who meets all criteria now; escalate what waits too long."""
    await requests.look()


async def let_qualifications_fade(_jobs: Sequence[Job]) -> None:
    """Tell ahead of qualifications that end by the clock, and end them."""
    await decay.look()


async def admission_appealed(jobs: Sequence[Job]) -> None:
    """Appeals were decided: who was refused wrongly is admitted."""
    for job in jobs:
        if job.payload["subject"] == Subject.ADMISSION and job.payload["outcome"] == objections.State.UPHELD:
            await decisions.upheld(UUID(job.payload["subject_id"]))


async def end_exam_attempts(jobs: Sequence[Job]) -> None:
    """The time of attempts is up."""
    await attempts.end_in_time([UUID(job.key) for job in jobs])


async def decide_exam_attempts(jobs: Sequence[Job]) -> None:
    """Attempts have ended: decide them by their exam's rule."""
    for job in jobs:
        await deciding.decide(UUID(job.key))


async def take_fact(kind: str, jobs: Sequence[Job]) -> None:
    """An exam, a contract, training, a trial or an admission of somebody was decided: their candidacies move by it."""
    for job in jobs:
        await moves.take(facts.read(kind, job.key, job.payload))


async def contract_offered(jobs: Sequence[Job]) -> None:
    """Contracts were offered: it is their candidates' turn."""
    for job in jobs:
        await moves.offered(UUID(job.payload["freelancer_id"]))


async def candidacy_appealed(jobs: Sequence[Job]) -> None:
    """Appeals were decided: a candidacy that ended wrongly goes on."""
    for job in jobs:
        if job.payload["subject"] == Subject.CANDIDACY:
            await objecting.settled(UUID(job.payload["subject_id"]), upheld=job.payload["outcome"] == objections.State.UPHELD)


async def keep_candidacies(_jobs: Sequence[Job]) -> None:
    """Remind candidates, end what they let pass, escalate what we do."""
    await clock.keep_deadlines()
    await applying.forget_attempts()


async def remind_of_training(_jobs: Sequence[Job]) -> None:
    """Remind people of their courses, curators of homework that waits."""
    await training_deadlines.remind()


async def try_policy(jobs: Sequence[Job]) -> None:
    """Play a policy on simulated people."""
    for job in jobs:
        await trials.play(job.key)


JOBS = (
    JobKind("quality.grade", grade, batch=100),
    JobKind("quality.verdict", verdict, batch=50),
    JobKind("quality.regrade", regrade, batch=20),
    JobKind("quality.follow", follow),
    JobKind("quality.replay", replay, batch=20),
    JobKind("quality.settle", settle, batch=100),
    JobKind("quality.restart_on_device", restart_on_device, batch=20),
    JobKind("quality.restart_absent", restart_absent, every_s=3600.0),
    JobKind("quality.deadlines", keep_deadlines, every_s=60.0),
    JobKind("quality.mentoring", count_mentoring),
    JobKind("quality.estimate", estimate, every_s=900.0, lease_s=300),
    JobKind("quality.appeals", uphold_overdue, every_s=60.0),
    JobKind("quality.withdrawn", end_withdrawn, batch=20),
    JobKind("quality.measure", measure, batch=20, lease_s=60),
    JobKind("quality.detect", detect, every_s=3600.0, lease_s=300),
    JobKind("quality.admissions", look_at_admissions, every_s=600.0, lease_s=300),
    JobKind("quality.fading", let_qualifications_fade, every_s=86_400.0, lease_s=300),
    JobKind("quality.admission_appealed", admission_appealed),
    JobKind(attempts.TIME_IS_UP, end_exam_attempts, batch=50),
    JobKind(attempts.DECIDE, decide_exam_attempts, batch=5, lease_s=60),
    *(JobKind(name, partial(take_fact, kind)) for kind, name in facts.JOBS.items()),
    JobKind("quality.candidacy_appealed", candidacy_appealed),
    JobKind("quality.contract_offered", contract_offered),
    JobKind("quality.training", remind_of_training, every_s=3600.0, lease_s=300),
    JobKind(trials.JOB, try_policy, lease_s=120),
    JobKind("quality.candidacies", keep_candidacies, every_s=600.0, lease_s=300),
)
SUBSCRIPTIONS = {
    "answer.submitted": ("quality.grade",),
    "ticket.resolved": ("quality.settle",),
    "device.added": ("quality.restart_on_device",),
    "appealable.withdrawn": ("quality.withdrawn",),
    "span.ended": ("quality.measure",),
    "week.ended": ("quality.mentoring",),
    objections.DECIDED: ("quality.admission_appealed", "quality.candidacy_appealed"),
    "exam.decided": (facts.JOBS[facts.EXAM],),
    "contract.offered": ("quality.contract_offered",),
    "contract.accepted": (facts.JOBS[facts.CONTRACT],),
    "training.finished": (facts.JOBS[facts.TRAINING],),
    "trial.finished": (facts.JOBS[facts.TRIAL],),
    "admission.decided": (facts.JOBS[facts.ADMISSION],),
}
