"""Pay terms and identities through the API: versions, moments, who may, what is refused."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from piecework.payouts.payees.identity import is_persons_inn
from piecework.platform import db
from piecework.platform.identity.models import Role
from tests.traceless import nothing_changes
from tests.world import World

INN, OTHER_INN = "500100732259", "771234567859"
AGREED = {"cadence": "monthly", "regime": "self_employed", "reason": "as asked"}
IDENTITY = {"inn": INN, "legal_name": "Анна Петрова", "residence": "RU", "reason": "passport seen"}


def in_days(days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


class TestTerms:
    async def test_terms_begin_now_and_earlier_ones_stay_known(self, world: World) -> None:
        anna = await world.person("anna")
        assert await anna.ok("GET", "/me/pay-terms") == {"cadence": "weekly", "regime": "none", "starts_at": None}
        first = await world.finance.ok("PUT", f"/freelancers/{anna.id}/pay-terms", AGREED)
        second = await world.finance.ok("PUT", f"/freelancers/{anna.id}/pay-terms", AGREED | {"regime": "individual"})
        assert (first["version"], second["version"]) == (1, 2)
        assert first["starts_at"] < second["starts_at"]
        own = await anna.ok("GET", "/me/pay-terms")
        assert own == {"cadence": "monthly", "regime": "individual", "starts_at": second["starts_at"]}
        history = await world.administrator.ok("GET", f"/freelancers/{anna.id}/pay-terms")
        assert [one["regime"] for one in history["versions"]] == ["individual", "self_employed"]
        assert history["versions"][0]["created_by"] == str(world.finance.id)
        assert await db.scalar("SELECT count(*) FROM trail WHERE action = 'pay_terms.agreed'") == 2
        await world.verify()

    async def test_terms_of_the_future_wait_and_stay_whatever_is_agreed_until_then(self, world: World) -> None:
        anna = await world.person("anna")
        path = f"/freelancers/{anna.id}/pay-terms"
        later = await world.finance.ok("PUT", path, AGREED | {"starts_at": in_days(3)})
        assert (await anna.ok("GET", "/me/pay-terms"))["cadence"] == "weekly"
        await world.finance.ok("PUT", path, AGREED | {"cadence": "half_monthly", "regime": "individual"})
        assert (await anna.ok("GET", "/me/pay-terms"))["cadence"] == "half_monthly"
        at = "SELECT regime_of($1, clock_timestamp() + $2 * interval '1 day') || ' ' || cadence_of($1, clock_timestamp() + $2 * interval '1 day')"
        assert [await db.scalar(at, anna.id, days) for days in (1, 4)] == ["individual half_monthly", "self_employed monthly"]
        await world.finance.ok("PUT", path, AGREED | {"regime": "individual", "starts_at": later["starts_at"]})
        assert await db.scalar(at, anna.id, 4) == "individual monthly"

    async def test_what_does_not_fit_is_refused(self, world: World, subtests: pytest.Subtests) -> None:
        async with nothing_changes():
            for changes, code in [
                ({"starts_at": "2025-01-01T00:00:00Z"}, "in_the_past"),
                ({"starts_at": "2090-01-01T00:00:00"}, "timezone_aware"),
                ({"cadence": "daily"}, "literal_error"),
                ({"regime": "emperor"}, "enum"),
                ({"reason": ""}, "string_too_short"),
                ({"version": 7}, "extra_forbidden"),
            ]:
                with subtests.test(changes=changes, code=code):
                    reply = await world.finance.call("PUT", f"/freelancers/{world.freelancer.id}/pay-terms", AGREED | changes)
                    assert (reply.status_code, reply.json()["errors"][0]["code"]) == (422, code)
                    assert await db.scalar("SELECT count(*) FROM pay_terms") == 0

    async def test_whose_terms_and_who_agrees_them(self, world: World) -> None:
        path = f"/freelancers/{world.freelancer.id}/pay-terms"
        assert (await world.freelancer.call("PUT", path, AGREED)).status_code == 403
        assert (await world.curator.call("PUT", path, AGREED)).status_code == 403
        both = await world.person("both", Role.FINANCE, Role.FREELANCER)
        assert (await both.call("PUT", f"/freelancers/{both.id}/pay-terms", AGREED)).json()["code"] == "own_contract"
        reply = await world.finance.call("PUT", f"/freelancers/{world.curator.id}/pay-terms", AGREED)
        assert reply.json()["code"] == "not_a_freelancer"
        nobody = "/freelancers/00000000-0000-7000-8000-000000000000/pay-terms"
        assert (await world.finance.call("PUT", nobody, AGREED)).status_code == 404
        assert (await world.finance.call("GET", nobody)).status_code == 404

    async def test_many_at_once_are_as_many_versions(self, world: World) -> None:
        path = f"/freelancers/{world.freelancer.id}/pay-terms"
        made = await asyncio.gather(*(world.finance.ok("PUT", path, AGREED) for _ in range(8)))
        assert sorted(one["version"] for one in made) == list(range(1, 9))


class TestIdentity:
    async def test_an_identity_is_kept_in_versions(self, world: World) -> None:
        path = f"/freelancers/{world.freelancer.id}/identity"
        await world.finance.ok("PUT", path, IDENTITY)
        await world.finance.ok("PUT", path, IDENTITY | {"legal_name": "Анна Сидорова", "reason": "married"})
        found = (await world.administrator.ok("GET", path))["versions"]
        assert [(one["version"], one["inn"], one["legal_name"]) for one in found] == [
            (2, INN, "Анна Сидорова"),
            (1, INN, "Анна Петрова"),
        ]
        trail = await db.rows("SELECT detail::text FROM trail WHERE action = 'payee.identified'")
        assert len(trail) == 2
        assert not any(INN in row["detail"] for row in trail)

    async def test_one_number_is_one_person_and_free_again_when_it_is_corrected(self, world: World) -> None:
        anna, boris = await world.person("anna"), await world.person("boris")
        replies = await asyncio.gather(
            *(world.finance.call("PUT", f"/freelancers/{one.id}/identity", IDENTITY) for one in (anna, boris))
        )
        assert sorted(reply.status_code for reply in replies) == [200, 409]
        (holder, other) = (anna, boris) if replies[0].is_success else (boris, anna)
        assert next(reply for reply in replies if not reply.is_success).json()["code"] == "inn_taken"
        await world.finance.ok("PUT", f"/freelancers/{holder.id}/identity", IDENTITY | {"inn": OTHER_INN})
        await world.finance.ok("PUT", f"/freelancers/{other.id}/identity", IDENTITY)
        assert [await db.scalar("SELECT inn_of($1)", one.id) for one in (holder, other)] == [OTHER_INN, INN]

    async def test_a_number_that_is_no_persons_is_refused(self, world: World, subtests: pytest.Subtests) -> None:
        async with nothing_changes():
            for inn in [
                "500100732258",
                "7707083893",
                "000000000000",
                "50010073225",
                "50010073225x",
                "5001007322590",
                "٥٠٠١٠٠٧٣٢٢٥٩",
            ]:
                with subtests.test(inn=inn):
                    reply = await world.finance.call(
                        "PUT", f"/freelancers/{world.freelancer.id}/identity", IDENTITY | {"inn": inn}
                    )
                    assert (reply.status_code, reply.json()["errors"][0]["field"]) == (422, "inn")
                    assert not is_persons_inn(inn)

    async def test_the_two_numbers_of_these_tests_are_right(self) -> None:
        assert is_persons_inn(INN)
        assert is_persons_inn(OTHER_INN)

    async def test_abroad_there_is_no_number(self, world: World) -> None:
        path = f"/freelancers/{world.freelancer.id}/identity"
        made = await world.finance.ok("PUT", path, {"legal_name": "Ann Peters", "residence": "RS", "reason": "lives there"})
        assert made["inn"] is None
        assert (await world.freelancer.call("GET", path)).status_code == 403
