"""What must always hold of tasks."""

from piecework.platform.invariants import Invariant
from piecework.tasks.contracts.invariants import INVARIANTS as CONTRACTS
from piecework.tasks.knowledge.invariants import INVARIANTS as KNOWLEDGE
from piecework.tasks.norms.invariants import INVARIANTS as NORMS

INVARIANTS = (
    Invariant(
        "tasks.answers_within_overlap",
        "No task has more live answers (held, submitted, accepted, rejected) than its overlap.",
        """SELECT t.id, t.overlap, count(*) AS answers FROM task t JOIN assignment a ON a.task_id = t.id
           WHERE a.state IN ('held', 'submitted', 'accepted', 'rejected') GROUP BY t.id HAVING count(*) > t.overlap""",
    ),
    Invariant(
        "tasks.slots_match_answers",
        "An open task has exactly one slot or one answer for each answer it wants.",
        """SELECT t.id, t.overlap, count(s.id) AS slots,
                  (SELECT count(*) FROM assignment a WHERE a.task_id = t.id AND a.state IN ('submitted', 'accepted', 'rejected')) AS answers
           FROM task t LEFT JOIN slot s ON s.task_id = t.id WHERE t.state = 'open' GROUP BY t.id
           HAVING count(s.id) + (SELECT count(*) FROM assignment a
                                 WHERE a.task_id = t.id AND a.state IN ('submitted', 'accepted', 'rejected')) <> t.overlap""",
    ),
    Invariant(
        "tasks.lease_has_its_assignment",
        "A leased slot and a held assignment point at each other.",
        """SELECT s.id AS slot, a.id AS assignment, a.state FROM slot s
           FULL JOIN (SELECT * FROM assignment WHERE state = 'held') a ON a.slot_id = s.id AND s.assignment_id = a.id
           WHERE (s.id IS NULL) OR (a.id IS NULL AND s.assignment_id IS NOT NULL)""",
    ),
    Invariant(
        "tasks.answer_has_its_assignment",
        "Each submitted, accepted or rejected assignment has one answer by the same person, and no other has any.",
        """SELECT a.id AS assignment, a.state, n.assignment_id AS answer FROM assignment a
           FULL JOIN answer n ON n.assignment_id = a.id AND n.freelancer_id = a.freelancer_id
           WHERE a.id IS NULL OR (n.assignment_id IS NULL) = (a.state IN ('submitted', 'accepted', 'rejected'))""",
    ),
    Invariant(
        "tasks.held_is_counted",
        "Each person's held count is the number of assignments they hold, and within their cap at the time.",
        """SELECT w.freelancer_id, w.held, count(a.id) AS really FROM workload w
           LEFT JOIN assignment a ON a.freelancer_id = w.freelancer_id AND a.state = 'held'
           GROUP BY w.freelancer_id HAVING w.held <> count(a.id)""",
    ),
    Invariant(
        "tasks.week_is_counted",
        "What counts against a weekly cap are the claims of the week, less those that were given back, left to expire or rejected.",
        """SELECT w.freelancer_id, w.week_starts, w.week_claimed, count(a.id) AS really FROM workload w
           LEFT JOIN assignment a ON a.freelancer_id = w.freelancer_id AND a.claimed_at >= w.week_starts AND a.claimed_at < w.week_ends
             AND a.state IN ('held', 'submitted', 'accepted', 'rejected')
             AND NOT EXISTS (SELECT FROM decision d WHERE d.assignment_id = a.id AND d.state = 'rejected')
           GROUP BY w.freelancer_id HAVING w.week_claimed <> count(a.id)""",
    ),
    Invariant(
        "tasks.one_open_gap",
        "A person has at most one open gap, and their workload names it.",
        """SELECT w.freelancer_id, w.gap_id, g.id AS gap FROM workload w
           FULL JOIN (SELECT * FROM gap WHERE ended_at IS NULL) g ON g.id = w.gap_id AND g.freelancer_id = w.freelancer_id
           WHERE (w.gap_id IS NULL) <> (g.id IS NULL)""",
    ),
    Invariant(
        "tasks.floor_below_open_slots",
        "Every open slot lies on a shelf and not below its floor, where no claim would find it.",
        """SELECT s.id, s.step_id, s.rank, f.floor_rank FROM slot s
           LEFT JOIN shelf f ON f.id = s.shelf_id
           WHERE NOT s.control AND s.assignment_id IS NULL AND ((s.rank, s.id) < (f.floor_rank, f.floor_id)) IS NOT FALSE""",
    ),
    Invariant(
        "tasks.references_hold",
        "Slots and assignments refer to tasks, steps, projects and accounts that exist (there are no foreign keys on the hot path).",
        """SELECT a.id FROM assignment a LEFT JOIN task t ON t.id = a.task_id AND t.step_id = a.step_id AND t.project_id = a.project_id
             LEFT JOIN account f ON f.id = a.freelancer_id WHERE t.id IS NULL OR f.id IS NULL
           UNION ALL
           SELECT s.task_id FROM slot s LEFT JOIN task t ON t.id = s.task_id AND t.step_id = s.step_id
             AND t.ticket_id IS NOT DISTINCT FROM s.ticket_id WHERE t.id IS NULL""",
    ),
    Invariant(
        "tasks.not_by_same_person",
        "Nobody did a step of a ticket whose other step, done by them and not done anew since, excludes it.",
        """SELECT a.id, a.freelancer_id, t.ticket_id FROM assignment a JOIN task t ON t.id = a.task_id JOIN queue q ON q.step_id = a.step_id
           JOIN task o ON o.ticket_id = t.ticket_id AND o.step_id = ANY (q.excluded)
           JOIN assignment b ON b.task_id = o.id AND b.freelancer_id = a.freelancer_id AND b.claimed_at < a.claimed_at
           WHERE NOT EXISTS (SELECT FROM task later WHERE later.ticket_id = o.ticket_id AND later.step_id = o.step_id
                               AND later.iteration > o.iteration AND later.created_at < a.claimed_at)""",
    ),
    Invariant(
        "tasks.ticket_moves_on",
        "An open ticket has a task that is open or before a curator, or a job that will make its next one.",
        """SELECT k.id, k.external_id FROM ticket k WHERE k.state = 'open'
           AND NOT EXISTS (SELECT FROM task t WHERE t.ticket_id = k.id AND t.state IN ('open', 'disputed'))
           AND NOT EXISTS (SELECT FROM job j WHERE j.dead_at IS NULL AND j.kind = 'tasks.split' AND j.key = k.id::text)
           AND NOT EXISTS (SELECT FROM job j JOIN task t ON j.dead_at IS NULL AND j.kind = 'tasks.advance' AND j.key = t.id::text WHERE t.ticket_id = k.id)""",
    ),
    Invariant(
        "tasks.decisions_are_the_newest",
        "Every accepted or rejected answer carries its newest decision, and no decision was worse than the one before it.",
        """SELECT a.id, a.state, a.share, d.revision FROM assignment a
           FULL JOIN (SELECT DISTINCT ON (assignment_id) * FROM decision ORDER BY assignment_id, revision DESC) d
             ON d.assignment_id = a.id
           WHERE (a.id IS NULL OR a.state IN ('accepted', 'rejected') OR d.revision IS NOT NULL)
             AND (a.state, a.share, a.revision) IS DISTINCT FROM (d.state, d.share, d.revision)
           UNION ALL
           SELECT n.assignment_id, n.state, n.share, n.revision FROM decision n
           JOIN decision o ON o.assignment_id = n.assignment_id AND o.revision = n.revision - 1 WHERE n.share <= o.share""",
    ),
    Invariant(
        "tasks.reopenings_lead_on",
        "Every reopening has opened a task of a step that it does anew.",
        """SELECT r.id, r.ticket_id FROM reopening r WHERE NOT EXISTS (
               SELECT FROM task t JOIN step s ON s.id = t.step_id
               WHERE t.ticket_id = r.ticket_id AND s.key = ANY (r.redo) AND t.created_at >= r.at AND t.id <> ALL (r.replaced))""",
    ),
    Invariant(
        "tasks.personal_data_kept_apart",
        "Every ticket has its original kept apart.",
        "SELECT k.id FROM ticket k LEFT JOIN ticket_original o ON o.ticket_id = k.id WHERE o.ticket_id IS NULL",
    ),
    *KNOWLEDGE,
    *CONTRACTS,
    *NORMS,
)
