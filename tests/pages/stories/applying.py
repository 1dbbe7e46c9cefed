"""What the house has prepared for somebody who applies, and what is said on their way."""

from dataclasses import dataclass
from typing import Any

from tests.pages.stories import exams
from tests.quality.admissions import way_world
from tests.quality.exams import exam_world
from tests.world import World, choice_step

TASKS = 20
TALES: dict[str, dict[str, str]] = {
    "en": {
        "name": "Anna Smith", "project": "Parcels and couriers", "summary": "Letters about parcels.",
        "exam": "Plain English",
        "course": "First steps", "lesson": "How to read a letter", "text": "First find *what* they want.", "asks": "What comes first?",
        "tasks": "Exercises", "trial": "As at work", "topic": "Topic", "a": "Delivery", "b": "Payment", "c": "Something else",
        "shown": "Letter", "letter": "Where is parcel {}?", "instruction": "Read the letter and choose its topic.", "hint": "They ask where it is.",
        "because": "A parcel is delivered.", "step": "Choose the topic", "clear": "Is it clear?", "why": "What is not clear?",
        "unclear": "No parcel is named", "skipped": "Nothing fits this letter", "rate": "Each accepted answer, at its price.",
        "reason": "The letter is about a payment.", "words": "I have read it again: they ask where their parcel is.",
        "reply": "You are right: it is about delivery.", "kind": "You write clearly, welcome.", "place": "By video",
    },
    "ru": {
        "name": "Анна Смирнова", "project": "Посылки и курьеры", "summary": "Письма о посылках.",
        "exam": "Грамотность",
        "course": "Первые шаги", "lesson": "Как читать письмо", "text": "Сначала найдите, *чего* хотят.", "asks": "Что сначала?",
        "tasks": "Упражнения", "trial": "Как на работе", "topic": "Тема", "a": "Доставка", "b": "Оплата", "c": "Другое",
        "shown": "Письмо", "letter": "Где посылка {}?", "instruction": "Прочитайте письмо и выберите тему.", "hint": "Спрашивают, где она.",
        "because": "Посылку доставляют.", "step": "Выберите тему", "clear": "Всё понятно?", "why": "Что непонятно?",
        "unclear": "Не сказано, какая посылка", "skipped": "Ни одна тема не подходит", "rate": "Каждый принятый ответ — по его цене.",
        "reason": "Письмо об оплате.", "words": "Я перечитала: спрашивают, где посылка.",
        "reply": "Вы правы: это о доставке.", "kind": "Вы пишете ясно, добро пожаловать.", "place": "По видеосвязи",
    },
}  # fmt: skip


@dataclass
class Story:
    """What the house has prepared for somebody who applies in a language."""

    world: World
    language: str

    @property
    def direction(self) -> str:
        return f"parcels-{self.language}"

    def __getitem__(self, name: str) -> str:
        return TALES[self.language][name]

    @property
    def exams(self) -> tuple[str, str]:
        """Of the language, and of the direction."""
        return f"language-{self.language}", f"promises-{self.language}"

    @property
    def course(self) -> str:
        return f"steps-{self.language}"

    def _topic(self) -> dict[str, Any]:
        options = [{"value": value, "title": self[value]} for value in "abc"]
        return {"name": "topic", "type": "choice", "title": self["topic"], "options": options}

    def step(self) -> dict[str, Any]:
        """What is asked at work. Its answers wait for those of others."""
        more = [
            {"name": "clear", "type": "yes_no", "title": self["clear"]},
            {"name": "why", "type": "text", "title": self["why"], "only_if": {"field": "clear", "is": False}, "min_length": 3},
        ]
        shown = [{"name": "text", "title": self["shown"], "source": "ticket.text"}]
        told = {"title": self["step"], "instruction": self["instruction"], "input": shown, "answer": [self._topic(), *more]}
        return choice_step(qualification=self.direction, overlap=3, **told)

    async def prepare(self) -> None:
        """A project with letters, two exams, a course with its trial, and a way in that goes through all of them."""
        world = self.world
        await world.project(self.step(), code=self.direction)
        await world.as_owner(f"UPDATE project SET name = '{self['project']}' WHERE code = '{self.direction}'")
        for code, title in zip(self.exams, (self["exam"], ""), strict=True):
            await self._published("exams", code, await exams.drafted(world, code, self.language, title))
        course = await world.curator.ok("POST", "/courses", {"code": self.course, "spec": self._course()})
        await self._published("courses", self.course, course["version"])
        await world.open_to_all(self.direction)
        words = {"ru": self["summary"], "en": self["summary"]}
        way = {"language_exam": self.exams[0], "course": self.course, "direction_exam": self.exams[1], "trial": self.course}
        names = ["application", "language_exam", "interview", "contract", "training", "direction_exam", "trial", "live"]
        await way_world.open_way(world, self.direction, stages=way_world.stages(*names), summary=words, **way)
        letters = [
            {"external_id": str(n), "channel": "email", "language": self.language, "text": self["letter"].format(n)}
            for n in range(TASKS + 2)
        ]
        await world.requester.ok("POST", f"/projects/{self.direction}/tickets", {"source": "story", "tickets": letters})
        await world.drain()

    async def _published(self, what: str, code: str, version: int) -> None:
        await (await exam_world.second(self.world)).ok("POST", f"/{what}/{code}/versions/{version}/publish")

    def _course(self) -> dict[str, Any]:
        key = {"answers": [{"answer": {"topic": "a"}}], "hint": self["hint"], "explanation": self["because"]}
        form = {
            "instruction": self["instruction"],
            "input": [{"name": "text", "title": self["shown"]}],
            "answer": [self._topic()],
        }

        def items(first: int, count: int) -> list[dict[str, Any]]:
            return [{"input": {"text": self["letter"].format(first + n)}, **key} for n in range(count)]

        lesson = {"kind": "lesson", "key": "lesson", "title": self["lesson"], "text": self["text"]}
        lesson["homework"] = [{"kind": "question", "prompt": self["asks"], "answer": [self._topic()], **key}]
        tasks = {"kind": "tasks", "key": "tasks", "title": self["tasks"], "form": form, "items": items(100, 2)}
        trial = {"kind": "trial", "key": "trial", "title": self["trial"], "form": form, "items": items(200, 3)}
        trial |= {"draw": 2, "passing": {"by": "share", "threshold": 0.75}}
        return {"title": self["course"], "language": self.language, "units": [lesson, tasks, trial]}
