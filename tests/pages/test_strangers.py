"""Pages and forms in the wrong hands: whoever may not see a page, or send one of its forms, is refused, and nothing changes.

The forms are those that the filled world's pages show (tests/pages/walking.py), with their real paths and values. A new one that no page
of that world shows has to be named in `UNSEEN_FORMS`, with who would send it and where; the first test names those that are missing.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import unescape
from urllib.parse import urljoin, urlsplit

import httpx2
import pytest
from starlette.requests import Request
from starlette.routing import compile_path

from piecework.platform import composition, db
from piecework.platform.identity.models import Role
from piecework.platform.identity.principal import COOKIE
from piecework.platform.pages.endpoint import csrf
from piecework.platform.pages.texts import LANGUAGE_COOKIE
from piecework.platform.pages.view import View
from piecework.platform.web.operation import ANYONE, SIGNED_IN
from tests.pages.conftest import session
from tests.pages.filled import AUTHOR, Filled
from tests.pages.plain import forms
from tests.pages.walking import Walked
from tests.traceless import nothing_changes, rehearsed

pytestmark = pytest.mark.timeout(300)
Fields = Mapping[str, Sequence[str]]
PERMISSIONS = composition.permissions()
VIEWS = [view for part in composition.PARTS for view in part.pages.views if view.method == "POST"]
ROUTES = [(compile_path(view.path)[0], view) for view in VIEWS]
UNSEEN_FORMS = {
    "/admissions/{admission_id}": ("second", "SELECT '/admissions/' || uuidv7()"),
    "/appeals/{appeal_id}": ("arbiter", "SELECT '/appeals/' || min(id::text) FROM appeal WHERE subject = 'answer'"),
    "/attempts/{attempt_id}": ("curator", "SELECT '/attempts/' || min(id::text) FROM exam_attempt"),
    "/candidacies/{candidacy_id}/interview-decision": (
        "curator", "SELECT '/candidacies/' || min(id::text) || '/interview-decision' FROM candidacy"),
    "/contracts/{freelancer_id}/offers/{offer_id}/withdraw": (
        "curator", "SELECT format('/contracts/%s/offers/%s/withdraw', freelancer_id, id) FROM contract_offer ORDER BY id DESC LIMIT 1"),
    "/courses/shipped": ("curator", "SELECT '/courses/shipped'"),
    "/courses/{code}/people": ("curator", "SELECT '/courses/nachalo/people'"),
    "/courses/{code}/versions/{version}/publish": ("second", "SELECT '/courses/nachalo/versions/1/publish'"),
    "/exam-questions/approve": ("curator", "SELECT '/exam-questions/approve'"),
    "/exams/shipped": ("curator", "SELECT '/exams/shipped'"),
    "/exams/{code}/versions/{version}/publish": ("second", "SELECT '/exams/gramota/versions/1/publish'"),
    "/homework/{answer_id}/check": ("curator", "SELECT format('/homework/%s/check', uuidv7())"),
    "/jobs/retry": ("administrator", "SELECT '/jobs/retry'"),
    "/leave/{leave_id}/confirm": ("curator", "SELECT format('/leave/%s/confirm', min(id::text)) FROM leave"),
    "/leave/{leave_id}/refuse": ("curator", "SELECT format('/leave/%s/refuse', min(id::text)) FROM leave"),
    "/me/leave/{leave_id}/back": (AUTHOR, "SELECT format('/me/leave/%s/back', min(id::text)) FROM leave"),
    "/me/messages/{message_id}/read": (AUTHOR, "SELECT format('/me/messages/%s/read', min(id::text)) FROM message"),
    "/me/payment-details/confirm": (AUTHOR, "SELECT '/me/payment-details/confirm'"),
    "/messages": ("curator", "SELECT '/messages'"),
    "/money/bank/{bank_line_id}/match": ("finance", "SELECT format('/money/bank/%s/match', min(id::text)) FROM bank_line"),
    "/money/deductions/{deduction_id}/cancel": ("finance", "SELECT format('/money/deductions/%s/cancel', min(id::text)) FROM deduction"),
    "/money/deductions/{deduction_id}/give-back": (
        "finance", "SELECT format('/money/deductions/%s/give-back', min(id::text)) FROM deduction"),
    "/money/payouts/{payout_id}/approve": ("cashier", "SELECT format('/money/payouts/%s/approve', min(id::text)) FROM payout_run"),
    "/money/payouts/{payout_id}/cancel": ("finance", "SELECT format('/money/payouts/%s/cancel', min(id::text)) FROM payout_run"),
    "/money/payouts/{payout_id}/lines/{line_id}/remove": (
        "finance", "SELECT format('/money/payouts/%s/lines/%s/remove', run_id, id) FROM payout_line LIMIT 1"),
    "/money/receipts/{line_id}": ("finance", "SELECT '/money/receipts/' || min(id::text) FROM payout_line"),
    "/money/rules/{rule_id}/approve": ("cashier", "SELECT format('/money/rules/%s/approve', min(id::text)) FROM pay_rule"),
    "/money/rules/{rule_id}/effect": ("cashier", "SELECT format('/money/rules/%s/effect', min(id::text)) FROM pay_rule"),
    "/money/settings/{version}/approve": ("cashier", "SELECT '/money/settings/1/approve'"),
    "/money/taxes/remittances/{period_id}": ("finance", "SELECT '/money/taxes/remittances/' || min(id::text) FROM period"),
    "/norm-cases/{case_id}": ("curator", "SELECT '/norm-cases/' || min(id::text) FROM norm_case"),
    "/training/{freelancer_id}/mentor": (
        "curator", "SELECT format('/training/%s/mentor', min(id::text)) FROM account WHERE roles = '{freelancer}'"),
}  # fmt: skip
UNSEEN_TEXTS = {
    "/admissions/{admission_id}": {"reason": "text"},
    "/appeals/{appeal_id}": {"reply": "text"},
    "/attempts/{attempt_id}": {"reason": "text"},
    "/candidacies/{candidacy_id}/interview-decision": {"reason": "text"},
    "/contracts/{freelancer_id}/offers/{offer_id}/withdraw": {"reason": "text"},
    "/courses/{code}/people": {"reason": "text"},
    "/homework/{answer_id}/check": {"feedback": "text"},
    "/leave/{leave_id}/confirm": {"reason": "text"},
    "/leave/{leave_id}/refuse": {"reason": "text"},
    "/messages": {"title": "text", "body": "text", "level": "number"},
    "/money/bank/{bank_line_id}/match": {"reason": "text"},
    "/money/deductions/{deduction_id}/cancel": {"reason": "text"},
    "/money/deductions/{deduction_id}/give-back": {"reason": "text"},
    "/money/payouts/{payout_id}/cancel": {"reason": "text"},
    "/money/payouts/{payout_id}/lines/{line_id}/remove": {"reason": "text"},
    "/money/receipts/{line_id}": {"number": "text", "url": "url", "issued_on": "date"},
    "/money/taxes/remittances/{period_id}": {"amount": "text", "reference": "text", "paid_on": "date"},
    "/norm-cases/{case_id}": {"reason": "text"},
    "/training/{freelancer_id}/mentor": {"reason": "text"},
}
"""What is typed into those forms."""
FITS = {"text": "Слова, которые подходят."}
"""What is typed where nothing is, by the kind of field."""
FITTING: dict[str, Fields] = {
    "/money/tickets/{ticket_id}/budget": {"budget": ["700.00"]},
    "/projects/{code}/workflow/begin": {"begin": ["empty"]},
    "/work/tasks/{assignment_id}/answer": {"answer.zametka": ["Клиент торопится."]},
}
"""What fits where words do not, and which of its buttons is pressed."""
OWN = ("/me/", "/notices/", "/work/tasks/")
"""What begins so and names something by its id is its person's alone."""
ABSENT = "Здесь такого нет."
DRAFTS = "/writing/"
"""Where forms keep whatever is typed."""
LEAST_FORMS = 90
"""So many forms that are typed into were there at least when this was written."""
FOR_ALL = frozenset({"/preferences", "/sign-in", "/sign-out"})
"""Forms of the kit's own, on every page or before all of them."""


@dataclass(frozen=True)
class Sending:
    """A form as somebody would send it who is shown it; or a page, as they would ask for it."""

    view: View
    who: str | None
    page: str
    path: str
    given: Fields = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    """The fields that are typed into, and of what kind each is."""
    needed: Mapping[str, str] = field(default_factory=dict)
    """The first choice of each group of which one has to be chosen, and none is."""


def fitting(one: Sending) -> Fields:
    """What this form sends if it is filled as it has to be: what is shown in it, and words where nothing is."""
    words = {name: [FITS[kind]] for name, kind in one.texts.items() if kind in FITS and not any(one.given.get(name, ()))}
    chosen = {name: [value] for name, value in one.needed.items() if name not in one.given}
    return {**one.given, **chosen, **words, **FITTING.get(one.view.path, {})}


def unlike(kind: str, number: int) -> str:
    """Something that was typed into a field of a kind, and into no other."""
    return {
        "number": f"9{number:03}7",
        "date": f"2031-02-{number % 28 + 1:02}",
        "time": f"{number % 24:02}:37",
        "datetime-local": f"2031-02-{number % 28 + 1:02}T03:37",
        "email": f"slovo{number}@primer.test",
        "url": f"https://primer.test/slovo{number}",
    }.get(kind, f"Слово{number}.")


def view_of(path: str) -> View:
    return next(view for pattern, view in ROUTES if pattern.match(urlsplit(path).path))


Shown = dict[str, list[Sending]]


def pages(walked: Walked) -> list[Sending]:
    """The pages that somebody saw, as they asked for them."""
    return [Sending(visit.view, visit.who, visit.path, visit.path) for visit in walked.walker.visits]


@pytest.fixture(scope="module")
def shown(walked: Walked) -> Shown:
    """The forms that pages showed, by the paths of their views."""
    found: Shown = {}
    for visit in walked.walker.visits:
        for form in forms(visit.text) if "<form" in visit.text else ():
            for action in (form.action, *form.paths) if form.method == "post" else ():
                path = urljoin(visit.path, action)
                one = Sending(view_of(path), visit.who, visit.path, path, form.fields, form.texts, form.needed)
                found.setdefault(one.view.path, []).append(one)
    return found


@dataclass
class Hands:
    """Who sends forms here: people by their names, each with a session."""

    filled: Filled
    secrets: dict[str, str] = field(default_factory=dict)

    async def sign_in(self, *names: str) -> None:
        for name in names:
            if name not in self.secrets:
                self.secrets[name] = await session(self.filled[name].id)

    def token(self, name: str | None) -> str:
        """What the forms of this person's session carry."""
        cookie = f"{COOKIE}={self.secrets[name]}" if name else ""
        return csrf(Request({"type": "http", "headers": [(b"cookie", cookie.encode())]}))

    async def send(
        self,
        name: str | None,
        one: Sending,
        changed: Fields | None = None,
        *,
        token: str | None = None,
        site: str = "same-origin",
    ) -> httpx2.Response:
        """Send a form as this person's browser would, with the token of its own session if no other is named."""
        cookies = {LANGUAGE_COOKIE: "ru"} | ({COOKIE: self.secrets[name]} if name else {})
        data = {**one.given, "csrf": [self.token(name) if token is None else token], "once": [], **(changed or {})}
        headers = {
            "cookie": "; ".join(f"{key}={value}" for key, value in cookies.items()),
            "accept": "text/html",
            "sec-fetch-site": site,
        }
        if one.view.method == "GET":
            return await self.filled.world.client.get(one.path, headers=headers)
        return await self.filled.world.client.post(one.path, data=data, headers=headers)


@pytest.fixture
async def hands(filled: Filled) -> Hands:
    found = Hands(filled)
    await filled.world.person("rival", Role.REQUESTER)
    await found.sign_in(*(role.value for role in Role), AUTHOR, "mila", "applicant1", "applicant2", "rival")
    return found


async def unseen(shown: Shown) -> list[Sending]:
    """The forms that no page showed."""
    found = []
    for path, (who, sql) in UNSEEN_FORMS.items():
        if path not in shown:
            place = await db.scalar(sql)
            found.append(Sending(view_of(place), who, place, place, texts=UNSEEN_TEXTS.get(path, {})))
    return found


async def every_form(shown: Shown, hands: Hands) -> list[Sending]:
    """One sending of each view, by somebody whom it was shown."""
    found = [next((one for one in sent if one.who), sent[0]) for sent in shown.values()]
    found += await unseen(shown)
    await hands.sign_in(*(one.who for one in found if one.who))
    return found


async def test_every_form_is_shown_somewhere_or_named_here(shown: Shown, hands: Hands) -> None:
    paths = [one.view.path for one in await every_form(shown, hands)]
    assert sorted(paths) == sorted(view.path for view in VIEWS)


async def test_no_page_is_shown_and_no_form_taken_to_whom_its_permission_does_not_name(
    walked: Walked, shown: Shown, hands: Hands
) -> None:
    sent = [*{one.view.path: one for one in pages(walked)}.values(), *await every_form(shown, hands)]
    wrong = []
    async with nothing_changes():
        for one in sent:
            view = one.view
            able = frozenset(Role) if view.permission in (ANYONE, SIGNED_IN) else PERMISSIONS[view.permission]
            expected = {role.value: 403 for role in Role if role not in able}
            expected |= {} if view.permission == ANYONE else {None: 401 if view.method == "POST" else 303}
            found = {name: (await hands.send(name, one)).status_code for name in expected}
            wrong += [(view.method, view.path, found)] if found != expected else []
    assert wrong == []


async def test_no_form_is_taken_from_elsewhere_or_with_anothers_token(shown: Shown, hands: Hands) -> None:
    """Each from another site; one of each permission with a wrong token, for that shows its whole page again."""
    sent = await every_form(shown, hands)
    by_permission = {one.view.permission: one for one in sent if one.who}.values()
    async with nothing_changes():
        statuses = [(one.view.path, (await hands.send(one.who, one, site="cross-site")).status_code) for one in sent]
        for token in (hands.token("rival"), ""):
            statuses += [(one.view.path, (await hands.send(one.who, one, token=token)).status_code) for one in by_permission]
    assert [one for one in statuses if one[1] != 403] == []


async def test_what_is_somebody_elses_is_not_there(walked: Walked, shown: Shown, hands: Hands) -> None:
    """Pages and forms of people of the same role: a freelancer, an applicant, a requester in each other's places.

    The forms are filled so that they fit: what is refused is the person, not what they wrote. Their own people are not refused so.
    """
    others = {AUTHOR: "mila", "mila": AUTHOR, "applicant1": "applicant2", "applicant2": "applicant1", "requester": "rival"}
    every = (*pages(walked), *(one for several in shown.values() for one in several), *await unseen(shown))
    sent = []
    for one in every:
        owned = "_id}" in one.view.path and one.view.path.startswith(OWN)
        if one.who in others and (owned or (one.who == "requester" and "{" in one.view.path)) and one.view.permission != ANYONE:
            sent.append(replace(one, given=fitting(one)))
    found = []
    async with nothing_changes():
        for one in sent:
            other = others[one.who or ""]
            status = (await hands.send(other, one)).status_code
            found += [(one.view.method, one.path, other, status)] if status not in (403, 404) else []
    assert found == []
    for one in {one.path: one for one in sent if one.view.method == "POST"}.values():
        async with rehearsed():
            status = (await hands.send(one.who, one)).status_code
        found += [(one.view.method, one.path, one.who, status)] if status in (403, 404, 422) else []
    assert found == []
    looked = Counter(method for method, _ in {(one.view.method, one.view.path) for one in sent})
    assert (looked["GET"] > 30, looked["POST"] > 28) == (True, True), looked


async def test_a_refused_form_says_why_and_keeps_what_was_typed(shown: Shown, hands: Hands) -> None:
    """In Russian. Each form with something of its kind in every field, and with a field that it does not have.

    Only the forms of drafts take that, for a draft keeps whatever is typed; what it did is undone. Only a form that the filled world does
    not offer is not on the page that is shown again.
    """
    faults, looked, gone, taken = [], set(), set(), set()
    for one in await every_form(shown, hands):
        if one.view.path in FOR_ALL or not (one.view.form or one.view.typed):
            continue
        words = {name: [unlike(kind, number)] for number, (name, kind) in enumerate(one.texts.items())}
        async with rehearsed():
            reply = await hands.send(one.who, one, {**words, "unheard_of": ["1"]})
        page = unescape(reply.text)
        if reply.status_code < 400:
            taken.add(one.view.path)
            continue
        its = [form for form in forms(reply.text) if one.path in (form.action, *form.paths)]
        again = its or [
            form for form in forms(reply.text) if form.action == one.view.again and words.keys() <= form.fields.keys()
        ]
        if words:
            (looked if again else gone).add(one.view.path)
        lost = [
            name for name, (typed,) in words.items() if again and not any(typed in form.fields.get(name, ()) for form in again)
        ]
        english = re.findall(r'<span lang="en">(.*?)</span>', page[page.find("<main") :])
        said = 'role="alert"' in page if one.view.again and ABSENT not in page else "<h1>" in page
        if reply.status_code >= 500 or lost or english or not said:
            faults.append((one.view.path, reply.status_code, lost, english, said))
    assert faults == []
    assert [path for path in taken if not path.startswith(DRAFTS)] == []
    assert gone <= UNSEEN_TEXTS.keys()
    assert len(looked) >= LEAST_FORMS, len(looked)


async def test_a_form_that_is_sent_twice_at_once_is_carried_out_once(shown: Shown, hands: Hands) -> None:
    asked = next(one for one in shown["/money/exports"] if one.who == "finance")
    before = await db.scalar("SELECT count(*) FROM report_export")
    replies = await asyncio.gather(
        *(hands.send("finance", asked, {"format": ["csv"], "once": ["twice-at-once"]}) for _ in range(5))
    )
    assert {reply.status_code for reply in replies} == {303}
    assert len({reply.headers["location"] for reply in replies}) == 1
    assert await db.scalar("SELECT count(*) FROM report_export") == before + 1


@pytest.mark.parametrize(
    "came_from", ["http://[", "http://test/money/bank?outcome=\N{DEGREE SIGN}", "//elsewhere.test/money/bank?x"]
)
async def test_a_browser_may_say_anything_about_where_it_comes_from(filled: Filled, came_from: str) -> None:
    secret = await session(filled["finance"].id)
    headers = {
        "cookie": f"{COOKIE}={secret}",
        "sec-fetch-site": "same-origin",
        "accept": "text/html",
        "referer": came_from.encode(),
    }
    for cookie, status in ((headers["cookie"], 403), ("", 401)):
        reply = await filled.world.client.post("/money/bank", data={"csrf": "x"}, headers={**headers, "cookie": cookie})
        assert reply.status_code == status
