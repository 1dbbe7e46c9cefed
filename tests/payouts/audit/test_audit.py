"""The audit: what comes out again from its evidence holds, and what somebody tampered with is found."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import orjson
import pytest

from piecework.payouts import commandline
from piecework.payouts.audit.audit import audit
from piecework.payouts.books import seals
from piecework.payouts.books.pay_policy import PayPolicy
from piecework.payouts.part import PART
from piecework.platform import db
from piecework.platform.errors import SetupError
from piecework.platform.identity.models import Role
from tests.payouts import builders as b
from tests.payouts.adjusting import deduction_world as d
from tests.traceless import nothing_changes, undone
from tests.world import World

TAMPERINGS = {
    "UPDATE posting SET amount = amount + 100 WHERE id = 1": {"audit.chain", "payouts.entries_balance"},
    "UPDATE assignment SET share = 9000": {"payouts.accruals_have_their_price"},
    "UPDATE statement SET rounding = rounding + 100, gross = gross + 100, net = net + 100": {"audit.rounding"},
    "UPDATE pay_terms SET starts_at = '2027-01-01'": {"audit.taxes"},
    "UPDATE pay_rule SET spec = jsonb_set(spec, '{percent}', '1000') WHERE kind = 'weekend'": {"audit.premiums"},
    "UPDATE pay_policy SET spec = jsonb_set(spec, '{deductions_keep}', '100') WHERE version = 1": {"audit.deductions"},
    "UPDATE deduction_part SET amount = amount - 100": {"audit.deductions"},
}


async def a_week(world: World) -> UUID:
    """Somebody taxed works through a week in which almost every day is a weekend; something is deducted; the week is closed and sealed."""
    second = world.people.get("second") or await world.person("second", Role.FINANCE)
    policy = PayPolicy(notice_days=0, deductions_keep=9000).model_dump(mode="json")
    made = await world.finance.ok("PUT", "/pay-policy", {"policy": policy, "reason": "for the test"})
    await second.ok("POST", f"/pay-policy/versions/{made['version']}/approve")
    await world.finance.ok(
        "PUT", f"/freelancers/{world.freelancer.id}/pay-terms", {"cadence": "weekly", "regime": "individual", "reason": "agreed"}
    )
    far = (datetime.now(UTC).isoweekday() + 3) % 7
    days = [day for day in range(1, 8) if day % 7 != far]
    rule = await world.finance.ok("POST", "/pay-rules", {
        "code": "weekend", "title": "Weekend", "words": "Work at the weekend is paid a fifth more.",
        "spec": {"kind": "weekend", "percent": 2000, "days": days},
    })  # fmt: skip
    await second.ok("POST", f"/pay-rules/{rule['id']}/approve")
    await d.rule()
    project = await b.project()
    now = await db.scalar("SELECT clock_timestamp()")
    for price in (300_000, 200_033):
        done = await b.assignment(project, world.freelancer.id, price=price, state="accepted", at=now, delay=timedelta())
        await db.execute("UPDATE assignment SET claimed_at = $2 WHERE id = $1", done, now)
        await b.announce(done, "accepted")
        await b.run_jobs()
    await d.approved(world, world.freelancer, "10.00")
    await d.time_passes(world)
    period = await d.close(world)
    async with db.transaction():
        await seals.seal()
    return period


async def broken() -> set[str]:
    return {one.name async for one in audit(PART.invariants) if not one.ok}


async def test_a_closed_week_comes_out_again_from_its_evidence(world: World) -> None:
    period = await a_week(world)
    row = await db.row("SELECT * FROM statement WHERE period_id = $1", period)
    assert row is not None
    assert (row["work"], row["premium"]) == (500_033, 100_007)
    assert row["deduction"] < 0 < row["tax"]
    assert await broken() == set()
    assert {one.name async for one in audit((), period)} >= {"audit.chain", "audit.premiums", "audit.deductions", "audit.taxes"}


async def test_what_was_tampered_with_is_found(world: World, subtests: pytest.Subtests) -> None:
    await a_week(world)
    for tampering, found in TAMPERINGS.items():
        with subtests.test(tampering):
            async with undone(tampering):
                assert await broken() >= found


async def test_the_commands_of_finance(world: World, tmp_path: Path) -> None:
    period = await a_week(world)
    name = await db.scalar("SELECT name FROM period WHERE id = $1", period)
    seen = await commandline.preview(name, "RUB")
    assert (seen["state"], seen["work"], seen["premium"]) == ("closed", "50.0033", "10.0007")
    page = orjson.loads(await commandline.statement(name, "RUB", "freelancer@example.test", "json", "en"))
    assert page["net"] == await db.scalar("SELECT net FROM statement")
    for file_format, begins in (("pdf", b"%PDF"), ("html", b"<!")):
        assert (
            (await commandline.statement(name, "RUB", "freelancer@example.test", file_format, "ru")).lstrip().startswith(begins)
        )
    written = await commandline.write_reports(name, "RUB", tmp_path)
    assert written["people"]["total"] == written["tickets"]["total"] == seen["total"]
    assert all(one.ok for one in await commandline.audit(name, "RUB"))


async def test_what_does_not_exist_is_said_in_one_line(world: World, subtests: pytest.Subtests) -> None:
    async with nothing_changes():
        for wrong in [
            lambda: commandline.preview("2026-W99", "RUB"),
            lambda: commandline.close("2026-W99", "RUB", "finance@example.test", cut_off=False),
            lambda: commandline.import_bank(b"", "RUB", "freelancer@example.test"),
            lambda: commandline.statement("2026-W99", "RUB", "nobody@example.test", "pdf", "en"),
            lambda: commandline.statement("2026-W99", "RUB", "freelancer@example.test", "docx", "en"),
        ]:
            with subtests.test(wrong=wrong):
                with pytest.raises(SetupError) as told:
                    await wrong()  # type: ignore[operator]
                assert "\n" not in str(told.value)


async def test_closing_by_command_happens_once_and_names_who_did_it(world: World) -> None:
    await b.earned(await b.project(), world.freelancer.id, 10_033)
    async with db.transaction():
        done = await commandline.close("2025-W10", "RUB", "finance@example.test", cut_off=False)
    assert done["total"] == "1.0000"
    assert await db.scalar("SELECT closed_by FROM period WHERE name = '2025-W10'") == world.finance.id
