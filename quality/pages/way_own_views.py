"""My way in: where I am, whose turn it is and until when, every decision with its reason, the interview's times."""

from uuid import UUID

from piecework.platform import db
from piecework.platform.errors import NotFound
from piecework.platform.pages.view import N_, Entry, Shown, View, carries_out
from piecework.platform.web.operation import Call
from piecework.quality import policy
from piecework.quality.admissions import candidacies
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


async def my_turn(account_id: UUID) -> int:
    """How many of a person's applications wait for them, for the menu."""
    waiting: int = await db.scalar(candidacies.MY_TURN, account_id)
    return waiting


async def way_page(call: Call) -> Shown:
    """My applications with all that happened."""
    return {"applications": (await api.my_application(call)).applications, "leads": LEADS}


async def leave_page(call: Call) -> Shown:
    """The forms to refuse all times, or to withdraw."""
    found = next((one for one in (await api.my_application(call)).applications if one.id == call.id("candidacy_id")), None)
    if found is None:
        raise NotFound
    return {"one": found}


OWN = policy.OWN_CANDIDACY
VIEWS = (
    View("GET", WAY, way_page, OWN, N_("My way in"), "way_mine.html"),
    View("POST", f"{ONE}/slot", carries_out(api.choose_slot, WAY, N_("The time of your interview is settled.")), OWN, form=SlotChoice,
         again=WAY),
    View("GET", f"{ONE}/other-times", leave_page, OWN, N_("None of the times suits me"), "way_why.html"),
    View("POST", f"{ONE}/other-times", carries_out(api.refuse_slots, WAY, N_("Noted. We propose other times.")), OWN, form=WhyIn,
         again=f"{ONE}/other-times"),
    View("GET", f"{ONE}/withdraw", leave_page, OWN, N_("Withdraw my application"), "way_why.html"),
    View("POST", f"{ONE}/withdraw", carries_out(api.withdraw_application, WAY, N_("Your application is withdrawn.")), OWN, form=WhyIn,
         again=f"{ONE}/withdraw"),
)  # fmt: skip
MENU = (Entry(N_("Way in"), N_("My way in"), WAY, OWN, badge=my_turn),)
