"""The published description of the API."""

import re
from typing import Any

import jsonschema_rs
import pytest
from openapi_spec_validator.schemas import schema_v31

from piecework.platform.app import operations
from piecework.platform.web import openapi
from piecework.platform.web.operation import ANYONE
from tests.platform.drawn import fits
from tests.world import World

DIALECT = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
DOCUMENT = openapi.document(operations(), title="Piecework", version="1", server="/api/v1")


def all_of(value: Any, key: str) -> list[Any]:
    if isinstance(value, dict):
        return [*([value[key]] if key in value else []), *(found for item in value.values() for found in all_of(item, key))]
    return [found for item in value for found in all_of(item, key)] if isinstance(value, list) else []


class TestDocument:
    def test_it_is_valid_openapi(self) -> None:
        """By the schema that the OpenAPI Initiative publishes, and each shape in it by that of JSON Schema."""
        assert [str(error) for error in jsonschema_rs.validator_for(dict(schema_v31)).iter_errors(DOCUMENT)] == []
        schemas = DOCUMENT["components"]["schemas"]
        assert [name for name, schema in schemas.items() if not jsonschema_rs.meta.is_valid({**DIALECT, **schema})] == []

    def test_each_operation_has_an_id_of_its_own(self) -> None:
        ids = [one["operationId"] for methods in DOCUMENT["paths"].values() for one in methods.values()]
        assert len(ids) == len(set(ids))

    def test_every_default_fits(self) -> None:
        schemas = DOCUMENT["components"]["schemas"]
        properties = [
            inner for schema in schemas.values() for inner in schema.get("properties", {}).values() if "default" in inner
        ]
        parameters = (one["schema"] for listed in all_of(DOCUMENT["paths"], "parameters") for one in listed)
        properties += [one for one in parameters if "default" in one]
        assert [one for one in properties if not fits(DOCUMENT, one).is_valid(one["default"])] == []

    def test_every_operation_is_in_it_and_nothing_else(self) -> None:
        described = {(method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods}
        assert described == {(one.method, one.path) for one in operations()}

    def test_every_reference_leads_somewhere(self) -> None:
        wanted = {ref.removeprefix("#/components/schemas/") for ref in all_of(DOCUMENT, "$ref")}
        assert wanted <= set(DOCUMENT["components"]["schemas"])

    @pytest.mark.parametrize("operation", operations(), ids=lambda one: one.name)
    def test_each_operation_says_what_it_needs_and_what_can_go_wrong(self, operation: Any) -> None:
        described = DOCUMENT["paths"][operation.path][operation.method.lower()]
        statuses = set(described["responses"])
        expected = (
            {"503"}
            | ({"401", "403"} if operation.permission != ANYONE else set())
            | ({"404"} if "{" in operation.path else set())
        )
        expected |= {str(problem.status) for problem in operation.errors} | (
            {"400", "408", "413", "415", "422"} if operation.body else set()
        )
        assert expected <= statuses
        assert {name for name in statuses if name < "300"}
        assert ("requestBody" in described) == (operation.body is not None or bool(operation.file))
        assert {one["name"] for one in described["parameters"] if one["in"] == "path"} == set(
            re.findall(r"{(\w+)}", operation.path)
        )
        assert (described.get("security") == []) == (operation.permission == ANYONE)

    def test_every_body_refuses_unknown_fields(self) -> None:
        bodies = {one.body.__name__ for one in operations() if one.body is not None}
        schemas = DOCUMENT["components"]["schemas"]
        assert {name for name in bodies if schemas[name].get("additionalProperties") is not False} == set()

    def test_no_reply_to_a_freelancer_has_a_field_for_what_is_golden(self) -> None:
        words = ("golden", "control", "truth", "canary", "expected")
        schemas = DOCUMENT["components"]["schemas"]
        shown = (
            "AssignmentOut",
            "AssignmentsOut",
            "AnswerOut",
            "StepOut",
            "WorkOut",
            "OpenWork",
            "OwnAccuracy",
            "OwnStep",
            "AssignmentEarning",
            "AppealOut",
            "OwnRestriction",
            "MyPayouts",
            "MyPayout",
            "MyLeftOut",
            "OwnDetails",
            "MyQualification",
            "RuleOut",
            "AwardOut",
            "MyDeduction",
            "LanguagePrice",
            "OwnTariffs",
            "OwnTariff",
            "OwnTariffTerms",
            "OwnLanguagePrice",
            "OwnPayTerms",
            "ShiftsOut",
            "SupplyHour",
            "NoticeOut",
            "DataRequestOut",
            "MyInstruction",
            "ArticlesAtHand",
            "ArticleSummary",
            "MyMessage",
            "ReplyOut",
            "MyExam",
            "AttemptBegun",
            "RunningAttempt",
            "AskedOut",
            "MyAttempt",
            "AssessmentOut",
            "FindingOut",
            "MyDecision",
            "MyRequest",
            "NextGrade",
            "DisputeOut",
            "DisputeRow",
            "SideOut",
            "ExamResultOut",
            "CourseProgress",
            "CourseTaskOut",
            "CourseFeedback",
            "CourseUnitOut",
            "HomeworkOut",
        )
        fields = [field for name in shown for field in schemas[name]["properties"]]
        assert [field for field in fields if any(word in field for word in words)] == []


class TestServed:
    async def test_anybody_can_read_it(self, world: World) -> None:
        served = (await world.client.get("/api/v1/openapi.json")).json()
        assert served["paths"] == DOCUMENT["paths"]
        assert served["openapi"] == "3.1.0"


class TestProblems:
    async def test_a_problem_is_a_problem_document(self, world: World) -> None:
        reply = await world.freelancer.call("GET", "/accounts")
        document = reply.json()
        assert reply.headers["content-type"] == "application/problem+json"
        assert set(document) == {"type", "title", "status", "code", "detail", "request_id"}
        assert (document["type"], document["status"], document["code"]) == ("urn:piecework:problem:forbidden", 403, "forbidden")
        assert document["request_id"] == reply.headers["x-request-id"]

    @pytest.mark.parametrize(
        ("method", "path", "status", "code"),
        [
            ("GET", "/nowhere", 404, "not_found"),
            ("GET", "/api/v1/nowhere", 404, "not_found"),
            ("GET", "/api/v1/me/", 404, "not_found"),
            ("GET", "/livez/", 404, "not_found"),
            ("DELETE", "/api/v1/me", 405, "method_not_allowed"),
            ("OPTIONS", "/api/v1/me", 405, "method_not_allowed"),
            ("POST", "/livez", 405, "method_not_allowed"),
        ],
    )
    async def test_paths_and_methods_that_do_not_exist(
        self, world: World, method: str, path: str, status: int, code: str
    ) -> None:
        reply = await world.client.request(method, path, follow_redirects=False)
        assert (reply.status_code, reply.json()["code"]) == (status, code)
        assert reply.headers["content-type"] == "application/problem+json"

    async def test_a_bug_of_ours_tells_nothing_but_an_id(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        from piecework.platform.identity import api

        async def broken(*_: Any, **__: Any) -> None:
            raise RuntimeError("secret detail")

        monkeypatch.setattr(api.accounts, "create_token", broken)
        reply = await world.requester.call("POST", "/tokens", {"name": "t", "scopes": ["*"]})
        assert (reply.status_code, reply.json()["code"]) == (500, "internal_error")
        assert "secret" not in reply.text

    async def test_every_reply_has_the_headers_that_browsers_need(self, world: World) -> None:
        for reply in (await world.requester.call("GET", "/me"), await world.client.get("/api/v1/me")):
            assert reply.headers["x-content-type-options"] == "nosniff"
            assert reply.headers["cache-control"] == "no-store"
            assert "default-src 'none'" in reply.headers["content-security-policy"]
