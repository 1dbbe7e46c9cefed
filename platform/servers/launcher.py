"""Turns itself into a server program, under another account if asked, and tied to the life of its parent.

Run as a script (python -I -S launcher.py SPEC PROGRAM ARGUMENT...), never imported by the servers' owner: doing
this between fork and exec inside the owner would risk a deadlock there, because the owner has threads.
Only the standard library is available here, and nothing of this project.
"""

import ctypes
import json
import os
import signal
import sys
from typing import Any, NoReturn

PROGRAM_UNREACHABLE = 81
FOLDER_UNREACHABLE = 82
ACCOUNT_REFUSED = 83

_PR_SET_PDEATHSIG = 1
_PR_SET_KEEPCAPS = 8
_PR_SET_SECUREBITS = 28
_NO_SETUID_FIXUP = 1 << 2
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_CAP_DAC_OVERRIDE = 1
_CAP_DAC_READ_SEARCH = 2
_CAP_SETPCAP = 8
_CAPABILITY_VERSION_3 = 0x20080522


class _Header(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class _Sets(ctypes.Structure):
    _fields_ = [
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    ]


def main() -> NoReturn:
    """Read the order from the command line and become the program."""
    spec: dict[str, Any] = json.loads(sys.argv[1])
    program = sys.argv[2:]
    os.umask(0o077)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    if spec["switch"]:
        _become(spec)
    elif not _all_reachable(spec["programs"]):
        _fail(PROGRAM_UNREACHABLE, f"may not run {spec['programs'][0]}")
    # Last, because changing the account clears it.
    _die_with_parent(spec["death_signal"], spec["parent"])
    try:
        os.execve(program[0], program, os.environ)  # noqa: S606 - a shell is the last thing wanted here
    except PermissionError:
        _fail(PROGRAM_UNREACHABLE, f"may not run {program[0]}")
    except OSError as error:
        _fail(PROGRAM_UNREACHABLE, f"cannot run {program[0]}: {error.strerror}")


def _fail(code: int, line: str) -> NoReturn:
    sys.stderr.write(f"launcher: {line}\n")
    sys.stderr.flush()
    os._exit(code)


def _all_reachable(paths: list[str]) -> bool:
    # access() asks for the real user and without capabilities, which is exactly the question here.
    return all(os.access(path, os.X_OK) for path in paths)


def _become(spec: dict[str, Any]) -> None:
    linux = sys.platform == "linux"
    kept = _held_capability() if linux and spec["capabilities"] else None
    if kept is not None:
        _call("prctl", _PR_SET_KEEPCAPS, 1, 0, 0, 0)
    uid, gid = spec["uid"], spec["gid"]
    try:
        os.setgroups([])
        if hasattr(os, "setresuid"):
            os.setresgid(gid, gid, gid)
            os.setresuid(uid, uid, uid)
        else:
            os.setgid(gid)
            os.setuid(uid)
    except OSError as error:
        _fail(ACCOUNT_REFUSED, f"cannot become user {uid}: {error.strerror}")
    programs, folders = _all_reachable(spec["programs"]), _all_reachable(spec["folders"])
    if programs and folders:
        if kept is not None:
            _keep_only(None)
        return
    # Something lies below a folder this account may not enter. One capability lets it pass; without it, give up
    # and say which of the two is out of reach, since programs can be copied elsewhere and data cannot.
    if not programs and (kept is None or not _let_access_tell_the_truth(kept)):
        _fail(PROGRAM_UNREACHABLE, f"user {uid} may not run {spec['programs'][0]}")
    if kept is None or not _keep_only(kept):
        code = FOLDER_UNREACHABLE if programs else PROGRAM_UNREACHABLE
        _fail(code, f"user {uid} may not enter {spec['folders'][0]}")


def _let_access_tell_the_truth(capability: int) -> bool:
    """Make access() take the capability into account, as the PostgreSQL programs use it to find each other.

    By default the kernel ignores capabilities there for everybody but root.
    """
    return _hold(capability, _CAP_SETPCAP) and _call("prctl", _PR_SET_SECUREBITS, _NO_SETUID_FIXUP, 0, 0, 0) == 0


def _held_capability() -> int | None:
    header, sets = _Header(_CAPABILITY_VERSION_3, 0), (_Sets * 2)()
    if _call("capget", ctypes.byref(header), ctypes.byref(sets)) != 0:
        return None
    for capability in (_CAP_DAC_READ_SEARCH, _CAP_DAC_OVERRIDE):
        if sets[0].permitted & (1 << capability):
            return capability
    return None


def _keep_only(capability: int | None) -> bool:
    """Drop every capability but this one and hand it on through exec; False if the system does not allow it."""
    if capability is None:
        return _hold()
    return _hold(capability) and _call("prctl", _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, capability, 0, 0) == 0


def _hold(*capabilities: int) -> bool:
    header, sets = _Header(_CAPABILITY_VERSION_3, 0), (_Sets * 2)()
    sets[0].effective = sets[0].permitted = sets[0].inheritable = sum(1 << number for number in capabilities)
    return _call("capset", ctypes.byref(header), ctypes.byref(sets)) == 0


def _die_with_parent(death_signal: int, parent: int) -> None:
    if sys.platform != "linux":
        return
    _call("prctl", _PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    if os.getppid() != parent:  # the parent died before the line above took effect
        os._exit(0)


def _call(name: str, *arguments: Any) -> int:
    # prctl reads its arguments as longs; plain Python integers would be passed as ints.
    values = [ctypes.c_ulong(a) if isinstance(a, int) else a for a in arguments]
    try:
        return int(getattr(ctypes.CDLL(None, use_errno=True), name)(*values))
    except (AttributeError, OSError):
        return -1


if __name__ == "__main__":
    main()
