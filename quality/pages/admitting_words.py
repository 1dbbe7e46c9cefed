"""Codes of the way in and of admission as curators meet them, in words."""

from collections.abc import Mapping

from piecework.platform.pages.view import N_

ADMITTING: Mapping[str, Mapping[str, str]] = {
    "cand_turn": {"us": N_("ours"), "candidate": N_("the candidate’s")},
    "cand_decision": {"accept": N_("accept"), "refuse": N_("refuse")},
    "cand_proposed": {"granted": N_("admit, proposed"), "refused": N_("refuse, proposed")},
    "cand_basis": {"evidence": N_("by the evidence"), "against": N_("against the evidence"), "appeal": N_("on appeal")},
    "cand_met": {"met": N_("everything is met"), "unmet": N_("something is missing")},
    "cand_fact": {
        "exam": N_("Exam"),
        "contract": N_("Contract"),
        "training": N_("Training"),
        "admission": N_("Admission"),
    },
    "cand_next": {
        "application.us": N_("Read what they wrote, and accept or refuse it with a reason."),
        "language_exam.us": N_("The language exam is not published: publish it, so that they can sit it."),
        "language_exam.candidate": N_("They sit the language exam."),
        "interview.us": N_("Propose times, ask two reviewers, and decide once their scores are in."),
        "interview.candidate": N_("They choose one of the proposed times. Meanwhile ask two reviewers."),
        "interview.scored": N_("All scores are in: decide."),
        "contract.us": N_("Offer them a contract."),
        "contract.candidate": N_("They read the contract that was offered."),
        "training.us": N_("The course is not published: publish it, so that they can begin."),
        "training.candidate": N_("They go through the training."),
        "direction_exam.us": N_("The direction’s exam is not published: publish it, so that they can sit it."),
        "direction_exam.candidate": N_("They sit the direction’s exam."),
        "trial.us": N_("The trial is not published: publish it, so that they can begin."),
        "trial.candidate": N_("They work on the trial tasks."),
        "live.us": N_("Decide from the evidence whether they are admitted to live tickets."),
    },
    "way_open": {"open": N_("takes applications"), "closed": N_("takes none")},
    "agreement": {
        "almost full agreement": N_("almost full agreement"),
        "substantial agreement": N_("substantial agreement"),
        "moderate agreement": N_("moderate agreement"),
        "fair agreement": N_("fair agreement"),
        "slight agreement": N_("slight agreement"),
        "less agreement than by chance": N_("less agreement than by chance"),
        "undefined: the same score throughout tells agreement and chance not apart": N_(
            "the same score throughout tells nothing"
        ),
    },
    "wrong": {
        "not_scored_once": N_("Each question is scored once."),
        "in_the_past": N_("Propose times that are still to come."),
        "too_far_ahead": N_("Propose times within 90 days."),
        "past": N_("That is over already."),
    },
    "field": {
        "decide_days": N_("Days until a decision is late"),
        "unused_days": N_("Days until an unused qualification lapses"),
        "notice_days": N_("Days ahead that its end is told"),
        "qualification": N_("Qualification"),
        "starts": N_("Times"),
        "minutes": N_("For how many minutes"),
        "place": N_("Where"),
        "reviewer_id": N_("Ask for a review"),
        "languages": N_("Languages of tickets"),
        "until": N_("Holds until the end of"),
        "scores": N_("Scores"),
        "comment": N_("A word on the whole"),
        "criteria": N_("Criteria"),
    },
}
