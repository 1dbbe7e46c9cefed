"""What must always hold of quality."""

from piecework.platform.invariants import Invariant

INVARIANTS = (
    Invariant(
        "quality.sums_match_evidence",
        "The sums of evidence per person, step and kind are the sums of the rows.",
        """SELECT coalesce(a.freelancer_id, e.freelancer_id) AS freelancer_id, coalesce(a.step_id, e.step_id) AS step_id FROM accuracy a
           FULL JOIN (SELECT freelancer_id, step_id, kind, count(*) AS n, sum(right_count) AS r, sum(wrong_count) AS w
                      FROM evidence GROUP BY 1, 2, 3) e USING (freelancer_id, step_id, kind)
           WHERE a.answers IS DISTINCT FROM e.n OR abs(a.right_count - e.r) > 1e-6 * (1 + abs(e.r))
              OR abs(a.wrong_count - e.w) > 1e-6 * (1 + abs(e.w))""",
    ),
    Invariant(
        "quality.golden_shown_as_often_as_ordinary",
        "No golden task is shown to more people than its step's overlap.",
        """SELECT g.task_id, count(*) AS shown FROM golden g JOIN task t ON t.id = g.task_id JOIN assignment a ON a.task_id = t.id
           WHERE a.state IN ('held', 'submitted', 'accepted', 'rejected') GROUP BY g.task_id, t.overlap HAVING count(*) > t.overlap""",
    ),
    Invariant(
        "quality.golden_is_no_ticket",
        "Golden tasks belong to no ticket, and every task without a ticket is golden.",
        """SELECT t.id FROM task t LEFT JOIN golden g ON g.task_id = t.id WHERE (g.task_id IS NULL) <> (t.ticket_id IS NOT NULL)""",
    ),
    Invariant(
        "quality.rejection_has_reason",
        "Every rejected answer names its reason and says what was wrong.",
        "SELECT id FROM assignment WHERE state = 'rejected' AND (reason IS NULL OR coalesce(explanation, '') = '')",
    ),
    Invariant(
        "quality.complete_task_is_decided",
        "A task with all its answers is resolved, or the job that will grade it is queued.",
        """SELECT t.id FROM task t WHERE t.state = 'open'
           AND (SELECT count(*) FROM assignment a WHERE a.task_id = t.id AND a.state IN ('submitted', 'accepted', 'rejected')) >= t.overlap
           AND NOT EXISTS (SELECT FROM job j JOIN assignment a ON j.kind = 'quality.grade' AND j.key = a.id::text WHERE a.task_id = t.id)""",
    ),
    Invariant(
        "quality.nothing_waits_for_ever",
        "No answer to a resolved ticket still waits for a decision, unless the job that will settle it is queued.",
        """SELECT a.id, t.ticket_id FROM ticket k JOIN task t ON t.ticket_id = k.id JOIN assignment a ON a.task_id = t.id
           WHERE k.state = 'resolved' AND a.state = 'submitted'
           AND NOT EXISTS (SELECT FROM job j WHERE j.kind = 'quality.settle' AND j.key = k.id::text)""",
    ),
)
