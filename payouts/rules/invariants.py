"""What must always hold of pay rules."""

from piecework.platform.invariants import Invariant

INVARIANTS = (
    Invariant(
        "payouts.premiums_follow_rules_of_their_claim",
        "Every premium names a premium rule that was in force, and announced, when its assignment was claimed.",
        """SELECT e.id, e.assignment_id, e.rule_id FROM entry e LEFT JOIN pay_rule_in_time v ON v.id = e.rule_id
               AND v.kind IN ('night', 'weekend', 'holiday', 'language', 'line', 'level')
           LEFT JOIN assignment a ON a.id = e.assignment_id
           WHERE e.kind = 'premium' AND ((v.starts_at <= a.claimed_at AND v.announced_at <= a.claimed_at
                                          AND (a.claimed_at < v.until) IS NOT FALSE) IS NOT TRUE)""",
    ),
    Invariant(
        "payouts.rule_versions_follow_one_another",
        "Approved versions of a rule begin in the order of their numbers.",
        """SELECT id, code, version FROM (SELECT id, code, version, starts_at, lag(starts_at) OVER (PARTITION BY code ORDER BY version) AS before
                                         FROM pay_rule WHERE approved_at IS NOT NULL) one
           WHERE before >= starts_at""",
    ),
)
