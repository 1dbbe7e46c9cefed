"""Deductions over the API: who may propose and approve what, what the person sees, when something is taken and how much."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from piecework.payouts.adjusting.recompute import recompute
from piecework.platform import db
from piecework.platform.identity.models import Role
from tests.payouts import builders as b
from tests.payouts.adjusting import deduction_world as d
from tests.payouts.adjusting.deduction_world import RUB
from tests.traceless import nothing_changes, undone
from tests.world import Person, World

APPROVE = {"decision": "approve", "reason": "it is plain to see"}
ABSENT = "00000000-0000-7000-8000-000000000000"


async def proposed(world: World, person: Person, **more: Any) -> str:
    return str((await world.curator.ok("POST", "/deductions", d.case(person, **more)))["id"])


async def appealed(person: Person, deduction_id: str) -> str:
    body = {"subject": "deduction", "id": deduction_id, "words": "I had read it, see my note."}
    return str((await person.ok("POST", "/appeals", body))["id"])


async def answer(world: World, appeal_id: str, decision: str) -> None:
    arbiter = world.people.get("arbiter") or await world.person("arbiter", Role.CURATOR)
    await arbiter.ok("POST", f"/appeals/{appeal_id}/decision", {"decision": decision, "reply": "We looked at it once more."})
    await world.drain()


class TestProposing:
    async def test_a_case_names_its_rule_and_is_no_news_to_the_person_until_it_is_approved(self, world: World) -> None:
        await d.rule()
        anna = await world.worker("anna")
        made = await world.curator.ok("POST", "/deductions", d.case(anna))
        assert (made["state"], made["rule_code"], made["rule_version"], made["amount"], made["currency"], made["taken"]) == (
            "proposed", "unread", 1, "50.0000", "RUB", "0.0000",
        )  # fmt: skip
        assert (await anna.ok("GET", "/me/deductions"))["items"] == []
        assert [one["id"] for one in (await world.finance.ok("GET", "/deductions?state=proposed"))["items"]] == [made["id"]]
        assert (await world.finance.ok("GET", f"/deductions?freelancer_id={ABSENT}"))["items"] == []
        assert await d.broken(world) == []

    async def test_what_no_published_rule_allows_is_refused(self, world: World, subtests: pytest.Subtests) -> None:
        other = await b.project("other")
        await d.rule()
        await d.rule("over", lasts=timedelta(days=50))
        await d.rule("new", since=timedelta(hours=1))
        await d.rule("theirs", project_id=other.id)
        await d.rule("share", case_percent=5000)
        await db.execute(
            """INSERT INTO pay_rule (code, version, kind, title, words, spec, author_id)
               SELECT 'draft', 1, kind, title, words, spec, author_id FROM pay_rule WHERE code = 'unread'"""
        )
        await db.execute(
            """INSERT INTO pay_rule (code, version, kind, title, words, spec, author_id, approver_id, approved_at, announced_at, starts_at, state)
               SELECT 'night', 1, 'night', title, words, '{"kind": "night", "percent": 2000}', author_id, approver_id, approved_at,
                      announced_at, starts_at, state FROM pay_rule WHERE code = 'unread'"""
        )
        anna = await world.worker("anna")
        async with nothing_changes():
            for change, status, code in [
                ({"rule_code": "nothing"}, 422, "unknown_rule"),
                ({"rule_code": "night"}, 422, "unknown_rule"),
                ({"rule_code": "draft"}, 422, "unknown_rule"),
                ({"rule_code": "over"}, 409, "rule_not_in_force"),
                ({"rule_code": "new"}, 409, "rule_not_in_force"),
                ({"rule_code": "theirs"}, 422, "rule_of_another_project"),
                ({"rule_code": "share"}, 422, "assignment_wanted"),
                ({"amount": "50.0001"}, 422, "more_than_the_rule"),
                ({"currency": "EUR"}, 422, "other_currency"),
                ({"freelancer_id": ABSENT}, 422, "unknown_person"),
                ({"assignment_id": ABSENT}, 422, "unknown_assignment"),
                ({"project_id": ABSENT}, 422, "unknown_project"),
                ({"fact_at": "2199-01-01T00:00:00Z"}, 422, "in_the_future"),
            ]:
                with subtests.test(change=change, status=status, code=code):
                    reply = await world.curator.call("POST", "/deductions", d.case(anna) | change)
                    assert await d.refusal(reply) == (status, code)
                    assert await db.scalar("SELECT count(*) FROM deduction") == 0

    async def test_an_amount_that_is_none_is_refused(self, world: World, subtests: pytest.Subtests) -> None:
        await d.rule()
        anna = await world.worker("anna")
        async with nothing_changes():
            for amount in ["0", "-1.00", "NaN", "Infinity", "1e3", "99999999999.9999", 50, 50.0, None, "50,00", ""]:
                with subtests.test(amount=amount):
                    reply = await world.curator.call("POST", "/deductions", d.case(anna, amount))
                    assert reply.status_code == 422

    async def test_a_case_without_evidence_or_a_certain_time_is_refused(self, world: World, subtests: pytest.Subtests) -> None:
        await d.rule()
        anna = await world.worker("anna")
        async with nothing_changes():
            for change in [
                {"evidence": "too short"},
                {"evidence": " " * 30},
                {"evidence": "a NUL \x00 among twenty and more"},
                {"fact_at": "2026-01-01T00:00:00"},
                {"fact_at": "0001-01-01T00:00:00+14:00"},
                {"fact_at": "9999-12-31T23:59:59-14:00"},
                {"fact_at": "2026-02-30T00:00:00Z"},
                {"more": 1},
            ]:
                with subtests.test(change=change):
                    reply = await world.curator.call("POST", "/deductions", d.case(anna) | change)
                    assert reply.status_code == 422

    async def test_the_persons_own_case_and_people_who_earn_nothing_are_refused(self, world: World) -> None:
        await d.rule()
        both = await world.person("both", Role.FREELANCER, Role.CURATOR)
        assert await d.refusal(await both.call("POST", "/deductions", d.case(both))) == (409, "own_case")
        assert await d.refusal(await both.call("POST", "/deductions", d.case(world.requester))) == (409, "not_a_freelancer")

    async def test_work_claimed_before_the_rule_was_published_loses_nothing_by_it(self, world: World) -> None:
        project, anna = await b.project(), await world.worker("anna")
        done = await d.earn(project, anna.id, 30 * RUB)
        await db.execute("UPDATE assignment SET claimed_at = now() - interval '61 days' WHERE id = $1", done)
        await d.rule()
        body = d.case(anna, assignment_id=str(done))
        assert await d.refusal(await world.curator.call("POST", "/deductions", body)) == (409, "rule_not_in_force")
        await db.execute("UPDATE assignment SET claimed_at = now() - interval '2 days' WHERE id = $1", done)
        assert (await world.curator.call("POST", "/deductions", body)).status_code == 201
        early = body | {"fact_at": (await d.now() - timedelta(days=3)).isoformat()}
        assert await d.refusal(await world.curator.call("POST", "/deductions", early)) == (422, "before_the_work")

    async def test_the_version_that_was_in_force_at_the_claim_counts(self, world: World) -> None:
        project, anna = await b.project(), await world.worker("anna")
        done = await d.earn(project, anna.id, 30 * RUB)
        await db.execute("UPDATE assignment SET claimed_at = now() - interval '10 days' WHERE id = $1", done)
        await d.rule(case_fixed="20.00")
        await d.rule(version=2, since=timedelta(days=5), case_fixed="40.00")
        body = d.case(anna, "20.01", assignment_id=str(done))
        assert await d.refusal(await world.curator.call("POST", "/deductions", body)) == (422, "more_than_the_rule")
        made = await world.curator.ok("POST", "/deductions", body | {"amount": "20.00"})
        assert (made["rule_version"], made["project_id"]) == (1, str(project.id))
        assert (await world.curator.ok("POST", "/deductions", d.case(anna, "40.00")))["rule_version"] == 2

    async def test_a_share_of_the_price_is_rounded_down(self, world: World) -> None:
        project, anna = await b.project(), await world.worker("anna")
        done = await d.earn(project, anna.id, 33_333)
        await db.execute("UPDATE assignment SET claimed_at = now() - interval '2 days' WHERE id = $1", done)
        await d.rule(case_percent=5000)
        body = d.case(anna, "1.6667", assignment_id=str(done))
        assert await d.refusal(await world.curator.call("POST", "/deductions", body)) == (422, "more_than_the_rule")
        await world.curator.ok("POST", "/deductions", body | {"amount": "1.6666"})

    async def test_a_rule_takes_once_for_one_answer(self, world: World) -> None:
        project, anna = await b.project(), await world.worker("anna")
        done = await d.earn(project, anna.id, 30 * RUB)
        await db.execute("UPDATE assignment SET claimed_at = now() - interval '2 days' WHERE id = $1", done)
        await d.rule()
        first = await proposed(world, anna, assignment_id=str(done))
        again = await world.finance.call("POST", "/deductions", d.case(anna, assignment_id=str(done)))
        assert await d.refusal(again) == (409, "deduction_exists")
        await world.finance.ok("POST", f"/deductions/{first}/decision", {"decision": "dismiss", "reason": "not so bad"})
        await proposed(world, anna, assignment_id=str(done))

    async def test_a_rule_takes_once_for_one_fact_that_is_of_no_answer(self, world: World) -> None:
        anna, boris = await world.worker("anna"), await world.worker("boris")
        await d.rule()
        await d.rule("late")
        body = d.case(anna)
        replies = await asyncio.gather(*(world.curator.call("POST", "/deductions", body) for _ in range(5)))
        assert sorted(reply.status_code for reply in replies) == [201] + [409] * 4
        assert {(await d.refusal(reply))[1] for reply in replies if reply.status_code == 409} == {"deduction_exists"}
        (made,) = [reply.json()["id"] for reply in replies if reply.status_code == 201]
        await world.finance.ok("POST", f"/deductions/{made}/decision", APPROVE)
        assert await d.refusal(await world.finance.call("POST", "/deductions", body)) == (409, "deduction_exists")
        for other in ({"freelancer_id": str(boris.id)}, {"rule_code": "late"}, {"fact_at": (await d.now()).isoformat()}):
            await world.curator.ok("POST", "/deductions", body | other)
        await world.finance.ok("POST", f"/deductions/{made}/cancel", {"reason": "it was another day"})
        await world.curator.ok("POST", "/deductions", body)
        assert await d.broken(world) == []

    async def test_pay_in_another_currency_is_taken_in_that_currency(self, world: World) -> None:
        project, anna = await b.project("paris", "EUR"), await world.worker("anna")
        await d.rule()
        await d.rule("euros", currency="EUR")
        body = d.case(anna, project_id=str(project.id))
        assert await d.refusal(await world.curator.call("POST", "/deductions", body)) == (422, "other_currency")
        made = await world.curator.ok("POST", "/deductions", body | {"rule_code": "euros"})
        assert made["currency"] == "EUR"


class TestDeciding:
    async def test_somebody_else_approves_and_the_person_is_told(self, world: World) -> None:
        await d.rule()
        anna = await world.worker("anna")
        made = (await world.finance.ok("POST", "/deductions", d.case(anna)))["id"]
        own = await world.finance.call("POST", f"/deductions/{made}/decision", APPROVE)
        assert await d.refusal(own) == (409, "self_approval")
        assert (await anna.ok("GET", "/me/deductions"))["items"] == []
        done = await world.administrator.ok("POST", f"/deductions/{made}/decision", APPROVE)
        assert (done["state"], done["decided_by"], done["appeal"]) == ("approved", str(world.administrator.id), "open")
        (mine,) = (await anna.ok("GET", "/me/deductions"))["items"]
        told = {name: mine[name] for name in ("rule_words", "evidence", "amount", "taken", "approved_by", "appeal", "state")}
        assert told == {
            "rule_words": d.WORDS, "evidence": d.EVIDENCE, "amount": "50.0000", "taken": "0.0000", "approved_by": "administrator",
            "appeal": "open", "state": "approved",
        }  # fmt: skip
        assert mine["appeal_by"] is not None
        assert await db.scalar("SELECT appeal_by - decided_at FROM appealable") == timedelta(days=7)
        again = await world.administrator.call("POST", f"/deductions/{made}/decision", APPROVE)
        assert await d.refusal(again) == (409, "deduction_decided")
        assert await d.broken(world) == []

    async def test_nobody_decides_about_their_own_pay(self, world: World) -> None:
        await d.rule()
        both = await world.person("both", Role.FREELANCER, Role.FINANCE)
        made = await proposed(world, both)
        for path, body in (("decision", APPROVE), ("cancel", {"reason": "mine"}), ("give-back", {"reason": "mine"})):
            assert await d.refusal(await both.call("POST", f"/deductions/{made}/{path}", body)) == (409, "own_case")

    async def test_what_is_dismissed_is_never_told_and_never_taken(self, world: World) -> None:
        await d.rule()
        project, anna = await b.project(), await world.worker("anna")
        made = await proposed(world, anna)
        await world.finance.ok("POST", f"/deductions/{made}/decision", {"decision": "dismiss", "reason": "not so bad"})
        await d.earn(project, anna.id, 300 * RUB)
        await d.close(world)
        assert (await d.taken(made), (await anna.ok("GET", "/me/deductions"))["items"]) == ([], [])
        assert await d.refusal(await world.finance.call("POST", f"/deductions/{made}/cancel", {"reason": "again"})) == (
            409, "deduction_decided",
        )  # fmt: skip
        assert await d.broken(world) == []

    async def test_of_many_approvals_at_once_one_counts(self, world: World) -> None:
        await d.rule()
        made = await proposed(world, await world.worker("anna"))
        people = [world.finance, world.administrator]
        replies = await asyncio.gather(*(who.call("POST", f"/deductions/{made}/decision", APPROVE) for who in people * 6))
        assert sorted(reply.status_code for reply in replies) == [200] + [409] * 11
        assert await db.scalar("SELECT count(*) FROM appealable") == 1
        assert await db.scalar("SELECT count(*) FROM trail WHERE action = 'deduction.approved'") == 1

    async def test_the_database_refuses_one_persons_word(self, world: World) -> None:
        await d.rule()
        made = await proposed(world, await world.worker("anna"))
        alone = "UPDATE deduction SET state = 'approved', decided_by = proposed_by, decided_at = now(), decision_reason = 'x' WHERE id = $1"
        with pytest.raises(Exception, match="deduction_four_eyes"):
            await db.execute(alone, made)


class TestTaking:
    async def test_nothing_is_taken_while_the_person_may_still_object(self, world: World) -> None:
        await d.rule()
        project, anna = await b.project(), await world.worker("anna")
        made = await d.approved(world, anna)
        await d.earn(project, anna.id, 300 * RUB)
        await d.close(world)
        assert (await d.taken(made), await d.payable(anna)) == ([], 300 * RUB)
        await d.time_passes(world)
        await d.earn(project, anna.id, 300 * RUB)
        period = await d.close(world)
        assert (await d.taken(made), await d.payable(anna)) == ([50 * RUB], 550 * RUB)
        (mine,) = (await anna.ok("GET", "/me/deductions"))["items"]
        assert (mine["state"], mine["taken"], mine["appeal"], mine["appeal_by"]) == ("taken", "50.0000", "lapsed", None)
        late = await anna.call("POST", "/appeals", {"subject": "deduction", "id": made, "words": "I had read it."})
        assert await d.refusal(late) == (409, "appeal_too_late")
        statement = await db.row("SELECT work, deduction, gross FROM statement WHERE period_id = $1", period)
        assert statement == (300 * RUB, -50 * RUB, 250 * RUB)
        assert await recompute(period) == []
        assert await d.broken(world) == []

    async def test_a_deduction_is_won_back_on_appeal(self, world: World) -> None:
        await d.rule()
        project, anna = await b.project(), await world.worker("anna")
        made = await d.approved(world, anna)
        appeal_id = await appealed(anna, made)
        await d.time_passes(world)
        await d.earn(project, anna.id, 300 * RUB)
        await d.close(world)
        assert await d.taken(made) == [], "an appeal is open"
        own = await world.curator.call(
            "POST", f"/appeals/{appeal_id}/decision", {"decision": "deny", "reply": "It stays as it is."}
        )
        assert await d.refusal(own) == (409, "not_impartial")
        shown = await world.curator.ok("GET", f"/appeals/{appeal_id}")
        assert shown["may_decide"] is False
        assert shown["about_decision"]["evidence"]["evidence"] == d.EVIDENCE
        assert set(shown["about_decision"]["involved"]) == {str(world.curator.id), str(world.finance.id)}
        await answer(world, appeal_id, "uphold")
        await d.earn(project, anna.id, 300 * RUB)
        await d.close(world)
        assert (await d.taken(made), await d.payable(anna)) == ([], 600 * RUB)
        (mine,) = (await anna.ok("GET", "/me/deductions"))["items"]
        assert (mine["state"], mine["appeal"], mine["end_reason"]) == ("cancelled", "upheld", "An appeal against it was upheld.")
        assert await d.broken(world) == []

    async def test_an_upheld_appeal_counts_before_its_job_has_run(self, world: World) -> None:
        await d.rule()
        project, anna = await b.project(), await world.worker("anna")
        made = await d.approved(world, anna)
        appeal_id = await appealed(anna, made)
        arbiter = await world.person("arbiter", Role.CURATOR)
        await arbiter.ok("POST", f"/appeals/{appeal_id}/decision", {"decision": "uphold", "reply": "You are right about it."})
        await d.time_passes(world)
        await d.earn(project, anna.id, 300 * RUB)
        await d.close(world)
        assert await d.taken(made) == []
        assert await d.broken(world) == []
        await world.drain()
        assert (await world.finance.ok("GET", f"/deductions/{made}"))["state"] == "cancelled"
        assert await d.broken(world) == []

    async def test_a_denied_appeal_leaves_it_due(self, world: World) -> None:
        await d.rule()
        project, anna = await b.project(), await world.worker("anna")
        made = await d.approved(world, anna)
        await answer(world, await appealed(anna, made), "deny")
        await d.earn(project, anna.id, 300 * RUB)
        period = await d.close(world)
        assert await d.taken(made) == [50 * RUB]
        assert await recompute(period) == []
        assert await d.broken(world) == []

    async def test_an_appeal_that_nobody_answers_is_won(self, world: World) -> None:
        await d.rule()
        anna = await world.worker("anna")
        made = await d.approved(world, anna)
        await appealed(anna, made)
        await db.execute("UPDATE appeal SET answer_by = now()")
        await world.drain_recurring("quality.appeals")
        await world.drain()
        assert (await world.finance.ok("GET", f"/deductions/{made}"))["state"] == "cancelled"
        assert await d.broken(world) == []

    async def test_who_earned_nothing_loses_nothing(self, world: World) -> None:
        await d.rule()
        project, anna, boris = await b.project(), await world.worker("anna"), await world.worker("boris")
        made = await d.approved(world, anna)
        await d.time_passes(world)
        await d.earn(project, boris.id, 300 * RUB)
        period = await d.close(world)
        assert await d.taken(made) == []
        assert await recompute(period) == []

    async def test_nothing_is_taken_of_less_than_nothing(self, world: World) -> None:
        await d.rule()
        project, anna = await b.project(), await world.worker("anna")
        made = await d.approved(world, anna)
        await d.earn(project, anna.id, 300 * RUB)
        await d.close(world)
        await d.time_passes(world)
        period = await d.bonus(anna, -20 * RUB)
        assert await d.close(world) == period
        assert await db.scalar("SELECT gross FROM statement WHERE period_id = $1", period) == -20 * RUB
        assert (await d.taken(made), await recompute(period)) == ([], [])
        assert await d.broken(world) == []

    async def test_pay_of_another_currency_is_left_alone(self, world: World) -> None:
        await d.rule()
        euros, anna = await b.project("paris", "EUR"), await world.worker("anna")
        made = await d.approved(world, anna)
        await d.time_passes(world)
        await d.earn(euros, anna.id, 300 * RUB)
        period = await db.scalar("SELECT id FROM period WHERE currency = 'EUR'")
        await world.finance.ok("POST", f"/periods/{period}/close", {"cut_off": True})
        assert await d.taken(made) == []

    async def test_the_worked_example_of_the_guide(self, world: World) -> None:
        """Rule `unread`: 50.00 a case, 15 % of a period. Rule `damage`: 40.00 a case, 20 % of a period. People keep 80 %."""
        await d.rule("unread", case_fixed="50.00", period_percent=1500)
        await d.rule("damage", case_fixed="40.00", period_percent=2000)
        project, anna = await b.project(), await world.worker("anna")
        unread, damage, won = [
            await d.approved(world, anna, *case) for case in (("50.00", "unread"), ("40.00", "damage"), ("30.00", "damage"))
        ]
        await answer(world, await appealed(anna, won), "uphold")
        await d.time_passes(world)
        closed, nets = [], []
        for earned in (300, 100, 0, 80):
            if earned:
                await d.earn(project, anna.id, earned * RUB)
            closed.append(await d.close(world))
            nets.append(await db.scalar("SELECT gross FROM statement WHERE period_id = $1", closed[-1]))
        assert await d.taken(unread) == [45 * RUB, 5 * RUB]
        assert await d.taken(damage) == [15 * RUB, 15 * RUB, 10 * RUB]
        assert await d.taken(won) == []
        assert nets == [240 * RUB, 80 * RUB, None, 70 * RUB]
        (account,) = await db.rows(
            """SELECT l.owner, sum(p.amount)::bigint AS amount FROM posting p JOIN ledger_account l ON l.id = p.account_id
               WHERE l.kind = 'deduction' GROUP BY 1"""
        )
        assert account == ("house", -90 * RUB)
        assert [await recompute(period) for period in closed] == [[]] * 4
        assert await d.broken(world) == []


class TestEnding:
    async def test_finance_gives_one_up_before_it_is_taken_and_the_appeal_ends(self, world: World) -> None:
        await d.rule()
        project, anna = await b.project(), await world.worker("anna")
        made = await d.approved(world, anna)
        appeal_id = await appealed(anna, made)
        await world.finance.ok("POST", f"/deductions/{made}/cancel", {"reason": "the customer was mistaken"})
        arbiter = await world.person("arbiter", Role.CURATOR)
        reply = await arbiter.call("POST", f"/appeals/{appeal_id}/decision", {"decision": "deny", "reply": "It stays as it is."})
        assert await d.refusal(reply) == (409, "appeal_decided")
        assert await d.broken(world) == []
        await world.drain()
        (appeal,) = (await anna.ok("GET", "/me/appeals"))["items"]
        assert (appeal["state"], appeal["reply"]) == ("upheld", "The decision that you appealed against was withdrawn.")
        (mine,) = (await anna.ok("GET", "/me/deductions"))["items"]
        assert (mine["state"], mine["appeal"], mine["end_reason"]) == ("cancelled", "withdrawn", "the customer was mistaken")
        await d.time_passes(world)
        await d.earn(project, anna.id, 300 * RUB)
        await d.close(world)
        assert await d.taken(made) == []
        again = await world.finance.call("POST", f"/deductions/{made}/cancel", {"reason": "once more"})
        assert await d.refusal(again) == (409, "deduction_decided")
        assert await d.broken(world) == []

    async def test_what_was_withdrawn_cannot_be_appealed(self, world: World) -> None:
        await d.rule()
        anna = await world.worker("anna")
        made = await d.approved(world, anna)
        await world.finance.ok("POST", f"/deductions/{made}/cancel", {"reason": "the customer was mistaken"})
        reply = await anna.call("POST", "/appeals", {"subject": "deduction", "id": made, "words": "I had read it."})
        assert await d.refusal(reply) == (409, "nothing_to_appeal")

    async def test_what_was_taken_is_given_back_by_reversals_in_the_open_period(self, world: World) -> None:
        await d.rule(period_percent=1000)
        project, anna = await b.project(), await world.worker("anna")
        made = await d.approved(world, anna)
        nothing = await world.finance.call("POST", f"/deductions/{made}/give-back", {"reason": "the customer was mistaken"})
        assert await d.refusal(nothing) == (409, "nothing_taken")
        await d.time_passes(world)
        for _ in range(2):
            await d.earn(project, anna.id, 200 * RUB)
            await d.close(world)
        assert (await d.taken(made), await d.payable(anna)) == ([20 * RUB, 20 * RUB], 360 * RUB)
        late = await world.finance.call("POST", f"/deductions/{made}/cancel", {"reason": "the customer was mistaken"})
        assert await d.refusal(late) == (409, "deduction_taken")
        done = await world.finance.ok("POST", f"/deductions/{made}/give-back", {"reason": "the customer was mistaken"})
        assert (done["state"], [part["amount"] for part in done["parts"]]) == ("given_back", ["20.0000", "20.0000"])
        assert await d.payable(anna) == 400 * RUB
        pairs = await db.rows(
            "SELECT r.reverses = e.id AS reverses FROM entry e JOIN entry r ON r.kind = 'give_back' AND r.reverses = e.id WHERE e.kind = 'deduct'"
        )
        assert len(pairs) == 2
        again = await world.finance.call("POST", f"/deductions/{made}/give-back", {"reason": "once more"})
        assert await d.refusal(again) == (409, "nothing_taken")
        await d.earn(project, anna.id, 200 * RUB)
        await d.close(world)
        assert await d.taken(made) == [20 * RUB, 20 * RUB], "the rest is not taken"
        assert await d.broken(world) == []

    @pytest.mark.parametrize("path", ["cancel", "give-back"])
    async def test_twenty_clicks_end_it_once(self, world: World, path: str) -> None:
        await d.rule()
        project, anna = await b.project(), await world.worker("anna")
        made = await d.approved(world, anna)
        if path == "give-back":
            await d.time_passes(world)
            await d.earn(project, anna.id, 300 * RUB)
            await d.close(world)
        clicks = (world.finance.call("POST", f"/deductions/{made}/{path}", {"reason": "mistaken"}) for _ in range(20))
        assert sorted(reply.status_code for reply in await asyncio.gather(*clicks)) == [200] + [409] * 19
        assert await db.scalar("SELECT count(*) FROM entry WHERE kind = 'give_back'") == (path == "give-back")
        assert await d.broken(world) == []


class TestHistory:
    async def test_what_happened_stays(self, world: World, subtests: pytest.Subtests) -> None:
        await d.rule()
        project, anna = await b.project(), await world.worker("anna")
        await d.approved(world, anna)
        await d.time_passes(world)
        await d.earn(project, anna.id, 300 * RUB)
        await d.close(world)
        async with nothing_changes():
            for change in [
                "UPDATE deduction SET amount = 1",
                "UPDATE deduction SET state = 'proposed', decided_by = NULL, decided_at = NULL, decision_reason = NULL",
                "UPDATE deduction SET state = 'approved'",
                "DELETE FROM deduction",
                "UPDATE deduction_part SET amount = 1",
                "DELETE FROM deduction_part",
                "UPDATE appealable SET state = 'open', settled_at = NULL",
                "UPDATE appealable SET words = 'nothing'",
                "DELETE FROM appealable",
            ]:
                with subtests.test(change), pytest.raises(Exception, match=r"permission denied|cannot be|append-only|refused"):
                    await db.execute(change)

    async def test_the_person_reads_nothing_of_others_nor_of_the_staff(self, world: World) -> None:
        await d.rule()
        anna, boris = await world.worker("anna"), await world.worker("boris")
        await d.approved(world, anna)
        assert (await boris.ok("GET", "/me/deductions"))["items"] == []
        (mine,) = (await anna.ok("GET", "/me/deductions"))["items"]
        assert {str(world.curator.id), str(world.finance.id)} & set(map(str, mine.values())) == set()
        for path in ("", f"/{mine['id']}"):
            assert (await anna.call("GET", f"/deductions{path}")).status_code == 403


class TestRecompute:
    async def test_it_finds_what_rules_policy_and_evidence_do_not_bear_out(self, world: World, subtests: pytest.Subtests) -> None:
        await d.rule()
        project, anna = await b.project(), await world.worker("anna")
        made = await d.approved(world, anna)
        await d.time_passes(world)
        await d.earn(project, anna.id, 300 * RUB)
        period = await d.close(world)
        assert await recompute(period) == []
        for tampering, says in [
            ("UPDATE deduction_part SET amount = amount + 100", "was due"),
            ("UPDATE deduction_part SET earned = earned * 2", "by the ledger"),
            ("UPDATE deduction_part SET keeps = 7000", "another share"),
            ("UPDATE appealable SET state = 'upheld'", "did not stand"),
            ("UPDATE appealable SET appeal_by = appeal_by + interval '30 days'", "did not stand"),
            ("UPDATE pay_rule SET spec = spec || '{\"period_percent\": 100}'", "was due"),
            ("DELETE FROM deduction_part", "passed over"),
        ]:
            with subtests.test(tampering):
                async with undone(tampering):
                    (found,) = await recompute(period)
                    assert found.deduction_id == UUID(made)
                    assert says in found.says

    async def test_another_policy_later_changes_nothing_about_what_was_taken(self, world: World) -> None:
        await d.rule(period_percent=10_000)
        project, anna = await b.project(), await world.worker("anna")
        made = await d.approved(world, anna)
        await d.time_passes(world)
        await d.earn(project, anna.id, 100 * RUB)
        first = await d.close(world)
        await b.policy(deductions_keep=9000)
        await d.earn(project, anna.id, 100 * RUB)
        second = await d.close(world)
        assert await d.taken(made) == [20 * RUB, 10 * RUB]
        assert [await recompute(period) for period in (first, second)] == [[], []]
