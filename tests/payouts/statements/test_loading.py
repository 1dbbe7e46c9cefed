"""A statement from the books: for its person and for finance, as figures, page and document."""

from datetime import timedelta
from uuid import UUID

from piecework.payouts.closing import closing
from piecework.platform import db
from tests.payouts import builders as b
from tests.world import World


async def closed(anna: UUID) -> UUID:
    project = await b.project()
    for price in (25_050, 10_033):
        await b.earned(project, anna, price)
    await b.earned(project, anna, 30_000, share=5_000)
    period = await b.period_of(b.LONG_AGO)
    async with db.transaction():
        await closing.close(period, None)
    return period


async def test_a_person_reads_their_statement_down_to_each_answer(world: World) -> None:
    period = await closed(world.freelancer.id)
    [listed] = (await world.freelancer.ok("GET", "/me/statements"))["items"]
    assert (listed["period"], listed["work"], listed["rounding"], listed["net"]) == ("2025-W10", "5.0083", "0.0017", "5.0100")
    found = await world.freelancer.ok("GET", f"/statements/{listed['id']}")
    assert [(one["price"], one["share"], one["work"]) for one in found["assignments"]] == [
        ("2.5050", 10_000, "2.5050"), ("1.0033", 10_000, "1.0033"), ("3.0000", 5_000, "1.5000"),
    ]  # fmt: skip
    entries = await db.rows("SELECT id FROM entry WHERE kind = 'accrue' AND period_id = $1 ORDER BY id", period)
    assert [one["entry_id"] for one in found["assignments"]] == [row["id"] for row in entries]
    assert found["settlements"] == [{"kind": "carried", "amount": "5.0100", "payout": "", "on": None, "words": ""}]
    assert "ticket" not in str(found)


async def test_page_and_document_are_made_in_both_languages(world: World) -> None:
    period = await closed(world.freelancer.id)
    [listed] = (await world.finance.ok("GET", f"/periods/{period}/statements?freelancer_id={world.freelancer.id}"))["items"]
    page = await world.freelancer.call("GET", f"/statements/{listed['id']}/page.html?language=ru")
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert "Расчётный листок" in page.text
    document = await world.finance.call("GET", f"/statements/{listed['id']}/page.pdf?language=en")
    assert document.content.startswith(b"%PDF")
    assert document.headers["content-disposition"] == 'attachment; filename="statement-2025-W10.pdf"'


async def test_nobody_reads_anothers_statement(world: World) -> None:
    await closed(world.freelancer.id)
    [listed] = (await world.freelancer.ok("GET", "/me/statements"))["items"]
    other = await world.person("other")
    for path in ("", "/page.html", "/page.pdf"):
        assert (await other.call("GET", f"/statements/{listed['id']}{path}")).status_code == 404
        assert (await world.requester.call("GET", f"/statements/{listed['id']}{path}")).status_code == 403


async def test_money_earned_after_the_closing_is_on_the_next_statement(world: World) -> None:
    await closed(world.freelancer.id)
    project = await b.project("more")
    await b.earned(project, world.freelancer.id, 700, at=b.LONG_AGO + timedelta(days=1))
    async with db.transaction():
        await closing.close(await db.scalar("SELECT id FROM period WHERE state = 'open'"), None, cut_off=True)
    first, second = (await world.freelancer.ok("GET", "/me/statements"))["items"]
    assert (first["net"], second["net"]) == ("0.0700", "5.0100")
