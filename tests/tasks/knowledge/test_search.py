"""Search: stems in both languages, weights, safe snippets, and that the index is used among 5,000 articles."""

import random
import uuid
from typing import Any

import orjson
import pytest

from piecework.platform import db
from piecework.tasks.knowledge import search
from tests.traceless import nothing_changes
from tests.world import World

RUSSIAN = {
    "refunds": ("Возвраты по заказу", "Возвраты денег идут пять дней. Оператор проверяет номер заказа и карту покупателя."),
    "courier": ("Курьер опоздал", "Если курьер задерживается, предложите покупателю промокод. О возврате речи нет."),
    "fir": ("Ёлка не пришла", "Ёлки доставляют в декабре."),
}
ENGLISH = {
    "refund": ("Refunds for orders", "Refunding takes five days. Check the order R-1234 and the card."),
    "password": ("Lost passwords", "Send a link to the customer. It is no refund."),
}
KINDS = ("возврат", "карта", "курьер", "пароль", "чек", "refund", "card", "courier", "password", "invoice")


async def knowledge_base(world: World) -> dict[str, str]:
    """A few articles in both languages; their ids by name."""
    await world.project()
    ids = {}
    for language, articles in (("ru", RUSSIAN), ("en", ENGLISH)):
        for name, (title, body) in articles.items():
            article = {"title": title, "body": body, "language": language}
            ids[name] = (await world.requester.ok("POST", "/projects/orders/articles", article))["id"]
    return ids


async def ask(world: World, question: str, **query: Any) -> list[dict[str, Any]]:
    page = await world.curator.ok("GET", "/projects/orders/articles", params={"q": question, **query})
    found: list[dict[str, Any]] = page["items"]
    return found


async def names(world: World, ids: dict[str, str], question: str, **query: Any) -> list[str]:
    by_id = {value: key for key, value in ids.items()}
    return [by_id[one["id"]] for one in await ask(world, question, **query)]


class TestWords:
    async def test_any_form_of_a_word_finds_the_others(self, world: World) -> None:
        ids = await knowledge_base(world)
        for question in ("возврат", "возвраты", "возврата", "ВОЗВРАТАМИ"):
            assert await names(world, ids, question) == ["refunds", "courier"]
        for question in ("refund", "refunds", "Refunding"):
            assert await names(world, ids, question) == ["refund", "password"]

    async def test_a_word_in_the_title_weighs_more_than_one_in_the_body(self, world: World) -> None:
        ids = await knowledge_base(world)
        body = {"title": "Other", "body": "password " * 3, "language": "en"}
        ids["body"] = (await world.requester.ok("POST", "/projects/orders/articles", body))["id"]
        assert await names(world, ids, "password") == ["password", "body"]

    async def test_e_with_and_without_dots_are_one_letter(self, world: World) -> None:
        ids = await knowledge_base(world)
        assert await names(world, ids, "елка") == await names(world, ids, "ёлки") == ["fir"]

    async def test_it_reads_questions_as_a_web_search_does(self, world: World) -> None:
        ids = await knowledge_base(world)
        assert await names(world, ids, "возврат -карта") == ["courier"]
        assert await names(world, ids, '"номер заказа"') == ["refunds"]
        assert await names(world, ids, '"заказа номер"') == []
        assert set(await names(world, ids, "курьер or password")) == {"courier", "password"}
        assert await names(world, ids, "R-1234") == ["refund"]

    async def test_a_language_can_be_asked_for(self, world: World) -> None:
        ids = await knowledge_base(world)
        assert await names(world, ids, "возврат or refund", language="en") == ["refund", "password"]

    async def test_a_question_that_says_nothing_finds_nothing(self, world: World, subtests: pytest.Subtests) -> None:
        await knowledge_base(world)
        async with nothing_changes():
            for question in ["и не", "the", "&|!()", "'", "\\", ":*", "<->", "-", '"', "%", "\u200b", "💸"]:
                with subtests.test(question=question):
                    assert await ask(world, question) == []

    async def test_too_long_or_empty_a_question_is_refused(self, world: World) -> None:
        await knowledge_base(world)
        for question in ("", "x" * 201):
            reply = await world.curator.call("GET", "/projects/orders/articles", params={"q": question})
            assert (reply.status_code, reply.json()["code"]) == (422, "invalid")

    async def test_other_projects_are_not_searched(self, world: World) -> None:
        await knowledge_base(world)
        await world.requester.ok("POST", "/projects", {"code": "other", "name": "Other", "control_rate": 0.0})
        page = await world.requester.ok("GET", "/projects/other/articles", params={"q": "refund"})
        assert page["items"] == []


class TestSnippets:
    async def test_a_snippet_shows_the_place_in_plain_text(self, world: World) -> None:
        await knowledge_base(world)
        (found, _) = await ask(world, "возвраты")
        assert found["snippet"].startswith("Возвраты денег идут пять дней")

    async def test_it_adds_no_markup_to_the_words_of_the_body(self, world: World) -> None:
        await world.project()
        body = "A refund is due where a < b & the courier says so. " + "Nothing more to see here. " * 40 + "Refunds end here."
        await world.requester.ok("POST", "/projects/orders/articles", {"title": "t", "body": body, "language": "en"})
        (found,) = await ask(world, "refund")
        pieces = found["snippet"].split(" … ")
        assert len(pieces) == 2
        assert all(piece in body for piece in pieces)


async def many(world: World, count: int) -> None:
    """Articles of made-up words, half of them in each language, in commits of a hundred."""
    draw = random.Random(7)
    project = await db.scalar("SELECT id FROM project WHERE code = 'orders'")
    cyrillic = ["".join(draw.choices("бвгдклмнпрст", k=2)) + "".join(draw.choices("аеиоу", k=1)) + f"{n}" for n in range(2_000)]
    vocabulary = {
        "ru": [word.translate(str.maketrans("0123456789", "абвгдежзик")) for word in cyrillic],
        "en": ["".join(draw.choices("bcdfgklmnprst", k=1)) + draw.choice("aeiou") + f"{n}".translate(str.maketrans("0123456789", "abcdefghij")) for n in range(2_000)],
    }  # fmt: skip
    for start in range(0, count, 100):
        rows = []
        for n in range(start, start + 100):
            language = ("ru", "en")[n % 2]
            words = draw.choices(vocabulary[language], k=60)
            kind = KINDS[5 * (n % 2) + n // 2 % 5]
            rows.append((str(uuid.uuid4()), language, f"{kind} {words[0]} {n}", " ".join([*words, kind if n % 50 < 2 else ""])))
        async with db.transaction():
            await db.execute(
                """INSERT INTO article_version (article_id, version, language, title, keywords, body, author)
                   SELECT r.id, 1, r.language, r.title, '{}', r.body, $5
                   FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) AS r (id, language, title, body)""",
                *map(list, zip(*rows, strict=True)),
                world.curator.id,
            )
            await db.execute(
                "INSERT INTO article (id, project_id, version) SELECT unnest($1::uuid[]), $2, 1",
                [row[0] for row in rows],
                project,
            )
    await world.as_owner("ANALYZE article, article_version, article_word")


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(below for one in plan.get("Plans", []) for below in nodes(one))]


class TestAmongFiveThousand:
    async def test_the_index_is_used_in_both_languages(self, world: World) -> None:
        ids = await knowledge_base(world)
        await many(world, 5_000)
        assert await db.scalar("SELECT count(*) FROM article") == 5_005
        project = await db.scalar("SELECT id FROM project WHERE code = 'orders'")
        for question, name in (("возвраты заказ оператор", "refunds"), ("refunds order card", "refund")):
            async with db.transaction():
                plan = await db.scalar(f"EXPLAIN (FORMAT json) {search.BY_WORDS}", project, question, None, 20)
            used = {one.get("Index Name") for one in nodes(orjson.loads(plan)[0]["Plan"])}
            read_through = [
                one["Relation Name"] for one in nodes(orjson.loads(plan)[0]["Plan"]) if one["Node Type"] == "Seq Scan"
            ]
            assert "article_words" in used, plan
            assert read_through == []
            assert await names(world, ids, question) == [name]
        for everyday in ("возврат", "refund", "возврат or refund or карта or card"):  # in 500 to 2,000 of them
            assert len(await ask(world, everyday)) == 20
        await world.verify()
