"""python -m tests.pages.tour: a picture of every page of the filled world, with a list of them, in docs/tour/.

Freelancers' and applicants' pages are shown in Russian at the width of a phone, everybody else's in English on a screen. Pictures are
WebP, made by the browser itself, in the quality at which each stays small.
"""

import asyncio
import base64
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Page

from piecework.platform import composition, db
from piecework.platform.identity.principal import COOKIE
from piecework.platform.servers import embedded
from piecework.platform.settings import Settings
from tests.conftest import _run, url_of
from tests.pages import chromium
from tests.pages.conftest import FLAGS, served
from tests.pages.everywhere import Visit
from tests.pages.filled import reopened
from tests.pages.test_everywhere import ON_PHONES
from tests.pages.walking import TURNS, Walked, walk

FOLDER = Path(__file__).parents[2] / "docs" / "tour"
LARGEST = 60_000
QUALITIES = ((70, 1), (50, 1), (30, 1), (15, 1), (30, 0.75), (10, 0.75))
"""Of the picture, and how much smaller it is made; the first that is small enough counts."""
TALLEST = 2600
ROLES = {
    None: "Without an account",
    "applicant1": "Applicants",
    "applicant2": "Applicants",
    "anna": "Freelancers",
    "mila": "Freelancers",
    "curator": "Curators",
    "requester": "Requesters",
    "finance": "Finance",
    "administrator": "Administrators",
}


async def shot(page: Page, path: Path) -> None:
    """A picture of the whole page, or of its upper part if it is very long."""
    protocol = await page.context.new_cdp_session(page)
    width, shown, height = await page.evaluate("[innerWidth, innerHeight, document.documentElement.scrollHeight]")
    await page.set_viewport_size({"width": width, "height": min(height, TALLEST)})  # what sticks to an edge stands at its place
    clip = {"x": 0, "y": 0, "width": width, "height": min(height, TALLEST), "scale": 1}
    for quality, scale in QUALITIES:
        asked = {"format": "webp", "quality": quality, "clip": clip | {"scale": scale}, "captureBeyondViewport": True}
        data = base64.b64decode((await protocol.send("Page.captureScreenshot", asked))["data"])
        if len(data) <= LARGEST:
            break
    path.write_bytes(data)  # noqa: ASYNC240 - nothing else runs here
    await protocol.detach()
    await page.set_viewport_size({"width": width, "height": shown})


def chosen(walked: Walked) -> dict[str | None, list[Visit]]:
    """One address of each view, as the first person sees it who does; of a freelancer's or applicant's page the one that shows most."""
    first: dict[str, Visit] = {}
    for visit in walked.walker.visits:
        if visit.is_page:
            known = first.setdefault(visit.view.path, visit)
            if {known.who, visit.who} <= set(ON_PHONES) and len(visit.text) > len(known.text):
                first[visit.view.path] = visit
    return {name: [one for one in first.values() if one.who == name] for name in walked.secrets}


async def pictures(walked: Walked, settings: Settings, address: str) -> list[str]:
    """All pictures; returns the lines of the list."""
    lines: list[str] = []
    async with reopened(settings, walked.accounts, TURNS) as filled, served(filled.world, address) as site:
        for name, visits in chosen(walked).items():
            if not visits:
                continue
            phone = name in ON_PHONES
            size = {"width": 390, "height": 800} if phone else {"width": 1280, "height": 800}
            async with site.visitor(language="ru" if phone else "en", viewport=size) as context:
                if secret := walked.secrets[name]:
                    await context.add_cookies([{"name": COOKIE, "value": secret, "url": site.url}])
                page = await context.new_page()
                if f"## {ROLES[name]}" not in lines:
                    lines += ["", f"## {ROLES[name]}", ""]
                for visit in visits:
                    await page.goto(visit.path)
                    file = (re.sub(r"[{}]", "", visit.view.path).strip("/").replace("/", "-") or "start") + ".webp"
                    await shot(page, FOLDER / file)
                    title = visit.view.title or (await page.title()).partition(" · ")[0]
                    lines.append(f"- [{title}]({file}): `{visit.view.path}`")
    return lines


def main() -> None:
    """Everything, with servers of its own."""
    path = chromium.found()
    if path is None:
        sys.exit(chromium.MISSING)
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as scratch, embedded(Path(scratch) / "data", durable=False) as servers:
        asyncio.run(_run(servers, "CREATE DATABASE empty"))
        asyncio.run(db.migrate(composition.database_config(url_of(servers, "empty"))))
        walked = asyncio.run(walk(servers, "empty"))
        settings = Settings(DATABASE_URL=url_of(servers, "filled_once"), REDIS_URL=servers.redis_url)
        command = [path, "--headless", *FLAGS, "--remote-debugging-port=0", f"--user-data-dir={scratch}/chromium", "about:blank"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as running:
            assert running.stderr is not None
            address = next(line.split()[-1] for line in running.stderr if line.startswith("DevTools listening on"))
            try:
                lines = asyncio.run(pictures(walked, settings, address))
            finally:
                running.terminate()
    said = (
        "# A tour of the pages\n\nMade by `python -m tests.pages.tour` from the world that the tests of the pages fill. Freelancers' and"
        "\napplicants' pages are shown in Russian, on a phone; the others in English, on a screen. What people wrote is Russian everywhere.\n"
    )
    (FOLDER / "README.md").write_text(said + "\n".join(lines) + "\n")
    size = sum(one.stat().st_size for one in FOLDER.iterdir())
    sys.stdout.write(f"{len(list(FOLDER.glob('*.webp')))} pictures, {size / 1e6:.1f} MB, in {FOLDER}\n")


if __name__ == "__main__":
    main()
