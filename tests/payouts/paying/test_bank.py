"""What the bank answers: payments confirmed and returned by its statements or by hand, each once; what fits nothing is listed."""

from datetime import date
from typing import Any
from uuid import UUID

import orjson
import pytest

from piecework.payouts import commandline
from piecework.payouts.errors import (
    BankLineDecided,
    BankLineDiffers,
    LineNotOnItsWay,
    NothingToPay,
    OwnPayout,
    PayoutNotApproved,
    PayoutSettled,
)
from piecework.payouts.formats.bank_lines import BrokenFile
from piecework.payouts.formats.files import FORMATS
from piecework.payouts.payees import details
from piecework.payouts.paying import bank, files, runs, settling
from piecework.platform import db
from piecework.platform.demo import bank as bank_answers
from piecework.platform.errors import NotFound
from tests.payouts import builders as b
from tests.payouts.formats.batches import account
from tests.payouts.paying.paying_world import Crowd, broken, left, lines, state
from tests.traceless import nothing_changes, rehearsed
from tests.world import World

BOOKED = date(2026, 11, 25)
ANSWERS = {"1c": bank_answers.client_bank, "pain001": bank_answers.camt053}
FORMAT = pytest.mark.parametrize("name", sorted(ANSWERS))


async def file_of(run: UUID, name: str) -> bytes:
    async with db.transaction():
        return (await files.file(None, run, name)).content


async def receive(data: bytes) -> bank.Received:
    async with db.transaction():
        return await bank.receive(None, data, "RUB")


async def outcomes() -> list[tuple[str, str]]:
    return [(r["outcome"], r["why"]) for r in await db.rows("SELECT outcome, why FROM bank_line ORDER BY statement_id, number")]


async def states(run: UUID, crowd: Crowd) -> list[str]:
    found = await lines(run)
    return [found[person]["state"] for person in crowd.people if person in found]


class TestStatements:
    @FORMAT
    async def test_what_was_booked_is_confirmed_and_what_came_back_is_due_again(self, database: db.Config, name: str) -> None:
        crowd = await Crowd.of(3)
        await crowd.earn(10_000, 20_000, 30_000)
        run = await crowd.approved()
        answer = ANSWERS[name](await file_of(run, name), BOOKED, [account(2)])
        assert (await receive(answer)).added
        assert await states(run, crowd) == ["paid", "returned", "paid"]
        assert await state(run) == "settled"
        sums = await b.balances()
        assert (sums["bank"], sums["clearing"], sums["payable"]) == (40_000, 0, 20_000)
        assert sorted(outcome for outcome, _ in await outcomes()) == ["confirmed", "confirmed", "confirmed", "returned"]
        assert await broken() == []

    @FORMAT
    async def test_the_same_file_and_the_same_movements_again_change_nothing(self, database: db.Config, name: str) -> None:
        crowd = await Crowd.of(2)
        await crowd.earn()
        run = await crowd.approved()
        orders = await file_of(run, name)
        first = await receive(ANSWERS[name](orders, BOOKED, [account(1)]))
        again = await receive(ANSWERS[name](orders, BOOKED, [account(1)]))
        assert (again.id, again.added) == (first.id, False)
        later = ANSWERS[name](orders, BOOKED, [account(1)]).replace(b"1.03", b"1.03 ").replace(b"<Id>1</Id>", b"<Id>2</Id>")
        assert (await receive(later)).added
        assert [why for _, why in await outcomes()][3:] == ["read_before"] * 3
        assert await db.scalar("SELECT count(*) FROM due WHERE returned_line IS NOT NULL") == 1
        assert await broken() == []

    @FORMAT
    async def test_a_return_may_come_days_after_the_payment(self, database: db.Config, name: str) -> None:
        crowd = await Crowd.of(1)
        await crowd.earn()
        run = await crowd.approved()
        orders = await file_of(run, name)
        await receive(ANSWERS[name](orders, BOOKED))
        assert (await states(run, crowd), await state(run)) == (["paid"], "settled")
        await receive(ANSWERS[name](orders, BOOKED, [account(1)]))
        assert (await states(run, crowd), await state(run)) == (["returned"], "settled")
        assert (await b.balances())["bank"] == 0
        assert await broken() == []

    async def test_a_batch_that_was_booked_as_one_confirms_all_of_it(self, database: db.Config) -> None:
        crowd = await Crowd.of(3)
        await crowd.earn()
        run = await crowd.approved()
        answer = bank_answers.camt053(await file_of(run, "pain001"), BOOKED, as_one=True)
        await receive(answer)
        assert (await states(run, crowd), await state(run)) == (["paid"] * 3, "settled")
        await receive(answer.replace(b"OUT-", b"OUTX-"))
        assert await outcomes() == [("confirmed", ""), ("unmatched", "paid_before")]
        assert await broken() == []

    async def test_what_fits_no_line_is_listed_and_moves_nothing(self, database: db.Config, subtests: pytest.Subtests) -> None:
        crowd = await Crowd.of(1)
        await crowd.earn()
        run = await crowd.approved()
        async with nothing_changes():
            for spoil, why in [
                ((b'Ccy="RUB">1.00<', b'Ccy="RUB">1.01<'), "other_amount"),
                ((b"<EndToEndId>", b"<EndToEndId>00"), "unknown"),
                ((b"DBIT", b"CRDT"), "not_a_return"),
            ]:
                with subtests.test(spoil=spoil, why=why):
                    async with rehearsed():
                        answer = bank_answers.camt053(await file_of(run, "pain001"), BOOKED).replace(*spoil)
                        await receive(answer)
                        assert (await outcomes(), await states(run, crowd)) == ([("unmatched", why)], ["ordered"])
                        assert await broken() == []

    async def test_a_payment_that_the_bank_booked_twice_is_not_hidden(self, database: db.Config) -> None:
        crowd = await Crowd.of(1)
        await crowd.earn()
        run = await crowd.approved()
        once = bank_answers.camt053(await file_of(run, "pain001"), BOOKED)
        entry = once[once.index(b"<Ntry>") : once.index(b"</Ntry>") + len(b"</Ntry>")]
        await receive(once.replace(entry, entry + entry.replace(b"OUT-", b"OUTX-")))
        assert await outcomes() == [("confirmed", ""), ("unmatched", "paid_before")]

    async def test_a_draft_is_not_paid_whatever_a_statement_says(self, database: db.Config) -> None:
        crowd = await Crowd.of(1)
        await crowd.earn()
        ordered = await crowd.approved()
        answer = bank_answers.camt053(await file_of(ordered, "pain001"), BOOKED)
        await crowd.earn()
        draft = await crowd.draft()
        (old,), (new,) = (await lines(ordered)).values(), (await lines(draft)).values()
        await receive(answer.replace(old["id"].hex.encode(), new["id"].hex.encode()))
        assert (await outcomes(), await states(draft, crowd)) == ([("unmatched", "not_ordered")], ["drafted"])

    async def test_a_broken_file_counts_for_nothing(self, database: db.Config) -> None:
        crowd = await Crowd.of(2)
        await crowd.earn()
        run = await crowd.approved()
        answer = bank_answers.client_bank(await file_of(run, "1c"), BOOKED)
        with pytest.raises(BrokenFile):
            await receive(answer[: len(answer) // 2])
        assert (await outcomes(), await states(run, crowd)) == ([], ["ordered", "ordered"])


async def test_the_command_tells_what_the_operation_tells(world: World) -> None:
    crowd = await Crowd.of(2)
    await crowd.earn()
    run = await crowd.approved()
    answer = bank_answers.client_bank(await file_of(run, "1c"), BOOKED, [account(2)])
    async with db.transaction():
        told = await commandline.import_bank(answer, "RUB", "finance@example.test")
    assert told | {"id": None} == {
        "id": None, "added": True, "confirmed": 2, "returned": 1, "known": 0, "unmatched": 0, "set_aside": 0,
    }  # fmt: skip
    headers = {"content-type": "text/plain; charset=windows-1251"}
    sent = await world.finance.ok("POST", "/bank-statements?currency=RUB", content=answer, headers=headers)
    assert sent == told | {"id": str(told["id"]), "added": False}


class TestAfterAReturn:
    async def test_nobody_is_paid_to_doubted_details_until_they_are_confirmed(self, database: db.Config) -> None:
        crowd = await Crowd.of(1)
        (person,) = crowd.people
        await crowd.earn()
        run = await crowd.approved()
        await receive(bank_answers.client_bank(await file_of(run, "1c"), BOOKED, [account(1)]))
        with pytest.raises(NothingToPay) as refused:
            await crowd.draft()
        assert refused.value.extra == {"left_out": {"details_returned": 1}}
        async with db.transaction():
            await details.confirm(person, person, "RUB")
        again = await crowd.approved()
        assert (await lines(again))[person]["amount"] == 10_000
        await receive(bank_answers.client_bank(await file_of(again, "1c"), BOOKED, [account(1)]))
        assert (await states(again, crowd), (await b.balances())["payable"]) == (["returned"], 10_000)
        assert await broken() == []

    async def test_changed_details_end_the_doubt_and_wait_like_any_change(self, database: db.Config) -> None:
        crowd = await Crowd.of(2)
        await crowd.earn()
        run = await crowd.approved()
        await receive(bank_answers.client_bank(await file_of(run, "1c"), BOOKED, [account(1)]))
        await crowd.give_details(crowd.people[0], 88)
        await crowd.earn()
        assert await left(await crowd.draft()) == {crowd.people[0]: "details_changed"}


class TestByHand:
    async def test_all_that_is_on_its_way_is_confirmed_once(self, database: db.Config) -> None:
        crowd = await Crowd.of(2)
        await crowd.earn()
        run = await crowd.draft()
        with pytest.raises(PayoutNotApproved):
            await self.confirm(run)
        await crowd.approve(run)
        await self.confirm(run)
        assert (await states(run, crowd), await state(run)) == (["paid", "paid"], "settled")
        with pytest.raises(PayoutSettled):
            await self.confirm(run)
        assert await broken() == []

    async def test_the_statement_that_comes_later_is_known(self, database: db.Config) -> None:
        crowd = await Crowd.of(1)
        await crowd.earn()
        run = await crowd.approved()
        await self.confirm(run)
        await receive(bank_answers.client_bank(await file_of(run, "1c"), BOOKED))
        assert await outcomes() == [("known", "recorded_by_hand")]

    async def test_one_payment_is_returned_once(self, database: db.Config) -> None:
        crowd = await Crowd.of(2)
        await crowd.earn()
        run = await crowd.approved()
        line = (await lines(run))[crowd.people[0]]["id"]
        await self.give_back(run, line)
        with pytest.raises(LineNotOnItsWay):
            await self.give_back(run, line)
        with pytest.raises(NotFound):
            await self.give_back(UUID(int=1), line)
        assert await state(run) == "approved"
        await self.confirm(run)
        assert (await states(run, crowd), await state(run)) == (["returned", "paid"], "settled")
        assert await broken() == []

    async def test_an_unmatched_movement_is_matched_by_hand(self, database: db.Config) -> None:
        crowd = await Crowd.of(2)
        await crowd.earn(10_000, 20_000)
        run = await crowd.approved()
        found = await lines(run)
        one, other = (found[person]["id"] for person in crowd.people)
        answer = bank_answers.camt053(await file_of(run, "pain001"), BOOKED, [account(1)])
        await receive(answer.replace(one.hex.encode(), b"NOTPROVIDED"))
        assert sorted(await outcomes()) == [("confirmed", ""), ("unmatched", "unknown"), ("unmatched", "unknown")]
        unmatched = await db.rows("SELECT id, direction FROM bank_line WHERE outcome = 'unmatched' ORDER BY direction DESC")
        out, back = (row["id"] for row in unmatched)
        with pytest.raises(BankLineDiffers) as refused:
            await self.match(out, other)
        assert refused.value.extra == {"why": "other_amount"}
        await self.match(out, one)
        with pytest.raises(BankLineDecided):
            await self.match(out, one)
        await self.match(back, one)
        assert (await states(run, crowd), await state(run)) == (["returned", "paid"], "settled")
        assert await broken() == []

    async def test_nobody_says_what_became_of_their_own_pay(self, database: db.Config) -> None:
        crowd = await Crowd.of(2)
        await crowd.earn(10_000, 20_000)
        run = await crowd.approved()
        anna, boris = crowd.people
        own = (await lines(run))[anna]["id"]
        answer = bank_answers.camt053(await file_of(run, "pain001"), BOOKED)
        lost = answer.replace(own.hex.encode(), b"NOTPROVIDED")
        async with db.transaction():
            await bank.receive(anna, lost, "RUB")  # what it tells is of Boris
        moved = await db.scalar("SELECT id FROM bank_line WHERE outcome = 'unmatched'")
        for act in (
            settling.confirm_all(anna, run, "PP-1"),
            settling.return_one(anna, run, own, "account closed"),
            bank.match(anna, moved, own, "it is mine"),
            bank.receive(anna, answer.replace(b"<Ntry>", b"<Ntry><!-- again -->").replace(b"<NtryRef>", b"<NtryRef>2"), "RUB"),
        ):
            with pytest.raises(OwnPayout):
                async with db.transaction():
                    await act
        assert await states(run, crowd) == ["ordered", "paid"]
        async with db.transaction():
            await bank.match(boris, moved, own, "it is hers")
        with pytest.raises(OwnPayout):
            async with db.transaction():
                await settling.return_one(anna, run, own, "account closed")
        assert (await states(run, crowd), await state(run)) == (["paid", "paid"], "settled")
        assert await broken() == []

    async def test_a_movement_that_is_none_of_ours_is_set_aside(self, database: db.Config) -> None:
        crowd = await Crowd.of(1)
        await crowd.earn()
        run = await crowd.approved()
        await receive(bank_answers.camt053(await file_of(run, "pain001"), BOOKED).replace(b"DBIT", b"CRDT"))
        moved = await db.scalar("SELECT id FROM bank_line")
        async with db.transaction():
            await bank.set_aside(None, moved, "a customer's payment")
        assert await outcomes() == [("set_aside", "a customer's payment")]
        with pytest.raises(BankLineDecided):
            async with db.transaction():
                await bank.set_aside(None, moved, "again")

    @staticmethod
    async def confirm(run: UUID) -> None:
        async with db.transaction():
            await settling.confirm_all(None, run, "PP-1")

    @staticmethod
    async def give_back(run: UUID, line: UUID) -> None:
        async with db.transaction():
            await settling.return_one(None, run, line, "account closed")

    @staticmethod
    async def match(moved: UUID, line: UUID) -> None:
        async with db.transaction():
            await bank.match(None, moved, line, "the bank's clerk said so")


class TestFiles:
    async def test_a_file_is_made_once_and_stays_whatever_becomes_of_its_lines(
        self, database: db.Config, subtests: pytest.Subtests
    ) -> None:
        crowd = await Crowd.of(3)
        await crowd.earn(10_000, 20_000, 30_000)
        run = await crowd.approved()
        async with nothing_changes():
            for name in sorted(FORMATS):
                with subtests.test(name=name):
                    async with rehearsed():
                        first = await file_of(run, name)
                        async with db.transaction():
                            await settling.confirm_all(None, run, "PP-1")
                        assert await file_of(run, name) == first
                        (made,) = await files.made(run)
                        assert (made.format, made.bytes) == (name, len(first))
                        assert await db.scalar("SELECT sha256(content) = sha256 FROM payout_file")

    async def test_control_totals_are_the_runs(self, database: db.Config) -> None:
        crowd = await Crowd.of(3)
        await crowd.earn(10_000, 20_000, 30_000)
        run = await crowd.approved()
        head, *orders, total = map(orjson.loads, (await file_of(run, "jsonl")).splitlines())
        stored = await db.row("SELECT total, lines, chain_head FROM payout_run WHERE id = $1", run)
        assert stored is not None
        assert (total["sum"], total["orders"], head["chain_head"]) == ("6.0000", 3, stored["chain_head"])
        assert (stored["total"], stored["lines"], len(orders)) == (60_000, 3, 3)

    async def test_what_was_not_committed_is_made_again_the_same(self, database: db.Config) -> None:
        crowd = await Crowd.of(2)
        await crowd.earn()
        run = await crowd.approved()

        class Killed(Exception):
            pass

        seen: list[bytes] = []

        async def killed() -> None:
            async with db.transaction():
                seen.append((await files.file(None, run, "xlsx")).content)
                raise Killed

        with pytest.raises(Killed):
            await killed()
        assert await files.made(run) == []
        assert await file_of(run, "xlsx") == seen[0]

    async def test_drafts_and_unknown_formats_have_no_files(self, database: db.Config) -> None:
        crowd = await Crowd.of(1)
        await crowd.earn()
        run = await crowd.draft()
        with pytest.raises(PayoutNotApproved):
            await file_of(run, "csv")
        for wrong in ((run, "doc"), (UUID(int=1), "csv")):
            with pytest.raises(NotFound):
                await file_of(*wrong)

    async def test_a_removed_line_is_in_no_file(self, database: db.Config) -> None:
        crowd = await Crowd.of(2)
        await crowd.earn()
        run = await crowd.draft()
        gone: Any = (await lines(run))[crowd.people[0]]
        async with db.transaction():
            await runs.drop(None, run, gone["id"], "asked to wait")
        await crowd.approve(run)
        text = (await file_of(run, "csv")).decode()
        assert (str(gone["id"]) in text, account(2)[-7:] in text) == (False, True)
