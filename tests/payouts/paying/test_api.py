"""A payout as finance and freelancers meet it: details, draft, approval, files, the bank's answer, what each may see."""

import base64
import hashlib
import uuid
from datetime import date
from typing import Any

import asyncpg
import pytest

from piecework.payouts.api import paying, payment_details
from piecework.payouts.closing import closing
from piecework.payouts.formats.files import FORMATS
from piecework.platform import db
from piecework.platform.demo import bank as bank_answers
from piecework.platform.identity.models import Role
from tests.payouts import builders as b
from tests.payouts.formats.batches import account
from tests.payouts.paying.paying_world import DETAILS, PAYER_BODY, TODAY, broken
from tests.traceless import nothing_changes
from tests.world import Person, World

BOOKED = date(2026, 11, 25)
DRAFT = {"currency": "RUB", "execution_on": TODAY.isoformat()}
STATEMENT = {"content-type": "text/plain; charset=windows-1251"}


async def earned(world: World, *people: Person, price: int = 10_000, week: int = 0) -> None:
    project = await b.project(code=f"disk{week}")
    at = b.LONG_AGO + week * b.WEEK
    for person in people:
        await b.earned(project, person.id, price, at=at)
    async with db.transaction():
        await closing.close(await b.period_of(at), None)


async def ready(world: World, count: int = 2, price: int = 10_000) -> tuple[Person, Person, list[Person]]:
    """Two of finance, the payer's account, people with details to whom something is due."""
    people = [await world.person(f"worker{n}") for n in range(count)]
    for n, person in enumerate(people, start=1):
        await person.ok("PUT", "/me/payment-details", DETAILS | {"account": account(n)})
    await world.finance.ok("PUT", "/payer", PAYER_BODY)
    await earned(world, *people, price=price)
    return world.finance, await world.person("second", Role.FINANCE), people


async def send(person: Person, data: bytes) -> dict[str, Any]:
    sent: dict[str, Any] = await person.ok("POST", "/bank-statements?currency=RUB", content=data, headers=STATEMENT)
    return sent


class TestPayout:
    async def test_from_draft_to_a_returned_payment_and_its_second_payout(self, world: World) -> None:
        finance, second, (anna, boris) = await ready(world)
        draft = await finance.ok("POST", "/payouts", DRAFT, headers={"idempotency-key": "run-1"})
        assert draft == await finance.ok("POST", "/payouts", DRAFT, headers={"idempotency-key": "run-1"})
        assert (draft["state"], draft["number"], draft["total"], draft["lines"], draft["left_out"]) == (
            "draft",
            1,
            "2.0000",
            2,
            0,
        )
        url = f"/payouts/{draft['id']}"
        assert (await finance.call("GET", f"{url}/files/csv")).json()["code"] == "payout_not_approved"
        approved = await second.ok("POST", f"{url}/approve")
        assert (approved["state"], approved["approver_id"], approved["on_its_way"]) == ("approved", str(second.id), "2.0000")
        assert (await finance.call("POST", f"{url}/approve")).json()["code"] == "payout_not_draft"

        orders = (await finance.call("GET", f"{url}/files/1c")).content
        told = await send(finance, bank_answers.client_bank(orders, BOOKED, [account(2)]))
        assert (told["added"], told["confirmed"], told["returned"], told["unmatched"]) == (True, 2, 1, 0)
        again = await send(finance, bank_answers.client_bank(orders, BOOKED, [account(2)]))
        assert (again["added"], again["id"], again["returned"]) == (False, told["id"], 1)
        settled = await finance.ok("GET", url)
        assert (settled["state"], settled["paid"], settled["returned"], settled["on_its_way"]) == (
            "settled", "1.0000", "1.0000", "0.0000",
        )  # fmt: skip
        assert (await finance.call("POST", f"{url}/confirm", {"bank_reference": "x"})).json()["code"] == "payout_settled"

        mine = await boris.ok("GET", "/me/payouts")
        assert [(one["state"], one["amount"], one["account"]) for one in mine["items"]] == [
            ("returned", "1.0000", f"*{account(2)[-4:]}")
        ]
        for person, expected in ((anna, ("0.0000", "1.0000")), (boris, ("1.0000", "0.0000"))):
            (money,) = (await person.ok("GET", "/me/earnings"))["earnings"]
            assert (money["payable"], money["clearing"], money["paid"]) == (expected[0], "0.0000", expected[1])
        (doubted,) = (await boris.ok("GET", "/me/payment-details"))["details"]
        assert doubted["doubted"] is True
        await earned(world, anna, week=1)
        third = await finance.ok("POST", "/payouts", DRAFT)
        (left,) = (await finance.ok("GET", f"/payouts/{third['id']}/left-out"))["items"]
        assert (left["freelancer_id"], left["reason"], left["amount"]) == (str(boris.id), "details_returned", "1.0000")
        (why,) = (await boris.ok("GET", "/me/payouts"))["left_out"]
        assert (why["reason"], why["words"]) == ("details_returned", left["words"])
        await finance.ok("POST", f"/payouts/{third['id']}/cancel", {"reason": "Boris first"})
        assert (await boris.ok("POST", "/me/payment-details/confirm", {}))["doubted"] is False
        assert (await boris.call("POST", "/me/payment-details/confirm", {})).json()["code"] == "details_not_doubted"
        last = await finance.ok("POST", "/payouts", DRAFT)
        assert (last["total"], last["lines"]) == ("2.0000", 2)
        assert await broken() == []

    async def test_each_format_comes_with_its_name_type_and_digest_and_the_same_again(self, world: World) -> None:
        finance, second, _ = await ready(world)
        draft = await finance.ok("POST", "/payouts", DRAFT)
        await second.ok("POST", f"/payouts/{draft['id']}/approve")
        for name, kind in FORMATS.items():
            first, again = [await finance.call("GET", f"/payouts/{draft['id']}/files/{name}") for _ in range(2)]
            assert first.status_code == 200, first.text
            assert first.content == again.content
            digest = base64.b64encode(hashlib.sha256(first.content).digest()).decode()
            assert first.headers["repr-digest"] == f"sha-256=:{digest}:"
            assert first.headers["content-disposition"] == f'attachment; filename="payout-RUB-1.{kind.extension}"'
            assert first.headers["content-type"].split(";")[0] == kind.media_type.split(";")[0]
        made = (await finance.ok("GET", f"/payouts/{draft['id']}"))["files"]
        assert {one["format"] for one in made} == set(FORMATS)
        assert (await finance.call("GET", f"/payouts/{draft['id']}/files/doc")).status_code == 404

    async def test_the_author_of_much_is_not_its_approver(self, world: World) -> None:
        finance, second, _ = await ready(world, price=600_000_000)
        draft = await finance.ok("POST", "/payouts", DRAFT)
        refused = await finance.call("POST", f"/payouts/{draft['id']}/approve")
        assert (refused.status_code, refused.json()["code"]) == (409, "four_eyes")
        assert (await second.ok("POST", f"/payouts/{draft['id']}/approve"))["two_people"] is True

    async def test_whom_the_approval_stops_is_named_and_can_be_removed(self, world: World) -> None:
        finance, second, (anna, boris) = await ready(world)
        draft = await finance.ok("POST", "/payouts", DRAFT)
        await anna.ok("PUT", "/me/payment-details", DETAILS | {"account": account(9)})
        refused = await second.call("POST", f"/payouts/{draft['id']}/approve")
        (named,) = refused.json()["people"]
        assert (refused.json()["code"], named["freelancer_id"], named["reason"]) == (
            "payout_changed", str(anna.id), "details_changed",
        )  # fmt: skip
        reduced = await finance.ok(
            "POST", f"/payouts/{draft['id']}/lines/{named['line_id']}/remove", {"reason": "her details changed"}
        )
        assert (reduced["total"], reduced["lines"], reduced["left_out"]) == ("1.0000", 1, 1)
        await second.ok("POST", f"/payouts/{draft['id']}/approve")
        found = (await finance.ok("GET", f"/payouts/{draft['id']}/lines"))["items"]
        assert {one["freelancer_id"]: one["state"] for one in found} == {str(anna.id): "dropped", str(boris.id): "ordered"}

    async def test_movements_that_fit_nothing_are_listed_matched_and_set_aside(self, world: World) -> None:
        finance, second, people = await ready(world)
        draft = await finance.ok("POST", "/payouts", DRAFT)
        await second.ok("POST", f"/payouts/{draft['id']}/approve")
        orders = (await finance.call("GET", f"/payouts/{draft['id']}/files/pain001")).content
        lost = (
            bank_answers.camt053(orders, BOOKED)
            .replace(b"<EndToEndId>", b"<EndToEndId>X")
            .replace(b"TxDtls><Refs>", b"TxDtls><Refs>")
        )
        told = await send(finance, lost)
        assert told["unmatched"] == 2
        items = (await finance.ok("GET", "/bank-lines?outcome=unmatched"))["items"]
        assert {one["why"] for one in items} == {"unknown"}
        by_person = {
            one["freelancer_id"]: one["id"] for one in (await finance.ok("GET", f"/payouts/{draft['id']}/lines"))["items"]
        }
        body = {"line_id": by_person[str(people[0].id)], "reason": "the bank said so"}
        await finance.ok("POST", f"/bank-lines/{items[0]['id']}/match", body)
        assert (await finance.call("POST", f"/bank-lines/{items[0]['id']}/match", body)).json()["code"] == "bank_line_decided"
        wrong = await finance.call("POST", f"/bank-lines/{items[1]['id']}/match", body)
        assert (wrong.json()["code"], wrong.json()["why"]) == ("bank_line_differs", "paid_before")
        await finance.ok("POST", f"/bank-lines/{items[1]['id']}/set-aside", {"reason": "somebody else's"})
        assert (await finance.ok("GET", "/bank-lines?outcome=unmatched"))["items"] == []
        (statement,) = (await finance.ok("GET", "/bank-statements"))["items"]
        assert (statement["lines"], statement["unmatched"]) == (2, 0)
        assert await broken() == []


class TestDetails:
    async def test_the_full_number_is_for_finance_only(self, world: World) -> None:
        finance, second, (anna, *_) = await ready(world)
        assert account(1) not in (await anna.call("GET", "/me/payment-details")).text
        (full,) = (await finance.ok("GET", f"/freelancers/{anna.id}/payment-details"))["details"]
        assert full["account"] == account(1)
        draft = await finance.ok("POST", "/payouts", DRAFT)
        await second.ok("POST", f"/payouts/{draft['id']}/approve")
        await finance.call("GET", f"/payouts/{draft['id']}/files/csv")
        for reader, path in ((world.administrator, f"/payouts/{draft['id']}/lines"), (anna, "/me/payouts")):
            text = (await reader.call("GET", path)).text
            assert account(1)[-4:] in text
            assert account(1) not in text
        assert (await world.administrator.call("GET", f"/freelancers/{anna.id}/payment-details")).status_code == 403
        assert (await world.administrator.call("GET", f"/payouts/{draft['id']}/files/csv")).status_code == 403
        told = await db.rows("SELECT reason || detail AS words FROM trail")
        assert all(account(1) not in row["words"] for row in told)

    async def test_finance_changes_details_with_a_reason_and_they_wait(self, world: World) -> None:
        finance, _, (anna, *_) = await ready(world)
        url = f"/freelancers/{anna.id}/payment-details"
        assert (await finance.call("PUT", url, DETAILS | {"account": account(7)})).status_code == 422
        changed = await finance.ok("PUT", url, DETAILS | {"account": account(7), "reason": "asked by letter"})
        assert changed["version"] == 2
        draft = await finance.ok("POST", "/payouts", DRAFT)
        (left,) = (await finance.ok("GET", f"/payouts/{draft['id']}/left-out"))["items"]
        assert (left["reason"], left["until"]) == ("details_changed", changed["usable_at"])

    async def test_finance_is_anybody_where_its_own_money_is_concerned(self, world: World) -> None:
        finance, second, (anna, _) = await ready(world)
        both = await world.person("both", Role.FREELANCER, Role.FINANCE)
        await both.ok("PUT", "/me/payment-details", DETAILS | {"account": account(3)})
        await earned(world, both, week=1)
        draft = await finance.ok("POST", "/payouts", DRAFT)
        url = f"/payouts/{draft['id']}"
        items = (await finance.ok("GET", f"{url}/lines"))["items"]
        own = next(one["id"] for one in items if one["freelancer_id"] == str(both.id))
        details = f"/freelancers/{both.id}/payment-details"
        reason = {"reason": "it is mine"}

        async def refused(method: str, path: str, body: dict[str, Any] | None = None) -> None:
            reply = await both.call(method, path, body)
            assert (reply.status_code, reply.json()["code"]) == (409, "own_payout"), path

        await refused("POST", f"{url}/lines/{own}/remove", reason)
        await refused("POST", f"{url}/approve")
        await refused("PUT", details, DETAILS | reason | {"account": account(4)})
        await second.ok("POST", f"{url}/approve")
        await refused("POST", f"{url}/lines/{own}/return", reason)
        await refused("POST", f"{url}/confirm", {"bank_reference": "PP-1"})
        await second.ok("POST", f"{url}/lines/{own}/return", reason)
        await refused("POST", f"{details}/confirm", reason)
        await refused("POST", f"{url}/confirm", {"bank_reference": "PP-1"})
        assert (await both.ok("POST", "/me/payment-details/confirm", {}))["doubted"] is False
        assert [one["version"] for one in (await both.ok("GET", details))["details"]] == [1]
        other = f"/freelancers/{anna.id}/payment-details"
        assert (await both.ok("PUT", other, DETAILS | {"account": account(5), "reason": "by letter"}))["version"] == 2

    async def test_what_no_bank_would_take_is_refused(self, world: World, subtests: pytest.Subtests) -> None:
        async with nothing_changes():
            for change, code in [
                ({"account": "4" * 20}, "wrong_account_key"),
                ({"account": account(1, currency="840")}, "account_of_other_currency"),
                ({"account": account(1), "iban": "DE89370400440532013000"}, "one_account"),
                ({"iban": "DE89370400440532013001", "bik": None, "correspondent": None}, "not_an_iban"),
                ({"account": account(1), "correspondent": "30101810400000000226"}, "wrong_correspondent_key"),
                ({"account": "١" * 20}, "string_pattern_mismatch"),
                ({"account": account(1), "name": " \u200b "}, "missing"),
                ({"account": account(1), "name": "მარია"}, "not_in_cp1251"),
                ({"account": account(1), "name": "ß" * 140}, "too_long"),
                ({"iban": "DE89370400440532013000", "bik": None, "correspondent": None}, "not_a_russian_account"),
            ]:
                with subtests.test(change=change, code=code):
                    refused = await world.freelancer.call("PUT", "/me/payment-details", DETAILS | change)
                    assert refused.status_code == 422, refused.text
                    assert code in {one["code"] for one in refused.json()["errors"]}
                    assert (await world.freelancer.ok("GET", "/me/payment-details"))["details"] == []


async def test_freelancers_lanes_read_no_more_than_they_are_shown(world: World) -> None:
    async with world.connections(1) as (lane,):
        for table, column in (
            ("payout_line", "inn"),
            ("payout_line", "reason"),
            ("pay_terms", "reason"),
            ("pay_terms", "created_by"),
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await lane.fetch(f"SELECT {column} FROM {table}")


class TestBadInput:
    async def test_a_statement_that_is_none(self, world: World, subtests: pytest.Subtests) -> None:
        async with nothing_changes():
            for data, status, code in [
                (b"", 422, "broken_file"),
                (b"hello", 422, "broken_file"),
                (b"<!DOCTYPE x [<!ENTITY a 'b'>]><Document/>", 422, "broken_file"),
                (b"\xff\xfe\x00", 422, "broken_file"),
                (b"x" * (5 * 1024 * 1024), 413, "body_too_large"),
            ]:
                with subtests.test(data=data, status=status, code=code):
                    reply = await world.finance.call("POST", "/bank-statements", content=data, headers=STATEMENT)
                    assert (reply.status_code, reply.json()["code"]) == (status, code)
                    assert await db.scalar("SELECT count(*) FROM bank_statement") == 0

    async def test_a_statement_of_another_type(self, world: World) -> None:
        reply = await world.finance.call("POST", "/bank-statements", {"content": "x"})
        assert (reply.status_code, reply.json()["code"]) == (415, "unsupported_media_type")

    async def test_a_draft_that_is_none(self, world: World, subtests: pytest.Subtests) -> None:
        async with nothing_changes():
            for body in [
                {},
                {"execution_on": "2026-13-01"},
                {"execution_on": "2020-01-01"},
                {"execution_on": TODAY.isoformat(), "currency": "rub"},
                {"execution_on": TODAY.isoformat(), "total": "1.00"},
            ]:
                with subtests.test(body=body):
                    assert (await world.finance.call("POST", "/payouts", body)).status_code == 422

    async def test_nothing_to_pay(self, world: World) -> None:
        refused = await world.finance.call("POST", "/payouts", DRAFT)
        assert (refused.status_code, refused.json()["code"]) == (409, "nothing_to_pay")


async def test_each_role_reaches_what_its_permissions_say(world: World) -> None:
    table = payment_details.PERMISSIONS | paying.PERMISSIONS | {
        "payouts.read": {"finance", "administrator"}, "payouts.pay": {"finance"},
    }  # fmt: skip
    for role in Role:
        for operation in (*paying.OPERATIONS, *payment_details.OPERATIONS):
            url = operation.path
            for name in ("payout_id", "line_id", "bank_line_id", "freelancer_id"):
                url = url.replace(f"{{{name}}}", str(uuid.uuid4()))
            reply = await world.people[role.value].call(operation.method, url)
            allowed = role.value in {str(one) for one in table[operation.permission]}
            assert (reply.status_code != 403) == allowed, (role, operation.name, reply.text)
