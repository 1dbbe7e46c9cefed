"""A freelancer's answers with what came of them: decision, reason, how much was accepted, and until when it may be appealed."""

from typing import Any

import orjson

from piecework.payouts.api import me
from piecework.payouts.earning.reopening import SUBJECT as CLAWBACK
from piecework.platform.pages.view import N_, Entry, Shown, View
from piecework.platform.web.operation import Call
from piecework.platform.web.paging import PageQuery
from piecework.tasks import decisions, objections
from piecework.tasks.api import work
from piecework.tasks.pages.labels import project_names

READ = "earnings.read"
SHOWN = 25


async def answers_page(call: Call, query: PageQuery) -> Shown:
    """My answers, newest first."""
    found = await me.my_assignments(call, PageQuery(limit=min(query.limit, SHOWN), cursor=query.cursor))
    shown = [one.id for one in found.items]
    items: list[dict[str, Any]] = orjson.loads(found.model_dump_json())["items"]
    return {
        "items": items,
        "told": {(str(one), words): said for (one, words), said in (await decisions.told(shown)).items()},
        "taken": {str(one): said["words"] for one, said in (await objections.told(CLAWBACK, shown)).items()},
        "cursor": found.next_cursor,
        "names": await project_names({one["project"] for one in items}),
        "steps": {one: (await work.STEPS.get(int(one))).spec.title for one in {one["step_id"] for one in items}},
    }


VIEWS = (View("GET", "/me/answers", answers_page, READ, N_("My answers"), "me_answers.html", query=PageQuery),)
MENU = (Entry(N_("My work"), N_("My answers"), "/me/answers", READ),)
