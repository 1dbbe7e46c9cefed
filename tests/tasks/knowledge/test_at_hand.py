"""Articles found from the task at hand: by its most telling words, alike for every kind of task."""

from typing import Any

import pytest

from piecework.platform import db
from tests.tasks.knowledge.test_search import many
from tests.world import Person, World, choice_step

ARTICLES = {
    "refunds": ("ru", "Возврат денег", "Возврат идёт пять дней. Заказ отменяет оператор."),
    "courier": ("ru", "Курьер не приехал", "Курьер опоздал: предложите промокод. Заказ остаётся."),
    "receipt": ("ru", "Чек и счёт", "Чек приходит на почту. Заказ закрыт."),
    "password": ("en", "Lost password", "Send a link. The order stays."),
    "delivery": ("en", "Late delivery", "The courier is late. The order stays."),
}
COMPLAINT = "Здравствуйте! Курьера жду третий час, отмените мой заказ и сделайте возврат денег на карту"


async def knowledge_base(world: World, **project: Any) -> dict[str, str]:
    """A project with articles; their names by id."""
    await world.project(choice_step(overlap=5), **project)
    ids = {}
    for name, (language, title, body) in ARTICLES.items():
        article = {"title": title, "body": body, "language": language}
        ids[(await world.requester.ok("POST", "/projects/orders/articles", article))["id"]] = name
    return ids


async def at_hand(person: Person, assignment: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await person.ok("GET", f"/assignments/{assignment['id']}/articles"))["items"]
    return found


class TestTelling:
    async def test_the_articles_that_share_the_rarest_words_come_first(self, world: World) -> None:
        ids = await knowledge_base(world)
        await world.tickets(1, text=COMPLAINT, language="ru")
        anna = await world.worker("anna")
        (held,) = await anna.claim()
        found = await at_hand(anna, held)
        assert [ids[one["id"]] for one in found] == ["refunds", "courier"]  # "заказ" is everywhere and tells nothing
        assert set(found[0]) == {"id", "version", "language", "title", "at", "snippet"}
        article = await anna.ok("GET", f"/projects/orders/articles/{found[0]['id']}")
        assert article["title"] == "Возврат денег"

    async def test_a_text_that_shares_nothing_finds_nothing(self, world: World) -> None:
        await knowledge_base(world)
        await world.tickets(1, text="xyzzy 'q\\' | & ! ( :* <-> \"")
        anna = await world.worker("anna")
        (held,) = await anna.claim()
        assert await at_hand(anna, held) == []

    async def test_words_of_every_shape_are_looked_for_safely(self, world: World) -> None:
        await knowledge_base(world)
        odd = "it's o''neil c:\\x\\y https://x.example/a?b='c' a|b & !c :* café №45"
        article = {"title": "Odd", "body": odd, "language": "en"}
        made = await world.requester.ok("POST", "/projects/orders/articles", article)
        await world.tickets(1, text=odd)
        anna = await world.worker("anna")
        (held,) = await anna.claim()
        assert [one["id"] for one in await at_hand(anna, held)] == [made["id"]]

    async def test_an_archived_article_is_not_found(self, world: World) -> None:
        ids = await knowledge_base(world)
        for article, name in ids.items():
            if name == "refunds":
                await world.requester.ok("POST", f"/projects/orders/articles/{article}/archive", {"reason": "out of date"})
        await world.tickets(1, text=COMPLAINT)
        anna = await world.worker("anna")
        (held,) = await anna.claim()
        found = [ids[one["id"]] for one in await at_hand(anna, held)]
        assert found[0] == "courier"
        assert "refunds" not in found

    async def test_among_five_thousand_it_is_found_within_a_second(self, world: World) -> None:
        ids = await knowledge_base(world)
        await many(world, 5_000)
        await world.tickets(1, text=f"{COMPLAINT}. Опоздал, промокод не нужен, возврат! " + "возврат карта чек пароль " * 500)
        anna = await world.worker("anna")
        (held,) = await anna.claim()
        found = await at_hand(anna, held)
        assert len(found) == 5
        assert {ids.get(one["id"]) for one in found[:2]} == {
            "courier",
            "refunds",
        }  # few words of the rare ones, many of the common


class TestWhose:
    async def test_only_the_holder_may_ask_and_only_while_they_hold_it(self, world: World) -> None:
        await knowledge_base(world)
        await world.tickets(1, text=COMPLAINT)
        anna, boris = await world.worker("anna"), await world.worker("boris")
        (held,) = await anna.claim()
        assert (await boris.call("GET", f"/assignments/{held['id']}/articles")).status_code == 404
        assert (await world.curator.call("GET", f"/assignments/{held['id']}/articles")).status_code == 403
        assert (await anna.answer(held, {"topic": "a"})).status_code == 200
        assert (await anna.call("GET", f"/assignments/{held['id']}/articles")).status_code == 404

    async def test_who_still_holds_a_task_may_read_after_the_qualification_has_ended(self, world: World) -> None:
        await knowledge_base(world)
        await world.tickets(1, text=COMPLAINT)
        anna = await world.worker("anna")
        (held,) = await anna.claim()
        await world.curator.ok("POST", f"/freelancers/{anna.id}/qualifications/orders/revoke", {"reason": "no more"})
        (first, _) = await at_hand(anna, held)
        assert (await anna.call("GET", f"/projects/orders/articles/{first['id']}")).status_code == 200
        assert (await anna.answer(held, {"topic": "a"})).status_code == 200
        assert (await anna.call("GET", f"/projects/orders/articles/{first['id']}")).status_code == 404


class TestGolden:
    @pytest.mark.timeout(60)
    async def test_a_control_task_finds_what_an_ordinary_one_with_its_text_finds(self, world: World) -> None:
        await knowledge_base(world, control_rate=0.5)
        golden = {"step": "classify", "input": {"text": COMPLAINT}, "answers": [{"answer": {"topic": "a"}}]}
        for number in range(5):
            await world.curator.ok("POST", "/projects/orders/golden", golden | {"input": {"text": f"{COMPLAINT} {number}"}})
        await world.tickets(30, text=f"{COMPLAINT} 5")
        anna = await world.worker("anna", max_held=50)
        held = [one for _ in range(2) for one in await anna.claim(10)]
        kinds = {
            str(row["id"]): row["ticket_id"] is None
            for row in await db.rows("SELECT a.id, t.ticket_id FROM assignment a JOIN task t ON t.id = a.task_id")
        }
        assert {kinds[one["id"]] for one in held} == {True, False}
        replies = {kinds[one["id"]]: (await anna.call("GET", f"/assignments/{one['id']}/articles")).content for one in held}
        assert replies[True] == replies[False]
        tickets = [str(row["id"]) for row in await db.rows("SELECT id FROM ticket")]
        assert not any(ticket.encode() in replies[False] for ticket in tickets)
