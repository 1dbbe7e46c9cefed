"""Applications: from strangers, who get an account with them, and from people who have one; and their screening by a curator.

Nobody shows here that an e-mail is theirs, so a stranger's is only kept to reach them by: each application has a number of its own to sign in
with. So nothing that a stranger can do tells whether an e-mail has an account, and nobody's e-mail can be taken by somebody else who applies
with it. Whoever has an account with that e-mail gets a notice.
"""

import hashlib
import secrets
from dataclasses import dataclass
from uuid import UUID

import orjson

from piecework.platform import db, notices
from piecework.platform.errors import NotFound, TooManyRequests
from piecework.platform.identity import accounts
from piecework.platform.identity.models import Role
from piecework.platform.identity.passwords import matches
from piecework.platform.said import Said, together
from piecework.quality.admissions import candidacies, documents, words
from piecework.quality.admissions.documents import Published
from piecework.quality.admissions.errors import AppliedBefore, AppliedLately, OtherStage
from piecework.quality.admissions.specs import Form, Stage, WayIn
from piecework.tasks.fields import Answer, AnswerSchema

WINDOW_S = 900
FROM_ONE_EMAIL = 10
FROM_ONE_PLACE = 100
"""A class or an office may apply from one address on the net."""
HOLD = "SELECT pg_advisory_xact_lock(hashtextextended('applications of ' || $1, 0))"
SAME = """
SELECT a.email, a.password_hash FROM candidacy c JOIN account a ON a.id = c.freelancer_id
WHERE c.email = $1 AND c.direction = $2 AND c.answers = $3::jsonb AND c.opened_at > clock_timestamp() - make_interval(secs => $4)"""
NUMBER = "abcdefghjkmnpqrstuvwxyz23456789"
"""Letters of an application's number: none that is taken for another."""
LATELY = """
SELECT max(ended_at) + make_interval(days => $3) FROM candidacy
WHERE freelancer_id = $1 AND direction = $2 AND state = 'refused' AND ended_at > clock_timestamp() - make_interval(days => $3)"""


@dataclass(frozen=True, slots=True)
class Application:
    """What somebody sends who applies."""

    direction: str
    language: str
    answers: Answer


async def count_attempt(email: str, place: str) -> None:
    """Count an application before anything is looked at, in a transaction of its own, so that those sent at once count each other.

    Raises:
        TooManyRequests: too many lately with this e-mail, or from this place (an address on the net).
    """
    async with db.transaction():
        for key, most in ((f"email {email.lower()}", FROM_ONE_EMAIL), (f"from {place}", FROM_ONE_PLACE)):
            digest = hashlib.sha256(key.encode()).digest()
            await db.execute("SELECT pg_advisory_xact_lock(hashtextextended(encode($1, 'hex'), 0))", digest)
            recent = (
                "SELECT count(*) FROM application_attempt WHERE hash = $1 AND at > clock_timestamp() - make_interval(secs => $2)"
            )
            if await db.scalar(recent, digest, WINDOW_S) >= most:
                raise TooManyRequests(WINDOW_S, Said("Too many applications. Wait a quarter of an hour."))
            await db.execute("INSERT INTO application_attempt (hash) VALUES ($1)", digest)


async def apply(email: str, name: str, password: str, application: Application) -> str:
    """Make an account for a stranger and open their candidacy; returns what to sign in with, in the place of the e-mail.

    The same application again within the window (a reply was lost) gets the same reply, and nothing is made.

    Raises:
        NotFound: the direction takes no applications.
        Invalid: the answers do not fit its form.
    """
    way_in = await check(application)
    await db.execute(HOLD, email)
    given = orjson.dumps(application.answers).decode()
    for row in await db.rows(SAME, email, application.direction, given, WINDOW_S):
        if await matches(password, row["password_hash"]):
            return str(row["email"])
    number = "".join(secrets.choice(NUMBER) for _ in range(12))
    sign_in = f"{number}@applicant.invalid"
    account = await accounts.create_account(None, email=sign_in, name=name, roles=[Role.APPLICANT.value], password=password)
    await _open(account.id, way_in, application, email)
    known = await db.scalar("SELECT id FROM account WHERE email = $1", email)
    if known is not None:
        day = await db.scalar("SELECT current_date::text")
        title, body = words.SOMEBODY_APPLIED_TITLE, words.SOMEBODY_APPLIED
        await notices.send([known], "candidacy.somebody_applied", title, body, key=day)
    return sign_in


async def apply_further(me: UUID, application: Application) -> UUID:
    """Open a candidacy for somebody who has an account; returns its id.

    Raises:
        NotFound, Invalid: see apply.
        AppliedBefore, AppliedLately: see there.
    """
    published = await check(application)
    assert isinstance(published.spec, WayIn)
    until = await db.scalar(LATELY, me, application.direction, published.spec.again_after_days)
    if until is not None:
        raise AppliedLately(Said("From %(until)s on you may.", until=until))
    return await _open(me, published, application)


async def check(application: Application) -> Published:
    """The way in that the application is for.

    Raises:
        NotFound, Invalid: see apply.
    """
    published = await documents.current("way_in", application.direction)
    if published is None or not isinstance(published.spec, WayIn) or not published.spec.open:
        raise NotFound
    form = await documents.current("form", application.direction)
    assert form is not None
    assert isinstance(form.spec, Form)
    AnswerSchema(form.spec.fields(application.language)).check(application.answers)
    return published


async def _open(person: UUID, way_in: Published, application: Application, email: str | None = None) -> UUID:
    form_id = await documents.kept("form", application.direction)
    made = await candidacies.begin(
        person, application.direction, way_in, form_id, application.language, application.answers, email
    )
    if made is None:
        raise AppliedBefore
    return made


async def screen(actor: UUID, candidacy_id: UUID, *, accept: bool, reason: str) -> None:
    """Accept or refuse an application, with reasons that the candidate reads.

    Raises:
        NotFound, CandidacyEnded, OtherStage: see there.
        NotImpartial: it is the curator's own.
    """
    held = await candidacies.hold_others(actor, candidacy_id)
    if held.stage != Stage.APPLICATION:
        raise OtherStage(held.say(words.AT_STAGE))
    if accept:
        await candidacies.advance(held, together([held.say(words.ACCEPTED), reason]), actor)
    else:
        await candidacies.refuse(held, reason, actor)


async def withdraw(me: UUID, candidacy_id: UUID, reason: str) -> None:
    """End one's own candidacy.

    Raises:
        NotFound, CandidacyEnded: see there.
    """
    await candidacies.withdraw(await candidacies.hold_own(me, candidacy_id), reason)


async def forget_attempts() -> None:
    """Attempts beyond the window tell nothing any more."""
    await db.execute("DELETE FROM application_attempt WHERE at < clock_timestamp() - make_interval(secs => $1)", WINDOW_S)
