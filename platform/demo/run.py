"""The demonstration from beginning to end."""

import asyncio
import csv
import shutil
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import httpx2
import orjson
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from piecework.platform import db, house, money, opened, up
from piecework.platform.composition import database_config, subscriptions
from piecework.platform.demo import facts as found_facts
from piecework.platform.demo import finance, weeks
from piecework.platform.demo.actors import Worker
from piecework.platform.demo.cast import ACTORS, PROJECTS, Script
from piecework.platform.demo.curators import AppealFacts, Curator, appeal, earned, standing, uphold
from piecework.platform.demo.facts import Facts
from piecework.platform.demo.stage import Stage, administrator
from piecework.platform.demo.summary import show
from piecework.platform.errors import SetupError
from piecework.platform.jobs import connect_subscriptions
from piecework.platform.settings import Settings
from piecework.platform.verify import verify

T = TypeVar("T")
Epilogue = Callable[[Stage, Settings], Awaitable[None]]
PATIENCE_S = 600.0
DUE_SOON = "SELECT count(*) FROM job WHERE key <> 'recurring' AND dead_at IS NULL AND run_at < now() + interval '2 minutes'"
"""Some verdicts are put off for days, as those on ordinary answers may be."""
WIDTH = 108
"""Columns that the tables need; a narrower terminal wraps them, which beats cutting names and amounts off."""


def run(out: Path, *, as_json: bool) -> bool:
    """Run the demonstration; true if every invariant held.

    The data stays in `out`/data (`piecework up --data` serves it). A run that was interrupted is taken up where it stopped; a
    finished one is begun anew.

    Raises:
        SetupError: a folder or server cannot be used, in one line.
    """
    started = time.monotonic()
    finished = out / "finished"
    try:
        out.mkdir(parents=True, exist_ok=True)
        if finished.exists():
            shutil.rmtree(out / "data", ignore_errors=True)
            finished.unlink()
    except OSError as error:
        raise SetupError(f"Cannot write to {out}: {error.strerror}. Choose another folder with --out.") from error
    console = Console(stderr=as_json, highlight=False)
    console.width = max(console.width, WIDTH)
    settings = Settings(data=out / "data", host="127.0.0.1", port=0, log_level="ERROR")
    facts = play(settings.model_copy(update={"database_url": None, "redis_url": None}), out, console)
    facts.seconds = round(time.monotonic() - started, 1)
    show(console, facts, out)
    if facts.ok:
        finished.write_text("The data of a finished demonstration; the next one begins anew.\n")
    if as_json:
        sys.stdout.write(orjson.dumps(facts.as_json()).decode() + "\n")
    return facts.ok


def play(settings: Settings, out: Path, console: Console, then: Epilogue | None = None) -> Facts:
    """Play everything that has not been played yet, with a web process and a worker of its own; reports go to `out`.

    What comes `then` is done on the same stage, after everything was checked.

    Raises:
        SetupError: a server cannot be used, in one line.
    """
    with _bars(console) as bars:
        starting = bars.add_task("Starting PostgreSQL and Valkey", total=1)
        with opened.with_servers(settings) as complete:
            bars.advance(starting)
            return asyncio.run(_play(complete, out, bars, then))


def _bars(console: Console) -> Progress:
    columns = (SpinnerColumn(), TextColumn("{task.description:<46}"), BarColumn(30), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console)


async def _play(settings: Settings, out: Path, bars: Progress, then: Epilogue | None) -> Facts:
    assert settings.database_url
    await opened.prepare(settings)
    connect_subscriptions(subscriptions())
    facts = Facts()
    async with (
        db.connected(database_config(settings.database_url)),
        house.opened(settings, house.listen(settings.host, settings.port)) as running,
        httpx2.AsyncClient(base_url=running.url, timeout=30, limits=httpx2.Limits(max_connections=50)) as http,
    ):
        await up.answers(running)
        playing = asyncio.create_task(_acts(facts, Stage(http, await administrator(http)), settings, out, bars, then))
        failing = asyncio.create_task(running.failed.wait())
        await asyncio.wait([playing, failing], return_when=asyncio.FIRST_COMPLETED)
        failing.cancel()
        if not playing.done():
            playing.cancel()
            raise SetupError(running.failure or "A process failed.")
        await playing
    return facts


async def _acts(facts: Facts, stage: Stage, settings: Settings, out: Path, bars: Progress, then: Epilogue | None) -> None:
    script = Script()
    await _step(bars, "Accounts, projects, contracts", _set_up(stage))
    await _step(bars, "Golden tasks", stage.golden(script))
    facts.intake = await _step(bars, "Importing the shipped tickets", _patient(lambda: stage.tickets(script, out / "intake")))
    workers = [Worker(actor, stage.actors[actor.email], script, seed) for seed, actor in enumerate(ACTORS, 1)]
    curators = [Curator(stage.staff[short], script) for short in ("curator", "second")]
    await _work(workers, curators, facts, bars)
    facts.curators = {name: sum(getattr(one, name) for one in curators) for name in ("disputes", "audits", "keys")}
    await _step(bars, "Waiting until everything is graded and booked", settled())
    facts.overlap = await found_facts.overlap()
    await _step(bars, "An appeal", _appeal(facts, stage, script, workers))
    facts.deduction = await _step(bars, "A deduction, and an appeal against it", finance.deduction(stage))
    rework = partial(_rework, workers)
    facts.reopened = await _step(bars, "A ticket comes back", finance.reopen(stage, rework))
    facts.weeks = await _step(bars, "Three people's week: met, excused, missed", _weeks(stage, settings))
    await _step(bars, "Closing the week, writing reports, paying", _close(facts, stage, out))
    await found_facts.count(facts)
    facts.people = await found_facts.people(stage, workers)
    facts.repeated_calls = sum(client.repeated for client in [*stage.actors.values(), *stage.staff.values(), stage.admin])
    facts.correct_tickets = await _correct(script)
    await _step(bars, "Checking every invariant", _check(facts, workers))
    if then is not None:
        await _step(bars, "What waits for those who look around", then(stage, settings))
        await settled()


async def _step(bars: Progress, title: str, work: Awaitable[Any]) -> Any:
    bar = bars.add_task(title, total=1)
    outcome = await work
    bars.advance(bar)
    return outcome


async def _set_up(stage: Stage) -> None:
    await stage.people()
    await stage.projects()
    await finance.prepare(stage)
    await stage.contracts()


async def _work(workers: list[Worker], curators: list[Curator], facts: Facts, bars: Progress) -> None:
    """Everybody works until no ticket is open; the bar counts tickets. Then the curators see to what is left."""
    over = asyncio.Event()
    total = facts.intake["added"] + facts.intake["known"]
    bar = bars.add_task(f"{len(workers)} freelancers at work", total=total)
    answered = bars.add_task("Answers", total=None)

    async def watch() -> None:
        while True:
            states = {row["state"]: row["n"] for row in await db.rows("SELECT state, count(*) AS n FROM ticket GROUP BY 1")}
            still_open = states.pop("open", 0)
            bars.update(bar, completed=sum(states.values()), total=still_open + sum(states.values()))
            if not still_open:
                over.set()
                return
            await asyncio.sleep(0.2)

    async with asyncio.timeout(PATIENCE_S):
        at_work = [worker.work(over, lambda: bars.advance(answered)) for worker in workers]
        await asyncio.gather(_patient(watch), *at_work, *(curator.work(over) for curator in curators))
        await _patient(partial(_cleared, curators))
    done = sum(worker.answers for worker in workers)
    bars.update(answered, total=done, completed=done)


async def _rework(workers: list[Worker]) -> None:
    """Everybody looks once more, until no ticket is open."""
    over = asyncio.Event()

    async def watch() -> None:
        while await db.scalar("SELECT count(*) FROM ticket WHERE state = 'open'"):  # noqa: ASYNC110
            await asyncio.sleep(0.2)
        over.set()

    async with asyncio.timeout(PATIENCE_S):
        await asyncio.gather(_patient(watch), *(worker.work(over, lambda: None) for worker in workers))
        await settled()


async def _cleared(curators: list[Curator]) -> None:
    """The queue is empty, and stays so once everything is graded."""
    await settled()
    while sum([await curator.clear() for curator in curators]):
        await settled()


async def _appeal(facts: Facts, stage: Stage, script: Script, workers: list[Worker]) -> None:
    """Somebody whose right answer was not accepted objects, and an arbiter sets it right: a score and a payment change."""
    raised = await appeal(workers, script)
    if raised is None:
        return
    worker, given, appeal_id = raised
    curator, person = stage.staff["curator"], stage.ids[worker.actor.email]
    before, paid = await standing(curator, person, given.step_id), await earned(worker.client)
    reply = await uphold(stage.staff["arbiter"], appeal_id, given)
    await settled()
    after = await standing(curator, person, given.step_id)
    mine = await worker.client.call("GET", "/me/appeals")
    facts.appeal = asdict(
        AppealFacts(
            worker.actor.name,
            given.key,
            mine["items"][0]["words"],
            reply,
            round(before["mean"], 4),
            round(after["mean"], 4),
            before["words"],
            after["words"],
            money.text(paid),
            money.text(await earned(worker.client)),
        )
    )


async def _weeks(stage: Stage, settings: Settings) -> list[dict[str, Any]]:
    """A week that is over, as the norm's rules see it."""
    assert settings.database_url
    people = await weeks.prepare(stage)
    ids = {short: UUID(stage.ids[f"{short}@demo.example"]) for short in people}
    await settled()
    if not await db.scalar("SELECT count(*) FROM week_result WHERE freelancer_id = ANY ($1)", list(ids.values())):
        await weeks.work(people)
        await settled()
        await _patient(partial(weeks.date_back, settings.database_url, ids))
        await _patient(partial(weeks.close, ids))
    return await weeks.tell(people)


async def _patient(work: Callable[[], Awaitable[T]]) -> T:
    """What may be repeated is repeated: the database may be killed and come back meanwhile."""
    while True:
        try:
            return await work()
        except db.OUTAGE:
            await asyncio.sleep(0.5)


async def settled() -> None:
    """Wait until no job is due soon."""

    async def no_jobs() -> None:
        while await db.scalar(DUE_SOON):  # noqa: ASYNC110
            await asyncio.sleep(0.1)

    async with asyncio.timeout(PATIENCE_S):
        await _patient(no_jobs)


async def _close(facts: Facts, stage: Stage, out: Path) -> None:
    """Finance: cut the running week off, take the reports, compare the sums, pay, and hear from the bank."""
    accountant = stage.staff["finance"]
    for period in reversed((await accountant.call("GET", "/periods?limit=200"))["items"]):
        if not await _patient(partial(_has_entries, period["id"])):
            continue
        if period["state"] != "closed":
            period = await accountant.call("POST", f"/periods/{period['id']}/close", {"cut_off": True})  # noqa: PLW2901 - closed now
        if period["total"] == "0.0000":
            continue
        facts.sums["period"] = period["total"]
        for name, column in (("people", "payable"), ("tickets", "cost")):
            path = out / f"{name}.csv"
            path.write_bytes((await accountant.raw("GET", f"/periods/{period['id']}/{name}.csv")).content)
            facts.reports.append(str(path))
            *_, last = csv.DictReader(path.read_text("utf-8-sig").splitlines(), delimiter=";")
            facts.sums[name] = last[column]
    facts.payout = await finance.pay(stage, out)
    facts.statements = await finance.statements(stage, out)
    states = dict.fromkeys(found_facts.STATES, 0)
    for client in stage.actors.values():
        for state, amount in (await found_facts.earnings(client)).items():
            states[state] += amount
    facts.money = {state: money.text(amount) for state, amount in states.items()} | {"unit": "RUB"}


async def _has_entries(period_id: str) -> bool:
    return bool(await db.scalar("SELECT EXISTS (SELECT FROM entry WHERE period_id = $1::text::uuid)", period_id))


async def _correct(script: Script) -> float:
    """Share of resolved tickets whose classification or verdict is the true one."""
    found = await db.rows(
        """SELECT k.text, k.result, p.code FROM ticket k JOIN project p ON p.id = k.project_id
           WHERE k.state = 'resolved' AND p.code = ANY ($1)""",
        list(PROJECTS),
    )
    right = 0
    for row in found:
        result, truth = orjson.loads(row["result"]), script.truths[row["text"]].fields
        if PROJECTS[row["code"]] == "moderate":
            final = result.get("arbitrate") or result["decide"]
            right += final["verdict"] == truth["verdict"]
        else:
            right += result["classify"] == {name: truth[name] for name in ("topic", "group")}
    return round(right / len(found), 4) if found else 0.0


async def _check(facts: Facts, workers: list[Worker]) -> None:
    """The database's invariants, and what only an outsider can know: that everything the API acknowledged is there."""
    async for finding in verify():
        facts.invariants.append({"name": finding.name, "ok": finding.ok, "broken": finding.broken})
    acknowledged = [one for worker in workers for one in worker.acknowledged]
    stored = await db.scalar(
        "SELECT count(DISTINCT submission_id) FROM answer WHERE submission_id::text = ANY ($1)", acknowledged
    )
    for name, broken in (
        ("demo.acknowledged_answers_are_stored", len(acknowledged) - stored),
        ("demo.report_sums_match", len(set(facts.sums.values())) - 1),
    ):
        facts.invariants.append({"name": name, "ok": broken == 0, "broken": broken})
