"""What follows when a unit is done: pay, the events that candidacies move by, the end of a course. All of it once."""

from collections.abc import Sequence
from uuid import UUID

from piecework.platform import db, jobs, notices, trail
from piecework.platform.said import Said
from piecework.quality.training import enrolments
from piecework.quality.training.definition import Trial
from piecework.quality.training.enrolments import Enrolment, UnitStanding
from piecework.quality.training.judging import can_pass, lower_bound, passes
from piecework.tasks import measures
from piecework.tasks.measures import Measure

TRAINED = "training.finished"
TRIED = "trial.finished"

STORE_DONE = """
INSERT INTO unit_done (enrolment_id, unit, first_tries, first_right) VALUES ($1, $2, $3, $4)
ON CONFLICT ON CONSTRAINT unit_done_pkey DO NOTHING RETURNING done_at
"""
# Only who has a freelancer's account is paid at all.
CREDIT = """
INSERT INTO unit_paid (freelancer_id, course_code, unit, enrolment_id)
SELECT id, $2, $3, $4 FROM account WHERE id = $1 AND 'freelancer' = ANY (roles)
ON CONFLICT ON CONSTRAINT unit_paid_pkey DO NOTHING
"""


async def settle(enrolment: Enrolment) -> list[UnitStanding]:
    """Draw what follows from the answers; returns where the person is now. The caller holds the enrolment."""
    units = (await enrolments.standings([enrolment]))[enrolment.id]
    current = next((one for one in units if one.state in ("open", "waiting")), None)
    if current is None:
        return units
    if isinstance(current.unit, Trial):
        decided = await _trial(enrolment, current, current.unit)
    else:
        decided = current.answered
        if decided:
            await _done(enrolment, current)
            await _trained(enrolment, units, current)
    return await _again(enrolment) if decided else units


async def _again(enrolment: Enrolment) -> list[UnitStanding]:
    now = await enrolments.held(enrolment.id)
    return (await enrolments.standings([now]))[now.id]


async def _trained(enrolment: Enrolment, units: list[UnitStanding], last: UnitStanding) -> None:
    """All but the trial may be done now."""
    if any(one.done is None for one in units if one is not last and not isinstance(one.unit, Trial)):
        return
    await db.execute("UPDATE enrolment SET trained_at = clock_timestamp() WHERE id = $1", enrolment.id)
    await _tell(enrolment, TRAINED)
    counted = [one for one in units if not isinstance(one.unit, Trial)]
    tries, right = sum(one.first_tries for one in counted), sum(one.first_right for one in counted)
    words = [Said("All lessons and tasks are done. Right at the first try: %(right)s of %(tries)s.", right=right, tries=tries)]
    if enrolment.spec.trial is None:
        await _end(enrolment, "finished")
    else:
        words.append(Said("What is left is the trial: %(rule)s", rule=_rule(enrolment.spec.trial)))
    await _notice(enrolment, TRAINED, Said("Training finished: %(course)s", course=enrolment.spec.title), words)


async def _trial(enrolment: Enrolment, current: UnitStanding, trial: Trial) -> bool:
    """Decide a trial by its published numbers: when all of it is answered, or before if it cannot be passed any more."""
    answered, right = current.first_tries, current.first_right
    passed = passes(trial, right, answered)
    if not passed and can_pass(trial, right, answered):
        return False
    words = [Said("Right at the first try: %(right)s of %(tries)s.", right=right, tries=answered)]
    if trial.passing.by == "lower_bound":
        words.append(Said("The lower bound: %(bound)s.", bound=f"{lower_bound(right, answered, trial.passing.level):.3f}"))
    words.append(Said("The rule: %(rule)s", rule=_rule(trial)))
    if passed:
        await _done(enrolment, current)
        await _tell(enrolment, TRIED)
        await _end(enrolment, "finished")
        await _notice(enrolment, TRIED, Said("Trial passed: %(course)s", course=enrolment.spec.title), words)
    else:
        await _end(enrolment, "not_passed")
        again = Said(
            "It cannot be reached with the tasks that are left. You can begin again in %(days)s days, with tasks that you have not met; "
            "what is done stays done.",
            days=trial.again_after_days,
        )
        title = Said("Trial not passed: %(course)s", course=enrolment.spec.title)
        await _notice(enrolment, "trial.not_passed", title, [*words, again])
    return True


def _rule(trial: Trial) -> Said:
    rule = trial.passing
    if rule.by == "share":
        return Said("of %(tasks)s tasks, %(share)s right at the first try.", tasks=trial.draw, share=f"{rule.threshold:.0%}")
    return Said(
        "after %(tasks)s tasks, a lower bound of %(bound)s (%(level)s credible interval) of the probability of being right at the first try.",
        tasks=trial.draw,
        bound=f"{rule.threshold:g}",
        level=f"{rule.level:.0%}",
    )


async def _done(enrolment: Enrolment, one: UnitStanding) -> None:
    done_at = await db.scalar(STORE_DONE, enrolment.id, one.unit.key, one.first_tries, one.first_right)
    if done_at is None:
        return
    await trail.record(None, "training.unit_done", "enrolment", enrolment.id, unit=one.unit.key)
    if one.unit.paid and await db.execute(CREDIT, enrolment.person, enrolment.code, one.unit.key, enrolment.id):
        evidence = {
            "course": enrolment.code,
            "version": enrolment.row["version"],
            "unit": one.unit.key,
            "first_tries": one.first_tries,
            "first_right": one.first_right,
        }
        source = f"unit:{enrolment.code}/{one.unit.key}"
        await measures.record(
            [Measure(enrolment.person, "training", enrolment.row["enrolled_at"], done_at, source, 1, evidence)],
            reason="The unit is done by the course's published rule.",
        )


async def _end(enrolment: Enrolment, ending: str) -> None:
    await db.execute("UPDATE enrolment SET ended_at = clock_timestamp(), ending = $2 WHERE id = $1", enrolment.id, ending)
    await trail.record(None, "training.ended", "enrolment", enrolment.id, ending=ending)


async def _tell(enrolment: Enrolment, event: str) -> None:
    payload = {
        "enrolment_id": str(enrolment.id),
        "freelancer_id": str(enrolment.person),
        "course_code": enrolment.code,
    }
    await jobs.record(event, [(str(enrolment.id), payload)])


async def _notice(enrolment: Enrolment, kind: str, title: Said, words: Sequence[Said]) -> None:
    people: list[UUID] = [enrolment.person]
    await notices.send(people, kind, title, words, link="/me/courses", key=str(enrolment.id))
