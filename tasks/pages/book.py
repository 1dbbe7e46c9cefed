"""All pages of tasks: views, menu, words. Each subject has its own module; they meet here."""

from pathlib import Path

from piecework.platform.pages.view import Pages
from piecework.tasks.pages import (
    knowledge_views,
    me_contract_views,
    me_hours_views,
    me_leave_views,
    me_message_views,
    me_norm_views,
    requester_project_views,
    requester_ticket_views,
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
    *requester_project_views.VIEWS,
    *requester_ticket_views.VIEWS,
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
)

PAGES = Pages(Path(__file__).parent, VIEWS, MENU, WORDS)
