"""Ways through the pages that take several people: each at a browser of their own, told from the first page to the last."""

import contextlib
import csv
import io
import re
from datetime import datetime, timedelta

import pytest
from playwright.async_api import expect

from piecework.platform import db
from piecework.platform.identity.models import Role
from tests.pages.conftest import Site
from tests.pages.stories import exams
from tests.pages.stories.telling import Teller
from tests.payouts import builders as b
from tests.payouts.adjusting import deduction_world
from tests.tasks.norms.past import Past
from tests.tasks.norms.test_cases import missed, too_late
from tests.world import Person, World

pytestmark = [pytest.mark.timeout(180), pytest.mark.asyncio(loop_scope="module")]
LANGUAGES = pytest.mark.parametrize("language", ["en", "ru"])
TALES: dict[str, dict[str, str]] = {
    "en": {
        "end": "Three weeks were missed, and two letters had no answer.",
        "gone": "I have found something else.", "evidence": "Three letters were answered within two seconds each.",
        "plain": "The times speak for themselves.", "object": "These were three copies of one letter, which I had read.",
        "denied": "We looked at it: they were three different letters.", "boom": "The disk was full",
    },
    "ru": {
        "end": "Три недели пропущены, два письма остались без ответа.",
        "gone": "Нашла другую работу.", "evidence": "На три письма ответ дан за две секунды каждый раз.",
        "plain": "Время говорит само за себя.", "object": "Это были три копии одного письма, я его прочитала.",
        "denied": "Мы посмотрели: это три разных письма.", "boom": "На диске нет места",
    },
}  # fmt: skip


@LANGUAGES
async def test_weeks_are_missed_and_a_curator_ends_the_contract(site: Site, language: str) -> None:
    tale = TALES[language]
    async with Past.of(site.world, f"weeks-{language}") as past:
        await missed(past, 3, name=f"rita-{language}")
        await too_late(past)
    async with Teller.of(site, "curator", language) as curator:
        await curator.go("/norm-cases")
        await curator.follow(f"rita-{language}")
        await curator.page.get_by_role("radio").last.check()
        await curator.fill({"reason": tale["end"]})
        await curator.press(curator.say("Decide"))
        await curator.told("Decided; the person has been told why.")
        await curator.sees(tale["end"])
        await curator.follow(curator.say("Contract"))
        await curator.sees(tale["end"])
    async with Teller.of(site, f"rita-{language}", language, "tasks") as rita:
        await rita.go("/me/contract")
        await rita.sees(tale["end"])
        await rita.follow(rita.say("Appeal"))
        await rita.sees(rita.say("Send the appeal"))


@LANGUAGES
async def test_a_contract_is_ended_by_the_person(site: Site, language: str) -> None:
    tale, name = TALES[language], f"olga-{language}"
    olga = await site.world.worker(name)
    async with Teller.of(site, "curator", language) as curator, Teller.of(site, name, language) as person:
        await person.go("/me/contract")
        await person.follow(person.say("End my contract"))
        await person.fill({"reason": tale["gone"]})
        await person.press(person.say("End my contract"))
        await person.told("The end of your contract is announced.")
        await curator.go("/contracts?q=" + name)
        await curator.follow(name)
        await curator.sees(tale["gone"])
    assert (await olga.call("GET", "/work")).json()["code"] == "no_contract"


@LANGUAGES
async def test_an_exam_is_published_handed_in_and_read(site: Site, language: str) -> None:
    world, tale, code, name = site.world, exams.WORDS[language], f"promises-{language}", f"vera-{language}"
    await exams.drafted(world, code, language)
    await world.person(name)
    async with Teller.of(site, "second", language) as second, Teller.of(site, name, language) as vera:
        await second.go("/exams")
        row = second.page.get_by_role("row").filter(has_text=code)
        await second.follow(row.get_by_role("link").last)
        await second.press(second.say("Publish"))
        await second.told("Published: it can be sat from now on.")
        await vera.go("/me/exams")
        await vera.press(vera.page.locator(f"form[action='/me/exams/{code}/begin'] button"))
        await vera.page.get_by_role("radio", name=tale["right"]).first.check()
        await vera.press(vera.say("Keep the answers"))
        await vera.told("Your answers are kept.")
        await vera.page.get_by_role("radio", name=tale["wrong"]).last.check()
        await vera.press(vera.say("Hand in"))
        await vera.told("Your attempt is handed in. The result stands here as soon as it is known.")
        await world.drain()
        await vera.again()
        await vera.sees(vera.say("not passed"))
        await second.go(f"/exams/{code}/attempts")
        await second.follow(name)
        await second.sees(tale["wrong"])
        await second.sees("1 / 2")


async def worker(world: World, name: str) -> Person:
    """Somebody who has earned a thousand."""
    person = await world.worker(name)
    await deduction_world.earn(await b.project(f"shop-{name}"), person.id, 1_000 * deduction_world.RUB)
    return person


@LANGUAGES
async def test_a_deduction_is_proposed_objected_to_and_taken(site: Site, language: str) -> None:
    world, tale, name, code = site.world, TALES[language], f"gleb-{language}", f"unread-{language}"
    await worker(world, name)
    await deduction_world.rule(code)
    async with contextlib.AsyncExitStack() as stack:
        finance, approver, person, arbiter = [
            await stack.enter_async_context(Teller.of(site, who, language))
            for who in ("finance", "administrator", name, "curator")
        ]
        await finance.go("/money/deductions")
        await finance.follow(finance.say("Propose a deduction"))
        await finance.fill({"q": name})
        await finance.press(finance.say("Search"))
        await finance.follow(name)
        yesterday = (datetime.now().astimezone() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
        await finance.fill({"rule_code": code, "amount": "50,00", "fact_at": yesterday, "evidence": tale["evidence"]})
        await finance.press(finance.say("Propose"))
        await finance.told("Proposed. Somebody else decides.")
        deduction = finance.page.url
        await approver.go("/money/deductions")
        await approver.follow(approver.page.get_by_role("row").filter(has_text=tale["evidence"]).get_by_role("link").first)
        await approver.fill({"reason": tale["plain"]})
        await approver.press(approver.say("Approve"))
        await approver.told("Decided. The person may object to what is approved.")
        await person.go("/me/earnings")
        await person.follow(person.say("Deductions"))
        await person.sees(tale["evidence"])
        await person.follow(person.say("Object"))
        await person.fill({"words": tale["object"]})
        await person.press(person.say("Send the appeal"))
        await arbiter.go("/appeals")
        await arbiter.follow(arbiter.page.get_by_role("row").filter(has_text=tale["object"]).get_by_role("link").first)
        await arbiter.page.keyboard.press("KeyR")
        await arbiter.fill({"reply": tale["denied"]})
        await arbiter.press(arbiter.say("Send the answer"))
        await arbiter.told("The appeal is answered; the freelancer reads your reply.")
        await world.drain()
        await person.again()
        await person.sees(tale["denied"])
        await deduction_world.close(world)
        await finance.go(deduction)
        await finance.sees(finance.say("What periods took"))
        await person.go("/me/deductions")
        await person.sees("50,00" if language == "ru" else "50.00")
        await person.sees(person.say("Taken"))
    assert (
        await db.scalar("SELECT sum(amount) FROM deduction_part WHERE deduction_id = $1", deduction.rsplit("/", 1)[1]) == 500_000
    )


@LANGUAGES
async def test_an_export_is_left_to_itself_and_found_again(site: Site, language: str) -> None:
    world, name = site.world, f"pavel-{language}"
    await worker(world, name)
    async with Teller.of(site, "finance", language) as finance:
        page, say = finance.page, finance.say
        await finance.go("/money/reports")
        await finance.follow(say("By person"))
        await finance.press(page.locator("form[action='/money/exports'] button[value=csv]"))
        await finance.sees(say("It is being written. You may leave this page and find it again under “Exports”."))
        export = page.url
        await expect(page.locator("progress")).to_be_visible()
        await finance.menu("Exports")
        await finance.follow(page.locator(f"a[href='{export.removeprefix(site.url)}']"))
        await expect(page.locator("progress")).to_be_visible()
        await world.drain()
        # The part is live: nobody loads the page again.
        async with page.expect_download() as waiting:
            await (
                page.get_by_role("button", name=say("Download the file"))
                .or_(page.get_by_role("link", name=say("Download the file")))
                .click()
            )
        file = (await (await waiting.value).path()).read_text("utf-8-sig")
    rows = list(csv.reader(io.StringIO(file), delimiter=";"))
    assert any(name in row for row in rows), rows


@LANGUAGES
async def test_a_dead_job_is_tried_again_and_done(site: Site, language: str) -> None:
    world, tale, code = site.world, TALES[language], f"dead-{language}"
    await world.project(code=code)
    sent = [{"external_id": "1", "channel": "email", "language": language, "text": "?"}]
    await world.requester.ok("POST", f"/projects/{code}/tickets", {"source": "story", "tickets": sent})
    killed = """UPDATE job SET attempt = 8, last_error = $1, dead_at = clock_timestamp()
                WHERE kind = 'tasks.split' AND dead_at IS NULL RETURNING key"""
    key = await db.scalar(killed, tale["boom"])
    async with Teller.of(site, "administrator", language) as administrator:
        await administrator.go("/jobs")
        row = administrator.page.get_by_role("row").filter(has_text=tale["boom"])
        await administrator.press(row.get_by_role("button", name=administrator.say("Try again"), exact=True))
        await administrator.told("It is tried again.")
        await administrator.sees(administrator.say("There are no dead jobs."))
        await world.drain()
        await administrator.menu("Audit trail")
        await administrator.fill({"subject": "job"})
        await administrator.press(administrator.say("Search"))
        await expect(administrator.page.locator("tbody tr").first).to_contain_text("job.retried")
        await administrator.follow(administrator.page.locator("tbody td a").first)
        await administrator.sees("administrator")
    assert key
    tasks = "SELECT count(*) FROM task t JOIN project p ON p.id = t.project_id WHERE p.code = $1"
    assert await db.scalar(tasks, code) == 1


@LANGUAGES
async def test_a_token_is_made_used_and_revoked(site: Site, language: str) -> None:
    world, name = site.world, f"ada-{language}"
    ada = await world.person(name, Role.ADMINISTRATOR)
    async with Teller.of(site, name, language) as teller:
        await teller.go("/me/tokens")
        await teller.fill({"name": "robot"})
        await teller.press(teller.say("Make the token"))
        ada.token = await teller.page.locator("#secret").input_value()
        assert re.fullmatch(r"pw_[\w-]+", ada.token)
        assert (await ada.ok("GET", "/me"))["name"] == name
        row = teller.page.get_by_role("row").filter(has_text="robot")
        await teller.press(row.get_by_role("button", name=teller.say("Revoke"), exact=True))
        assert teller.asked == [teller.say("Programs that use this token stop working at once. Revoke it?")]
        await teller.told("The token is revoked.")
        await teller.sees(teller.say("revoked"))
        assert (await ada.call("GET", "/me")).status_code == 401
