"""A candidacy: one person's way into one direction, from stage to stage, each with a deadline for whoever's turn it is.

What waits for the candidate lapses at the deadline; what waits for us never does. Whoever changes a candidacy holds its row, so its
history (candidacy_event, append-only) is in one order. Every change is told to the person with its reason.
"""

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self
from uuid import UUID

import orjson

from piecework.platform import db, notices, trail
from piecework.platform.errors import NotFound
from piecework.platform.said import Said, Value, packed, together, unpacked
from piecework.quality.admissions import documents, facts, words
from piecework.quality.admissions.errors import CandidacyEnded
from piecework.quality.admissions.specs import Stage, WayIn
from piecework.quality.admitting import requests
from piecework.quality.admitting.assessing import Wanted
from piecework.quality.errors import AdmissionAsked, HeldAlready, NotImpartial
from piecework.tasks import objections

SUBJECT = "candidacy"
LINK = "/me/application"
OURS = "c.state = 'open' AND c.turn = 'us' AND c.stage <> 'live'"
"""Of a candidacy c: a curator has to do something."""
MY_TURN = "SELECT count(*) FROM candidacy WHERE freelancer_id = $1 AND state = 'open' AND turn = 'candidate'"
FOUND = """
SELECT c.*, d.spec AS way_in FROM candidacy c JOIN admission_document d ON d.id = c.way_in_id
WHERE {where} ORDER BY c.id FOR UPDATE OF c"""
OPEN = """
INSERT INTO candidacy (freelancer_id, direction, way_in_id, form_id, language, answers, due_at, email)
VALUES ($1, $2, $3, $4, $5, $6::jsonb, clock_timestamp() + make_interval(days => $7), $8)
ON CONFLICT (freelancer_id, direction) WHERE state IN ('open', 'admitted') DO NOTHING RETURNING id"""
# A turn begins now, or with what it waits for (an appointment), and lasts as many days as the stage has.
TURN = """
UPDATE candidacy SET stage = $2, turn = $3, turn_at = clock_timestamp(), reminders = 0, escalated_at = NULL, given_back = '0',
    entered_at = CASE WHEN $6 THEN clock_timestamp() ELSE entered_at END,
    due_at = greatest(clock_timestamp(), $5) + make_interval(days => $4), state = 'open', ended_at = NULL
WHERE id = $1 RETURNING due_at"""
EVENT = """
INSERT INTO candidacy_event (candidacy_id, stage, outcome, reason, detail, actor, due_at, said)
VALUES ($1, $2, $3, $4, $5::jsonb, $6, $7, $8::jsonb) RETURNING id"""
HISTORY = "SELECT at, stage, outcome, reason, said FROM candidacy_event WHERE candidacy_id = $1 ORDER BY place"
STAFF = "SELECT id FROM account WHERE roles && ARRAY['curator', 'administrator'] AND state = 'active'"
DAYS_TO_BEGIN = 3
"""How long there is at least for an attempt, from when it may begin."""
CURATORS = "SELECT id FROM account WHERE 'curator' = ANY (roles) AND state = 'active'"


@dataclass(frozen=True, slots=True)
class Candidacy:
    """A candidacy that the transaction holds."""

    id: UUID
    freelancer_id: UUID
    direction: str
    language: str
    state: str
    stage: Stage
    entered_at: datetime
    turn: str
    turn_at: datetime
    due_at: datetime
    reminders: int
    escalated_at: datetime | None
    way_in: WayIn

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> Self:
        """From its row with the spec of its way in."""
        known = {name: row[name] for name in cls.__slots__ if name not in ("stage", "way_in")}
        return cls(**known, stage=Stage(row["stage"]), way_in=WayIn.model_validate(orjson.loads(row["way_in"]), strict=False))

    def say(self, text: Said, **values: Value) -> Said:
        """A text with what stands in it; `direction` and `stage` are known to it."""
        names: dict[str, Value] = {"direction": self.direction, "stage": words.NAMES[self.stage], **values}
        return Said(text.text, **{name: value for name, value in names.items() if f"%({name})s" in text.text})


async def hold(candidacy_id: UUID, *, ended: bool = False) -> Candidacy:
    """The candidacy, held until the transaction ends.

    Raises:
        NotFound: there is none.
        CandidacyEnded: it is not open (unless `ended` ones are wanted too).
    """
    row = await db.row(FOUND.format(where="c.id = $1"), candidacy_id)
    if row is None:
        raise NotFound
    if row["state"] != "open" and not ended:
        raise CandidacyEnded(Said("It is %(state)s.", state=words.STATES[row["state"]]))
    return Candidacy.read(row)


async def hold_others(actor: UUID, candidacy_id: UUID) -> Candidacy:
    """An open candidacy, held for a curator to act on.

    Raises:
        NotFound, CandidacyEnded: see hold.
        NotImpartial: it is the curator's own.
    """
    held = await hold(candidacy_id)
    if held.freelancer_id == actor:
        raise NotImpartial
    return held


async def hold_own(me: UUID, candidacy_id: UUID) -> Candidacy:
    """The caller's own open candidacy, held.

    Raises:
        NotFound: it is not theirs.
        CandidacyEnded: see hold.
    """
    if not await db.scalar("SELECT true FROM candidacy WHERE id = $1 AND freelancer_id = $2", candidacy_id, me):
        raise NotFound
    return await hold(candidacy_id)


async def hold_all_of(freelancer_id: UUID) -> list[Candidacy]:
    """The open candidacies of a person, and for each direction without one the newest that was refused or lapsed, held in one order."""
    found = [Candidacy.read(row) for row in await db.rows(FOUND.format(where="c.freelancer_id = $1"), freelancer_id)]
    newest = {one.direction: one for one in found}  # ids grow with time
    return [one for one in newest.values() if one.state in ("open", "refused", "lapsed")]


async def begin(
    freelancer_id: UUID,
    direction: str,
    published: documents.Published,
    form_id: UUID,
    language: str,
    answers: Mapping[str, Any],
    email: str | None,
) -> UUID | None:
    """Open a candidacy by the way in as published now; returns its id, None if the person has one open or was admitted.

    `email`: where a stranger wants to be reached (None: their account's).
    """
    way_in = published.spec
    assert isinstance(way_in, WayIn)
    text = orjson.dumps(dict(answers)).decode()
    days = way_in.days(Stage.APPLICATION)
    made: UUID | None = await db.scalar(OPEN, freelancer_id, direction, published.id, form_id, language, text, days, email)
    if made is not None:
        opened = await hold(made)
        await _tell(opened, "entered", opened.say(words.APPLIED), freelancer_id)
        await trail.record(freelancer_id, "candidacy.opened", SUBJECT, made, direction=direction)
    return made


async def advance(
    held: Candidacy, reason: str | Said, actor: UUID | None = None, detail: Mapping[str, Any] | None = None
) -> None:
    """The stage is passed: on to the next one, past those that what is known of the person passes already."""
    await _event(held, "passed", reason, actor, detail)
    await trail.record(actor, "candidacy.passed", SUBJECT, held.id, reason=str(reason), stage=str(held.stage))
    following = held.way_in.after(held.stage)
    if following is None:
        await _end(held, "admitted")
        await _notify(held, "admitted", reason, f"admitted:{held.id}")
        return
    entered = await _turn(held, following, "entered", None, None)
    if await facts.satisfy(following, held.id, held.freelancer_id, held.way_in):
        await advance(entered, entered.say(words.BEFORE))
    elif following is Stage.LIVE:
        await _ask_for(entered)


async def _ask_for(held: Candidacy) -> None:
    """Who has come to the last stage asks to be admitted by that: from now on it is measured how long the decision takes.

    Not where nothing is published for it, or they ask for it already.
    """
    with contextlib.suppress(NotFound, HeldAlready, AdmissionAsked):
        await requests.ask(held.freelancer_id, Wanted(held.way_in.qualification or held.direction))


async def admit(held: Candidacy) -> None:
    """The person was admitted to the direction, whatever the stage: the way in has reached its end."""
    await _event(held, "passed", held.say(words.ADMITTED), None)
    await _end(held, "admitted")
    await _notify(held, "admitted", held.say(words.ADMITTED), f"admitted:{held.id}")
    await trail.record(None, "candidacy.admitted", SUBJECT, held.id, stage=str(held.stage))


async def wait_for(held: Candidacy, turn: str, reason: Said, actor: UUID | None, *, since: datetime | None = None) -> Candidacy:
    """Within the stage it is now somebody's turn: the deadline is theirs, and counts from now or from `since` if that is later."""
    return await _turn(held, held.stage, "waits", actor, reason, turn=turn, since=since)


async def refuse(
    held: Candidacy,
    reason: str | Said,
    actor: UUID | None = None,
    *,
    involved: Iterable[UUID] = (),
    detail: Mapping[str, Any] | None = None,
    appealable: bool = True,
) -> None:
    """The stage is not passed: the candidacy ends with reasons, and the person may object (unless another part noted the decision)."""
    await _finish(held, "refused", reason, actor, involved, detail, appealable=appealable)


async def lapse(held: Candidacy) -> None:
    """The candidate's deadline has passed."""
    await _finish(held, "lapsed", held.say(words.LAPSED, due=held.due_at), None, (), None, appealable=True)


async def withdraw(held: Candidacy, reason: str) -> None:
    """The candidate does not want to go on."""
    await _event(held, "withdrawn", reason, held.freelancer_id)
    await _end(held, "withdrawn")
    await trail.record(held.freelancer_id, "candidacy.withdrawn", SUBJECT, held.id, stage=str(held.stage))


async def failed(held: Candidacy, reason: Said) -> None:
    """An attempt failed and others are left: the stage and its deadline stay."""
    event_id = await _event(held, "failed", reason, None, due_at=held.due_at)
    await _notify(held, "failed", together([reason, held.say(words.DEADLINE, due=held.due_at)]), str(event_id))


async def late(held: Candidacy) -> None:
    """Our deadline has passed: the candidate is told, and curators and administrators are, once a turn."""
    await db.execute("UPDATE candidacy SET escalated_at = clock_timestamp() WHERE id = $1", held.id)
    delayed = held.say(words.LATE, due=held.due_at)
    event_id = await _event(held, "late", delayed, None, due_at=held.due_at)
    await _notify(held, "late", delayed, str(event_id))
    title = held.say(Said("%(direction)s: the stage “%(stage)s” is overdue"))
    body = Said(
        "A candidate has been waiting for us since %(since)s; the deadline was %(due)s.", since=held.turn_at, due=held.due_at
    )
    await notices.send(await people(STAFF), "candidacy.overdue", title, body, link=f"/candidacies/{held.id}", key=str(event_id))


async def extend(held: Candidacy, days: int, reason: str, actor: UUID) -> None:
    """Whoever's turn it is has more days from now, or from the deadline if that is later."""
    due_at = await db.scalar(
        """UPDATE candidacy SET due_at = greatest(clock_timestamp(), due_at) + make_interval(days => $2), reminders = 0,
                  escalated_at = NULL WHERE id = $1 RETURNING due_at""",
        held.id,
        days,
    )
    await _later(held, reason, due_at, actor)
    await trail.record(actor, "candidacy.extended", SUBJECT, held.id, reason=reason, days=days)


async def give_back(held: Candidacy, waited: timedelta) -> None:
    """Homework has waited for our checks for so long in this turn: what of it was not given back yet is added to the deadline."""
    due_at = await db.scalar(
        """UPDATE candidacy SET due_at = greatest(due_at + ($2 - given_back), clock_timestamp() + interval '1 day'), given_back = $2
           WHERE id = $1 AND turn = 'candidate' AND given_back < $2 RETURNING due_at""",
        held.id,
        waited,
    )
    if due_at is not None:
        await _later(held, held.say(words.GIVEN_BACK), due_at)


async def not_before(held: Candidacy, from_: datetime) -> None:
    """What the candidate is to do may be begun at a moment: the deadline is some days after it at least."""
    due_at = await db.scalar(
        """UPDATE candidacy SET due_at = $2::timestamptz + make_interval(days => $3)
           WHERE id = $1 AND due_at < $2::timestamptz + make_interval(days => $3) RETURNING due_at""",
        held.id,
        from_,
        DAYS_TO_BEGIN,
    )
    if due_at is not None:
        await _later(held, held.say(words.RETAKE, at=from_), due_at)


async def _later(held: Candidacy, reason: str | Said, due_at: datetime, actor: UUID | None = None) -> None:
    """Record a later deadline, and say so to the candidate."""
    event_id = await _event(held, "extended", reason, actor, due_at=due_at)
    await _notify(held, "extended", together([reason, held.say(words.DEADLINE, due=due_at)]), str(event_id))


async def reopen(held: Candidacy, reason: Said) -> Candidacy | None:
    """What ended the candidacy was overruled: the stage begins anew. None if the person has another way into the direction by now."""
    other = "SELECT true FROM candidacy WHERE freelancer_id = $1 AND direction = $2 AND state IN ('open', 'admitted')"
    if held.state not in ("refused", "lapsed") or await db.scalar(other, held.freelancer_id, held.direction):
        return None
    await trail.record(None, "candidacy.reopened", SUBJECT, held.id, stage=str(held.stage))
    return await _turn(held, held.stage, "reopened", None, reason)


async def remind(held: Candidacy, count: int) -> None:
    """Tell the candidate what waits for them. `count`: how many reminders are due by now; one notice stands for all of them."""
    await db.execute("UPDATE candidacy SET reminders = $2 WHERE id = $1", held.id, count)
    body = held.say(words.REMINDER, next=words.NEXT[held.stage, held.turn], due=held.due_at)
    await _notify(held, "reminder", body, f"{held.id}:{held.turn_at.isoformat()}:{count}")


async def curators() -> list[UUID]:
    """All active curators."""
    return await people(CURATORS)


async def people(which: str) -> list[UUID]:
    """The accounts that a statement finds."""
    return [row["id"] for row in await db.rows(which)]


async def _turn(
    held: Candidacy,
    stage: Stage,
    outcome: str,
    actor: UUID | None,
    reason: Said | None,
    *,
    turn: str | None = None,
    since: datetime | None = None,
) -> Candidacy:
    fresh = turn is None
    whose = turn or words.first_turn(stage)
    await db.execute(TURN, held.id, str(stage), whose, held.way_in.days(stage), since, fresh)
    if fresh:
        await _end_interview(held)
        if stage == Stage.INTERVIEW:
            guide_id = await documents.kept("guide", held.direction)
            await db.execute("INSERT INTO interview (candidacy_id, guide_id) VALUES ($1, $2)", held.id, guide_id)
    now = await hold(held.id)
    await _tell(now, outcome, reason, actor)
    return now


async def _tell(held: Candidacy, outcome: str, reason: Said | None, actor: UUID | None) -> None:
    """Record whose turn it is and until when, and say so to the candidate with what is asked next."""
    event_id = await _event(held, outcome, reason or "", actor, due_at=held.due_at)
    until = words.DEADLINE if held.turn == words.CANDIDATE else words.OUR_DEADLINE
    following = [words.NEXT[held.stage, held.turn], held.say(until, due=held.due_at)]
    await _notify(held, outcome, together([reason, *following] if reason else following), str(event_id))


async def _finish(
    held: Candidacy,
    outcome: str,
    reason: str | Said,
    actor: UUID | None,
    involved: Iterable[UUID],
    detail: Mapping[str, Any] | None,
    *,
    appealable: bool,
) -> None:
    event_id = await _event(held, outcome, reason, actor, detail)
    await _end(held, outcome)
    body = reason
    if appealable:
        lines = [_line(row) for row in await db.rows(HISTORY, held.id)]
        until = await objections.note(
            SUBJECT,
            event_id,
            held.freelancer_id,
            words=reason,
            evidence={"candidacy": str(held.id), "stage": words.NAMES[held.stage], "history": lines},
            involved={*involved, *([actor] if actor is not None else [])},
            within=timedelta(days=held.way_in.appeal_days),
        )
        body = together([reason, held.say(words.APPEAL, due=until)])
    await _notify(held, outcome, body, str(event_id))
    await trail.record(actor, f"candidacy.{outcome}", SUBJECT, held.id, reason=str(reason), stage=str(held.stage))


def _line(event: Mapping[str, Any]) -> Said:
    """Something that happened, for who settles an objection."""
    (reason,) = orjson.loads(event["said"]) if event["said"] else [event["reason"]]
    return Said(
        "%(at)s: %(stage)s, %(outcome)s. %(reason)s",
        at=event["at"],
        stage=words.NAMES[Stage(event["stage"])],
        outcome=words.OUTCOMES[event["outcome"]],
        reason=unpacked(reason),
    )


async def _end(held: Candidacy, state: str) -> None:
    await db.execute("UPDATE candidacy SET state = $2, ended_at = clock_timestamp() WHERE id = $1", held.id, state)
    await _end_interview(held)


async def _end_interview(held: Candidacy) -> None:
    await db.execute("UPDATE interview SET ended_at = clock_timestamp() WHERE candidacy_id = $1 AND ended_at IS NULL", held.id)


async def _event(
    held: Candidacy,
    outcome: str,
    reason: str | Said,
    actor: UUID | None,
    detail: Mapping[str, Any] | None = None,
    due_at: datetime | None = None,
) -> UUID:
    text = orjson.dumps(dict(detail or {})).decode()
    said = orjson.dumps(packed(reason)).decode() if isinstance(reason, Said) else None
    return UUID(str(await db.scalar(EVENT, held.id, str(held.stage), outcome, str(reason), text, actor, due_at, said)))


async def _notify(held: Candidacy, what: str, body: str | Said, key: str) -> None:
    title = held.say(words.TITLES[what])
    await notices.send([held.freelancer_id], f"candidacy.{what}", title, body, link=LINK, key=key)
