"""Codes that requesters meet, in words."""

from collections.abc import Mapping

from piecework.platform.pages.view import N_

REQUESTER: Mapping[str, Mapping[str, str]] = {
    "ticket_way": {"open": N_("under way"), "resolved": N_("resolved"), "stuck": N_("waits for a person")},
    "task_state": {
        "open": N_("under way"),
        "disputed": N_("answers differ, a curator decides"),
        "resolved": N_("has its result"),
        "undecided": N_("answers differed, another step takes over"),
    },
    "project_state": {"active": N_("takes tickets"), "archived": N_("archived")},
    "template": {"classify": N_("Classify"), "answer": N_("Answer"), "moderate": N_("Moderate")},
    "field_type": {
        "choice": N_("one of"),
        "choices": N_("any of"),
        "yes_no": N_("yes or no"),
        "number": N_("a number"),
        "text": N_("text"),
    },
    "ticket_source": {
        "ticket.subject": N_("the ticket's subject"),
        "ticket.text": N_("the ticket's text"),
        "ticket.channel": N_("the ticket's channel"),
        "ticket.language": N_("the ticket's language"),
    },
    "field": {
        "code": N_("Code"),
        "currency": N_("Currency"),
        "sla_minutes": N_("Minutes to solve a ticket"),
        "control_rate": N_("Share of control tasks"),
        "spec": N_("Workflow"),
        "source": N_("Source"),
        "external_id": N_("Number in your helpdesk"),
        "channel": N_("Channel"),
        "language": N_("Language of the ticket"),
        "subject": N_("Subject"),
        "text": N_("Text"),
        "rows": N_("Rows"),
    },
}
