"""Codes of load, instructions and messages, in the words of the staff."""

from collections.abc import Mapping

from piecework.platform.pages.view import N_

LOAD: Mapping[str, Mapping[str, str]] = {
    "load_unknown": {
        "no_pace": N_("how long an answer takes"),
        "no_forecast": N_("how many tickets will come"),
        "not_counted": N_("the backlog, which is not counted yet"),
        "unpaced_steps": N_("how long some steps take"),
    },
    "load_method": {
        "seasonal_naive": N_("the same hours of the last weeks"),
        "holt_winters": N_("exponential smoothing by the hour of the week"),
    },
    "message_filter": {
        "qualification": N_("qualification"),
        "level": N_("level, at least"),
        "line": N_("line of support, at least"),
        "language": N_("tickets in the language"),
        "has_contract": N_("has a contract"),
        "missed_last_week": N_("missed the last week"),
        "inactive_days": N_("days without a task"),
    },
    "field": {
        "kind": N_("To whom"),
        "account_id": N_("Person"),
        "code": N_("Project"),
        "filter": N_("Conditions"),
        "qualification": N_("Qualification"),
        "level": N_("Level, at least"),
        "line": N_("Line of support, at least"),
        "has_contract": N_("Has a contract in force"),
        "missed_last_week": N_("Missed the norm of the last week"),
        "inactive_days": N_("Has taken no task for so many days"),
        "title": N_("Title"),
        "text": N_("The text"),
        "summary": N_("What is new"),
        "keywords": N_("Keywords"),
        "within_s": N_("Chats and calls are answered within, seconds"),
    },
}
