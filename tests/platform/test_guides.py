"""The freelancers' guide is true: its blocks, word for word, lead an applicant to the first paid ticket."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "freelancers.md"
READY = "Piecework answers at"
PATIENCE_S = 300
"""The walk takes half a minute on two idle cores; a busy machine may take much longer, and this is no timed test."""
MILESTONES = [
    "published",  # the exam
    "kind: way_in",
    "applications.0.stage: application",
    "applications.0.stage: interview",
    "items.0.result.passed: True",
    "interviews.0.result.passed: True",
    "applications.0.stage: training",
    "applications.0.stage: direction_exam",
    "items.0.ending: finished",
    "applications.0.stage: live",
    "basis: evidence",
    "applications.0.state: admitted",
    "items.0.state: accepted",
    "earnings.0.payable: 2.0000",
]
"""What the blocks print on the way, in this order, and nothing to stderr."""

pytestmark = pytest.mark.timeout(2 * PATIENCE_S)


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def folder(tmp_path: Path, port: int) -> Iterator[Path]:
    """A folder as the guide expects it, with a fresh installation that is being served."""
    (tmp_path / ".venv").symlink_to(sys.prefix)
    (tmp_path / "quality").symlink_to(ROOT / "quality")
    command = [sys.executable, "-m", "piecework.platform.cli", "up", "--port", str(port)]
    own = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    with subprocess.Popen(
        command, cwd=tmp_path, env=own, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True
    ) as serving:
        assert serving.stdout is not None
        assert any(READY in line for line in serving.stdout)
        yield tmp_path
        serving.send_signal(signal.SIGINT)
        serving.communicate(timeout=PATIENCE_S)


def test_an_applicant_walks_the_whole_way_to_the_first_paid_ticket(folder: Path, port: int) -> None:
    way, _, _ = GUIDE.read_text(encoding="utf-8").partition("\n## 11. ")
    blocks = re.findall(r"```sh\n(.*?)```", way, re.DOTALL)
    script = "\n".join(blocks).replace(":8000/", f":{port}/")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    ran = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert ran.stderr == "", ran.stdout + ran.stderr
    printed = iter(ran.stdout.splitlines())
    for milestone in MILESTONES:
        assert any(line == milestone for line in printed), f"“{milestone}” did not come: {ran.stdout[-4000:]}"
