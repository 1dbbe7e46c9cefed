"""The worked example of the guide: a ticket that is reopened, clawed back, objected to and released, with its figures."""

from piecework.platform.identity.models import Role
from tests.payouts.tickets.ticket_world import answer, figures, holds_end, project, reopen, statement
from tests.world import World


async def test_a_ticket_from_its_first_answer_to_the_end_of_its_holds(world: World) -> None:
    await project(world, ticket_budget="16.00")
    (ticket,) = await world.tickets(1)

    # Anna chooses the topic, Boris answers: 2.00 and 5.00, 10 % more for English. All of it is on hold.
    await answer(world, "anna")
    boris = await answer(world, "boris")
    shown = await statement(world, ticket)
    assert (shown["state"], shown["budget"], shown["committed"]) == ("resolved", "16.0000", "7.0000")
    assert figures(shown["total"]) == {"work": "7.00", "premiums": "0.70", "cost": "7.70", "held": "7.70"}

    # The reply was wrong. It is done anew, and Boris's money, still on hold, goes back to the project.
    await reopen(world, ticket, "reply", claw_back=True)
    shown = await statement(world, ticket)
    assert figures(shown["total"]) == {
        "work": "7.00", "premiums": "0.70", "clawed_back": "5.50", "cost": "2.20", "held": "2.20",
    }  # fmt: skip
    assert (shown["reserved"], shown["committed"]) == ("5.0000", "12.0000")

    # Clara answers anew: the top-up.
    await answer(world, "clara")
    shown = await statement(world, ticket)
    assert shown["state"] == "resolved"
    assert figures(shown["total"])["cost"] == "7.70"
    assert [(one["number"], one["redo"], one["top_up"]) for one in shown["reopenings"]] == [(1, ["reply"], "5.5000")]

    # Boris objects and is right: his 5.50 are payable at once.
    appeal = await world.boris.ok("POST", "/appeals", {"subject": "clawback", "id": boris, "words": "The amount was right."})
    other = await world.person("olga", Role.CURATOR)
    await other.ok("POST", f"/appeals/{appeal['id']}/decision", {"decision": "uphold", "reply": "It was right."})
    await world.drain()
    assert figures((await statement(world, ticket))["total"]) == {
        "work": "12.00", "premiums": "1.20", "clawed_back": "5.50", "restored": "5.50", "cost": "13.20", "held": "7.70", "payable": "5.50",
    }  # fmt: skip

    # Seven days after the ticket's end the holds of the others end.
    await holds_end(world)
    shown = await statement(world, ticket)
    assert figures(shown["total"]) == {
        "work": "12.00", "premiums": "1.20", "clawed_back": "5.50", "restored": "5.50", "cost": "13.20",
        "payable": "13.20", "released": "7.70",
    }  # fmt: skip
    lines = [(one["who"], one["step"], one["iteration"], one["after_reopening"], figures(one["money"])) for one in shown["lines"]]
    released = {"payable": "5.50", "released": "5.50"}
    assert lines == [
        ("anna", "classify", 1, None, {"work": "2.00", "premiums": "0.20", "cost": "2.20", "payable": "2.20", "released": "2.20"}),
        ("boris", "reply", 1, None, {"work": "5.00", "premiums": "0.50", "cost": "5.50", "clawed_back": "5.50", "restored": "5.50",
                                     "payable": "5.50"}),
        ("clara", "reply", 2, 1, {"work": "5.00", "premiums": "0.50", "cost": "5.50", **released}),
    ]  # fmt: skip
    await world.verify()
