"""Articles: versions, archiving, who reads them and whether they help."""

import asyncio
from typing import Any

import pytest

from piecework.platform.ids import uuid7
from tests.traceless import nothing_changes
from tests.world import Person, World

ARTICLE: dict[str, Any] = {
    "title": "Refunds for orders",
    "body": "A refund takes **five days**.",
    "language": "en",
    "keywords": ["money back"],
    "steps": [{"title": "Ask for the number", "text": "Of the order."}, {"title": "Say when", "text": ""}],
}


async def add(person: Person, code: str = "orders", **changes: Any) -> str:
    made = await person.ok("POST", f"/projects/{code}/articles", ARTICLE | changes)
    assert made["version"] == 1
    return str(made["id"])


async def found(person: Person, question: str, code: str = "orders") -> list[str]:
    page = await person.ok("GET", f"/projects/{code}/articles", params={"q": question})
    return [one["id"] for one in page["items"]]


class TestVersions:
    async def test_an_article_is_shown_as_it_was_written(self, world: World) -> None:
        await world.project()
        article = await add(world.requester)
        got = await world.curator.ok("GET", f"/projects/orders/articles/{article}")
        assert {name: got[name] for name in ARTICLE} == ARTICLE
        assert (got["version"], got["archived_at"]) == (1, None)

    async def test_a_change_is_a_new_version_and_the_old_words_are_found_no_more(self, world: World) -> None:
        await world.project()
        article = await add(world.requester)
        changed = ARTICLE | {"title": "Chargebacks", "body": "Something else.", "keywords": []}
        assert (await world.curator.ok("PUT", f"/projects/orders/articles/{article}", changed))["version"] == 2
        assert await found(world.curator, "refunds") == []
        assert await found(world.curator, "chargeback") == [article]
        assert (await world.curator.ok("GET", f"/projects/orders/articles/{article}"))["title"] == "Chargebacks"
        assert (await world.curator.ok("GET", f"/projects/orders/articles/{article}?version=1"))["title"] == ARTICLE["title"]
        assert (await world.curator.call("GET", f"/projects/orders/articles/{article}?version=3")).status_code == 404
        await world.verify()

    async def test_of_two_changes_from_one_version_only_the_first_is_made(self, world: World) -> None:
        await world.project()
        article = await add(world.requester)
        replies = await asyncio.gather(
            *(
                world.curator.call("PUT", f"/projects/orders/articles/{article}", ARTICLE | {"title": f"t{n}", "after": 1})
                for n in range(3)
            )
        )
        assert sorted(reply.status_code for reply in replies) == [200, 409, 409]
        assert {reply.json().get("code") for reply in replies} == {None, "changed_meanwhile"}
        await world.verify()

    async def test_an_archived_article_is_not_found_and_stays_as_it_is(self, world: World) -> None:
        await world.project()
        article = await add(world.requester)
        for _ in range(2):
            await world.requester.ok("POST", f"/projects/orders/articles/{article}/archive", {"reason": "out of date"})
        assert await found(world.curator, "refunds") == []
        assert (await world.curator.ok("GET", "/projects/orders/articles"))["items"] == []
        (one,) = (await world.curator.ok("GET", "/projects/orders/articles?archived=true"))["items"]
        assert one["id"] == article
        assert (await world.curator.ok("GET", f"/projects/orders/articles/{article}"))["archived_at"] is not None
        reply = await world.curator.call("PUT", f"/projects/orders/articles/{article}", ARTICLE)
        assert (reply.status_code, reply.json()["code"]) == (409, "article_archived")
        await world.verify()

    async def test_what_does_not_fit_is_refused(self, world: World, subtests: pytest.Subtests) -> None:
        await world.project()
        async with nothing_changes():
            for bad in [
                {"title": ""},
                {"body": ""},
                {"body": "x" * 50_001},
                {"language": "de"},
                {"keywords": ["x"] * 31},
                {"keywords": [""]},
                {"steps": [{"title": "t"}] * 51},
                {"steps": [{"text": "t"}]},
                {"html": "<b>"},
            ]:
                with subtests.test(bad=bad):
                    reply = await world.requester.call("POST", "/projects/orders/articles", ARTICLE | bad)
                    assert (reply.status_code, reply.json()["code"]) == (422, "invalid")
                    assert (await world.requester.ok("GET", "/projects/orders/articles"))["items"] == []

    async def test_the_largest_article_is_taken_and_found(self, world: World) -> None:
        await world.project()
        words = " ".join(f"слово{n:05}" for n in range(4_500))
        long: dict[str, Any] = {"body": words[:50_000], "steps": [{"title": "шаг", "text": words[:2_000]}] * 50}
        article = await add(world.requester, title="Длинная", language="ru", **long)
        assert await found(world.requester, "слово00007") == [article]
        monster = await add(world.requester, title="Одно слово", body="ы" * 50_000)  # longer than any word that is indexed
        assert set(await found(world.requester, "слово")) == {monster}
        await world.verify()

    async def test_many_at_once_in_one_project_are_all_counted(self, world: World) -> None:
        await world.project()
        await asyncio.gather(*(add(world.requester, title=f"Refund {n}", body=f"order parcel courier {n}") for n in range(12)))
        assert len(await found(world.requester, "courier")) == 12
        await world.verify()


class TestReading:
    async def test_who_may_not_work_there_finds_nothing(self, world: World) -> None:
        await world.project()
        article = await add(world.requester)
        anna, boris = await world.worker("anna"), await world.worker("boris", "music")
        other = await world.person("other")
        for path in ("", f"/{article}"):
            assert (await anna.call("GET", f"/projects/orders/articles{path}")).status_code == 200
            for person in (boris, other):
                hidden = await person.call("GET", f"/projects/orders/articles{path}")
                absent = await person.call("GET", f"/projects/nothing/articles{path}")
                assert (
                    (hidden.status_code, hidden.json()["code"])
                    == (absent.status_code, absent.json()["code"])
                    == (404, "not_found")
                )
        assert (await anna.call("POST", "/projects/orders/articles", ARTICLE)).status_code == 403

    async def test_an_article_of_another_project_is_not_there(self, world: World) -> None:
        await world.project()
        await world.requester.ok("POST", "/projects", {"code": "other", "name": "Other", "control_rate": 0.0})
        article = await add(world.requester)
        for method, path, body in (
            ("GET", "", None), ("PUT", "", ARTICLE), ("POST", "/archive", {"reason": "out of date"}),
        ):  # fmt: skip
            for code, one in (("other", article), ("orders", str(uuid7()))):
                assert (await world.requester.call(method, f"/projects/{code}/articles/{one}{path}", body)).status_code == 404

    async def test_pages_lead_through_all_of_them(self, world: World) -> None:
        await world.project()
        made = [await add(world.requester, language=language) for language in ("en", "ru", "en")]
        first = await world.requester.ok("GET", "/projects/orders/articles?limit=2")
        rest = await world.requester.ok("GET", f"/projects/orders/articles?cursor={first['next_cursor']}")
        assert [one["id"] for one in first["items"] + rest["items"]] == made
        assert rest["next_cursor"] is None
        russian = await world.requester.ok("GET", "/projects/orders/articles?language=ru")
        assert [one["id"] for one in russian["items"]] == [made[1]]

    async def test_what_is_opened_and_what_helps_is_counted(self, world: World) -> None:
        await world.project()
        article, unread = await add(world.requester), await add(world.requester, title="Never read")
        anna, boris = await world.worker("anna"), await world.worker("boris")
        path = f"/projects/orders/articles/{article}"
        early = await anna.call("POST", f"{path}/useful", {"useful": True})
        assert (early.status_code, early.json()["code"]) == (409, "article_not_opened")
        for person in (anna, anna, boris, world.curator):
            await person.ok("GET", path)
        await anna.ok("POST", f"{path}/useful", {"useful": True})
        await anna.ok("POST", f"{path}/useful", {"useful": False})
        await boris.ok("POST", f"{path}/useful", {"useful": True})
        one, other = (await world.curator.ok("GET", "/projects/orders/article-usage"))["items"]
        assert {name: one[name] for name in ("id", "people", "opened", "useful", "useless")} == {
            "id": article, "people": 2, "opened": 3, "useful": 1, "useless": 1,
        }  # fmt: skip
        assert (other["id"], other["opened"], other["people"]) == (unread, 0, 0)
        await world.requester.ok("PUT", path, ARTICLE)  # what was said of the old version says nothing of the new one
        one, _ = (await world.requester.ok("GET", "/projects/orders/article-usage"))["items"]
        assert (one["version"], one["opened"], one["useful"], one["useless"]) == (2, 3, 0, 0)
        assert (await anna.call("GET", "/projects/orders/article-usage")).status_code == 403
