"""Statements of tickets: what they say, to whom, and that the ledger says the same."""

import uuid
from typing import Any

from piecework.payouts.tickets.statement import pseudonym
from piecework.platform import db, money
from piecework.platform.identity.models import Role
from tests.payouts.tickets.ticket_world import answer, figures, holds_end, project, reopen, statement
from tests.world import World, choice_step

SUMS = ("pending", "work", "premiums", "cost", "held", "payable", "released", "clawed_back", "restored", "paid")


async def in_ledger(ticket: str) -> dict[str, int]:
    """Sums of the postings under a ticket by kind of account, as the statement names them."""
    found = await db.rows(
        """SELECT l.kind, -sum(p.amount)::bigint AS amount FROM entry e JOIN posting p ON p.entry_id = e.id
           JOIN ledger_account l ON l.id = p.account_id WHERE e.ticket_id = $1 GROUP BY l.kind""",
        uuid.UUID(ticket),
    )
    sums = {row["kind"]: row["amount"] for row in found}
    # What the project was charged is what is pending and what it cost.
    return {
        **{name: sums.get(name, 0) for name in ("pending", "held", "payable")},
        "cost": -sums.get("task_expense", 0) - sums.get("pending", 0),
    }


async def agrees(world: World, ticket: str) -> dict[str, Any]:
    """The statement, after seeing that its figures are the ledger's and that its lines sum to its totals."""
    shown = await statement(world, ticket)
    total = {name: money.parse(shown["total"][name]) for name in SUMS}
    assert {name: total[name] for name in ("pending", "held", "payable", "cost")} == await in_ledger(ticket)
    assert total["cost"] == total["held"] + total["payable"]
    for name in SUMS:
        assert total[name] == sum(money.parse(line["money"][name]) for line in shown["lines"]), name
    for line in shown["lines"]:
        its = {name: money.parse(line["money"][name]) for name in SUMS}
        assert its["cost"] == its["work"] + its["premiums"] - its["clawed_back"] + its["restored"] == its["held"] + its["payable"]
        entries = [await world.finance.ok("GET", f"/entries/{entry}") for entry in line["entries"]]
        owed = -sum(money.parse(p["amount"]) for e in entries for p in e["postings"] if p["account"] in ("held", "payable"))
        assert owed == its["cost"], "two steps: from the line to its entries, from them to their postings"
        assert {entry["assignment_id"] for entry in entries} <= {line["assignment_id"]}
        assert sum(money.parse(one["amount"]) for one in line["premiums"]) == its["premiums"]
    return shown


async def test_the_figures_are_the_ledgers_at_every_moment_of_a_tickets_life(world: World) -> None:
    await project(world)
    (ticket,) = await world.tickets(1)
    await agrees(world, ticket)
    anna = await world.worker("anna")
    (held,) = await anna.claim()
    shown = await agrees(world, ticket)
    assert [(one["state"], one["price"], one["entries"]) for one in shown["lines"]] == [("held", "2.0000", [])]
    assert (shown["reserved"], shown["committed"], shown["budget"]) == ("2.0000", "2.0000", None)
    await anna.answer(held, {"topic": "a"})
    await world.drain()
    await answer(world, "boris")
    await agrees(world, ticket)
    for claw_back in (True, False):
        await reopen(world, ticket, "classify", claw_back=claw_back)
        await agrees(world, ticket)
        await answer(world, "clara")
        await answer(world, "dora")
        await agrees(world, ticket)
    await holds_end(world)
    shown = await agrees(world, ticket)
    assert [one["number"] for one in shown["reopenings"]] == [1, 2]
    assert [(one["step"], one["iteration"], one["after_reopening"]) for one in shown["lines"]] == [
        ("classify", 1, None), ("reply", 1, None), ("classify", 2, 1), ("reply", 2, 1), ("classify", 3, 2), ("reply", 3, 2),
    ]  # fmt: skip
    assert figures(shown["total"])["cost"] == "20.90", "three rounds of 7.70, less the topic's 2.20 that were clawed back"
    await world.verify()


async def test_answers_that_are_refused_or_wait_cost_nothing(world: World) -> None:
    await world.project(choice_step(overlap=3, max_overlap=3))
    (ticket,) = await world.tickets(1)
    for name, topic in (("anna", "a"), ("boris", "a")):
        await answer(world, name, topic)
    shown = await agrees(world, ticket)
    assert figures(shown["total"]) == {"pending": "5.00"}
    assert (shown["reserved"], shown["committed"]) == ("7.5000", "7.5000")
    reviewed = {"verdict": "reject", "reason": "It is not what was asked."}
    await world.curator.ok("POST", f"/assignments/{shown['lines'][0]['assignment_id']}/review", reviewed)
    await world.drain()
    shown = await agrees(world, ticket)
    assert [(one["state"], one["share"], figures(one["money"])) for one in shown["lines"]] == [
        ("rejected", 0, {}),
        ("submitted", None, {"pending": "2.50"}),
    ]
    assert [one["tariff_version"] for one in shown["lines"]] == [None, None]


async def test_a_requester_sees_pseudonyms_and_the_staff_names(world: World) -> None:
    await project(world)
    first, second = await world.tickets(2)
    await answer(world, "anna")
    await answer(world, "anna")
    seen = {}
    for who in ("requester", "curator", "finance", "administrator"):
        shown = [(await statement(world, ticket, who))["lines"] for ticket in (first, second)]
        seen[who] = {line["who"] for lines in shown for line in lines}
        assert str(world.anna.id) not in str(shown)
    project_id = await db.scalar("SELECT id FROM project")
    assert seen.pop("requester") == {pseudonym(project_id, world.anna.id)}, "one person is one pseudonym"
    assert list(seen.values()) == [{"anna"}] * 3
    assert pseudonym(uuid.uuid4(), world.anna.id) != pseudonym(project_id, world.anna.id)
    assert (await world.anna.call("GET", f"/tickets/{first}/statement")).status_code == 403


async def test_a_requester_sees_pseudonyms_whatever_other_roles_they_have(world: World) -> None:
    world.people["requester"] = await world.person("both", Role.REQUESTER, Role.CURATOR, Role.FINANCE, Role.ADMINISTRATOR)
    await project(world)
    (ticket,) = await world.tickets(1)
    await answer(world, "anna")
    project_id = await db.scalar("SELECT id FROM project")
    seen = [(await statement(world, ticket, who))["lines"][0]["who"] for who in ("requester", "curator")]
    assert seen == [pseudonym(project_id, world.anna.id), "anna"]


async def test_paid_is_what_the_bank_has_confirmed(world: World) -> None:
    """By rows: a statement, what it makes due, the line that takes it, and the bank's word."""
    await project(world, hold_days=0)
    (ticket,) = await world.tickets(1)
    await answer(world, "anna")
    await answer(world, "boris")
    assert "paid" not in figures((await statement(world, ticket))["total"])
    period = await db.scalar("SELECT DISTINCT period_id FROM entry WHERE kind = 'release'")

    async def due(number: int, **origin: uuid.UUID) -> uuid.UUID:
        """A line of a payout that takes what is due."""
        run = await db.scalar(
            "INSERT INTO payout_run (currency, number, execution_on, total, lines) VALUES ('RUB', $1, now(), 22000, 1) RETURNING id",
            number,
        )
        line: uuid.UUID = await db.scalar(
            "INSERT INTO payout_line (run_id, number, freelancer_id, currency, amount) VALUES ($1, 1, $2, 'RUB', 22000) RETURNING id",
            run,
            world.anna.id,
        )
        (column,) = origin
        await db.execute(
            f"INSERT INTO due (freelancer_id, currency, amount, line_id, {column}) VALUES ($1, 'RUB', 22000, $2, $3)",
            world.anna.id,
            line,
            origin[column],
        )
        return line

    async def bank(kind: str, line: uuid.UUID) -> None:
        async with db.transaction():
            made = await db.scalar(
                "INSERT INTO entry (business_key, kind, period_id, effective_at, source_id) VALUES ($1, $2, $3, now(), $4) RETURNING id",
                f"{kind}:{line}", kind, period, line,
            )  # fmt: skip
            account = await db.scalar("SELECT id FROM ledger_account WHERE kind = 'task_expense'")
            await db.execute("INSERT INTO posting (entry_id, account_id, amount) VALUES ($1, $2, 1), ($1, $2, -1)", made, account)

    made = await db.scalar(
        """INSERT INTO statement (period_id, freelancer_id, currency, work, premium, bonus, deduction, rounding, gross, tax, net, regime)
           VALUES ($1, $2, 'RUB', 20000, 2000, 0, 0, 0, 22000, 0, 22000, 'none') RETURNING id""",
        period,
        world.anna.id,
    )
    first = await due(1, statement_id=made)
    assert "paid" not in figures((await statement(world, ticket))["total"]), "ordered is not paid"
    await bank("confirm", first)
    shown = await statement(world, ticket)
    assert figures(shown["total"])["paid"] == figures(shown["lines"][0]["money"])["paid"] == "2.20"
    assert "paid" not in figures(shown["lines"][1]["money"])
    second = await due(2, returned_line=first)
    assert "paid" not in figures((await statement(world, ticket))["total"]), "the bank sent it back"
    await bank("confirm", second)
    assert figures((await statement(world, ticket))["total"])["paid"] == "2.20"


async def test_an_entry_tells_all_that_it_stands_on(world: World) -> None:
    await project(world)
    (ticket,) = await world.tickets(1)
    await answer(world, "anna")
    await answer(world, "boris")
    await reopen(world, ticket, "reply", claw_back=True)
    line = (await statement(world, ticket))["lines"][1]
    entries = [await world.finance.ok("GET", f"/entries/{entry}") for entry in line["entries"]]
    assert [one["kind"] for one in entries] == ["pend", "accrue", "premium", "clawback", "clawback"]
    pend, accrue, premium, back, more = entries
    assert (pend["resolved_by"], accrue["resolves"]) == (accrue["id"], pend["id"])
    assert (back["resolves"], more["resolves"], accrue["resolved_by"]) == (accrue["id"], premium["id"], back["id"])
    assert (premium["rule"], premium["rule_version"], premium["rule_title"]) == ("english", 1, "English")
    assert (back["actor_name"], back["reason"], back["project"]) == ("curator", "The customer got a wrong amount.", "orders")
    assert [(one["account"], one["amount"]) for one in more["postings"]] == [("held", "0.5000"), ("task_expense", "-0.5000")]
    for path, status in (("/entries/999999999", 404), ("/entries/x", 404), ("/entries/-1", 404)):
        assert (await world.finance.call("GET", path)).status_code == status
    assert (await world.requester.call("GET", f"/entries/{back['id']}")).status_code == 403
