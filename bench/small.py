"""The small world of which bench/year.py makes a year: the demonstration, and what it leaves out and pages show."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from piecework.platform import composition, db
from piecework.platform.demo import way_in
from piecework.platform.demo.cast import Script
from piecework.platform.demo.client import Client
from piecework.platform.demo.curators import Curator
from piecework.platform.demo.run import settled
from piecework.platform.demo.stage import Stage
from piecework.platform.settings import Settings
from piecework.quality.people import suspicions
from piecework.tasks.load import forecasting, hours

HOURS = 40
"""So many runs of counting, of fourteen days each, are more than a year."""


async def more(stage: Stage, settings: Settings) -> None:
    """What the demonstration leaves out, and pages show."""
    await way_in.open_(stage, settings)
    curator, requester, finance = (stage.staff[short] for short in ("curator", "requester", "finance"))
    people = {email.partition("@")[0]: (client, stage.ids[email]) for email, client in stage.actors.items()}
    vera, timur = people["vera"], people["timur"]
    instruction = {
        "text": "# How to answer\n\nRead to the end.",
        "language": "en",
        "summary": "The same, shorter.",
        "must_read": False,
    }
    await requester.call("POST", "/projects/orders/instructions", instruction)
    for n in range(12):
        article = {
            "title": f"Refunds, part {n}",
            "language": "en",
            "keywords": ["refund"],
            "steps": [],
            "body": "Money comes back in three days.",
        }
        await curator.call("POST", "/projects/orders/articles", article)
    message = {
        "to": {"kind": "filter", "has_contract": True},
        "title": "News",
        "body": "There is a new instruction.",
        "must_read": False,
    }
    sent = await curator.call("POST", "/messages", message)
    await vera[0].call("POST", f"/me/messages/{sent['id']}/reply", {"body": "Read it, thank you."})
    await finance.call("POST", "/report-exports", {"name": "by-person", "format": "csv", "filters": {"since": "2025-01-01"}})
    columns = {
        "external_id": {"name": "id"},
        "text": {"name": "text"},
        "channel": {"value": "email"},
        "language": {"value": "en"},
    }
    file = {"source": "mail", "file_name": "mail.csv", "rows": "id,text\nM-1,Where is my order?\nM-2,\n", "columns": columns}
    await requester.call("POST", "/projects/orders/imports", file)
    await curator.call(
        "POST", f"/freelancers/{timur[1]}/restrictions", {"kind": "audits", "days": 7, "reason": "Let us look twice."}
    )
    await curator.call("POST", "/projects/orders/audits/plan", {"plan": "random", "count": 8})
    await Curator(curator, Script()).clear()
    await curator.call("POST", "/projects/answers/audits/plan", {"plan": "random", "count": 8})
    for name, (_, person) in list(people.items())[:4]:
        body = {"rule_code": "care", "amount": "15.0000", "currency": "RUB", "freelancer_id": person, "evidence": f"Three answers of {name} in two seconds.",
                "fact_at": datetime.now(UTC).isoformat()}  # fmt: skip
        await curator.call("POST", "/deductions", body)
    step = await db.scalar("SELECT min(s.id) FROM step s JOIN project p ON p.id = s.project_id WHERE p.code = 'orders'")
    async with db.transaction():
        for person in (vera, timur):
            found = {"counts": [9, 0, 1], "expected": [3.3, 3.3, 3.4]}
            await suspicions.open_case("flat", [UUID(person[1])], step, 3.0, "Their answers are too much alike.", found)
    for place, name in enumerate(("vera", "timur", "olga", "pavel", "nina", "daniel")):
        await _disagree(people[name][0], place)
    await people["olga"][0].call("POST", "/assignments", {"count": 2, "project": "orders"})
    await people["nina"][0].call("POST", "/me/exams/russian-style/attempts")
    further = {"pool": "style", "questions": [{"question": {"kind": "style", "form": "choice"}}]}
    await curator.call("PUT", "/me/writing/questions/-", {"spec": further})
    await curator.call("PUT", "/me/writing/step-questions/orders.classify", {"spec": {"step": "classify", "items": [{}]}})
    await curator.call(
        "POST", "/qualifications/orders/criteria", {"level": 3, "line": 1, "criteria": [], "reason": "For those who stay."}
    )
    await db.execute(
        """INSERT INTO norm_case (freelancer_id, weeks, newest) SELECT freelancer_id, array_agg(id), max(starts_at) FROM week
           WHERE freelancer_id = $1 GROUP BY 1""",
        UUID(stage.ids["rita@demo.example"]),
    )


async def _disagree(person: Client, place: int) -> None:
    """Answer what there is, each person otherwise: so that tasks end in dispute."""
    for held in (await person.call("POST", "/assignments", {"count": 2, "project": "answers"}))["assignments"]:
        answer: dict[str, Any] = {}
        for one in (await person.call("GET", f"/steps/{held['step']['id']}"))["answer"]:
            if one["only_if"] is not None and answer.get(one["only_if"]["field"]) != one["only_if"]["is"]:
                continue
            options = [each["value"] for each in one.get("options") or ()]
            answer[one["name"]] = (
                options[place % len(options)] if options else place % 2 == 0 if one["type"] == "yes_no" else "So be it."
            )
        body = {"submission_id": str(uuid4()), "lease_token": held["lease_token"], "answer": answer}
        await person.call("POST", f"/assignments/{held['id']}/answer", body)
    await settled()


async def reckon(settings: Settings) -> None:
    """What the house's own jobs reckon from the facts: the hourly counts of the year, and the forecasts from them."""
    assert settings.database_url
    async with db.connected(composition.database_config(settings.database_url)):
        for _ in range(HOURS):
            async with db.transaction():
                await db.execute("SET LOCAL statement_timeout = 0")
                await hours.count()
        async with db.transaction():
            await forecasting.make()
