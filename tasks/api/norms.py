"""Operations on weekly norms: how a week stands, what came of weeks, cases, the policy, outages, how fairly work is spread."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import orjson

from piecework.platform.errors import Conflict
from piecework.platform.web.operation import SIGNED_IN, Call, Operation
from piecework.platform.web.paging import LAST, PageQuery, cursor
from piecework.tasks import policy
from piecework.tasks.errors import EndsAlready, NoContract, NormCaseDecided, NothingInForce, OwnContract, WeeksMayBeAppealed
from piecework.tasks.norms import cases, policies, reading, running, supply
from piecework.tasks.norms.rules import NOTES, WHOLE
from piecework.tasks.schemas import norms as s


async def my_norm(call: Call) -> s.NormOut:
    """My week: the norm and what is taken off it, what I did, my pace, what it will come to, my cap."""
    me = call.principal.account_id
    standing = await running.standing(me)
    if standing is None:
        raise NoContract
    r, facts = standing.reckoning, standing.facts
    cap, claimed = await reading.cap(me)
    return s.NormOut(
        week_starts=standing.week.starts_at,
        week_ends=standing.week.ends_at,
        zone=standing.week.zone,
        norm=r.norm,
        leave=r.leave,
        outages=r.outages,
        gaps=r.gaps,
        effective=r.effective,
        done=r.done,
        accepted=facts.done.accepted,
        awaiting=facts.done.awaiting,
        rejected=facts.done.rejected,
        forecast=min(standing.forecast, max(cap, facts.done.counted)),
        pace=_pace(facts.pace.ms, facts.pace.answers),
        take_up=r.take_up / WHOLE,
        cap=s.WeekCapOut(cap=cap, claimed=claimed, left=max(0, cap - claimed)),
        lines=_lines(orjson.loads(orjson.dumps(r.lines))),
    )


async def my_weeks(call: Call, query: PageQuery) -> s.Weeks:
    """What came of my weeks, newest first, with every line of their reckoning."""
    return _weeks(await reading.page(query.after(LAST), query.limit + 1, freelancer_id=call.principal.account_id), query.limit)


async def my_week_tasks(call: Call, query: PageQuery) -> s.WeekTasks:
    """Every task that the result of my week counts, or does not, and why."""
    return await _tasks(call, query, call.principal.account_id)


async def week_tasks(call: Call, query: PageQuery) -> s.WeekTasks:
    """Every task that the result of a person's week counts, or does not, and why."""
    return await _tasks(call, query, None)


async def list_weeks(_call: Call, query: s.WeekQuery) -> s.Weeks:
    """What came of people's weeks, newest first."""
    found = await reading.page(query.after(LAST), query.limit + 1, freelancer_id=query.freelancer_id, result=query.result)
    return _weeks(found, query.limit)


async def show_week(call: Call) -> s.WeekOut:
    """A person's week with every line of its reckoning."""
    return _week(await reading.one(call.id("week_id")))


async def show_norm_case(call: Call) -> s.NormCaseDetail:
    """Repeatedly missed weeks with the reckoning of each."""
    found = await cases.show(call.id("case_id"))
    weeks = await reading.page(LAST, len(found["week_ids"]), ids=found["week_ids"])
    return s.NormCaseDetail(**found, evidence=[_week(row) for row in weeks])


async def list_outages(_call: Call, query: PageQuery) -> s.Outages:
    """The outages that were recorded."""
    found = await supply.outages(query.after(LAST), query.limit + 1)
    items = [s.OutageOut(**one) for one in found[: query.limit]]
    return s.Outages(items=items, next_cursor=cursor(items[-1].id if len(found) > query.limit else None))


async def list_norm_cases(_call: Call, query: s.NormCaseQuery) -> s.NormCases:
    """Repeatedly missed weeks, newest case first."""
    found = await cases.page(query.after(LAST), query.limit + 1, state=query.state)
    items = [s.NormCaseOut(**one) for one in found[: query.limit]]
    return s.NormCases(items=items, next_cursor=cursor(items[-1].id if len(found) > query.limit else None))


async def decide_norm_case(call: Call, body: s.NormCaseDecisionIn) -> s.NormCaseOut:
    """Decide what comes of missed weeks, once, by name and with a reason."""
    case_id = call.id("case_id")
    await cases.decide(call.principal.account_id, case_id, cases.Decision(body.decision), body.reason)
    return s.NormCaseOut(**await cases.show(case_id))


async def norm_policy(_call: Call) -> s.NormPolicyOut:
    """What holds for everybody's norms, and what did before."""
    found = [_version(one) for one in await policies.versions()]
    return s.NormPolicyOut(current=found[0], versions=found)


async def set_norm_policy(call: Call, body: s.NormPolicyIn) -> s.NormPolicyVersion:
    """Set what holds for the weeks that begin from now on; everybody is told."""
    return _version(await policies.set_policy(call.principal.account_id, body.policy, body.reason))


async def supply_fairness(_call: Call) -> s.FairnessOut:
    """How evenly work was handed out, and how many could have met their norm, by week."""
    return s.FairnessOut(weeks=[s.Spread(**one) for one in await supply.fairness()])


async def record_outage(call: Call, body: s.OutageIn) -> s.OutageOut:
    """Record an outage; weeks that it touches are reckoned again."""
    return s.OutageOut(**await supply.record_outage(call.principal.account_id, body.starts_at, body.ends_at, body.reason))


def _version(one: policies.Version) -> s.NormPolicyVersion:
    return s.NormPolicyVersion(version=one.version, policy=one.policy, reason=one.reason, set_by=one.set_by, set_at=one.set_at)


def _weeks(found: list[dict[str, Any]], limit: int) -> s.Weeks:
    items = [_week(row) for row in found[:limit]]
    return s.Weeks(items=items, next_cursor=cursor(items[-1].id if len(found) > limit else None))


def _week(row: dict[str, Any]) -> s.WeekOut:
    pace, counted = row.pop("pace"), row.pop("counted")
    lines = _lines(row.pop("lines"))
    notes = {line.note for line in lines if line.note}
    words = " ".join(f"{note}: {NOTES[note]}" for note in sorted(notes))
    take_up = row.pop("take_up") / WHOLE
    return s.WeekOut(**row, **counted, pace=_pace(pace["ms"], pace["answers"]), lines=lines, words=words, take_up=take_up)


async def _tasks(call: Call, query: PageQuery, freelancer_id: UUID | None) -> s.WeekTasks:
    found = await reading.tasks(call.id("week_id"), query.after(LAST), query.limit + 1, freelancer_id=freelancer_id)
    items = [
        s.WeekTaskOut(**one, counts=one["state"] not in UNCOUNTED, why=UNCOUNTED.get(one["state"], ""))
        for one in found[: query.limit]
    ]
    return s.WeekTasks(items=items, next_cursor=cursor(items[-1].id if len(found) > query.limit else None))


def _lines(lines: Iterable[Mapping[str, Any]]) -> list[s.WeekLineOut]:
    return [
        s.WeekLineOut.model_validate_json(
            orjson.dumps({k: v for k, v in one.items() if k != "hundredths"} | {"tasks": one["hundredths"] / 100})
        )
        for one in lines
    ]


def _pace(ms: int | None, answers: int) -> s.OwnPaceOut:
    return s.OwnPaceOut(seconds=None if ms is None else ms / 1000, answers=answers)


UNCOUNTED = {
    "rejected": "It was rejected before the week's end.",
    "expired": "It was left to expire.",
    "skipped": "It was skipped.",
    "released": "It was given back.",
    "escalated": "It was given to the line above.",
    "in_hand": "It was still in hand when the week ended; once submitted it counts in the week of that.",
}
"""Why a task of a week does not count toward its norm, by its state."""

DECIDE: tuple[type[Conflict], ...] = (NormCaseDecided, WeeksMayBeAppealed, OwnContract, NothingInForce, EndsAlready)

OPERATIONS = (
    Operation("GET", "/me/norm", my_norm, policy.NORM_OWN, "My week: norm, done, pace, forecast, cap", reply=s.NormOut, errors=(NoContract,),
              tag="norms"),
    Operation("GET", "/me/weeks", my_weeks, policy.NORM_OWN, "What came of my weeks", query=PageQuery, reply=s.Weeks, tag="norms"),
    Operation("GET", "/me/weeks/{week_id}/tasks", my_week_tasks, policy.NORM_OWN, "Every task of my week", query=PageQuery, reply=s.WeekTasks,
              tag="norms"),
    Operation("GET", "/weeks", list_weeks, policy.NORMS_READ, "What came of people's weeks", query=s.WeekQuery, reply=s.Weeks, tag="norms"),
    Operation("GET", "/weeks/{week_id}", show_week, policy.NORMS_READ, "What came of a person's week", reply=s.WeekOut, tag="norms"),
    Operation("GET", "/weeks/{week_id}/tasks", week_tasks, policy.NORMS_READ, "Every task of a person's week", query=PageQuery, reply=s.WeekTasks,
              tag="norms"),
    Operation("GET", "/norm-cases", list_norm_cases, policy.NORMS_READ, "Repeatedly missed weeks", query=s.NormCaseQuery, reply=s.NormCases,
              tag="norms"),
    Operation("GET", "/norm-cases/{case_id}", show_norm_case, policy.NORMS_READ, "Repeatedly missed weeks with their reckoning",
              reply=s.NormCaseDetail, tag="norms"),
    Operation("POST", "/norm-cases/{case_id}/decide", decide_norm_case, policy.NORM_CASES_DECIDE, "Decide what comes of missed weeks",
              body=s.NormCaseDecisionIn, reply=s.NormCaseOut, errors=DECIDE, tag="norms"),
    Operation("GET", "/norm-policy", norm_policy, SIGNED_IN, "What holds for everybody's norms", reply=s.NormPolicyOut, tag="norms"),
    Operation("PUT", "/norm-policy", set_norm_policy, policy.NORM_POLICY_WRITE, "Set what holds for everybody's norms", body=s.NormPolicyIn,
              reply=s.NormPolicyVersion, tag="norms"),
    Operation("GET", "/supply/fairness", supply_fairness, SIGNED_IN, "How evenly work is handed out", reply=s.FairnessOut, tag="norms"),
    Operation("GET", "/outages", list_outages, policy.NORMS_READ, "Outages that were recorded, newest first", query=PageQuery,
              reply=s.Outages, tag="norms"),
    Operation("POST", "/outages", record_outage, policy.OUTAGES_WRITE, "Record an outage", body=s.OutageIn, reply=s.OutageOut, status=201,
              tag="norms"),
)  # fmt: skip
