"""CPU seconds of processes, from /proc; nothing where there is no /proc."""

import os
import resource
from pathlib import Path


def _times(pid: int) -> tuple[int, float, float] | None:
    """Parent, own seconds, seconds of children that have ended."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    tick = os.sysconf("SC_CLK_TCK")
    return int(fields[1]), (int(fields[11]) + int(fields[12])) / tick, (int(fields[13]) + int(fields[14])) / tick


def of_processes(pids: tuple[int, ...]) -> list[float]:
    """CPU seconds that each of these processes has used."""
    return [found[1] if (found := _times(pid)) else 0.0 for pid in pids]


def of_family(parent: int) -> float:
    """CPU seconds that a process and its children, living and ended, have used."""
    try:
        pids = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
    except OSError:
        return 0.0
    known = {pid: found for pid in pids if (found := _times(pid))}
    own = known.get(parent)
    children = sum(found[1] for found in known.values() if found[0] == parent)
    return children + (own[1] + own[2] if own else 0.0)


def of_ended_children() -> float:
    """CPU seconds of this process's children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
