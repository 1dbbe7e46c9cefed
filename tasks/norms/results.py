"""Results of weeks: written once for each week, and again whenever a later fact speaks for the person; what follows from them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import orjson

from piecework.platform import db, notices
from piecework.platform.said import Said, Words, together
from piecework.tasks import objections
from piecework.tasks.norms import cases, weeks, words
from piecework.tasks.norms.facts import FACTS, Result
from piecework.tasks.norms.gathering import Gathered, Week, gather
from piecework.tasks.norms.rules import Reckoning, reckon

SUBJECT = "week"
APPEAL = timedelta(days=7)
"""How long a missed week may be appealed."""
BETTER = {Result.MISSED: 0, Result.EXCUSED: 1, Result.MET: 2}

WRITE = """
INSERT INTO week_result (freelancer_id, starts_at, revision, result, basis, norm, leave, outages, gaps, effective, done, handed_out, take_up,
                         second_chance, policy, facts, lines, as_of)
SELECT n.person, n.starts, n.revision, n.result, $1, n.norm, n.leave, n.outages, n.gaps, n.effective, n.done, n.handed_out, n.take_up,
       n.second_chance, n.policy, n.facts::jsonb, n.lines::jsonb, n.as_of
FROM unnest($2::uuid[], $3::timestamptz[], $4::int[], $5::text[], $6::int[], $7::int[], $8::int[], $9::int[], $10::int[], $11::int[], $12::int[],
            $13::int[], $14::bool[], $15::int[], $16::text[], $17::text[], $18::timestamptz[])
    AS n (person, starts, revision, result, norm, leave, outages, gaps, effective, done, handed_out, take_up, second_chance, policy, facts,
          lines, as_of)
ORDER BY n.person, n.starts
ON CONFLICT DO NOTHING RETURNING freelancer_id"""

# Later facts: an answer of the week that was refused first and accepted after all, leave that was told or confirmed, an outage that was
# told, each after what was looked at last, and long enough ago ($2) that a look now is of all that was told by then.
LATER = """
WITH told AS (
    SELECT k.freelancer_id, k.starts_at, d.decided_at AS at
    FROM decision d JOIN assignment a ON a.id = d.assignment_id
    JOIN week k ON k.freelancer_id = a.freelancer_id AND k.starts_at <= a.ended_at AND k.ends_at > a.ended_at
    WHERE d.revision > 1 AND d.decided_at > clock_timestamp() - $1::interval AND d.state = 'accepted'
    UNION ALL
    SELECT k.freelancer_id, k.starts_at, o.known_at
    FROM leave l JOIN week k ON k.freelancer_id = l.freelancer_id AND k.starts_at < l.ends_at AND k.ends_at > l.starts_at
    CROSS JOIN LATERAL leave_of(k.freelancer_id, k.starts_at, k.ends_at) o
    WHERE coalesce(l.decided_at, l.told_at) > clock_timestamp() - $1::interval AND o.id = l.id
    UNION ALL
    SELECT k.freelancer_id, k.starts_at, o.recorded_at FROM outage o JOIN week k ON k.starts_at < o.ends_at AND k.ends_at > o.starts_at
    WHERE o.recorded_at > clock_timestamp() - $1::interval)
SELECT t.freelancer_id, min(t.starts_at) AS since FROM told t JOIN week_newest r USING (freelancer_id, starts_at)
LEFT JOIN week_look l USING (freelancer_id, starts_at)
WHERE t.at > greatest(r.as_of, l.as_of) AND t.at <= clock_timestamp() - $2::interval GROUP BY t.freelancer_id ORDER BY t.freelancer_id"""
LOOKED = """
INSERT INTO week_look (freelancer_id, starts_at, as_of) VALUES ($1, $2, $3)
ON CONFLICT (freelancer_id, starts_at) DO UPDATE SET as_of = greatest(week_look.as_of, excluded.as_of)"""

CLOSED_SINCE = """
SELECT w.freelancer_id, w.id, w.starts_at, w.ends_at, w.zone, clock_timestamp() - $3::interval AS by FROM week w
WHERE w.freelancer_id = $1 AND w.starts_at >= $2
  AND EXISTS (SELECT FROM week_result r WHERE r.freelancer_id = w.freelancer_id AND r.starts_at = w.starts_at)
ORDER BY w.starts_at"""
NEWEST = "SELECT revision, result, basis, effective, done, facts::text AS facts FROM week_newest WHERE freelancer_id = $1 AND starts_at = $2"
EXCUSE = """
INSERT INTO week_result (freelancer_id, starts_at, revision, result, basis, norm, leave, outages, gaps, effective, done, handed_out, take_up,
                         second_chance, policy, facts, lines, as_of)
SELECT r.freelancer_id, r.starts_at, r.revision + 1, 'excused', 'appeal', r.norm, r.leave, r.outages, r.gaps, r.effective, r.done, r.handed_out,
       r.take_up, false, r.policy, r.facts, r.lines, r.as_of
FROM week_newest r JOIN week w USING (freelancer_id, starts_at) WHERE w.id = $1 AND r.result = 'missed'
RETURNING starts_at"""

REMEMBER = timedelta(days=120)
"""How long something that was told of a closed week is looked for: no job is late for longer."""


@dataclass(frozen=True, slots=True)
class Reckoned:
    """A week with its facts and what they come to."""

    of: Gathered
    reckoning: Reckoning
    revision: int = 1

    @property
    def week(self) -> Week:
        """Whose and when."""
        return self.of.week


async def close(people: Sequence[UUID], at: datetime | None = None) -> int:
    """Make these people's weeks and close each that is over and settled, one after the other; returns how many results are new.

    `at` is now by the database's clock, unless somebody plays back what happened.

    Guaranteed: one first result for each week, whoever else closes it at the same time; it is reckoned from what was known when the
    week had settled, however late that is done.
    """
    at = at or await db.scalar("SELECT clock_timestamp()")
    await weeks.make(people, at)
    made = 0
    while due := await weeks.oldest_open(people, at):
        made += await _write([Reckoned(one, reckon(one.facts)) for one in await gather(due)], "closed")
    return made


async def told_later() -> dict[UUID, datetime]:
    """Of whose closed weeks something was told since, and the oldest such week."""
    return {row["freelancer_id"]: row["since"] for row in await db.rows(LATER, REMEMBER, weeks.GRACE)}


async def revise(freelancer_id: UUID, since: datetime) -> int:
    """Reckon a person's closed weeks from one on again with what is known now; returns how many have a better result for them.

    Those after it too: a week that was met after all may give a later one its second chance. Gaps stay as they were found at the closing:
    nothing is told of them later. What an appeal has excused stays excused, and has its better figures.
    """
    await _alone(freelancer_id)
    made = 0
    for row in await db.rows(CLOSED_SINCE, freelancer_id, since, weeks.GRACE):
        (found,) = await gather([Week(**row)])
        await db.execute(LOOKED, freelancer_id, row["starts_at"], row["by"])
        newest = await db.row(NEWEST, freelancer_id, row["starts_at"])
        assert newest is not None
        known = replace(found, facts=replace(found.facts, gaps=FACTS.validate_json(newest["facts"]).gaps))
        reckoning, basis = reckon(known.facts), "known_later"
        before, now = BETTER[Result(newest["result"])], BETTER[reckoning.result]
        if now < before and newest["basis"] == "appeal":
            reckoning, basis, now = replace(reckoning, result=Result(newest["result"])), "appeal", before
        if now > before or (now == before and (reckoning.done > newest["done"] or reckoning.effective < newest["effective"])):
            made += await _write([Reckoned(known, reckoning, newest["revision"] + 1)], basis)
    return made


async def excuse(week_id: UUID) -> None:
    """An arbiter has upheld the appeal against a missed week: it is excused, which may give a later one its second chance.

    Nothing happens to one that is not missed any more.
    """
    freelancer_id: UUID = await db.scalar("SELECT freelancer_id FROM week WHERE id = $1", week_id)
    await _alone(freelancer_id)
    starts: datetime | None = await db.scalar(EXCUSE, week_id)
    if starts is not None:
        await _tell(
            freelancer_id,
            "week.excused",
            Said("Your appeal was upheld: the week is excused"),
            Said("It counts as excused."),
            starts,
        )
        await cases.drop_cleared([freelancer_id])
        await revise(freelancer_id, starts)


async def _alone(freelancer_id: UUID) -> None:
    """Until the transaction ends nobody else makes a next revision of this person's weeks: of two that meet one would be lost."""
    await db.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"weeks:{freelancer_id}")


async def _write(found: Sequence[Reckoned], basis: str) -> int:
    columns = [
        (
            one.week.freelancer_id,
            one.week.starts_at,
            one.revision,
            str(r.result),
            r.norm,
            r.leave,
            r.outages,
            r.gaps,
            r.effective,
            r.done,
            one.of.handed_out,
            r.take_up,
            r.second_chance,
            one.of.policy,
            FACTS.dump_json(one.of.facts).decode(),
            orjson.dumps(r.lines).decode(),
            one.week.by,
        )
        for one in found
        for r in (one.reckoning,)
    ]
    new = {row["freelancer_id"] for row in await db.rows(WRITE, basis, *(list(column) for column in zip(*columns, strict=True)))}
    written = [one for one in found if one.week.freelancer_id in new]
    if basis == "closed":
        await _announce(written)
    else:
        for one in written:
            await _announce_better(one)
    return len(written)


async def _announce(closed: Sequence[Reckoned]) -> None:
    """Tell everybody what came of their week; a missed one warns, may be appealed, and may make a case with others."""
    met = [one.week.freelancer_id for one in closed if one.reckoning.result is Result.MET and not one.reckoning.second_chance]
    # One wording for all of them: they are most people, and their figures are in GET /me/weeks.
    for starts in sorted({one.week.starts_at for one in closed if one.week.freelancer_id in set(met)}):
        people = [one.week.freelancer_id for one in closed if one.week.starts_at == starts and one.reckoning.result is Result.MET]
        await notices.send(
            set(people) & set(met), "week.met", Said("Your week is met"), words.MET, link="/me/weeks", key=starts.isoformat()
        )
    for one in closed:
        told = words.of(one.of.facts, one.reckoning)
        if one.reckoning.result is Result.MISSED:
            await objections.note(
                SUBJECT,
                one.week.id,
                one.week.freelancer_id,
                words=together(told),
                evidence={"reckoning": words.lines(one.reckoning)},
                involved=(),
                within=APPEAL,
            )
            await _tell(
                one.week.freelancer_id,
                "week.missed",
                Said("Your week was missed: a warning"),
                [*told, "", words.APPEAL],
                one.week.starts_at,
            )
        elif one.reckoning.second_chance:
            await _tell(
                one.week.freelancer_id, "week.met", Said("Your week counts as met: a second chance"), told, one.week.starts_at
            )
        elif one.reckoning.result is Result.EXCUSED:
            await _tell(one.week.freelancer_id, "week.excused", Said("Your week is excused"), told, one.week.starts_at)
    await cases.propose([one.week.freelancer_id for one in closed if one.reckoning.result is Result.MISSED])


async def _announce_better(one: Reckoned) -> None:
    """A better result: what was objected to is gone, if it is not missed any more."""
    told = words.of(one.of.facts, one.reckoning)
    if one.reckoning.result is not Result.MISSED:
        # The case first, as whoever decides one takes its row before those of the objections.
        await cases.drop_cleared([one.week.freelancer_id])
        await objections.withdraw(SUBJECT, one.week.id)
    key = f"{one.week.starts_at.isoformat()}:{one.revision}"
    await notices.send(
        [one.week.freelancer_id], "week.revised", Said("Your week was reckoned again"), told, link="/me/weeks", key=key
    )


async def _tell(person: UUID, kind: str, title: Said, body: Words, starts: datetime) -> None:
    await notices.send([person], kind, title, body, link="/me/weeks", key=starts.isoformat())
