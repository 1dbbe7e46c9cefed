"""What quality keeps about people."""

from piecework.platform.personal import Hindrance, NotPersonal, PersonalData, words_of
from piecework.tasks.personal import NAMES_STAFF, YEAR

WAY_IN = "To decide on your application, and to show by what."
EXAM = "To decide whether you passed, and to show by what."
TRAINING = "To see how far you are, and who needs help."
SKILL = "To know how good answers are; all decisions on answers rest on it."
UNNOTED = """
UPDATE interview_review SET comment = '', decline_reason = CASE WHEN decline_reason IS NOT NULL THEN 'erased' END,
    scores = CASE WHEN scores IS NOT NULL THEN
        (SELECT coalesce(jsonb_object_agg(key, value || '{"note": ""}'), '{}') FROM jsonb_each(scores)) END"""
SUMS = "the numbers, under the account's id: what others' answers are measured by rests on them."

PERSONAL = (
    PersonalData("appeal", "Your objections", "To answer them, and to act on the answer.",
                 erase="UPDATE appeal SET words = 'erased on request', reply = CASE WHEN reply IS NOT NULL THEN 'erased' END WHERE freelancer_id = $1",
                 kept="against what, when and with what outcome; not the words."),
    words_of("admission_second", "Second decisions on your admission", "Two people decide what the criteria do not say.",
             whose="t.admission_id IN (SELECT id FROM admission WHERE freelancer_id = $1)", kept="what and when; not why."),
    PersonalData("admission_request", "When you asked to be admitted", "To decide in time.", kept="what and when."),
    words_of("admission", "Decisions on your admission, with their evidence", "To show by what it was decided.",
             kept="what, when and the numbers that it rests on; not the words."),
    PersonalData("milestone", "What you have passed", WAY_IN, kept="what and when."),
    PersonalData("interview_review", "How your interviews were scored", WAY_IN,
                 whose="""t.submitted_at IS NOT NULL AND t.interview_id IN (
                     SELECT i.id FROM interview i JOIN candidacy c ON c.id = i.candidacy_id WHERE c.freelancer_id = $1 AND i.scored_at IS NOT NULL)""",
                 erase=f"""{UNNOTED} WHERE interview_id IN (
                               SELECT i.id FROM interview i JOIN candidacy c ON c.id = i.candidacy_id WHERE c.freelancer_id = $1)""",
                 kept="the marks from 1 to 5; not what was noted.", days=YEAR,
                 expire=f"""{UNNOTED} WHERE coalesce(submitted_at, declined_at) < clock_timestamp() - make_interval(days => $1)
                                AND (comment <> '' OR decline_reason <> 'erased' OR jsonb_path_exists(scores, '$.*.note ? (@ <> "")'))"""),
    PersonalData("interview_slot", "Times of interviews that you were offered", WAY_IN,
                 whose="t.interview_id IN (SELECT i.id FROM interview i JOIN candidacy c ON c.id = i.candidacy_id WHERE c.freelancer_id = $1)",
                 kept="the times."),
    PersonalData("interview", "Your interviews", WAY_IN,
                 whose="t.candidacy_id IN (SELECT id FROM candidacy WHERE freelancer_id = $1)",
                 erase="""UPDATE interview SET proposed_reason = 'erased' WHERE proposed_reason IS NOT NULL
                              AND candidacy_id IN (SELECT id FROM candidacy WHERE freelancer_id = $1)""",
                 kept="when and with what outcome; not the words.", days=YEAR,
                 expire="""UPDATE interview SET proposed_reason = 'erased'
                           WHERE ended_at < clock_timestamp() - make_interval(days => $1) AND proposed_reason <> 'erased'"""),
    words_of("candidacy_event", "What happened to your applications", WAY_IN, days=YEAR, hide=("said",),
             whose="t.candidacy_id IN (SELECT id FROM candidacy WHERE freelancer_id = $1)", kept="what and when; not why."),
    PersonalData("candidacy", "Your applications", WAY_IN,
                 erase="WITH theirs AS (UPDATE candidacy SET answers = '{}', email = NULL WHERE freelancer_id = $1) SELECT erase_trail_of_way_in($1)",
                 kept="for what, when and with what outcome; not what you wrote.", days=YEAR,
                 expire="""UPDATE candidacy SET answers = '{}', email = CASE WHEN state = 'admitted' THEN email END
                           WHERE ended_at < clock_timestamp() - make_interval(days => $1) AND answers <> '{}'"""),
    PersonalData("exam_score", "Marks of your answers in exams", EXAM,
                 withheld="They would give away what is right of questions that others are still asked; your points are shown.",
                 whose="t.attempt_id IN (SELECT id FROM exam_attempt WHERE freelancer_id = $1)", kept="the points, and how many mistakes."),
    PersonalData("exam_result", "Results of your exams", EXAM,
                 whose="t.attempt_id IN (SELECT id FROM exam_attempt WHERE freelancer_id = $1)", kept="the points and the outcome."),
    PersonalData("exam_answer", "What you answered in exams", EXAM,
                 withheld="It would give away questions that others are still asked.",
                 whose="t.attempt_id IN (SELECT id FROM exam_attempt WHERE freelancer_id = $1)",
                 erase="UPDATE exam_answer SET body = '{}' WHERE attempt_id IN (SELECT id FROM exam_attempt WHERE freelancer_id = $1)",
                 kept="that and when you answered; not what.", days=YEAR,
                 expire="UPDATE exam_answer SET body = '{}' WHERE saved_at < clock_timestamp() - make_interval(days => $1) AND body <> '{}'"),
    PersonalData("exam_attempt", "Your exams", EXAM, hide=("seed",), kept="which and when."),
    words_of("training_check", "What was said of your homework", TRAINING, days=YEAR,
             whose="""t.answer_id IN (
                 SELECT a.id FROM training_answer a JOIN enrolment e ON e.id = a.enrolment_id WHERE e.freelancer_id = $1)""",
             kept="whether it was accepted; not the words."),
    words_of("training_answer", "Your homework, and your answers to training tasks", TRAINING, days=YEAR,
             whose="t.enrolment_id IN (SELECT id FROM enrolment WHERE freelancer_id = $1)",
             kept="which were right at which try; not what they were."),
    PersonalData("unit_done", "Units that you did", TRAINING, whose="t.enrolment_id IN (SELECT id FROM enrolment WHERE freelancer_id = $1)",
                 kept="which and when."),
    PersonalData("unit_paid", "Units that you were paid for", TRAINING, kept="which, with the ledger."),
    PersonalData("enrolment", "Your training", TRAINING, hide=("trial_order",),
                 erase="UPDATE enrolment SET reason = 'erased' WHERE freelancer_id = $1", kept="which and when."),
    PersonalData("accuracy", "How your answers agreed with what is known", SKILL,
                 rows="""SELECT freelancer_id, step_id, sum(answers) AS answers, sum(right_count) AS agreed, sum(wrong_count) AS disagreed
                         FROM accuracy GROUP BY freelancer_id, step_id""",
                 kept=SUMS),
    PersonalData("person_estimate", "How good your answers are thought to be", SKILL, kept=SUMS),
    PersonalData("evidence", "What single answers tell of their author", SKILL, withheld="It would tell which tasks are checks; their sums are shown.",
                 kept=SUMS),
    PersonalData("standing", "How often your answers are checked, and why", SKILL, withheld="Knowing it would spoil the checks.", kept=SUMS),
    PersonalData("audit", "Second looks at your answers", "To find mistakes before requesters do.",
                 rows="""SELECT freelancer_id, assignment_id, done_at, passed, reason FROM audit WHERE done_at IS NOT NULL""",
                 kept="all of it, under the account's id: requesters are shown how good the work is by it."),
    PersonalData("suspicion", "Suspicions of cheating that were decided", "To keep the work honest.", whose="$1 = ANY (t.people)",
                 rows="SELECT kind, people, state, opened_at, decided_at, strength FROM suspicion WHERE decided_at IS NOT NULL",
                 hide=("people",), kept="what was suspected and decided, by ids: others may be part of it."),
    PersonalData("mentorship", "Who was your mentor, and whom you helped", "To help people to begin.",
                 whose="$1 IN (t.freelancer_id, t.mentor_id)", hide=("freelancer_id",),
                 erase="UPDATE mentorship SET reason = 'erased' WHERE freelancer_id = $1", kept="when; not why."),
    NotPersonal("admission_document", NAMES_STAFF),
    NotPersonal("admission_policy", NAMES_STAFF),
    NotPersonal("course", NAMES_STAFF),
    NotPersonal("criteria", NAMES_STAFF),
    NotPersonal("criteria_draft", NAMES_STAFF),
    NotPersonal("exam", NAMES_STAFF),
    NotPersonal("exam_question", NAMES_STAFF),
    NotPersonal("golden", NAMES_STAFF),
)  # fmt: skip

HINDRANCES = (
    Hindrance(
        "appeal_open",
        "An objection is not answered yet.",
        "SELECT FROM open_objection WHERE freelancer_id = $1 UNION ALL SELECT FROM appeal WHERE freelancer_id = $1 AND state = 'open'",
    ),
    Hindrance(
        "application_open",
        "An application is under way. It can be withdrawn.",
        "SELECT FROM candidacy WHERE freelancer_id = $1 AND state = 'open'",
    ),
    Hindrance(
        "exam_under_way",
        "An exam is under way, or not decided yet.",
        """SELECT FROM exam_attempt t WHERE t.freelancer_id = $1 AND NOT EXISTS (SELECT FROM exam_result r WHERE r.attempt_id = t.id)""",
    ),
)
