"""Setting the stage over the API: accounts, projects from the shipped workflows, golden tasks, contracts, qualifications."""

from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import orjson

from piecework.platform import db
from piecework.platform.demo.cast import ACTORS, NAMES, PROJECTS, STAFF, WRONG_KEYS, Actor, Script
from piecework.platform.demo.client import Client, Refused
from piecework.platform.identity import accounts
from piecework.platform.identity.models import Account, Role
from piecework.tasks.importing import import_tickets

ADMIN = "admin@demo.example"


async def administrator(http: httpx2.AsyncClient) -> Client:
    """The first account is made as `piecework account add` makes it; everything after it goes over the API."""
    async with db.transaction():
        account = await Account.get_or_none(email=ADMIN)
        if account is None:
            account = await accounts.create_account(None, email=ADMIN, name="Administrator", roles=[Role.ADMINISTRATOR])
        _, secret = await accounts.create_token(None, account.id, name="demo", scopes=["*"])
    return Client(http, secret)


class Stage:
    """The accounts' clients and what is needed to speak about them."""

    def __init__(self, http: httpx2.AsyncClient, admin: Client) -> None:
        self._http = http
        self.admin = admin
        self.staff: dict[str, Client] = {}
        self.actors: dict[str, Client] = {}
        self.ids: dict[str, str] = {}
        self.zones: dict[str, str] = {}
        """In which zone each of them lives."""
        self.regimes: dict[str, str] = {}
        """How those of them are taxed who are."""

    async def people(self) -> None:
        """One account for each member of the cast; those of an earlier, interrupted run are found again."""
        page = await self.admin.call("GET", "/accounts?limit=200")
        self.ids = {account["email"]: account["id"] for account in page["items"]}
        for short, (name, role) in STAFF.items():
            self.staff[short] = await self.account(f"{short}@staff.example", name, role)
        for actor in ACTORS:
            self.actors[actor.email] = await self.account(actor.email, actor.name, "freelancer")

    async def account(self, email: str, name: str, role: str) -> Client:
        """An account, made unless it is there, and a client for it."""
        if email not in self.ids:
            made = await self.admin.call("POST", "/accounts", {"email": email, "name": name, "roles": [role]})
            self.ids[email] = made["id"]
        token = await self.admin.call("POST", f"/accounts/{self.ids[email]}/tokens", {"name": "demo", "scopes": ["*"]})
        return self.client(token["secret"])

    def client(self, secret: str) -> Client:
        """A client by its token; with none, a stranger's."""
        return Client(self._http, secret)

    async def projects(self) -> None:
        """The three projects with their workflows."""
        requester = self.staff["requester"]
        templates = (await requester.call("GET", "/workflow-templates"))["templates"]
        for code, template in PROJECTS.items():
            await once(requester, "/projects", {"code": code, "name": NAMES[code], "control_rate": 0.12})
            try:
                await requester.call("GET", f"/projects/{code}/workflow")
            except Refused:
                await requester.call("POST", f"/projects/{code}/workflows", templates[template])

    async def contracts(self) -> None:
        """Contract and qualifications for every freelancer; everybody may be admitted, which is published before."""
        curator = self.staff["curator"]
        for code, level in sorted({wanted for actor in ACTORS for wanted in actor.qualifications}):
            body = {"level": level, "criteria": [], "reason": "The demonstration is open to all."}
            await self.publish_criteria(code, body)
        for actor in ACTORS:
            await self._admit(curator, actor)

    async def publish_criteria(self, code: str, criteria: dict[str, Any]) -> None:
        """The curator drafts criteria, the administrator publishes them."""
        made = await self.staff["curator"].call("POST", f"/qualifications/{code}/criteria", criteria)
        decision = {"decision": "publish", "reason": criteria["reason"]}
        await self.admin.call("POST", f"/criteria-drafts/{made['id']}/decision", decision)

    async def _admit(self, curator: Client, actor: Actor) -> None:
        path = f"/freelancers/{self.ids[actor.email]}"
        terms = {"regime": self.regimes.get(actor.email, "none"), "weekly_norm": 100, "weekly_cap": 2000, "max_held": 4,
                 "zone": self.zones[actor.email]}  # fmt: skip
        await self.agree(actor.email, self.actors[actor.email], terms)
        for code, level in actor.qualifications:
            body = {"code": code, "level": level, "reason": "Passed the direction's exam."}
            await once(curator, f"{path}/qualifications", body)

    async def agree(self, email: str, client: Client, terms: dict[str, Any]) -> None:
        """A contract offered and accepted, unless there is one."""
        if (await client.call("GET", "/me/contract"))["in_force"] is None:
            terms = {"rate": "Each accepted task is paid at the price at which it was claimed."} | terms
            offer = await self.staff["curator"].call("POST", f"/freelancers/{self.ids[email]}/offers", terms)
            await client.call("POST", f"/me/offers/{offer['id']}/accept", {"sha256": offer["sha256"]})

    async def golden(self, script: Script) -> int:
        """Golden tasks from tickets whose answers the curator knows."""
        curator = self.staff["curator"]
        count = 0
        for project, step in (("orders", "classify"), ("answers", "classify"), ("moderation", "decide")):
            for place, row in enumerate(script.golden(project)):
                truth = {name: value for name, value in row["truth"].items() if name != "refund" and value is not None}
                if step == "classify" and place < WRONG_KEYS:
                    truth["topic"] = "rules" if truth["topic"] != "rules" else "payment"
                shown = {name: row[name] for name in ("channel", "subject", "text")}
                body = {"step": step, "input": shown, "answers": [{"answer": truth}]}
                count += await once(curator, f"/projects/{project}/golden", body)
        return count

    async def tickets(self, script: Script, folder: Path) -> dict[str, int]:
        """Import the shipped tickets from a file, as `piecework import tickets` does; the duplicates in it add nothing."""
        totals = {"received": 0, "added": 0, "known": 0, "rejected": 0}
        actor = UUID((await self.staff["requester"].call("GET", "/me"))["id"])
        folder.mkdir(exist_ok=True)  # noqa: ASYNC240 - a demonstration of one process
        for project in PROJECTS:
            path = folder / f"{project}.jsonl"
            path.write_bytes(b"\n".join(orjson.dumps(_as_intake(row)) for row in script.tickets(project)) + b"\n")
            done = await import_tickets(
                path, project_code=project, source="helpdesk", actor=actor, report=folder / f"{project}-bad-rows.csv"
            )
            for name in totals:
                totals[name] += getattr(done, name)
        return totals


def _as_intake(row: dict[str, Any]) -> dict[str, Any]:
    fields = {name: row[name] for name in ("external_id", "channel", "language", "subject", "text")}
    return fields | {"urgent": row["priority"] == "urgent"}


async def once(client: Client, path: str, body: dict[str, Any]) -> int:
    """Make something that an earlier, interrupted run may have made."""
    try:
        await client.call("POST", path, body)
    except Refused as refused:
        if refused.status != 409:
            raise
        return 0
    return 1
