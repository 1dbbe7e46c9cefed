"""My accuracy with its interval and what it rests on; my qualifications, what I lack for the next, asking for them."""

from piecework.platform.pages.view import N_, Entry, Go, Shown, View
from piecework.platform.web.operation import Call
from piecework.quality import policy
from piecework.quality.api import admitting
from piecework.quality.api.accuracy import own_accuracy
from piecework.quality.api.appeals import my_qualifications
from piecework.quality.schemas.admitting import WantedIn
from piecework.tasks.pages.labels import project_names

ACCURACY = "/me/accuracy"
QUALIFICATIONS = "/me/qualifications"
ONE = f"{QUALIFICATIONS}/{{code}}"


async def accuracy_page(call: Call) -> Shown:
    """My accuracy per step, as of the last midnight."""
    found = await own_accuracy(call)
    return {"found": found, "names": await project_names({one.project for one in found.steps})}


async def qualifications_page(call: Call) -> Shown:
    """What I hold, what I lack for the next, what I wait for, what was decided."""
    return {"held": (await my_qualifications(call)).qualifications, "mine": await admitting.my_admissions(call)}


async def ask(call: Call, form: WantedIn) -> Go:
    """Ask to be admitted."""
    await admitting.ask_admission(call, form)
    return Go(QUALIFICATIONS, N_("You have asked. From when you meet all criteria, a curator decides in time."))


async def withdraw(call: Call) -> Go:
    """Take back what I asked for."""
    await admitting.withdraw_admission(call)
    return Go(QUALIFICATIONS, N_("Taken back."))


VIEWS = (
    View("GET", ACCURACY, accuracy_page, policy.OWN_ACCURACY_READ, N_("My accuracy"), "way_accuracy.html"),
    View("GET", QUALIFICATIONS, qualifications_page, policy.APPEAL, N_("My qualifications"), "way_qualifications.html"),
    View("POST", f"{ONE}/ask", ask, policy.ADMISSION_ASK, form=WantedIn, again=QUALIFICATIONS),
    View("POST", f"{ONE}/withdraw", withdraw, policy.ADMISSION_ASK, again=QUALIFICATIONS),
)
MENU = (
    Entry(N_("My work"), N_("My accuracy"), ACCURACY, policy.OWN_ACCURACY_READ),
    Entry(N_("My work"), N_("My qualifications"), QUALIFICATIONS, policy.APPEAL),
)
