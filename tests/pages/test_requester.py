"""The requester's pages: a workflow made without JSON and tried out, tickets from a file, deadlines, results, money."""

import csv
import io
import json
import re
from functools import partial
from html import unescape
from typing import Any

import pytest

from piecework.platform import db
from piecework.platform.identity.models import Role
from piecework.platform.pages import loose
from piecework.tasks import drafts, templates
from piecework.tasks.pages import requester_changes as changes
from piecework.tasks.pages import requester_form as forms
from piecework.tasks.workflows import WorkflowSpec
from tests.pages.conftest import Site
from tests.pages.looking import ZOOMED, Looking
from tests.pages.plain import Browser, fields
from tests.world import World, choice_step

pytestmark = pytest.mark.timeout(180)
HOSTILE = "<script>alert(1)</script>\N{RIGHT-TO-LEFT OVERRIDE}"
EDIT = "/projects/shop/workflow"


class TestForm:
    @pytest.mark.parametrize("name", templates.NAMES)
    def test_every_shipped_step_comes_through_the_form_unchanged(self, name: str) -> None:
        spec = templates.load(name).model_dump(mode="json", by_alias=True)
        for number, step in enumerate(spec["steps"]):
            typed = forms.step_form(step)
            for answer in typed["answer"]:
                del answer["choices"]
            form = forms.StepForm.model_validate(typed | {"minutes": typed["minutes"]})
            spec["steps"][number] = forms.step_spec(form, changes.types_of(spec))
        assert WorkflowSpec.model_validate_json(json.dumps(spec)) == templates.load(name)

    def test_bars_commas_minutes_and_cyrillic_titles_are_read(self) -> None:
        assert forms.options_spec("a\\|b | Either\nrefund|Money back\n\n plain ") == [
            {"value": "a|b", "title": "Either"},
            {"value": "refund", "title": "Money back"},
            {"value": "plain", "title": "plain"},
        ]
        assert [forms.seconds(text) for text in ("15", "1:30", "1,5", "soon")] == [900, 90, 90, "soon"]
        assert (forms.amount("1 000,50"), loose.slug("Щётка и чай", "x"), loose.slug("???", "x")) == (
            "1000.50",
            "schetka_i_chay",
            "x",
        )


async def shop(world: World) -> Browser:
    await world.requester.ok("POST", "/projects", {"code": "shop", "name": "Shop"})
    return await Browser.of(world, "requester")


async def draft() -> dict[str, Any]:
    return json.loads(await db.scalar("SELECT spec FROM draft"))


class TestEditor:
    async def test_a_shipped_workflow_goes_through_the_pages_unchanged_and_is_published(self, world: World) -> None:
        requester = await shop(world)
        begun = await requester.post(f"{EDIT}/begin", {"begin": "answer"}, on=EDIT)
        assert begun.status_code == 303, begun.text
        for number in range(1, len(templates.load("answer").steps) + 1):
            place = f"{EDIT}/steps/{number}"
            page = await requester.get(place)
            assert "missing or do" not in page
            sent = await requester.post(place, fields(page, place) | {"act": "save"}, on=place)
            assert sent.status_code == 303, sent.text
        assert drafts.read(await draft()) == templates.load("answer")
        whole = await requester.get(EDIT)
        done = await requester.post(EDIT, fields(whole, EDIT) | {"act": "publish"}, on=EDIT)
        assert done.headers["location"] == "/projects/shop"
        assert await db.scalar("SELECT count(*) FROM draft") == 0
        active = await world.requester.ok("GET", "/projects/shop/workflow")
        assert WorkflowSpec.model_validate_json(json.dumps(active["spec"])) == templates.load("answer")

    async def test_a_workflow_is_written_step_by_step_and_what_is_missing_stands_beside_the_fields(self, world: World) -> None:
        requester = await shop(world)
        added = await requester.post(EDIT, {"name": "", "act": "add", "new_title": "Выбрать тему"}, on=EDIT)
        place = added.headers["location"]
        assert place == f"{EDIT}/steps/1"
        page = await requester.get(place)
        assert "missing or do" in page
        typed = fields(page, place) | {"price": "much", "title": HOSTILE, "instruction": "Read it."}
        assert (await requester.post(place, typed | {"act": "add.choice"}, on=place)).status_code == 303
        page = await requester.get(place)
        assert "<script>alert" not in page
        kept = fields(page, place)
        assert (kept["price"], kept["title"]) == (["much"], [HOSTILE])
        assert re.search(r'id="wrong-price">An amount is needed', page)
        right = {"price": "2,50", "title": "Choose", "qualification": "shop", "input.0.title": "What they wrote", "overlap": "2"}
        right |= {"answer.0.title": "Тема", "answer.0.options": "refund | Возврат\nother | Другое"}
        assert (await requester.post(place, kept | right | {"act": "add.text"}, on=place)).status_code == 303
        page = await requester.get(place)
        more = {"answer.1.title": "Why", "answer.1.only_if": "tema=other"}
        assert (await requester.post(place, fields(page, place) | more | {"act": "answer.1.up"}, on=place)).status_code == 303
        page = await requester.get(place)
        assert "it would never be asked" in page  # it stands before what it depends on
        assert (await requester.post(place, fields(page, place) | {"act": "answer.0.down"}, on=place)).status_code == 303
        step = (await draft())["steps"][0]
        assert [field["title"] for field in step["answer"]] == ["Тема", "Why"]
        assert (step["price"], step["overlap"]) == ("2.50", 2)
        page = await requester.get(place)
        assert "What freelancers will see" in page
        assert re.search(r'type="radio"[^>]*value="refund"[^>]*> <span>Возврат', page)
        refused = await requester.post(EDIT, {"name": "", "act": "publish"} | await self.revision(requester), on=EDIT)
        assert refused.headers["location"] == EDIT  # a workflow has a name
        done = await requester.post(EDIT, {"name": "Mine", "act": "publish"} | await self.revision(requester), on=EDIT)
        assert done.headers["location"] == "/projects/shop"

    @staticmethod
    async def revision(requester: Browser) -> dict[str, Any]:
        return {"revision": fields(await requester.get(EDIT), EDIT)["revision"]}

    async def test_steps_move_and_go_with_what_refers_to_them(self, world: World) -> None:
        requester = await shop(world)
        await requester.post(f"{EDIT}/begin", {"begin": "answer"}, on=EDIT)
        keys = [step["key"] for step in (await draft())["steps"]]
        place = f"{EDIT}/steps/1"
        named = fields(await requester.get(place), place) | {"key": "sort", "act": "save"}
        assert (await requester.post(place, named, on=place)).status_code == 303
        assert drafts.faults(await draft()) == []
        whole = fields(await requester.get(EDIT), EDIT)
        assert (await requester.post(EDIT, whole | {"act": "step.0.remove"}, on=EDIT)).status_code == 303
        left = await draft()
        assert [step["key"] for step in left["steps"]] == keys[1:]
        assert all("sort" not in step["after"] for step in left["steps"])

    async def test_names_change_wherever_they_are_meant(self, world: World) -> None:
        requester = await shop(world)
        await requester.post(f"{EDIT}/begin", {"begin": "answer"}, on=EDIT)
        for number, step in enumerate(templates.load("answer").steps, start=1):
            place = f"{EDIT}/steps/{number}"
            named = {f"answer.{at}.name": f"renamed_{at}" for at in range(len(step.answer))}
            assert (await requester.post(place, fields(await requester.get(place), place) | named, on=place)).status_code == 303
        assert drafts.faults(await draft()) == []

    @pytest.mark.parametrize(
        "spec",
        [
            {},
            {"name": 5, "steps": "none", "urgent_when": [1]},
            {
                "steps": [
                    7,
                    {"after": 3, "when": {"x": 1}, "answer": "?", "input": [None], "redo": 1, "checking": [], "price": {}},
                ]
            },
            {
                "steps": [
                    {"key": "a", "price": 10**30, "answer": [{"type": "choice", "options": [1, {"value": None}], "only_if": 2}]}
                ]
            },
        ],
    )
    async def test_whatever_the_api_kept_can_be_looked_at_and_mended(self, world: World, spec: dict[str, Any]) -> None:
        requester = await shop(world)
        await world.requester.ok("PUT", "/projects/shop/workflow-draft", {"spec": spec})
        assert "missing or do" in await requester.get(EDIT)
        await requester.get(f"{EDIT}/json")
        await requester.get(f"{EDIT}/try")
        for number in range(1, 1 + len(spec["steps"]) if isinstance(spec.get("steps"), list) else 1):
            place = f"{EDIT}/steps/{number}"
            page = await requester.get(place)
            assert (await requester.post(place, fields(page, place) | {"act": "add.number"}, on=place)).status_code == 303

    async def test_two_who_write_at_once_do_not_undo_each_others_work(self, world: World) -> None:
        requester = await shop(world)
        await requester.post(f"{EDIT}/begin", {"begin": "classify"}, on=EDIT)
        seen = fields(await requester.get(EDIT), EDIT)
        assert (await requester.post(EDIT, seen | {"name": "First"}, on=EDIT)).status_code == 303
        late = await requester.post(EDIT, seen | {"name": "Second"}, on=EDIT)
        assert (late.status_code, (await draft())["name"]) == (409, "First")
        assert 'value="Second"' in late.text
        assert "Another version was published" not in late.text
        await world.requester.ok("POST", "/projects/shop/workflows", {"name": "w", "steps": [choice_step()]})
        assert "Another version was published" in await requester.get(EDIT)

    async def test_experts_write_json_and_are_told_what_does_not_fit(self, world: World) -> None:
        requester = await shop(world)
        place = f"{EDIT}/json"
        wrong = await requester.post(place, {"spec": '{"name": "x", "steps": [{"key": "a"}]}'}, on=place)
        assert (wrong.status_code, "steps.0.price" in wrong.text) == (422, True)
        assert (await requester.post(place, {"spec": "{"}, on=place)).status_code == 400
        text = json.dumps({"name": "x", "steps": [choice_step()]})
        assert (await requester.post(place, {"spec": text}, on=place)).status_code == 303
        assert "Choose the topic" in await requester.get(EDIT)


class TestTrial:
    async def test_a_ticket_is_led_through_the_draft_and_nothing_is_stored(self, world: World) -> None:
        requester = await shop(world)
        await requester.post(f"{EDIT}/begin", {"begin": "answer"}, on=EDIT)
        place = f"{EDIT}/try"
        ticket = {"channel": "email", "language": "en", "subject": HOSTILE, "text": "Call me: +7 916 123-45-67."}
        page = (await requester.post(place, ticket, on=place)).text
        assert "<script>alert" not in page
        assert "916 123-45-67." not in page.split('class="ticket"')[1].split('class="reply"')[0]  # masked as a real one
        here = f"{place}#task-classify.1"
        empty = await requester.post(place, fields(page, here) | {"act": "answer"}, on=place)
        assert "This is needed." in empty.text
        differ = (await requester.post(place, fields(page, here) | {"act": "differ"}, on=place)).text
        assert "A person must decide" in differ
        first = templates.load("answer").step("classify").answer
        chosen = {f"answer.{field.name}": field.options[0].value for field in first if field.options}
        page = (await requester.post(place, fields(page, here) | chosen | {"act": "answer"}, on=place)).text
        assert "task-draft.1" in page or page.count('<li id="task-') > 1
        back = (await requester.post(place, fields(page, place) | {"act": "back"}, on=place)).text
        assert back.count('<li id="task-') == 1
        spoiled = await requester.post(
            place, fields(page, here := f"{place}#task-draft.1") | {"given.0.answer": "{", "act": "answer"}, on=place
        )
        assert spoiled.status_code == 422
        beyond = await requester.post(place, fields(page, here) | {"assignment": "draft.99", "act": "differ"}, on=place)
        assert beyond.status_code < 500
        assert await db.scalar("SELECT (SELECT count(*) FROM ticket) + (SELECT count(*) FROM task)") == 0

    async def test_the_trial_goes_the_way_that_the_real_ticket_goes(self, world: World) -> None:
        check = choice_step(key="check", after=["classify"], when=[{"step": "classify", "field": "topic", "is": "b"}], price="4")
        await world.project(choice_step(overlap=1), check, code="orders")
        body = {"ticket": {"language": "en", "text": "Where is it?"}, "given": []}
        for topic, steps in (("a", ["classify"]), ("b", ["classify", "check"])):
            body["given"] = [{"step": "classify", "answer": {"topic": topic}}]
            trial = await world.requester.ok("POST", "/projects/orders/workflow-trial", body)
            assert [task["step"] for task in trial["tasks"]] == steps
        assert (trial["done"], trial["most_cost"]) == (False, "14.5000")
        wrong = await world.requester.call(
            "POST", "/projects/orders/workflow-trial", body | {"given": [{"step": "classify", "answer": {"topic": "z"}}]}
        )
        assert wrong.status_code == 422


ROWS = "Номер;Тема;Текст\nA1;Hello;Where is it?\nA2;;\nA3;<b>;Где?\n"


class TestIntake:
    async def test_a_file_is_laid_out_looked_at_and_taken_in(self, world: World) -> None:
        await world.project()
        requester = await Browser.of(world, "requester")
        place = "/projects/orders/intake"
        looked = (await requester.post(place, {"rows": ROWS, "source": "crm"}, on=place)).text
        laid = fields(looked, place)
        assert [laid[f"columns.{name}.name"] for name in ("external_id", "subject", "text", "channel")] == [
            ["Номер"],
            ["Тема"],
            ["Текст"],
            [""],
        ]
        assert "3 rows do not fit" in looked  # neither channel nor language is known yet
        chosen = laid | {"columns.channel.value": "email", "columns.language.value": "ru"}
        looked = (await requester.post(place, chosen | {"act": "look"}, on=place)).text
        assert "2 rows are tickets that can be sent" in looked
        assert "<b>" not in looked.split("The first rows")[1].split("</table>")[0]
        assert re.search(r'<td class="figure">3</td><td>A2</td>', looked)
        assert await db.scalar("SELECT count(*) FROM ticket") == 0
        sent = await requester.post(place, fields(looked, place) | {"act": "send"}, on=place)
        page = await requester.get(sent.headers["location"])
        assert "0 of 2 rows" in page
        await world.drain()
        page = await requester.get(sent.headers["location"])
        assert "2 of 2 rows" in page
        assert await db.scalar("SELECT count(*) FROM ticket WHERE source = 'crm' AND language = 'ru'") == 2
        assert await db.scalar("SELECT count(*) FROM ticket_import_piece") == 0
        again = fields((await requester.post(place, {"rows": ROWS}, on=place)).text, place)
        assert (again["columns.channel.value"], again["columns.language.value"]) == (["email"], ["ru"])  # as the last time
        assert sent.headers["location"] in await requester.get("/projects/orders/imports")
        await world.verify()

    async def test_a_large_file_comes_in_piece_by_piece_and_known_rows_stay(self, world: World) -> None:
        await world.project()
        rows = "external_id,channel,language,text\n" + "".join(f"n{number % 600},chat,en,text\n" for number in range(1100))
        made = await world.requester.ok("POST", "/projects/orders/imports", {"source": "s", "rows": rows})
        await world.drain()
        done = await world.requester.ok("GET", f"/imports/{made['id']}")
        assert (done["state"], done["added"], done["known"]) == ("done", 600, 500)
        await world.as_owner("UPDATE project SET state = 'archived'")
        refused = await world.requester.call("POST", "/projects/orders/imports", {"source": "s", "rows": rows})
        assert refused.json()["code"] == "project_archived"

    async def test_values_are_understood_in_peoples_words_and_what_is_not_is_said_once(self, world: World) -> None:
        await world.project()
        requester = await Browser.of(world, "requester", language="ru")
        place = "/projects/orders/intake"
        rows = f"Номер;Канал;Язык;Срочно;Текст\n1;ЧАТ;русский;да;Где?\n2;Тикет.1;RU;;Где?\n3;тикет.1;ru-RU;нет;Где?\n4;{HOSTILE};ru;;Где?\n"
        looked = (await requester.post(place, {"rows": rows, "source": "crm"}, on=place)).text
        assert "<script>alert" not in looked
        assert re.search(r"Тикет.1 <span[^>]*>непонятно", looked)
        laid = fields(looked, place)
        at = next(name for name, value in laid.items() if value == ["Тикет.1"]).removesuffix(".value")
        assert laid[f"{at}.code"] == [""]
        looked = (await requester.post(place, laid | {f"{at}.code": "messenger", "act": "look"}, on=place)).text
        assert "Отправить 3 обращения" in looked
        pasted = laid | {"rows": "external_id,channel,language,text\n9,chat,en,x\n", "act": "look"}
        assert "Отправить 1 обращение" in (await requester.post(place, pasted, on=place)).text  # columns laid out anew
        sent = await requester.post(place, fields(looked, place) | {"act": "send"}, on=place)
        assert sent.status_code == 303
        await world.drain()
        found = await db.rows("SELECT channel, language, urgent FROM ticket ORDER BY external_id")
        assert [tuple(row) for row in found] == [("chat", "ru", True), ("messenger", "ru", False), ("messenger", "ru", False)]
        next_file = {"source": "crm", "rows": "Номер;Канал;Язык;Срочно;Текст\n5;ТИКЕТ.1;Klingon;;Где?\n"}
        seen = await world.requester.ok("POST", "/projects/orders/imports/preview", next_file)
        assert [seen["values"][name]["shown"] for name in ("channel", "language")] == [
            [{"value": "ТИКЕТ.1", "rows": 1, "code": "messenger"}],
            [{"value": "Klingon", "rows": 1, "code": None}],
        ]
        wrong = next_file | {"columns": {"channel": {"name": "Канал", "values": {"x": "fax"}}}}
        refused = await world.requester.call("POST", "/projects/orders/imports/preview", wrong)
        assert refused.json()["errors"][0]["code"] == "no_such_code"
        await world.verify()

    async def test_empty_cells_are_told_apart_from_what_is_taken_instead(self, world: World) -> None:
        await world.project()
        requester = await Browser.of(world, "requester", language="ru")
        place = "/projects/orders/intake"
        rows = "Номер;Канал;Язык;Текст\n6;;ru;Где?\n7;чат;ru;Где?\n8;;ru;Где?\n"
        laid = fields((await requester.post(place, {"rows": rows}, on=place)).text, place)
        looked = (await requester.post(place, laid | {"columns.channel.value": "email", "act": "look"}, on=place)).text
        assert re.search(r'<th scope="row">пусто</th><td class="figure">2</td>\s*<td>берётся: Электронная почта</td>', looked)
        columns = {"external_id": {"name": "Номер"}, "text": {"name": "Текст"}, "channel": {"name": "Канал", "value": "email"}}
        body = {"source": "s", "rows": rows, "columns": columns | {"language": {"value": "ru"}}}
        seen = (await world.requester.ok("POST", "/projects/orders/imports/preview", body))["values"]
        assert seen["channel"]["shown"] == [
            {"value": "", "rows": 2, "code": "email"},
            {"value": "чат", "rows": 1, "code": "chat"},
        ]
        assert seen["language"]["shown"] == []  # there is no such column

    async def test_reading_stops_after_a_thousand_bad_rows_and_such_a_file_is_not_sent(self, world: World) -> None:
        await world.project()
        rows = "external_id,channel,language,text\n0,chat,en,text\n" + "1,fax,en,text\n" * 1001 + "2,chat,en,text\n"
        seen = await world.requester.ok("POST", "/projects/orders/imports/preview", {"source": "s", "rows": rows})
        assert (seen["good"], seen["rejected"], seen["stopped_at"]) == (1, 1000, 1003)
        refused = await world.requester.call("POST", "/projects/orders/imports", {"source": "s", "rows": rows})
        assert (refused.status_code, refused.json()["code"], refused.json()["stopped_at"]) == (422, "too_many_bad_rows", 1003)
        requester = await Browser.of(world, "requester")
        place = "/projects/orders/intake"
        page = (await requester.post(place, {"rows": rows}, on=place)).text
        assert ("reading stopped at line 1,003" in page, 'value="send"' in page) == (True, False)
        blank = {"source": "s", "rows": "external_id,text\n" + "\n" * 100_001}
        refused = await world.requester.call("POST", "/projects/orders/imports/preview", blank)
        assert refused.json()["errors"][0]["code"] == "too_many_rows"

    async def test_one_ticket_by_hand_and_rows_that_are_none(self, world: World) -> None:
        await world.project()
        requester = await Browser.of(world, "requester")
        place = "/projects/orders/intake"
        one = {"external_id": "T1", "channel": "email", "language": "en", "subject": HOSTILE, "text": HOSTILE, "source": "pages"}
        sent = await requester.post("/projects/orders/tickets", one, on=place)
        await world.drain()
        shown = await requester.get(sent.headers["location"])
        assert "<script>alert" not in shown
        assert "answers: 0 of" in shown
        assert "T1" in await requester.get("/projects/orders/tickets?state=open")
        none = await requester.post(place, {"rows": 'a,"b', "act": "send"}, on=place)
        assert none.status_code == 422
        assert (await requester.post(place, {"rows": ""}, on=place)).status_code == 422
        page = fields(await requester.get(place), place)
        own = {name: page[name][0] for name in ("csrf", "once")}
        file = {"file": ("a.csv", "Номер;Текст\n1;Где?\n".encode("cp1251"))}
        reply = await world.client.post(place, data=own, files=file, headers=requester.headers)
        assert (reply.status_code, "is not UTF-8" in reply.text) == (422, True)


class TestWatching:
    async def test_tickets_near_their_deadline_tell_what_they_wait_for(self, world: World) -> None:
        await world.project(choice_step(overlap=2))
        tickets = await world.tickets(3)
        await db.execute("UPDATE ticket SET deadline_at = now() - interval '1 minute' WHERE id = $1", tickets[1])
        await db.execute("UPDATE ticket SET deadline_at = now() + interval '2 hours' WHERE id = $1", tickets[2])
        anna = await world.worker("anna")
        await anna.claim(5)
        requester = await Browser.of(world, "requester")
        page = await requester.get("/projects/orders/at-risk")
        assert re.findall(r'href="/tickets/([\w-]+)"', page) == [tickets[1], tickets[2]]
        assert "answers: 0 of 2, 1 person is at it" in page
        assert len(re.findall(r'href="/tickets/', await requester.get("/projects/orders/at-risk?within_minutes=0"))) == 1
        first = await world.requester.ok("GET", "/projects/orders/tickets-at-risk?limit=1")
        rest = await world.requester.ok("GET", f"/projects/orders/tickets-at-risk?cursor={first['next_cursor']}")
        assert [one["id"] for one in (*first["items"], *rest["items"])] == [tickets[1], tickets[2]]

    async def test_the_newest_tickets_stand_first_and_lists_go_on_from_either_end(self, world: World) -> None:
        await world.project()
        tickets = sorted(await world.tickets(5))  # sent at once: within a millisecond they have no order of their own
        await db.execute("UPDATE ticket SET channel = 'phone' WHERE id = $1", tickets[2])
        requester = await Browser.of(world, "requester")
        place = "/projects/orders/tickets"
        read = partial(re.findall, r'<th scope="row"><a href="/tickets/([\w-]+)"')
        first = await requester.get(f"{place}?limit=2")
        further = re.search(r'role="button"[^>]*href="([^"]+)"', first)
        assert further is not None
        rest = await requester.get(f"{unescape(further[1])}&limit=3")
        assert read(first) + read(rest) == tickets[::-1]
        assert "To the beginning of the list" in rest
        assert read(await requester.get(f"{place}?channel=phone&state=open")) == [tickets[2]]
        assert read(await requester.get(f"{place}?order=oldest&state=")) == tickets
        assert read(await requester.get("/projects/orders/at-risk?within_minutes=1440&channel=phone")) == [tickets[2]]
        oldest = await world.requester.ok("GET", f"{place}?limit=3")
        after = await world.requester.ok("GET", f"{place}?limit=3&cursor={oldest['next_cursor']}")
        assert [one["id"] for one in (*oldest["items"], *after["items"])] == tickets
        assert after["next_cursor"] is None

    async def test_results_are_taken_away_and_money_is_seen_and_bounded(self, world: World) -> None:
        await world.project(choice_step(overlap=1))
        tickets = await world.tickets(2)
        anna = await world.worker("anna")
        (held,) = await anna.claim(1)
        await anna.answer(held, {"topic": "b"})
        await world.drain()
        requester = await Browser.of(world, "requester")
        reply = await world.client.get("/projects/orders/results.csv?since=&until=", headers=requester.headers)
        rows = list(csv.DictReader(io.StringIO(reply.content.decode("utf-8-sig")), delimiter=";"))
        assert [(row["classify.topic"], row["source"] != "") for row in rows] == [("b", True)]
        assert '"result":{"classify":{"topic":"b"}}' in await requester.get("/projects/orders/results.jsonl")
        page = await requester.get("/projects/orders/spend")
        assert "RUB\N{NO-BREAK SPACE}2.50" in page
        assert "<svg" in page
        assert "RUB\N{NO-BREAK SPACE}2.50" in await requester.get("/spend")
        place = f"/money/tickets/{tickets[1]}"
        kept = await requester.post(f"{place}/budget", {"budget": "9,00", "reason": "No more than that."}, on=place)
        assert kept.status_code == 303, kept.text
        assert await db.scalar("SELECT amount FROM ticket_budget") == 90_000
        gone = await requester.post(f"{place}/budget", {"budget": "", "reason": "As the list says."}, on=place)
        assert (gone.status_code, await db.scalar("SELECT count(*) FROM ticket_budget")) == (303, 0)
        resolved = await db.scalar("SELECT id FROM ticket WHERE state = 'resolved'")
        place = f"/money/tickets/{resolved}"
        back = await requester.post(f"{place}/reopen", {"redo": "classify", "reason": "The topic is wrong."}, on=place)
        assert (back.status_code, back.headers["location"]) == (303, place)
        assert await db.scalar("SELECT count(*) FROM reopening") == 1
        shown = await requester.get(place)
        assert ("The topic is wrong." in shown, "/reopen" in shown) == (True, False)  # it is under way


async def test_another_requesters_projects_tickets_imports_and_money_are_not_there(world: World) -> None:
    await world.project()
    (ticket,) = await world.tickets(1)
    rows = "external_id,channel,language,text\n9,chat,en,text\n"
    made = await world.requester.ok("POST", "/projects/orders/imports", {"source": "s", "rows": rows})
    await world.person("other", Role.REQUESTER)
    other = await Browser.of(world, "other")
    below = (
        "",
        "/workflow",
        "/workflow/steps/1",
        "/workflow/json",
        "/workflow/try",
        "/tickets",
        "/intake",
        "/imports",
        "/at-risk",
    )
    paths = [f"/projects/orders{place}" for place in (*below, "/results", "/results.csv", "/spend")]
    for path in (*paths, f"/tickets/{ticket}", f"/imports/{made['id']}", f"/money/tickets/{ticket}"):
        reply = await world.client.get(path, headers=other.headers)
        assert reply.status_code == 404, path
    assert "orders" not in await other.get("/spend")


async def test_what_only_a_form_leads_to_hinders_nobody(site: Site) -> None:
    await site.world.project(choice_step(overlap=2))
    edit = "/projects/orders/workflow"
    async with site.visitor("requester", language="ru") as context:
        look = Looking(page := await context.new_page())

        async def looked() -> None:
            await look.axe()
            await look.fits(ZOOMED)
            await page.set_viewport_size({"width": 1280, "height": 900})

        await look.at(f"{edit}/steps/1")
        await page.fill("#field-price", "much")
        await page.locator("button[value='add.text']").click()
        await page.locator("#wrong-price").wait_for()
        await looked()
        await page.fill("#field-price", "3")
        await page.locator("button[value='answer.1.remove']").click()
        await page.locator(".preview .task").wait_for()
        await look.at(f"{edit}/try")
        await page.locator("form.wide button").click()
        await page.locator("article.task").wait_for()
        await looked()
        await page.get_by_role("radio").first.check()
        await page.locator("button[value=answer]").click()
        await page.locator(".note.good").wait_for()
        await look.at("/projects/orders/intake")
        await page.fill("#field-rows", ROWS)
        await page.locator("button[value=look]").click()
        await page.locator(".layout").wait_for()
        await looked()
        assert look.found == []
