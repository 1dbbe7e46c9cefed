"""The curator's queue: what matters most, with counts and deadlines."""

from itertools import groupby

from piecework.platform.pages.view import N_, Shown, View
from piecework.platform.web.operation import Call
from piecework.platform.web.paging import PageQuery
from piecework.quality import policy
from piecework.quality.api.audits import curator_queue
from piecework.quality.auditing import queue

KINDS = (
    *("dispute", "disagreement", "golden", "appeal", "acceptance", "audit", "application", "interview", "admission"),
    *("homework", "leave", "second", "criteria"),
)


async def queue_page(call: Call, query: PageQuery) -> Shown:
    """What waits for this curator, what is due first before it."""
    found = await curator_queue(call, query)
    first = query.cursor is None
    waiting = await queue.counts(call.principal.account_id) if first else {}
    kinds = groupby(found.items, key=lambda one: (one.kind, one.priority) if one.kind in queue.BLIND else one.id)
    alike = [list(each) for _, each in kinds]
    return {
        "found": found,
        "rows": [(each[0], len(each)) for each in alike],
        "first": first,
        "counts": [(kind, *waiting[kind]) for kind in KINDS if kind in waiting],
    }


VIEWS = (
    View(
        "GET", "/queue", queue_page, policy.REVIEW, N_("Queue"), "queue.html", query=PageQuery, live="queue_now.html", live_s=10.0
    ),
)
