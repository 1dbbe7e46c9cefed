"""What grading comes to: collected task by task, written at the end in set-based statements."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from piecework.quality.grading import audits, delays, golden_states
from piecework.quality.grading.audits import Plan, Request
from piecework.quality.grading.judging import Judgement
from piecework.quality.people import accuracy, standings
from piecework.quality.people.accuracy import Fact
from piecework.tasks import decisions
from piecework.tasks.decisions import Basis, Resolution, Verdict
from piecework.tasks.fields import Answer
from piecework.tasks.workflows import StepSpec

CHANCE = random.SystemRandom()
"""Which answers are audited must not be foreseen by the people who give them."""


@dataclass(frozen=True, slots=True)
class Given:
    """One answer."""

    assignment_id: UUID
    freelancer_id: UUID
    answer: Answer
    state: str
    ended_at: datetime
    passed: Mapping[str, bool] = field(default_factory=dict)
    """By field, whether it passed its audit: of the words that cannot be compared there is nothing else to know."""


@dataclass(slots=True)
class Grades:
    """The outcome of a batch of grading."""

    steps: dict[int, StepSpec] = field(default_factory=dict)
    """The steps that the facts are about."""
    verdicts: list[Verdict] = field(default_factory=list)
    resolved: list[Resolution] = field(default_factory=list)
    disputed: list[UUID] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    more: list[tuple[UUID, int]] = field(default_factory=list)
    audits: list[Request] = field(default_factory=list)
    quarantined: list[UUID] = field(default_factory=list)
    retired: list[UUID] = field(default_factory=list)
    later: list[tuple[UUID, int, timedelta]] = field(default_factory=list)
    """Answers to control tasks whose verdict must wait as an ordinary one would: with their step and its review period."""

    def decide(self, one: Given, judgement: Judgement, basis: Basis, actor: UUID | None = None) -> None:
        """Note the verdict on an answer."""
        self.verdicts.append(Verdict(one.assignment_id, judgement.share, basis, judgement.reason, judgement.explanation, actor))

    def sample(self, task: Mapping[str, Any], one: Given, rate: float, value: float) -> None:
        """Draw an accepted answer for an audit, with this probability."""
        if rate > 0 and CHANCE.random() < rate:
            self.audits.append(
                Request(one.assignment_id, one.freelancer_id, task["id"], task["step_id"], task["project_id"], Plan.RANDOM, value)
            )

    async def write(self, *, again: bool = False) -> None:
        """Carry everything out in the current transaction; with `again` decisions made before may become better."""
        await standings.lock(self.facts)
        await standings.advance(await accuracy.record(self.facts), self.steps)
        await audits.lapse(await decisions.decide(self.verdicts, again=again))
        await decisions.resolve(self.resolved)
        await decisions.dispute(self.disputed)
        await audits.request(self.audits)
        await golden_states.retire(self.retired)
        await delays.put_off(self.later)
        await golden_states.quarantine(self.quarantined)
        await decisions.want_more(self.more)
