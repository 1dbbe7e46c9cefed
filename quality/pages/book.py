"""Quality's pages in one: views, menu, words. A subject's views stand in its own module."""

from pathlib import Path

from piecework.platform.pages.view import N_, Entry, Pages
from piecework.quality import policy
from piecework.quality.auditing import queue, second_line
from piecework.quality.pages import (
    admission_views,
    appeal_own_views,
    appeal_views,
    audit_views,
    candidacy_views,
    case_views,
    course_views,
    criteria_views,
    dispute_views,
    exam_views,
    golden_views,
    interview_views,
    key_views,
    people_views,
    policy_views,
    question_views,
    queue_views,
    report_views,
    subjects,
    way_accuracy_views,
    way_apply_views,
    way_exam_views,
    way_in_views,
    way_own_views,
    way_training_views,
)
from piecework.quality.pages.words import WORDS

VIEWS = (
    *queue_views.VIEWS,
    *audit_views.VIEWS,
    *dispute_views.VIEWS,
    *golden_views.VIEWS,
    *key_views.VIEWS,
    *people_views.VIEWS,
    *candidacy_views.VIEWS,
    *way_in_views.VIEWS,
    *interview_views.VIEWS,
    *admission_views.VIEWS,
    *criteria_views.VIEWS,
    *subjects.VIEWS,
    *exam_views.VIEWS,
    *question_views.VIEWS,
    *course_views.VIEWS,
    *appeal_own_views.VIEWS,
    *appeal_views.VIEWS,
    *case_views.VIEWS,
    *policy_views.VIEWS,
    *report_views.VIEWS,
    *way_accuracy_views.VIEWS,
    *way_apply_views.VIEWS,
    *way_own_views.VIEWS,
    *way_exam_views.VIEWS,
    *way_training_views.VIEWS,
)

MENU = (
    *way_accuracy_views.MENU,
    *appeal_own_views.MENU,
    *way_own_views.MENU,
    *way_exam_views.MENU,
    *way_training_views.MENU,
    Entry(N_("My work"), N_("Audits"), "/audits", policy.AUDIT, only=second_line.belongs),
    Entry(N_("My work"), N_("Disputes"), "/disputes", policy.DISPUTES, only=second_line.belongs),
    Entry(N_("Quality"), N_("Queue"), "/queue", policy.REVIEW, badge=queue.waiting),
    Entry(N_("Quality"), N_("Audits"), "/audits", policy.AUDITS_PLAN),
    Entry(N_("Quality"), N_("Disputes"), "/disputes", policy.AUDITS_PLAN),
    Entry(N_("Quality"), N_("Appeals"), "/appeals", policy.APPEALS_DECIDE),
    Entry(N_("Quality"), N_("Golden set"), "/golden", policy.GOLDEN_READ),
    Entry(N_("Quality"), N_("Policies"), "/policies", policy.POLICIES_WRITE),
    Entry(N_("Quality"), N_("Quality report"), "/quality", policy.REPORTS),
    # The entries of N_("Quality") come before those of N_("People").
    Entry(N_("People"), N_("People"), "/people", policy.ACCURACY_READ),
    Entry(N_("People"), N_("Cases"), "/cases", policy.CASES),
    Entry(N_("People"), N_("Curators"), "/curators", policy.ACCURACY_READ),
    *candidacy_views.MENU,
    *interview_views.MENU,
    *admission_views.MENU,
    *criteria_views.MENU,
    *way_in_views.MENU,
    *exam_views.MENU,
    *question_views.MENU,
    *course_views.MENU,
)

PLACES = {
    "/me/courses": "/me/training",
    "/me/attempts": "/me/exams",
    "/me/admissions": "/me/qualifications",
    "/me/admissions/{code}": "/me/qualifications",
    "/me/application": "/me/way",
}

PAGES = Pages(Path(__file__).parent, VIEWS, MENU, WORDS, PLACES, first={"curator": N_("Quality"), "applicant": N_("Way in")})
