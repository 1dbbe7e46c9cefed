"""What gaps and hand-outs come to, from the rows in which they are recorded: among them every way to ask without working."""

from uuid import UUID

import orjson
import pytest

from piecework.platform import db
from piecework.tasks.norms.facts import FACTS, Facts
from tests.tasks.norms.past import HOUR, MINUTE, Past


async def facts(past: Past, person: UUID) -> Facts:
    """What that week's result was reckoned from."""
    await past.close(person)
    known = await db.scalar(
        "SELECT facts::text FROM week_newest WHERE freelancer_id = $1 AND starts_at = $2", person, past.monday
    )
    return FACTS.validate_json(known)


async def gaps(past: Past, person: UUID) -> list[tuple[str, str, int]]:
    """Ending, note and counted seconds of each gap of the week."""
    await past.close(person)
    row = await past.last(person)
    lines = [line for line in orjson.loads(row["lines"]) if line["kind"] == "gap"]
    known = FACTS.validate_json(row["facts"])
    return [(one.ending.value, line["note"], line["seconds"]) for one, line in zip(known.gaps, lines, strict=True)]


async def asker(past: Past, answers: int = 20) -> UUID:
    """Somebody who did a task a minute on Monday morning."""
    anna = await past.person(since=past.monday)
    await past.pulse(past.at(1), past.at(8) + HOUR)
    await past.answers(anna, answers, past.at(1, "06:00"))
    return anna


class TestEndings:
    async def test_ended_by_work(self, past: Past) -> None:
        anna = await asker(past)
        await past.gap(anna, past.at(2, "10:00"), past.at(2, "10:30"))
        assert await gaps(past, anna) == [("work", "", 1800)]

    async def test_left_while_nothing_came(self, past: Past) -> None:
        anna = await asker(past)
        await past.gap(anna, past.at(2, "10:00"), past.at(2, "10:30"), "left")
        assert await gaps(past, anna) == [("left", "", 1800)]

    async def test_an_open_one_ended_with_its_last_ask(self, past: Past) -> None:
        anna = await asker(past)
        await past.gap(anna, past.at(2, "10:00"), past.at(2, "10:30"), None)
        assert await gaps(past, anna) == [("left", "", 1800)]

    async def test_one_that_goes_on_over_the_weeks_end_is_cut_there(self, past: Past) -> None:
        anna = await asker(past)
        await past.gap(anna, past.at(7, "23:30"), past.at(8, "00:30"), "refused")
        assert await gaps(past, anna) == [("week", "", 1800)]

    async def test_one_that_began_before_the_week_counts_from_its_start(self, past: Past) -> None:
        anna = await past.person()
        await past.answers(anna, 20, past.at(0, "06:00"))
        await past.pulse(past.at(-1), past.at(8) + HOUR)
        await past.gap(anna, past.at(0, "23:00"), past.at(1, "00:30"))
        assert await gaps(past, anna) == [("work", "", 1800)]


class TestCheats:
    async def test_who_was_shown_work_and_did_not_claim_it(self, past: Past) -> None:
        anna = await asker(past)
        await past.gap(anna, past.at(2, "10:00"), past.at(2, "10:30"), None, seen_at=past.at(2, "10:20"))
        assert await gaps(past, anna) == [("refused", "refused", 0)]

    @pytest.mark.parametrize(
        ("minute", "line", "note"),
        [
            ("10:31", 1, "work_came"),
            ("10:40", 1, "work_came"),
            ("10:41", 1, ""),  # more than ten minutes after the last ask
            ("10:30", 1, ""),  # it stood there at the last ask, which found nothing for them
            ("10:35", 2, ""),  # not for their line
        ],
    )
    async def test_who_stops_asking_when_work_comes(self, past: Past, minute: str, line: int, note: str) -> None:
        anna = await asker(past)
        await past.gap(anna, past.at(2, "10:00"), past.at(2, "10:30"), "left")
        await past.open_then(past.at(2, minute), 5, line=line)
        assert [one[1] for one in await gaps(past, anna)] == [note]

    async def test_what_one_has_had_already_is_not_work_that_came(self, past: Past) -> None:
        anna = await asker(past)
        await past.gap(anna, past.at(2, "10:00"), past.at(2, "10:30"), "left")
        for minute in range(25, 45):
            await past.open_then(past.at(2, f"10:{minute}"), 3)
        assert await gaps(past, anna) == [("left", "", 1800)]

    async def test_what_is_not_for_them_is_not_work_that_came(self, past: Past) -> None:
        anna, boris, clara = await asker(past), await asker(past), await asker(past)
        await past.owner.execute("UPDATE qualification SET languages = '{ru}' WHERE freelancer_id = $1", anna)
        await past.owner.execute("UPDATE qualification SET revoked_at = $2 WHERE freelancer_id = $1", boris, past.at(2, "10:32"))
        await past.write("restriction", freelancer_id=clara, kind="block", reason="seen by somebody", imposed_by=past.world.curator.id,
                         starts_at=past.at(2, "10:31"), ends_at=past.at(9))  # fmt: skip
        for one in (anna, boris, clara):
            await past.gap(one, past.at(2, "10:00"), past.at(2, "10:30"), "left")
        await past.open_then(past.at(2, "10:35"), 5)
        assert [await gaps(past, one) for one in (anna, boris, clara)] == [[("left", "", 1800)]] * 3

    async def test_who_lets_expire_what_ended_the_gap(self, past: Past) -> None:
        anna = await asker(past)
        await past.gap(anna, past.at(2, "10:00"), past.at(2, "10:30"))
        await past.answers(anna, 1, past.at(2, "10:30"), state="expired", took=1800)
        assert await gaps(past, anna) == [("work", "let_expire", 0)]

    async def test_who_gives_back_what_ended_the_gap_has_it_counted_in_the_share(self, past: Past) -> None:
        anna = await asker(past, answers=20)
        await past.gap(anna, past.at(2, "10:00"), past.at(2, "10:30"))
        await past.answers(anna, 13, past.at(2, "10:31"), state="released", took=1)
        await past.close(anna)
        row = await past.last(anna)
        assert (row["take_up"], row["gaps"], row["handed_out"]) == (6666, 20, 33)

    async def test_who_asks_while_holding_a_task(self, past: Past) -> None:
        anna = await asker(past)
        await past.answers(anna, 1, past.at(2, "10:05"), took=20 * 60)
        await past.gap(anna, past.at(2, "10:00"), past.at(2, "10:30"))
        assert await gaps(past, anna) == [("work", "", 600)]

    async def test_who_has_done_nothing_for_weeks(self, past: Past) -> None:
        anna = await past.person(since=past.monday)
        for day in range(1, 8):
            await past.gap(anna, past.at(day), past.at(day, "23:59"), "left")
        assert {one[1] for one in await gaps(past, anna)} == {"no_pace"}
        assert (await past.last(anna))["gaps"] == 0

    async def test_who_is_too_quick_by_sending_nonsense(self, past: Past) -> None:
        """It was rejected before the week's end, so it is neither done nor a pace."""
        anna = await past.person(since=past.monday)
        await past.answers(anna, 50, past.at(1, "06:00"), took=1, state="rejected")
        await past.gap(anna, past.at(2), past.at(2, "08:00"), "left")
        known = await facts(past, anna)
        assert (known.pace.ms, known.done.counted, known.worked_before, known.handed.submitted) == (None, 0, False, 0)
        assert (await past.last(anna))["gaps"] == 0


class TestBeginners:
    async def test_a_gap_that_ended_in_work_counts_at_the_steps_pace_as_it_was_then(self, past: Past) -> None:
        anna = await past.person(since=past.monday)
        await past.pulse(past.at(1), past.at(8) + HOUR)
        await past.gap(anna, past.at(2, "10:00"), past.at(2, "11:00"))
        await past.answers(anna, 3, past.at(2, "11:00"))
        await past.open_then(past.at(2, "11:01"), 4, median_ms=90_000)
        await past.open_then(past.at(2, "12:01"), 4, median_ms=1_000)
        assert await gaps(past, anna) == [("work", "", 3600)]
        assert (await past.last(anna))["gaps"] == 40


class TestSupply:
    async def test_a_sample_says_what_stands_open_once_a_minute(self, past: Past) -> None:
        await past.world.tickets(3)
        await past.world.drain_recurring("tasks.supply")
        await past.world.drain_recurring("tasks.supply")
        rows = await db.rows("SELECT * FROM supply")
        assert {(row["open"], row["language"], row["line"]) for row in rows} == {(3, "en", 1)}
        assert len(rows) == await db.scalar("SELECT count(*) FROM pulse")

    async def test_what_was_claimed_in_the_minute_before(self, past: Past) -> None:
        anna = await past.person()
        now = await db.scalar("SELECT date_trunc('minute', clock_timestamp())")
        for minute in (now - MINUTE, now):  # whichever minute it is when the sample is taken
            await past.answers(anna, 5, minute, took=5)
        await past.world.drain_recurring("tasks.supply")
        assert await db.scalar("SELECT sum(claimed) FROM supply WHERE minute = (SELECT max(minute) FROM pulse)") == 5
