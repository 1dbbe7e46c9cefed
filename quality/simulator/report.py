"""What a played policy comes to: figures, and a table of them."""

from collections.abc import Sequence

import numpy as np
from pydantic import BaseModel

from piecework.quality.simulator.crowd import Person
from piecework.quality.simulator.models import Group, Policy, Population
from piecework.quality.simulator.play import Played, play
from piecework.quality.statistics import ACCURACY_PRIOR
from piecework.quality.statistics.beta import update


class Spread(BaseModel):
    """Median and 95th percentile; null without anybody to count."""

    median: float | None
    p95: float | None


class GroupFigures(BaseModel):
    """One group of people, on average over them."""

    name: str
    people: int
    sanctioned: int
    answers: float
    """Golden ones included."""
    golden_answers: float
    accuracy: float | None
    """Right answers to ordinary tasks; null without any."""
    golden_accuracy: float | None
    """Right answers to golden tasks. Higher than `accuracy` if people know which tasks are golden."""
    estimate: float
    """The estimated accuracy, from golden tasks, audits and overlap."""
    golden_estimate: float
    """The same from golden tasks and audits alone."""
    alarms: int
    decided_after: Spread
    """Answers until the first verdict, of those who got one."""
    pay: Spread
    """Money earned until sanctioned, or until the end."""


class Figures(BaseModel):
    """One policy. Money is in the unit of the policy's prices; a ticket has one task."""

    policy: Policy
    accuracy: float
    """Share of all tasks whose result is right."""
    curator_share: float
    """Share of the tasks that a curator decided or audited."""
    answers_per_ticket: float
    golden_per_ticket: float
    decisions_per_ticket: float
    """Curators' decisions: audits, unsure tasks, golden tasks made."""
    cost_per_ticket: float
    undecided: int
    honest_people: int
    honest_sanctioned: int
    honest_sanctioned_per_1000: float
    cheats: int
    cheats_sanctioned: int
    cheats_pay: Spread
    cheats_decided_after: Spread
    groups: list[GroupFigures]


def run(policy: Policy, population: Population, seed: int) -> Figures:
    """Play a policy and count."""
    return figures(policy, population, play(policy, population, seed))


def figures(policy: Policy, population: Population, played: Played) -> Figures:
    """What was played, counted."""
    tasks = population.tasks
    right = sum(result == task.truth for result, task in zip(played.results, played.done, strict=True))
    answers, golden, decisions = played.answers / tasks, played.golden_answers / tasks, played.decisions / tasks
    honest = [person for person in played.people if person.group.is_honest]
    cheats = [person for person in played.people if not person.group.is_honest]
    bad = _sanctioned(honest)
    return Figures(
        policy=policy,
        accuracy=right / tasks,
        curator_share=sum(played.by_curator) / tasks,
        answers_per_ticket=answers,
        golden_per_ticket=golden,
        decisions_per_ticket=decisions,
        cost_per_ticket=(answers + golden) * policy.price + decisions * policy.audit_price,
        undecided=played.undecided,
        honest_people=len(honest),
        honest_sanctioned=bad,
        honest_sanctioned_per_1000=1000 * bad / max(1, len(honest)),
        cheats=len(cheats),
        cheats_sanctioned=_sanctioned(cheats),
        cheats_pay=_spread([person.given * policy.price for person in cheats]),
        cheats_decided_after=_spread([person.sanctioned_after for person in cheats if person.sanctioned_after is not None]),
        groups=[_group(policy, group, played.people) for group in population.groups],
    )


def _group(policy: Policy, group: Group, people: Sequence[Person]) -> GroupFigures:
    members = [person for person in people if person.group == group]
    golden = [update(ACCURACY_PRIOR, p.golden_evidence.right, p.golden_evidence.wrong).mean for p in members]
    return GroupFigures(
        name=group.name,
        people=len(members),
        sanctioned=_sanctioned(members),
        answers=float(np.mean([person.given for person in members])),
        golden_answers=float(np.mean([person.golden_given for person in members])),
        accuracy=_share(sum(person.right for person in members), sum(person.given - person.golden_given for person in members)),
        golden_accuracy=_share(sum(person.golden_right for person in members), sum(person.golden_given for person in members)),
        estimate=float(np.mean([person.estimate for person in members])),
        golden_estimate=float(np.mean(golden)),
        alarms=sum(person.alarms for person in members),
        decided_after=_spread([person.decided_after for person in members if person.decided_after is not None]),
        pay=_spread([person.given * policy.price for person in members]),
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _sanctioned(people: Sequence[Person]) -> int:
    return sum(person.sanctioned_after is not None for person in people)


def _spread(values: Sequence[float]) -> Spread:
    if not values:
        return Spread(median=None, p95=None)
    median, p95 = np.quantile(values, (0.5, 0.95))
    return Spread(median=float(median), p95=float(p95))


HEADER = (
    "policy",
    "accuracy",
    "answers",
    "golden",
    "curator",
    "cost",
    "honest out",
    "cheats out",
    "pay med",
    "pay p95",
    "found med",
    "p95",
)


def table(found: Sequence[Figures]) -> str:
    """The figures as aligned text, one line a policy, with a legend."""
    rows = [HEADER, *(_row(one) for one in found)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER))]
    lines = [
        "  ".join([row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))])
        for row in rows
    ]
    legend = (
        "answers, golden answers, curators' decisions and cost are per ticket of one task; pay: what cheats earned until they were out,\n"
        "or until the end; found: answers until they were out, of those who were. Cheats are all who are not counted as honest."
    )
    return "\n".join([*lines, "", legend])


def _row(one: Figures) -> tuple[str, ...]:
    return (
        one.policy.name,
        f"{one.accuracy:.3f}",
        f"{one.answers_per_ticket:.2f}",
        f"{one.golden_per_ticket:.2f}",
        f"{one.decisions_per_ticket:.2f}",
        f"{one.cost_per_ticket:.2f}",
        f"{one.honest_sanctioned}/{one.honest_people}",
        f"{one.cheats_sanctioned}/{one.cheats}",
        _shown(one.cheats_pay.median),
        _shown(one.cheats_pay.p95),
        _shown(one.cheats_decided_after.median),
        _shown(one.cheats_decided_after.p95),
    )


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}"
