"""What a freelancer is told of prices before they work: those in force and those announced."""

from tests.payouts.tariffs.tariff_world import announce, draft, in_days, item, pace, per_step, time_passes
from tests.world import World, choice_step


async def test_a_change_is_seen_ahead_with_its_reason_the_price_now_and_then(world: World) -> None:
    await world.project()
    anna = await world.worker("anna", "orders:3")
    await pace("orders", "classify", 45)
    await announce(world, per_step(item("2.40"), item("2.60", level=2), item("3.00", language="de"), reason="the first list"))
    await announce(
        world,
        per_step(item("2.20"), reason="shorter tickets since October", starts_at=in_days(4), hold_until="resolved", hold_days=1),
    )
    await draft(world, per_step(item("9.99")))
    (mine,) = (await anna.ok("GET", "/me/tariffs"))["items"]
    assert (mine["project"], mine["step"], mine["title"], mine["level"]) == ("orders", "classify", "Choose the topic", 3)
    now = mine["now"]
    assert (now["version"], now["why"], now["price"], now["estimated_per_hour"]) == (1, "the first list", "2.6000", "208.0000")
    assert now["by_language"] == [{"language": "de", "price": "3.0000", "estimated_per_hour": "240.0000"}]
    assert (now["hold_until"], now["hold_days"]) == ("accepted", 0)
    (then,) = mine["announced"]
    assert (then["version"], then["why"], then["price"]) == (2, "shorter tickets since October", "2.2000")
    assert in_days(3.99) < then["since"] < in_days(4.01)
    assert then["announced_at"] > now["announced_at"]
    assert (then["by_language"], then["hold_until"], then["hold_days"], then["hold_most_days"]) == ([], "resolved", 1, 14)


async def test_the_end_of_a_list_is_announced_as_the_return_of_the_steps_own_price(world: World) -> None:
    await world.project()
    anna = await world.worker("anna")
    await announce(world, per_step(item("3.10"), ends_at=in_days(5)))
    (mine,) = (await anna.ok("GET", "/me/tariffs"))["items"]
    assert [(one["version"], one["price"], one["why"]) for one in mine["announced"]] == [(None, "2.5000", None)]
    await time_passes(world, 6)
    (mine,) = (await anna.ok("GET", "/me/tariffs"))["items"]
    assert (mine["now"]["version"], mine["now"]["price"], mine["announced"]) == (None, "2.5000", [])


async def test_only_projects_that_one_is_qualified_for_are_shown(world: World) -> None:
    await world.project()
    await world.project(choice_step(qualification="music"), code="songs")
    await world.project(choice_step(level=2), code="harder")
    anna = await world.worker("anna")
    assert [one["project"] for one in (await anna.ok("GET", "/me/tariffs"))["items"]] == ["orders"]
    nobody = await world.person("nobody")
    assert await nobody.ok("GET", "/me/tariffs") == {"items": []}


async def test_what_is_shown_before_is_what_the_claim_freezes(world: World) -> None:
    await world.project()
    await world.tickets(2, language="de")
    anna = await world.worker("anna", "orders:2")
    await announce(world, per_step(item("2.40"), item("2.60", level=2), item("3.00", level=2, language="de")))
    (mine,) = (await anna.ok("GET", "/me/tariffs"))["items"]
    (work,) = (await anna.ok("GET", "/work"))["work"]
    (held,) = await anna.claim()
    assert mine["now"]["by_language"][0]["price"] == work["by_language"][0]["price"] == held["price"] == "3.0000"
    assert mine["now"]["price"] == work["price"] == "2.6000"
