"""Versions of pay rules: drafted by one person, approved and thereby announced by another, ended once.

What is announced never changes. A rule counts for work claimed while it is in force, and it never comes into force before its
approval: so no rule can apply to work that was claimed before people could read of it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from piecework.payouts.books import pay_policy
from piecework.payouts.errors import OwnRule, RuleNotDraft, RuleNoticeTooShort, RuleOutOfOrder
from piecework.payouts.rules.kinds import SPEC, AboveNorm, Deduction, Rule, pays_no_less
from piecework.platform import db, trail
from piecework.platform.errors import Invalid, NotFound
from piecework.platform.said import Said

NO_NOTICE = timedelta()
MOMENT = timedelta(microseconds=1)

Shown = dict[str, Any]
"""A version as the API shows it."""


@dataclass(frozen=True, slots=True)
class Version:
    """What decides whether a version needs notice: its terms and until when they hold."""

    project_id: UUID | None
    spec: Rule
    ends_at: datetime | None


def needs_notice(before: Version | None, new: Version) -> bool:
    """Whether a version must be announced `notice_days` ahead. `before` is what it takes the place of: None if nothing is in force.

    No notice is needed for a rule that is new, and for a version that plainly pays no less: of the same project, with the same
    settings but for amounts or percentages that are none smaller, and not ending sooner. A deduction always needs notice.
    """
    if isinstance(new.spec, Deduction) or before is None:
        return isinstance(new.spec, Deduction)
    lasts = new.ends_at is None or (before.ends_at is not None and new.ends_at >= before.ends_at)
    return not (lasts and new.project_id == before.project_id and pays_no_less(before.spec, new.spec))


async def draft(
    actor: UUID,
    *,
    code: str,
    title: str,
    words: str,
    project_id: UUID | None,
    spec: Rule,
    starts_at: datetime | None,
    ends_at: datetime | None,
) -> UUID:
    """Write the next version of a rule, or the first; nothing comes of it before its approval. No start: as soon as it may.

    Raises:
        NotFound: there is no such project.
        Invalid: the kind of rule cannot be for one project.
    """
    if project_id is not None and isinstance(spec, AboveNorm):
        message = Said("A contract's weekly norm is of all projects together, so this rule names none.")
        raise Invalid(errors=[{"field": "project_id", "code": "norm_of_all_projects", "message": message}])
    if project_id is not None and not await db.scalar("SELECT EXISTS (SELECT FROM project WHERE id = $1)", project_id):
        raise NotFound(Said("There is no such project."))
    await db.execute("SELECT lock_rules()")
    made = await db.row(
        """INSERT INTO pay_rule (code, version, kind, title, words, project_id, spec, starts_at, ends_at, author_id)
           SELECT $1, 1 + coalesce(max(version), 0), $5::jsonb ->> 'kind', $2, $3, $4, $5::jsonb, $6, $7, $8 FROM pay_rule WHERE code = $1
           RETURNING id, version""",
        code,
        title,
        words,
        project_id,
        spec.model_dump_json(),
        starts_at,
        ends_at,
        actor,
    )
    assert made is not None
    await trail.record(actor, "pay_rule.drafted", "pay_rule", made["id"], code=code, version=made["version"])
    rule_id: UUID = made["id"]
    return rule_id


async def approve(actor: UUID, rule_id: UUID) -> None:
    """Approve a draft and announce it. It comes into force at its start; a draft without one, as soon as its notice has run.

    Raises:
        NotFound, RuleNotDraft, OwnRule, RuleNoticeTooShort, RuleOutOfOrder: see there.
    """
    await db.execute("SELECT lock_rules()")
    rule = await db.row("SELECT * FROM pay_rule WHERE id = $1", rule_id)
    if rule is None:
        raise NotFound
    if rule["state"] != "draft":
        raise RuleNotDraft
    if rule["author_id"] == actor:
        raise OwnRule
    # The clock after the lock: whoever has reckoned without this rule has committed, and their work was claimed before now.
    now: datetime = await db.scalar("SELECT clock_timestamp()")
    last = await db.row(
        "SELECT * FROM pay_rule WHERE code = $1 AND approved_at IS NOT NULL ORDER BY version DESC LIMIT 1", rule["code"]
    )
    if last is not None and last["version"] > rule["version"]:
        raise RuleNotDraft(Said("A later version is approved already."))
    lasting = last is not None and (last["ends_at"] is None or last["ends_at"] > (rule["starts_at"] or now))
    notice = await _notice() if needs_notice(_version(last) if lasting else None, _version(rule)) else NO_NOTICE
    starts_at = rule["starts_at"] or max(now + notice, last["starts_at"] + MOMENT if last is not None else now)
    if starts_at < now + notice:
        raise RuleNoticeTooShort(earliest=(now + notice).isoformat())
    if (last is not None and starts_at <= last["starts_at"]) or (rule["ends_at"] is not None and rule["ends_at"] <= starts_at):
        raise RuleOutOfOrder
    await db.execute(
        """UPDATE pay_rule SET state = 'approved', approver_id = $2, approved_at = $3, announced_at = $3, starts_at = $4
           WHERE id = $1""",
        rule_id,
        actor,
        now,
        starts_at,
    )
    await trail.record(
        actor, "pay_rule.approved", "pay_rule", rule_id, code=rule["code"], version=rule["version"], starts_at=starts_at
    )


async def end(actor: UUID, rule_id: UUID, at: datetime | None, reason: str) -> None:
    """Withdraw a draft, or say when an approved version ends: at the earliest when notice has run, for a deduction at once.

    Raises:
        NotFound: there is none.
        RuleNotDraft: it has ended, its end is set, or a later version has taken its place.
        RuleNoticeTooShort, RuleOutOfOrder: too soon; or not before the end that it has.
    """
    await db.execute("SELECT lock_rules()")
    rule = await db.row("SELECT r.*, v.until FROM pay_rule r LEFT JOIN pay_rule_in_time v USING (id) WHERE r.id = $1", rule_id)
    if rule is None:
        raise NotFound
    now: datetime = await db.scalar("SELECT clock_timestamp()")
    if rule["state"] == "ended" or (rule["until"] is not None and rule["until"] <= now):
        raise RuleNotDraft
    ends_at = rule["ends_at"]
    if rule["state"] == "approved":
        earliest = now + (NO_NOTICE if rule["kind"] == "deduction" else await _notice())
        ends_at = at or max(earliest, rule["starts_at"] + MOMENT)
        if ends_at < earliest:
            raise RuleNoticeTooShort(earliest=earliest.isoformat())
        if ends_at <= rule["starts_at"] or (rule["until"] is not None and ends_at >= rule["until"]):
            raise RuleOutOfOrder
    await db.execute("UPDATE pay_rule SET state = 'ended', ends_at = $2, end_reason = $3 WHERE id = $1", rule_id, ends_at, reason)
    await trail.record(actor, "pay_rule.ended", "pay_rule", rule_id, reason=reason, ends_at=ends_at)


LISTED = """
SELECT r.id, r.code, r.version, r.kind, r.title, r.words, r.project_id, p.code AS project, r.spec::text, r.starts_at, v.until,
       r.announced_at, r.state, coalesce(v.starts_at <= clock_timestamp() AND (v.until > clock_timestamp()) IS NOT FALSE, false) AS in_force,
       r.author_id, r.drafted_at, r.approver_id, r.approved_at, r.end_reason
FROM pay_rule r LEFT JOIN pay_rule_in_time v USING (id) LEFT JOIN project p ON p.id = r.project_id
"""


async def page(before: UUID, limit: int, *, drafts: bool, code: str | None, kind: str | None) -> list[Shown]:
    """Versions of rules, newest first; without `drafts` only those that were announced."""
    found = await db.rows(
        LISTED
        + """WHERE r.id < $1 AND ($3 OR r.approved_at IS NOT NULL) AND ($4::text IS NULL OR r.code = $4)
                   AND ($5::text IS NULL OR r.kind = $5) ORDER BY r.id DESC LIMIT $2""",
        before,
        limit,
        drafts,
        code,
        kind,
    )
    return [_shown(row) for row in found]


async def show(rule_id: UUID, *, drafts: bool) -> Shown:
    """One version.

    Raises:
        NotFound: there is none, or it is a draft and the caller may not see those.
    """
    row = await db.row(LISTED + "WHERE r.id = $1 AND ($2 OR r.approved_at IS NOT NULL)", rule_id, drafts)
    if row is None:
        raise NotFound
    return _shown(row)


def _shown(row: Any) -> Shown:
    return {**row, "spec": SPEC.validate_json(row["spec"])}


def _version(row: Any) -> Version:
    return Version(row["project_id"], SPEC.validate_json(row["spec"]), row["ends_at"])


async def _notice() -> timedelta:
    return timedelta(days=(await pay_policy.current()).notice_days)
