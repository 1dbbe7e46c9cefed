"""Every operation of every part, by every role: what is allowed is what the tables of permissions say, and nothing else.

The operations come from the code. One that is not listed here, and in requests_of_all with a request that fits it, makes these tests fail.
"""

import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest

from piecework.platform import app as app_module
from piecework.platform import composition, db
from piecework.platform.app import UnguardedOperation, make_app, operations
from piecework.platform.identity.models import Role
from piecework.platform.servers import Servers
from piecework.platform.settings import Settings
from piecework.platform.web.operation import ANYONE, SIGNED_IN, Operation
from tests.conftest import Peopled, furnished
from tests.platform.requests_of_all import BODIES, body_of, path_of
from tests.traceless import nothing_changes, rehearsed
from tests.world import Person, World, choice_step

OWN_AND_FOREIGN = {
    # operation: (who asks, their own object, somebody else's): 404 hides what is there
    "submit": ("anna", 200, 404),
    "heartbeat": ("anna", 200, 404),
    "release": ("anna", 204, 404),
    "skip": ("anna", 204, 404),
    "escalate": ("anna", 409, 404),  # nobody works on the second line
    "show_step": ("anna", 200, 200),  # what is asked is no secret among those signed in
    "publish_workflow": ("requester", 201, 404),
    "active_workflow": ("requester", 200, 404),
    "send_tickets": ("requester", 200, 404),
    "list_tickets": ("requester", 200, 404),
    "show_ticket": ("requester", 200, 404),
    "workflow_draft": ("requester", 404, 404),  # there is none
    "keep_workflow_draft": ("requester", 200, 404),
    "drop_workflow_draft": ("requester", 204, 404),
    "try_workflow": ("requester", 200, 404),
    "preview_import": ("requester", 200, 404),
    "start_import": ("requester", 202, 404),
    "list_imports": ("requester", 200, 404),
    "show_import": ("requester", 404, 404),  # there is none
    "tickets_at_risk": ("requester", 200, 404),
    "project_results": ("requester", 200, 404),
    "revoke_token": ("anna", 204, 404),
    "accept_offer": ("anna", 409, 404),  # it was accepted a moment ago
    "decline_offer": ("anna", 409, 404),
    "cancel_leave": ("anna", 204, 404),
    "cut_leave": ("anna", 409, 404),  # it has not begun
    "read_notice": ("anna", 404, 404),  # there is none
    "publish_instruction": ("requester", 201, 404),
    "list_instructions": ("requester", 200, 404),
    "create_article": ("requester", 201, 404),
    "list_articles": ("requester", 200, 404),
    "article_usage": ("requester", 200, 404),
    "articles_at_hand": ("anna", 200, 404),
    # of these there are none yet
    "show_instruction": ("requester", 404, 404),
    "instruction_changes": ("requester", 404, 404),
    "instruction_readers": ("curator", 404, 404),
    "read_instruction": ("anna", 404, 404),
    "show_article": ("requester", 404, 404),
    "change_article": ("requester", 404, 404),
    "archive_article": ("requester", 404, 404),
    "rate_article": ("anna", 404, 404),
    "show_message": ("curator", 404, 404),
    "message_recipients": ("curator", 404, 404),
    "recipient_thread": ("curator", 404, 404),
    "answer_recipient": ("curator", 404, 404),
    "my_message": ("anna", 404, 404),
    "read_message": ("anna", 404, 404),
    "reply_message": ("anna", 404, 404),
    # nothing is published about the way in, and nobody has applied
    "show_way_in": ("anna", 404, 404),
    "choose_slot": ("anna", 404, 404),
    "refuse_slots": ("anna", 404, 404),
    "withdraw_application": ("anna", 404, 404),
    "show_candidacy": ("curator", 404, 404),
    "screen_application": ("curator", 404, 404),
    "extend_candidacy": ("curator", 404, 404),
    "propose_slots": ("curator", 404, 404),
    "ask_reviewer": ("curator", 404, 404),
    "decide_interview": ("curator", 404, 404),
    "show_interview_review": ("curator", 404, 404),
    "score_interview": ("curator", 404, 404),
    "decline_review": ("curator", 404, 404),
    # the staff's: theirs are all of them
    "change_account": ("administrator", 200, 200),
    "create_token_for": ("administrator", 201, 201),
    "make_offer": ("curator", 201, 201),
    "preview_offer": ("curator", 200, 200),
    "offers_of": ("curator", 200, 200),
    "withdraw_offer": ("curator", 409, 409),  # they were accepted
    "contract_of": ("curator", 200, 200),
    "end_contract": ("curator", 201, 201),
    "person_leave": ("curator", 200, 200),
    "confirm_leave": ("curator", 409, 409),  # leave needs no confirmation
    "refuse_leave": ("curator", 409, 409),
    "admit_freelancer": ("curator", 409, 409),  # both hold it
    "refuse_admission": ("curator", 409, 409),  # as well
    "list_criteria": ("anna", 200, 200),
    "draft_criteria": ("curator", 201, 201),
    "decide_criteria": ("curator", 404, 404),
    "my_admission": ("anna", 200, 404),  # nothing is published for the other
    "ask_admission": ("anna", 409, 404),  # she holds it
    "withdraw_admission": ("anna", 404, 404),  # nothing is asked for
    "show_evidence": ("curator", 200, 404),
    "confirm_admission": ("curator", 404, 404),  # of these there are none yet
    "drop_admission": ("curator", 404, 404),
    "show_admission": ("curator", 404, 404),
    "show_draft": ("curator", 404, 404),
    "assign_mentor": ("curator", 404, 404),
    "revoke_qualification": ("curator", 204, 204),
    "person_accuracy": ("curator", 200, 200),
    "add_golden": ("curator", 201, 201),
    "import_golden": ("curator", 201, 201),
    "promote_to_golden": ("curator", 404, 404),  # there is no such task
    "golden_candidates": ("curator", 200, 200),
    "golden_balance": ("curator", 200, 200),
    "list_golden": ("curator", 200, 200),
    "show_golden": ("curator", 404, 404),
    "decide_key": ("curator", 404, 404),
    "review": ("curator", 409, 409),  # it is still held
    "show_period": ("finance", 200, 200),
    "check_period": ("finance", 200, 200),
    "period_statements": ("finance", 200, 200),
    "statement": ("finance", 404, 404),  # there is none
    "statement_html": ("finance", 404, 404),
    "statement_pdf": ("finance", 404, 404),
    "close_period": ("finance", 200, 409),  # closed by the first request
    "period_people": ("finance", 200, 200),
    "period_tickets": ("finance", 200, 200),
    # there is no payout yet, nor anything of one
    "show_payout": ("finance", 404, 404),
    "payout_lines": ("finance", 404, 404),
    "payout_left_out": ("finance", 404, 404),
    "remove_payout_line": ("finance", 404, 404),
    "cancel_payout": ("finance", 404, 404),
    "approve_payout": ("finance", 404, 404),
    "payout_file": ("finance", 404, 404),
    "confirm_payout": ("finance", 404, 404),
    "return_payout_line": ("finance", 404, 404),
    "match_bank_line": ("finance", 404, 404),
    "set_bank_line_aside": ("finance", 404, 404),
    "payment_details_of": ("finance", 200, 200),
    "change_payment_details": ("finance", 200, 200),
    "confirm_payment_details": ("finance", 404, 404),  # none are given yet
    "add_golden_exam_questions": ("curator", 201, 201),
    # of these there are none yet, nor golden tasks that could be moved
    "move_golden_to_exam": ("curator", 404, 404),
    "publish_exam": ("curator", 404, 404),
    "retire_exam": ("curator", 404, 404),
    "exam_statistics": ("curator", 404, 404),
    "list_exam_attempts": ("curator", 404, 404),
    "retire_exam_question": ("curator", 404, 404),
    "show_exam_attempt": ("curator", 404, 404),
    "mark_exam_again": ("curator", 404, 404),
    "begin_attempt": ("anna", 404, 404),
    "my_attempt": ("anna", 404, 404),
    "save_exam_answer": ("anna", 404, 404),
    "finish_attempt": ("anna", 404, 404),
    # of these there are none yet
    "publish_course": ("curator", 404, 404),
    "retire_course": ("curator", 404, 404),
    "send_to_course": ("curator", 404, 404),
    "course_progress": ("curator", 404, 404),
    "person_training": ("curator", 200, 200),
    "check_homework": ("curator", 404, 404),
    "begin_course": ("anna", 404, 404),
    "my_next_task": ("anna", 404, 404),
    "my_course_unit": ("anna", 404, 404),
    "answer_in_course": ("anna", 404, 404),
    "my_writing": ("curator", 404, 404),  # the path is left without a kind
    "keep_my_writing": ("curator", 404, 404),
    "drop_my_writing": ("curator", 404, 404),
    "restrictions_of": ("curator", 200, 200),
    "restrict": ("curator", 201, 201),
    # of these there are none yet
    "lift_restriction": ("curator", 404, 404),
    "show_appeal": ("curator", 404, 404),
    "decide_appeal": ("curator", 404, 404),
    "show_case": ("curator", 404, 404),
    "show_norm_case": ("curator", 404, 404),
    "decide_norm_case": ("curator", 404, 404),
    "show_week": ("curator", 404, 404),
    "my_week_tasks": ("anna", 404, 404),
    "week_tasks": ("curator", 404, 404),
    "decide_case": ("curator", 404, 404),
    "record_audit": ("curator", 404, 404),
    "show_dispute": ("curator", 404, 404),
    "settle_dispute": ("curator", 404, 404),
    "plan_audits": ("curator", 200, 200),
    "person_confusion": ("curator", 200, 200),
    "project_people": ("curator", 200, 200),
    "project_people_csv": ("curator", 200, 200),
    "project_quality": ("requester", 200, 404),
    "project_quality_csv": ("requester", 200, 404),
    "project_decisions": ("requester", 200, 404),
    "import_reviews": ("curator", 200, 200),
    "reopen_ticket": ("requester", 409, 404),  # it is still open
    "set_ticket_budget": ("requester", 200, 404),
    "ticket_statement": ("requester", 200, 404),
    "project_spend": ("requester", 200, 404),
    "approve_policy": ("finance", 404, 404),  # there is no such version
    "show_entry": ("finance", 404, 404),  # there is no such entry
    # there is no report of the name that the path is left with, and no export yet
    "report_file": ("finance", 404, 404),
    "show_export": ("finance", 404, 404),
    "export_file": ("finance", 404, 404),
    "draft_tariff": ("finance", 201, 201),
    "list_tariffs": ("requester", 200, 404),
    "project_tariff": ("requester", 200, 404),
    "show_tariff": ("finance", 404, 404),  # of these there are none yet
    "preview_tariff": ("finance", 404, 404),
    "approve_tariff": ("finance", 404, 404),
    "withdraw_tariff": ("finance", 404, 404),
    "rate_ticket": ("requester", 201, 404),
    "show_rule": ("finance", 404, 404),  # there is none
    "approve_rule": ("finance", 404, 404),
    "end_rule": ("finance", 404, 404),
    "preview_rule": ("finance", 404, 404),
    "ask_effect": ("finance", 404, 404),
    "rule_effect": ("finance", 404, 404),
    "calendar_year": ("finance", 404, 404),  # the path is left without a country
    "calendar_changes": ("finance", 404, 404),
    "import_calendar": ("finance", 404, 404),
    "mark_day": ("finance", 404, 404),
    "show_deduction": ("finance", 404, 404),  # there is none
    "decide_deduction": ("finance", 404, 404),
    "cancel_deduction": ("finance", 404, 404),
    "give_back_deduction": ("finance", 404, 404),
    "agree_pay_terms": ("finance", 200, 200),
    "pay_terms_of": ("finance", 200, 200),
    "record_identity": ("finance", 200, 200),
    "identity_of": ("finance", 200, 200),
    "record_status_check": ("finance", 409, 409),  # nobody knows their INN
    "status_checks_of": ("finance", 200, 200),
    "withdraw_data_request": ("anna", 404, 404),  # nobody asked for anything
    "my_data_file": ("anna", 404, 404),
    "decide_data_request": ("administrator", 404, 404),
    "record_receipt": ("finance", 404, 404),  # there is no such line
}


def allowed(operation: Operation, role: Role) -> bool:
    table = composition.permissions()
    return operation.permission in (ANYONE, SIGNED_IN) or role in table[operation.permission]


def kind(status: int) -> str:
    """refused (401, 403), absent (404), broken (5xx) or served."""
    return {401: "refused", 403: "refused", 404: "absent"}.get(status, "broken" if status >= 500 else "served")


class TestRoles:
    @pytest.mark.parametrize("role", list(Role))
    async def test_each_role_may_do_what_the_table_says(self, world: World, role: Role) -> None:
        await world.worker("freelancer")
        person: Person = getattr(world, role.value)
        found, expected = {}, {}
        for operation in operations():
            reply = await person.call(operation.method, path_of(operation), body_of(operation, lease_token="1.x"))
            found[operation.name] = kind(reply.status_code)
            here = "absent" if "{" in operation.path else "served"
            expected[operation.name] = here if allowed(operation, role) else "refused"
        if role == Role.FREELANCER:
            expected["confirm_my_payment_details"] = "served"  # given a moment ago, and not doubted: 409
        if role == Role.CURATOR:
            expected["draft_criteria"] = "served"  # for any code: it may be published before a step asks for it
        expected["sign_in"] = "refused"  # these are not the credentials of anybody
        expected["apply"] = "absent"  # the direction that its body names takes no applications
        if role in (Role.APPLICANT, Role.FREELANCER):
            expected["apply_further"] = "absent"
        if role in (Role.APPLICANT, Role.FREELANCER):
            expected["raise_appeal"] = "absent"  # the answer that its body names is not there
        expected["submit"] = expected["heartbeat"] = (
            "served" if role == Role.FREELANCER else "refused"
        )  # a token nobody was given: 409
        assert found == expected

    async def test_without_credentials_everything_but_what_is_for_anyone_is_401(self, world: World) -> None:
        codes, open_to_all = {}, {}
        for operation in operations():
            reply = await world.client.request(
                operation.method, "/api/v1" + path_of(operation), json=body_of(operation, lease_token="1.x")
            )
            found = (reply.status_code, reply.json().get("code"))
            if operation.permission == ANYONE:
                open_to_all[operation.name] = found
            else:
                codes[operation.name] = (*found, reply.headers["content-type"])
        assert open_to_all == {
            "sign_in": (401, "wrong_credentials"),
            "apply": (404, "not_found"),  # the direction that its body names takes no applications
            "list_directions": (200, None),
            "show_way_in": (404, "not_found"),
        }
        assert set(codes.values()) == {(401, "unauthenticated", "application/problem+json")}

    async def test_no_form_of_a_wrong_credential_does(self, world: World, subtests: pytest.Subtests) -> None:
        async with nothing_changes():
            for header in [
                "Bearer",
                "Bearer ",
                "Bearer pw_x",
                "Basic eDp5",
                "Bearer \u00e9",
                "pw_x",
                "bearer\tpw_x",
                "Bearer " + "x" * 5000,
            ]:
                with subtests.test(header=header):
                    reply = await world.client.get("/api/v1/me", headers={"authorization": header.encode("latin-1")})
                    assert (reply.status_code, reply.headers["www-authenticate"]) == (401, "Bearer")

    async def test_a_token_without_the_scope_may_do_nothing_that_needs_a_permission(self, world: World) -> None:
        async with db.transaction():
            from piecework.platform.identity import accounts

            _, secret = await accounts.create_token(None, world.administrator.id, name="narrow", scopes=["nothing"])
        robot = Person(world, world.administrator.id, secret)
        guarded = [operation for operation in operations() if operation.permission not in (ANYONE, SIGNED_IN)]
        statuses = {(await robot.call(one.method, path_of(one), body_of(one))).status_code for one in guarded}
        assert statuses == {403}


class TestObjects:
    """Own, foreign and absent objects."""

    HOT = ("submit", "heartbeat", "release", "skip", "escalate")
    things: ClassVar[dict[str, dict[str, str]]] = {}
    """What the one who asks owns, and what somebody else owns: parameters of paths by owner."""

    @classmethod
    async def make_two_of_each(cls, world: World) -> None:
        await world.project(choice_step(overlap=5))
        (ticket,) = await world.tickets(1)
        other = await world.person("other", Role.REQUESTER)
        await other.ok("POST", "/projects", {"code": "theirs", "name": "Theirs", "control_rate": 0.0})
        await other.ok("POST", "/projects/theirs/workflows", {"name": "w", "steps": [choice_step(qualification="music")]})
        sent = {"source": "s", "tickets": [{"external_id": "1", "channel": "chat", "language": "en", "text": "x"}]}
        their_ticket = (await other.ok("POST", "/projects/theirs/tickets", sent))["tickets"][0]["ticket_id"]
        await world.drain()
        long_ago = datetime(2025, 1, 6, tzinfo=UTC)
        period = await db.scalar(
            "INSERT INTO period (currency, starts_at, ends_at, zone) VALUES ('EUR', $1, $2, 'UTC') RETURNING id::text",
            long_ago,
            long_ago + timedelta(days=7),
        )
        own: dict[str, str] = {"code": "orders", "ticket_id": ticket, "period_id": period}
        foreign: dict[str, str] = {"code": "theirs", "ticket_id": their_ticket, "period_id": period}
        for name, known in (("anna", own), ("boris", foreign)):
            person = await world.worker(name)
            (held,) = await person.claim()
            token = await person.ok("POST", "/tokens", {"name": "t", "scopes": ["*"]})
            soon = datetime.now(UTC) + timedelta(days=2)
            away = {"kind": "leave", "starts_at": soon.isoformat(), "ends_at": (soon + timedelta(days=1)).isoformat()}
            leave = await person.ok("POST", "/me/leave", away)
            (offer,) = (await person.ok("GET", "/me/offers"))["items"]
            known |= {
                "assignment_id": held["id"], "lease_token": held["lease_token"], "step_id": held["step"]["id"], "token_id": token["id"],
                "account_id": str(person.id), "freelancer_id": str(person.id), "qualification": "orders",
                "offer_id": offer["id"], "leave_id": leave["id"],
            }  # fmt: skip
        cls.things = {"own": own, "foreign": foreign}

    @pytest.fixture(scope="class")
    @classmethod
    def two_of_each(cls, servers: Servers, peopled: Peopled) -> Peopled:
        return furnished(servers, "template_objects", peopled, cls.make_two_of_each)

    @pytest.fixture
    def origin(self, two_of_each: Peopled) -> str:
        return two_of_each[0]

    @pytest.fixture
    async def world(self, settings: Settings, two_of_each: Peopled) -> AsyncIterator[World]:
        async with World.open(settings, two_of_each[1]) as opened:
            yield opened

    async def statuses(self, world: World, operation: Operation) -> list[int]:
        person: Person = getattr(world, OWN_AND_FOREIGN[operation.name][0])
        found = []
        for known in (self.things["own"], self.things["foreign"]):
            body = body_of(operation, lease_token=known["lease_token"], submission_id=str(uuid.uuid4()))
            found.append((await person.call(operation.method, path_of(operation, **known), body)).status_code)
        return found

    async def test_what_is_done_to_own_and_foreign_objects(self, world: World, subtests: pytest.Subtests) -> None:
        writes = [one for one in operations() if "{" in one.path and one.method != "GET" and one.name not in self.HOT]
        async with nothing_changes():
            for operation in writes:
                expected = [*OWN_AND_FOREIGN[operation.name][1:]]
                with subtests.test(operation.name):
                    async with rehearsed():
                        assert await self.statuses(world, operation) == expected
                        if min(expected) < 400:
                            await world.verify()

    @pytest.mark.parametrize("name", HOT)
    async def test_so_it_is_of_what_freelancers_statements_do(self, world: World, name: str) -> None:
        (operation,) = (one for one in operations() if one.name == name)
        assert await self.statuses(world, operation) == [*OWN_AND_FOREIGN[name][1:]]
        await world.verify()

    async def test_own_and_foreign_objects_are_read(self, world: World) -> None:
        reads = [one for one in operations() if "{" in one.path and one.method == "GET"]
        assert {one.name: await self.statuses(world, one) for one in reads} == {
            one.name: [*OWN_AND_FOREIGN[one.name][1:]] for one in reads
        }

    async def test_foreign_and_absent_look_the_same(self, world: World) -> None:
        things = self.things
        seen = {}
        for operation in operations():
            hidden = OWN_AND_FOREIGN.get(operation.name, ("", 0, 0))
            replies = [
                await getattr(world, hidden[0] or "administrator").call(
                    operation.method,
                    path_of(operation, **known),
                    body_of(operation, lease_token=things["foreign"]["lease_token"]),
                )
                for known in ((things["foreign"], {}) if hidden[2] == 404 else ())
            ]
            seen[operation.name] = len({(r.status_code, r.json()["code"], r.json().get("detail")) for r in replies})
        assert {name for name, kinds in seen.items() if kinds > 1} == set()

    def test_every_operation_on_an_object_is_listed(self) -> None:
        assert {one.name for one in operations() if "{" in one.path} == set(OWN_AND_FOREIGN)


class TestTable:
    def test_every_operation_with_a_body_has_one_here(self) -> None:
        assert {one.name for one in operations() if one.body is not None} == set(BODIES)

    def test_every_permission_in_the_table_guards_something(self) -> None:
        views = [view for part in composition.PARTS if part.pages is not None for view in part.pages.views]
        used = {one.permission for one in (*operations(), *views)} - {ANYONE, SIGNED_IN}
        assert used == set(composition.permissions())

    def test_no_permission_is_declared_by_two_parts(self) -> None:
        declared = [name for part in composition.PARTS for name in part.permissions]
        assert len(declared) == len(set(declared))

    def test_names_and_routes_are_unique(self) -> None:
        names = [one.name for one in operations()]
        routes = [(one.method, one.path) for one in operations()]
        assert len(set(names)) == len(names)
        assert len(set(routes)) == len(routes)

    def test_nothing_is_changed_by_a_get(self) -> None:
        assert {one.method for one in operations()} <= {"GET", "POST", "PUT", "PATCH", "DELETE"}
        assert [one.name for one in operations() if one.method == "GET" and (one.body or one.takes_key)] == []

    def test_an_operation_under_an_unknown_permission_stops_the_start(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stray = replace(operations()[0], permission="no.such.permission")
        monkeypatch.setattr(app_module, "operations", lambda: [*operations()[1:], stray])
        with pytest.raises(UnguardedOperation, match=r"no\.such\.permission"):
            make_app(settings)
