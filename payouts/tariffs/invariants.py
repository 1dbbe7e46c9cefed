"""What must always hold of tariffs."""

from piecework.platform.invariants import Invariant

INVARIANTS = (
    Invariant(
        "payouts.rates_are_approved",
        "What claims take prices from is exactly what tariffs say that are approved, and nothing else.",
        """SELECT coalesce(t.id, l.tariff_id) AS tariff FROM (SELECT * FROM tariff WHERE state = 'approved') t
           FULL JOIN rate_list l ON l.tariff_id = t.id
           WHERE (t.project_id, t.starts_at, t.ends_at, t.ticket_budget)
                 IS DISTINCT FROM (l.project_id, l.starts_at, l.ends_at, l.ticket_budget)
           UNION
           SELECT tariff_id
           FROM (SELECT i.* FROM tariff_item i JOIN tariff t ON t.id = i.tariff_id AND t.state = 'approved') i
           FULL JOIN rate r USING (tariff_id, step_key, level, language) WHERE i.price IS DISTINCT FROM r.price""",
    ),
    Invariant(
        "payouts.claims_priced_by_their_tariff",
        "Every assignment has the price that its tariff says for its step, level and language, or the step's own where it says none.",
        """SELECT a.id, a.price, a.tariff_id FROM (
               SELECT min(a.id::text) AS id, a.step_id, a.tariff_id, a.level, a.language, a.price FROM assignment a
               WHERE a.tariff_id IS NOT NULL GROUP BY 2, 3, 4, 5, 6) a
           JOIN queue q ON q.step_id = a.step_id
           LEFT JOIN LATERAL (
               SELECT i.price FROM tariff_item i
               WHERE i.tariff_id = a.tariff_id AND i.step_key = q.key AND i.language IN ('', a.language) AND i.level <= a.level
               ORDER BY i.language DESC, i.level DESC LIMIT 1) i ON true
           WHERE a.price <> coalesce(i.price, q.price)""",
    ),
)
