"""The lines of a statement in a language, in their order: what HTML and PDF both show."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from piecework.payouts.statements.page import Assignment, Deduction, RuleLine, Settlement, StatementPage
from piecework.payouts.statements.words import WORDS, Language, amount, day, moment, money, percent, span

COLUMNS = ("date", "project", "step", "price", "share", "work_column", "premiums_column", "earned", "entry")
"""Of the table of assignments; also keys of words. The first three are text, the others figures."""

NONE = "–"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the account: a heading with its sum, a part of the heading above it, or a total; `notes` stand below it."""

    kind: Literal["heading", "part", "total", "net"]
    label: str
    amount: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Content:
    """Everything that is shown, as text. `facts` are pairs of a label and what it says; the rows of the table end with the total."""

    language: Language
    title: str
    person: str
    facts: tuple[tuple[str, str], ...]
    net_label: str
    net: str
    lines: tuple[Line, ...]
    settlement_title: str
    settlements: tuple[Line, ...]
    table_title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...]
    nothing: str
    chain_label: str
    chain_head: str
    footer: str
    page_of: str


def content(page: StatementPage, language: Language) -> Content:
    """The statement in words and figures of a language."""
    words = WORDS[language]
    closed = moment(page.closed_at, page.zone, language)
    return Content(
        language=language,
        title=words["title"],
        person=page.person,
        facts=(
            (words["period"], f"{page.period}, {span(page.since, page.until, page.zone, language)}"),
            (words["closed"], f"{closed}, {words['zone'].format(zone=page.zone)}"),
            (words["regime"], words[f"regime.{page.regime}"]),
        ),
        net_label=words["to_you"],
        net=money(page.net, page.currency, language),
        lines=tuple(_lines(page, language)),
        settlement_title=words["settlement"],
        settlements=tuple(_settlement(one, page.currency, language) for one in page.settlements),
        table_title=words["assignments"],
        columns=tuple(words[column] for column in COLUMNS),
        rows=tuple(_row(one, page.zone, language) for one in page.assignments),
        total=_total(page.assignments, language),
        nothing=words["nothing"],
        chain_label=words["chain"],
        chain_head=page.chain_head,
        footer=f"Piecework · {page.person} · {page.period}",
        page_of=words["page"],
    )


def _lines(page: StatementPage, language: Language) -> Iterable[Line]:
    words = WORDS[language]
    count = words["answers"].format(count=len(page.assignments))
    yield Line("heading", words["work"], amount(page.work, language), (count,))
    for heading, rules in (("premium", page.premiums), ("bonus", page.bonuses)):
        if rules:
            yield Line("heading", words[heading], amount(sum(rule.amount for rule in rules), language))
            yield from (_rule(rule, language) for rule in rules)
    if page.deductions:
        yield Line("heading", words["deduction"], amount(sum(one.amount for one in page.deductions), language))
        yield from (_deduction(one, language) for one in page.deductions)
    if page.rounding:
        yield Line("heading", words["rounding"], amount(page.rounding, language))
    yield Line("total", words["gross"], amount(page.gross, language))
    yield Line("heading", words["tax"], amount(-page.tax.amount, language), page.tax.computation)
    yield Line("net", words["net"], money(page.net, page.currency, language))


def _rule(rule: RuleLine, language: Language) -> Line:
    version = WORDS[language]["version"].format(version=rule.version)
    return Line("part", rule.rule, amount(rule.amount, language), (f"{rule.words} ({version})" if rule.words else version,))


def _deduction(one: Deduction, language: Language) -> Line:
    words = WORDS[language]
    notes = (
        words["version"].format(version=one.version),
        words["evidence"].format(words=one.evidence),
        words["appeal"].format(words=one.appeal),
    )
    return Line("part", one.rule, amount(one.amount, language), notes)


def _settlement(one: Settlement, currency: str, language: Language) -> Line:
    words = WORDS[language]
    told = (words["payout"].format(payout=one.payout) if one.payout else "", day(one.on, language) if one.on else "", one.words)
    note = ", ".join(part for part in told if part)
    return Line("heading", words[one.kind], money(one.amount, currency, language), (note,) if note else ())


def _row(one: Assignment, zone: str, language: Language) -> tuple[str, ...]:
    premiums = amount(one.premiums, language) if one.premiums else NONE
    return (
        moment(one.at, zone, language),
        one.project,
        one.step,
        amount(one.price, language),
        percent(one.share, language),
        amount(one.work, language),
        premiums,
        amount(one.earned, language),
        str(one.entry_id),
    )


def _total(rows: tuple[Assignment, ...], language: Language) -> tuple[str, ...]:
    sums = (sum(one.work for one in rows), sum(one.premiums for one in rows), sum(one.earned for one in rows))
    return (WORDS[language]["total"], "", "", "", "", *(amount(value, language) for value in sums), "")
