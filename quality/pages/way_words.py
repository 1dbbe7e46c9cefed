"""Codes of the way in, in words."""

from collections.abc import Mapping

from piecework.platform.pages.view import N_

WAY: Mapping[str, Mapping[str, str]] = {
    "way_stage": {
        "application": N_("Application"),
        "language_exam": N_("Language exam"),
        "interview": N_("Interview"),
        "contract": N_("Contract"),
        "training": N_("Training"),
        "direction_exam": N_("Direction exam"),
        "trial": N_("Trial tasks"),
        "live": N_("Admission to live tickets"),
    },
    "way_state": {
        "open": N_("under way"),
        "admitted": N_("admitted"),
        "refused": N_("refused"),
        "lapsed": N_("lapsed"),
        "withdrawn": N_("withdrawn"),
        "passed": N_("passed"),
        "current": N_("now"),
        "ahead": N_("ahead"),
    },
    "way_outcome": {
        "entered": N_("reached"),
        "waits": N_("waits"),
        "passed": N_("passed"),
        "failed": N_("not passed"),
        "late": N_("late"),
        "refused": N_("refused"),
        "lapsed": N_("lapsed"),
        "withdrawn": N_("withdrawn"),
        "reopened": N_("opened again"),
        "extended": N_("more time given"),
    },
    "unit_state": {"locked": N_("later"), "open": N_("to be done now"), "waiting": N_("waits to be read"), "done": N_("done")},
    "unit_kind": {"lesson": N_("lesson"), "tasks": N_("exercises"), "trial": N_("trial")},
    "item_state": {
        "open": N_("to be answered"),
        "again": N_("try again"),
        "waiting": N_("waits to be read"),
        "right": N_("right"),
        "wrong": N_("not right"),
    },
    "course_ending": {
        "finished": N_("finished"),
        "not_passed": N_("not passed"),
        "replaced": N_("replaced by a newer version"),
    },
    "grade": {
        "junior": N_("junior"),
        "middle": N_("middle"),
        "senior": N_("senior"),
    },
    "field": {
        "consent": N_("Consent"),
        "slot_id": N_("Time of the interview"),
        "answer": N_("Your answer"),
    },
}
