"""My way in: where I am, whose turn it is and until when, every decision with its reason, the interview's times."""

from piecework.platform.errors import NotFound
from piecework.platform.pages.view import N_, Entry, Go, Shown, View
from piecework.platform.web.operation import Call
from piecework.quality import policy
from piecework.quality.api import admissions as api
from piecework.quality.pages.way_apply_views import WAY
from piecework.quality.schemas.admissions import SlotChoice, WhyIn

ONE = f"{WAY}/{{candidacy_id}}"
LEADS = {
    "language_exam": "/me/exams",
    "direction_exam": "/me/exams",
    "contract": "/me/contract",
    "training": "/me/training",
    "trial": "/me/training",
}
"""Where a stage is gone through."""


async def way_page(call: Call) -> Shown:
    """My applications with all that happened."""
    return {"applications": (await api.my_application(call)).applications, "leads": LEADS}


async def leave_page(call: Call) -> Shown:
    """The forms to refuse all times, or to withdraw."""
    found = next((one for one in (await api.my_application(call)).applications if one.id == call.id("candidacy_id")), None)
    if found is None:
        raise NotFound
    return {"one": found}


async def choose(call: Call, form: SlotChoice) -> Go:
    """Choose one of the times proposed for my interview."""
    await api.choose_slot(call, form)
    return Go(WAY, N_("The time of your interview is settled."))


async def refuse(call: Call, form: WhyIn) -> Go:
    """None of the times suits me."""
    await api.refuse_slots(call, form)
    return Go(WAY, N_("Noted. We propose other times."))


async def withdraw(call: Call, form: WhyIn) -> Go:
    """I do not want to go on."""
    await api.withdraw_application(call, form)
    return Go(WAY, N_("Your application is withdrawn."))


OWN = policy.OWN_CANDIDACY
VIEWS = (
    View("GET", WAY, way_page, OWN, N_("My way in"), "way_mine.html"),
    View("POST", f"{ONE}/slot", choose, OWN, form=SlotChoice, again=WAY),
    View("GET", f"{ONE}/other-times", leave_page, OWN, N_("None of the times suits me"), "way_why.html"),
    View("POST", f"{ONE}/other-times", refuse, OWN, form=WhyIn, again=f"{ONE}/other-times"),
    View("GET", f"{ONE}/withdraw", leave_page, OWN, N_("Withdraw my application"), "way_why.html"),
    View("POST", f"{ONE}/withdraw", withdraw, OWN, form=WhyIn, again=f"{ONE}/withdraw"),
)
MENU = (Entry(N_("Way in"), N_("My way in"), WAY, OWN),)
