"""Codes of what curators publish, in words."""

from collections.abc import Mapping

from piecework.platform.pages.view import N_

PUBLISHING: Mapping[str, Mapping[str, str]] = {
    "version_state": {"draft": N_("draft"), "published": N_("published"), "retired": N_("retired")},
    "exam_kind": {"general": N_("general"), "direction": N_("of a direction")},
    "question_kind": {
        "dictation": N_("Dictation"),
        "main_information": N_("Understanding a text"),
        "style": N_("Style"),
        "golden": N_("Task of a step"),
    },
    "question_state": {
        "waiting": N_("waits for another curator"),
        "live": N_("can be drawn"),
        "retired": N_("retired"),
        "retire": N_("seen too often: retire it"),
    },
    "compare": {"exact": N_("Letters, capitals and marks count."), "wording": N_("The words alone count.")},
    "dictation_error": {
        "spelling": N_("spelling"),
        "missing": N_("missing words"),
        "extra": N_("words too many"),
        "punctuation": N_("punctuation"),
        "capital": N_("capitals"),
    },
    "attempt_state": {
        "under_way": N_("under way"),
        "undecided": N_("not decided yet"),
        "passed": N_("passed"),
        "failed": N_("not passed"),
        "to_mark": N_("to be marked again"),
    },
    "noted_appeal": {"appealed": N_("open"), "upheld": N_("upheld"), "denied": N_("denied")},
    "course_ending": {"under_way": N_("under way")},
    "course_language": {"ru": N_("in Russian"), "en": N_("in English")},
    "homework_state": {"late": N_("late")},
    "field": {
        "as_text": N_("The text, as JSON"),
        "code": N_("Code"),
        "pool": N_("Pool"),
        "step": N_("Step"),
        "mentor_id": N_("Who mentors"),
        "freelancer_id": N_("Who"),
        "feedback": N_("What you tell them"),
        "accepted": N_("Decision"),
        "question_ids": N_("Questions of exams"),
    },
}
