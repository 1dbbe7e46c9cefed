"""What is shown of candidacies: to their person, to curators, and as figures."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson

from piecework.platform import db
from piecework.platform.errors import NotFound
from piecework.quality.admissions import documents, outcomes, words
from piecework.quality.admissions.specs import Form, Guide, Stage, Title, WayIn

Row = dict[str, Any]

MINE = """
SELECT c.*, p.name AS direction_name, d.spec AS way_in, c.state = 'open' AND c.due_at <= clock_timestamp() AS late
FROM candidacy c JOIN admission_document d ON d.id = c.way_in_id JOIN project p ON p.code = c.direction
WHERE {where}"""
EVENTS = """
SELECT e.candidacy_id, e.id, e.at, e.stage, e.outcome, e.reason, e.said, e.detail, e.actor, e.due_at, n.state AS objection,
       CASE WHEN n.state = 'open' AND n.appeal_by > clock_timestamp() THEN n.appeal_by END AS appeal_by
FROM candidacy_event e LEFT JOIN appealable n ON n.subject = 'candidacy' AND n.subject_id = e.id
WHERE e.candidacy_id = ANY ($1) ORDER BY e.place"""
SLOTS = """
SELECT i.candidacy_id, s.id, s.starts_at, s.minutes, s.place, s.id IS NOT DISTINCT FROM i.slot_id AS chosen
FROM interview i JOIN interview_slot s ON s.interview_id = i.id
WHERE i.candidacy_id = ANY ($1) AND i.ended_at IS NULL AND (s.id = i.slot_id OR s.starts_at > clock_timestamp()) ORDER BY s.starts_at"""
LISTED = """
SELECT c.id, c.freelancer_id, a.name, c.direction, c.state, c.stage, c.turn, c.turn_at, c.due_at, c.opened_at, c.ended_at,
       c.state = 'open' AND c.due_at <= clock_timestamp() AS overdue
FROM candidacy c JOIN account a ON a.id = c.freelancer_id
WHERE c.state = $1 AND ($2::text IS NULL OR c.stage = $2) AND ($3::text IS NULL OR c.direction = $3) AND ($4::text IS NULL OR c.turn = $4)
  AND ($5::uuid IS NULL OR (c.due_at, c.id) > (SELECT o.due_at, o.id FROM candidacy o WHERE o.id = $5))
ORDER BY c.due_at, c.id LIMIT $6"""
IN_SHORT = """
SELECT id, direction, state, stage, turn, due_at, opened_at, ended_at FROM candidacy WHERE freelancer_id = $1 ORDER BY id DESC LIMIT 50"""
PERSON = """
SELECT a.name, coalesce($2, a.email) AS email, a.email AS sign_in,
       EXISTS (SELECT FROM account o WHERE o.email = $2 AND o.id <> a.id) AS email_known
FROM account a WHERE a.id = $1"""
INTERVIEWS = """
SELECT i.*, s.starts_at FROM interview i LEFT JOIN interview_slot s ON s.id = i.slot_id WHERE i.candidacy_id = $1 ORDER BY i.id"""
PROPOSED = """
SELECT s.interview_id, s.id, s.starts_at, s.minutes, s.place, s.id IS NOT DISTINCT FROM i.slot_id AS chosen
FROM interview_slot s JOIN interview i ON i.id = s.interview_id WHERE s.interview_id = ANY ($1) ORDER BY s.starts_at"""
REVIEWS = """
SELECT r.interview_id, r.id, r.reviewer_id, a.name AS reviewer, r.asked_at, r.declined_at, r.decline_reason, r.submitted_at, r.scores,
       r.comment
FROM interview_review r JOIN account a ON a.id = r.reviewer_id WHERE r.interview_id = ANY ($1) ORDER BY r.id"""
MY_REVIEWS = """
SELECT r.id, i.candidacy_id, a.name AS candidate, c.direction, r.asked_at, r.declined_at, r.submitted_at, s.starts_at, s.minutes, s.place
FROM interview_review r JOIN interview i ON i.id = r.interview_id JOIN candidacy c ON c.id = i.candidacy_id
JOIN account a ON a.id = c.freelancer_id
LEFT JOIN interview_slot s ON s.id = i.slot_id WHERE r.reviewer_id = $1 AND r.id < $2 ORDER BY r.id DESC LIMIT $3"""
MY_REVIEW = """
SELECT r.id, i.candidacy_id, i.guide_id, c.direction, c.form_id, c.answers, c.language, a.name AS candidate, r.asked_at, r.declined_at,
       r.submitted_at, r.scores, r.comment, s.starts_at, s.minutes, s.place
FROM interview_review r JOIN interview i ON i.id = r.interview_id JOIN candidacy c ON c.id = i.candidacy_id
JOIN account a ON a.id = c.freelancer_id LEFT JOIN interview_slot s ON s.id = i.slot_id WHERE r.id = $1 AND r.reviewer_id = $2"""
# A stay at a stage lasts from its entry until it is passed or ended. Stays that began within the span.
FIGURES = """
WITH stays AS (
    SELECT c.direction, e.stage, e.candidacy_id, e.at AS began,
           (SELECT min(n.at) FROM candidacy_event n WHERE n.candidacy_id = e.candidacy_id AND n.place > e.place
            AND n.outcome IN ('passed', 'refused', 'lapsed', 'withdrawn')) AS ended,
           (SELECT n.outcome FROM candidacy_event n WHERE n.candidacy_id = e.candidacy_id AND n.place > e.place
            AND n.outcome IN ('passed', 'refused', 'lapsed', 'withdrawn') ORDER BY n.place LIMIT 1) AS outcome
    FROM candidacy_event e JOIN candidacy c ON c.id = e.candidacy_id
    WHERE e.outcome IN ('entered', 'reopened') AND e.at > clock_timestamp() - make_interval(days => $2)
      AND ($1::text IS NULL OR c.direction = $1)),
done AS (
    SELECT stage, count(*) AS entered, count(*) FILTER (WHERE outcome = 'passed') AS passed,
           count(*) FILTER (WHERE outcome = 'refused') AS refused, count(*) FILTER (WHERE outcome = 'lapsed') AS lapsed,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM ended - began)) / 3600 AS median_hours,
           percentile_cont(0.9) WITHIN GROUP (ORDER BY extract(epoch FROM ended - began)) / 3600 AS p90_hours
    FROM stays GROUP BY stage),
open AS (
    SELECT stage, count(*) AS now, count(*) FILTER (WHERE due_at <= clock_timestamp() AND turn = 'us') AS overdue_ours,
           count(*) FILTER (WHERE due_at <= clock_timestamp() AND turn = 'candidate') AS overdue_theirs
    FROM candidacy WHERE state = 'open' AND ($1::text IS NULL OR direction = $1) GROUP BY stage)
SELECT stage, coalesce(entered, 0) AS entered, coalesce(passed, 0) AS passed, coalesce(refused, 0) AS refused,
       coalesce(lapsed, 0) AS lapsed, median_hours, p90_hours, coalesce(now, 0) AS now, coalesce(overdue_ours, 0) AS overdue_ours,
       coalesce(overdue_theirs, 0) AS overdue_theirs
FROM done FULL JOIN open USING (stage)"""


async def of_person(me: UUID) -> list[Row]:
    """A person's own candidacies, newest first."""
    where = "c.freelancer_id = $1 ORDER BY c.id DESC LIMIT 50"
    return await _own(await db.rows(MINE.format(where=where), me))


async def one_of_person(me: UUID, candidacy_id: UUID) -> Row:
    """One's own candidacy.

    Raises:
        NotFound: it is not theirs.
    """
    row = await db.row(MINE.format(where="c.freelancer_id = $1 AND c.id = $2"), me, candidacy_id)
    if row is None:
        raise NotFound
    return (await _own([row]))[0]


async def _own(rows: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Candidacies as their person sees them: however many, their parts are asked for at once."""
    histories, slots = await _histories(rows), await _each(SLOTS, rows)
    forms = await documents.forms_of({row["form_id"] for row in rows})
    return [_own_one(row, histories[row["id"]], slots[row["id"]], forms[row["form_id"]]) for row in rows]


async def _each(statement: str, rows: Sequence[Mapping[str, Any]]) -> dict[UUID, list[Row]]:
    """What a statement finds for each of these candidacies."""
    found: dict[UUID, list[Row]] = {row["id"]: [] for row in rows}
    for one in await db.rows(statement, list(found)):
        part = dict(one)
        found[part.pop("candidacy_id")].append(part)
    return found


async def _histories(rows: Sequence[Mapping[str, Any]]) -> dict[UUID, list[Row]]:
    return {
        candidacy: [
            {**event, "detail": orjson.loads(event["detail"]), "said": orjson.loads(event["said"]) if event["said"] else None}
            for event in events
        ]
        for candidacy, events in (await _each(EVENTS, rows)).items()
    }


def _own_one(row: Mapping[str, Any], history: list[Row], slots: list[Row], form: Form) -> Row:
    shown = _base(row, history)
    way_in = _way_in(row)
    is_open = row["state"] == "open"
    following = words.NEXT[Stage(row["stage"]), row["turn"]] if is_open else None
    if is_open and row["stage"] == Stage.INTERVIEW and any(slot["chosen"] for slot in slots):
        following = words.APPOINTED
    return {
        **shown,
        "next": str(following) if following else None,
        "next_said": following,
        "whose_turn": {"us": "ours", "candidate": "yours"}[row["turn"]] if is_open else None,
        "due_at": row["due_at"] if is_open else None,
        "stages": _stages(way_in, row, shown["history"]),
        "history": [
            {
                name: event[name]
                for name in ("id", "at", "stage", "outcome", "reason", "said", "detail", "due_at", "objection", "appeal_by")
            }
            for event in shown["history"]
        ],
        "answers": _answers(row, form, row["language"]),
        "slots": slots,
    }


def _stages(way_in: WayIn, row: Mapping[str, Any], history: list[Row]) -> list[Row]:
    """Every stage of the way with its deadline: of the current one the moment, of those ahead the days there will be."""
    at = [plan.stage for plan in way_in.stages].index(Stage(row["stage"]))
    passed = {event["stage"]: event["at"] for event in history if event["outcome"] == "passed"}
    listed = []
    for place, plan in enumerate(way_in.stages):
        done = place < at or row["state"] == "admitted"
        current = place == at and not done
        state = "passed" if done else (row["state"] if current and row["state"] != "open" else "current" if current else "ahead")
        due_at = row["due_at"] if state == "current" else None
        passed_at = passed.get(str(plan.stage)) if done else None
        listed.append({"stage": str(plan.stage), "days": plan.days, "state": state, "due_at": due_at, "passed_at": passed_at})
    return listed


async def in_short(person: UUID) -> list[Row]:
    """A person's candidacies for curators, newest first."""
    return [dict(row) for row in await db.rows(IN_SHORT, person)]


async def page(
    *, state: str, stage: str | None, direction: str | None, turn: str | None, after: UUID | None, limit: int
) -> list[Row]:
    """Candidacies by deadline, so the overdue come first."""
    return [dict(row) for row in await db.rows(LISTED, state, stage, direction, turn, after, limit)]


async def show(candidacy_id: UUID) -> Row:
    """Everything that is known of a candidacy. Scores are left out while reviews are still wanted.

    Raises:
        NotFound: there is none.
    """
    row = await db.row(MINE.format(where="c.id = $1"), candidacy_id)
    if row is None:
        raise NotFound
    shown = _base(row, (await _histories([row]))[candidacy_id])
    way_in = _way_in(row)
    account = await db.row(PERSON, row["freelancer_id"], row["email"])
    assert account is not None
    return {
        **shown,
        **account,
        "freelancer_id": row["freelancer_id"],
        "qualification": way_in.qualification or row["direction"],
        "turn": row["turn"],
        "turn_at": row["turn_at"],
        "due_at": row["due_at"],
        "overdue": row["late"],
        "answers": _written(row, await documents.form_of(row["form_id"])),
        "facts": [
            dict(fact)
            for fact in await db.rows(
                "SELECT kind, source, code, passed, at FROM milestone WHERE freelancer_id = $1 ORDER BY at", row["freelancer_id"]
            )
        ],
        "interviews": await _interviews(candidacy_id, way_in),
    }


def _base(row: Mapping[str, Any], history: list[Row]) -> Row:
    names = ("id", "direction", "direction_name", "language", "state", "stage", "late", "opened_at", "ended_at")
    return {**{name: row[name] for name in names}, "history": history}


def _written(row: Mapping[str, Any], form: Form) -> list[Row]:
    """The application in the order of its form, in both languages: `chosen` has the titles of the options that an answer names."""
    given = orjson.loads(row["answers"])
    shown = []
    for ru, en in zip(form.fields("ru"), form.fields("en"), strict=True):
        if en.name in given:
            said = given[en.name]
            titles = {one.value: Title(ru=other.title, en=one.title) for other, one in zip(ru.options, en.options, strict=True)}
            named = [one for one in (said if isinstance(said, list) else [said]) if isinstance(one, str) and one in titles]
            question = Title(ru=ru.title, en=en.title)
            shown.append({"name": en.name, "question": question, "answer": said, "chosen": [titles[one] for one in named]})
    return shown


def _answers(row: Mapping[str, Any], form: Form, language: str) -> list[Row]:
    """The application in one language."""
    return [
        {**one, "question": one["question"].to(language), "chosen": [title.to(language) for title in one["chosen"]]}
        for one in _written(row, form)
    ]


async def _interviews(candidacy_id: UUID, way_in: WayIn) -> list[Row]:
    """The interviews of a candidacy as curators see them."""
    rows = await db.rows(INTERVIEWS, candidacy_id)
    if not rows:
        return []
    ids = [row["id"] for row in rows]
    guides = await documents.guides_of([row["guide_id"] for row in rows])
    reviews, slots = _by_interview(await db.rows(REVIEWS, ids)), _by_interview(await db.rows(PROPOSED, ids))
    return [
        _interview(row, way_in, guides[row["guide_id"]], reviews.get(row["id"], []), slots.get(row["id"], [])) for row in rows
    ]


def _by_interview(rows: Iterable[Mapping[str, Any]]) -> dict[UUID, list[Row]]:
    """What belongs to each interview, by the interviews' ids."""
    found: dict[UUID, list[Row]] = {}
    for row in rows:
        one = dict(row)
        found.setdefault(one.pop("interview_id"), []).append(one)
    return found


def _interview(row: Mapping[str, Any], way_in: WayIn, guide: Guide, reviews: list[Row], slots: list[Row]) -> Row:
    """An interview as curators see it: the reviews' content and what follows from it only once all of them are in."""
    scored = row["scored_at"] is not None
    for one in reviews:
        one["scores"] = orjson.loads(one["scores"]) if scored and one["scores"] else None
        one["comment"] = one["comment"] if scored else ""
    names = ("id", "opened_at", "starts_at", "reviews_wanted", "scored_at", "outcome", "decided_at", "decided_by", "ended_at")
    proposed = ("proposed", "proposed_by", "proposed_reason")
    shown = {name: row[name] for name in (*names, *proposed)} | {
        "slots": slots,
        "guide": guide,
        "bar": way_in.interview,
        "reviews": reviews,
        "result": None,
    }
    if not scored:
        return shown
    given = [
        {code: score["score"] for code, score in one["scores"].items()}
        for one in reviews
        if one["submitted_at"] and one["scores"]
    ]
    result = outcomes.result(guide, way_in.interview, given)
    kappa = outcomes.kappa(guide, given)
    shown["result"] = {
        "passed": result.passed,
        "overall": outcomes.shown(result.overall),
        "groups": [
            {
                "group": one.code,
                "by_reviewer": [outcomes.shown(mean) for mean in one.by_reviewer],
                "mean": outcomes.shown(one.mean),
                "reached": one.reached,
            }
            for one in result.groups
        ],
        "kappa": None if kappa is None else round(kappa, 3),
        "agreement": outcomes.meaning(kappa),
        "differences": outcomes.differences(guide, given),
    }
    return shown


async def my_reviews(me: UUID, before: UUID, limit: int) -> list[Row]:
    """The reviews that a curator was asked for, newest first."""
    return [dict(row) for row in await db.rows(MY_REVIEWS, me, before, limit)]


async def my_review(me: UUID, review_id: UUID) -> Row:
    """A review that one was asked for, with the guide and the candidate's application.

    Raises:
        NotFound: it is not theirs.
    """
    row = await db.row(MY_REVIEW, review_id, me)
    if row is None:
        raise NotFound
    names = (
        "id", "candidacy_id", "direction", "candidate", "language", "asked_at", "declined_at", "submitted_at", "comment", "starts_at", "minutes", "place",
    )  # fmt: skip
    return {
        **{name: row[name] for name in names},
        "answers": _written(row, await documents.form_of(row["form_id"])),
        "guide": await documents.guide_of(row["guide_id"]),
        "scores": None if row["scores"] is None else orjson.loads(row["scores"]),
    }


async def figures(direction: str | None, days: int) -> list[Row]:
    """Per stage, in their order: how many came, passed, were refused and lapsed, how long it took, who is there and overdue now."""
    found = {row["stage"]: dict(row) for row in await db.rows(FIGURES, direction, days)}
    return [found[stage] for stage in Stage if stage in found]


def _way_in(row: Mapping[str, Any]) -> WayIn:
    return WayIn.model_validate(orjson.loads(row["way_in"]), strict=False)
