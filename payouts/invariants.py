"""What must be true of money at every commit. A job that still waits excuses the entry it will make; a dead one does not."""

from string import Template

from piecework.platform.invariants import Invariant


def _unresolved(state: str, kind: str) -> str:
    """Assignments in a state without the entry that it calls for. A share too small to earn anything calls for none."""
    sql = """
        SELECT a.id, a.state, a.price FROM assignment a
        WHERE a.state = '$state' AND a.price > 0 AND (a.state <> 'accepted' OR accepted_pay(a.price, a.share) > 0)
          AND NOT EXISTS (SELECT FROM entry e WHERE e.assignment_id = a.id AND e.kind = '$kind')
          AND NOT EXISTS (SELECT FROM job WHERE job.kind = 'payouts.$kind' AND job.key LIKE a.id || '%' AND dead_at IS NULL)"""
    return Template(sql).substitute(state=state, kind=kind)


def _payable(sql: str) -> str:
    """What people earned: postings to payables, less the money that went out."""
    return Template(sql).substitute(payable=PAYABLE)


def _summed(sql: str) -> str:
    """The postings that the kept sums hold, `done` if their entry was resolved by one that they hold too, against the sums."""
    return SUMMED + sql


SUMMED = """
    WITH kept AS (SELECT last_xact FROM sums_kept WHERE last_xact < pg_snapshot_xmin(pg_current_snapshot())),
    summed AS (
        SELECT e.kind, e.project_id, e.period_id, e.effective_at, p.account_id, l.kind AS account, p.amount, x.id IS NOT NULL AS done
        FROM kept JOIN entry e ON e.xact <= kept.last_xact JOIN posting p ON p.entry_id = e.id JOIN ledger_account l ON l.id = p.account_id
        LEFT JOIN entry x ON x.resolves = e.id AND x.xact <= kept.last_xact
        WHERE e.kind IN ('pend', 'accrue', 'premium', 'reopen', 'clawback', 'restore'))
    """
PAYABLE = """
    FROM entry e JOIN posting p ON p.entry_id = e.id JOIN ledger_account l ON l.id = p.account_id
    WHERE earns(e.kind) AND l.kind = 'payable'"""

INVARIANTS = (
    Invariant(
        "payouts.entries_balance",
        "The postings of every entry sum to zero in every currency.",
        """SELECT p.entry_id, l.currency, sum(p.amount) AS sum FROM posting p JOIN ledger_account l ON l.id = p.account_id
           GROUP BY p.entry_id, l.currency HAVING sum(p.amount) <> 0""",
    ),
    Invariant(
        "payouts.entries_have_postings",
        "Every entry has two postings or more.",
        "SELECT e.id, e.business_key FROM entry e WHERE (SELECT count(*) FROM posting p WHERE p.entry_id = e.id) < 2",
    ),
    Invariant(
        "payouts.balances_follow_postings",
        "The balance of every payable is the sum of its postings, and no other account has a balance.",
        """SELECT coalesce(b.account_id, s.account_id) AS account_id, b.amount AS balance, s.owed
           FROM balance b FULL JOIN (
               SELECT p.account_id, -sum(p.amount) AS owed FROM posting p JOIN ledger_account l ON l.id = p.account_id
               WHERE l.kind = 'payable' GROUP BY p.account_id) s USING (account_id)
           WHERE b.amount IS DISTINCT FROM s.owed""",
    ),
    Invariant(
        "payouts.submitted_is_pending", "A submitted assignment with a price is pending.", _unresolved("submitted", "pend")
    ),
    Invariant(
        "payouts.accepted_is_accrued", "An accepted assignment with a price has its accrual.", _unresolved("accepted", "accrue")
    ),
    Invariant(
        "payouts.rejected_is_void", "The pending amount of a rejected assignment is reversed.", _unresolved("rejected", "void")
    ),
    Invariant(
        "payouts.accruals_have_their_price",
        "What accruals of an assignment pay is, together, the accepted share of its price, to its own freelancer, under its ticket.",
        """SELECT e.assignment_id, a.state, a.price, a.share, e.payable FROM (
               SELECT e.assignment_id, e.ticket_id, e.project_id, min(l.owner) AS low, max(l.owner) AS high, -sum(p.amount) AS payable
               FROM entry e
               LEFT JOIN (posting p JOIN ledger_account l ON l.id = p.account_id AND l.kind IN ('payable', 'held')) ON p.entry_id = e.id
               WHERE e.kind = 'accrue' GROUP BY 1, 2, 3) e
           LEFT JOIN assignment a ON a.id = e.assignment_id LEFT JOIN task t ON t.id = a.task_id
           WHERE a.id IS NULL OR a.state <> 'accepted' OR (e.ticket_id, e.project_id) IS DISTINCT FROM (t.ticket_id, a.project_id)
              OR e.low <> a.freelancer_id::text OR e.high <> a.freelancer_id::text
              OR (coalesce(e.payable, 0) <> accepted_pay(a.price, a.share)
                  AND NOT EXISTS (SELECT FROM job WHERE job.kind = 'payouts.accrue' AND job.key LIKE a.id || '%' AND dead_at IS NULL))""",
    ),
    Invariant(
        "payouts.pending_ends",
        "Nothing is pending of an assignment whose accrual or reversal is recorded.",
        """SELECT e.assignment_id, sum(p.amount) AS pending FROM entry e JOIN posting p ON p.entry_id = e.id
           JOIN ledger_account l ON l.id = p.account_id AND l.kind = 'pending' WHERE e.assignment_id IS NOT NULL
           GROUP BY e.assignment_id HAVING bool_or(e.kind IN ('accrue', 'void')) AND sum(p.amount) <> 0""",
    ),
    Invariant(
        "payouts.nothing_pending_below_zero",
        "No person's pending, held or clearing money is below zero.",
        """SELECT l.kind, l.owner, l.currency, -sum(p.amount) AS amount
           FROM posting p JOIN ledger_account l ON l.id = p.account_id
           WHERE l.kind IN ('pending', 'held', 'clearing') GROUP BY l.id HAVING sum(p.amount) > 0""",
    ),
    Invariant(
        "payouts.closed_totals_stand",
        "What a closed period stored (total, number of entries) is what its entries say today.",
        _payable("""SELECT period.id, period.total, period.entries FROM period WHERE period.state = 'closed' AND (
               period.total <> (SELECT coalesce(-sum(p.amount), 0) $payable AND e.period_id = period.id)
               OR period.entries <> (SELECT count(*) FROM entry WHERE entry.period_id = period.id))"""),
    ),
    Invariant(
        "payouts.closed_is_closed",
        "Nothing was recorded in a period after it closed, and nobody is left with part of a kopeck in it.",
        _payable("""SELECT e.id::text AS what, e.recorded_at::text AS detail FROM entry e JOIN period ON period.id = e.period_id
           WHERE e.recorded_at > period.closed_at
           UNION ALL
           SELECT e.period_id || ' ' || l.owner, sum(p.amount)::text $payable
             AND e.period_id IN (SELECT id FROM period WHERE state = 'closed')
           GROUP BY e.period_id, l.owner HAVING sum(p.amount) % 100 <> 0"""),
    ),
    Invariant(
        "payouts.periods_do_not_overlap",
        "No two periods of one currency and cadence overlap.",
        """SELECT a.id, b.id AS other FROM period a JOIN period b
           ON a.currency = b.currency AND a.cadence = b.cadence AND a.id < b.id AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at""",
    ),
    Invariant(
        "payouts.sums_follow_postings",
        "What a payable moved by in a period, heading by heading, is what its postings say.",
        """SELECT coalesce(s.period_id, w.period_id) AS period_id, coalesce(s.account_id, w.account_id) AS account_id, heading,
                  s.amount, w.amount AS postings
           FROM period_sum s FULL JOIN (
               SELECT e.period_id, p.account_id, heading(e.kind, e.rule_id) AS heading, -sum(p.amount) AS amount, count(*) AS entries
               FROM posting p JOIN entry e ON e.id = p.entry_id JOIN ledger_account l ON l.id = p.account_id
               WHERE l.kind = 'payable' GROUP BY 1, 2, 3) w USING (period_id, account_id, heading)
           WHERE s.amount IS DISTINCT FROM w.amount OR s.entries IS DISTINCT FROM w.entries""",
    ),
    Invariant(
        "payouts.spend_follows_entries",
        "What a project spent on a day, and what of it waits, is what the entries say that are summed up.",
        _summed("""SELECT coalesce(s.project_id, w.project_id) AS project_id, day, s.spent, s.pending, s.held,
                  w.spent AS spent_by_entries, w.pending AS pending_by_entries, w.held AS held_by_entries
           FROM spend_day s FULL JOIN (
               SELECT project_id, (effective_at AT TIME ZONE (SELECT zone FROM sums_kept))::date AS day,
                      coalesce(-sum(amount) FILTER (WHERE account IN ('held', 'payable')), 0) AS spent,
                      coalesce(-sum(amount) FILTER (WHERE account = 'pending' AND kind IN ('pend', 'reopen') AND NOT done), 0) AS pending,
                      coalesce(-sum(amount) FILTER (WHERE account = 'held' AND kind IN ('accrue', 'premium') AND NOT done), 0) AS held
               FROM summed WHERE project_id IS NOT NULL GROUP BY 1, 2) w USING (project_id, day)
           WHERE (coalesce(s.spent, 0), coalesce(s.pending, 0), coalesce(s.held, 0))
                 IS DISTINCT FROM (coalesce(w.spent, 0), coalesce(w.pending, 0), coalesce(w.held, 0))"""),
    ),
    Invariant(
        "payouts.open_sums_follow_entries",
        "What of a period waits on somebody's pending or held account is what the entries say that are summed up.",
        _summed("""SELECT period_id, account_id, s.entries, s.amount, w.entries AS entries_open, w.amount AS amount_open
           FROM open_sum s FULL JOIN (
               SELECT period_id, account_id, count(*) AS entries, -sum(amount) AS amount FROM summed
               WHERE amount < 0 AND account IN ('pending', 'held') AND NOT done GROUP BY 1, 2) w USING (period_id, account_id)
           WHERE (coalesce(s.entries, 0), coalesce(s.amount, 0)) IS DISTINCT FROM (coalesce(w.entries, 0), coalesce(w.amount, 0))"""),
    ),
    Invariant(
        "payouts.statements_are_their_sums",
        "Every closed period has a statement for each person with money in it, whose figures are the period's sums.",
        """SELECT period_id, owner, st.gross, st.tax, w.gross AS sums
           FROM (SELECT period_id, freelancer_id::text AS owner, work, premium, bonus, deduction, rounding, gross, tax FROM statement) st
           FULL JOIN (
               SELECT s.period_id, l.owner, sum(s.amount) FILTER (WHERE heading = 'work') AS work,
                      sum(s.amount) FILTER (WHERE heading = 'premium') AS premium, sum(s.amount) FILTER (WHERE heading = 'bonus') AS bonus,
                      sum(s.amount) FILTER (WHERE heading = 'deduction') AS deduction,
                      sum(s.amount) FILTER (WHERE heading = 'rounding') AS rounding,
                      sum(s.amount) FILTER (WHERE heading NOT IN ('tax', 'out')) AS gross, -sum(s.amount) FILTER (WHERE heading = 'tax') AS tax
               FROM period_sum s JOIN ledger_account l ON l.id = s.account_id JOIN period ON period.id = s.period_id AND state = 'closed'
               WHERE heading <> 'out' GROUP BY 1, 2) w USING (period_id, owner)
           WHERE (st.work, st.premium, st.bonus, st.deduction, st.rounding, st.gross, st.tax) IS DISTINCT FROM
                 (coalesce(w.work, 0), coalesce(w.premium, 0), coalesce(w.bonus, 0), coalesce(w.deduction, 0), coalesce(w.rounding, 0),
                  coalesce(w.gross, 0), coalesce(w.tax, 0))""",
    ),
    Invariant(
        "payouts.statements_are_due",
        "The net of every statement is due, once.",
        """SELECT st.id, st.net, d.amount FROM statement st LEFT JOIN due d ON d.statement_id = st.id
           WHERE coalesce(d.amount, 0) <> st.net""",
    ),
    Invariant(
        "payouts.people_and_tickets_agree",
        "What accruals ever gave a person is the sum of what their accepted answers earned.",
        """WITH given AS (
               SELECT l.owner, -sum(p.amount) AS people FROM entry e JOIN posting p ON p.entry_id = e.id
               JOIN ledger_account l ON l.id = p.account_id WHERE e.kind = 'accrue' AND l.kind IN ('payable', 'held') GROUP BY l.owner),
           worked AS (
               SELECT a.freelancer_id::text AS owner, sum(accepted_pay(a.price, a.share)) AS tickets FROM assignment a
               WHERE a.state = 'accepted' AND a.id IN (SELECT assignment_id FROM entry WHERE kind = 'accrue') GROUP BY 1)
           SELECT owner, people, tickets FROM given FULL JOIN worked USING (owner)
           WHERE coalesce(people, 0) <> coalesce(tickets, 0)
             AND NOT EXISTS (SELECT FROM job WHERE job.kind = 'payouts.accrue' AND dead_at IS NULL)""",
    ),
)
