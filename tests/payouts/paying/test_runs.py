"""Drafting, changing, giving up and approving payout runs."""

from datetime import date, timedelta
from uuid import UUID

import asyncpg
import pytest

from piecework.payouts.errors import FourEyes, NoPayer, NothingToPay, OwnPayout, PayoutChanged, PayoutNotDraft
from piecework.payouts.formats.orders import Payee
from piecework.payouts.payees import details
from piecework.payouts.paying import approving, runs, settling
from piecework.platform import db
from piecework.platform.errors import Invalid, NotFound
from tests.payouts import builders as b
from tests.payouts.formats.batches import SBERBANK, account
from tests.payouts.paying.paying_world import TODAY, Crowd, broken, left, lines, state
from tests.traceless import nothing_changes, rehearsed

ABSENT = UUID(int=7)


async def hold_pay(person: UUID, imposed_by: UUID) -> None:
    await db.execute(
        """INSERT INTO restriction (freelancer_id, kind, reason, imposed_by, ends_at)
           VALUES ($1, 'pay', 'looked at for a while', $2, now() + interval '3 days')""",
        person,
        imposed_by,
    )


class TestDraft:
    async def test_a_run_pays_each_persons_sum_of_all_closed_periods(self, database: db.Config) -> None:
        crowd = await Crowd.of(2)
        await crowd.earn(10_000, 20_000)
        await crowd.earn(5_000, 0)
        run = await crowd.draft()
        assert {who: line["amount"] for who, line in (await lines(run)).items()} == dict(
            zip(crowd.people, (15_000, 20_000), strict=True)
        )
        assert await b.balances() == {"task_expense": 35_000, "pending": 0, "payable": 35_000}
        assert await broken() == []

    async def test_whoever_is_left_out_is_listed_with_the_reason(self, database: db.Config) -> None:
        crowd = await Crowd.of(5)
        paid, small, held, changed, nowhere = crowd.people
        await b.policy(minimum_payout="0.5000")
        await hold_pay(held, crowd.finance[0])
        await crowd.give_details(changed, 77)
        crowd.people.append(await b.person("Without details"))
        await crowd.earn(10_000, 4_900, 10_000, 10_000, 10_000, 10_000)
        run = await crowd.draft()
        assert set(await lines(run)) == {paid, nowhere}
        assert await left(run) == {
            small: "below_minimum",
            held: "pay_held",
            changed: "details_changed",
            crowd.people[-1]: "no_details",
        }
        until = await db.scalar("SELECT until - now() FROM payout_left WHERE freelancer_id = $1", changed)
        assert timedelta(hours=71) < until <= timedelta(hours=72)
        assert await broken() == []

    async def test_what_is_below_the_minimum_is_carried_over_until_it_is_enough(self, database: db.Config) -> None:
        crowd = await Crowd.of(2)
        await b.policy(minimum_payout="1.0000")
        await crowd.earn(10_000, 6_000)
        first = await crowd.approved()
        assert list(await lines(first)) == [crowd.people[0]]
        await crowd.earn(0, 6_000)
        second = await crowd.approved()
        assert {who: line["amount"] for who, line in (await lines(second)).items()} == {crowd.people[1]: 12_000}
        assert await broken() == []

    async def test_the_self_employed_are_paid_while_their_status_is_checked(self, database: db.Config) -> None:
        crowd = await Crowd.of(2)
        await crowd.earn()
        person, other = crowd.people
        await db.execute(
            """INSERT INTO pay_terms (freelancer_id, version, cadence, regime, starts_at, reason)
               VALUES ($1, 1, 'weekly', 'self_employed', clock_timestamp(), 'contract')""",
            person,
        )
        run = await crowd.draft()
        assert (list(await lines(run)), await left(run)) == ([other], {person: "status_unchecked"})

    async def test_a_run_that_would_pay_nobody_is_not_made(self, database: db.Config) -> None:
        crowd = await Crowd.of(1, with_details=False)
        with pytest.raises(NothingToPay):
            await crowd.draft()
        await crowd.earn()
        with pytest.raises(NothingToPay) as refused:
            await crowd.draft()
        assert refused.value.extra == {"left_out": {"no_details": 1}}
        assert await db.scalar("SELECT count(*) FROM payout_run") == 0

    async def test_a_day_that_no_bank_takes_is_refused(self, database: db.Config, subtests: pytest.Subtests) -> None:
        crowd = await Crowd.of(1)
        await crowd.earn()
        async with nothing_changes():
            for day in [date(2020, 1, 1), TODAY + timedelta(days=100)]:
                with subtests.test(day=day), pytest.raises(Invalid):
                    async with db.transaction():
                        await runs.draft(crowd.finance[0], "RUB", day)

    async def test_runs_are_numbered_by_currency(self, database: db.Config) -> None:
        crowd = await Crowd.of(1)
        for _ in range(2):
            await crowd.earn()
            await crowd.approved()
        assert [r["number"] for r in await db.rows("SELECT number FROM payout_run ORDER BY id")] == [1, 2]


class TestChange:
    async def test_a_removed_line_is_open_again_and_its_person_left_out(self, database: db.Config) -> None:
        crowd = await Crowd.of(2)
        await crowd.earn()
        run = await crowd.draft()
        gone = crowd.people[0]
        async with db.transaction():
            await runs.drop(crowd.finance[0], run, (await lines(run))[gone]["id"], "asked to wait")
        assert await left(run) == {gone: "removed"}
        await crowd.approve(run)
        assert await broken() == []
        second = await crowd.approved()
        assert list(await lines(second)) == [gone]
        assert await broken() == []

    async def test_the_last_line_cannot_be_removed(self, database: db.Config) -> None:
        crowd = await Crowd.of(1)
        await crowd.earn()
        run = await crowd.draft()
        (line,) = (await lines(run)).values()
        with pytest.raises(NothingToPay):
            async with db.transaction():
                await runs.drop(None, run, line["id"], "why")
        with pytest.raises(NotFound):
            async with db.transaction():
                await runs.drop(None, run, ABSENT, "why")

    async def test_a_cancelled_draft_frees_everything(self, database: db.Config) -> None:
        crowd = await Crowd.of(2)
        await crowd.earn()
        run = await crowd.draft()
        async with db.transaction():
            await runs.cancel(crowd.finance[0], run, "wrong day")
        assert await state(run) == "cancelled"
        assert await db.scalar("SELECT count(*) FROM due WHERE line_id IS NOT NULL") == 0
        assert await broken() == []
        again = await crowd.approved()
        assert len(await lines(again)) == 2
        for change in (
            runs.cancel(None, run, "again"),
            runs.drop(None, again, ABSENT, "x"),
            approving.approve(crowd.finance[1], run),
        ):
            with pytest.raises(PayoutNotDraft):
                async with db.transaction():
                    await change


class TestApprove:
    async def test_approval_moves_each_amount_to_clearing_and_keeps_the_head_of_the_chain(self, database: db.Config) -> None:
        crowd = await Crowd.of(2)
        await crowd.earn(10_000, 20_000)
        run = await crowd.approved()
        assert (await b.balances())["clearing"] == 30_000
        assert (await b.balances())["payable"] == 0
        stored = await db.row("SELECT * FROM payout_run WHERE id = $1", run)
        assert (stored["state"], stored["two_people"], stored["approver_id"], len(stored["chain_head"])) == (
            "approved",
            False,
            crowd.finance[1],
            64,
        )
        assert {line["state"] for line in (await lines(run)).values()} == {"ordered"}
        assert await broken() == []

    async def test_much_takes_a_second_person(self, database: db.Config) -> None:
        crowd = await Crowd.of(2)
        await b.policy(four_eyes_above="2.0000")
        await crowd.earn(10_000, 20_000)
        run = await crowd.draft()
        with pytest.raises(FourEyes):
            await crowd.approve(run, crowd.finance[0])
        await crowd.approve(run, crowd.finance[1])
        assert await db.scalar("SELECT two_people FROM payout_run WHERE id = $1", run)

    async def test_little_may_be_approved_by_its_author_but_not_in_many_pieces(self, database: db.Config) -> None:
        crowd = await Crowd.of(1)
        await b.policy(four_eyes_above="2.5000")
        author = crowd.finance[0]
        for _ in range(2):
            await crowd.earn()
            await crowd.approve(await crowd.draft(author), author)
        await crowd.earn()
        third = await crowd.draft(author)
        with pytest.raises(FourEyes):
            await crowd.approve(third, author)
        await crowd.approve(third, crowd.finance[1])

    async def test_the_database_itself_refuses_one_pair_of_eyes(self, database: db.Config) -> None:
        crowd = await Crowd.of(1)
        await crowd.earn()
        run = await crowd.draft()
        with pytest.raises(Exception, match="payout_run_four_eyes"):
            await db.execute(
                "UPDATE payout_run SET state = 'approved', approved_at = now(), approver_id = author_id, two_people = true WHERE id = $1",
                run,
            )

    async def test_without_a_payer_nothing_is_approved(self, database: db.Config) -> None:
        crowd = await Crowd.of(1, payer_known=False)
        await crowd.earn()
        run = await crowd.draft()
        with pytest.raises(NoPayer):
            await crowd.approve(run)
        assert await state(run) == "draft"

    async def test_what_changed_since_the_draft_stops_the_approval(self, database: db.Config, subtests: pytest.Subtests) -> None:
        crowd = await Crowd.of(2)
        await crowd.earn()
        run = await crowd.draft()
        person = crowd.people[0]
        line = (await lines(run))[person]["id"]
        async with nothing_changes():
            for change in ["held", "details", "returned"]:
                with subtests.test(change=change):
                    async with rehearsed():
                        expected = {"held": "pay_held", "details": "details_changed", "returned": "details_returned"}[change]
                        if change == "held":
                            await hold_pay(person, crowd.finance[0])
                        elif change == "details":
                            await b.policy(details_wait_hours=0)
                            await crowd.give_details(person, 99)
                        else:
                            await self.returned_before(crowd, person)
                        with pytest.raises(PayoutChanged) as refused:
                            await crowd.approve(run)
                        assert refused.value.extra["people"] == [
                            {"line_id": str(line), "freelancer_id": str(person), "reason": expected}
                        ]
                        assert await state(run) == "draft"
                        async with db.transaction():
                            await runs.drop(crowd.finance[0], run, line, "see the refusal")
                        await crowd.approve(run)
                        assert await broken() == []

    @staticmethod
    async def returned_before(crowd: Crowd, person: UUID) -> None:
        await crowd.earn(10_000, 0)
        other = await crowd.approved()
        async with db.transaction():
            await settling.return_one(None, other, (await lines(other))[person]["id"], "account closed")

    async def test_an_approved_run_and_its_lines_do_not_change(self, database: db.Config) -> None:
        crowd = await Crowd.of(1)
        await crowd.earn()
        run = await crowd.approved()
        for statement in (
            "UPDATE payout_run SET total = total + 100",
            "UPDATE payout_run SET state = 'draft', approved_at = NULL",
            "UPDATE payout_line SET amount = amount + 100",
            "UPDATE payout_line SET state = 'drafted'",
            "DELETE FROM payout_line",
            "TRUNCATE payout_run CASCADE",
        ):
            with pytest.raises(Exception, match=r"cannot be changed|permission denied"):
                await db.execute(statement)
        assert await state(run) == "approved"

    async def test_nobody_approves_their_own_pay_or_removes_it(self, database: db.Config) -> None:
        crowd = await Crowd.of(2)
        await crowd.earn()
        run = await crowd.draft()
        anna, boris = crowd.people
        own = (await lines(run))[anna]["id"]
        for act in (approving.approve(anna, run), runs.drop(anna, run, own, "not now")):
            with pytest.raises(OwnPayout):
                async with db.transaction():
                    await act
        assert {line["state"] for line in (await lines(run)).values()} == {"drafted"}
        async with db.transaction():
            await runs.drop(boris, run, own, "she asked for it")
        await crowd.approve(run, anna)
        assert await broken() == []

    async def test_a_due_is_let_go_by_a_draft_only(self, database: db.Config) -> None:
        crowd = await Crowd.of(1)
        await crowd.earn()
        run = await crowd.approved()
        with pytest.raises(asyncpg.RestrictViolationError):
            await db.execute("UPDATE due SET line_id = NULL")
        async with db.transaction():
            await settling.confirm_all(None, run, "PP-1")
        for line in (None, ABSENT):
            with pytest.raises(asyncpg.RestrictViolationError):
                await db.execute("UPDATE due SET line_id = $1", line)
        assert await db.scalar("SELECT current_user") == "piecework_app"
        assert await db.scalar("SELECT count(*) FROM due WHERE line_id IS NULL") == 0
        assert await broken() == []


class TestDetails:
    async def test_first_details_count_at_once_and_changed_ones_wait(self, database: db.Config) -> None:
        crowd = await Crowd.of(1)
        (person,) = crowd.people
        (first,) = await details.of(person)
        assert first.usable_at <= await db.scalar("SELECT clock_timestamp()")
        await crowd.give_details(person, 1)
        assert await details.of(person) == [first]  # what they have already is left as it is
        await crowd.give_details(person, 2)
        (second,) = await details.of(person)
        wait = second.usable_at - await db.scalar("SELECT clock_timestamp()")
        assert timedelta(hours=71) < wait <= timedelta(hours=72)
        assert second.version == 2

    async def test_first_details_that_somebody_else_gives_wait_too(self, database: db.Config) -> None:
        crowd = await Crowd.of(1, with_details=False)
        (person,) = crowd.people
        async with db.transaction():
            given = Payee(person, "Мария Петрова", account=account(1), **SBERBANK)
            made = await details.change(crowd.finance[0], "RUB", given, "by letter")
        wait = made.usable_at - await db.scalar("SELECT clock_timestamp()")
        assert timedelta(hours=71) < wait <= timedelta(hours=72)
        await crowd.earn()
        with pytest.raises(NothingToPay) as refused:
            await crowd.draft()
        assert refused.value.extra == {"left_out": {"details_changed": 1}}

    async def test_the_trail_never_holds_a_number(self, database: db.Config) -> None:
        crowd = await Crowd.of(1)
        told = await db.rows("SELECT reason, detail::text FROM trail")
        assert all(account(1) not in row["detail"] + row["reason"] for row in told)
        assert any(f"*{account(1)[-4:]}" in row["detail"] for row in told)
        assert crowd.people

    async def test_a_number_with_a_wrong_key_is_refused_and_changes_nothing(self, database: db.Config) -> None:
        crowd = await Crowd.of(1)
        right = account(5)
        wrong = right[:8] + str((int(right[8]) + 1) % 10) + right[9:]
        with pytest.raises(Invalid) as refused:
            async with db.transaction():
                await details.change(crowd.people[0], "RUB", Payee(crowd.people[0], "Мария", account=wrong, **SBERBANK))
        assert [(one["field"], one["code"]) for one in refused.value.extra["errors"]] == [("account", "wrong_account_key")]
        (only,) = await details.of(crowd.people[0])
        assert only.version == 1

    async def test_people_with_one_account_are_linked(self, database: db.Config) -> None:
        crowd = await Crowd.of(3)
        await crowd.give_details(crowd.people[2], 1)
        assert await details.same_account(crowd.people) == [(crowd.people[0], crowd.people[2])]
