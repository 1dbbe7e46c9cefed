"""The API's side of a measure: web processes, the load generator, CPU accounting."""

import asyncio
import sys
from collections.abc import Sequence
from typing import Any

import orjson

from bench import cpu, web
from bench.data import ANSWER, Person
from bench.figures import Figure
from bench.order import Load
from bench.stand import Stand


async def run(stand: Stand, database: str, people: Sequence[Person], load: Load) -> Figure:
    """Pairs per second over HTTP under this load."""
    async with web.running(stand, database, load.workers) as server:
        return await drive(server, people, load)


async def drive(server: web.Web, people: Sequence[Person], load: Load) -> Figure:
    """The same on a web that runs already."""
    order = {
        "port": server.port,
        "tokens": [person.token for person in people[: load.clients]],
        "warm_up": load.warm_up,
        "pairs": load.pairs,
        "combined": load.combined,
        "answer": ANSWER,
        "limit_s": load.limit_s,
    }
    web_before, client_before = cpu.of_processes(server.pids), cpu.of_ended_children()
    result = await _generate(order)
    each = [after - before for after, before in zip(cpu.of_processes(server.pids), web_before, strict=True)]
    web_s, client_s = sum(each), cpu.of_ended_children() - client_before
    done = int(result["acknowledged"])
    return Figure(
        pairs_s=result["pairs"] / result["seconds"],
        acknowledged=done,
        p50_ms=result["submit_p50_ms"],
        p99_ms=result["submit_p99_ms"],
        claim_p50_ms=result["claim_p50_ms"],
        claim_p99_ms=result["claim_p99_ms"],
        web_us=web_s * 1e6 / done,
        client_us=client_s * 1e6 / done,
        least_worker=min(each) / web_s if web_s else 0.0,
    )


async def _generate(order: dict[str, Any]) -> dict[str, Any]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bench.load",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        output, errors = await asyncio.wait_for(process.communicate(orjson.dumps(order)), order["limit_s"] + 10)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise RuntimeError(f"the load generator failed: {errors.decode()[-1000:]}")
    result: dict[str, Any] = orjson.loads(output)
    if "failure" in result:
        raise RuntimeError(f"a request failed: {result['failure'][:1000]}")
    return result
