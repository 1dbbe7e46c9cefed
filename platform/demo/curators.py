"""Simulated curators: one clears the queue while people work, another answers the appeals of those who were wronged."""

import asyncio
from dataclasses import dataclass
from typing import Any

from piecework.platform import money
from piecework.platform.demo.actors import Given, Mind, Worker
from piecework.platform.demo.cast import Script
from piecework.platform.demo.client import Client, Refused

LOOK_AGAIN_S = 0.3
TAKEN = {"not_disputed", "audit_not_taken", "audit_ended", "key_changed", "not_quarantined"}
"""Refusals that mean that somebody else, or a deadline, was faster."""


@dataclass(slots=True)
class AppealFacts:
    """An appeal that was upheld, and what it changed."""

    name: str
    step: str
    said: str
    reply: str
    accuracy_before: float
    accuracy_after: float
    evidence_before: str
    evidence_after: str
    earned_before: str
    earned_after: str


class Curator:
    """Clears the queue: disputes, keys in doubt, audits."""

    def __init__(self, client: Client, script: Script) -> None:
        self.client = client
        self.mind = Mind(1.0, script, 0)
        self.disputes = self.audits = self.keys = 0

    async def work(self, over: asyncio.Event) -> None:
        """Work until there is nothing left to do."""
        while not over.is_set():
            if not await self.clear():
                await asyncio.sleep(LOOK_AGAIN_S)

    async def clear(self) -> int:
        """Do what waits now; returns how much that was."""
        items = (await self.client.call("GET", "/curator/queue?limit=50"))["items"]
        done = 0
        for item in items:
            try:
                match item["kind"]:
                    case "dispute":
                        done += await self._settle(item["id"])
                    case "golden":
                        done += await self._rule(item)
                    case "acceptance" | "audit" | "disagreement":
                        done += await self._audit()
            except Refused as refused:
                if refused.code not in TAKEN:
                    raise
        return done

    async def _settle(self, task_id: str) -> int:
        found = await self.client.call("GET", f"/disputes/{task_id}")
        right = self.mind.think(found["step"], _shown(found["input"]), found["answer"])
        await self.client.call("POST", f"/disputes/{task_id}", {"answer": right, "reason": "Read the ticket once more."})
        self.disputes += 1
        return 1

    async def _audit(self) -> int:
        work = (await self.client.call("POST", "/audits/take"))["audit"]
        if work is None:
            return 0
        right = self.mind.think(work["step"], _shown(work["input"]), work["answer"])
        body = {"answer": right, "passed": {one["name"]: True for one in work["words"]}, "reason": "Read the ticket once more."}
        await self.client.call("POST", f"/audits/{work['id']}", body)
        self.audits += 1
        return 1

    async def _rule(self, item: dict[str, Any]) -> int:
        found = await self.client.call("GET", f"/golden/{item['id']}")
        spec = (await self.client.call("GET", f"/projects/{item['project']}/workflow"))["spec"]
        fields = next(step["answer"] for step in spec["steps"] if step["key"] == found["step"])
        right = self.mind.think(found["step"], found["input"], fields)
        body = {
            "decision": "change",
            "revision": found["revision"],
            "answers": [{"answer": right}],
            "reason": "The key was wrong.",
        }
        await self.client.call("POST", f"/golden/{item['id']}/key", body)
        self.keys += 1
        return 1


def _shown(fields: list[dict[str, Any]]) -> dict[str, Any]:
    return {one["name"]: one["value"] for one in fields}


async def appeal(workers: list[Worker], script: Script) -> tuple[Worker, Given, str] | None:
    """The first of these people whose right answer was not accepted in full objects; None if nobody was wronged."""
    honest = Mind(1.0, script, 0)
    for worker in workers:
        page = await worker.client.call("GET", "/me/assignments?limit=200")
        for row in page["items"]:
            given = worker.given.get(row["id"])
            if given is None or row["appeal_by"] is None or given.key in ("draft", "check"):
                continue
            if given.answer == honest.think(given.key, given.shown, given.fields):
                words = f"I read it again: {_said(given.answer)} is what the customer asks for."
                made = await worker.client.call("POST", "/appeals", {"subject": "answer", "id": row["id"], "words": words})
                return worker, given, made["id"]
    return None


async def uphold(arbiter: Client, appeal_id: str, given: Given) -> str:
    """The arbiter reads the evidence and sets right what is right; returns the reply."""
    found = await arbiter.call("GET", f"/appeals/{appeal_id}")
    reply = f"You are right: {_said(given.answer)}. It is accepted and paid in full."
    body = {"decision": "uphold", "reply": reply, "answers": [{"answer": found["about_answer"]["answer"]}]}
    await arbiter.call("POST", f"/appeals/{appeal_id}/decision", body)
    return reply


async def standing(curator: Client, freelancer_id: str, step_id: str) -> dict[str, Any]:
    """A person's accuracy in a step as a curator reads it."""
    steps = (await curator.call("GET", f"/freelancers/{freelancer_id}/accuracy"))["steps"]
    found: dict[str, Any] = next(one for one in steps if one["step_id"] == step_id)
    return found


async def earned(client: Client) -> int:
    """All that a person has earned so far, wherever it is now, less what is pending."""
    listed = (await client.call("GET", "/me/earnings"))["earnings"]
    return sum(money.parse(one[state]) for one in listed for state in ("held", "payable", "clearing", "tax", "paid"))


def _said(answer: dict[str, Any]) -> str:
    return ", ".join("yes" if value is True else "no" if value is False else str(value) for value in answer.values())
