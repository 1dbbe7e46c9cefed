"""The published page of a way into a direction, for whoever thinks of applying: stages, deadlines, form, exams, criteria."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from piecework.platform import db
from piecework.platform.errors import NotFound
from piecework.quality.admissions import documents, facts
from piecework.quality.admissions.specs import Form, Guide, Stage, WayIn
from piecework.quality.admitting import criteria
from piecework.quality.admitting.criteria import Version

OPEN = """
SELECT p.code, p.name, d.spec FROM project p
JOIN LATERAL (SELECT spec FROM admission_document WHERE kind = 'way_in' AND direction = p.code ORDER BY version DESC LIMIT 1) d ON true
WHERE p.state = 'active' AND (d.spec ->> 'open')::boolean ORDER BY p.code LIMIT 500"""


async def directions() -> list[dict[str, Any]]:
    """The directions that take applications."""
    found = [(row, documents.READER.validate_json(row["spec"])) for row in await db.rows(OPEN)]
    return [{"code": row["code"], "name": row["name"], "summary": spec.summary} for row, spec in found if isinstance(spec, WayIn)]


async def page(direction: str) -> dict[str, Any]:
    """All that is published about the way into a direction.

    Raises:
        NotFound: there is no such direction, or nothing is published about it.
    """
    published = await documents.current("way_in", direction[:60])
    form = await documents.current("form", direction[:60])
    guide = await documents.current("guide", direction[:60])
    name = await db.scalar("SELECT name FROM project WHERE code = $1 AND state = 'active'", direction[:60])
    if published is None or name is None or form is None or guide is None:
        raise NotFound
    assert isinstance(published.spec, WayIn)
    assert isinstance(form.spec, Form)
    assert isinstance(guide.spec, Guide)
    way_in = published.spec
    code = way_in.qualification or direction
    return {
        "direction": direction,
        "name": name,
        "version": published.version,
        "published_at": published.published_at,
        "open": way_in.open,
        "summary": way_in.summary,
        "stages": [{"stage": str(plan.stage), "days": plan.days, "by": way_in.codes().get(plan.stage)} for plan in way_in.stages],
        "exams": [await _exam(stage, exam) for stage, exam in way_in.codes().items() if exam and facts.exam_of(stage, way_in)],
        "interview": {
            "overall_at_least": way_in.interview.overall,
            "group_at_least": way_in.interview.group,
            "groups": [
                {"code": group.code, "title": group.title, "questions": len(group.questions)} for group in guide.spec.groups
            ],
        },
        "qualification": code,
        "criteria": [
            {"level": one.level, "line": one.line, "version": one.version, "items": [item.words() for item in one.items]}
            for one in _newest(await criteria.versions(code))
        ],
        "appeal_days": way_in.appeal_days,
        "again_after_days": way_in.again_after_days,
        "form": form.spec,
    }


def _newest(listed: Sequence[Version]) -> list[Version]:
    """The newest version of each level and line."""
    return [next(same) for _, same in groupby(listed, key=lambda one: (one.level, one.line))]


async def _exam(stage: Stage, code: str) -> dict[str, Any]:
    """An exam as it is published now; only its code if it is not yet."""
    exam = await facts.published_exam(code)
    shown: dict[str, Any] = {"stage": str(stage), "exam": code, "published": exam is not None}
    if exam is None:
        return shown
    return shown | {
        "title_ru": exam.title.ru,
        "title_en": exam.title.en,
        "time_limit_min": exam.time_limit_min,
        "passed_by": exam.passing.by,
        "threshold": exam.passing.threshold,
        "attempts": exam.tries.most,
        "attempts_days": exam.tries.days,
        "retake_after_h": exam.retake_after_h,
        "valid_days": exam.valid_days,
    }
