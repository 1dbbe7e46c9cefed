"""What must be true of withheld tax at every commit."""

from piecework.platform.invariants import Invariant

INVARIANTS = (
    Invariant(
        "payouts.tax_is_what_statements_withheld",
        "What is on a person's tax account is what their statements withheld, less what was remitted of it.",
        """SELECT coalesce(l.owner, s.owner) AS owner, coalesce(l.currency, s.currency) AS currency, l.amount AS account, s.amount AS stated
           FROM (SELECT a.owner, a.currency, -sum(p.amount) AS amount FROM ledger_account a JOIN posting p ON p.account_id = a.id
                 WHERE a.kind = 'tax' GROUP BY a.owner, a.currency) l
           FULL JOIN (SELECT s.freelancer_id::text AS owner, s.currency, sum(s.tax) FILTER (WHERE r.period_id IS NULL) AS amount
                      FROM statement s LEFT JOIN tax_remittance_period r ON r.period_id = s.period_id
                      GROUP BY s.freelancer_id, s.currency) s USING (owner, currency)
           WHERE coalesce(l.amount, 0) <> coalesce(s.amount, 0)""",
    ),
    Invariant(
        "payouts.tax_recomputes",
        "The tax of every statement follows from its basis: whole units, and never more than what is earned can bear.",
        """SELECT id, gross, tax, tax_basis FROM (
               SELECT s.*, tax_on(tax_basis -> 'brackets', greatest((tax_basis ->> 'income_before')::bigint + gross, 0)) AS due,
                      (tax_basis ->> 'tax_before')::bigint AS before
               FROM statement s WHERE tax_basis <> '{}') s
           WHERE tax <> least(due - before, greatest(least(gross, coalesce((tax_basis ->> 'covered')::bigint, gross)), 0) / 10000 * 10000)
              OR (gross, tax, due) <> ((tax_basis ->> 'income_now')::bigint, (tax_basis ->> 'tax_now')::bigint, (tax_basis ->> 'due')::bigint)
           UNION ALL
           SELECT id, gross, tax, tax_basis FROM statement WHERE tax_basis = '{}' AND tax <> 0""",
    ),
    Invariant(
        "payouts.tax_years_are_cumulative",
        "Each statement of a tax year rests on the sums of those before it.",
        """SELECT id, tax_basis, statements, income, tax FROM (
               SELECT id, tax_basis, count(*) OVER before AS statements, coalesce(sum(gross) OVER before, 0) AS income,
                      coalesce(sum(tax) OVER before, 0) AS tax
               FROM statement WHERE tax_basis <> '{}'
               WINDOW before AS (PARTITION BY freelancer_id, currency, regime, tax_basis ->> 'year'
                                 ORDER BY (tax_basis ->> 'number')::int ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) s
           WHERE ((tax_basis ->> 'number')::int - 1, (tax_basis ->> 'income_before')::bigint, (tax_basis ->> 'tax_before')::bigint)
                 <> (statements, income, tax)""",
    ),
    Invariant(
        "payouts.remittances_are_whole_periods",
        "A remittance is what its periods withheld, and so are its entries.",
        """SELECT r.id, r.amount, parts.amount AS of_periods, parts.withheld, posted.amount AS posted
           FROM tax_remittance r
           LEFT JOIN LATERAL (SELECT sum(t.amount) AS amount, sum((SELECT sum(tax) FROM statement s WHERE s.period_id = t.period_id)) AS withheld
                              FROM tax_remittance_period t WHERE t.remittance_id = r.id) parts ON true
           LEFT JOIN LATERAL (SELECT -sum(p.amount) AS amount FROM entry e JOIN posting p ON p.entry_id = e.id
                              JOIN ledger_account l ON l.id = p.account_id AND l.kind = 'bank'
                              WHERE e.kind = 'remit' AND e.source_id = r.id) posted ON true
           WHERE (r.amount, r.amount, r.amount) IS DISTINCT FROM (parts.amount, parts.withheld, posted.amount)""",
    ),
    Invariant(
        "payouts.receipts_have_their_line",
        "A receipt is of a line of a payout to its own person.",
        """SELECT r.line_id, r.freelancer_id FROM receipt r LEFT JOIN payout_line l ON l.id = r.line_id
           WHERE l.freelancer_id IS DISTINCT FROM r.freelancer_id""",
    ),
)
