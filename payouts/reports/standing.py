"""Where money stands, and the journal itself: liabilities, reserved against accrued against paid, tax, cost of resolved tickets, entries."""

from piecework.payouts.reports.columns import CURRENCY, ROW, Report, amount, instant, number, text, uuid
from piecework.payouts.reports.earned import CONDITIONS, NARROWED, OF_PERSON, WEIGHED


def _only(*names: str) -> dict[str, str]:
    return {name: CONDITIONS[name] for name in names}


LIABILITIES = Report(
    "liabilities",
    "Liabilities at a moment",
    "What is owed to whom. `recorded_until` asks what the books said at a moment; `until` asks what is known today to have been owed"
    " at it. They differ by facts that were recorded late.",
    (
        ROW,
        text(
            "account",
            "pending: submitted · held: accepted, on hold · payable · clearing: on its way to the bank · tax: withheld.",
        ),
        uuid("person_id", "Filter entries by it: freelancer."),
        text("name", "The person's name."),
        CURRENCY,
        amount("owed", "Positive: owed by the house."),
    ),
    """WITH g AS (
    SELECT l.kind, l.owner, l.currency, -sum(p.amount)::bigint AS owed
    FROM ledger_account l JOIN posting p ON p.account_id = l.id JOIN entry e ON e.id = p.entry_id
    WHERE l.kind IN ('pending', 'held', 'payable', 'clearing', 'tax') {where}
    GROUP BY l.kind, l.owner, l.currency HAVING sum(p.amount) <> 0)
SELECT 'row' AS row, g.kind AS account, g.owner AS person_id, coalesce(a.name, '') AS name, g.currency, g.owed
FROM g LEFT JOIN account a ON a.id::text = g.owner ORDER BY g.kind, g.owner, g.currency""",
    _only("currency", "until", "recorded_until", "freelancer"),
    weighed=WEIGHED,
    narrowed=NARROWED,
)

STAGES = Report(
    "reserved-accrued-paid",
    "Reserved against accrued against paid",
    "How far each person's money has come: accrued less tax, clearing and paid is what is payable.",
    (
        ROW,
        uuid("person_id", "Filter assignments or entries by it: freelancer."),
        text("name", "The person's name."),
        CURRENCY,
        amount("reserved", "Of submitted work that nobody has decided on."),
        amount("held", "Accepted, on hold."),
        amount("accrued", "Earned."),
        amount("tax", "Withheld."),
        amount("payable", "Owed now."),
        amount("clearing", "On its way to the bank."),
        amount("paid", "Paid by the bank, and not sent back."),
    ),
    """WITH g AS (
    SELECT l.owner, l.currency,
           coalesce(-sum(p.amount) FILTER (WHERE l.kind = 'pending'), 0)::bigint AS reserved,
           coalesce(-sum(p.amount) FILTER (WHERE l.kind = 'held'), 0)::bigint AS held,
           coalesce(-sum(p.amount) FILTER (WHERE l.kind = 'payable' AND earns(e.kind)), 0)::bigint AS accrued,
           coalesce(sum(p.amount) FILTER (WHERE l.kind = 'payable' AND e.kind = 'tax'), 0)::bigint AS tax,
           coalesce(-sum(p.amount) FILTER (WHERE l.kind = 'payable'), 0)::bigint AS payable,
           coalesce(-sum(p.amount) FILTER (WHERE l.kind = 'clearing'), 0)::bigint AS clearing,
           coalesce(sum(p.amount) FILTER (WHERE l.kind IN ('payable', 'clearing') AND e.kind IN ('confirm', 'return')), 0)::bigint AS paid
    FROM ledger_account l JOIN posting p ON p.account_id = l.id JOIN entry e ON e.id = p.entry_id
    WHERE l.kind IN ('pending', 'held', 'payable', 'clearing') {where} GROUP BY l.owner, l.currency)
SELECT 'row' AS row, g.owner AS person_id, coalesce(a.name, '') AS name, g.currency, g.reserved, g.held, g.accrued, g.tax, g.payable,
       g.clearing, g.paid
FROM g LEFT JOIN account a ON a.id::text = g.owner ORDER BY g.owner, g.currency""",
    _only("currency", "since", "until", "recorded_until", "period", "freelancer"),
    weighed=WEIGHED,
    narrowed=NARROWED,
)

BY_TAX = Report(
    "by-tax",
    "Tax by year, regime and person",
    "What was withheld when periods closed, with the statements that it was withheld of.",
    (
        ROW,
        number("year", "The tax year."),
        text("regime", "How the person was taxed."),
        uuid("person_id", "Filter entries by it: freelancer."),
        text("name", "The person's name."),
        CURRENCY,
        number("statements", "Closed periods of the person.", summed=True),
        amount("gross", "What was earned in them."),
        amount("tax", "Withheld of it."),
        amount("net", "Gross less tax."),
    ),
    """WITH taxed AS (
    SELECT m.period_id, l.owner, -m.amount AS tax FROM period_sum m JOIN ledger_account l ON l.id = m.account_id
    WHERE m.heading = 'tax'),
g AS (
    SELECT coalesce((s.tax_basis ->> 'year')::int, extract(year FROM h.ends_at AT TIME ZONE {zone})::int) AS year, s.regime, s.freelancer_id,
           s.currency, count(*) AS statements, sum(s.gross)::bigint AS gross, coalesce(sum(t.tax), 0)::bigint AS tax
    FROM statement s JOIN period h ON h.id = s.period_id
    LEFT JOIN taxed t ON t.period_id = s.period_id AND t.owner = s.freelancer_id::text
    WHERE true {where} GROUP BY 1, 2, 3, 4)
SELECT 'row' AS row, g.year, g.regime, g.freelancer_id AS person_id, coalesce(a.name, '') AS name, g.currency, g.statements, g.gross, g.tax,
       g.gross - g.tax AS net
FROM g LEFT JOIN account a ON a.id = g.freelancer_id ORDER BY g.year, g.regime, g.freelancer_id, g.currency""",
    {
        "currency": "s.currency = {}",
        "period": "s.period_id = ANY ({}::uuid[])",
        "since": "h.ends_at > {}",
        "until": "h.ends_at <= {}",
        "freelancer": "s.freelancer_id::text = {}",
    },
    weighed="SELECT FROM statement s JOIN period h ON h.id = s.period_id WHERE true {where}",
)

COST_PER_TICKET = Report(
    "cost-per-resolved-ticket",
    "Cost per resolved ticket",
    "Of the tickets that were resolved in a span: all that was ever accrued for them, also money on hold. A ticket that cost nothing counts.",
    (
        ROW,
        text("project", "The project's code; filter by-ticket by it: project."),
        uuid("project_id", "Its id."),
        CURRENCY,
        number("resolved", "Tickets resolved.", summed=True),
        amount("cost", "Of all of them."),
        amount("mean", "Cost of one, on average, to 1/100 kopeck.", summed=False),
        amount("median", "Half of them cost this or less.", summed=False),
        amount("highest", "The most that one cost.", summed=False),
    ),
    """WITH resolved AS (
    SELECT t.project_id, j.code, j.currency,
           coalesce(-sum(p.amount) FILTER (WHERE l.kind IN ('payable', 'held')), 0)::bigint AS cost
    FROM ticket t JOIN project j ON j.id = t.project_id
    LEFT JOIN entry e ON e.ticket_id = t.id AND heading(e.kind, e.rule_id) IN ('work', 'premium')
    LEFT JOIN posting p ON p.entry_id = e.id LEFT JOIN ledger_account l ON l.id = p.account_id
    WHERE t.state = 'resolved' {where} GROUP BY t.id, j.id)
SELECT 'row' AS row, code AS project, project_id, currency, count(*) AS resolved, sum(cost)::bigint AS cost,
       round(sum(cost)::numeric / count(*))::bigint AS mean, percentile_disc(0.5) WITHIN GROUP (ORDER BY cost) AS median, max(cost) AS highest
FROM resolved GROUP BY project_id, code, currency ORDER BY code""",
    {
        "currency": "j.currency = {}",
        "since": "t.resolved_at >= {}",
        "until": "t.resolved_at < {}",
        "project": "t.project_id = ANY ({}::uuid[])",
        "requester": "t.project_id = ANY ({}::uuid[])",
        "ticket": "t.id = {}",
    },
    weighed="""
SELECT FROM ticket t JOIN project j ON j.id = t.project_id JOIN entry e ON e.ticket_id = t.id JOIN posting p ON p.entry_id = e.id
WHERE t.state = 'resolved' {where}""",
)

ENTRIES = Report(
    "entries",
    "The journal",
    "Every posting of every entry: what was moved, when, why, by whom, out of which work and by which rule. Debits and credits are equal.",
    (
        ROW,
        number("entry_id", "The ledger's number of the entry."),
        text("business_key", "What makes the fact happen once."),
        text("kind", "What kind of fact it is."),
        text("period", "The pay period in which it is recorded."),
        instant("effective_at", "When it took effect."),
        instant("recorded_at", "When it came into the books."),
        text("account", "Kind of account."),
        text("owner", "Whose account: a person, a project, the house."),
        text("name", "The person's name or the project's code."),
        CURRENCY,
        amount("debit", "What the account took."),
        amount("credit", "What the account gave."),
        text("project", "The project's code."),
        uuid("ticket_id", "The ticket that it is about."),
        uuid("assignment_id", "The assignment that it is about."),
        uuid("rule_id", "The version of the pay rule that made it."),
        uuid("source_id", "What else it stems from: an award, a deduction, a line of a payout."),
        number("resolves", "The entry that it ends."),
        number("reverses", "The entry that it takes back."),
        uuid("actor", "Who did it; none: the system."),
        text("reason", "Why."),
    ),
    """SELECT 'row' AS row, e.id AS entry_id, e.business_key, e.kind, h.name AS period, e.effective_at, e.recorded_at, l.kind AS account,
       l.owner, coalesce(a.name, o.code, '') AS name, l.currency, greatest(p.amount, 0) AS debit, greatest(-p.amount, 0) AS credit,
       coalesce(j.code, '') AS project, e.ticket_id, e.assignment_id, e.rule_id, e.source_id, e.resolves, e.reverses, e.actor, e.reason
FROM entry e JOIN posting p ON p.entry_id = e.id JOIN ledger_account l ON l.id = p.account_id JOIN period h ON h.id = e.period_id
LEFT JOIN account a ON a.id::text = l.owner LEFT JOIN project o ON o.id::text = l.owner LEFT JOIN project j ON j.id = e.project_id
WHERE true {where} ORDER BY e.id, p.id""",
    # Of a person: whole entries, so that debits and credits are equal.
    CONDITIONS
    | {
        "freelancer": OF_PERSON,
    },
    weighed=WEIGHED,
    narrowed=NARROWED,
)

SO_FAR = Report(
    "people",
    "What each person has earned in a period so far",
    "Before rounding and tax, from the sums that postings keep: it takes no longer the more work there was.",
    (
        ROW,
        uuid("person_id", "Filter assignments or entries by it: freelancer."),
        text("name", "The person's name."),
        CURRENCY,
        amount("work", "Accepted work."),
        amount("premium", "What rules added to accepted work."),
        amount("bonus", "What rules added for a span of time."),
        amount("deduction", "What published rules took; negative."),
        amount("payable", "All of it."),
    ),
    "SELECT 'row' AS row, l.owner AS person_id, coalesce(a.name, '') AS name, l.currency,\n       "
    + ", ".join(
        f"coalesce(sum(m.amount) FILTER (WHERE m.heading = '{heading}'), 0)::bigint AS {heading}"
        for heading in ("work", "premium", "bonus", "deduction")
    )
    + """, sum(m.amount)::bigint AS payable
FROM period_sum m JOIN ledger_account l ON l.id = m.account_id LEFT JOIN account a ON a.id::text = l.owner
WHERE m.heading NOT IN ('tax', 'out') {where} GROUP BY l.owner, a.name, l.currency ORDER BY l.owner, l.currency""",
    {"period": "m.period_id = ANY ({}::uuid[])"},
    frozenset({"period"}),
)
"""What a page shows of a period that is not closed; the report on people, which also counts answers, reads all of its entries."""

REPORTS = (LIABILITIES, STAGES, BY_TAX, COST_PER_TICKET, ENTRIES)
