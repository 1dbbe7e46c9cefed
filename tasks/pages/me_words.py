"""Codes of contracts, absences and norms, in a freelancer's words."""

from collections.abc import Mapping

from piecework.platform.pages.view import N_

ME: Mapping[str, Mapping[str, str]] = {
    "offer_state": {
        "open": N_("Awaits your answer"),
        "accepted": N_("Accepted"),
        "declined": N_("Declined"),
        "withdrawn": N_("Withdrawn"),
        "superseded": N_("Replaced by a newer one"),
        "expired": N_("Not answered in time"),
    },
    "contract_cadence": {"weekly": N_("every week"), "half_monthly": N_("twice a month"), "monthly": N_("every month")},
    "contract_regime": {
        "none": N_("no tax is withheld or declared"),
        "self_employed": N_(
            "self-employed: the person pays the tax on professional income themselves and gives a receipt for each payment"
        ),
        "individual": N_("an individual: tax is withheld from the payments"),
        "non_resident": N_("an individual who is no tax resident: tax is withheld from the payments"),
        "other_country": N_("the person pays their taxes themselves in their own country"),
    },
    "leave_kind": {"leave": N_("Leave"), "illness": N_("Illness"), "pause": N_("Pause")},
    "leave_state": {
        "told": N_("Noted"),
        "waiting": N_("Waits to be confirmed"),
        "confirmed": N_("Confirmed"),
        "refused": N_("Not confirmed"),
        "cancelled": N_("Taken back"),
    },
    "norm_line": {
        "leave": N_("Leave"),
        "illness": N_("Illness"),
        "pause": N_("Pause"),
        "outage": N_("Outage"),
        "gap": N_("There was no work for you"),
    },
    "norm_note": {
        "refused": N_("You were shown work during this gap and did not claim it."),
        "work_came": N_("Work that you may take came within ten minutes after you had stopped asking."),
        "let_expire": N_("The work that ended this gap was left to expire."),
        "no_pace": N_("You have no pace of your own yet, and the gap did not end in work."),
        "day_full": N_("The time above the hours that count in a day is left out."),
        "work_in_hand": N_("You held a task all this time, or it counts already."),
    },
    "norm_result": {"met": N_("Met"), "excused": N_("Excused"), "missed": N_("Missed")},
    "week_task": {
        "accepted": N_("Accepted"),
        "awaiting": N_("Awaiting a decision"),
        "rejected": N_("Refused"),
        "expired": N_("Time ran out"),
        "skipped": N_("Skipped"),
        "released": N_("Given back"),
        "escalated": N_("Given to the line above"),
        "in_hand": N_("Still in hand when the week ended"),
    },
    "shift_pattern": {
        "none": N_("No shifts"),
        "2/2": N_("2 days on, 2 off"),
        "3/3": N_("3 days on, 3 off"),
        "5/2": N_("5 days on, 2 off"),
        "own": N_("Own hours by the day of the week"),
    },
    "field": {
        "first_day": N_("First day"),
        "last_day": N_("Last day"),
        "words": N_("Your words"),
        "day": N_("From which day on"),
        "body": N_("Your reply"),
        "pattern": N_("Shifts"),
        "anchor": N_("A first day on"),
        "sha256": N_("Text of the offer"),
    },
}
