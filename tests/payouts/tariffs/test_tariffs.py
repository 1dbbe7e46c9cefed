"""The life of a tariff: drafted by one person, approved by another, in force, withdrawn; and what is refused."""

import asyncio
import uuid
from typing import Any

import asyncpg
import pytest

from piecework.payouts.tariffs import approving, drafting
from piecework.platform import db
from piecework.platform.identity.models import Role
from piecework.platform.money import parse
from tests import races
from tests.payouts import builders as b
from tests.payouts.tariffs.tariff_world import (
    announce,
    claimed,
    codes,
    draft,
    in_days,
    item,
    per_step,
    per_ticket,
    time_passes,
)
from tests.traceless import nothing_changes
from tests.world import Person, World, choice_step

SECOND = {"key": "check", "title": "Check", "after": ["classify"], "overlap": 1, "price": "1.00"}


async def approve(person: Person, tariff: dict[str, Any]) -> Any:
    return await person.call("POST", f"/tariffs/{tariff['id']}/approve")


class TestLife:
    async def test_a_tariff_that_one_drafted_and_another_approved_prices_the_next_claims(self, world: World) -> None:
        await world.project()
        await world.tickets(3)
        anna = await world.worker("anna")
        assert await claimed(anna) == (parse("2.50"), None)
        made = await draft(world, per_step(item("3.10")))
        assert (made["version"], made["state"], made["starts_at"], made["approver_id"]) == (1, "draft", None, None)
        assert await claimed(anna) == (parse("2.50"), None)  # a draft pays nobody
        approved = (await approve(world.administrator, made)).json()
        assert (approved["state"], approved["approver_id"]) == ("approved", str(world.administrator.id))
        assert await claimed(anna) == (parse("3.10"), uuid.UUID(made["id"]))
        trail = await db.rows("SELECT action, actor FROM trail WHERE subject = 'tariff' ORDER BY id")
        assert [tuple(row) for row in trail] == [
            ("tariff.drafted", world.finance.id),
            ("tariff.approved", world.administrator.id),
        ]
        await world.verify()

    async def test_its_author_cannot_approve_it_even_with_every_role(self, world: World) -> None:
        await world.project()
        both = await world.person("both", Role.FINANCE, Role.ADMINISTRATOR)
        made = await both.ok("POST", "/projects/orders/tariffs", per_step(item("3.10")))
        reply = await approve(both, made)
        assert (reply.status_code, reply.json()["code"]) == (409, "own_tariff")
        assert await db.scalar("SELECT count(*) FROM rate_list") == 0
        with pytest.raises(asyncpg.CheckViolationError, match="tariff_four_eyes"):
            await db.execute(
                "UPDATE tariff SET state = 'approved', approver_id = author_id, approved_at = now(), starts_at = now()"
            )

    async def test_approving_twice_is_a_conflict_and_changes_nothing(self, world: World) -> None:
        await world.project()
        made = await announce(world, per_step(item("3.10")))
        reply = await approve(world.administrator, made)
        assert (reply.status_code, reply.json()["code"]) == (409, "tariff_decided")
        assert await world.finance.ok("GET", f"/tariffs/{made['id']}") == made

    async def test_a_withdrawn_tariff_never_starts_and_the_one_before_goes_on(self, world: World) -> None:
        await world.project()
        await world.tickets(2)
        anna = await world.worker("anna")
        first = await announce(world, per_step(item("3.10")))
        second = await announce(world, per_step(item("2.90"), starts_at=in_days(4)))
        gone = await world.finance.ok("POST", f"/tariffs/{second['id']}/withdraw", {"reason": "a slip"})
        assert (gone["state"], gone["withdrawn_reason"]) == ("withdrawn", "a slip")
        again = await world.finance.call("POST", f"/tariffs/{second['id']}/withdraw", {"reason": "a slip"})
        assert (again.status_code, again.json()["code"]) == (409, "tariff_decided")
        await time_passes(world, 5)
        assert await claimed(anna) == (parse("3.10"), uuid.UUID(first["id"]))
        await world.verify()

    async def test_what_has_started_or_is_about_to_is_not_withdrawn(self, world: World) -> None:
        await world.project()
        started = await announce(world, per_step(item("3.10")))
        soon = await announce(world, per_step(item("3.20"), starts_at=in_days(30 / 86_400)))
        for one in (started, soon):
            reply = await world.finance.call("POST", f"/tariffs/{one['id']}/withdraw", {"reason": "too late"})
            assert (reply.status_code, reply.json()["code"]) == (409, "tariff_started")

    async def test_a_withdrawn_draft_is_not_approved(self, world: World) -> None:
        await world.project()
        made = await draft(world, per_step(item("3.10")))
        await world.administrator.ok("POST", f"/tariffs/{made['id']}/withdraw", {"reason": "wrong"})
        assert (await approve(world.administrator, made)).json()["code"] == "tariff_decided"

    async def test_its_terms_cannot_be_changed_in_the_database(self, world: World) -> None:
        await world.project()
        made = await announce(world, per_step(item("3.10")))
        for change in ("hold_days = 5", "starts_at = now() + interval '9 days'", "state = 'draft'", "author_id = approver_id"):
            with pytest.raises((asyncpg.RestrictViolationError, asyncpg.CheckViolationError)):
                await db.execute(f"UPDATE tariff SET {change} WHERE id = $1", uuid.UUID(made["id"]))
        for statement in (
            "DELETE FROM tariff",
            "UPDATE tariff_item SET price = 1",
            "DELETE FROM tariff_item",
            "TRUNCATE tariff_item",
        ):
            with pytest.raises((asyncpg.RestrictViolationError, asyncpg.InsufficientPrivilegeError)):
                await db.execute(statement)

    async def test_the_versions_of_a_project_are_listed_newest_first(self, world: World) -> None:
        await world.project()
        for price in ("3", "4", "5"):
            await draft(world, per_step(item(price)))
        page = await world.requester.ok("GET", "/projects/orders/tariffs?limit=2")
        rest = await world.requester.ok("GET", f"/projects/orders/tariffs?limit=2&cursor={page['next_cursor']}")
        assert [one["version"] for one in [*page["items"], *rest["items"]]] == [3, 2, 1]
        assert rest["next_cursor"] is None


class TestNotice:
    async def test_the_very_first_tariff_starts_at_once_and_a_later_one_too_if_no_price_falls(self, world: World) -> None:
        await world.project()
        first = await announce(world, per_step(item("2.00")))
        assert first["starts_at"] == first["approved_at"]
        rise = await announce(world, per_step(item("2.00"), item("2.20", level=3), item("3.00", language="de")))
        assert rise["starts_at"] == rise["approved_at"]

    async def test_a_fall_is_refused_before_three_days_and_without_a_start_begins_when_they_are_over(self, world: World) -> None:
        await world.project()
        await announce(world, per_step(item("3.10")))
        terms = per_step(item("3.09"), starts_at=in_days(2.9))
        assert codes(await world.finance.call("POST", "/projects/orders/tariffs", terms)) == [("starts_at", "too_short_notice")]
        fall = await announce(world, per_step(item("3.09")))
        notice = await db.scalar("SELECT starts_at - approved_at FROM tariff WHERE id = $1", uuid.UUID(fall["id"]))
        assert notice.days == 3
        assert notice.seconds == 0

    async def test_the_notice_is_that_of_the_policy(self, world: World) -> None:
        await world.project()
        await announce(world, per_step(item("3.10")))
        await b.policy(notice_days=14)
        made = await draft(world, per_step(item("3.00")))
        assert in_days(13.99) < made["earliest_start"] < in_days(14.01)

    async def test_a_draft_that_waited_too_long_for_its_approval_is_refused_and_says_when_it_may_start(
        self, world: World
    ) -> None:
        await world.project()
        await announce(world, per_step(item("3.10")))
        made = await draft(world, per_step(item("3.00"), starts_at=in_days(3.001)))
        await b.policy(notice_days=4)
        reply = await approve(world.administrator, made)
        assert (reply.status_code, reply.json()["code"], reply.json()["field"]) == (409, "too_soon", "starts_at")
        assert in_days(3.99) < reply.json()["earliest"]
        assert await db.scalar("SELECT count(*) FROM rate_list") == 1

    async def test_a_longer_hold_needs_notice_like_a_fall(self, world: World) -> None:
        await world.project()
        await announce(world, per_step(item("3.10")))
        terms = per_step(item("3.10"), hold_until="resolved", starts_at=in_days(0.01))
        assert codes(await world.finance.call("POST", "/projects/orders/tariffs", terms)) == [("starts_at", "too_short_notice")]

    async def test_a_rise_for_an_evening_hides_no_fall_at_its_end(self, world: World) -> None:
        await world.project()
        await announce(world, per_step(item("3.10")))
        terms = per_step(item("9.00"), ends_at=in_days(0.1))
        assert codes(await world.finance.call("POST", "/projects/orders/tariffs", terms)) == [("ends_at", "too_short_notice")]
        await draft(world, per_step(item("9.00"), ends_at=in_days(3.1)))

    async def test_two_lists_cannot_start_at_one_moment(self, world: World) -> None:
        await world.project()
        at = in_days(5)
        await announce(world, per_step(item("3.10"), starts_at=at))
        other = await draft(world, per_step(item("3.20"), starts_at=at))
        reply = await approve(world.administrator, other)
        assert (reply.status_code, reply.json()["code"]) == (409, "start_taken")

    async def test_a_list_with_an_end_gives_way_to_the_steps_own_price(self, world: World) -> None:
        await world.project()
        await world.tickets(2)
        anna = await world.worker("anna")
        made = await announce(world, per_step(item("3.10"), ends_at=in_days(5)))
        assert await claimed(anna) == (parse("3.10"), uuid.UUID(made["id"]))
        await time_passes(world, 5.1)
        assert await claimed(anna) == (parse("2.50"), None)


class TestPerTicket:
    async def test_a_ticket_of_20_is_split_by_weights_and_each_answer_gets_its_part(self, world: World) -> None:
        await world.project(choice_step(), choice_step(**SECOND))
        await world.tickets(1)
        made = await announce(world, per_ticket("20.00", {"classify": 1, "check": 1}))
        assert [(one["step"], one["price"], one["answers"]) for one in made["items"]] == [
            ("check", "10.0000", 1),
            ("classify", "3.3333", 3),
        ]
        assert made["unassigned"] == "0.0001"
        people = [await world.worker(f"p{i}") for i in range(3)]
        for person in people:
            (held,) = await person.claim()
            await person.answer(held, {"topic": "a"})
        await world.drain()
        assert await claimed(people[0]) == (parse("10"), uuid.UUID(made["id"]))
        assert await db.scalar("SELECT sum(price) FROM assignment") == parse("20") - parse("0.0001")
        await world.verify()

    async def test_a_step_without_a_weight_keeps_its_own_price(self, world: World) -> None:
        await world.project(choice_step(), choice_step(**SECOND))
        await announce(world, per_ticket("6.00", {"classify": 5}))
        shown = await world.requester.ok("GET", "/projects/orders/tariff")
        assert {one["step"]: one["prices"][0]["price"] for one in shown["steps"]} == {"classify": "2.0000", "check": "1.0000"}

    async def test_a_workflow_published_since_that_plans_other_answers_makes_the_draft_outdated(self, world: World) -> None:
        await world.project()
        made = await draft(world, per_ticket("6.00", {"classify": 1}))
        await world.requester.ok("POST", "/projects/orders/workflows", {"name": "orders", "steps": [choice_step(overlap=2)]})
        reply = await approve(world.administrator, made)
        assert (reply.status_code, reply.json()["code"]) == (409, "tariff_outdated")

    async def test_the_budget_goes_to_where_claims_read_it(self, world: World) -> None:
        await world.project()
        made = await announce(world, per_ticket("6.00", {"classify": 1}, ticket_budget="9.00"))
        assert made["ticket_budget"] == "9.0000"
        assert await db.scalar("SELECT ticket_budget FROM rate_list") == parse("9")


class TestRefusals:
    async def test_terms_that_do_not_fit_the_project(self, world: World, subtests: pytest.Subtests) -> None:
        await world.project()
        async with nothing_changes():
            for terms, expected in [
                (per_step(item("1", step="nowhere")), [("items.0.step", "unknown_step")]),
                (per_step(item("1"), item("2")), [("items.1", "duplicate")]),
                (
                    per_step(item("1"), item("2", level=2), item("3", level=2, language="de"), item("4", level=2)),
                    [("items.3", "duplicate")],
                ),
                (per_ticket("9", {"classify": 1, "nowhere": 1}), [("weights.nowhere", "unknown_step")]),
                (per_ticket("9", {"classify": 1}, ticket_budget="8.99"), [("ticket_budget", "budget_below_price")]),
                (per_step(item("3"), ticket_budget="8.99"), [("ticket_budget", "budget_below_price")]),
                (per_step(item("3"), item("5", level=4), ticket_budget="14.99"), [("ticket_budget", "budget_below_price")]),
                (per_step(item("3"), starts_at="2026-01-01T00:00:00Z"), [("starts_at", "past")]),
                (per_step(item("3"), ends_at="2026-01-01T00:00:00Z"), [("ends_at", "past")]),
            ]:
                with subtests.test(terms=terms, expected=expected):
                    assert codes(await world.finance.call("POST", "/projects/orders/tariffs", terms)) == expected
                    assert await db.scalar("SELECT count(*) FROM tariff") == 0

    async def test_what_is_no_price(self, world: World, subtests: pytest.Subtests) -> None:
        await world.project()
        async with nothing_changes():
            for price in ["NaN", "1e3", "-1", "10000.0001", "99999999999", "1.00001", "", "1,5", 1, 1.5, None, True, "٣"]:
                with subtests.test(price=price):
                    for terms in (per_step(item(price)), per_ticket(price, {"classify": 1})):
                        assert (await world.finance.call("POST", "/projects/orders/tariffs", terms)).status_code == 422, terms
                    assert await db.scalar("SELECT count(*) FROM tariff") == 0

    async def test_what_is_no_budget(self, world: World, subtests: pytest.Subtests) -> None:
        await world.project()
        async with nothing_changes():
            for budget in ["NaN", "0", "-1", "2000000.0001", "1.00001", 7, True]:
                with subtests.test(budget=budget):
                    terms = per_step(item("0"), ticket_budget=budget)
                    assert (await world.finance.call("POST", "/projects/orders/tariffs", terms)).status_code == 422

    async def test_terms_that_contradict_themselves(self, world: World, subtests: pytest.Subtests) -> None:
        await world.project()
        async with nothing_changes():
            for changes in [
                {"items": []},
                {"ticket_price": "3"},
                {"kind": "per_ticket"},
                {"kind": "per_hour"},
                {"hold_until": "paid"},
                {"hold_days": 15},
                {"hold_days": -1},
                {"hold_most_days": 366},
                {"starts_at": "2026-12-01T00:00:00"},
                {"starts_at": "9999-12-31T23:59:59Z"},
                {"starts_at": "2030-01-02T00:00:00Z", "ends_at": "2030-01-01T00:00:00Z"},
                {"reason": ""},
                {"colour": "red"},
                {"items": [item("1", level=10)]},
                {"items": [item("1", level=0)]},
                {"items": [item("1", language="DEU")]},
                {"items": [item("1", step="classify\u0000")]},
            ]:
                with subtests.test(changes=changes):
                    reply = await world.finance.call("POST", "/projects/orders/tariffs", per_step(item("3")) | changes)
                    assert reply.status_code == 422, reply.text
                    assert await db.scalar("SELECT count(*) FROM tariff") == 0

    async def test_weights_that_are_none(self, world: World, subtests: pytest.Subtests) -> None:
        await world.project()
        async with nothing_changes():
            for weights in [{}, {"classify": 0}, {"classify": -1}, {"classify": 1.5}, {"classify": "1"}, {"classify": 10**7}]:
                with subtests.test(weights=weights):
                    assert (
                        await world.finance.call("POST", "/projects/orders/tariffs", per_ticket("9", weights))
                    ).status_code == 422

    async def test_a_project_without_a_workflow_has_nothing_to_price(self, world: World) -> None:
        await world.requester.ok("POST", "/projects", {"code": "bare", "name": "Bare"})
        reply = await world.finance.call("POST", "/projects/bare/tariffs", per_step(item("3")))
        assert (reply.status_code, reply.json()["code"]) == (409, "no_workflow")

    async def test_only_finance_and_administrators_make_tariffs_and_a_requester_reads_their_own(self, world: World) -> None:
        await world.project()
        made = await announce(world, per_step(item("3.10")))
        for person in (world.curator, world.requester, world.freelancer):
            assert (await person.call("POST", "/projects/orders/tariffs", per_step(item("3")))).status_code == 403
            assert (await approve(person, made)).status_code == 403
        other = await world.person("other", Role.REQUESTER)
        for path in (
            f"/tariffs/{made['id']}",
            f"/tariffs/{made['id']}/preview",
            "/projects/orders/tariff",
            "/projects/orders/tariffs",
        ):
            assert [
                (await p.call("GET", path)).status_code for p in (world.requester, world.curator, other, world.freelancer)
            ] == [
                200,
                200,
                404,
                403,
            ]


class TestRaces:
    async def approvals(self, world: World, monkeypatch: pytest.MonkeyPatch) -> list[int]:
        """Two falls, each fine beside the list in force but not beside the other, are approved at once."""
        await world.project()
        await announce(world, per_step(item("3.10")))
        rise = await draft(world, per_step(item("5.00")))
        smaller = await draft(world, per_step(item("4.00")))
        monkeypatch.setattr(drafting, "bounds", races.stop_after(drafting.bounds))
        replies = await world.race(*(approve(world.administrator, one) for one in (rise, smaller)))
        assert [reply.status_code for reply in replies] == [200, 200]
        rows = await db.rows(
            "SELECT extract(day FROM starts_at - approved_at)::int AS days FROM tariff WHERE version > 1 ORDER BY starts_at"
        )
        return [row["days"] for row in rows]

    async def test_approvals_at_once_are_compared_one_after_the_other(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        days = await self.approvals(world, monkeypatch)
        # Either the fall from 5.00 to 4.00 waits for its notice, or 4.00 came first and 5.00 after it.
        prices = await db.rows(
            "SELECT i.price FROM tariff t JOIN tariff_item i ON i.tariff_id = t.id WHERE t.version > 1 ORDER BY t.starts_at"
        )
        assert (days, [row["price"] for row in prices]) in (
            ([0, 3], [parse("5"), parse("4")]),
            ([0, 0], [parse("4"), parse("5")]),
        )
        await world.verify()

    async def test_without_the_lock_of_the_project_both_start_at_once(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert "FOR NO KEY UPDATE" in drafting.LOCK_PROJECT
        monkeypatch.setattr(drafting, "LOCK_PROJECT", "SELECT $1::uuid")
        assert await self.approvals(world, monkeypatch) == [0, 0]

    async def test_twenty_approvals_of_one_draft_make_one_list(self, world: World) -> None:
        await world.project()
        made = await draft(world, per_step(item("3.10")))
        replies = await asyncio.gather(*(approve(world.administrator, made) for _ in range(20)))
        assert sorted(reply.status_code for reply in replies) == [200] + [409] * 19
        assert await db.scalar("SELECT count(*) FROM trail WHERE action = 'tariff.approved'") == 1
        assert approving.LAST_CALL.total_seconds() == 60
        await world.verify()
