"""A world in which every page has something on it, all of it in Russian: what is Latin on a Russian page was not translated.

`Filled.make` makes the house and its people; each `turn` adds one of everything that lists hold: tickets answered in agreement and not,
appeals, a dispute, audits, a case, a deduction, messages, an export, a payout and its bank statement. Two turns are two of each.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2

from piecework.platform import db
from piecework.platform.app import make_app
from piecework.platform.demo import weeks
from piecework.platform.demo.bank import client_bank
from piecework.platform.identity.models import Role
from piecework.platform.settings import Settings
from piecework.quality.people import suspicions
from piecework.tasks.api import work as tasks_api
from piecework.tasks.steps import StepCache
from tests.pages.filled_texts import (
    ANSWERS,
    COURSE,
    EXAM,
    INSTRUCTION,
    NIGHT,
    PEOPLE,
    POLICY,
    QUESTIONS,
    REVIEW,
    STEPS,
    TARIFF,
    TICKETS,
    Deducting,
)
from tests.payouts.formats.batches import SBERBANK, account
from tests.payouts.paying.paying_world import PAYER_BODY, TODAY
from tests.quality.admissions import way_world
from tests.world import Person, World

SHOP, REVIEWS = "lavka", "otzyvy"
AUTHOR, ELSE = "anna", ("boris", "vera")
"""Whose pages are looked at: she answers otherwise than the others where they do not agree."""
WEEKS = ("mila", "oleg", "rita")


@dataclass
class Filled:
    """The world and what was made in it so far."""

    world: World
    turns: int = 0
    made: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Person:
        return self.world.people[name]

    @classmethod
    async def make(cls, world: World) -> "Filled":
        """Fill an empty world: the house and its people."""
        filled = cls(world)
        await filled._people()
        await filled._money()
        await filled._projects()
        await filled._contracts()
        await filled._way_in()
        await filled._week()
        return filled

    async def _people(self) -> None:
        for name, role in (("second", Role.CURATOR), ("arbiter", Role.CURATOR), ("cashier", Role.FINANCE)):
            await self.world.person(name, role)
        for name in (AUTHOR, *ELSE, *WEEKS):
            await self.world.person(name)
        for name, told in PEOPLE.items():
            await db.execute("UPDATE account SET name = $2 WHERE id = $1", self[name].id, told)

    async def _money(self) -> None:
        finance, other = self["finance"], self["cashier"]
        await finance.ok("PUT", "/pay-policy", {"reason": "Выплату готовит один человек, а утверждает другой.", "policy": POLICY})
        await other.ok("POST", "/pay-policy/versions/1/approve")
        await finance.ok("PUT", "/payer", PAYER_BODY | {"name": "ООО «Лавка»", "reason": "Счёт для выплат."})
        for rule in (NIGHT, Deducting.RULE):
            made = await finance.ok("POST", "/pay-rules", rule)
            await other.ok("POST", f"/pay-rules/{made['id']}/approve")
        for number, name in enumerate((AUTHOR, *ELSE), 1):
            details = {"currency": "RUB", "name": PEOPLE[name], **SBERBANK, "account": account(number)}
            await self[name].ok("PUT", "/me/payment-details", details)

    async def _projects(self) -> None:
        requester = self["requester"]
        for code, name in ((SHOP, "Лавка: обращения"), (REVIEWS, "Отзывы о доставке")):
            await requester.ok("POST", "/projects", {"code": code, "name": name, "control_rate": 0})
            await requester.ok("POST", f"/projects/{code}/workflows", {"name": code, "steps": STEPS[code]})
        made = await self["finance"].ok("POST", f"/projects/{SHOP}/tariffs", TARIFF)
        await self["cashier"].ok("POST", f"/tariffs/{made['id']}/approve")

    async def _contracts(self) -> None:
        terms = {
            "rate": "Каждый принятый ответ оплачивается по цене, по которой задание было взято.",
            "clauses": "Работа удалённая.",
        }
        for name, code in [(one, SHOP) for one in (AUTHOR, *ELSE)] + [(one, REVIEWS) for one in WEEKS]:
            criteria = {"level": 1, "line": 1, "criteria": [], "reason": "Направление открыто для всех."}
            if (code, 1, 1) not in self.world.published:
                await self.world.publish(code, criteria)
                self.world.published.add((code, 1, 1))
            await self.world.agree(self[name], **terms, weekly_norm=20 if name in WEEKS else 100, max_held=50)
            wanted = {"code": code, "level": 1, "line": 1, "reason": "Пробные задания сделаны хорошо."}
            await self["curator"].ok("POST", f"/freelancers/{self[name].id}/qualifications", wanted)

    async def _way_in(self) -> None:
        world, curator, second = self.world, self["curator"], self["second"]
        stages = way_world.stages("application", "interview", "live")
        document = {"kind": "way_in", "stages": stages}
        said = {"direction": SHOP, "document": document, "reason": "Мы ищем людей."}
        await curator.ok("POST", "/admission-documents", said)
        made = await curator.ok("POST", "/exam-questions", {"pool": "stil", "questions": QUESTIONS})
        await second.ok("POST", "/exam-questions/approve", {"pool": "stil", "question_ids": made["question_ids"]})
        version = (await curator.ok("POST", "/exams", {"code": "gramota", "spec": EXAM}))["version"]
        await second.ok("POST", f"/exams/gramota/versions/{version}/publish")
        further = {"pool": "stil", "questions": [QUESTIONS[0], {"question": {"kind": "style", "form": "choice"}}]}
        await curator.ok("PUT", "/me/writing/questions/-", {"spec": further})
        await curator.ok("PUT", f"/me/writing/step-questions/{SHOP}.tema", {"spec": {"step": "tema", "items": [{}]}})
        wider = {**said, "document": {**document, "open": False}}
        await curator.ok("PUT", f"/me/writing/way-in/{SHOP}", {"spec": wider})
        version = (await curator.ok("POST", "/courses", {"code": "nachalo", "spec": COURSE}))["version"]
        await second.ok("POST", f"/courses/nachalo/versions/{version}/publish")
        await world.drain()

    async def _week(self) -> None:
        """A week that is over: two have done little, one of them could get no work."""
        world = self.world
        tickets = [
            {"external_id": f"О-{n}", "channel": "app_review", "language": "ru", "text": REVIEW.format(n)} for n in range(6)
        ]
        await self["requester"].ok("POST", f"/projects/{REVIEWS}/tickets", {"source": "магазин", "tickets": tickets})
        await world.drain()
        for name in WEEKS:
            for held in await self[name].claim(2, REVIEWS):
                await self[name].answer(held, {"opozdal": True})
        await world.drain()
        ids = {name: self[name].id for name in WEEKS}
        assert world.settings.database_url
        await weeks.date_back(world.settings.database_url, ids)
        await weeks.close(ids)
        await world.drain()
        # A case takes several missed weeks; the pages show it with one as well.
        await db.execute(
            """INSERT INTO norm_case (freelancer_id, weeks, newest) SELECT freelancer_id, array_agg(id), max(starts_at) FROM week
               WHERE freelancer_id = $1 GROUP BY 1""",
            self["rita"].id,
        )

    async def turn(self) -> None:
        """One more of everything."""
        self.turns += 1
        await self._work()
        await self._doubts()
        await self._curators()
        await self._requester()
        await self._way()
        await self._pay()
        await self._left()
        await db.execute("UPDATE api_token SET name = 'Проверки' WHERE name = 'tests'")
        await self.world.drain()

    async def _work(self) -> None:
        """Tickets that are answered alike, with one voice against, and by everybody differently."""
        number, world = self.turns, self.world
        await self["requester"].ok(
            "POST", f"/projects/{SHOP}/instructions", INSTRUCTION | {"text": f"{INSTRUCTION['text']}\n\nВыпуск {number}."}
        )
        sent = [
            {
                "external_id": f"З-{number}-{n}",
                "channel": "email",
                "language": "ru",
                "subject": "Заказ",
                "text": f"{text} Заказ {number}-{n}.",
            }
            for n, (text, _) in enumerate(TICKETS)
        ]
        told = {row["text"]: topics for row, (_, topics) in zip(sent, TICKETS, strict=True)}
        await self["requester"].ok("POST", f"/projects/{SHOP}/tickets", {"source": "почта", "tickets": sent})
        await world.drain()
        given: dict[str, str] = {}
        for place, name in enumerate((AUTHOR, *ELSE)):
            for held in await self[name].claim(len(TICKETS) + number, SHOP):
                topics = told.get(held["input"]["text"], "aaa")
                answer = {"tema": topics[place], "yasno": True, "zametka": "Клиент торопится."}
                reply = await self[name].answer(held, answer)
                assert reply.is_success, reply.text
                if name == AUTHOR:
                    given[topics] = held["id"]
        await world.drain()
        self.made["given"] = given

    async def _doubts(self) -> None:
        """Appeals, one of them answered; a dispute that is settled beside one that is not; a case of each kind."""
        author, given = self[AUTHOR], self.made["given"]
        for topics in ("bac", "baa"):
            words = "Я перечитала обращение: оно именно об оплате."
            reply = await author.call("POST", "/appeals", {"subject": "answer", "id": given[topics], "words": words})
            if reply.is_success and topics == "baa" and self.turns % 2 == 0:
                decision = {"decision": "deny", "reply": "Мы перечитали обращение: ответ остаётся прежним."}
                await self["arbiter"].ok("POST", f"/appeals/{reply.json()['id']}/decision", decision)
        step = await db.scalar("SELECT min(s.id) FROM step s JOIN project p ON p.id = s.project_id WHERE p.code = $1", SHOP)
        pair = [author.id, self[ELSE[0]].id]
        evidence = {
            "pairs": {
                "pairs": [[str(pair[0]), str(pair[1]), 3.2]],
                "judged": 9,
                "alike": 8,
                "expected": 1.2,
                "q": 0.001,
                "tasks": [],
            },
            "flat": {"counts": [9, 0, 1], "expected": [3.3, 3.3, 3.4]},
            "copies": {"assignments": [["x", "y", 0.9]], "texts": ["Ответ слово в слово.", "Ответ слово в слово."]},
            "accuracy": {"answers": 12, "right": 3},
        }
        async with db.transaction():
            for kind, found in evidence.items():
                people = pair if kind in ("pairs", "copies") else [author.id if self.turns % 2 else pair[1]]
                await suspicions.open_case(kind, people, step, 3.0, "Ответы слишком похожи.", found)

    async def _curators(self) -> None:
        curator = self["curator"]
        await curator.ok("POST", f"/projects/{SHOP}/audits/plan", {"plan": "random", "count": 6})
        for done in (True, False):
            taken = (await curator.ok("POST", "/audits/take"))["audit"]
            if done and taken is not None:
                passed = {one["name"]: True for one in taken["words"]}
                body = {"answer": {"tema": "a", "yasno": True}, "passed": passed, "reason": "Видно из первой строки."}
                reply = await curator.call("POST", f"/audits/{taken['id']}", body)
                assert reply.is_success, reply.text
        known = {
            "step": "tema",
            "input": {"text": f"Где мой заказ? {self.turns}"},
            "answers": [{"answer": {"tema": "a", "yasno": True}}],
        }
        await curator.ok("POST", f"/projects/{SHOP}/golden", known)
        article = {"title": f"Возвраты, часть {self.turns}", "language": "ru", "keywords": ["возврат"], "steps": [],
                   "body": "## Как вернуть\n\nДеньги приходят за три дня."}  # fmt: skip
        await curator.ok("POST", f"/projects/{SHOP}/articles", article)
        to = {"kind": "person", "account_id": str(self[AUTHOR].id)}
        message = {"to": to, "title": "О переносах", "body": "Пожалуйста, прочитайте новую инструкцию.", "must_read": True}
        sent = await curator.ok("POST", "/messages", message)
        await self[AUTHOR].ok("POST", f"/me/messages/{sent['id']}/reply", {"body": "Прочитала, спасибо."})
        reason = {"kind": "audits", "days": 7, "reason": "Проверим ответы внимательнее."}
        await curator.call("POST", f"/freelancers/{self[ELSE[0]].id}/restrictions", reason)

    async def _requester(self) -> None:
        first = await db.scalar(
            """SELECT k.id::text FROM ticket k JOIN project p ON p.id = k.project_id
               WHERE k.state = 'resolved' AND p.code = $1 ORDER BY k.id DESC LIMIT 1""",
            SHOP,
        )
        if first:
            await self["requester"].ok(
                "PUT", f"/tickets/{first}/budget", {"budget": "500.00", "reason": "Больше тратить не стоит."}
            )
        rows = f"номер,текст\nТ-{self.turns},Где мой заказ?\nТ-{self.turns},\n"
        columns = {"external_id": {"name": "номер"}, "text": {"name": "текст"}}
        columns |= {"channel": {"value": "email"}, "language": {"value": "ru"}}
        file = {"source": "почта", "file_name": "обращения.csv", "rows": rows, "columns": columns}
        await self["requester"].ok("POST", f"/projects/{SHOP}/imports", file)

    async def _way(self) -> None:
        """An applicant, an exam and a course under way."""
        name = f"applicant{self.turns}"
        person = await way_world.applicant(self.world, name, SHOP, name="Олег Новиков", language="ru", answers=ANSWERS)
        await self.world.drain()
        if self.turns == 1:
            await self[AUTHOR].ok("POST", "/me/courses/nachalo/enrolments")
            await self[AUTHOR].ok("POST", "/me/exams/gramota/attempts")
            await self.world.publish(SHOP, {"level": 2, "line": 1, "criteria": [], "reason": "Для тех, кто давно с нами."})
            await self[AUTHOR].ok("POST", f"/me/admissions/{SHOP}", {"level": 2, "line": 1})
        draft = {
            "level": 3 + self.turns // 3,
            "line": 1 + self.turns % 3,
            "criteria": [],
            "reason": "Хотим открыть следующий уровень.",
        }
        await self["second"].ok("POST", f"/qualifications/{SHOP}/criteria", draft)
        candidacy = await way_world.candidacy_of(person)
        if self.turns % 2:
            said = {"decision": "accept", "reason": "Хороший опыт и понятные ответы."}
            await self["curator"].ok("POST", f"/candidacies/{candidacy}/screening", said)
            soon = datetime.now(UTC) + timedelta(days=2)
            slots = {"starts": [(soon + timedelta(hours=n)).isoformat() for n in range(2)], "place": "Видеозвонок"}
            await self["curator"].ok("POST", f"/candidacies/{candidacy}/interview-slots", slots)
            await self["curator"].ok("POST", f"/candidacies/{candidacy}/reviewers", {"reviewer_id": str(self["curator"].id)})
            await self["curator"].ok("POST", f"/candidacies/{candidacy}/reviewers", {"reviewer_id": str(self["second"].id)})

    async def _pay(self) -> None:
        """A deduction that is appealed; the week is cut off and paid, and one payment comes back; an export."""
        finance, other, author = self["finance"], self["cashier"], self[AUTHOR]
        for decided in (True, False):
            body = Deducting.BODY | {"freelancer_id": str(author.id), "fact_at": datetime.now(UTC).isoformat()}
            case = await self["curator"].ok("POST", "/deductions", body)
            if decided:
                await finance.ok("POST", f"/deductions/{case['id']}/decision", Deducting.APPROVED)
                await author.ok("POST", "/appeals", {"subject": "deduction", "id": case["id"], "words": Deducting.WORDS})
        listed = (await finance.ok("GET", "/periods?limit=50"))["items"]
        for period in reversed([one for one in listed if one["state"] != "closed"]):
            closed = await finance.call("POST", f"/periods/{period['id']}/close", {"cut_off": True})
            assert closed.is_success or closed.status_code == 409, closed.text
        await self.world.drain()
        run = await finance.ok("POST", "/payouts", {"execution_on": TODAY.isoformat()})
        run = await other.ok("POST", f"/payouts/{run['id']}/approve")
        file = (await finance.call("GET", f"/payouts/{run['id']}/files/1c")).content
        told = client_bank(file, TODAY, returned=[account(2)])
        if self.turns % 2:
            told = told.replace("Сумма=".encode("cp1251"), "Сумма=1".encode("cp1251"), 1)
        headers = {"content-type": "application/octet-stream"}
        got = await finance.call("POST", "/bank-statements?currency=RUB", content=told, headers=headers)
        assert got.is_success, got.text
        await finance.ok("POST", "/report-exports", {"name": "by-person", "format": "csv", "filters": {"since": "2025-01-01"}})
        await finance.ok("POST", f"/projects/{SHOP}/tariffs", TARIFF | {"reason": f"Пересмотр цен {self.turns}."})
        await self.world.drain()

    async def _left(self) -> None:
        """What people leave half done: tasks in hand, an offer to answer, a leave to confirm, a token, a request for data."""
        author = self[AUTHOR]
        sent = [
            {"external_id": f"Н-{self.turns}", "channel": "chat", "language": "ru", "text": f"Не могу войти. Номер {self.turns}."}
        ]
        await self["requester"].ok("POST", f"/projects/{SHOP}/tickets", {"source": "почта", "tickets": sent})
        await self.world.drain()
        await author.claim(1, SHOP)
        day = (datetime.now(UTC) + timedelta(days=20 * self.turns)).date()
        leave = {
            "kind": "leave",
            "first_day": day.isoformat(),
            "last_day": (day + timedelta(days=2)).isoformat(),
            "words": "Поездка.",
        }
        await author.call("POST", "/me/leave", leave)  # until a year's leave is used up
        if self.turns == 1:
            offer = {"rate": "Каждый принятый ответ, но не больше пяти тысяч в неделю.", "regime": "none", "weekly_norm": 150}
            await self["curator"].ok("POST", f"/freelancers/{author.id}/offers", offer)
        await self["administrator"].ok("POST", "/tokens", {"name": "Отчёты", "scopes": ["*"]})
        await author.call("POST", "/me/data-requests", {"kind": "export"})


@asynccontextmanager
async def reopened(settings: Settings, known: Mapping[str, tuple[UUID, str]], turns: int) -> AsyncIterator[Filled]:
    """A world that was filled before, over a copy of its database; `known`: name -> id and token of an account."""
    tasks_api.STEPS = StepCache()  # it belongs to one database, and here is another
    app = make_app(settings)
    transport = httpx2.ASGITransport(app)
    async with app.router.lifespan_context(app), httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
        world = World(app, client, settings)
        world.people = {name: Person(world, id_, token) for name, (id_, token) in known.items()}
        yield Filled(world, turns)
