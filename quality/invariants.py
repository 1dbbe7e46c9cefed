"""What must always hold of quality."""

from piecework.platform.invariants import Invariant

INVARIANTS = (
    Invariant(
        "quality.sums_match_evidence",
        "The sums of evidence per person, step and kind are the sums of the newest revisions.",
        """SELECT coalesce(a.freelancer_id, e.freelancer_id) AS freelancer_id, coalesce(a.step_id, e.step_id) AS step_id FROM accuracy a
           FULL JOIN (SELECT freelancer_id, step_id, kind, count(*) AS n, sum(right_count) AS r, sum(wrong_count) AS w
                      FROM evidence_now GROUP BY 1, 2, 3) e USING (freelancer_id, step_id, kind)
           WHERE coalesce(a.answers, 0) <> coalesce(e.n, 0) OR abs(coalesce(a.right_count, 0) - coalesce(e.r, 0)) > 1e-6 * (1 + coalesce(e.n, 0))
              OR abs(coalesce(a.wrong_count, 0) - coalesce(e.w, 0)) > 1e-6 * (1 + coalesce(e.n, 0))""",
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
        "Every answer that is not accepted in full names its reason and says what was wrong.",
        """SELECT id FROM assignment WHERE state IN ('accepted', 'rejected') AND share < 10000
           AND (reason IS NULL OR coalesce(explanation, '') = '')""",
    ),
    Invariant(
        "quality.golden_has_a_key",
        "Every golden task has its truth, and what is not live is handed to nobody.",
        """SELECT g.task_id, g.state FROM golden g JOIN task t ON t.id = g.task_id
           WHERE NOT EXISTS (SELECT FROM truth WHERE truth.task_id = g.task_id)
              OR (g.state <> 'live' AND t.state = 'open') OR (g.state = 'live' AND t.state <> 'open')""",
    ),
    Invariant(
        "quality.golden_answers_are_judged",
        "No answer to a golden task that is handed out no more waits for a decision, unless the key is doubted or the job is queued.",
        """SELECT a.id, g.task_id FROM golden g JOIN assignment a ON a.task_id = g.task_id
           WHERE g.state = 'retired' AND a.state = 'submitted'
           AND NOT EXISTS (SELECT FROM audit u WHERE u.assignment_id = a.id AND u.done_at IS NULL AND u.lapsed_at IS NULL)
           AND NOT EXISTS (SELECT FROM job j WHERE j.dead_at IS NULL AND j.kind = 'quality.regrade' AND j.key LIKE g.task_id || ':%')
           AND NOT EXISTS (SELECT FROM job j WHERE j.dead_at IS NULL AND j.kind IN ('quality.grade', 'quality.verdict') AND j.key = a.id::text)""",
    ),
    Invariant(
        "quality.scores_follow_the_truth",
        "What an answer tells of its author rests on the newest truth of its task, where there is one.",
        """SELECT e.assignment_id, e.kind, n.revision FROM evidence_now e JOIN assignment a ON a.id = e.assignment_id
           JOIN truth_now n ON n.task_id = a.task_id
           WHERE (e.kind NOT IN ('golden', 'audit') OR n.answers = '[]')
             AND NOT EXISTS (SELECT FROM job j WHERE j.dead_at IS NULL AND j.kind = 'quality.regrade' AND j.key = n.task_id || ':' || n.revision)""",
    ),
    Invariant(
        "quality.complete_task_is_decided",
        "A task with all its answers is decided, or before a curator, or the job that will grade it is queued.",
        """SELECT t.id FROM task t WHERE t.state = 'open'
           AND (SELECT count(*) FROM assignment a WHERE a.task_id = t.id AND a.state IN ('submitted', 'accepted', 'rejected')) >= t.overlap
           AND NOT EXISTS (SELECT FROM audit u WHERE u.task_id = t.id AND u.due_at IS NOT NULL AND u.done_at IS NULL AND u.lapsed_at IS NULL)
           AND NOT EXISTS (SELECT FROM job j JOIN assignment a ON j.dead_at IS NULL AND j.kind = 'quality.grade' AND j.key = a.id::text WHERE a.task_id = t.id)
           AND NOT EXISTS (SELECT FROM job j WHERE j.dead_at IS NULL AND j.kind = 'quality.regrade' AND j.payload->>'task' = t.id::text)""",
    ),
    Invariant(
        "quality.nothing_waits_for_ever",
        "No answer to a resolved ticket still waits for a decision without an audit that ends, or the job that will settle it.",
        """SELECT a.id, t.ticket_id FROM ticket k JOIN task t ON t.ticket_id = k.id JOIN assignment a ON a.task_id = t.id
           WHERE k.state = 'resolved' AND a.state = 'submitted'
           AND NOT EXISTS (SELECT FROM audit u WHERE u.assignment_id = a.id AND u.due_at IS NOT NULL AND u.done_at IS NULL AND u.lapsed_at IS NULL)
           AND NOT EXISTS (SELECT FROM job j WHERE j.dead_at IS NULL AND j.kind = 'quality.settle' AND j.key = k.id::text)""",
    ),
    Invariant(
        "quality.upheld_appeal_has_its_effect",
        "An answer whose appeal was upheld is accepted, and a restriction whose appeal was upheld has ended.",
        """SELECT p.id, p.subject FROM appeal p JOIN assignment a ON p.subject = 'answer' AND a.id = p.subject_id
           WHERE p.state = 'upheld' AND a.state <> 'accepted'
           UNION ALL
           SELECT p.id, p.subject FROM appeal p JOIN restriction r ON p.subject = 'restriction' AND r.id = p.subject_id
           WHERE p.state = 'upheld' AND r.lifted_at IS NULL AND r.ends_at > p.decided_at""",
    ),
    Invariant(
        "quality.noted_decisions_follow_their_appeals",
        "What another part noted as appealable stands as its appeal does; where it was withdrawn, the appeal ends upheld.",
        """SELECT n.subject, n.subject_id, n.state, p.state AS appeal
           FROM appealable n FULL JOIN (SELECT * FROM appeal WHERE subject NOT IN ('answer', 'restriction', 'qualification')) p
             ON p.subject = n.subject AND p.subject_id = n.subject_id AND p.freelancer_id = n.freelancer_id
           WHERE n.state IS NULL OR (n.state IN ('open', 'lapsed') AND p.state IS NOT NULL)
              OR (n.state = 'appealed' AND p.state IS DISTINCT FROM 'open')
              OR (n.state IN ('upheld', 'denied') AND p.state IS DISTINCT FROM n.state)
              OR (n.state = 'withdrawn' AND p.state <> 'upheld' AND NOT EXISTS (
                  SELECT FROM job j WHERE j.dead_at IS NULL AND j.kind = 'quality.withdrawn' AND j.key = n.subject || ':' || n.subject_id))""",
    ),
    Invariant(
        "quality.open_objections_are_open_appeals",
        "What the other parts know of objections that wait for an answer is what appeals say.",
        """SELECT subject, subject_id, o.freelancer_id, p.state FROM open_objection o
           FULL JOIN (SELECT * FROM appeal WHERE state = 'open') p USING (subject, subject_id)
           WHERE o.freelancer_id IS DISTINCT FROM p.freelancer_id""",
    ),
    Invariant(
        "quality.arbiter_had_no_hand",
        "No appeal was answered by who raised it, or by who had decided what it is about.",
        """SELECT p.id, p.decided_by FROM appeal p WHERE p.decided_by IS NOT NULL AND (p.decided_by = p.freelancer_id
             OR EXISTS (SELECT FROM decision d WHERE p.subject = 'answer' AND d.assignment_id = p.subject_id AND d.actor = p.decided_by
                        AND d.decided_at < p.decided_at)
             OR EXISTS (SELECT FROM restriction r WHERE p.subject = 'restriction' AND r.id = p.subject_id AND r.imposed_by = p.decided_by)
             OR EXISTS (SELECT FROM appealable n WHERE n.subject = p.subject AND n.subject_id = p.subject_id AND p.decided_by = ANY (n.involved)))""",
    ),
    Invariant(
        "quality.grave_restriction_has_a_case",
        "Nobody's pay is held back, and nobody is blocked, without a case that a person had confirmed.",
        """SELECT r.id, r.kind FROM restriction r WHERE r.kind IN ('pay', 'block')
           AND NOT EXISTS (SELECT FROM suspicion c WHERE r.freelancer_id = ANY (c.people) AND c.state = 'confirmed'
                           AND c.decided_by IS NOT NULL AND c.decided_at <= r.starts_at)""",
    ),
    Invariant(
        "quality.nobody_audits_own_work",
        "No audit is of an answer to a task that its curator had worked on, and no curator looks twice at one answer.",
        """SELECT u.id, u.auditor_id FROM audit u WHERE u.done_at IS NOT NULL AND (
               u.auditor_id = u.freelancer_id
               OR EXISTS (SELECT FROM assignment a WHERE a.task_id = u.task_id AND a.freelancer_id = u.auditor_id
                          AND a.claimed_at < u.done_at)
               OR EXISTS (SELECT FROM audit o WHERE o.assignment_id = u.assignment_id AND o.auditor_id = u.auditor_id AND o.id <> u.id))""",
    ),
    Invariant(
        "quality.acceptance_audits_decide",
        "An answer that waits for an audit waits; one whose audit is done, or has lapsed, is decided.",
        """SELECT u.id, a.id AS assignment_id, a.state FROM audit u JOIN assignment a ON a.id = u.assignment_id
           WHERE u.plan = 'acceptance' AND (u.done_at IS NULL AND u.lapsed_at IS NULL) <> (a.state = 'submitted')""",
    ),
    Invariant(
        "quality.disagreement_has_a_third_look",
        "A third look belongs to two earlier ones by other people.",
        """SELECT u.id FROM audit u WHERE u.plan = 'third' AND 2 <> (
               SELECT count(DISTINCT o.auditor_id) FROM audit o
               WHERE (o.id = u.first_id OR o.first_id = u.first_id AND o.plan = 'second') AND o.done_at IS NOT NULL
                 AND o.auditor_id IS DISTINCT FROM u.auditor_id)""",
    ),
    Invariant(
        "quality.exam_attempts_are_decided",
        "An attempt at an exam that has ended is decided, or the job is queued that will; one under way has the job that ends it in time.",
        """SELECT t.id, t.ends_at, t.finished_at FROM exam_attempt t
           WHERE NOT EXISTS (SELECT FROM exam_result r WHERE r.attempt_id = t.id)
             AND NOT EXISTS (SELECT FROM job j WHERE j.dead_at IS NULL AND j.key = t.id::text
                             AND j.kind = CASE WHEN t.finished_at IS NULL THEN 'quality.exam_time' ELSE 'quality.exam_decide' END)""",
    ),
    Invariant(
        "quality.exam_answers_came_in_time",
        "No answer to an exam was saved outside of its attempt.",
        """SELECT x.attempt_id, x.n, x.saved_at FROM exam_answer x JOIN exam_attempt t ON t.id = x.attempt_id
           WHERE x.saved_at < t.started_at OR x.saved_at > coalesce(t.finished_at, t.ends_at)""",
    ),
    Invariant(
        "quality.exam_golden_is_kept_apart",
        "No golden question of an exam was ever handed out as a task, nor can be.",
        """SELECT q.id, g.task_id FROM exam_question q JOIN step s ON s.project_id = q.project_id
           JOIN golden g ON g.step_id = s.id AND g.fingerprint = q.fingerprint
           WHERE g.state <> 'retired' OR EXISTS (SELECT FROM assignment a WHERE a.task_id = g.task_id)""",
    ),
    Invariant(
        "quality.exam_passed_by_its_rule",
        "A result is the sum of what its questions were marked with; the second revision of one follows an upheld appeal.",
        """SELECT r.attempt_id, r.revision FROM exam_result r LEFT JOIN LATERAL (
               SELECT sum(a.points * s.share) AS scored, sum(a.points * 10000) AS possible FROM exam_score s
               JOIN exam_attempt_question a ON a.attempt_id = s.attempt_id AND a.n = s.n
               WHERE s.attempt_id = r.attempt_id AND s.revision = r.revision) m ON true
           WHERE r.scored IS DISTINCT FROM m.scored OR r.possible IS DISTINCT FROM m.possible
             OR (r.revision > 1 AND NOT EXISTS (
                 SELECT FROM appealable n WHERE n.subject = 'exam' AND n.subject_id = r.attempt_id AND n.state = 'upheld'))""",
    ),
    Invariant(
        "quality.admission_against_evidence_has_two",
        "What was decided against the evidence took effect by two people, neither of them the one whom it is about.",
        """SELECT a.id, s.decided_by FROM admission a JOIN admission_second s ON s.admission_id = a.id AND s.confirmed
           WHERE a.basis <> 'against' OR s.decided_by IN (a.decided_by, a.freelancer_id)""",
    ),
    Invariant(
        "quality.refusals_can_be_appealed",
        "Every refusal was noted with what its person was told, and against what an appeal undid stands an admission.",
        """SELECT a.id, p.state FROM admission_now a LEFT JOIN appealable n ON n.subject = 'admission' AND n.subject_id = a.id
           LEFT JOIN appeal p ON p.subject = 'admission' AND p.subject_id = a.id AND p.state = 'upheld' AND n.state = 'upheld'
           WHERE a.state = 'refused' AND (n.subject_id IS NULL OR (p.id IS NOT NULL
             AND NOT EXISTS (SELECT FROM admission b WHERE b.basis = 'appeal' AND b.freelancer_id = a.freelancer_id AND b.code = a.code
                             AND b.decided_at >= p.decided_at)
             AND NOT EXISTS (SELECT FROM job j WHERE j.dead_at IS NULL AND j.kind = 'quality.admission_appealed' AND j.key = 'admission:' || a.id)))""",
    ),
    Invariant(
        "quality.lapsed_is_over",
        "What the clock ended was told ahead, and is over.",
        """SELECT l.qualification_id FROM lapse l JOIN qualification q ON q.id = l.qualification_id WHERE q.revoked_at IS NULL
           OR NOT EXISTS (SELECT FROM lapse_notice n WHERE n.qualification_id = q.id AND n.because = l.because AND n.told_at <= l.lapsed_at)""",
    ),
    Invariant(
        "quality.candidacies_follow_their_history",
        "The stage and the state of a candidacy are what the last line of its history says.",
        """SELECT c.id, c.state, c.stage, e.stage AS last_stage, e.outcome FROM candidacy c LEFT JOIN LATERAL (
               SELECT stage, outcome FROM candidacy_event e WHERE e.candidacy_id = c.id ORDER BY place DESC LIMIT 1) e ON true
           WHERE e.stage IS DISTINCT FROM c.stage
              OR c.state IS DISTINCT FROM CASE WHEN e.outcome = 'passed' THEN 'admitted'
                                               WHEN e.outcome IN ('refused', 'lapsed', 'withdrawn') THEN e.outcome ELSE 'open' END""",
    ),
    Invariant(
        "quality.our_delay_ends_no_candidacy",
        "No candidacy lapsed while it waited for us.",
        "SELECT id, stage, turn FROM candidacy WHERE state = 'lapsed' AND turn <> 'candidate'",
    ),
    Invariant(
        "quality.interviews_are_decided_by_several",
        "A decided interview rests on the reviews of at least two people who are not the candidate; against the rule, two curators decided.",
        """SELECT i.id, i.outcome FROM interview i JOIN candidacy c ON c.id = i.candidacy_id
           WHERE i.outcome IS NOT NULL AND (
               i.reviews_wanted > (SELECT count(*) FROM interview_review r WHERE r.interview_id = i.id AND r.submitted_at IS NOT NULL
                                   AND r.reviewer_id <> c.freelancer_id)
               OR (i.outcome = i.proposed AND i.decided_by = i.proposed_by))""",
    ),
    Invariant(
        "quality.training_first_tries_count",
        "What a finished unit says of first tries is what was answered.",
        """SELECT d.enrolment_id, d.unit FROM unit_done d LEFT JOIN LATERAL (
               SELECT count(*) AS tries, count(*) FILTER (WHERE a.correct) AS correct FROM training_answer a
               WHERE a.enrolment_id = d.enrolment_id AND a.unit = d.unit AND a.try = 1 AND a.correct IS NOT NULL) t ON true
           WHERE NOT d.carried AND (d.first_tries <> t.tries OR d.first_right <> t.correct)""",
    ),
    Invariant(
        "quality.training_is_confirmed_once",
        "Each unit is confirmed for pay once, for somebody who did it.",
        """SELECT p.freelancer_id, p.course_code, p.unit FROM unit_paid p
           WHERE NOT EXISTS (SELECT FROM unit_done d WHERE d.enrolment_id = p.enrolment_id AND d.unit = p.unit)
              OR 1 <> (SELECT count(*) FROM measure m WHERE m.freelancer_id = p.freelancer_id AND m.kind = 'training' AND m.revision = 1
                       AND m.source = 'unit:' || p.course_code || '/' || p.unit)""",
    ),
    Invariant(
        "quality.taught_is_kept_apart",
        "Nothing that is taught in a course can be handed out as a golden task, or is asked in an exam.",
        """SELECT c.course_id, c.unit, c.item FROM course_task c
           WHERE EXISTS (SELECT FROM exam_question q WHERE q.project_id = c.project_id AND q.fingerprint = c.fingerprint)
              OR EXISTS (SELECT FROM golden g JOIN step s ON s.id = g.step_id
                         WHERE s.project_id = c.project_id AND g.fingerprint = c.fingerprint AND g.state <> 'retired')""",
    ),
)
