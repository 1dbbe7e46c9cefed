"""All pages of tasks: views, menu, words. Each subject has its own module; they meet here."""

from pathlib import Path

from piecework.platform.pages.view import Pages
from piecework.tasks.pages import knowledge_views, task_views, work_views
from piecework.tasks.pages.words import WORDS

VIEWS = (
    *work_views.VIEWS,
    *task_views.VIEWS,
    *knowledge_views.VIEWS,
)

MENU = (
    *work_views.MENU,
    *knowledge_views.MENU,
    # The entries of N_("My work") come before those of N_("Projects").
)

PAGES = Pages(Path(__file__).parent, VIEWS, MENU, WORDS)
