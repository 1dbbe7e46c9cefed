"""Golden tasks cannot be told from others: not by keys, ids, sizes, order, positions or times of 10,000 responses."""

import random
import time
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from piecework.platform import db
from piecework.platform.identity import accounts
from piecework.quality.grading import truths
from piecework.quality.grading.truths import Known, Source
from piecework.tasks import attention
from tests.quality.golden.tells import Seen, found_out, suspects
from tests.world import Person, World, choice_step

RESPONSES = 10_000
PEOPLE = 200
GOLDEN_OF_EACH_KIND = 500
"""Enough to last: were they used up before the end, whatever tells the time would tell golden tasks."""
WORDS = [
    "order",
    "taxi",
    "driver",
    "late",
    "refund",
    "card",
    "app",
    "route",
    "change",
    "cancel",
    "bag",
    "lost",
    "price",
    "double",
    "charge",
    "help",
    "please",
    "again",
]
YES_NO = {"name": "spam", "type": "yes_no", "title": "Spam?"}


class Attacker:
    """Works through the API as many people and keeps all that each is told."""

    def __init__(self, people: list[Person], chance: random.Random) -> None:
        self.people = people
        self.chance = chance
        self.told: list[list[Seen]] = [[] for _ in people]

    async def work(self, wanted: int) -> list[Seen]:
        """Everybody gets `wanted` tasks, in no order: one at a time, five at a time, the next one with a submit."""
        left = list(range(len(self.people)))
        while left:
            number = self.chance.choice(left)
            mine = self.told[number]
            how = self.chance.random()
            if how < 0.35 or not mine:
                mine += await self.claim(number, 1)
            elif how < 0.6:
                mine += await self.claim(number, min(5, wanted - len(mine)))
            else:
                mine += await self.submit(number, next(one for one in mine if not one.submit_s))
            if len(mine) == wanted:
                left.remove(number)
        for person, mine in zip(self.people, self.told, strict=True):
            await self.look_back(person, mine)
        return [one for mine in self.told for one in mine]

    async def claim(self, number: int, count: int) -> list[Seen]:
        order = len(self.told[number])
        began = time.perf_counter()
        got = await self.people[number].claim(count)
        took = time.perf_counter() - began
        assert len(got) == count
        return [Seen(number, order + i, body, i, count, took) for i, body in enumerate(got)]

    async def submit(self, number: int, done: Seen) -> list[Seen]:
        order = len(self.told[number])
        answer = {"topic": self.chance.choice("abc"), "spam": self.chance.random() < 0.5}
        began = time.perf_counter()
        reply = await self.people[number].answer(done.body, answer, next={"count": 1})
        done.submit_s = took = time.perf_counter() - began
        body = reply.json()
        return [Seen(number, order, one, 0, 1, took, before=body["submitted_at"]) for one in body["next"]]

    async def look_back(self, person: Person, mine: list[Seen]) -> None:
        """The history, newest first, and what is held."""
        history = await person.ok("GET", "/me/assignments?limit=200")
        oldest_first = {row["id"]: (len(mine) - 1 - i, row) for i, row in enumerate(history["items"])}
        held = {row["id"]: (i, row) for i, row in enumerate((await person.ok("GET", "/assignments"))["assignments"])}
        place_held = {one.body["id"]: i for i, one in enumerate(one for one in mine if one.body["id"] in held)}
        for one in mine:
            place, row = oldest_first[one.body["id"]]
            at, again = held.get(one.body["id"], (0, one.body))
            told = {name: value for name, value in again.items() if name not in ("id", "expires_at")}
            same_place = place_held.get(one.body["id"], 0)
            one.history = [(place, {n: row[n] for n in ("price", "claimed_at", "project", "step_id", "currency")}),
                           (one.order + at - same_place, told)]  # fmt: skip


def a_text(chance: random.Random) -> str:
    return " ".join(chance.choices(WORDS, k=chance.randint(4, 40)))


async def stage(world: World, chance: random.Random) -> list[Person]:
    """A project whose tickets came one by one, golden tasks of both origins, and people at whose work is looked more or less."""
    options = choice_step()["answer"]
    await world.project(choice_step(answer=[*options, YES_NO]), control_rate=0.2)
    now = datetime.now(UTC)
    count = GOLDEN_OF_EACH_KIND + RESPONSES // 3 + 200
    due = sorted(chance.uniform(3_600, 86_400 * 3) for _ in range(count))
    await send(world, [a_text(chance) for _ in due], [now + timedelta(seconds=s) for s in due])
    await promoted(world, chance)
    items = [
        {"input": {"text": a_text(chance)}, "difficulty": chance.choice(["easy", "medium", "hard"]),
         "answers": [{"answer": {"topic": chance.choice("abc"), "spam": chance.random() < 0.5}}]}
        for _ in range(GOLDEN_OF_EACH_KIND)
    ]  # fmt: skip
    await world.curator.ok("POST", "/projects/orders/golden/import", {"step": "classify", "items": items})
    people = []
    for identifier in await world.crowd(PEOPLE):
        async with db.transaction():
            _, secret = await accounts.create_token(None, identifier, name="tests", scopes=["*"])
        people.append(Person(world, identifier, secret))
        step_id = await db.scalar("SELECT id FROM step")
        if chance.random() < 0.7:
            trusted = chance.random() < 0.5
            await attention.watch([(identifier, step_id, 0.04 if trusted else 0.4, trusted)])
    return people


async def send(world: World, texts: list[str], due: list[datetime]) -> None:
    for first in range(0, len(texts), 500):
        sent = [
            {"external_id": f"T{first + i}", "channel": "chat", "language": "en", "text": text, "deadline_at": at.isoformat()}
            for i, (text, at) in enumerate(zip(texts[first : first + 500], due[first : first + 500], strict=True))
        ]
        await world.requester.ok("POST", "/projects/orders/tickets", {"source": "tests", "tickets": sent})
    await world.drain()


async def promoted(world: World, chance: random.Random) -> None:
    """Golden tasks from real ones: some tickets are as if they had been done and audited."""
    done = [row["id"] for row in await db.rows("SELECT id FROM task ORDER BY random() LIMIT $1", GOLDEN_OF_EACH_KIND)]
    await db.execute("DELETE FROM slot WHERE task_id = ANY ($1)", done)
    await db.execute("UPDATE task SET state = 'resolved', resolved_at = now() WHERE id = ANY ($1)", done)
    await db.execute(
        "UPDATE ticket SET state = 'resolved', resolved_at = now() WHERE id IN (SELECT ticket_id FROM task WHERE id = ANY ($1))",
        done,
    )
    for task_id in done:
        known = Known({"topic": chance.choice("abc"), "spam": chance.random() < 0.5})
        async with db.transaction():
            await truths.state(task_id, [known], Source.AUDIT, None, "seen")
        await world.curator.ok("POST", "/projects/orders/golden/promote", {"task_id": str(task_id)})


def with_a_tell(row: Seen, tell: str) -> Seen:
    """The response to a golden task, had it something of its own."""
    if tell == "version":
        task = uuid.UUID(int=uuid.UUID(row.body["task_id"]).int & ~(0xF << 76) | 7 << 76)
        return replace(row, body={**row.body, "task_id": str(task)})
    if tell == "deadline":
        at = datetime.fromisoformat(row.body["deadline_at"]) + timedelta(days=9)
        return replace(row, body={**row.body, "deadline_at": at.isoformat().replace("+00:00", "Z")})
    return replace(row, latency_s=row.latency_s + 0.05)


@pytest.mark.timeout(400)
async def test_a_classifier_of_all_that_is_visible_does_not_beat_chance_but_finds_a_planted_tell(world: World) -> None:
    chance = random.Random(7)
    people = await stage(world, chance)
    rows = await Attacker(people, chance).work(RESPONSES // PEOPLE)
    found = {row["id"] for row in await db.rows("SELECT id FROM task WHERE ticket_id IS NULL")}
    golden = [uuid.UUID(row.body["task_id"]) in found for row in rows]
    assert len(golden) == RESPONSES
    assert sum(golden) > RESPONSES / 10
    for what, (area, error) in found_out(rows, golden).items():
        assert area - 0.5 < 3 * error, (what, area, suspects(rows, golden))
    for tell in ("version", "deadline", "latency"):
        told = [with_a_tell(row, tell) if is_golden else row for row, is_golden in zip(rows, golden, strict=True)]
        worst = max(area for area, _ in found_out(told, golden).values())
        assert worst > 0.9, tell
