"""What the platform itself keeps about people."""

from piecework.platform import drafts
from piecework.platform.personal.declared import Hindrance, PersonalData, words_of

BY_ACCOUNT = "t.account_id = $1"
SIGN_IN = "To let you in, and nobody else in your place."

OWN = (
    words_of("notice", "Notices", "What you were told, and when: proof for both of us.", whose=BY_ACCOUNT, days=730,
             kept="that you were told, of which kind and when, without the words."),
    PersonalData("notice_mark", "Which notices you have read", "Unread ones are shown first.", whose=BY_ACCOUNT,
                 kept="the moments, with the notices."),
    PersonalData("session", "Where you are signed in", SIGN_IN, whose=BY_ACCOUNT, hide=("hash",),
                 erase="DELETE FROM session WHERE account_id = $1", days=90,
                 expire="DELETE FROM session WHERE created_at < clock_timestamp() - make_interval(days => $1)"),
    PersonalData("api_token", "Tokens for programs", SIGN_IN, whose=BY_ACCOUNT, hide=("hash",),
                 erase="DELETE FROM api_token WHERE account_id = $1", days=90,
                 expire="DELETE FROM api_token WHERE least(revoked_at, expires_at) < clock_timestamp() - make_interval(days => $1)"),
    PersonalData("device", "Devices that you signed in from", "To notice strangers and people with several accounts.", whose=BY_ACCOUNT,
                 erase="DELETE FROM device WHERE account_id = $1", days=90,
                 expire="DELETE FROM device WHERE last_seen < clock_timestamp() - make_interval(days => $1)"),
    PersonalData("login_failure", "Wrong passwords lately", SIGN_IN, whose="t.email = (SELECT email FROM account WHERE id = $1)", days=1,
                 expire="DELETE FROM login_failure WHERE at < clock_timestamp() - make_interval(days => $1)"),
    PersonalData("idempotency", "Replies kept for repeats", "A phone that was offline may ask again.", whose=BY_ACCOUNT,
                 withheld="They repeat what the other sections show.", days=30,
                 # Staff's replies may show the person; that they were given stays, so that nothing is done twice.
                 erase="""WITH theirs AS (DELETE FROM idempotency WHERE account_id = $1)
                          UPDATE idempotency SET body = '{}'
                          WHERE account_id <> $1 AND position(convert_to($1::uuid::text, 'UTF8') IN body) > 0""",
                 expire="DELETE FROM idempotency WHERE created_at < clock_timestamp() - make_interval(days => $1)"),
    words_of("trail", "What you did here, and what was done with your account", "Who did what, and why, can be checked later.", days=1827,
             whose="t.actor = $1 OR t.subject_id = $1::uuid::text", hide=("actor",),
             kept="who did what and when; not why and how, as far as it is about you and your way in."),
    PersonalData("data_request", "Your requests about your data", "To answer them in time, and to show that we did.", whose=BY_ACCOUNT,
                 # An export that is being written ends first: it holds its request.
                 erase="""UPDATE data_request SET words = '',
                                 file_until = CASE WHEN file_until IS NOT NULL THEN least(file_until, clock_timestamp()) END,
                                 state = CASE WHEN state <> 'open' THEN state WHEN kind = 'export' THEN 'withdrawn' ELSE 'done' END,
                                 ended_at = coalesce(ended_at, clock_timestamp())
                          WHERE account_id = $1""",
                 kept="that you asked, and the answer, as proof of it."),
    PersonalData("data_file", "Files with your data, for you to fetch", "To give you what you asked for.",
                 whose="t.request_id IN (SELECT id FROM data_request WHERE account_id = $1)", withheld="It would be in itself.",
                 erase="DELETE FROM data_file WHERE request_id IN (SELECT id FROM data_request WHERE account_id = $1)"),
    PersonalData("account", "Your account", "To know whom we deal with.", whose="t.id = $1", hide=("password_hash",),
                 kept="its id, under which the ledger and finished work stay; name, e-mail and password are gone."),
    PersonalData("draft", "Drafts that you write", "You can leave what is not finished, and come back to it.",
                 whose="t.owner = $1 OR t.changed_by = $1", erase="DELETE FROM draft WHERE owner = $1", days=drafts.DAYS,
                 kept="drafts of a project, which others go on writing.",
                 expire="DELETE FROM draft WHERE changed_at < clock_timestamp() - make_interval(days => $1)"),
)  # fmt: skip

HINDRANCES = (
    Hindrance(
        "last_administrator",
        "This is the last active administrator.",
        """SELECT FROM account WHERE id = $1 AND 'administrator' = ANY (roles) AND NOT EXISTS (
               SELECT FROM account o WHERE o.id <> $1 AND 'administrator' = ANY (o.roles) AND o.state = 'active')""",
    ),
)
