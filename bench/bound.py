"""The bound: pgbench runs the statements that the API runs, over the same Unix socket, as the same database role."""

import asyncio
import hashlib
import math
import os
import re
from collections.abc import Sequence
from pathlib import Path

import orjson

from bench.data import ANSWER, Person
from bench.figures import Figure, part
from bench.order import Load
from bench.stand import Stand
from piecework.platform import composition, db, jobs
from piecework.platform.servers import pg_binary
from piecework.tasks import answers, queries

WHO = "SELECT account_id AS me FROM bench_client WHERE number = :client_id \\gset"


def _named(sql: str, names: Sequence[str]) -> str:
    """A statement of the API with pgbench's variables for its parameters, on one line."""
    line = " ".join(sql.split())
    return re.sub(r"\$(\d+)", lambda found: names[int(found.group(1)) - 1], line)


def script(*, combined: bool) -> str:
    """The pgbench script of one pair."""
    claim = _named(queries.CLAIM, [":me", "1", "NULL"]) + " \\gset"
    submit = _named(
        queries.SUBMIT,
        [":me", ":id", ":step_id", ":token", "gen_random_uuid()", ":answer", ":fingerprint", ":kinds", "1" if combined else "0", "NULL"],
    ) + " \\gset"  # fmt: skip
    first = [WHO, *([claim] if combined else []), "\\set known 1"]
    return "\n".join(["\\if :known", "\\else", *first, "\\endif", *([] if combined else [claim]), submit, ""])


async def prepare(stand: Stand, database: str, people: Sequence[Person]) -> None:
    """Tell pgbench's clients who they are."""
    async with stand.connection(database) as connection:
        await connection.execute("CREATE TABLE bench_client (number int PRIMARY KEY, account_id uuid NOT NULL)")
        await connection.execute("GRANT SELECT ON bench_client TO piecework_freelancer")
        await connection.executemany("INSERT INTO bench_client VALUES ($1, $2)", [(n, p.id) for n, p in enumerate(people)])


async def run(stand: Stand, database: str, load: Load) -> Figure:
    """Pairs per second of pgbench under this load."""
    path = stand.folder / "pair.sql"
    path.write_text(script(combined=load.combined))
    for old in stand.folder.glob("bound.*"):
        old.unlink()
    parts = db.database_url_parts(stand.url(database))
    # A little more than is counted, so that the last counted pair comes while all clients are still at work.
    each = math.ceil((load.warm_up + load.pairs) * 1.1 / load.clients) + 1
    arguments = ["-n", "-M", "prepared", "-c", str(load.clients), "-j", str(min(2, load.clients)), "-t", str(each), "-l",
                 "--log-prefix", str(stand.folder / "bound"), "-f", str(path), "-h", parts["host"], "-U", parts["user"]]  # fmt: skip
    for name, value in values().items():
        arguments += ["-D", f"{name}={value}"]
    options = " ".join(f"-c {name}={value}" for name, value in settings(stand.url(database)).items())
    process = await asyncio.create_subprocess_exec(
        str(pg_binary("pgbench")), *arguments, parts["database"],
        env=os.environ | {"PGOPTIONS": options}, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    raising = asyncio.create_task(_raise_floors(stand, database))
    try:
        output, errors = await asyncio.wait_for(process.communicate(), load.limit_s)
    finally:
        raising.cancel()
        await asyncio.gather(raising, return_exceptions=True)
        if process.returncode is None:
            process.kill()
            await process.wait()
    done = re.search(rb"^number of transactions actually processed: (\d+)", output, re.MULTILINE)
    if process.returncode or done is None or int(done.group(1)) != each * load.clients:
        raise RuntimeError(f"pgbench failed: {(errors or output).decode()[-1000:]}")
    return _read(stand.folder, load, int(done.group(1)))


async def _raise_floors(stand: Stand, database: str) -> None:
    """What the web does after every so many claims; without it the bound would walk the slots taken so far."""
    async with stand.connection(database) as connection:
        while True:
            await connection.execute("SELECT raise_floor(step_id) FROM queue ORDER BY step_id")
            await asyncio.sleep(0.2)


def settings(url: str) -> dict[str, str]:
    """The settings (role, timeouts, planner) that the API's connections come with."""
    return composition.database_config(url).server_settings(db.FREELANCER)


def values() -> dict[str, str]:
    body = orjson.dumps(ANSWER, option=orjson.OPT_SORT_KEYS)
    jobs.connect_subscriptions(composition.subscriptions())
    return {
        "known": "0",
        "answer": body.decode(),
        "fingerprint": f"\\x{hashlib.sha256(body).hexdigest()}",
        "kinds": f"{{{','.join(jobs.subscribers(answers.SUBMITTED))}}}",
    }


def _read(folder: Path, load: Load, acknowledged: int) -> Figure:
    """The same window as over HTTP: so many pairs after the warm-up, by the time at which they ended."""
    ended: list[tuple[float, float]] = []
    for log in folder.glob("bound.*"):
        for line in log.read_text().splitlines():
            _, _, took_us, _, epoch_s, epoch_us = line.split()[:6]
            ended.append((int(epoch_s) + int(epoch_us) / 1e6, int(took_us) / 1e6))
    ended.sort()
    counted = ended[load.warm_up - 1 : load.warm_up + load.pairs]
    times = sorted(took for _, took in counted[1:])
    seconds = counted[-1][0] - counted[0][0]
    return Figure(len(times) / seconds, acknowledged, part(times, 0.5), part(times, 0.99))
