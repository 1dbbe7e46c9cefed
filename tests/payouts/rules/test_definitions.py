"""Versions of rules: drafted, approved by somebody else, announced, in force, ended."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import orjson
import pytest
from pydantic import ValidationError

from piecework.payouts.rules import definitions, premiums
from piecework.payouts.rules.definitions import Version, needs_notice
from piecework.payouts.rules.kinds import SPEC
from piecework.payouts.rules.work import Work
from piecework.payouts.schemas.rules import RuleIn
from piecework.platform import db
from piecework.platform.identity.models import Role
from tests import races
from tests.payouts.works import work_of
from tests.traceless import nothing_changes
from tests.world import Person, World, choice_step

NIGHT = {"kind": "night", "percent": 2_000}
WORDS = "Answers sent between 22:00 and 06:00 by your clock earn 20 % more: 0.50 on a price of 2.50."
DAY = timedelta(days=1)


def body(**changes: Any) -> dict[str, Any]:
    return {"code": "night", "title": "Work at night", "words": WORDS, "spec": NIGHT} | changes


async def drafted(world: World, **changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = await world.finance.ok("POST", "/pay-rules", body(**changes))
    return made


async def approved(world: World, **changes: Any) -> dict[str, Any]:
    made = await drafted(world, **changes)
    done: dict[str, Any] = await world.administrator.ok("POST", f"/pay-rules/{made['id']}/approve")
    return done


async def refused(person: Person, method: str, path: str, json: Any = None) -> tuple[int, str]:
    reply = await person.call(method, path, json)
    return reply.status_code, reply.json()["code"]


class TestLife:
    async def test_a_new_rule_is_in_force_from_its_approval_and_everybody_can_read_it(self, world: World) -> None:
        made = await drafted(world)
        assert (made["state"], made["version"], made["in_force"], made["starts_at"]) == ("draft", 1, False, None)
        assert (await world.freelancer.ok("GET", "/pay-rules"))["items"] == []
        assert (await world.freelancer.call("GET", f"/pay-rules/{made['id']}")).status_code == 404
        done = await world.administrator.ok("POST", f"/pay-rules/{made['id']}/approve")
        assert (done["state"], done["in_force"], done["starts_at"]) == ("approved", True, done["announced_at"])
        (seen,) = (await world.freelancer.ok("GET", "/pay-rules"))["items"]
        assert (seen["words"], seen["spec"], seen["in_force"]) == (WORDS, done["spec"], True)
        assert {seen[name] for name in ("author_id", "approver_id", "approved_at", "drafted_at", "end_reason")} == {None}
        assert done["author_id"] == str(world.finance.id)
        trail = await db.rows("SELECT action FROM trail WHERE subject = 'pay_rule' ORDER BY id")
        assert [row["action"] for row in trail] == ["pay_rule.drafted", "pay_rule.approved"]

    async def test_nobody_approves_their_own_draft_nor_anything_twice(self, world: World) -> None:
        made = await drafted(world)
        path = f"/pay-rules/{made['id']}/approve"
        assert await refused(world.finance, "POST", path) == (409, "own_rule")
        assert await refused(world.curator, "POST", path) == (403, "forbidden")
        await world.administrator.ok("POST", path)
        assert await refused(world.administrator, "POST", path) == (409, "rule_not_draft")

    async def test_a_rule_that_pays_less_waits_for_its_notice(self, world: World) -> None:
        await approved(world)
        less = await approved(world, spec=NIGHT | {"percent": 1_500})
        announced, starts = (datetime.fromisoformat(less[name]) for name in ("announced_at", "starts_at"))
        assert (starts - announced, less["in_force"]) == (3 * DAY, False)
        soon = await drafted(world, spec=NIGHT | {"percent": 1_000}, starts_at=(datetime.now(UTC) + 2 * DAY).isoformat())
        reply = await world.administrator.call("POST", f"/pay-rules/{soon['id']}/approve")
        assert (reply.status_code, reply.json()["code"]) == (409, "rule_notice_too_short")
        assert datetime.fromisoformat(reply.json()["earliest"]) > starts
        (first,) = [one for one in (await world.finance.ok("GET", "/pay-rules?code=night"))["items"] if one["version"] == 1]
        assert (first["until"], first["in_force"]) == (less["starts_at"], True)

    async def test_a_rule_that_pays_more_takes_its_place_at_once(self, world: World) -> None:
        first = await approved(world)
        more = await approved(world, spec=NIGHT | {"percent": 2_500})
        assert (more["in_force"], more["version"]) == (True, 2)
        assert (await world.freelancer.ok("GET", f"/pay-rules/{first['id']}"))["until"] == more["starts_at"]

    async def test_versions_begin_one_after_the_other(self, world: World) -> None:
        later, sooner = ((datetime.now(UTC) + days * DAY).isoformat() for days in (10, 5))
        old = await drafted(world)
        await approved(world, starts_at=later)
        assert await refused(world.administrator, "POST", f"/pay-rules/{old['id']}/approve") == (409, "rule_not_draft")
        early = await drafted(world, spec=NIGHT | {"percent": 2_500}, starts_at=sooner)
        assert await refused(world.administrator, "POST", f"/pay-rules/{early['id']}/approve") == (409, "rule_out_of_order")

    async def test_a_start_that_has_passed_is_no_start(self, world: World) -> None:
        made = await drafted(world, starts_at=(datetime.now(UTC) - DAY).isoformat())
        assert await refused(world.administrator, "POST", f"/pay-rules/{made['id']}/approve") == (409, "rule_notice_too_short")

    async def test_an_end_needs_notice_and_a_draft_is_withdrawn(self, world: World) -> None:
        made = await approved(world)
        path = f"/pay-rules/{made['id']}/end"
        tomorrow = (datetime.now(UTC) + DAY).isoformat()
        assert await refused(world.finance, "POST", path, {"at": tomorrow, "reason": "too dear"}) == (
            409,
            "rule_notice_too_short",
        )
        ended = await world.finance.ok("POST", path, {"reason": "too dear"})
        assert (ended["state"], ended["in_force"], ended["end_reason"]) == ("ended", True, "too dear")
        assert datetime.fromisoformat(ended["until"]) > datetime.now(UTC) + 2 * DAY
        assert await refused(world.finance, "POST", path, {"reason": "once more"}) == (409, "rule_not_draft")
        draft = await drafted(world, code="other")
        withdrawn = await world.finance.ok("POST", f"/pay-rules/{draft['id']}/end", {"reason": "a mistake"})
        assert (withdrawn["state"], withdrawn["in_force"], withdrawn["announced_at"]) == ("ended", False, None)
        assert await refused(world.administrator, "POST", f"/pay-rules/{draft['id']}/approve") == (409, "rule_not_draft")


class TestInput:
    @pytest.mark.parametrize(
        "spec",
        [
            {"kind": "unheard_of"},
            {"kind": "night"},
            {"kind": "night", "percent": 2_000, "fixed": "1.00"},
            {"kind": "night", "percent": 0},
            {"kind": "night", "percent": -5},
            {"kind": "night", "percent": 30_001},
            {"kind": "night", "percent": 2_000.5},
            {"kind": "night", "percent": "2000"},
            {"kind": "night", "percent": 2_000, "since": "24:00"},
            {"kind": "night", "percent": 2_000, "since": "22:00", "until": "22:00"},
            {"kind": "night", "percent": 2_000, "surprise": 1},
            {"kind": "night", "fixed": "-1.00"},
            {"kind": "night", "fixed": "0"},
            {"kind": "night", "fixed": "NaN"},
            {"kind": "night", "fixed": "1e3"},
            {"kind": "night", "fixed": "10000.0001"},
            {"kind": "weekend", "percent": 1, "days": [7, 6]},
            {"kind": "weekend", "percent": 1, "days": [1, 2, 3, 4, 5, 6, 7]},
            {"kind": "holiday", "percent": 1, "counts": ["working"]},
            {"kind": "holiday", "percent": 1, "country": "ru"},
            {"kind": "language", "percent": 1, "languages": []},
            {"kind": "line", "percent": 1, "from_line": 1},
            {"kind": "level", "percent": 1, "from_level": 10},
            {"kind": "quality_band", "bands": []},
            {"kind": "quality_band", "bands": [{"accuracy": 9_500, "percent": 300}, {"accuracy": 9_000, "percent": 700}]},
            {"kind": "quality_band", "bands": [{"accuracy": 10_001, "percent": 300}]},
            {"kind": "above_norm", "fixed": "1", "span": "month"},
            {"kind": "above_norm", "fixed": "1", "currency": "rub"},
            {"kind": "kpi", "percent": 1, "minimum_volume": 1, "volume": {"weight": 99, "floor": 1, "target": 2}},
            {"kind": "kpi", "percent": 1, "minimum_volume": 1, "volume": {"weight": 100, "floor": 2, "target": 2}},
            {"kind": "kpi", "percent": 1, "minimum_volume": 1, "speed": {"weight": 100, "floor": 8_000, "target": 12_000}},
            {"kind": "kpi", "percent": 1, "minimum_volume": 1, "quality": {"weight": 100, "floor": 9_000, "target": 8_000}},
            {"kind": "kpi", "percent": 1, "minimum_volume": 1},
            {"kind": "mentor", "amount": "0.00"},
            {"kind": "training", "amount": "100", "settle_hours": 721},
        ],
    )
    def test_absurd_settings_are_refused(self, spec: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            RuleIn.model_validate_json(orjson.dumps(body(spec=spec)))

    def test_the_smallest_change_makes_them_sensible(self) -> None:
        assert RuleIn.model_validate_json(orjson.dumps(body()))

    async def test_so_are_absurd_terms(self, world: World, subtests: pytest.Subtests) -> None:
        async with nothing_changes():
            for changes, status in [
                ({"code": "Night"}, 422),
                ({"spec": NIGHT | {"percent": -5}}, 422),
                ({"words": "short"}, 422),
                ({"starts_at": "2027-01-01T00:00:00"}, 422),
                ({"starts_at": "0001-01-01T00:00:00+14:00"}, 422),
                ({"ends_at": "9999-12-31T23:59:59-14:00"}, 422),
                ({"starts_at": "2027-01-02T00:00:00Z", "ends_at": "2027-01-01T00:00:00Z"}, 422),
                ({"project_id": "00000000-0000-7000-8000-000000000000"}, 404),
            ]:
                with subtests.test(changes=changes, status=status):
                    assert (await world.finance.call("POST", "/pay-rules", body(**changes))).status_code == status
                    assert await db.scalar("SELECT count(*) FROM pay_rule") == 0

    async def test_a_norm_is_of_all_projects(self, world: World) -> None:
        project = await world.project()
        spec = {"kind": "above_norm", "fixed": "1.00"}
        reply = await world.finance.call("POST", "/pay-rules", body(spec=spec, project_id=project["id"]))
        assert reply.json()["errors"][0]["code"] == "norm_of_all_projects"


def version(ends_at: datetime | None = None, **spec: Any) -> Version:
    return Version(None, SPEC.validate_python(spec), ends_at)


SOON, LATE = datetime(2027, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
BANDS = [{"accuracy": 9_000, "percent": 300}]
DEDUCTION = {"kind": "deduction", "case_fixed": "10.00", "evidence_wanted": "the answer and the audit"}


class TestNotice:
    @pytest.mark.parametrize(
        ("before", "new", "needed"),
        [
            (None, version(**NIGHT), False),
            (None, version(SOON, **NIGHT), False),
            (None, version(**DEDUCTION), True),
            (version(**NIGHT), version(**NIGHT | {"percent": 2_000}), False),
            (version(**NIGHT), version(**NIGHT | {"percent": 2_001}), False),
            (version(**NIGHT), version(**NIGHT | {"percent": 1_999}), True),
            (version(**NIGHT), version(kind="night", fixed="100.00"), True),
            (version(**NIGHT), version(**NIGHT | {"percent": 2_500, "since": "23:00"}), True),
            (version(**NIGHT), version(**NIGHT | {"percent": 2_500, "group": "other"}), True),
            (version(**NIGHT), version(kind="weekend", percent=9_000), True),
            (version(**NIGHT), version(LATE, **NIGHT | {"percent": 2_500}), True),
            (version(SOON, **NIGHT), version(LATE, **NIGHT), False),
            (version(LATE, **NIGHT), version(SOON, **NIGHT), True),
            (version(kind="quality_band", bands=BANDS), version(kind="quality_band", bands=BANDS), False),
            (
                version(kind="quality_band", bands=BANDS),
                version(kind="quality_band", bands=[{"accuracy": 9_000, "percent": 400}]),
                True,
            ),
            (version(kind="mentor", amount="5.00"), version(kind="mentor", amount="6.00"), False),
            (version(kind="review", amount="5.00"), version(kind="review", amount="5.00", most=400), True),
            (version(kind="mentor", amount="5.00"), version(kind="mentor", amount="6.00", span="month"), True),
            (version(**DEDUCTION), version(**DEDUCTION), True),
        ],
    )
    def test_it_is_needed_unless_a_rule_is_new_or_plainly_pays_no_less(
        self, before: Version | None, new: Version, needed: bool
    ) -> None:
        assert needs_notice(before, new) == needed

    def test_of_another_project_it_is_needed(self) -> None:
        new = version(**NIGHT)
        assert needs_notice(Version(work_of().project_id, new.spec, None), new)


class TestGuards:
    async def test_what_was_approved_cannot_be_changed_by_the_application(self, world: World, subtests: pytest.Subtests) -> None:
        await approved(world)
        async with nothing_changes():
            for change in [
                "UPDATE pay_rule SET words = repeat('another ', 10)",
                "UPDATE pay_rule SET spec = spec || '{\"percent\": 1}'",
                "UPDATE pay_rule SET starts_at = starts_at + interval '1 day'",
                "UPDATE pay_rule SET state = 'draft', approver_id = NULL, approved_at = NULL, announced_at = NULL",
                "UPDATE pay_rule SET ends_at = starts_at + interval '1 day'",
                "DELETE FROM pay_rule",
            ]:
                with (
                    subtests.test(change),
                    pytest.raises((asyncpg.RestrictViolationError, asyncpg.InsufficientPrivilegeError)),
                ):
                    await db.execute(change)

    async def test_the_database_wants_two_people_and_no_rule_for_the_past(self, world: World) -> None:
        made = await drafted(world)
        approve = """UPDATE pay_rule SET state = 'approved', approver_id = $2, approved_at = $3, announced_at = $3, starts_at = $4
                     WHERE id = $1"""
        now = datetime.now(UTC)
        with pytest.raises(asyncpg.CheckViolationError, match="four_eyes"):
            await db.execute(approve, made["id"], world.finance.id, now, now)
        with pytest.raises(asyncpg.CheckViolationError, match="not_past"):
            await db.execute(approve, made["id"], world.administrator.id, now, now - DAY)


class TestAgainstAccruals:
    async def test_a_rule_gives_its_premium_to_answers_claimed_after_it(self, world: World) -> None:
        await world.project(choice_step(line=2, overlap=1))
        await world.tickets(2)
        anna = await world.worker("anna", "orders:1:2")
        (early,) = await anna.claim()
        made = await approved(world, code="line", spec={"kind": "line", "percent": 1_000})
        await anna.answer(early, {"topic": "a"})
        (late,) = await anna.claim()
        await anna.answer(late, {"topic": "a"})
        await world.drain()
        found = await db.rows("SELECT assignment_id, rule_id FROM entry WHERE kind = 'premium'")
        accepted = {row["assignment_id"] for row in await db.rows("SELECT assignment_id FROM entry WHERE kind = 'accrue'")}
        assert {str(one) for one in accepted} == {early["id"], late["id"]}
        assert [(str(row["assignment_id"]), str(row["rule_id"])) for row in found] == [(late["id"], made["id"])]

    @pytest.mark.parametrize("guarded", [True, False])
    async def test_an_approval_waits_for_whoever_reckons_without_the_rule(self, world: World, guarded: bool) -> None:
        """Unguarded, an answer claimed after the rule's start is reckoned without it, and with it ever after."""
        made = await drafted(world, code="line", spec={"kind": "line", "percent": 1_000})
        if not guarded:
            await world.as_owner("CREATE OR REPLACE FUNCTION lock_rules() RETURNS void LANGUAGE sql AS $$ SELECT $$")
        approving = asyncio.Event()
        works: list[Work] = []

        async def reckon() -> None:
            async with db.transaction():
                assert await premiums.premiums_for([work_of(line=2)]) == []  # from here on it holds the rules
                approving.set()
                await races.stand(watcher, approval)
                works.append(work_of(line=2, claimed_at=await db.scalar("SELECT clock_timestamp()")))

        async def approve() -> None:
            await approving.wait()
            async with db.transaction():
                await definitions.approve(world.administrator.id, made["id"])

        async with world.connections(1, role=None) as (watcher,):
            approval = asyncio.create_task(approve())
            await asyncio.gather(reckon(), approval)
        starts_at = await db.scalar("SELECT starts_at FROM pay_rule")
        assert (works[0].claimed_at < starts_at) == guarded
        async with db.transaction():
            found = await premiums.premiums_for([*works, work_of(line=2, claimed_at=starts_at)])
        assert len(found) == (1 if guarded else 2)


class TestPreview:
    async def test_it_says_what_the_rule_would_have_added_to_the_last_week(self, world: World) -> None:
        await world.project(choice_step(line=2, overlap=1))
        await world.tickets(3)
        anna, boris = [await world.worker(name, "orders:1:2") for name in ("anna", "boris")]
        for person, count in ((anna, 2), (boris, 1)):
            for assignment in await person.claim(count):
                await person.answer(assignment, {"topic": "a"})
        await world.drain()
        await approved(world, code="line", spec={"kind": "line", "percent": 1_000})
        made = await drafted(world, code="line", spec={"kind": "line", "percent": 1_500})
        found = await world.finance.ok("GET", f"/pay-rules/{made['id']}/preview")
        (effect,) = found["effects"]
        assert (effect["amount"], effect["people"], effect["answers"], effect["more"]) == ("1.1250", 2, 3, "1.1250")
        assert [one["amount"] for one in effect["days"]] == ["1.1250"]
        assert await refused(world.freelancer, "GET", f"/pay-rules/{made['id']}/preview") == (403, "forbidden")

    async def test_a_deduction_has_none(self, world: World) -> None:
        made = await drafted(world, code="fine", spec=DEDUCTION)
        reply = await world.finance.call("GET", f"/pay-rules/{made['id']}/preview")
        assert (reply.status_code, reply.json()["errors"][0]["code"]) == (422, "no_preview")


async def test_a_rule_is_written_by_finance_only(world: World) -> None:
    for role in Role:
        status = (await getattr(world, role.value).call("POST", "/pay-rules", body(code=role.value))).status_code
        assert status == (201 if role == Role.FINANCE else 403)
