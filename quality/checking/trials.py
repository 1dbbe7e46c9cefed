"""Trying a step's rules on simulated people before anybody works by them: one job a policy, its figures kept for whoever asks again.

The same policy played on the same people gives the same figures, so a trial is found by what was asked.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from piecework.platform import db, jobs
from piecework.platform.money import UNIT
from piecework.quality.comparing.comparison import classes, is_compared
from piecework.quality.simulator.models import Method, Policy, Population
from piecework.quality.simulator.report import Figures, run
from piecework.quality.statistics import OPEN
from piecework.quality.statistics.sequential import GOOD_ACCURACY, bad_accuracy
from piecework.tasks.workflows import StepSpec

JOB = "quality.try"
SEED = 1
TASKS = 600
OPEN_CLASSES = 5
"""So many classes stand for answers of no known set."""
CURATOR = 5
"""What a curator's decision costs, in answers."""
LADDER = ((1, 1, 0.9), (2, 2, 0.9), (3, 3, 0.9), (5, 5, 0.9), (2, 5, 0.8), (2, 5, 0.9), (2, 5, 0.97))
"""What a step's rules are compared with: least and most answers, and the confidence at which asking stops."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A policy that was asked for; no figures until it was played."""

    policy: Policy
    figures: Figures | None


def policy_of(step: StepSpec, control_rate: float, name: str = "policy") -> Policy:
    """A step's rules as the simulator knows them: what it does not know (part payment, review days) is left out.

    Raises:
        ValueError: they contradict each other.
    """
    price = step.price / UNIT
    size = classes_of(step)
    ceiling = None if step.checking.cost_ceiling is None else step.checking.cost_ceiling / UNIT
    return Policy(
        name=name,
        overlap_min=step.overlap,
        overlap_max=step.most_answers,
        target=step.confidence,
        consensus=Method.MAJORITY if step.checking.method in ("majority", "weighted") else Method.VOTE,
        curator_when_unsure=True,
        golden_high=control_rate,
        golden_low=control_rate / 5,
        audit_high=step.checking.audit_rate,
        audit_low=step.checking.audit_rate,
        good_accuracy=max(step.checking.good or GOOD_ACCURACY, bad_accuracy(size) + 0.05),
        price=price,
        audit_price=price * CURATOR,
        ceiling=ceiling,
    )


def ladder(policy: Policy) -> list[Policy]:
    """The policy with other overlaps, fixed and dynamic."""
    return [
        policy.model_copy(update={"name": f"{least}" if least == most else f"{least}–{most}, {target:.0%}"}
                          | {"overlap_min": least, "overlap_max": most, "target": target})
        for least, most, target in LADDER
    ]  # fmt: skip


def classes_of(step: StepSpec) -> int:
    """The number of classes of the step's first compared field."""
    first = next((classes(field) for field in step.answer if is_compared(field)), OPEN)
    return OPEN_CLASSES if first == OPEN else min(first, 100)


def population(step: StepSpec) -> Population:
    """The simulator's mixed crowd, over tasks with as many classes as the step has."""
    return Population(classes=classes_of(step), tasks=TASKS)


async def ask(policies: Sequence[Policy], people: Population) -> None:
    """Have these policies played, those that nobody has asked for before."""
    asked = [(_key(one, people), _inputs(one, people)) for one in policies]
    await db.execute(
        "INSERT INTO policy_trial (key, inputs) SELECT * FROM unnest($1::text[], $2::jsonb[]) ON CONFLICT DO NOTHING",
        [key for key, _ in asked],
        [inputs for _, inputs in asked],
    )
    found = await db.rows(
        "SELECT key FROM policy_trial WHERE key = ANY ($1) AND figures IS NULL ORDER BY key", [key for key, _ in asked]
    )
    await jobs.enqueue(JOB, [(row["key"], {}) for row in found])


async def find(policies: Sequence[Policy], people: Population) -> list[Trial] | None:
    """What is known of these policies, in their order; None if nobody asked for all of them."""
    keys = [_key(one, people) for one in policies]
    found = {
        row["key"]: row["figures"] for row in await db.rows("SELECT key, figures FROM policy_trial WHERE key = ANY ($1)", keys)
    }
    if not set(keys) <= set(found):
        return None
    return [
        Trial(one, Figures.model_validate_json(found[key]) if found[key] else None)
        for one, key in zip(policies, keys, strict=True)
    ]


async def play(key: str) -> None:
    """Play one policy and keep its figures."""
    text = await db.scalar("SELECT inputs FROM policy_trial WHERE key = $1 AND figures IS NULL", key)
    if text is None:
        return
    inputs = orjson.loads(text)
    policy, people = Policy.model_validate(inputs["policy"]), Population.model_validate(inputs["people"])
    figures = await asyncio.to_thread(run, policy, people, SEED)  # pure computing, seconds of it: others' jobs go on meanwhile
    await db.execute(
        "UPDATE policy_trial SET figures = $2::jsonb, done_at = now() WHERE key = $1", key, figures.model_dump_json()
    )


def _inputs(policy: Policy, people: Population) -> str:
    nameless = policy.model_copy(update={"name": "policy"})
    return orjson.dumps(
        {"policy": nameless.model_dump(mode="json"), "people": people.model_dump(mode="json")}, option=orjson.OPT_SORT_KEYS
    ).decode()


def _key(policy: Policy, people: Population) -> str:
    return hashlib.sha256(_inputs(policy, people).encode()).hexdigest()
