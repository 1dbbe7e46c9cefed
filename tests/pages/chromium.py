"""Where a Chromium is. `make test` runs this first: it installs Debian's where the machine allows that, or says plainly what is missing."""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = (
    "No Chromium was found, and none could be installed (Debian: apt-get install chromium, as root): the pages are not tested."
)


def found() -> str | None:
    """The program, None if there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def install() -> None:
    """Install Debian's, as root only: on anybody else's machine that is theirs to decide."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    sys.stdout.write("Installing Chromium, for the tests of the pages (about a minute) ...\n")
    sys.stdout.flush()
    for command in (["update"], ["install", "-y", "--no-install-recommends", "chromium"]):
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", *command], env=environment, check=False, capture_output=True, stdin=subprocess.DEVNULL)


if __name__ == "__main__":
    if found() is None:
        install()
    if found() is None:
        sys.stdout.write(MISSING + "\n")
