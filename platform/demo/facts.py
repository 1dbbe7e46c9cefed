"""What the demonstration found, in one object: printed for people and for programs from the same numbers."""

from dataclasses import asdict, dataclass, field
from typing import Any

from piecework.platform import db, money
from piecework.platform.demo.actors import Worker
from piecework.platform.demo.client import Client
from piecework.platform.demo.stage import Stage
from piecework.quality.statistics.people import combine

STATES = ("pending", "held", "payable", "clearing", "tax", "paid")


@dataclass(slots=True)
class PersonFacts:
    """One simulated freelancer: what is true of them, and what the platform came to believe."""

    name: str
    true_accuracy: float
    estimated_accuracy: float
    low: float
    high: float
    answers: int
    earned: str


@dataclass(slots=True)
class Facts:
    """Everything."""

    tickets: int = 0
    resolved_tickets: int = 0
    stuck_tickets: int = 0
    tasks: int = 0
    golden_tasks: int = 0
    answers: int = 0
    accepted: int = 0
    rejected: int = 0
    mean_confidence: float = 0.0
    correct_tickets: float = 0.0
    seconds: float = 0.0
    repeated_calls: int = 0
    intake: dict[str, int] = field(default_factory=dict)
    people: list[PersonFacts] = field(default_factory=list)
    curators: dict[str, int] = field(default_factory=dict)
    overlap: dict[str, Any] = field(default_factory=dict)
    appeal: dict[str, Any] | None = None
    deduction: dict[str, Any] = field(default_factory=dict)
    reopened: dict[str, Any] = field(default_factory=dict)
    weeks: list[dict[str, Any]] = field(default_factory=list)
    payout: dict[str, Any] = field(default_factory=dict)
    statements: dict[str, Any] = field(default_factory=dict)
    money: dict[str, str] = field(default_factory=dict)
    sums: dict[str, str] = field(default_factory=dict)
    reports: list[str] = field(default_factory=list)
    invariants: list[dict[str, Any]] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """True if every invariant held and every sum matched."""
        return all(one["ok"] for one in self.invariants)

    def as_json(self) -> dict[str, Any]:
        """The object for programs."""
        return asdict(self)


async def count(facts: Facts) -> None:
    """Tickets, tasks and answers, from the database."""
    row = await db.row(
        """SELECT (SELECT count(*) FROM ticket) AS tickets,
                  (SELECT count(*) FROM ticket WHERE state = 'resolved') AS resolved_tickets,
                  (SELECT count(*) FROM ticket WHERE state = 'stuck') AS stuck_tickets,
                  (SELECT count(*) FROM task) AS tasks, (SELECT count(*) FROM golden) AS golden_tasks,
                  (SELECT count(*) FROM answer) AS answers,
                  (SELECT count(*) FROM assignment WHERE state = 'accepted') AS accepted,
                  (SELECT count(*) FROM assignment WHERE state = 'rejected') AS rejected,
                  (SELECT coalesce(avg(confidence), 0) FROM task WHERE ticket_id IS NOT NULL AND state = 'resolved') AS mean_confidence"""
    )
    assert row is not None
    for name, value in row.items():
        setattr(facts, name, value)


FIXED = 5
"""The overlap that dynamic overlap is compared with: what is usual where everybody's answer counts the same."""


async def overlap() -> dict[str, Any]:
    """What dynamic overlap saved against asking for `FIXED` answers to every task of those steps."""
    row = await db.row(
        """SELECT count(*) AS tasks, coalesce(sum(n.answers), 0)::bigint AS answers, coalesce(sum(n.answers * q.price), 0)::bigint AS price,
                  coalesce(sum($1 * q.price), 0)::bigint AS fixed
           FROM task t JOIN step s ON s.id = t.step_id JOIN queue q ON q.step_id = s.id CROSS JOIN LATERAL (
               SELECT count(*) AS answers FROM assignment a
               WHERE a.task_id = t.id AND a.state IN ('submitted', 'accepted', 'rejected')) n
           WHERE t.ticket_id IS NOT NULL AND t.state = 'resolved' AND (s.spec->>'max_overlap')::int > (s.spec->>'overlap')::int""",
        FIXED,
    )
    assert row is not None
    return {
        "tasks": row["tasks"],
        "answers": row["answers"],
        "answers_at_fixed_overlap": FIXED * row["tasks"],
        "price": money.text(row["price"]),
        "price_at_fixed_overlap": money.text(row["fixed"]),
    }


async def people(stage: Stage, workers: list[Worker]) -> list[PersonFacts]:
    """Each person's accuracy over all steps, from the evidence that a curator can read, and their earnings, as they can."""
    found: list[PersonFacts] = []
    for worker in workers:
        actor = worker.actor
        steps = (await stage.staff["curator"].call("GET", f"/freelancers/{stage.ids[actor.email]}/accuracy"))["steps"]
        kinds = [kind for step in steps for kind in step["evidence"]]
        known = [kind for kind in kinds if kind["kind"] in ("golden", "audit")]
        told = [kind for kind in kinds if kind not in known]
        sums = [sum(kind[name] for kind in listed) for listed in (known, told) for name in ("right", "wrong")]
        estimate = combine(*sums)
        earned = sum((await earnings(stage.actors[actor.email])).values())
        answers = sum(kind["answers"] for kind in kinds)
        found.append(
            PersonFacts(
                actor.name,
                actor.skill,
                round(estimate.mean, 4),
                round(estimate.low, 4),
                round(estimate.high, 4),
                answers,
                money.text(earned),
            )
        )
    return found


async def earnings(client: Client) -> dict[str, int]:
    """A person's money by state, in minor units."""
    listed = (await client.call("GET", "/me/earnings"))["earnings"]
    return {state: sum(money.parse(one[state]) for one in listed) for state in STATES}
