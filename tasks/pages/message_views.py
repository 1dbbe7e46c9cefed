"""Messages of the staff: writing to one person, a project or by a filter after seeing how many get it; what was sent, who has read it."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from piecework.platform import db
from piecework.platform.pages.view import N_, Entry, Go, Shown, View
from piecework.platform.web.operation import Call, Query, Shape
from piecework.tasks import policy, projects
from piecework.tasks.api import messages as api
from piecework.tasks.pages.fitting import fitted
from piecework.tasks.pages.labels import project_names
from piecework.tasks.schemas import messages as s

LIST = "/messages"
NEW = "/messages/new"
ONE = "/messages/{message_id}"
THREAD = f"{ONE}/recipients/{{account_id}}"
MOST_NAMED = 500
"""So many people can be chosen from by name; the others are written to from their own pages."""
PEOPLE = """
SELECT id, name FROM account
WHERE state = 'active' AND roles && '{freelancer,applicant}'::text[] AND ($2::uuid IS NULL OR id = $2) ORDER BY name, id LIMIT $1"""
CODES = "SELECT DISTINCT code FROM qualification ORDER BY code LIMIT 200"
FILTER = ("qualification", "level", "line", "language", "has_contract", "missed_last_week", "inactive_days")
NAMES = "SELECT id, name FROM account WHERE id = ANY ($1)"

Text = Annotated[str, StringConstraints(max_length=20_000)]


class NewQuery(Query):
    """To whom, if the page was opened from there."""

    person: UUID | None = None
    project: Annotated[str, Field(max_length=60)] | None = None


class ComposeForm(Shape):
    """A message as a browser sends it: of `kind` only its own fields count."""

    kind: Literal["person", "project", "filter"]
    account_id: Annotated[UUID, Field(strict=False)] | None = None
    code: Text | None = None
    qualification: Text | None = None
    level: int | None = None
    line: int | None = None
    language: Text | None = None
    has_contract: bool | None = None
    missed_last_week: bool | None = None
    inactive_days: int | None = None
    title: Text = ""
    body: Text = ""
    must_read: bool = False

    def to(self) -> dict[str, Any]:
        """To whom, as the API has it."""
        names = {"person": ("account_id",), "project": ("code",), "filter": FILTER}[self.kind]
        given = {name: getattr(self, name) for name in names}
        return {"kind": self.kind} | {name: value for name, value in given.items() if value is not None}


async def sent_page(call: Call, query: s.SentQuery) -> Shown:
    """What was sent, the newest first."""
    found = await api.sent_messages(call, query)
    return {"found": found, "query": query, **await _told([one.audience for one in found.items])}


async def compose_page(call: Call, query: NewQuery) -> Shown:
    """An empty message."""
    return await _form(call, person=query.person, project=query.project)


async def preview_page(call: Call, form: ComposeForm) -> Shown:
    """Whom the message would go to now; nothing is sent."""
    found = await api.preview_message(call, fitted(s.AudienceIn, under="to", to=form.to()))
    shown = await _form(call, person=form.account_id, project=form.code)
    return {**shown, "draft": form, "audience": found}


async def send(call: Call, form: ComposeForm) -> Go:
    """Send it."""
    made = fitted(s.MessageIn, under="to", to=form.to(), title=form.title, body=form.body, must_read=form.must_read)
    sent = await api.send_message(call, made)
    return Go(f"/messages/{sent.id}", N_("Sent."))


async def sent_message_page(call: Call, query: s.RecipientQuery) -> Shown:
    """A message, whom it went to and who has read it."""
    message = await api.show_message(call)
    found = await api.message_recipients(call, query)
    return {"message": message, "found": found, "query": query, **await _told([message.audience])}


async def thread_page(call: Call) -> Shown:
    """What one recipient and the staff wrote to each other."""
    found = await api.recipient_thread(call)
    person = call.id("account_id")
    rows = await db.rows(NAMES, [person])
    return {"found": found, "person": person, "name": rows[0]["name"]}


async def answer(call: Call, form: s.ReplyIn) -> Go:
    """Answer a recipient."""
    await api.answer_recipient(call, form)
    return Go(f"/messages/{call.id('message_id')}/recipients/{call.id('account_id')}", N_("Sent."))


async def _form(call: Call, *, person: UUID | None, project: str | None) -> dict[str, Any]:
    people = await db.rows(PEOPLE, MOST_NAMED, None)
    if person is not None and person not in {row["id"] for row in people}:
        people = [*await db.rows(PEOPLE, 1, person), *people]
    seen = await projects.visible(call.principal).order_by("name").limit(MOST_NAMED)
    return {
        "people": [(str(row["id"]), row["name"]) for row in people],
        "projects": [(one.code, one.name) for one in seen],
        "qualifications": [(row["code"], row["code"]) for row in await db.rows(CODES)],
        "chosen": {
            "kind": "person" if person or not project else "project",
            "account_id": str(person or ""),
            "code": project or "",
        },
        "draft": None,
        "audience": None,
    }


async def _told(audiences: list[dict[str, Any]]) -> dict[str, Any]:
    """Names for those whom messages were written to."""
    people = [UUID(one["account_id"]) for one in audiences if one["kind"] == "person"]
    codes = [one["code"] for one in audiences if one["kind"] == "project"]
    rows = await db.rows(NAMES, people) if people else []
    return {"people": {str(row["id"]): row["name"] for row in rows}, "projects": await project_names(codes)}


SEND = policy.MESSAGES_SEND
VIEWS = (
    View("GET", LIST, sent_page, SEND, N_("Messages sent"), "message_sent.html", query=s.SentQuery),
    View("POST", LIST, send, SEND, form=ComposeForm, again=NEW),
    View("GET", NEW, compose_page, SEND, N_("Write a message"), "message_new.html", query=NewQuery),
    View(
        "POST", NEW, preview_page, SEND, N_("Write a message"), "message_new.html", form=ComposeForm, again=NEW, transaction=False
    ),
    View("GET", ONE, sent_message_page, SEND, N_("A message"), "message_one.html", query=s.RecipientQuery),
    View("GET", THREAD, thread_page, SEND, N_("A message"), "message_thread.html"),
    View("POST", THREAD, answer, SEND, form=s.ReplyIn, again=THREAD),
)
MENU = (Entry(N_("People"), N_("Messages"), LIST, SEND),)
