"""python -m bench.reports [--rows 1000000]: how long long reports take, and how much memory.

Fills a ledger of its own (bench/books.py) so that the journal has the wanted number of lines, first a tenth of them, then all; writes
the journal in each format, and the report on assignments, each in a process of its own; prints seconds, rows per second and the peak of
memory. Starts its servers in a temporary folder and removes it.
"""

import argparse
import asyncio
import re
import resource
import signal
import sys
import time
from pathlib import Path

import orjson

from bench import books, stand
from piecework.payouts.reports import engine
from piecework.payouts.reports.filters import Filters
from piecework.platform import composition, db

PEOPLE = 10_000
PER_ACCRUAL = 4 + 2 / 12
"""Lines of the journal for each accrual: two postings each of pend and accrue, and of the premium of one in twelve."""
MEASURED = (("entries", "csv"), ("entries", "jsonl"), ("assignments", "csv"), ("by-ticket", "csv"), ("by-person", "csv"),
            ("ledger", "beancount"), ("entries", "xlsx"))  # fmt: skip
LIMIT_S = 1200.0


def peak_mb() -> int:
    """The most memory that this process ever had; getrusage would also count what its parent had when it began."""
    (peak,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(peak) // 1024


async def one(url: str, name: str, form: str, path: str) -> None:
    """Write one report to a file and print what it took: run in a process of its own."""
    async with db.connected(composition.database_config(url, 2)):
        before = peak_mb()
        start = time.perf_counter()
        with open(path, "wb+") as file:  # noqa: ASYNC230, PTH123 - nothing else runs here
            async with engine.snapshot():
                written = await engine.write(name, form, Filters(), file)
            seconds, size = time.perf_counter() - start, file.tell()
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(
        orjson.dumps(
            {
                "report": f"{name}.{form}",
                "rows": written.rows,
                "seconds": round(seconds, 1),
                "rows_s": round(written.rows / seconds),
                "bytes": size,
                "peak_mb": peak_mb(),
                "before_mb": before,
                "cpu_s": round(used.ru_utime + used.ru_stime, 1),
            }
        ).decode()
    )


async def measure(url: str, name: str, form: str, folder: Path) -> dict[str, object]:
    """The same in a child."""
    path = folder / "report"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.reports", "--one", url, name, form, str(path), stdout=asyncio.subprocess.PIPE
    )
    try:
        output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        path.unlink(missing_ok=True)
    if process.returncode:
        raise RuntimeError(f"{name}.{form} failed")
    found: dict[str, object] = orjson.loads(output)
    return found


async def run(rows: int) -> None:
    """Both sizes."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)  # the servers and their folder go in any case
    with stand.opened() as opened:
        results = []
        for size in (rows // 10, rows):
            name = f"books_{size}"
            await opened.create(name)
            await db.migrate(composition.database_config(opened.url(name)))
            start = time.perf_counter()
            async with opened.connection(name) as connection:
                await books.make(connection, min(PEOPLE, size // 10), round(size / PER_ACCRUAL), await books.period(connection))
            print(f"{size} lines are there after {time.perf_counter() - start:.0f} s", flush=True)
            for report, form in MEASURED:
                found = await measure(opened.url(name), report, form, opened.folder)
                results.append(found)
                print(
                    "{report}: {rows} rows, {seconds} s, {rows_s} rows/s, {bytes} bytes, peak {peak_mb} MB, of which {before_mb} MB before it began".format(
                        **found
                    ),
                    flush=True,
                )
        print(orjson.dumps(results).decode())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.reports", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--one", nargs=4, help=argparse.SUPPRESS)
    given = parser.parse_args()
    asyncio.run(one(*given.one) if given.one else asyncio.wait_for(run(given.rows), LIMIT_S))
