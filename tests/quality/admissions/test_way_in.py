"""What is published about a way in, and its versions."""

from typing import Any

import pytest

from piecework.platform import db
from tests.quality.admissions.test_pipeline import published_exam
from tests.quality.admissions.way_world import answers, applicant, apply, mine, open_way, stages
from tests.traceless import nothing_changes
from tests.world import World

FORM = {
    "kind": "form",
    "title": {"ru": "Анкета", "en": "A form"},
    "questions": [{"name": "why", "type": "text", "title": {"ru": "Почему вы?", "en": "Why you?"}}],
}


async def publish(world: World, document: dict[str, Any], direction: str | None = "orders") -> Any:
    body = {"direction": direction, "document": document, "reason": "We look for people."}
    return await world.curator.call("POST", "/admission-documents", body)


class TestPage:
    async def test_anybody_reads_stages_deadlines_thresholds_criteria_and_form(self, world: World) -> None:
        await open_way(
            world, stages=stages("application", "language_exam", "interview", "live", days=10), language_exam="russian"
        )
        await published_exam(world, tries=3)
        reply = await world.client.get("/api/v1/directions/orders/way-in")
        page = reply.json()
        assert [(one["stage"], one["days"], one["by"]) for one in page["stages"]] == [
            ("application", 10, None),
            ("language_exam", 10, "russian"),
            ("interview", 10, None),
            ("live", 10, None),
        ]
        (exam,) = page["exams"]
        assert (exam["threshold"], exam["passed_by"], exam["attempts"]) == (0.7, "share", 3)
        assert (page["interview"]["overall_at_least"], page["interview"]["group_at_least"]) == (3.5, 2.5)
        assert [one["questions"] for one in page["interview"]["groups"]] == [5, 5, 5, 4, 4]
        assert (page["qualification"], page["criteria"], len(page["form"]["questions"])) == ("orders", [], 15)

    async def test_an_exam_that_is_not_published_yet_is_named_only(self, world: World) -> None:
        await open_way(world, stages=stages("application", "language_exam", "live"), language_exam="russian")
        (exam,) = (await world.client.get("/api/v1/directions/orders/way-in")).json()["exams"]
        assert (exam["published"], exam["threshold"]) == (False, None)

    async def test_nothing_is_shown_of_what_is_not_published(self, world: World) -> None:
        await world.project()
        for code in ("orders", "nothing"):
            assert (await world.client.get(f"/api/v1/directions/{code}/way-in")).status_code == 404
        assert (await world.client.get("/api/v1/directions")).json() == {"directions": []}

    async def test_the_list_has_the_directions_that_take_applications(self, world: World) -> None:
        await open_way(world, summary={"ru": "Заказы", "en": "Orders"})
        await open_way(world, "closed", open=False)
        found = (await world.client.get("/api/v1/directions")).json()["directions"]
        assert [(one["code"], one["summary"]["en"]) for one in found] == [("orders", "Orders")]


class TestVersions:
    async def test_a_directions_own_form_wins_and_counts_from_now_on(self, world: World) -> None:
        await open_way(world)
        anna = await applicant(world)
        assert (await publish(world, FORM)).json()["version"] == 1
        assert (await apply(world, "boris@example.test")).status_code == 422
        boris = await applicant(world, "boris", answers={"why": "I like it."})
        assert [one["question"] for one in (await mine(boris))["answers"]] == ["Why you?"]
        assert len((await mine(anna))["answers"]) == 15

    async def test_a_general_form_is_for_those_without_one(self, world: World) -> None:
        await open_way(world)
        assert (await publish(world, FORM, None)).status_code == 201
        assert (await apply(world, answers={"why": "I like it."})).status_code == 202

    async def test_who_applied_keeps_the_way_in_that_was_published_then(self, world: World) -> None:
        await open_way(world)
        anna = await applicant(world)
        await open_way(world, stages=stages("application", "contract", "live", days=3))
        assert [one["days"] for one in (await mine(anna))["stages"]] == [14, 14]
        boris = await applicant(world, "boris")
        assert [one["days"] for one in (await mine(boris))["stages"]] == [3, 3, 3]

    async def test_versions_are_listed_newest_first_and_never_change(self, world: World) -> None:
        await open_way(world)
        await open_way(world, appeal_days=9)
        found = (await world.curator.ok("GET", "/admission-documents?kind=way_in&direction=orders"))["items"]
        assert [(one["version"], one["document"]["appeal_days"]) for one in found] == [(2, 9), (1, 7)]
        with pytest.raises(Exception, match=r"permission denied|append-only"):
            await db.execute("UPDATE admission_document SET version = 3")

    async def test_what_does_not_fit_is_refused(self, world: World, subtests: pytest.Subtests) -> None:
        await world.project()
        async with nothing_changes():
            for document, direction, code in [
                ({"kind": "way_in", "stages": stages("application", "live")}, None, "general_way_in"),
                ({"kind": "way_in", "stages": stages("live", "application")}, "orders", "invalid"),
                ({"kind": "way_in", "stages": stages("application", "application", "live")}, "orders", "invalid"),
                ({"kind": "way_in", "stages": stages("application", "interview")}, "orders", "invalid"),
                ({"kind": "way_in", "stages": stages("application", "training", "live")}, "orders", "invalid"),
                ({"kind": "way_in"}, "orders", "invalid"),
                ({"kind": "form", "title": FORM["title"], "questions": FORM["questions"] * 2}, "orders", "invalid"),
                ({"kind": "guide", "title": FORM["title"], "groups": []}, "orders", "invalid"),
                ({"kind": "way_in", "stages": stages("application", "live")}, "nothing", "not_found"),
            ]:
                with subtests.test(document=document, direction=direction, code=code):
                    assert (await publish(world, document, direction)).json()["code"] == code
                    assert await db.scalar("SELECT count(*) FROM admission_document") == 0

    async def test_candidates_do_not_publish(self, world: World) -> None:
        await open_way(world)
        anna = await applicant(world)
        body = {"direction": "orders", "document": FORM, "reason": "I know better."}
        assert (await anna.call("POST", "/admission-documents", body)).status_code == 403
        assert answers()
