"""Simulated freelancers at work: claim, answer as well as their skill lets them, submit and claim the next, over HTTP."""

import asyncio
import random
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from piecework.platform.demo.cast import Actor, Script
from piecework.platform.demo.client import Client, Refused

HELD_AT_ONCE = 2
ASK_AGAIN_S = 0.15


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody remembers of an answer of theirs."""

    key: str
    step_id: str
    shown: Mapping[str, Any]
    fields: Sequence[Mapping[str, Any]]
    answer: dict[str, Any]


class Mind:
    """What somebody of some skill answers: the truth as often as their skill lets them."""

    def __init__(self, skill: float, script: Script, seed: int) -> None:
        self.skill = skill
        self.script = script
        self.random = random.Random(seed)  # noqa: S311 - a simulation

    def think(self, key: str, shown: Mapping[str, Any], fields: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """An answer to a task of the step `key`, from what is shown and the fields that are asked for."""
        truth = self.script.truths[shown["text"]]
        if key == "draft":
            return self._draft(truth.language, truth.fields)
        if key == "check":
            true: dict[str, Any] = {"ok": shown["reply"] in self.script.good_replies}
        elif key == "refund_check":
            true = {"entitled": truth.fields.get("refund", False)}
        else:
            true = truth.fields
        answer: dict[str, Any] = {}
        for field in fields:
            rule = field["only_if"]
            if rule is not None and answer.get(rule["field"]) != rule["is"]:
                continue
            answer[field["name"]] = self._choose(field, true.get(field["name"]))
        return answer

    def _choose(self, field: Mapping[str, Any], true: Any) -> Any:
        if field["type"] == "text":
            return "Answer the customer's question itself, in a kinder tone."
        values = [False, True] if field["type"] == "yes_no" else [option["value"] for option in field["options"]]
        wrong = [value for value in values if value != true]
        if true is None:  # asked only because of an earlier mistake: any answer is as good
            return self.random.choice(values)
        return true if self._is_right() else self.random.choice(wrong)

    def _draft(self, language: str, true: dict[str, Any]) -> dict[str, Any]:
        replies = self.script.replies
        refund = bool(true.get("refund", False))
        if not self._is_right():
            return {"reply": self.random.choice(replies["bad"][language]), "refund": False}
        choices = replies["refund"][language] if refund else replies[language][true["topic"]]
        return {"reply": self.random.choice(choices), "refund": refund}

    def _is_right(self) -> bool:
        return self.random.random() < self.skill


class Worker:
    """One actor at the API."""

    def __init__(self, actor: Actor, client: Client, script: Script, seed: int) -> None:
        self.actor = actor
        self.client = client
        self.mind = Mind(actor.skill, script, seed)
        self.answers = 0
        self.acknowledged: list[str] = []
        self.given: dict[str, Given] = {}
        self._steps: dict[str, dict[str, Any]] = {}

    async def work(self, over: asyncio.Event, on_answer: Callable[[], None]) -> None:
        """Work until there is nothing left to do."""
        held = (await self.client.call("GET", "/assignments"))["assignments"]
        while not over.is_set():
            if not held:
                held = (await self.client.call("POST", "/assignments", {"count": HELD_AT_ONCE}))["assignments"]
            if not held:
                await asyncio.sleep(ASK_AGAIN_S * (0.5 + self.mind.random.random()))
                continue
            assignment = held.pop(0)
            try:
                held += await self._answer(assignment)
            except Refused as refused:
                if refused.code not in {"lease_ended", "already_answered"}:
                    raise
                continue
            self.answers += 1
            on_answer()

    async def _answer(self, assignment: dict[str, Any]) -> list[dict[str, Any]]:
        step_id = assignment["step"]["id"]
        if step_id not in self._steps:
            self._steps[step_id] = await self.client.call("GET", f"/steps/{step_id}")
        key, shown, fields = assignment["step"]["key"], assignment["input"], self._steps[step_id]["answer"]
        answer = self.mind.think(key, shown, fields)
        body = {
            "submission_id": str(uuid.uuid4()),
            "lease_token": assignment["lease_token"],
            "answer": answer,
            "next": {"count": 1},
        }
        reply = await self.client.call("POST", f"/assignments/{assignment['id']}/answer", body)
        self.acknowledged.append(str(body["submission_id"]))
        self.given[assignment["id"]] = Given(key, step_id, shown, fields, answer)
        following: list[dict[str, Any]] = reply["next"]
        return following
