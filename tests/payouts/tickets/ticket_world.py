"""A project with a tariff and a premium, its people, and its tickets on their way."""

from typing import Any

from piecework.platform import db
from tests.payouts.tariffs.tariff_world import announce, item, per_step
from tests.world import World, choice_step

HOLD = {"hold_until": "resolved", "hold_days": 7, "hold_most_days": 14}
REASON = "The customer got a wrong amount."


async def english_premium() -> None:
    """A rule in force: 10 % more for tickets in English."""
    await db.execute(
        """INSERT INTO pay_rule (code, version, kind, title, words, spec, starts_at, author_id, approver_id, approved_at, announced_at, state)
           SELECT 'english', 1, 'language', 'English', 'Tickets in English pay ten per cent more.',
                  '{"kind": "language", "languages": ["en"], "percent": 1000}', now(), f.id, a.id, now(), now(), 'approved'
           FROM account f JOIN account a ON f.name = 'finance' AND a.name = 'administrator'"""
    )


async def project(world: World, **terms: Any) -> None:
    """classify for 2.00 and then reply for 5.00, held until the ticket is resolved and 7 days more; English pays 10 % more."""
    await world.project(
        choice_step(overlap=1, price="2.00"), choice_step(key="reply", overlap=1, price="5.00", after=["classify"])
    )
    await announce(world, per_step(item("2.00"), item("5.00", "reply"), **HOLD | terms))
    await english_premium()


async def answer(world: World, name: str, topic: str = "a") -> str:
    """The next task, claimed and answered by this person; the assignment's id."""
    person = world.people.get(name) or await world.worker(name)
    (held,) = await person.claim()
    assert (await person.answer(held, {"topic": topic})).is_success
    await world.drain()
    return str(held["id"])


async def reopen(world: World, ticket: str, *redo: str, claw_back: bool = False) -> None:
    """The curator takes the ticket up again."""
    await world.curator.ok("POST", f"/tickets/{ticket}/reopen", {"reason": REASON, "redo": list(redo), "claw_back": claw_back})
    await world.drain()


async def holds_end(world: World) -> None:
    """Tickets that are resolved were resolved eight days sooner, and whoever waits for that looks again."""
    await db.execute("UPDATE ticket SET resolved_at = resolved_at - interval '8 days' WHERE state = 'resolved'")
    await db.execute("UPDATE job SET run_at = now(), key = key || ':sooner' WHERE kind = 'payouts.release'")
    await world.drain()


async def statement(world: World, ticket: str, who: str = "finance") -> dict[str, Any]:
    """The ticket's statement as somebody sees it."""
    return dict(await world.people[who].ok("GET", f"/tickets/{ticket}/statement"))


def figures(money: dict[str, str]) -> dict[str, str]:
    """What is not zero, without trailing noughts."""
    return {name: amount[:-2] for name, amount in money.items() if amount != "0.0000"}
