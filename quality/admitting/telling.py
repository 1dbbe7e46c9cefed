"""What people are told of decisions about them: the reasons, and the evidence criterion by criterion."""

from datetime import datetime
from typing import Any

import orjson

from piecework.platform import notices
from piecework.quality.admitting.criteria import GRADES, LIST


def findings(kept: dict[str, Any]) -> list[str]:
    """The evidence that was kept with a decision, a line for each criterion."""
    listed = kept.get("findings", [])
    asked = LIST.validate_python([one["criterion"] for one in listed])
    return [
        f"{item.words()}: {'met' if one['met'] else 'not met. ' + (one['missing'] or '')}".rstrip()
        for item, one in zip(asked, listed, strict=True)
    ]


def evidence(decision: Any) -> dict[str, str]:
    """The same for who settles an appeal: texts by name."""
    kept = orjson.loads(decision["evidence"])
    texts = {"criteria": "\n".join(findings(kept)) or "None are published.", "basis": decision["basis"]}
    if decision["second_reason"]:
        texts["second"] = decision["second_reason"]
    return texts


async def decision(one: Any, appeal_by: datetime | None) -> None:
    """Tell a person what was decided, why, and by what evidence."""
    grade = GRADES.get(one["level"], f"level {one['level']}")
    what = f"{one['code']} ({grade}, line {one['line']})"
    title = f"You are admitted to {what}" if one["outcome"] == "granted" else f"You are not admitted to {what}"
    lines = [one["reason"], *([one["second_reason"]] if one["second_reason"] else [])]
    listed = findings(orjson.loads(one["evidence"]))
    if listed:
        lines += ["", "What the decision rests on:", *(f"- {line}" for line in listed)]
    if appeal_by is not None:
        lines += ["", f"You may appeal until {appeal_by:%Y-%m-%d %H:%M} UTC: POST /appeals, subject admission, id {one['id']}."]
    await notices.send(
        [one["freelancer_id"]], "admission.decided", title, "\n".join(lines), link="/me/admissions", key=str(one["id"])
    )
