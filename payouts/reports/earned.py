"""What people earned, seen from every side: by person, ticket, project, requester, rule, day, assignment; and a period's two reports.

One set of movements stands under all of them: what entries move pending, held and payable money by, positive where it is owed to the
person, under the heading of the statement (database function `heading`) on which it stands. So under the same filters all of them have
the same sums, and these are the ledger's own. Tax and money that leaves are not part of what was earned.
"""

from piecework.payouts.reports.columns import CURRENCY, ROW, Column, Kind, Report, amount, instant, number, text, uuid

CONDITIONS = {
    "currency": "l.currency = {}",
    "period": "e.period_id = ANY ({}::uuid[])",
    "since": "e.effective_at >= {}",
    "until": "e.effective_at < {}",
    "recorded_until": "e.recorded_at < {}",
    "project": "e.project_id = ANY ({}::uuid[])",
    "requester": "e.project_id = ANY ({}::uuid[])",
    "freelancer": "l.owner = {}",
    "rule": "e.rule_id = ANY ({}::uuid[])",
    "assignment": "e.assignment_id = {}",
    "ticket": "e.ticket_id = {}",
}
"""For statements about entries `e` and ledger accounts `l`."""

MOVES = """
SELECT e.id AS entry_id, e.assignment_id, e.ticket_id, e.project_id, e.rule_id, e.effective_at, l.owner::uuid AS owner, l.currency,
       CASE l.kind WHEN 'payable' THEN heading(e.kind, e.rule_id) ELSE l.kind END AS place, -p.amount AS amount
FROM entry e JOIN posting p ON p.entry_id = e.id JOIN ledger_account l ON l.id = p.account_id
WHERE l.kind IN ('pending', 'held', 'payable') AND earns(e.kind) {where}"""

OF_PERSON = "e.id = ANY (ARRAY(SELECT f.entry_id FROM ledger_account g JOIN posting f ON f.account_id = g.id WHERE g.owner = {}))"
"""A person's entries: found by their accounts first, whatever else is asked."""
WEIGHED = "SELECT FROM entry e WHERE true {where}"
"""Every report on entries reads what its filters leave of them."""
NARROWED = CONDITIONS | {"currency": "{}::text IS NOT NULL", "freelancer": OF_PERSON}
"""Without any join: most houses have one currency, and to weigh an entry too many does no harm."""

PLACES = ("pending", "held", "work", "premium", "bonus", "deduction", "rounding")
SUMS = (
    ",\n       ".join(f"coalesce(sum(m.amount) FILTER (WHERE m.place = '{place}'), 0)::bigint AS {place}" for place in PLACES)
    + ",\n       coalesce(sum(m.amount) FILTER (WHERE m.place NOT IN ('pending', 'held')), 0)::bigint AS gross"
)
COUNT = "count(DISTINCT m.assignment_id) FILTER (WHERE m.place = 'work') AS assignments"
FIGURES = ", ".join(f"g.{name}" for name in (*PLACES, "gross"))

AMOUNTS = (
    amount("pending", "What submitted work added to pending money, less what was decided."),
    amount("held", "What acceptance added to money on hold, less what was released or clawed back."),
    amount("work", "Accepted work that became payable."),
    amount("premium", "What rules added to accepted work."),
    amount("bonus", "What rules added for a span of time."),
    amount("deduction", "What published rules took; negative."),
    amount("rounding", "What whole kopecks added or took when a period closed."),
    amount("gross", "What was earned: work, premium, bonus, deduction and rounding."),
)
ASSIGNMENTS = number("assignments", "Assignments whose work became payable.", summed=True)


def _grouped(*by: str, count: str = COUNT, where: str = "true") -> str:
    """The sums of all movements, by some of their columns and the currency."""
    places = ", ".join(str(place) for place in range(1, len(by) + 2))
    return f"WITH g AS (\nSELECT {', '.join(by)}, m.currency, {count},\n       {SUMS}\nFROM ({MOVES}) m WHERE {where} GROUP BY {places})\n"


BY_PERSON = Report(
    "by-person",
    "Earnings by person",
    "What each person earned. From here to their assignments and entries: filter those by freelancer.",
    (
        ROW,
        uuid("person_id", "Filter assignments or entries by it: freelancer."),
        text("name", "The person's name."),
        CURRENCY,
        ASSIGNMENTS,
        *AMOUNTS,
    ),
    _grouped("m.owner")
    + f"""SELECT 'row' AS row, g.owner AS person_id, coalesce(a.name, '') AS name, g.currency, g.assignments, {FIGURES}
FROM g LEFT JOIN account a ON a.id = g.owner ORDER BY g.owner, g.currency""",
    CONDITIONS,
    weighed=WEIGHED,
    narrowed=NARROWED,
)

BY_TICKET = Report(
    "by-ticket",
    "Earnings by ticket",
    "What was paid for each ticket. Control tasks, bonuses and rounding have none: they are the row without a ticket of each project.",
    (
        ROW,
        uuid("ticket_id", "Filter assignments or entries by it: ticket."),
        text("project", "The project's code."),
        text("source", "Where the ticket came from."),
        text("external_id", "Its id there."),
        text("state", "open, resolved or stuck."),
        CURRENCY,
        ASSIGNMENTS,
        *AMOUNTS,
    ),
    _grouped("m.ticket_id", "m.project_id")
    + f"""SELECT 'row' AS row, g.ticket_id, coalesce(j.code, '') AS project, coalesce(t.source, '') AS source,
       coalesce(t.external_id, '') AS external_id, coalesce(t.state, '') AS state, g.currency, g.assignments, {FIGURES}
FROM g LEFT JOIN ticket t ON t.id = g.ticket_id LEFT JOIN project j ON j.id = g.project_id
ORDER BY g.ticket_id NULLS LAST, g.project_id NULLS LAST, g.currency""",
    CONDITIONS,
    weighed=WEIGHED,
    narrowed=NARROWED,
)

BY_PROJECT = Report(
    "by-project",
    "Earnings by project",
    "What was earned in each project. What belongs to none (rounding, bonuses of the house) is the row without a project.",
    (
        ROW,
        text("project", "The project's code; filter other reports by it: project."),
        uuid("project_id", "Its id."),
        uuid("requester_id", "Who ordered the work; filter other reports by it: requester."),
        CURRENCY,
        ASSIGNMENTS,
        *AMOUNTS,
    ),
    _grouped("m.project_id")
    + f"""SELECT 'row' AS row, coalesce(j.code, '') AS project, g.project_id, j.requester_id, g.currency, g.assignments, {FIGURES}
FROM g LEFT JOIN project j ON j.id = g.project_id ORDER BY j.code NULLS LAST, g.project_id, g.currency""",
    CONDITIONS,
    weighed=WEIGHED,
    narrowed=NARROWED,
)

BY_REQUESTER = Report(
    "by-requester",
    "Earnings by requester",
    "What was earned in all projects of each requester. What belongs to no project is the row without one.",
    (
        ROW,
        uuid("requester_id", "Filter other reports by it: requester."),
        text("name", "The requester's name."),
        CURRENCY,
        number("projects", "Their projects in which something moved."),
        ASSIGNMENTS,
        *AMOUNTS,
    ),
    _grouped("m.project_id")
    + f"""SELECT 'row' AS row, j.requester_id, coalesce(a.name, '') AS name, g.currency, count(j.id) AS projects,
       sum(g.assignments)::bigint AS assignments, {", ".join(f"sum(g.{name})::bigint AS {name}" for name in (*PLACES, "gross"))}
FROM g LEFT JOIN project j ON j.id = g.project_id LEFT JOIN account a ON a.id = j.requester_id
GROUP BY j.requester_id, a.name, g.currency ORDER BY j.requester_id NULLS LAST, g.currency""",
    CONDITIONS,
    weighed=WEIGHED,
    narrowed=NARROWED,
)

BY_RULE = Report(
    "by-rule",
    "Earnings by rule",
    "What each version of a pay rule added or took. The row without a rule is work at its price, and rounding.",
    (
        ROW,
        text("rule", "The rule's code; filter other reports by it: rule."),
        number("version", "Of the rule."),
        uuid("rule_id", "The version's id; filter other reports by it: rule."),
        text("kind", "What sort of rule it is."),
        text("title", "What it is called."),
        CURRENCY,
        number("people", "People to whom it moved money."),
        *AMOUNTS,
    ),
    _grouped("m.rule_id", count="count(DISTINCT m.owner) AS people")
    + f"""SELECT 'row' AS row, coalesce(r.code, '') AS rule, r.version, g.rule_id, coalesce(r.kind, '') AS kind,
       coalesce(r.title, '') AS title, g.currency, g.people, {FIGURES}
FROM g LEFT JOIN pay_rule r ON r.id = g.rule_id ORDER BY r.code NULLS FIRST, r.version, g.rule_id, g.currency""",
    CONDITIONS,
    weighed=WEIGHED,
    narrowed=NARROWED,
)

BY_DAY = Report(
    "by-day",
    "Earnings by day",
    "What took effect on each day of the zone of pay.",
    (
        ROW,
        Column("day", Kind.DATE, "Filter other reports by it and the day after: since, until."),
        CURRENCY,
        ASSIGNMENTS,
        *AMOUNTS,
    ),
    _grouped("(m.effective_at AT TIME ZONE {zone})::date AS day")
    + f"SELECT 'row' AS row, g.day, g.currency, g.assignments, {FIGURES} FROM g ORDER BY g.day, g.currency",
    CONDITIONS,
    weighed=WEIGHED,
    narrowed=NARROWED,
)

PER_ASSIGNMENT = Report(
    "assignments",
    "Assignments with their money",
    "Each assignment that money moved for: its terms as they were frozen at the claim, what it earned, and the entries that say so.",
    (
        ROW,
        uuid("assignment_id", "Filter entries by it: assignment."),
        uuid("person_id", "Whose work it is."),
        text("name", "The person's name."),
        text("project", "The project's code."),
        text("step", "The step's key."),
        uuid("ticket_id", "None for a control task."),
        text("external_id", "The ticket's id where it came from."),
        text("state", "Of the assignment."),
        number("share", "What part of it was accepted, in 1/10,000."),
        Column("price", Kind.AMOUNT, "Of the whole answer, frozen at the claim."),
        uuid("tariff_id", "The tariff that set the price; none: the step's own price."),
        instant("claimed_at", "When it was claimed."),
        instant("submitted_at", "When it was submitted."),
        instant("decided_at", "When the newest decision on it was made."),
        CURRENCY,
        *AMOUNTS,
        text("rule_ids", "The versions of rules that moved its money."),
        text("entry_ids", "The ledger's entries about it."),
    ),
    _grouped(
        "m.assignment_id",
        "m.owner",
        count="""array_to_string(array_agg(DISTINCT m.rule_id ORDER BY m.rule_id) FILTER (WHERE m.rule_id IS NOT NULL), ' ') AS rule_ids,
       array_to_string(array_agg(DISTINCT m.entry_id ORDER BY m.entry_id), ' ') AS entry_ids""",
        where="m.assignment_id IS NOT NULL",
    )
    + f"""SELECT 'row' AS row, g.assignment_id, g.owner AS person_id, coalesce(a.name, '') AS name, coalesce(j.code, '') AS project,
       coalesce(s.key, '') AS step, t.ticket_id, coalesce(k.external_id, '') AS external_id, coalesce(w.state, '') AS state, w.share,
       w.price, w.tariff_id, w.claimed_at, w.ended_at AS submitted_at, w.decided_at, g.currency, {FIGURES},
       coalesce(g.rule_ids, '') AS rule_ids, g.entry_ids
FROM g LEFT JOIN assignment w ON w.id = g.assignment_id LEFT JOIN task t ON t.id = w.task_id LEFT JOIN ticket k ON k.id = t.ticket_id
LEFT JOIN step s ON s.id = w.step_id LEFT JOIN project j ON j.id = w.project_id LEFT JOIN account a ON a.id = g.owner
ORDER BY g.assignment_id, g.owner, g.currency""",
    CONDITIONS,
    weighed=WEIGHED,
    narrowed=NARROWED,
)

# --- the two reports of a period ------------------------------------------------------------------------------------------------

STATE = Column("state", Kind.TEXT, "closed; or provisional: the period's sums may still grow, nothing is rounded yet.", each=True)
OF_PERIOD = {"period": "e.period_id = ANY ({}::uuid[])"}

PEOPLE = Report(
    "people",
    "What each person is owed for a period",
    "The sum of payable is the period's total.",
    (
        text("row", "person; total on the last line."),
        STATE,
        uuid("person_id", "Filter assignments or entries by it: freelancer."),
        text("name", "The person's name."),
        CURRENCY,
        number("accepted", "Assignments whose work became payable.", summed=True),
        number("rejected", "Assignments that were rejected.", summed=True),
        amount("accrued", "What was earned before rounding."),
        amount("rounding", "What whole kopecks added or took."),
        amount("payable", "What was earned: accrued and rounding. The same as gross."),
        amount("work", "Accepted work."),
        amount("premium", "What rules added to accepted work."),
        amount("bonus", "What rules added for a span of time."),
        amount("deduction", "What published rules took; negative."),
        amount("gross", "What was earned: work, premium, bonus, deduction and rounding."),
        amount("tax", "Withheld of it."),
        amount("net", "Gross less tax: what is due."),
    ),
    """SELECT 'person' AS row, g.state, g.owner AS person_id, coalesce(a.name, '') AS name, g.currency, g.accepted, g.rejected,
       g.gross - g.rounding AS accrued, g.rounding, g.gross AS payable, g.work, g.premium, g.bonus, g.deduction, g.gross, g.tax,
       g.gross - g.tax AS net
FROM (
    SELECT m.owner, m.currency, m.state, count(DISTINCT m.assignment_id) FILTER (WHERE m.place = 'work') AS accepted,
           count(*) FILTER (WHERE m.place = 'void') AS rejected,
           """
    + ", ".join(
        f"coalesce(sum(m.amount) FILTER (WHERE m.place = '{place}'), 0)::bigint AS {place}"
        for place in ("work", "premium", "bonus", "deduction", "rounding")
    )
    + """,
           coalesce(sum(m.amount) FILTER (WHERE m.place NOT IN ('void', 'tax')), 0)::bigint AS gross,
           coalesce(-sum(m.amount) FILTER (WHERE m.place = 'tax'), 0)::bigint AS tax
    FROM (
        SELECT l.owner, l.currency, e.assignment_id, CASE h.state WHEN 'closed' THEN 'closed' ELSE 'provisional' END AS state,
               CASE l.kind WHEN 'payable' THEN heading(e.kind, e.rule_id) ELSE 'void' END AS place, -p.amount AS amount
        FROM entry e JOIN posting p ON p.entry_id = e.id JOIN ledger_account l ON l.id = p.account_id JOIN period h ON h.id = e.period_id
        WHERE (l.kind = 'payable' AND (earns(e.kind) OR e.kind = 'tax') OR l.kind = 'pending' AND e.kind = 'void') {where}) m
    GROUP BY m.owner, m.currency, m.state) g
LEFT JOIN account a ON a.id::text = g.owner ORDER BY g.owner, g.currency, g.state""",
    OF_PERIOD,
    frozenset({"period"}),
    WEIGHED,
    NARROWED,
)

TICKETS = Report(
    "tickets",
    "What each ticket cost in a period",
    "The sum of cost is the period's total.",
    (
        text("row", "ticket; control: the control tasks of a project; bonus, deduction and rounding; total on the last line."),
        STATE,
        text("project", "The project's code."),
        text("source", "Where the ticket came from."),
        text("external_id", "Its id there."),
        uuid("ticket_id", "Filter assignments or entries by it: ticket."),
        CURRENCY,
        number("assignments", "Assignments whose work became payable.", summed=True),
        amount("cost", "What people earned by it: work and premium."),
        amount("work", "Accepted work."),
        amount("premium", "What rules added to it."),
    ),
    """WITH g AS (
    SELECT m.row, m.state, m.currency, m.project_id, m.ticket_id,
           count(DISTINCT m.assignment_id) FILTER (WHERE m.place = 'work') AS assignments, sum(m.amount)::bigint AS cost,
           coalesce(sum(m.amount) FILTER (WHERE m.place = 'work'), 0)::bigint AS work,
           coalesce(sum(m.amount) FILTER (WHERE m.place = 'premium'), 0)::bigint AS premium
    FROM (
        SELECT CASE WHEN heading(e.kind, e.rule_id) NOT IN ('work', 'premium') THEN heading(e.kind, e.rule_id)
                    WHEN e.ticket_id IS NULL THEN 'control' ELSE 'ticket' END AS row, heading(e.kind, e.rule_id) AS place,
               CASE h.state WHEN 'closed' THEN 'closed' ELSE 'provisional' END AS state, l.currency, e.project_id, e.assignment_id,
               CASE WHEN heading(e.kind, e.rule_id) IN ('work', 'premium') THEN e.ticket_id END AS ticket_id, -p.amount AS amount
        FROM entry e JOIN posting p ON p.entry_id = e.id JOIN ledger_account l ON l.id = p.account_id JOIN period h ON h.id = e.period_id
        WHERE l.kind = 'payable' AND earns(e.kind) {where}) m
    GROUP BY m.row, m.state, m.currency, m.project_id, m.ticket_id)
SELECT g.row, g.state, coalesce(j.code, '') AS project, coalesce(t.source, '') AS source, coalesce(t.external_id, '') AS external_id,
       g.ticket_id, g.currency, g.assignments, g.cost, g.work, g.premium
FROM g LEFT JOIN project j ON j.id = g.project_id LEFT JOIN ticket t ON t.id = g.ticket_id
ORDER BY CASE g.row WHEN 'ticket' THEN 0 WHEN 'control' THEN 1 WHEN 'rounding' THEN 3 ELSE 2 END, g.row, 3, 4, 5, g.ticket_id,
         g.project_id, g.currency, g.state""",
    OF_PERIOD,
    frozenset({"period"}),
    WEIGHED,
    NARROWED,
)

REPORTS = (BY_PERSON, BY_TICKET, BY_PROJECT, BY_REQUESTER, BY_RULE, BY_DAY, PER_ASSIGNMENT, PEOPLE, TICKETS)
