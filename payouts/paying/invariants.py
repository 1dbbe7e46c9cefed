"""What must be true of payouts at every commit."""

from piecework.platform.invariants import Invariant

INVARIANTS = (
    Invariant(
        "payouts.lines_pay_their_dues",
        "What a line pays is the sum of the dues that it took, of its own person and currency; a line that was dropped holds none.",
        """SELECT coalesce(l.id, d.line_id) AS line_id, l.state, l.amount, d.amount AS dues
           FROM payout_line l FULL JOIN (
               SELECT line_id, sum(amount) AS amount, count(*) AS n, min(freelancer_id::text) AS person, max(freelancer_id::text) AS other,
                      min(currency) AS currency, max(currency) AS more FROM due WHERE line_id IS NOT NULL GROUP BY line_id) d ON d.line_id = l.id
           WHERE l.id IS NULL
              OR CASE WHEN l.state = 'dropped' THEN d.line_id IS NOT NULL
                      ELSE (d.amount, d.person, d.other, d.currency, d.more) IS DISTINCT FROM
                           (l.amount::numeric, l.freelancer_id::text, l.freelancer_id::text, l.currency, l.currency) END""",
    ),
    Invariant(
        "payouts.lines_are_in_the_ledger",
        "An ordered line has moved its amount from payable to clearing, a paid one from there to the bank, a returned one back; no other.",
        """SELECT l.id, l.state, l.amount, p.exported, p.confirmed, p.returned, p.clearing
           FROM payout_line l LEFT JOIN (
               SELECT e.source_id, -sum(p.amount) FILTER (WHERE e.kind = 'export' AND a.kind = 'clearing') AS exported,
                      -sum(p.amount) FILTER (WHERE e.kind = 'confirm' AND a.kind = 'bank') AS confirmed,
                      -sum(p.amount) FILTER (WHERE e.kind = 'return' AND a.kind = 'payable') AS returned,
                      coalesce(-sum(p.amount) FILTER (WHERE a.kind = 'clearing'), 0) AS clearing
               FROM entry e JOIN posting p ON p.entry_id = e.id JOIN ledger_account a ON a.id = p.account_id
               WHERE e.kind IN ('export', 'confirm', 'return') GROUP BY e.source_id) p ON p.source_id = l.id
           WHERE (p.exported, p.confirmed, p.returned, coalesce(p.clearing, 0)) IS DISTINCT FROM (
               CASE WHEN l.state IN ('ordered', 'paid', 'returned') THEN l.amount::numeric END,
               CASE WHEN l.paid_at IS NOT NULL THEN l.amount::numeric END,
               CASE WHEN l.state = 'returned' THEN l.amount::numeric END,
               CASE WHEN l.state = 'ordered' THEN l.amount::numeric ELSE 0 END)
           UNION ALL
           SELECT e.source_id, e.kind, NULL, NULL, NULL, NULL, NULL FROM entry e
           WHERE e.kind IN ('export', 'confirm', 'return') AND NOT EXISTS (SELECT FROM payout_line l WHERE l.id = e.source_id)""",
    ),
    Invariant(
        "payouts.clearing_is_on_its_way",
        "What is in clearing of a person is what ordered lines still have on their way to them.",
        """SELECT coalesce(c.owner, l.owner) AS owner, coalesce(c.currency, l.currency) AS currency, c.amount AS clearing, l.amount AS lines
           FROM (SELECT a.owner, a.currency, -sum(p.amount) AS amount FROM posting p JOIN ledger_account a ON a.id = p.account_id
                 WHERE a.kind = 'clearing' GROUP BY a.owner, a.currency HAVING sum(p.amount) <> 0) c
           FULL JOIN (SELECT freelancer_id::text AS owner, currency, sum(amount) AS amount FROM payout_line WHERE state = 'ordered'
                      GROUP BY freelancer_id, currency) l USING (owner, currency)
           WHERE c.amount IS DISTINCT FROM l.amount""",
    ),
    Invariant(
        "payouts.runs_are_their_lines",
        "A run's total and count are those of its lines, which are all as far as their run; a run is settled when nothing is on its way.",
        """SELECT r.id, r.state, r.total, r.lines, l.amount, l.n FROM payout_run r CROSS JOIN LATERAL (
               SELECT coalesce(sum(amount) FILTER (WHERE state <> 'dropped'), 0) AS amount, count(*) FILTER (WHERE state <> 'dropped') AS n,
                      count(*) FILTER (WHERE state = 'drafted') AS drafted, count(*) FILTER (WHERE state = 'ordered') AS ordered
               FROM payout_line WHERE run_id = r.id) l
           WHERE CASE r.state WHEN 'cancelled' THEN l.n <> 0
                      WHEN 'draft' THEN (l.amount, l.n, l.drafted) IS DISTINCT FROM (r.total::numeric, r.lines::bigint, l.n)
                      WHEN 'settled' THEN (l.amount, l.n) IS DISTINCT FROM (r.total::numeric, r.lines::bigint) OR l.drafted + l.ordered > 0
                      ELSE (l.amount, l.n) IS DISTINCT FROM (r.total::numeric, r.lines::bigint) OR l.drafted > 0
                           OR (l.ordered = 0 AND l.n > 0) END""",
    ),
    Invariant(
        "payouts.returns_are_due_once",
        "Each returned line is due again, once, in its amount, to its person; nothing else is due again.",
        """SELECT l.id AS line_id, d.id AS due_id, l.amount, d.amount AS due
           FROM (SELECT * FROM payout_line WHERE state = 'returned') l
           FULL JOIN (SELECT * FROM due WHERE returned_line IS NOT NULL) d ON d.returned_line = l.id
           WHERE (l.freelancer_id, l.currency, l.amount) IS DISTINCT FROM (d.freelancer_id, d.currency, d.amount)""",
    ),
    Invariant(
        "payouts.dues_are_owed",
        "What is owed to a person is what is due and has not left, and what they earned in periods that are not closed.",
        """SELECT owner, currency, b.amount AS owed, d.amount AS due, s.amount AS open
           FROM (SELECT l.owner, l.currency, b.amount FROM balance b JOIN ledger_account l ON l.id = b.account_id) b
           FULL JOIN (SELECT due.freelancer_id::text AS owner, due.currency, sum(due.amount) AS amount
                      FROM due LEFT JOIN payout_line line ON line.id = due.line_id
                      WHERE due.line_id IS NULL OR line.state = 'drafted' GROUP BY 1, 2) d USING (owner, currency)
           FULL JOIN (SELECT l.owner, l.currency, sum(s.amount) AS amount
                      FROM period_sum s JOIN period ON period.id = s.period_id AND period.state <> 'closed'
                      JOIN ledger_account l ON l.id = s.account_id WHERE s.heading <> 'out' GROUP BY 1, 2) s USING (owner, currency)
           WHERE coalesce(b.amount, 0) <> coalesce(d.amount, 0) + coalesce(s.amount, 0)""",
    ),
    Invariant(
        "payouts.nothing_went_to_details_that_wait",
        "No payout was approved to details that were not usable yet, or of somebody else.",
        """SELECT l.id, d.usable_at, r.approved_at FROM payout_line l JOIN payout_run r ON r.id = l.run_id
           JOIN payment_details d ON d.id = l.details_id
           WHERE l.state <> 'dropped' AND (d.usable_at > r.approved_at OR (d.freelancer_id, d.currency) <> (l.freelancer_id, l.currency))""",
    ),
    Invariant(
        "payouts.bank_lines_are_lines",
        "What a bank statement confirmed is paid (or was, and came back), what it returned is returned, in its amount.",
        """SELECT b.id, b.outcome, b.amount, l.state, l.amount AS line FROM bank_line b JOIN payout_line l ON l.id = b.line_id
           WHERE b.outcome IN ('confirmed', 'returned') AND (b.amount <> l.amount OR b.currency <> l.currency
               OR CASE b.outcome WHEN 'confirmed' THEN l.paid_at IS NULL ELSE l.state <> 'returned' END)""",
    ),
)
