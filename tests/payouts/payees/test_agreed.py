"""Pay terms come with the contract that a person accepts, once, from when it is in force."""

from datetime import UTC, datetime, timedelta
from typing import Any

from piecework.payouts.payees import agreed
from piecework.platform import db
from tests.world import Person, World

TERMS = "SELECT cadence, regime, starts_at, created_by FROM pay_terms WHERE freelancer_id = $1 ORDER BY version"


async def accept(world: World, person: Person, **terms: Any) -> dict[str, Any]:
    version = await world.agree(person, **terms)
    await world.drain()
    return version


class TestAgreed:
    async def test_the_contract_says_how_one_is_paid_and_taxed(self, world: World) -> None:
        await accept(world, world.applicant, cadence="monthly", regime="self_employed")
        (row,) = await db.rows(TERMS, world.applicant.id)
        assert (row["cadence"], row["regime"], row["created_by"]) == ("monthly", "self_employed", world.applicant.id)
        assert (await world.applicant.ok("GET", "/me/pay-terms"))["cadence"] == "monthly"
        history = (await world.finance.ok("GET", f"/freelancers/{world.applicant.id}/pay-terms"))["versions"]
        assert history[0]["reason"] == "Accepted with version 1 of the contract."
        await world.verify()

    async def test_terms_that_hold_already_are_not_written_again(self, world: World) -> None:
        await accept(world, world.freelancer)
        assert await db.rows(TERMS, world.freelancer.id) == []
        for _ in range(2):
            await accept(world, world.freelancer, cadence="monthly", regime="individual")
        assert len(await db.rows(TERMS, world.freelancer.id)) == 1

    async def test_a_contract_to_come_brings_its_terms_when_it_begins(self, world: World) -> None:
        begins = datetime.now(UTC) + timedelta(days=20)
        await accept(world, world.freelancer, regime="self_employed")
        await accept(world, world.freelancer, regime="individual", starts_at=begins.isoformat())
        at = "SELECT regime_of($1, $2)"
        assert await db.scalar(at, world.freelancer.id, begins - timedelta(seconds=1)) == "self_employed"
        assert await db.scalar(at, world.freelancer.id, begins) == "individual"
        await world.verify()

    async def test_running_a_job_twice_or_late_changes_nothing(self, world: World) -> None:
        """Of two contracts that were accepted while no job ran, the one that is in force counts, whichever job comes first."""
        await world.agree(world.freelancer, regime="individual")
        await world.agree(world.freelancer, regime="self_employed")
        for _ in range(3):
            async with db.transaction():
                await agreed.heed(world.freelancer.id)
        assert [row["regime"] for row in await db.rows(TERMS, world.freelancer.id)] == ["self_employed"]
        await world.finance.ok(
            "PUT",
            f"/freelancers/{world.freelancer.id}/pay-terms",
            {"cadence": "weekly", "regime": "individual", "reason": "by law"},
        )
        await world.drain()
        assert [row["regime"] for row in await db.rows(TERMS, world.freelancer.id)] == ["self_employed", "individual"]
