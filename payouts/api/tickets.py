"""Operations on what tickets cost: reopening, budgets, statements, entries, spend."""

from piecework.payouts.schemas import tickets as s
from piecework.payouts.tickets import entries, queries, spend, statement
from piecework.platform import db
from piecework.platform.errors import Forbidden, Invalid
from piecework.platform.identity.models import Role
from piecework.platform.web.operation import Call, Operation
from piecework.platform.web.paging import FIRST
from piecework.tasks import budgets, projects, reopening
from piecework.tasks.errors import BudgetExceeded, NothingToRedo, OwnProject, ProjectArchived, TicketNotEnded

MOST_PROJECTS = 200
REOPEN = "tickets.reopen"
BUDGET = "tickets.budget"
STATEMENT = "tickets.statement"
SPEND = "spend.read"
READ = "payouts.read"

PERMISSIONS = {
    REOPEN: frozenset({Role.REQUESTER, Role.CURATOR, Role.ADMINISTRATOR}),
    BUDGET: frozenset({Role.REQUESTER, Role.ADMINISTRATOR}),
    STATEMENT: frozenset({Role.REQUESTER, Role.CURATOR, Role.FINANCE, Role.ADMINISTRATOR}),
    SPEND: frozenset({Role.REQUESTER, Role.FINANCE, Role.ADMINISTRATOR}),
}

REOPENING = "SELECT id, ticket_id, number, redo, claw_back, reason, at FROM reopening WHERE id = $1"


async def reopen_ticket(call: Call, body: s.ReopenIn) -> s.ReopeningOut:
    """Take up an ended ticket again."""
    days = call.services.settings.appeal_days
    how = reopening.Reopening(redo=body.redo, reason=body.reason, appeal_days=days, claw_back=body.claw_back)
    made = await reopening.reopen(call.principal, call.id("ticket_id"), how)
    row = await db.row(REOPENING, made)
    assert row is not None
    return s.ReopeningOut(**row)


async def set_ticket_budget(call: Call, body: s.TicketBudgetIn) -> s.TicketBudgetOut:
    """Set what one ticket may cost. With more, what stopped for want of money goes on."""
    ticket = await projects.ticket_by_id(call.principal, call.id("ticket_id"))
    await budgets.set_budget(call.principal.account_id, ticket.id, body.budget, body.reason)
    row = await db.row(queries.TICKET, ticket.id)
    assert row is not None
    committed = row["given"] + row["working"] + row["wanted"]
    return s.TicketBudgetOut(ticket_id=ticket.id, state=row["state"], budget=row["budget"], committed=committed)


async def ticket_statement(call: Call) -> s.TicketStatement:
    """Who did what for a ticket, and what it came to."""
    ticket = await projects.ticket_by_id(call.principal, call.id("ticket_id"))
    found = await statement.of_ticket(ticket.id, call.principal)
    lines = [_line(line, found) for line in found.lines]
    ticket_row = found.ticket
    return s.TicketStatement(
        ticket_id=ticket.id,
        **{
            name: ticket_row[name]
            for name in ("external_id", "project", "currency", "state", "received_at", "resolved_at", "budget")
        },
        lines=lines,
        reopenings=[
            s.StatementReopening(**one, top_up=sum(line.money.cost for line in lines if line.after_reopening == one["number"]))
            for one in found.reopenings
        ],
        total=_money(found.total),
        reserved=found.undecided + found.working + found.wanted,
        committed=ticket_row["given"] + found.working + found.wanted,
    )


def _line(line: statement.Line, of: statement.Statement) -> s.StatementLine:
    names = (
        "assignment_id",
        "step",
        "iteration",
        "state",
        "share",
        "price",
        "tariff_version",
        "claimed_at",
        "submitted_at",
        "decided_at",
    )
    return s.StatementLine(
        **{name: line.facts[name] for name in names},
        after_reopening=statement.after_reopening(of.reopenings, line.facts["opened_at"]),
        who=line.who,
        money=_money(line.money),
        premiums=[s.PremiumOut(rule=p.rule, version=p.version, amount=p.amount, entry_id=p.entry_id) for p in line.premiums],
        entries=line.entries,
    )


def _money(of: statement.Money) -> s.MoneyOut:
    return s.MoneyOut(**{name: getattr(of, name) for name in s.MoneyOut.model_fields})


async def show_entry(call: Call) -> s.EntryOut:
    """One entry of the ledger."""
    found, postings = await entries.entry(call.number("entry_id"))
    return s.EntryOut(**found, postings=[s.PostingOut(**one) for one in postings])


async def project_spend(call: Call, query: s.SpendQuery) -> s.SpendOut:
    """What a project spent, day by day."""
    project = await projects.project_by_code(call.principal, call.request.path_params["code"])
    days = [s.SpendDay(**row) for row in await spend.by_day(project.id, query.since, query.until)]
    total = {name: sum(getattr(day, name) for day in days) for name in s.SpendFigures.model_fields}
    return s.SpendOut(project=project.code, currency=project.currency, days=days, total=s.SpendFigures(**total))


async def my_spend(call: Call, query: s.SpendQuery) -> s.SpendOfProjects:
    """What each of the caller's projects spent; staff see the first two hundred of all."""
    found = await projects.page(call.principal, FIRST, MOST_PROJECTS)
    rows = await spend.by_project([project.id for project in found], query.since, query.until)
    return s.SpendOfProjects(projects=[s.ProjectSpend(**row) for row in rows])


OPERATIONS = (
    Operation("POST", "/tickets/{ticket_id}/reopen", reopen_ticket, REOPEN, "Take up an ended ticket again", body=s.ReopenIn,
              reply=s.ReopeningOut, status=201, errors=(Forbidden, OwnProject, ProjectArchived, TicketNotEnded, NothingToRedo,
              BudgetExceeded), tag="tickets"),
    Operation("PUT", "/tickets/{ticket_id}/budget", set_ticket_budget, BUDGET, "Set what a ticket may cost", body=s.TicketBudgetIn,
              reply=s.TicketBudgetOut, tag="tickets"),
    Operation("GET", "/tickets/{ticket_id}/statement", ticket_statement, STATEMENT, "Who did what, and what it came to",
              reply=s.TicketStatement, tag="tickets"),
    Operation("GET", "/projects/{code}/spend", project_spend, SPEND, "Spent and committed, by day", query=s.SpendQuery, reply=s.SpendOut,
              errors=(Invalid,), tag="tickets"),
    Operation("GET", "/spend", my_spend, SPEND, "What my projects spent", query=s.SpendQuery, reply=s.SpendOfProjects, errors=(Invalid,),
              tag="tickets"),
    Operation("GET", "/entries/{entry_id}", show_entry, READ, "One entry of the ledger", reply=s.EntryOut, tag="payouts"),
)  # fmt: skip
