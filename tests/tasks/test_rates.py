"""Claims take the price of the list in force, by project, step, level and language, and freeze it; GET /work shows it before."""

import asyncio
import uuid
from typing import Any

import pytest

from piecework.platform import db
from piecework.platform.money import parse, text
from tests.quality.golden.golden_world import add, always_golden
from tests.world import Person, World, choice_step


async def price_list(
    *rates: tuple[str, int, str, str], code: str = "orders", starts: str = "-1 hour", ends: str | None = None
) -> uuid.UUID:
    """A list of (step, level, language, price) that starts and ends so long from now."""
    tariff = uuid.uuid4()
    async with db.transaction():
        await db.execute(
            """INSERT INTO rate_list (project_id, starts_at, ends_at, tariff_id)
               SELECT id, clock_timestamp() + $2::text::interval, clock_timestamp() + $3::text::interval, $4 FROM project WHERE code = $1""",
            code, starts, ends, tariff,
        )  # fmt: skip
        for step, level, language, price in rates:
            await db.execute("INSERT INTO rate VALUES ($1, $2, $3, $4, $5)", tariff, step, level, language, parse(price))
    return tariff


async def terms(held: dict[str, Any]) -> tuple[str, uuid.UUID | None, int, str]:
    """What a claim froze."""
    row = await db.row("SELECT price, tariff_id, level, language FROM assignment WHERE id = $1", uuid.UUID(held["id"]))
    assert row is not None
    return text(row["price"]), row["tariff_id"], row["level"], row["language"]


async def shown(person: Person) -> dict[str, Any]:
    (work,) = (await person.ok("GET", "/work"))["work"]
    return dict(work)


class TestClaims:
    async def test_without_a_list_a_claim_takes_the_steps_own_price(self, world: World) -> None:
        await world.project()
        await world.tickets(1)
        (held,) = await (await world.worker("anna", "orders:2")).claim()
        assert (held["price"], await terms(held)) == ("2.5000", ("2.5000", None, 2, "en"))

    @pytest.mark.parametrize(
        ("level", "language", "price"),
        [
            (1, "en", "2.00"),
            (2, "en", "2.00"),
            (3, "en", "3.00"),
            (9, "ru", "3.00"),
            (1, "de", "4.00"),
            (3, "de", "4.00"),
            (5, "de", "5.00"),
        ],
    )
    async def test_the_price_is_that_of_the_level_and_the_tickets_language(
        self, world: World, level: int, language: str, price: str
    ) -> None:
        await world.project()
        await world.tickets(1, language=language)
        tariff = await price_list(
            ("classify", 1, "", "2.00"), ("classify", 3, "", "3.00"), ("classify", 1, "de", "4.00"), ("classify", 5, "de", "5.00")
        )
        (held,) = await (await world.worker("anna", f"orders:{level}")).claim()
        assert await terms(held) == (text(parse(price)), tariff, level, language)
        assert held["price"] == text(parse(price))

    async def test_a_step_that_the_list_does_not_name_keeps_its_own_price_under_it(self, world: World) -> None:
        await world.project()
        await world.tickets(1)
        tariff = await price_list(("other", 1, "", "9.00"))
        (held,) = await (await world.worker("anna")).claim()
        assert await terms(held) == ("2.5000", tariff, 1, "en")

    async def test_each_project_has_its_own_list(self, world: World) -> None:
        await world.project()
        await world.project(code="taxi")
        await world.tickets(1)
        await world.tickets(1, "taxi")
        await price_list(("classify", 1, "", "3.00"))
        await price_list(("classify", 1, "", "4.00"), code="taxi")
        held = await (await world.worker("anna")).claim(2)
        assert {one["project"]: one["price"] for one in held} == {"orders": "3.0000", "taxi": "4.0000"}

    async def test_a_list_counts_from_its_start_to_its_end(self, world: World) -> None:
        await world.project()
        await world.tickets(3)
        anna = await world.worker("anna")
        await price_list(("classify", 1, "", "3.00"), starts="1 hour")
        assert [one["price"] for one in await anna.claim()] == ["2.5000"]
        await price_list(("classify", 1, "", "4.00"), starts="-2 hours", ends="1 hour")
        assert [one["price"] for one in await anna.claim()] == ["4.0000"]
        await world.as_owner("UPDATE rate_list SET ends_at = now() WHERE ends_at IS NOT NULL")
        assert [one["price"] for one in await anna.claim()] == ["2.5000"]

    async def test_a_list_that_begins_between_claim_and_submit_changes_nothing(self, world: World) -> None:
        await world.project(choice_step(overlap=1))
        await world.tickets(2)
        anna = await world.worker("anna")
        before = await price_list(("classify", 1, "", "3.00"))
        (held,) = await anna.claim()
        after = await price_list(("classify", 1, "", "1.00"), starts="-1 second")
        reply = await anna.answer(held, {"topic": "a"}, next={"count": 1})
        await world.drain()
        assert await terms(held) == ("3.0000", before, 1, "en")
        assert await db.scalar("SELECT state FROM assignment WHERE id = $1", uuid.UUID(held["id"])) == "accepted"
        (following,) = reply.json()["next"]
        assert await terms(following) == ("1.0000", after, 1, "en")

    async def test_while_lists_change_every_claim_has_the_price_of_the_list_that_it_names(self, world: World) -> None:
        await world.project(choice_step(overlap=50))
        await world.tickets(20)
        people = await world.crowd(20)
        lists = {await price_list(("classify", 1, "", "2.00"), starts="-1 day"): parse("2")}
        async with world.connections(1) as (first,):
            await first.fetch("SELECT * FROM claim($1, 1, NULL)", people[0])
        lists[await price_list(("classify", 1, "", "2.50"), starts="-1 ms")] = parse("2.50")

        async def change() -> None:
            for number in range(40):
                lists[await price_list(("classify", 1, "", f"3.{number:02}"), starts="-1 ms")] = parse(f"3.{number:02}")

        async with world.connections(10) as connections:

            async def claims(number: int) -> None:
                for person in people[number::10]:
                    for _ in range(50):
                        await connections[number].fetch("SELECT * FROM claim($1, 1, NULL)", person)

            await asyncio.gather(change(), *(claims(number) for number in range(10)))
        rows = await db.rows("SELECT tariff_id, price, count(*) AS n FROM assignment GROUP BY 1, 2")
        assert sum(row["n"] for row in rows) == 20 * 20
        assert [row for row in rows if lists[row["tariff_id"]] != row["price"]] == []
        assert len(rows) > 1


class TestGolden:
    async def test_a_golden_task_is_priced_like_the_ordinary_task_that_it_displaces(self, world: World) -> None:
        """Level, language, list and price are those of the task in whose place it came: what it repeats has no say."""
        await world.project(choice_step(overlap=2), control_rate=0.5)
        await add(world, "a known one")
        await world.tickets(2, language="de")
        tariff = await price_list(("classify", 1, "", "2.00"), ("classify", 1, "de", "4.00"))
        await always_golden()
        anna = await world.worker("anna", "orders:2")
        (held,) = await anna.claim()
        assert await db.scalar("SELECT ticket_id IS NULL FROM task WHERE id = $1", uuid.UUID(held["task_id"]))
        assert await terms(held) == ("4.0000", tariff, 2, "de")
        pay_ticket = await db.scalar("SELECT pay_ticket FROM assignment WHERE id = $1", uuid.UUID(held["id"]))
        assert await db.scalar("SELECT language FROM ticket WHERE id = $1", pay_ticket) == "de"
        assert "ticket_id" not in held
        assert "pay_ticket" not in held

    async def test_golden_and_ordinary_tasks_come_at_the_same_prices(self, world: World) -> None:
        """Languages take turns; whichever kind a person gets, the prices follow the queue's order. Some forty golden tasks come."""
        await world.project(choice_step(overlap=6), control_rate=0.5)
        for number in range(12):
            await add(world, f"known {number}")
        for number in range(12):
            await world.tickets(1, first=number, language="de" if number % 2 else "en")
        await price_list(("classify", 1, "", "2.00"), ("classify", 1, "de", "4.00"))
        await db.execute("UPDATE queue SET control_rate = 0.5")
        prices: dict[bool, set[str]] = {True: set(), False: set()}
        for number in range(12):
            anna = await world.worker(f"anna{number}", max_held=20)
            for held in await anna.claim(8):
                golden = await db.scalar("SELECT ticket_id IS NULL FROM task WHERE id = $1", uuid.UUID(held["task_id"]))
                prices[golden].add(held["price"])
        assert prices == {True: {"2.0000", "4.0000"}, False: {"2.0000", "4.0000"}}


class TestShownBefore:
    async def test_what_work_shows_is_what_a_claim_gets(self, world: World) -> None:
        await world.project()
        await world.tickets(1)
        await world.tickets(1, first=1, language="de")
        await price_list(
            ("classify", 1, "", "2.00"), ("classify", 2, "", "2.20"), ("classify", 1, "de", "4.00"), ("classify", 1, "fr", "2.20")
        )
        anna = await world.worker("anna", "orders:2")
        work = await shown(anna)
        assert (work["price"], work["by_language"]) == (
            "2.2000",
            [{"language": "de", "price": "4.0000", "estimated_per_hour": None}],
        )
        assert {(await terms(held))[3]: held["price"] for held in await anna.claim(2)} == {"en": "2.2000", "de": "4.0000"}

    async def test_a_language_with_a_price_only_for_higher_levels_is_not_promised(self, world: World) -> None:
        await world.project()
        await world.tickets(1)
        await price_list(("classify", 5, "de", "4.00"))
        assert (await shown(await world.worker("anna")))["by_language"] == []
        assert (await shown(await world.worker("vera", "orders:5")))["by_language"][0]["price"] == "4.0000"

    async def test_without_a_list_it_is_the_steps_own_price(self, world: World) -> None:
        await world.project()
        await world.tickets(1)
        work = await shown(await world.worker("anna"))
        assert (work["price"], work["by_language"], work["estimated_per_hour"]) == ("2.5000", [], None)
