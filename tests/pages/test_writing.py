"""What curators write is written in forms: row by row, kept by the server, its faults beside the fields, seen before it is sent off."""

import json
import re
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest

from piecework.platform import db
from piecework.platform.pages.sheet import Box, Opened, Sheet, nothing_known
from piecework.quality.admissions import documents
from piecework.quality.pages import course_writing
from piecework.quality.pages.writing_views import outline_of
from piecework.quality.writing import SHAPES, Kind
from tests.pages.conftest import Site
from tests.pages.looking import Looking
from tests.pages.plain import Browser, fields
from tests.quality.exams import exam_world
from tests.quality.training import course_world
from tests.world import World

HOSTILE = "<script>window.hit = 1</script>\N{RIGHT-TO-LEFT OVERRIDE}"
EXAM, COURSE = "/writing/exam/-", "/writing/course/-"


class Writer:
    """A curator's browser, on the page of a draft."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser

    @classmethod
    async def of(cls, world: World, who: str = "curator", language: str = "en") -> "Writer":
        return cls(await Browser.of(world, who, language=language))

    async def act(self, place: str, act: str, **typed: str) -> str:
        """Type into the page of a place, then press a button; where that led."""
        return await self.browser.written(place, act, **typed)

    async def missing(self, place: str) -> list[str]:
        """What is said to be missing: the way to each field."""
        note = re.search(r'<div class="note warn" role="status">(.*?)</div>', await self.browser.read(place), re.DOTALL)
        return re.findall(r'<li><a href="[^"]*">(.*?)</a>', note[1]) if note else []


def changes(page: str) -> list[tuple[str, ...]]:
    """What is said to change: the way to it, how it is, how it would be."""
    table = re.search(r'<table class="changed">(.*?)</table>', page, re.DOTALL)
    assert table is not None
    rows = re.findall(r'<tr><th scope="row">(.*?)</th><td>(.*?)</td><td>(.*?)</td></tr>', table[1])
    return [tuple(re.sub(r"<[^>]+>", "", one) for one in row) for row in rows]


def shipped() -> Iterator[tuple[Kind, dict[str, Any]]]:
    """All that ships, as drafts."""
    exam = json.loads((files("piecework.quality.exams") / "data/russian_general.json").read_bytes())
    yield Kind.EXAM, {"code": exam["code"], "spec": exam["spec"]}
    yield Kind.QUESTIONS, {"pool": "all", "questions": [one for pool in exam["pools"].values() for one in pool]}
    for language in ("ru", "en"):
        yield Kind.COURSE, json.loads((files("piecework.quality.training") / f"data/general_{language}.json").read_bytes())
    for kind in (Kind.FORM, Kind.GUIDE):
        spec = documents.shipped(kind.value).model_dump(mode="json", by_alias=True, exclude_defaults=True)
        yield kind, {"document": {"kind": kind.value, **spec}, "reason": "It ships with it."}


def typed(box: Box) -> Iterator[tuple[str, list[str]]]:
    """What a browser would send of a page if nothing were typed."""
    match box.part.kind:
        case "check":
            yield box.path, ["false", *([box.text] if box.text else [])]
        case "ticks":
            yield box.path, ["", *box.chosen]
        case "rows" if box.part.asking.apart:
            return
        case kind if kind not in ("group", "open", "rows", "variants"):
            yield box.path, [box.text.replace("\n", "\r\n")]
    for one in box.boxes:
        yield from typed(one)


def pages(sheet: Sheet, at: str = "") -> Iterator[str]:
    """All pages of a draft."""
    yield at

    def apart(box: Box) -> Iterator[str]:
        for one in box.boxes:
            yield from [one.path] if box.part.asking.apart else apart(one)

    for path in apart(sheet.box(at, [], "en")):
        yield from pages(sheet, path)


@pytest.mark.parametrize(("kind", "spec"), list(shipped()))
async def test_what_ships_comes_through_every_page_unchanged(kind: Kind, spec: dict[str, Any]) -> None:
    opened: Opened = course_writing.opened({}) if kind == Kind.COURSE else nothing_known
    sheet = Sheet(outline_of(kind, named=False), spec, opened)
    assert sheet.faults(SHAPES[kind]) == []
    assert [at for at in pages(sheet) if sheet.typed(at, dict(typed(sheet.box(at, [], "en")))) != spec] == []


def test_what_does_not_fit_together_is_told_at_the_field_that_shows_it() -> None:
    def told(kind: Kind, spec: dict[str, Any]) -> list[tuple[str, str]]:
        sheet = Sheet(outline_of(kind, named=False), spec, course_writing.opened({}))
        return [(one["field"], one["page"]) for one in sheet.faults(SHAPES[kind])]

    exam = {"code": "x", "spec": exam_world.spec(exam_world.section(difficulty={"easy": 1})) | {"kind": "direction"}}
    assert told(Kind.EXAM, exam) == [("spec.sections.0.difficulty", "")]
    assert told(Kind.EXAM, {"code": "x", "spec": exam_world.spec() | {"kind": "direction"}}) == [("spec.direction", "")]
    course = {"code": "x", "spec": course_world.spec(course_world.lesson(), course_world.tasks())}
    course["spec"]["units"][1]["items"][1]["answers"][0]["answer"] = {"topic": "zzz"}
    row = "spec.units.1.items.1"
    assert told(Kind.COURSE, course) == [(f"{row}.answers.0.answer.topic", row)]
    way = {"kind": "way_in", "stages": [{"stage": "application"}, {"stage": "trial"}, {"stage": "live"}]}
    assert told(Kind.WAY_IN, {"document": way, "reason": "We look for people."}) == [("document.trial", "")]


class TestExams:
    async def test_an_exam_is_written_row_by_row_and_what_is_missing_stands_beside_the_fields(self, world: World) -> None:
        curator = await Writer.of(world)
        assert await curator.missing(EXAM) == []  # nothing was written yet
        assert await curator.act(EXAM, "add.0.spec.sections", code="russian", spec__time_limit_min="forty") == (
            f"{EXAM}#row-spec.sections.1"
        )
        missing = await curator.missing(EXAM)
        assert "Minutes for it" in missing
        assert "Sections › 2 › Title › in Russian" in missing
        assert not [one for one in missing if "Name in the results" in one]  # it is made from the title
        page = await curator.browser.get(EXAM)
        assert re.search(r'name="spec.time_limit_min"[^>]*value="forty"[^>]*aria-invalid="true"', page)
        first = {
            "spec__sections__0__title__ru": "Стиль",
            "spec__sections__0__title__en": HOSTILE,
            "spec__sections__0__pool": "style",
        }
        second = {name.replace("0", "1"): text for name, text in first.items()} | {"spec__sections__1__pool": "second"}
        draws = {"spec__sections__0__draw": "2", "spec__sections__1__draw": "1"}
        whole = {"spec__title__ru": "Русский", "spec__title__en": "Russian", "spec__time_limit_min": "40"}
        rest = {"spec__passing__threshold": "0,75", "spec__qualification": "russian"}
        assert (
            await curator.act(EXAM, "up.spec.sections.1", **whole, **rest, **first, **second, **draws)
            == f"{EXAM}#rows-spec.sections"
        )
        assert await curator.missing(EXAM) == []
        kept = await world.curator.ok("GET", "/me/writing/exam/-")
        assert kept["faults"] == []
        assert [one["pool"] for one in kept["spec"]["spec"]["sections"]] == ["second", "style"]
        assert [one["key"] for one in kept["spec"]["spec"]["sections"]] == ["stil_2", "stil"]
        assert kept["spec"]["spec"]["passing"] == {"by": "share", "threshold": 0.75}
        assert HOSTILE not in await curator.browser.get(EXAM)
        assert "As it would read" in await curator.browser.get(EXAM)
        assert await curator.act(EXAM, "remove.spec.sections.0") == f"{EXAM}#rows-spec.sections"
        # What was changed since it was looked at is looked at first.
        assert await curator.act(EXAM, "send", spec__time_limit_min="30") == f"{EXAM}#preview"
        assert await db.scalar("SELECT count(*) FROM exam") == 0
        assert await curator.act(EXAM, "send") == "/exams/russian/versions/1"
        spec = json.loads(await db.scalar("SELECT spec FROM exam"))
        assert (spec["time_limit_min"], len(spec["sections"])) == (30, 1)
        await world.curator.call("GET", "/me/writing/exam/-")
        assert (await world.curator.call("GET", "/me/writing/exam/-")).status_code == 404  # it is sent

    async def test_the_next_version_shows_what_changes_to_its_writer_and_to_whoever_publishes_it(self, world: World) -> None:
        await exam_world.fill(world)
        await exam_world.publish(world)
        curator, other = await Writer.of(world), await Writer.of(world, "second", "ru")
        place = "/writing/exam/russian"
        page = await curator.browser.get(place)
        assert ('name="code"' in page, "note warn" in page) == (False, False)
        more = {"spec__sections__0__draw": "3", "spec__title__en": "Written Russian"}
        await curator.act(place, "save", **more)
        assert changes(await curator.browser.get(place)) == [
            ("Title › in English", "Russian", "Written Russian"),
            ("Sections › 1 › Questions drawn", "4", "3"),
        ]
        version = await curator.act(place, "send")
        assert version == "/exams/russian/versions/2"
        shown = await other.browser.read(version)
        assert "Что меняется по сравнению с действующей версией" in shown
        assert "Written Russian" in shown
        assert "note warn" not in await other.browser.get(place)  # the draft was its writer's alone

    async def test_who_writes_in_two_windows_undoes_nothing(self, world: World) -> None:
        curator = await Writer.of(world)
        early = fields(await curator.browser.get(EXAM), EXAM) | {"code": ["early"]}
        await curator.act(EXAM, "save", code="late")
        reply = await curator.browser.post(EXAM, {**early, "act": "save"}, on=EXAM)
        assert (reply.status_code, 'value="early"' in reply.text) == (409, True)
        assert (await world.curator.ok("GET", "/me/writing/exam/-"))["spec"]["code"] == "late"
        assert await curator.act(EXAM, "drop") == "/exams"
        assert await db.scalar("SELECT count(*) FROM draft") == 0

    async def test_experts_write_text_and_are_told_the_line_of_what_does_not_fit(self, world: World) -> None:
        curator = await Writer.of(world)
        place = f"{EXAM}/as-text"
        whole = exam_world.spec()
        for wrong, told in ((whole | {"time_limit_min": 0}, "text line 7"), (whole | {"kind": "direction"}, "text line 1")):
            form = {"as_text": json.dumps(wrong, indent=1)}
            reply = await curator.browser.post(place, form, on=EXAM)
            assert (reply.status_code, told in reply.text, '"time_limit_min"' in reply.text.replace("&#34;", '"')) == (
                422,
                True,
                True,
            )
        file = {"file": ("exam.json", json.dumps(whole).encode(), "application/json")}
        assert (await curator.browser.post(place, {"as_text": "{"}, on=EXAM, files=file)).status_code == 303
        assert await curator.missing(EXAM) == ["Code"]

    @pytest.mark.parametrize(
        "spec", [{}, {"spec": []}, {"code": 1, "spec": {"sections": {"0": 1}, "title": "x"}}, {"spec": {"sections": [1, None, {"title": []}]}}]
    )  # fmt: skip
    async def test_whatever_the_api_kept_can_be_looked_at_and_mended(self, world: World, spec: Any) -> None:
        await world.curator.ok("PUT", "/me/writing/exam/-", {"spec": spec})
        curator = await Writer.of(world)
        await curator.act(EXAM, "save", spec__title__ru="Русский")
        kept = (await world.curator.ok("GET", "/me/writing/exam/-"))["spec"]
        assert kept["spec"]["title"]["ru"] == "Русский"

    async def test_no_act_of_a_form_breaks_anything(self, world: World) -> None:
        """Rows that are not there cannot be added to, moved or removed; what is no act at all just keeps what was typed."""
        curator = await Writer.of(world)
        absent = (
            "add",
            "add.9.spec.sections",
            "up.spec.sections.7",
            "remove.spec.\N{SUPERSCRIPT TWO}",
            "up.code",
            "add.0.spec.title",
        )
        for act, status in {".": 303, **dict.fromkeys(absent, 404)}.items():
            reply = await curator.browser.post(EXAM, {**fields(await curator.browser.get(EXAM), EXAM), "act": act}, on=EXAM)
            assert reply.status_code == status, act
        for place in (
            f"{EXAM}/spec.sections.0",
            f"{EXAM}/nothing.1",
            "/writing/exam/absent",
            "/writing/criteria/orders.1.9",
            "/writing/course/-/spec.units.0",
        ):
            await curator.browser.get(place, 404)


async def test_questions_of_both_kinds_are_written_each_on_its_page(world: World) -> None:
    await world.project()
    curator = await Writer.of(world)
    reply = await curator.browser.reply("/new-exam-questions?kind=questions&pool=mixed")
    place = reply.headers["location"]
    one = await curator.act(place, "add.3.questions")
    assert one == f"{place}/questions.0"
    two = await curator.act(one, "more", questions__0__question__prompt="Which is right?", questions__0__question__right="2")
    assert two == f"{place}/questions.1"
    assert 'value="2"' in await curator.browser.get(one)
    assert await curator.missing(place) == [
        "The questions › 1 › Wordings",
        *(f"The questions › 2 › {one}" for one in ("What is asked", "Wordings", "Which of them is right")),
    ]
    assert await curator.act(one, "back", questions__0__question__options="yes\nno\n") == place
    await curator.act(place, "remove.questions.1")
    assert await curator.act(place, "send") == "/exam-questions?pool=mixed&state=waiting"
    question = json.loads(await db.scalar("SELECT content FROM exam_question"))
    assert (question["options"], question["right"]) == (["yes", "no"], 1)
    reply = await curator.browser.reply("/new-exam-questions?kind=orders.classify")
    place = reply.headers["location"]
    row = await curator.act(place, "add.0.items", pool="mixed")
    page = await curator.browser.get(row)
    assert ('name="items.0.input.text"' in page, '<option value="b">B</option>' in page) == (True, True)
    await curator.act(row, "back", items__0__input__text=HOSTILE, items__0__answers__0__answer__topic="b")
    assert await curator.act(place, "send") == "/exam-questions?pool=mixed&state=waiting"
    kept = json.loads(await db.scalar("SELECT content FROM exam_question WHERE content ->> 'kind' = 'golden'"))
    assert kept["answers"][0]["answer"] == {"topic": "b"}


async def test_a_course_has_a_page_for_each_unit_its_homework_and_its_tasks(world: World) -> None:
    await world.project()
    curator = await Writer.of(world)
    lesson = await curator.act(COURSE, "add.0.spec.units", code="first", spec__title="Первые шаги", spec__direction="orders")
    home = await curator.act(
        lesson, "add.0.spec.units.0.homework", spec__units__0__title="Начало", spec__units__0__text=f"## {HOSTILE}"
    )
    ask = "spec__units__0__homework__0__"
    await curator.act(
        home,
        "add.0.spec.units.0.homework.0.answer.0.options",
        **{f"{ask}prompt": "Choose.", f"{ask}answer__0__title": "Тема", f"{ask}answer__0__type": "choice"},
    )
    await curator.act(
        home, "save", **{f"{ask}answer__0__options__0__title": "Заказ", f"{ask}hint": "h", f"{ask}explanation": "e"}
    )
    page = await curator.browser.get(home)
    assert f'name="{ask.replace("__", ".")}answers.0.answer.tema"' in page
    assert '<option value="zakaz">Заказ</option>' in page
    unit = await curator.act(home, "back", **{f"{ask}answers__0__answer__tema": "zakaz"})
    assert unit == f"{COURSE}/spec.units.0"
    assert await curator.missing(COURSE) == []
    # Tasks of a step of the direction show and ask what it does.
    tasks = await curator.act(COURSE, "add.1.spec.units")
    await curator.act(tasks, "save", spec__units__1__title="Практика", spec__units__1__step="classify")
    item = await curator.act(tasks, "add.0.spec.units.1.items")
    typed = {"input__text": "Where is it?", "answers__0__answer__topic": "a", "hint": "h", "explanation": "e"}
    await curator.act(item, "back", **{f"spec__units__1__items__0__{name}": text for name, text in typed.items()})
    assert "As it would read" in await curator.browser.get(COURSE)
    version = await curator.act(COURSE, "send")
    assert version == "/courses/first/versions/1"
    spec = json.loads(await db.scalar("SELECT spec FROM course"))
    assert [one["key"] for one in spec["units"]] == ["nachalo", "praktika"]
    assert spec["units"][1]["form"]["answer"][0]["name"] == "topic"
    # What was written comes back as it was: tasks of a step have no form of their own.
    again = await Writer.of(world)
    await again.act("/writing/course/first", "save", spec__days="21")
    kept = (await world.curator.ok("GET", "/me/writing/course/first"))["spec"]["spec"]
    assert (kept["days"], "form" in kept["units"][1], kept["units"][0]["homework"][0]["answers"]) == (
        21,
        False,
        [{"answer": {"tema": "zakaz"}}],
    )


async def test_what_the_api_refuses_is_told_at_the_field_and_the_draft_stays(world: World) -> None:
    curator = await Writer.of(world)
    spec = exam_world.spec() | {"kind": "direction", "direction": "nowhere"}
    await world.curator.ok("PUT", "/me/writing/exam/-", {"spec": {"code": "x", "spec": spec}})
    form = fields(await curator.browser.get(EXAM), EXAM)
    reply = await curator.browser.post(EXAM, {**form, "act": "send"}, on=EXAM)
    assert (reply.status_code, 'id="wrong-spec.direction"' in reply.text) == (422, True)
    assert (await world.curator.ok("GET", "/me/writing/exam/-"))["spec"]["code"] == "x"


async def test_a_way_in_its_form_and_guide_are_published_once_their_changes_were_shown(world: World) -> None:
    await world.project()
    curator = await Writer.of(world)
    place = "/writing/way-in/orders"
    await curator.act(place, "add.0.document.stages", reason="We look for people.")
    stages = {"document__stages__1__stage": "interview", "document__stages__1__days": "5", "document__stages__2__stage": "live"}
    await curator.act(place, "save", **stages)
    assert "It takes the place of nothing." in await curator.browser.get(place)
    assert await curator.act(place, "send") == "/ways-in/orders"
    assert "takes applications" in await curator.browser.get("/ways-in")
    await curator.act(place, "remove.document.stages.1")
    await curator.act(place, "save", document__open="false", document__again_after_days="60", reason="We have enough.")
    page = await curator.browser.get(place)
    said = changes(page)
    assert ("Takes applications", "yes", "no") in said
    assert ("Days until one may apply again", "30", "60") in said
    assert [row for row in said if row[0].startswith("Stages")] == [
        ("Stages › 2 › Stage", "Interview", "nothing"),
        ("Stages › 2 › Days for it", "5", "nothing"),
    ]
    await curator.act(place, "send")
    way = await documents.current("way_in", "orders")
    assert way is not None
    assert (way.version, way.spec.model_dump()["open"], len(way.spec.model_dump()["stages"])) == (2, False, 2)
    form = "/writing/form/orders"
    question = await curator.act(form, "add.0.document.questions")
    at = question.rpartition("questions.")[2]
    title = {f"document__questions__{at}__title__ru": "Почему мы?", f"document__questions__{at}__title__en": "Why us?"}
    await curator.act(question, "back", **title, **{f"document__questions__{at}__type": "text"})
    await curator.act(form, "save", reason="One more is needed.")
    assert "Why us?" in await curator.browser.get(form)
    assert await curator.act(form, "send") == "/ways-in/orders"
    assert "Why us?" in await curator.browser.get("/ways-in/orders")
    guide = "/writing/guide/orders/document.groups.0"
    await curator.act(guide, "up.document.groups.0.questions.1")
    await curator.act("/writing/guide/orders", "save", reason="A better order.")
    await curator.act("/writing/guide/orders", "send")
    assert await db.scalar("SELECT count(*) FROM admission_document WHERE direction = 'orders'") == 4


async def test_in_a_browser_an_exam_and_a_course_are_written_published_and_easy_to_use(site: Site) -> None:
    world, other = site.world, await exam_world.second(site.world)
    await exam_world.fill(world)
    words = (
        "Передать другому куратору",
        "Опубликовать",
        "Раздел",
        "Урок",
        "Ответ словами, читает человек",
        "Сохранить и к списку",
    )
    send, publish, section, lesson, essay, back = words
    async with site.visitor("curator", language="ru") as context, site.visitor("second", language="ru") as seconds:
        page, second = await context.new_page(), await seconds.new_page()
        looking = Looking(page)
        second.on("dialog", lambda dialog: dialog.accept())

        async def fill(**texts: str) -> None:
            for name, text in texts.items():
                await page.locator(f'[name="{name.replace("__", ".")}"]').last.fill(text)

        async def published(path: str) -> None:
            await page.get_by_role("button", name=send).click()
            await page.wait_for_url(f"**{path}")
            await second.goto(path)
            await second.get_by_role("button", name=publish).click()
            await second.wait_for_url(f"**{path}")

        await looking.at(EXAM)
        await fill(code="russian", spec__title__ru="Русский", spec__title__en="Russian", spec__time_limit_min="40")
        await fill(spec__sections__0__title__ru="Стиль", spec__sections__0__title__en="Style", spec__sections__0__pool="style")
        await fill(spec__sections__0__draw="4", spec__passing__threshold="0,75", spec__qualification="russian")
        await page.get_by_role("button", name=f"+ {section}").click()
        await page.wait_for_url("**#row-spec.sections.1")
        await looking.axe()  # with faults
        await page.locator('button[value="remove.spec.sections.1"]').click()
        await page.wait_for_url("**#rows-spec.sections")
        await looking.axe()  # with the preview
        await published("/exams/russian/versions/1")
        await looking.at(COURSE)
        await fill(code="start", spec__title="Первые шаги")
        await page.get_by_role("button", name=lesson).click()
        await page.wait_for_url("**/spec.units.0")
        await fill(spec__units__0__title="Начало", spec__units__0__text="Прочитайте до конца.")
        await page.get_by_role("button", name=essay).click()
        await page.wait_for_url("**/spec.units.0.homework.0")
        await fill(spec__units__0__homework__0__prompt="Ответьте.", spec__units__0__homework__0__good="Назван срок.")
        await looking.axe()
        for width in (640, 360):
            await looking.fits(width)
        await page.get_by_role("button", name=back).click()
        await page.wait_for_url("**/spec.units.0")
        await page.get_by_role("button", name=back).click()
        await page.wait_for_url(f"**{COURSE}")
        await published("/courses/start/versions/1")
        await second.goto("/courses/start")
        assert looking.found == []
    assert other.id == await db.scalar("SELECT published_by FROM course")
