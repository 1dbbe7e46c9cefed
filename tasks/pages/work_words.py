"""Codes that freelancers meet at their work, in words."""

from collections.abc import Mapping

from piecework.platform.pages.view import N_

WORK: Mapping[str, Mapping[str, str]] = {
    "assignment_state": {
        "held": N_("In hand"),
        "submitted": N_("Awaiting a decision"),
        "accepted": N_("Accepted"),
        "rejected": N_("Refused"),
        "released": N_("Given back"),
        "skipped": N_("Skipped"),
        "expired": N_("Time ran out"),
        "escalated": N_("Given to the line above"),
    },
    "channel": {
        "phone": N_("Phone"),
        "chat": N_("Chat"),
        "email": N_("E-mail"),
        "social": N_("Social network"),
        "app_review": N_("App review"),
        "messenger": N_("Messenger"),
    },
    "wrong": {
        "does_not_fit": N_("This does not fit what is asked for."),
        "not_asked": N_("This is not asked for with the rest of the answer."),
        "unknown_field": N_("This field is not taken here."),
    },
    "field": {"count": N_("How many"), "project": N_("Project"), "version": N_("Version")},
}
