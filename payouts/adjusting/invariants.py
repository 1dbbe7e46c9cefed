"""What must be true of deductions at every commit."""

from piecework.platform.invariants import Invariant

INVARIANTS = (
    Invariant(
        "payouts.deductions_are_in_the_ledger",
        "What closings took of deductions is what the ledger took of those people in those periods, by the rule of the case, no more and no less.",
        """SELECT coalesce(p.key, e.business_key) AS entry, p.amount AS part, e.amount AS posted
           FROM (SELECT 'deduct:' || part.deduction_id || ':' || part.period_id AS key, part.amount, part.period_id, d.freelancer_id, d.rule_id
                 FROM deduction_part part JOIN deduction d ON d.id = part.deduction_id WHERE part.amount > 0) p
           FULL JOIN (SELECT entry.business_key, entry.period_id, entry.rule_id, l.owner, sum(g.amount)::bigint AS amount
                      FROM entry JOIN posting g ON g.entry_id = entry.id JOIN ledger_account l ON l.id = g.account_id AND l.kind = 'payable'
                      WHERE entry.kind = 'deduct' GROUP BY entry.id, l.owner) e ON e.business_key = p.key
           WHERE (p.amount, p.period_id, p.rule_id, p.freelancer_id::text) IS DISTINCT FROM (e.amount, e.period_id, e.rule_id, e.owner)""",
    ),
    Invariant(
        "payouts.deductions_stood_when_taken",
        "Something was taken only of deductions that two people had decided on, and that nobody objected to in time or in vain.",
        """SELECT d.id, d.state, n.state AS noted FROM deduction d LEFT JOIN appealable n ON n.subject = 'deduction' AND n.subject_id = d.id
           WHERE EXISTS (SELECT FROM deduction_part p WHERE p.deduction_id = d.id)
             AND (d.state NOT IN ('approved', 'taken', 'cancelled', 'given_back') OR coalesce(n.state, '') NOT IN ('denied', 'lapsed')
                  OR (d.state = 'cancelled' AND EXISTS (SELECT FROM deduction_part p WHERE p.deduction_id = d.id AND p.amount > 0)))""",
    ),
    Invariant(
        "payouts.deductions_take_what_was_approved",
        "A deduction is taken when its parts sum to its amount, and they never exceed it.",
        """SELECT d.id, d.state, d.amount, sum(p.amount) AS taken FROM deduction d LEFT JOIN deduction_part p ON p.deduction_id = d.id
           GROUP BY d.id HAVING coalesce(sum(p.amount), 0) > d.amount OR (d.state = 'taken' AND coalesce(sum(p.amount), 0) <> d.amount)
             OR (d.state = 'approved' AND coalesce(sum(p.amount), 0) = d.amount)""",
    ),
    Invariant(
        "payouts.deductions_leave_people_their_share",
        "In no period deductions took more of a person's pay than the share that they could not keep for certain.",
        """SELECT p.period_id, d.freelancer_id, sum(p.amount) AS taken, min(p.earned) AS earned, max(p.keeps) AS keeps
           FROM deduction_part p JOIN deduction d ON d.id = p.deduction_id GROUP BY p.period_id, d.freelancer_id
           HAVING sum(p.amount) > min(p.earned) * (10000 - max(p.keeps)) / 10000 OR min(p.earned) <> max(p.earned)
           UNION ALL
           SELECT s.period_id, s.freelancer_id, -s.deduction, s.work + s.premium + s.bonus, min(p.keeps) FROM statement s
           JOIN deduction_part p ON p.period_id = s.period_id JOIN deduction d ON d.id = p.deduction_id AND d.freelancer_id = s.freelancer_id
           GROUP BY s.id HAVING -s.deduction * 10000 > (s.work + s.premium + s.bonus) * (10000 - min(p.keeps))""",
    ),
    Invariant(
        "payouts.deductions_given_back_are_reversed",
        "Every part of a deduction that was given back is reversed by one entry to the same person, and of no other any is.",
        """SELECT e.id, d.state, r.id AS reversal FROM entry e JOIN deduction d ON d.id = e.source_id
           LEFT JOIN entry r ON r.reverses = e.id AND r.kind = 'give_back'
           WHERE e.kind = 'deduct' AND ((d.state = 'given_back') <> (r.id IS NOT NULL)
              OR r.id IS NOT NULL AND (SELECT sum(p.amount) FROM posting p JOIN ledger_account l ON l.id = p.account_id AND l.kind = 'payable'
                                       AND l.owner = d.freelancer_id::text WHERE p.entry_id IN (e.id, r.id)) <> 0)
           UNION ALL
           SELECT r.id, 'reverses no deduction', r.reverses FROM entry r LEFT JOIN entry e ON e.id = r.reverses AND e.kind = 'deduct'
           WHERE r.kind = 'give_back' AND e.id IS NULL""",
    ),
    Invariant(
        "payouts.won_deductions_are_cancelled",
        "A deduction whose appeal was upheld is cancelled, or the job that will cancel it waits; an approved one is noted as appealable.",
        """SELECT d.id, d.state, n.state AS noted FROM deduction d LEFT JOIN appealable n ON n.subject = 'deduction' AND n.subject_id = d.id
           WHERE (d.state = 'approved' AND (n.state IS NULL OR n.state = 'withdrawn' OR (n.state = 'upheld' AND NOT EXISTS (
                     SELECT FROM job j WHERE j.dead_at IS NULL AND j.kind = 'payouts.deduction_appealed' AND j.key = 'deduction:' || d.id))))
              OR (d.state IN ('proposed', 'dismissed') AND n.state IS NOT NULL)""",
    ),
    Invariant(
        "payouts.awards_are_in_the_ledger",
        "Every award of more than 0 has one entry of its amount to its person by its rule, and every bonus entry has its award.",
        """SELECT a.id, e.id AS entry FROM award a FULL JOIN (SELECT * FROM entry WHERE kind = 'bonus') e ON e.source_id = a.id
           WHERE a.id IS NULL OR (a.amount > 0) <> (e.id IS NOT NULL) OR e.rule_id <> a.rule_id
              OR e.id IS NOT NULL AND a.amount IS DISTINCT FROM (
                    SELECT -sum(p.amount) FROM posting p JOIN ledger_account l ON l.id = p.account_id
                    WHERE p.entry_id = e.id AND l.kind = 'payable' AND l.owner = a.freelancer_id::text AND l.currency = a.currency)""",
    ),
)
