"""Codes of contracts, norms and absences, in the words of the staff who see them of somebody else."""

from collections.abc import Mapping

from piecework.platform.pages.view import N_

STAFF: Mapping[str, Mapping[str, str]] = {
    "offer_stands": {
        "open": N_("Awaits an answer"),
        "accepted": N_("Accepted"),
        "declined": N_("Declined"),
        "withdrawn": N_("Withdrawn"),
        "superseded": N_("Replaced by a newer one"),
        "expired": N_("Not answered in time"),
    },
    "contract_term": {
        "rate": N_("how pay is reckoned"),
        "price_list": N_("the price list"),
        "weekly_norm": N_("the norm of a week"),
        "weekly_cap": N_("the cap of a week"),
        "max_held": N_("tasks in hand at once"),
        "zone": N_("the time zone"),
        "cadence": N_("when pay comes"),
        "regime": N_("tax"),
        "notice_days": N_("the notice period"),
        "clauses": N_("further terms"),
    },
    "norm_appeal": {
        "appealed": N_("The person has appealed; the appeal is open."),
        "upheld": N_("The appeal was upheld."),
        "denied": N_("The appeal was denied."),
    },
    "norm_case_state": {"proposed": N_("To be decided"), "decided": N_("Decided"), "dropped": N_("Dropped")},
    "norm_decision": {"nothing": N_("Nothing follows"), "offer": N_("A new offer"), "end": N_("The contract ends")},
    "norm_line_of": {
        "leave": N_("Leave"),
        "illness": N_("Illness"),
        "pause": N_("Pause"),
        "outage": N_("Outage"),
        "gap": N_("There was no work for them"),
    },
    "norm_note_of": {
        "refused": N_("They were shown work during this gap and did not claim it."),
        "work_came": N_("Work that they may take came within ten minutes after they had stopped asking."),
        "let_expire": N_("The work that ended this gap was left to expire."),
        "no_pace": N_("They have no pace of their own yet, and the gap did not end in work."),
        "day_full": N_("The time above the hours that count in a day is left out."),
        "work_in_hand": N_("They held a task all this time, or it counts already."),
    },
    "field": {
        "decision": N_("Decision"),
        "rate": N_("How pay is reckoned"),
        "price_list": N_("The price list of"),
        "weekly_norm": N_("Norm of a week, in tasks"),
        "weekly_cap": N_("Cap of a week, in tasks"),
        "max_held": N_("In hand at once"),
        "notice_days": N_("Notice period, in days"),
        "zone": N_("Time zone"),
        "cadence": N_("Pay comes"),
        "starts_at": N_("Begins no earlier than"),
        "regime": N_("Tax"),
        "clauses": N_("Further terms"),
        "gap_daily_hours": N_("Most hours of a day that count"),
        "free_returns": N_("Free returns in a week"),
        "second_percent": N_("Second chance, in per cent"),
        "propose_after": N_("Missed weeks that make a case"),
        "propose_within": N_("Within so many weeks"),
        "starts": N_("From"),
        "ends": N_("Until"),
        "ends_at": N_("Until"),
    },
}
