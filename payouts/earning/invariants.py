"""What must be true of money on hold. A job that still waits excuses what it will do; a dead one does not."""

from piecework.platform.invariants import Invariant

INVARIANTS = (
    Invariant(
        "payouts.holds_are_looked_after",
        "For everything on hold there is a job that will release it, or see when, or claw it back.",
        """SELECT e.id, e.assignment_id FROM entry e JOIN posting p ON p.entry_id = e.id
           JOIN ledger_account l ON l.id = p.account_id AND l.kind = 'held'
           WHERE e.kind IN ('accrue', 'premium') AND NOT EXISTS (SELECT FROM entry x WHERE x.resolves = e.id)
             AND e.assignment_id::text NOT IN (SELECT split_part(key, ':', 1) FROM job WHERE kind = 'payouts.release' AND dead_at IS NULL)
             AND NOT EXISTS (SELECT FROM job j JOIN reopening r ON r.id::text = j.key WHERE j.kind = 'payouts.reopened' AND j.dead_at IS NULL
                             AND r.ticket_id = e.ticket_id)""",
    ),
    Invariant(
        "payouts.holds_end_whole",
        "A release or claw-back takes all that its entry had put on hold, of the same person, work and rule.",
        """SELECT x.id, x.kind, x.resolves FROM entry x LEFT JOIN entry e ON e.id = x.resolves AND e.kind IN ('accrue', 'premium')
           LEFT JOIN LATERAL (
               SELECT a.account_id FROM posting a JOIN ledger_account l ON l.id = a.account_id AND l.kind = 'held'
               JOIN posting b ON b.entry_id = x.id AND b.account_id = a.account_id AND b.amount = -a.amount
               WHERE a.entry_id = e.id) whole ON true
           WHERE x.kind IN ('release', 'clawback') AND (whole.account_id IS NULL
               OR (x.assignment_id, x.ticket_id, x.project_id, x.rule_id) IS DISTINCT FROM (e.assignment_id, e.ticket_id, e.project_id, e.rule_id))""",
    ),
    Invariant(
        "payouts.holds_end_in_time",
        "No hold ended before its acceptance, later than its tariff's bound, or ahead of its time.",
        """SELECT x.id, x.effective_at, e.effective_at AS accepted_at FROM entry x JOIN entry e ON e.id = x.resolves
           LEFT JOIN assignment a ON a.id = x.assignment_id LEFT JOIN tariff f ON f.id = a.tariff_id
           WHERE x.kind = 'release' AND (f.id IS NULL OR x.effective_at < e.effective_at OR x.recorded_at < x.effective_at
               OR x.effective_at > e.effective_at + f.hold_most_days * interval '24 hours')""",
    ),
    Invariant(
        "payouts.clawbacks_are_asked_for",
        "Every claw-back stems from a reopening that asked for it and replaced that answer; its person was told and may object.",
        """SELECT e.id, e.assignment_id, e.source_id FROM entry e LEFT JOIN assignment a ON a.id = e.assignment_id
           LEFT JOIN reopening r ON r.id = e.source_id AND r.claw_back AND a.task_id = ANY (r.replaced) AND r.ticket_id = e.ticket_id
           LEFT JOIN appealable n ON n.subject = 'clawback' AND n.subject_id = e.assignment_id AND n.freelancer_id = a.freelancer_id
           WHERE e.kind = 'clawback' AND (r.id IS NULL OR n.subject_id IS NULL)""",
    ),
    Invariant(
        "payouts.upheld_clawbacks_are_restored",
        "What was clawed back is payable again, all of it and to the same person, exactly where the objection to it was upheld.",
        """SELECT c.id, c.assignment_id, n.state, x.id AS restored FROM entry c
           JOIN appealable n ON n.subject = 'clawback' AND n.subject_id = c.assignment_id
           LEFT JOIN entry x ON x.reverses = c.id AND x.kind = 'restore' AND EXISTS (
               SELECT FROM posting t JOIN ledger_account h ON h.id = t.account_id AND h.kind = 'held'
               JOIN posting g ON g.entry_id = x.id AND g.amount = -t.amount
               JOIN ledger_account l ON l.id = g.account_id AND l.kind = 'payable' AND l.owner = h.owner WHERE t.entry_id = c.id)
           WHERE c.kind = 'clawback' AND (n.state = 'upheld') <> (x.id IS NOT NULL)
             AND NOT EXISTS (SELECT FROM job WHERE kind = 'payouts.restore' AND key = 'clawback:' || c.assignment_id AND dead_at IS NULL)
           UNION ALL
           SELECT x.id, x.assignment_id, 'no claw-back', x.reverses FROM entry x LEFT JOIN entry c ON c.id = x.reverses AND c.kind = 'clawback'
           WHERE x.kind = 'restore' AND c.id IS NULL""",
    ),
)
