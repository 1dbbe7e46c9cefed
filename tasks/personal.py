"""What tasks keep about people."""

from piecework.platform.personal import Hindrance, NotPersonal, PersonalData, words_of

AGREED = "To know what we agreed on, for both of us."
WORK = "The work itself: what was answered, what it was paid with, and why."
WEEKS = "To reckon your weeks, and to show how it was done."
LEDGER = "it explains what the ledger says, which the law wants for 5 years."
NAMES_STAFF = "It names who did it, by id; what staff do is in the trail."
MONTH, YEAR, TWO_YEARS = 30, 365, 730

PERSONAL = (
    PersonalData("assignment", "Tasks that you took", WORK, hide=("token", "slot_id", "pay_ticket"),
                 kept=f"all of it, under the account's id: {LEDGER}"),
    PersonalData("answer", "Your answers", WORK, hide=("fingerprint", "next"),
                 kept="all of it, under the account's id: it is the work that was delivered."),
    PersonalData("decision", "Decisions on your answers", WORK, hide=("basis", "said"),
                 whose="t.assignment_id IN (SELECT id FROM assignment WHERE freelancer_id = $1)",
                 kept=f"all of it, under the account's id: {LEDGER}"),
    words_of("contract_answer", "Your answers to offers of contracts", AGREED, hide=("device",),
             whose="t.offer_id IN (SELECT id FROM contract_offer WHERE freelancer_id = $1)",
             kept="what was accepted and when; not your words nor the device."),
    PersonalData("contract_offer", "Contracts that you were offered, in full", AGREED,
                 kept=f"all of it, it names the account's id alone: {LEDGER}"),
    PersonalData("contract", "Your contracts", AGREED, kept=f"all of it, under the account's id: {LEDGER}"),
    words_of("contract_end", "How your contracts ended", AGREED, kept="when; not why."),
    PersonalData("leave", "Leave, illness and pauses", WEEKS,
                 erase="""UPDATE leave SET kind = CASE kind WHEN 'illness' THEN 'leave' ELSE kind END, words = 'erased',
                                 reason = CASE WHEN reason IS NOT NULL THEN 'erased' END WHERE freelancer_id = $1""",
                 kept="from when to when you were away; not the words, nor that it was an illness.", days=YEAR,
                 expire="""UPDATE leave SET kind = CASE kind WHEN 'illness' THEN 'leave' ELSE kind END, words = 'erased',
                                  reason = CASE WHEN reason IS NOT NULL THEN 'erased' END
                           WHERE ends_at < clock_timestamp() - make_interval(days => $1) AND words <> 'erased'"""),
    PersonalData("workload", "Your load now", "So that neither norm nor cap is passed.", kept="the counters of the last week."),
    PersonalData("qualification", "Your qualifications", "To hand out only work that you may take.",
                 erase="UPDATE qualification SET reason = 'erased' WHERE freelancer_id = $1", kept="which and when; not why."),
    PersonalData("restriction", "Restrictions of your work", "To protect requesters' tickets.",
                 erase="""UPDATE restriction SET reason = 'erased on request', lift_reason = CASE WHEN lift_reason IS NOT NULL THEN 'erased' END
                          WHERE freelancer_id = $1""",
                 kept="which and when; not why."),
    words_of("appealable", "Decisions about you that you could object to", "So that you may object, and see what came of it.",
             hide=("evidence", "involved", "said"), kept="what was decided and when; not the words."),
    PersonalData("open_objection", "Your objections that are not answered yet", "Money waits for the answer.", kept="nothing open."),
    PersonalData("gap", "When you asked for work and there was none", WEEKS, kept="all of it, under the account's id, with your weeks."),
    PersonalData("week_look", "When your weeks were last looked at again", WEEKS, kept="the moments."),
    PersonalData("midweek", "What you were told in the middle of a week", WEEKS, kept="the numbers."),
    PersonalData("week_result", "Results of your weeks, with every minute and task", WEEKS,
                 kept="all of it, under the account's id: the published figures of how work was shared out rest on it."),
    PersonalData("week", "Your weeks", WEEKS, kept="from when to when, with the results."),
    PersonalData("norm_case", "What was decided after missed weeks", WEEKS,
                 erase="UPDATE norm_case SET reason = 'erased on request' WHERE freelancer_id = $1 AND reason IS NOT NULL",
                 kept="what was decided; not why."),
    words_of("shift_plan", "Shifts that you planned", "To foresee how many people will be there.", kept="that there was a plan."),
    PersonalData("invitation", "When you were invited to work", "So that nobody is invited too often.",
                 kept="when, and whether you came, by the account's id: how many to invite is reckoned by it."),
    PersonalData("work_hour", "How much you answered, by the hour", "To foresee how much work is done when.",
                 kept="the numbers, under the account's id: forecasts rest on their sums."),
    PersonalData("usual_week", "How the hours in which you usually work lie in your week", "To hand out scarce tickets by it.",
                 erase="DELETE FROM usual_week WHERE freelancer_id = $1"),
    PersonalData("attention", "How often your answers are checked", "To check most where it tells most.",
                 withheld="Knowing it would spoil the checks.", erase="DELETE FROM attention WHERE freelancer_id = $1"),
    PersonalData("reading", "Instructions that you confirmed to have read", "Work is done by its instructions.",
                 kept="which and when, as proof."),
    PersonalData("article_use", "Articles that you opened", "To better the knowledge base.",
                 kept="which, by the account's id: an article's worth is reckoned by it."),
    words_of("message_reply", "What you and the staff wrote to each other", "To answer you.", days=TWO_YEARS,
             rows="SELECT *, author_id = account_id AS mine FROM message_reply", whose="t.account_id = $1", kept="when; not the words."),
    words_of("message", "Messages to you", "To tell you what you must know.", hide=("audience", "recipients"), days=TWO_YEARS,
             whose="t.id IN (SELECT message_id FROM message_recipient WHERE account_id = $1)",
             kept="when, and the words of what went to others too."),
    PersonalData("message_recipient", "Which messages you have read", "To know that it was read.", whose="t.account_id = $1",
                 kept="the moments."),
    PersonalData("ticket_original", "Customers' tickets before personal data in them was masked", "To look up what a customer wrote.",
                 whose="false", withheld="They are customers' words.", kept="nothing of it is about you.", days=YEAR,
                 expire="""UPDATE ticket_original o SET subject = '', text = '' FROM ticket t
                           WHERE t.id = o.ticket_id AND t.resolved_at < clock_timestamp() - make_interval(days => $1)
                             AND (o.subject <> '' OR o.text <> '')"""),
    NotPersonal("stood_in", "For some hours: which task comes later, because of the order of tasks."),
    NotPersonal("article_version", NAMES_STAFF),
    NotPersonal("instruction", NAMES_STAFF),
    NotPersonal("norm_policy", NAMES_STAFF),
    NotPersonal("outage", NAMES_STAFF),
    NotPersonal("project", "It belongs to a requester, a firm; the account that speaks for it is named by id."),
    NotPersonal("reopening", NAMES_STAFF),
    NotPersonal("satisfaction", "Customers' marks of tickets; it names who entered them, by id."),
    NotPersonal("ticket_budget", NAMES_STAFF),
    PersonalData("ticket_import_piece", "Customers' tickets of a file that are not taken in yet", "To take them in.",
                 whose="false", withheld="They are customers' words.", kept="nothing of it is about you.", days=MONTH,
                 expire="""WITH gone AS (DELETE FROM ticket_import_piece p USING ticket_import i
                                         WHERE i.id = p.import_id AND i.asked_at < clock_timestamp() - make_interval(days => $1)
                                         RETURNING p.import_id)
                           UPDATE ticket_import SET finished_at = clock_timestamp(), failure = 'It came to no end within a month.'
                           WHERE id IN (SELECT import_id FROM gone) AND finished_at IS NULL"""),
    NotPersonal("ticket_import", "It names who sent a file, by id; customers' words are gone as soon as their tickets are made."),
)  # fmt: skip

HINDRANCES = (
    Hindrance(
        "contract_in_force",
        "A contract is in force or begins later. It must end first.",
        """SELECT FROM contract c WHERE c.freelancer_id = $1 AND (
               (contract_at($1, clock_timestamp())).id IS NOT NULL
               OR (c.starts_at > clock_timestamp() AND (contract_at($1, c.starts_at)).id IS NOT NULL))""",
    ),
    Hindrance(
        "work_undecided",
        "There are tasks in hand, or answers that nobody has decided on yet.",
        "SELECT FROM assignment WHERE freelancer_id = $1 AND state IN ('held', 'submitted')",
    ),
    Hindrance(
        "project_active",
        "There are active projects of this account.",
        "SELECT FROM project WHERE requester_id = $1 AND state = 'active'",
    ),
)
