"""Exams of the stories: their questions ask how a reply begins."""

from tests.quality.exams import exam_world
from tests.world import World

WORDS: dict[str, dict[str, str]] = {
    "en": {"title": "What we promise", "asked": "How does a reply begin?", "right": "Good morning!", "wrong": "What?"},
    "ru": {"title": "Что мы обещаем", "asked": "С чего начать ответ?", "right": "Доброе утро!", "wrong": "Чего?"},
}


async def drafted(world: World, code: str, language: str, title: str = "") -> int:
    """A draft of an exam of two questions, which are approved; returns the number of the version."""
    words = WORDS[language]
    asked = {"kind": "style", "form": "choice", "options": [words["wrong"], words["right"]], "right": 1}
    questions = [{"question": asked | {"prompt": f"{words['asked']} ({n})"}} for n in (1, 2)]
    made = await world.curator.ok("POST", "/exam-questions", {"pool": code, "questions": questions})
    second = await exam_world.second(world)
    await second.ok("POST", "/exam-questions/approve", {"pool": code, "question_ids": made["question_ids"]})
    spec = exam_world.spec(
        exam_world.section(code, 2), title=dict.fromkeys(("ru", "en"), title or words["title"]), qualification=code
    )
    return int((await world.curator.ok("POST", "/exams", {"code": code, "spec": spec}))["version"])
