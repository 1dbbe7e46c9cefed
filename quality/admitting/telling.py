"""What people are told of decisions about them: the reasons, and the evidence criterion by criterion."""

from datetime import datetime
from typing import Any

import orjson

from piecework.platform import notices
from piecework.platform.said import Said, Words, unpacked
from piecework.quality.admitting.criteria import LIST

GRADE = {1: Said("junior"), 2: Said("middle"), 3: Said("senior")}
"""The names of the levels, as notices say them."""


BASES = {"evidence": Said("evidence"), "against": Said("against"), "appeal": Said("appeal")}
"""What a decision rests on: the evidence, a second curator against it, an appeal."""


def findings(kept: dict[str, Any]) -> list[Said]:
    """The evidence that was kept with a decision, a line for each criterion."""
    listed = kept.get("findings", [])
    asked = LIST.validate_python([one["criterion"] for one in listed])
    return [
        Said("%(criterion)s: met", criterion=item.said())
        if one["met"]
        else Said(
            "%(criterion)s: not met. %(missing)s",
            criterion=item.said(),
            missing=unpacked(one.get("said")) or one["missing"] or "",
        )
        for item, one in zip(asked, listed, strict=True)
    ]


def evidence(decision: Any) -> dict[str, Words]:
    """The same for who settles an appeal: texts by name."""
    kept = orjson.loads(decision["evidence"])
    texts: dict[str, Words] = {"criteria": findings(kept) or Said("None are published."), "basis": BASES[decision["basis"]]}
    if decision["second_reason"]:
        texts["second"] = decision["second_reason"]
    return texts


async def decision(one: Any, appeal_by: datetime | None) -> None:
    """Tell a person what was decided, why, and by what evidence."""
    grade = GRADE.get(one["level"]) or Said("level %(level)s", level=one["level"])
    what = Said("%(code)s (%(grade)s, line %(line)s)", code=one["code"], grade=grade, line=one["line"])
    granted = one["outcome"] == "granted"
    title = Said("You are admitted to %(what)s", what=what) if granted else Said("You are not admitted to %(what)s", what=what)
    lines: list[str | Said] = [one["reason"], *([one["second_reason"]] if one["second_reason"] else [])]
    listed = findings(orjson.loads(one["evidence"]))
    if listed:
        lines += ["", Said("What the decision rests on:"), *(Said("- %(line)s", line=line) for line in listed)]
    if appeal_by is not None:
        until = Said(
            "You may appeal until %(until)s: POST /appeals, subject %(subject)s, id %(id)s.",
            until=appeal_by,
            subject="admission",
            id=str(one["id"]),
        )
        lines += ["", until]
    await notices.send([one["freelancer_id"]], "admission.decided", title, lines, link="/me/admissions", key=str(one["id"]))
