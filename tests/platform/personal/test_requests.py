"""Export and erasure of a person who worked, was refused, objected and was paid: over the API, on a real ledger."""

import asyncio
import hashlib
from collections.abc import Iterable
from typing import Any

import asyncpg
import orjson
import pytest

from piecework.payouts.audit.audit import audit
from piecework.payouts.part import PART as PAYOUTS
from piecework.platform import db, notices
from piecework.platform.app import operations
from piecework.platform.identity import accounts
from piecework.platform.identity.models import Account, Role
from piecework.platform.personal import erasing
from piecework.tasks import decisions
from tests.payouts.formats.batches import account
from tests.payouts.paying.paying_world import DETAILS, PAYER_BODY, TODAY
from tests.traceless import nothing_changes
from tests.world import Person, World, choice_step

WORDS = "It is about the delivery, look at the second line."
BOOK = (
    "entry",
    "posting",
    "ledger_account",
    "balance",
    "statement",
    "payout_line",
    "assignment",
    "answer",
    "decision",
    "seal",
    "contract",
)
"""The ledger and what it rests on."""
STATISTICS = ("accuracy", "person_estimate", "evidence", "standing", "step_estimate")
"""All that others' answers are measured by."""
REASON = {"reason": "as she asked"}


async def hindrances(world: World, person: Person) -> set[str]:
    async with db.transaction():
        return {one["code"] for one in await erasing.hindered(person.id)}


async def ask(person: Person, kind: str, words: str = "") -> dict[str, Any]:
    return dict(await person.ok("POST", "/me/data-requests", {"kind": kind, "words": words}))


async def decide(world: World, request: dict[str, Any], decision: str = "erase", by: str = "administrator") -> Any:
    return await getattr(world, by).call("POST", f"/data-requests/{request['id']}/decide", {"decision": decision, **REASON})


async def end_contract(person: Person) -> None:
    """Their contract ended a moment ago."""
    await db.execute(
        """INSERT INTO contract_end (freelancer_id, version, ends_at, ended_by, reason)
           SELECT freelancer_id, version, clock_timestamp(), freelancer_id, 'I move to the sea' FROM contract WHERE freelancer_id = $1""",
        person.id,
    )
    await db.execute("SELECT apply_contract($1)", person.id)


async def work(world: World) -> Person:
    """Anna, Boris and Clara answer two tickets; in the second Anna is alone with her answer, so it is refused."""
    await world.project(choice_step(overlap=3))
    people = [await world.worker(name) for name in ("anna", "boris", "clara")]
    await world.tickets(2)
    for person in people:
        for number, one in enumerate(await person.claim(2)):
            wrong = person.id == people[0].id and one["input"]["text"] == "ticket 1"
            assert (await person.answer(one, {"topic": "b" if wrong else "a"})).is_success, number
    await world.drain()
    return people[0]


async def appeal(world: World, person: Person) -> str:
    refused = await db.scalar("SELECT id::text FROM assignment WHERE freelancer_id = $1 AND state = 'rejected'", person.id)
    made = await person.ok("POST", "/appeals", {"subject": "answer", "id": refused, "words": WORDS})
    return str(made["id"])


async def close_period(world: World) -> None:
    period = await db.scalar("SELECT id::text FROM period WHERE state = 'open' AND currency = 'RUB'")
    await world.finance.ok("POST", f"/periods/{period}/close", {"cut_off": True})


async def pay(world: World, *, confirmed: bool = True) -> str:
    run = await world.finance.ok("POST", "/payouts", {"currency": "RUB", "execution_on": TODAY.isoformat()})
    second = world.people.get("second") or await world.person("second", Role.FINANCE)
    await second.ok("POST", f"/payouts/{run['id']}/approve")
    if confirmed:
        await world.finance.ok("POST", f"/payouts/{run['id']}/confirm", {"bank_reference": "1"})
    return str(run["id"])


async def gone(world: World) -> Person:
    """Anna has worked, was refused, objected, was denied that, was paid, and has left."""
    anna = await work(world)
    appealed = await appeal(world, anna)
    await world.curator.ok(
        "POST", f"/appeals/{appealed}/decision", {"decision": "deny", "reply": "The second line is about returns."}
    )
    await world.drain()
    await anna.ok("PUT", "/me/payment-details", DETAILS | {"account": account(1)})
    await world.finance.ok("PUT", "/payer", PAYER_BODY)
    await close_period(world)
    await pay(world)
    await end_contract(anna)
    return anna


async def digests(tables: Iterable[str]) -> dict[str, str | None]:
    """What is in some tables, to the last byte."""
    digest = "SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM"
    return {table: await db.scalar(f"{digest} {table} t") for table in tables}


async def audited() -> set[str]:
    return {one.name async for one in audit(PAYOUTS.invariants) if not one.ok}


class TestErasure:
    async def test_it_waits_for_whatever_is_not_settled_and_says_for_what(self, world: World) -> None:
        anna = await work(world)
        request = await ask(anna, "erasure")
        assert {one["code"] for one in request["hindrances"]} == {"contract_in_force", "money_owed"}
        reply = await decide(world, request)
        assert (reply.status_code, reply.json()["code"]) == (409, "erasure_hindered")
        assert {one["code"] for one in reply.json()["hindrances"]} == {"contract_in_force", "money_owed"}

        appealed = await appeal(world, anna)
        await end_contract(anna)
        assert await hindrances(world, anna) == {"money_owed", "appeal_open"}
        await world.curator.ok("POST", f"/appeals/{appealed}/decision", {"decision": "deny", "reply": "It is about returns."})
        await anna.ok("PUT", "/me/payment-details", DETAILS | {"account": account(1)})
        await world.finance.ok("PUT", "/payer", PAYER_BODY)
        await close_period(world)
        assert await hindrances(world, anna) == {"money_owed"}
        run = await pay(world, confirmed=False)
        assert await hindrances(world, anna) == {"payout_under_way"}
        await world.finance.ok("POST", f"/payouts/{run}/confirm", {"bank_reference": "1"})
        assert await hindrances(world, anna) == set()
        assert (await anna.ok("GET", "/me/data-requests"))["items"][0]["hindrances"] == []
        assert (await decide(world, request)).status_code == 200

    async def test_a_task_in_hand_and_an_undecided_answer_are_in_its_way(self, world: World) -> None:
        await world.project(choice_step(overlap=3))
        anna = await world.worker("anna")
        await world.tickets(1)
        (held,) = await anna.claim()
        assert await hindrances(world, anna) == {"contract_in_force", "work_undecided"}
        await anna.answer(held, {"topic": "a"})
        assert await hindrances(world, anna) == {"contract_in_force", "work_undecided"}  # before any job entered it
        await world.drain()
        assert await hindrances(world, anna) == {"contract_in_force", "work_undecided", "money_owed"}
        assert await hindrances(world, world.requester) == {"project_active"}
        assert await hindrances(world, world.administrator) == {"last_administrator"}

    async def test_the_person_goes_and_the_ledger_stays(self, world: World) -> None:
        anna = await gone(world)
        before = await digests((*BOOK, *STATISTICS))
        async with db.transaction():
            await accounts.set_password(await Account.get(id=anna.id), "a long enough one")
        request = await ask(anna, "erasure", "I move to the sea.")
        reply = await decide(world, request)
        assert reply.status_code == 200, reply.text
        assert (reply.json()["state"], reply.json()["words"], reply.json()["reason"]) == ("done", "", REASON["reason"])

        assert (await anna.call("GET", "/me")).status_code == 401
        for word in (WORDS, "I move to the sea", "anna@", "returns"):
            assert await self.found(word) == set(), word
        signing = {"email": "anna@example.test", "password": "a long enough one"}
        assert (await world.client.post("/api/v1/sessions", json=signing)).status_code == 401
        (row,) = await db.rows("SELECT name, email, password_hash, state FROM account WHERE id = $1", anna.id)
        assert tuple(row) == ("erased", f"erased-{anna.id}@erased.invalid", None, "suspended")
        for table in ("session", "api_token", "device"):
            assert await db.scalar(f"SELECT count(*) FROM {table} WHERE account_id = $1", anna.id) == 0

        assert await digests((*BOOK, *STATISTICS)) == before
        await world.verify()
        assert await audited() == set()
        statement = await db.row("SELECT period_id, id FROM statement WHERE freelancer_id = $1", anna.id)
        assert statement is not None
        (shown,) = [
            one
            for one in (await world.finance.ok("GET", f"/periods/{statement['period_id']}/statements"))["items"]
            if one["freelancer_id"] == str(anna.id)
        ]
        assert shown["net"] != "0.0000"
        about = [
            one.path.replace("{freelancer_id}", str(anna.id))
            for one in operations()
            if one.method == "GET" and one.path.count("{") == 1
        ]
        seen = {
            (path, (await getattr(world, role).call("GET", path)).status_code)
            for path in about
            if str(anna.id) in path
            for role in ("curator", "finance")
        }
        assert len(seen) > 5
        assert [one for one in seen if one[1] >= 500] == []
        # What the law wants of a payee stays for its years.
        assert await db.scalar("SELECT name FROM payment_details WHERE freelancer_id = $1", anna.id) == DETAILS["name"]

    @staticmethod
    async def found(word: str) -> set[str]:
        """The tables in which a word is anywhere."""
        tables = [
            row["name"] for row in await db.rows("SELECT tablename::text AS name FROM pg_tables WHERE schemaname = 'public'")
        ]
        return {
            table
            for table in tables
            if await db.scalar(f"SELECT EXISTS (SELECT FROM {table} t WHERE position($1 IN t::text) > 0)", word)
        }

    async def test_an_erased_account_is_erased_once_and_never_comes_back(self, world: World) -> None:
        anna = await world.person("anna")
        request = await ask(anna, "erasure")
        replies = await asyncio.gather(*(decide(world, request) for _ in range(2)))
        assert sorted(one.status_code for one in replies) == [200, 409]
        assert [one.json()["code"] for one in replies if one.status_code == 409] == ["data_request_ended"]
        with pytest.raises(accounts.AccountErased):
            async with db.transaction():
                await erasing.erase(None, anna.id, "again")
        back = await world.administrator.call("PATCH", f"/accounts/{anna.id}", {"state": "active", **REASON})
        assert (back.status_code, back.json()["code"]) == (409, "account_erased")
        for statement in ("UPDATE account SET name = 'Anna' WHERE id = $1", "DELETE FROM account WHERE id = $1"):
            with pytest.raises(asyncpg.PostgresError):
                await db.execute(statement, anna.id)
        # The address is free again.
        await world.administrator.ok("POST", "/accounts", {"email": "anna@example.test", "name": "Anna", "roles": ["freelancer"]})

    async def test_money_that_comes_later_is_entered_under_the_pseudonym_and_everything_holds(self, world: World) -> None:
        """An upheld decision of later, say: nobody is left to be paid, but the ledger says what is owed."""
        anna = await gone(world)
        await ask(anna, "erasure")
        async with db.transaction():
            await erasing.erase(None, anna.id, "as she asked")
        refused = await db.scalar("SELECT id FROM assignment WHERE freelancer_id = $1 AND state = 'rejected'", anna.id)
        async with db.transaction():
            verdict = decisions.Verdict(refused, 10_000, decisions.Basis.AUDIT, actor=world.curator.id)
            assert await decisions.decide([verdict], again=True) == {refused}
        assert await hindrances(world, anna) == {"money_owed"}  # before any job entered it
        await world.drain()
        assert await hindrances(world, anna) == {"money_owed"}
        await world.verify()
        await close_period(world)
        run = await world.finance.call("POST", "/payouts", {"currency": "RUB", "execution_on": TODAY.isoformat()})
        assert run.status_code < 500
        await world.verify()
        assert await audited() == set()

    async def test_an_erasure_and_an_acceptance_at_the_same_time_lose_no_money(self, world: World) -> None:
        """Whichever comes first: an answer is undecided, or accepted but not entered, or owed; each of these is in the way."""
        await world.project(choice_step(overlap=3))
        people = [await world.worker(name) for name in ("anna", "boris", "clara")]
        await world.tickets(1)
        held = [(person, (await person.claim())[0]) for person in people]
        for person, one in held[:2]:
            await person.answer(one, {"topic": "a"})
        await end_contract(people[0])
        request = await ask(people[0], "erasure")

        async def accept() -> None:
            await people[2].answer(held[2][1], {"topic": "a"})
            await world.drain()

        replies = [reply for reply in await asyncio.gather(accept(), *(decide(world, request) for _ in range(5))) if reply]
        assert {reply.json()["code"] for reply in replies} == {"erasure_hindered"}
        assert await db.scalar("SELECT erased_at FROM account WHERE id = $1", people[0].id) is None
        await world.verify()


class TestDeciding:
    async def test_a_refusal_is_told_with_its_reason(self, world: World) -> None:
        anna = await world.person("anna")
        request = await ask(anna, "erasure")
        assert (await decide(world, request, "refuse")).json()["state"] == "refused"
        (told,) = (await anna.ok("GET", "/me/notices"))["items"]
        assert (told["kind"], told["body"]) == ("data.refused", REASON["reason"])
        assert (await anna.ok("GET", "/me/data-requests"))["items"][0]["reason"] == REASON["reason"]
        assert (await decide(world, request)).json()["code"] == "data_request_ended"

    async def test_nobody_decides_their_own_nor_an_export(self, world: World) -> None:
        await world.person("other", Role.ADMINISTRATOR)
        own = await ask(world.administrator, "erasure")
        assert (await decide(world, own)).json()["code"] == "own_data_request"
        export = await ask(world.freelancer, "export")
        assert (await decide(world, export)).json()["code"] == "not_for_deciding"
        assert (await decide(world, own, by="other")).status_code == 200

    async def test_one_open_request_of_a_kind(self, world: World) -> None:
        anna = await world.person("anna")
        first = await ask(anna, "erasure")
        again = await anna.call("POST", "/me/data-requests", {"kind": "erasure"})
        assert (again.status_code, again.json()["code"]) == (409, "data_request_open")
        await anna.ok("POST", f"/me/data-requests/{first['id']}/withdraw")
        assert (await anna.call("POST", f"/me/data-requests/{first['id']}/withdraw")).json()["code"] == "data_request_ended"
        assert (await decide(world, first)).json()["code"] == "data_request_ended"
        await ask(anna, "erasure")

    async def test_what_is_overdue_comes_first(self, world: World) -> None:
        anna, boris = await world.person("anna"), await world.person("boris")
        first, second = await ask(anna, "erasure"), await ask(boris, "erasure")
        await db.execute("UPDATE data_request SET due_at = now() - interval '1 hour' WHERE id = $1", first["id"])
        listed = (await world.administrator.ok("GET", "/data-requests"))["items"]
        assert [(one["id"], one["overdue"]) for one in listed] == [(first["id"], True), (second["id"], False)]
        page = await world.administrator.ok("GET", "/data-requests?limit=1")
        rest = await world.administrator.ok("GET", f"/data-requests?limit=1&cursor={page['next_cursor']}")
        assert [one["id"] for one in page["items"] + rest["items"]] == [first["id"], second["id"]]

    async def test_what_does_not_fit_is_refused_and_changes_nothing(self, world: World, subtests: pytest.Subtests) -> None:
        async with nothing_changes():
            for body in [{"kind": "everything"}, {}, {"kind": "export", "words": "x" * 4001}, {"kind": "export", "who": "me"}]:
                with subtests.test(body=body):
                    assert (await world.freelancer.call("POST", "/me/data-requests", body)).status_code == 422
                    assert await db.scalar("SELECT count(*) FROM data_request") == 0


class TestExport:
    async def file(self, world: World, person: Person) -> tuple[dict[str, Any], dict[str, Any]]:
        request = await ask(person, "export")
        early = await person.call("GET", f"/me/data-requests/{request['id']}/file")
        assert (early.status_code, early.json()["code"]) == (409, "export_file_gone")
        await world.drain()
        reply = await person.call("GET", f"/me/data-requests/{request['id']}/file")
        assert reply.status_code == 200, reply.text
        (shown,) = [one for one in (await person.ok("GET", "/me/data-requests"))["items"] if one["id"] == request["id"]]
        assert (shown["state"], shown["size"], shown["sha256"]) == (
            "done",
            len(reply.content),
            hashlib.sha256(reply.content).hexdigest(),
        )
        return shown, orjson.loads(reply.content)

    async def test_everything_about_one_person_with_what_it_is_for_and_until_when(self, world: World) -> None:
        anna = await gone(world)
        shown, document = await self.file(world, anna)
        assert document["person"] == str(anna.id)
        sections = {one["name"]: one for one in document["sections"]}
        assert all(one["title"] and one["purpose"] and one["kept"] for one in sections.values())
        (account_row,) = sections["account"]["rows"]
        assert (account_row["email"], "password_hash" in account_row) == ("anna@example.test", False)
        assert len(sections["answer"]["rows"]) == 2
        assert [one["words"] for one in sections["appeal"]["rows"]] == [WORDS]
        assert len(sections["payout_line"]["rows"]) == len(sections["contract"]["rows"]) == 1
        assert sections["payment_details"]["rows"][0]["account"] == account(1)
        assert sum(one["amount"] for one in sections["entry"]["rows"]) == 0  # all of it was paid
        assert sections["evidence"]["rows"] == []
        assert sections["evidence"]["withheld"]
        (told,) = [one for one in (await anna.ok("GET", "/me/notices"))["items"] if one["kind"] == "data.exported"]
        assert told["link"] == f"/me/data-requests/{shown['id']}/file"

    async def test_nothing_of_anybody_else_is_in_it_nor_what_is_secret(self, world: World) -> None:
        anna = await gone(world)
        boris = world.people["boris"]
        await world.curator.ok(
            "POST", "/messages", {"to": {"kind": "person", "account_id": str(boris.id)}, "title": "t", "body": "to Boris only"}
        )
        text = orjson.dumps((await self.file(world, anna))[1]).decode()
        staff = [one for name, one in world.people.items() if name != "anna"]
        assert [one for one in staff if str(one.id) in text] == []
        for secret in ("to Boris only", "golden", "lease", "password_hash", "consensus"):
            assert secret not in text, secret

    async def test_it_is_its_owners_alone_and_not_for_a_narrow_token(self, world: World) -> None:
        anna, boris = await world.person("anna"), await world.person("boris")
        shown, _ = await self.file(world, anna)
        for stranger in (boris, world.administrator):
            assert (await stranger.call("GET", f"/me/data-requests/{shown['id']}/file")).status_code == 404
            assert (await stranger.call("POST", f"/me/data-requests/{shown['id']}/withdraw")).status_code == 404
        async with db.transaction():
            _, secret = await accounts.create_token(None, anna.id, name="narrow", scopes=["work"])
        narrow = Person(world, anna.id, secret)
        assert (await narrow.call("GET", f"/me/data-requests/{shown['id']}/file")).status_code == 403
        assert (await narrow.call("POST", "/me/data-requests", {"kind": "export"})).status_code == 403

    async def test_the_file_is_kept_for_seven_days(self, world: World) -> None:
        anna = await world.person("anna")
        shown, _ = await self.file(world, anna)
        await db.execute("UPDATE data_request SET file_until = now() - interval '1 second'")
        assert (await anna.call("GET", f"/me/data-requests/{shown['id']}/file")).json()["code"] == "export_file_gone"
        await world.drain_recurring("platform.expire_data")
        assert await db.scalar("SELECT count(*) FROM data_file") == 0

    async def test_many_rows_come_whole(self, world: World) -> None:
        anna = await world.person("anna")
        async with db.transaction():
            for n in range(2500):
                await notices.send([anna.id], "week.missed", f"No {n}", "word " * 40)
        _, document = await self.file(world, anna)
        (section,) = [one for one in document["sections"] if one["name"] == "notice"]
        assert {one["title"] for one in section["rows"]} == {f"No {n}" for n in range(2500)}
        assert await db.scalar("SELECT count(*) FROM data_file") > 1
