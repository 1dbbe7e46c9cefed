"""All pages of payouts: views, menu, words. Each subject has its own module; they meet here."""

from pathlib import Path

from piecework.payouts.pages import (
    answer_views,
    bank_views,
    deduction_views,
    house_views,
    me_views,
    payout_views,
    period_views,
    report_views,
    requester_spend_views,
    rule_views,
    tariff_views,
    trace_views,
)
from piecework.payouts.pages.words import WORDS
from piecework.platform.pages.view import N_, Pages

VIEWS = (
    *answer_views.VIEWS,
    *me_views.VIEWS,
    *period_views.VIEWS,
    *trace_views.VIEWS,
    *payout_views.VIEWS,
    *bank_views.VIEWS,
    *tariff_views.VIEWS,
    *rule_views.VIEWS,
    *deduction_views.VIEWS,
    *report_views.VIEWS,
    *house_views.VIEWS,
    *requester_spend_views.VIEWS,
)

MENU = (
    # The entries of N_("My work") come before those of N_("Money").
    *answer_views.MENU,
    *me_views.MENU,
    *period_views.MENU,
    *payout_views.MENU,
    *bank_views.MENU,
    *tariff_views.MENU,
    *rule_views.MENU,
    *deduction_views.MENU,
    *report_views.MENU,
    *house_views.MENU,
    *requester_spend_views.MENU,
)

PAGES = Pages(Path(__file__).parent, VIEWS, MENU, WORDS, first={"finance": N_("Money")})
