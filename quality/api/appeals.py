"""Operations on appeals: freelancers object, curators answer."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from piecework.platform import db
from piecework.platform.errors import NotFound
from piecework.platform.web.operation import Call, Operation
from piecework.platform.web.paging import LAST, Page, PageQuery, cursor
from piecework.quality import policy
from piecework.quality.admitting import shown
from piecework.quality.admitting.assessing import Assessment, Wanted
from piecework.quality.admitting.criteria import GRADES
from piecework.quality.api.admitting import findings
from piecework.quality.appeals import appeals
from piecework.quality.appeals import evidence as appeal_evidence
from piecework.quality.appeals.subjects import Subject
from piecework.quality.errors import (
    AppealDecided,
    AppealedBefore,
    AppealTooLate,
    NotComparable,
    NothingToAppeal,
    NotImpartial,
)
from piecework.quality.schemas import appeals as s

MINE = "SELECT * FROM appeal WHERE freelancer_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3"
LISTED = """
SELECT * FROM appeal WHERE state = $1 AND ($2::text IS NULL OR subject = $2)
AND ($3::uuid IS NULL OR (answer_by, id) > (SELECT c.answer_by, c.id FROM appeal c WHERE c.id = $3))
ORDER BY answer_by, id LIMIT $4
"""
QUALIFICATIONS = """
SELECT q.id, q.code, q.level, q.line, q.languages, q.expires_at, q.granted_at, q.revoked_at,
       CASE WHEN q.revoked_at + $2::interval >= now()
                 AND NOT EXISTS (SELECT FROM appeal p WHERE p.subject = 'qualification' AND p.subject_id = q.id)
                 AND NOT EXISTS (SELECT FROM qualification n WHERE n.freelancer_id = q.freelancer_id AND n.code = q.code
                                 AND n.revoked_at IS NULL AND n.level >= q.level)
            THEN q.revoked_at + $2::interval END AS appeal_by
FROM qualification q WHERE q.freelancer_id = $1 ORDER BY q.id DESC LIMIT 200
"""


def _fields(row: Mapping[str, Any], shape: type[s.AppealOut]) -> dict[str, Any]:
    return {name: row[name] for name in shape.model_fields if name in row}


async def _appeal(appeal_id: UUID) -> Mapping[str, Any]:
    row = await db.row("SELECT * FROM appeal WHERE id = $1", appeal_id)
    if row is None:
        raise NotFound
    return dict(row)


async def raise_appeal(call: Call, body: s.AppealIn) -> s.AppealOut:
    """Object to a decision about me, once, within the days that the settings give."""
    settings = call.services.settings
    made = await appeals.raise_appeal(
        call.principal.account_id,
        Subject(body.subject),
        body.id,
        body.words,
        within=timedelta(days=settings.appeal_days),
        answered_within=timedelta(days=settings.answer_days),
    )
    return s.AppealOut(**_fields(await _appeal(made), s.AppealOut))


async def my_appeals(call: Call, query: PageQuery) -> Page[s.AppealOut]:
    """My appeals, newest first, with the replies."""
    found = [dict(row) for row in await db.rows(MINE, call.principal.account_id, query.after(LAST), query.limit + 1)]
    items = [s.AppealOut(**_fields(row, s.AppealOut)) for row in found[: query.limit]]
    return Page[s.AppealOut](items=items, next_cursor=cursor(items[-1].id if len(found) > query.limit else None))


async def my_qualifications(call: Call) -> s.MyQualifications:
    """What I am admitted to, and was once; and what is missing for more."""
    me, days = call.principal.account_id, timedelta(days=call.services.settings.appeal_days)
    rows = await db.rows(QUALIFICATIONS, me, days)
    ahead = await shown.next_steps(me, [_wanted(row) for row in rows if row["revoked_at"] is None])
    return s.MyQualifications(
        qualifications=[
            s.MyQualification(
                **row,
                grade=GRADES.get(row["level"]),
                next=_next(ahead[_wanted(row)]) if row["revoked_at"] is None else [],
            )
            for row in rows
        ]
    )


def _wanted(row: Mapping[str, Any]) -> Wanted:
    return Wanted(row["code"], row["level"], row["line"])


def _next(ahead: Iterable[Assessment]) -> list[s.NextGrade]:
    return [
        s.NextGrade(
            level=one.version.level,
            grade=GRADES.get(one.version.level),
            line=one.version.line,
            met=one.met,
            missing=[str(found.missing) for _, found in one.findings if found.missing],
            criteria=findings(one.findings),
        )
        for one in ahead
    ]


async def list_appeals(_call: Call, query: s.AppealQuery) -> Page[s.AppealRow]:
    """Appeals by the time by which they must be answered."""
    after = None if query.cursor is None else query.after()
    found = [dict(row) for row in await db.rows(LISTED, query.state, query.subject, after, query.limit + 1)]
    items = [s.AppealRow(**_fields(row, s.AppealRow)) for row in found[: query.limit]]
    return Page[s.AppealRow](items=items, next_cursor=cursor(items[-1].id if len(found) > query.limit else None))


async def show_appeal(call: Call) -> s.AppealDetail:
    """One appeal with its evidence."""
    row = await _appeal(call.id("appeal_id"))
    detail = s.AppealDetail(
        **_fields(row, s.AppealRow),
        may_decide=row["state"] == "open" and await appeals.may_decide(call.principal.account_id, row),
    )
    match Subject(row["subject"]):
        case Subject.ANSWER:
            detail.about_answer = s.AnswerEvidence(**await appeal_evidence.of_answer(row["subject_id"]))
        case Subject.RESTRICTION:
            detail.about_restriction = s.RestrictionEvidence(**await appeal_evidence.of_restriction(row["subject_id"]))
        case Subject.QUALIFICATION:
            detail.about_qualification = s.QualificationEvidence(**await appeal_evidence.of_qualification(row["subject_id"]))
        case noted:
            detail.about_decision = s.NotedEvidence(**await appeal_evidence.of_noted(noted, row["subject_id"]))
    return detail


async def decide_appeal(call: Call, body: s.AppealDecisionIn) -> s.AppealRow:
    """Answer an appeal, once. The freelancer reads the reply."""
    appeal_id = call.id("appeal_id")
    await appeals.decide(
        call.principal.account_id,
        appeal_id,
        uphold=body.decision == "uphold",
        reply=body.reply,
        answers=[one.known() for one in body.answers or ()],
    )
    return s.AppealRow(**_fields(await _appeal(appeal_id), s.AppealRow))


OPERATIONS = (
    Operation("POST", "/appeals", raise_appeal, policy.APPEAL, "Appeal against a decision", body=s.AppealIn, reply=s.AppealOut,
              status=201, errors=(NotFound, NothingToAppeal, AppealTooLate, AppealedBefore), tag="quality"),
    Operation("GET", "/me/appeals", my_appeals, policy.APPEAL, "My appeals", query=PageQuery, reply=Page[s.AppealOut], tag="quality"),
    Operation("GET", "/me/qualifications", my_qualifications, policy.APPEAL, "My qualifications", reply=s.MyQualifications, tag="quality"),
    Operation("GET", "/appeals", list_appeals, policy.APPEALS_DECIDE, "Appeals by deadline", query=s.AppealQuery,
              reply=Page[s.AppealRow], tag="quality"),
    Operation("GET", "/appeals/{appeal_id}", show_appeal, policy.APPEALS_DECIDE, "An appeal with its evidence", reply=s.AppealDetail,
              tag="quality"),
    Operation("POST", "/appeals/{appeal_id}/decision", decide_appeal, policy.APPEALS_DECIDE, "Answer an appeal",
              body=s.AppealDecisionIn, reply=s.AppealRow, errors=(NotImpartial, AppealDecided, NotComparable), tag="quality"),
)  # fmt: skip
