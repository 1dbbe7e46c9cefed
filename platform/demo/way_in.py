"""What waits for those who then look around: a direction that takes applications, an exam, a course, and somebody at each place of it.

One applicant waits to be screened, one has been interviewed and scored by one reviewer of two, a freelancer asks to be admitted, one has
failed the exam, one has handed in homework; an illness waits to be confirmed, new terms are on offer, and fresh tickets wait for
answers. Everything goes over the API; only the interview, which lies ahead, is dated back. Doing it twice makes it once.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

import asyncpg
import orjson

from piecework.platform import db
from piecework.platform.demo.client import Client
from piecework.platform.demo.run import settled
from piecework.platform.demo.stage import Stage, once
from piecework.platform.settings import Settings

DIRECTION = "orders"
PASSWORD = "for the demonstration alone"  # noqa: S105 - it is given another one before anybody hears of it
WHY = "Пишет коротко и называет срок."
HELD = "UPDATE interview_slot SET starts_at = clock_timestamp() - interval '1 hour' WHERE interview_id = $1"


@cache
def texts() -> Mapping[str, Any]:
    """What is published, and what people write."""
    found: Mapping[str, Any] = orjson.loads((files(__package__) / "data" / "way_in.json").read_bytes())
    return found


async def open_(stage: Stage, settings: Settings) -> None:
    """Publish the way into a direction, and bring people to each place of it."""
    await _publish(stage)
    polina, igor = [await _applicant(stage, one) for one in texts()["applicants"]]
    del polina  # her application waits to be screened
    await _interview(stage, settings, igor)
    await _freelancers(stage)
    for project, tickets in texts()["tickets"].items():
        body = {"source": "helpdesk", "tickets": tickets}
        await stage.staff["requester"].call("POST", f"/projects/{project}/tickets", body)


async def _publish(stage: Stage) -> None:
    """Form, guide, exam with its questions, course, and the way itself: what curators publish together, two of them do."""
    curator, second = stage.staff["curator"], stage.staff["second"]
    for kind in ("form", "guide"):
        await _document(curator, kind)
    exam, course = texts()["exam"], texts()["course"]
    for pool, questions in exam["pools"].items():
        await curator.call("POST", "/exam-questions", {"pool": pool, "questions": questions})
        waiting = (await second.call("GET", f"/exam-questions?pool={pool}&state=waiting"))["items"]
        if waiting:
            body = {"pool": pool, "question_ids": [one["id"] for one in waiting]}
            await second.call("POST", "/exam-questions/approve", body)
    await _version(curator, second, "exams", exam["code"], exam["spec"])
    await _version(curator, second, "courses", course["code"], course["spec"])
    await _document(curator, "way_in")


async def _document(curator: Client, kind: str) -> None:
    if not (await curator.call("GET", f"/admission-documents?direction={DIRECTION}&kind={kind}"))["items"]:
        body = {"direction": DIRECTION, "document": texts()[kind], "reason": "The direction looks for people."}
        await curator.call("POST", "/admission-documents", body)


async def _version(author: Client, publisher: Client, what: str, code: str, spec: Mapping[str, Any]) -> None:
    listed = [one for one in (await author.call("GET", f"/{what}"))["items"] if one["code"] == code]
    if not listed:
        listed = [{**await author.call("POST", f"/{what}", {"code": code, "spec": spec}), "state": "draft"}]
    if listed[0]["state"] == "draft":
        await publisher.call("POST", f"/{what}/{code}/versions/{listed[0]['version']}/publish")


async def _applicant(stage: Stage, person: Mapping[str, Any]) -> tuple[str, Client]:
    """Somebody's candidacy, and a client for them."""
    curator = stage.staff["curator"]
    for _ in range(2):
        for one in (await curator.call("GET", f"/candidacies?direction={DIRECTION}"))["items"]:
            if one["name"] == person["name"]:
                account = one["freelancer_id"]
                token = await stage.admin.call("POST", f"/accounts/{account}/tokens", {"name": "demo", "scopes": ["*"]})
                return one["id"], stage.client(token["secret"])
        body = {"direction": DIRECTION, "language": "ru", "password": PASSWORD, **person}
        await stage.client("").call("POST", "/applications", body)
    raise AssertionError(person["email"])


async def _interview(stage: Stage, settings: Settings, candidate: tuple[str, Client]) -> None:
    """Screened, past the exam, interviewed; one of two reviewers has scored."""
    candidacy, person = candidate
    curator = stage.staff["curator"]
    path = f"/candidacies/{candidacy}"
    if (await curator.call("GET", path))["stage"] == "application":
        await curator.call("POST", f"{path}/screening", {"decision": "accept", "reason": WHY})
    if (await curator.call("GET", path))["stage"] == "language_exam":
        await _sit(person, right=True)
        await settled()
    (found,) = (await curator.call("GET", path))["interviews"]
    if found["starts_at"] is None:
        soon = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=24)
        await curator.call("POST", f"{path}/interview-slots", {"starts": [soon.isoformat()], "place": "Видеозвонок"})
        (application,) = (await person.call("GET", "/me/application"))["applications"]
        slot = {"slot_id": application["slots"][-1]["id"]}
        await person.call("POST", f"/me/applications/{candidacy}/interview-slot", slot)
    await _date_back(settings, found["id"])
    for short in ("curator", "second"):
        me = (await stage.staff[short].call("GET", "/me"))["id"]
        await once(curator, f"{path}/reviewers", {"reviewer_id": me})
    (review,) = [one for one in (await curator.call("GET", "/me/interview-reviews"))["items"] if one["submitted_at"] is None] or [
        None
    ]
    if review is not None:
        groups = texts()["guide"]["groups"]
        scores = [
            {"question": one["code"], "score": 5 - place, "note": "Ответил по делу."}
            for place, group in enumerate(groups)
            for one in group["questions"]
        ]
        await curator.call("POST", f"/interview-reviews/{review['id']}/scores", {"scores": scores})


async def _date_back(settings: Settings, interview_id: str) -> None:
    """Let an interview have been an hour ago, as the owner of the database."""
    assert settings.database_url
    owner = await asyncpg.connect(**db.database_url_parts(settings.database_url))
    try:
        async with owner.transaction():
            await owner.execute("ALTER TABLE interview_slot DISABLE TRIGGER append_only")
            await owner.execute(HELD, interview_id)
            await owner.execute("ALTER TABLE interview_slot ENABLE TRIGGER append_only")
    finally:
        await owner.close()


async def _sit(person: Client, *, right: bool) -> None:
    """Sit the exam, and answer everything rightly, or nothing at all."""
    keys = {one["question"]["prompt"]: one["question"] for pool in texts()["exam"]["pools"].values() for one in pool}
    attempt = (await person.call("POST", f"/me/exams/{texts()['exam']['code']}/attempts"))["attempt_id"]
    for one in (await person.call("GET", f"/me/attempts/{attempt}"))["questions"] if right else ():
        key = keys[one["asked"]["prompt"]]
        answer: dict[str, Any] = {"text": key.get("accepted", [""])[0]}
        if key["form"] == "choice":
            answer = {"choice": key["right"]}
        elif key["form"] == "statements":
            answer = {"chosen": [place for place, each in enumerate(key["statements"]) if each["holds"]]}
        await person.call("PUT", f"/me/attempts/{attempt}/answers/{one['n']}", {"answer": answer})
    await person.call("POST", f"/me/attempts/{attempt}/finish")


async def _freelancers(stage: Stage) -> None:
    """What freelancers do that waits for a curator."""
    curator = stage.staff["curator"]
    sofia, lena, arman, daniel = (
        (f"{name}@freelancers.example", stage.actors[f"{name}@freelancers.example"])
        for name in ("sofia", "lena", "arman", "daniel")
    )
    await once(sofia[1], "/me/admissions/replies", {})
    if not (await daniel[1].call("GET", "/me/attempts"))["items"]:
        await _sit(daniel[1], right=False)
    code = texts()["course"]["code"]
    if not (await lena[1].call("GET", "/me/courses"))["items"]:
        await lena[1].call("POST", f"/me/courses/{code}/enrolments")
        lesson = {"unit": "answer", "item": 1, "try": 1, "answer": {"step": "promise"}}
        await lena[1].call("POST", f"/me/courses/{code}/answers", lesson)
        essay = {"unit": "answer", "item": 2, "try": 1, "answer": {"text": texts()["essay"]}}
        await lena[1].call("POST", f"/me/courses/{code}/answers", essay)
    if not (await arman[1].call("GET", "/me/leave"))["items"]:
        days = [(datetime.now(UTC) + timedelta(days=ahead)).date().isoformat() for ahead in (2, 9)]
        body = {"kind": "illness", "first_day": days[0], "last_day": days[1], "words": "Плановая операция, справка будет."}
        await arman[1].call("POST", "/me/leave", body)
    path = f"/freelancers/{stage.ids[sofia[0]]}/offers"
    if all(one["state"] != "open" for one in (await curator.call("GET", path))["items"]):
        terms = {"rate": "Каждое принятое задание оплачивается по цене, по которой его взяли.", "regime": "self_employed"}
        await curator.call("POST", path, terms | {"weekly_norm": 150, "weekly_cap": 2000, "zone": stage.zones[sofia[0]]})
