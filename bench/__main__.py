"""python -m bench [--quick]: measure claim and submit over HTTP against pgbench running the same statements."""

import argparse
import asyncio
import signal

import orjson

from bench import bound, data, plan, report, stand
from bench.measure import Bench, Rounds

PEOPLE = 36
LIMIT_S = 1200.0


async def run(sizes: plan.Sizes) -> None:
    """Everything, in one run on one machine."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    with stand.opened() as opened:
        await opened.create("base")
        people = await data.people(opened.settings("base"), PEOPLE)
        await bound.prepare(opened, "base", people)
        bench = Bench(opened, people)
        bench.say("servers and people are there; no job worker runs, so jobs pile up")
        await plan.templates(bench, sizes)
        found: Rounds = {}
        for part in (plan.by_clients, plan.by_backlog, plan.by_history, plan.own_urgent, plan.under_snapshot):
            found |= await part(bench, sizes)
    result = report.put_together(found, bench.checked, max(sizes.clients))
    for line in report.verdicts(result):
        print(line)
    print(orjson.dumps(result).decode(), flush=True)


async def bounded(sizes: plan.Sizes) -> None:
    """The same, but never longer than the limit."""
    await asyncio.wait_for(run(sizes), LIMIT_S)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a small version that shows that it works; its figures mean nothing")
    asyncio.run(bounded(plan.QUICK if parser.parse_args().quick else plan.Sizes()))
