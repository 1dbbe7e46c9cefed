"""All pages of tasks: views, menu, words. Each subject has its own module; they meet here."""

from pathlib import Path

from piecework.platform.pages.view import Pages
from piecework.tasks.pages import (
    article_views,
    contract_views,
    instruction_views,
    knowledge_views,
    leave_views,
    load_views,
    me_contract_views,
    me_hours_views,
    me_leave_views,
    me_message_views,
    me_norm_views,
    message_views,
    norm_case_views,
    requester_editor_views,
    requester_intake_views,
    requester_project_views,
    requester_ticket_views,
    requester_trial_views,
    task_views,
    work_views,
)
from piecework.tasks.pages.words import WORDS

VIEWS = (
    *work_views.VIEWS,
    *task_views.VIEWS,
    *knowledge_views.VIEWS,
    *me_norm_views.VIEWS,
    *me_hours_views.VIEWS,
    *me_contract_views.VIEWS,
    *me_leave_views.VIEWS,
    *me_message_views.VIEWS,
    *contract_views.VIEWS,
    *leave_views.VIEWS,
    *norm_case_views.VIEWS,
    *requester_project_views.VIEWS,
    *requester_ticket_views.VIEWS,
    *requester_intake_views.VIEWS,
    *requester_editor_views.VIEWS,
    *requester_trial_views.VIEWS,
    *load_views.VIEWS,
    *instruction_views.VIEWS,
    *article_views.VIEWS,
    *message_views.VIEWS,
)

MENU = (
    *work_views.MENU,
    *knowledge_views.MENU,
    *me_norm_views.MENU,
    *me_hours_views.MENU,
    *me_contract_views.MENU,
    *me_leave_views.MENU,
    *me_message_views.MENU,
    # The entries of N_("My work") come before those of N_("Projects").
    *requester_project_views.MENU,
    *load_views.MENU,
    *instruction_views.MENU,
    *contract_views.MENU,
    *leave_views.MENU,
    *norm_case_views.MENU,
    *message_views.MENU,
)

PLACES = {
    "/me/weeks": "/me/norm",
    "/me/offers": "/me/contract",
    "/leave/waiting": "/leave",
    "/freelancers/{freelancer_id}/offers": "/contracts/{freelancer_id}",
}

PAGES = Pages(Path(__file__).parent, VIEWS, MENU, WORDS, PLACES)
