"""What must always hold of contracts."""

from piecework.platform.invariants import Invariant

INVARIANTS = (
    Invariant(
        "tasks.contracts_were_accepted",
        "Every version of a contract says what its offer says, which its person accepted with the hash of the text they read.",
        """SELECT c.id, c.freelancer_id, c.version FROM contract c
           LEFT JOIN contract_offer o ON o.id = c.offer_id AND o.freelancer_id = c.freelancer_id
             AND (o.zone, o.weekly_norm, o.weekly_cap, o.max_held) = (c.zone, c.weekly_norm, c.weekly_cap, c.max_held)
           LEFT JOIN contract_answer a ON a.offer_id = o.id AND a.outcome = 'accepted' AND a.actor = c.freelancer_id
             AND a.sha256 = encode(sha256(convert_to(o.text, 'UTF8')), 'hex')
           WHERE c.offer_id IS NOT NULL AND a.offer_id IS NULL""",
    ),
    Invariant(
        "tasks.accepted_offers_are_contracts",
        "Every accepted offer is a version of its person's contract.",
        """SELECT a.offer_id FROM contract_answer a LEFT JOIN contract c ON c.offer_id = a.offer_id
           WHERE a.outcome = 'accepted' AND c.id IS NULL""",
    ),
    Invariant(
        "tasks.contracts_ascend",
        "A person's versions begin in their order, and none before it was accepted.",
        """SELECT id, freelancer_id, version FROM (
               SELECT *, lag(starts_at) OVER (PARTITION BY freelancer_id ORDER BY version) AS before FROM contract) c
           WHERE starts_at < before OR starts_at < accepted_at""",
    ),
    Invariant(
        "tasks.absences_apart",
        "No two absences of a person are of the same time, but for what was refused or cancelled (also if an objection to that was upheld).",
        """SELECT l.id, o.id AS other FROM leave l JOIN leave o ON o.freelancer_id = l.freelancer_id AND o.id > l.id
             AND tstzrange(o.starts_at, coalesce(o.cut_to, o.ends_at)) && tstzrange(l.starts_at, coalesce(l.cut_to, l.ends_at))
           WHERE l.decision IS DISTINCT FROM 'refused' AND o.decision IS DISTINCT FROM 'refused' AND NOT EXISTS (
               SELECT FROM appealable a WHERE a.subject = 'leave' AND a.subject_id IN (l.id, o.id) AND a.state = 'upheld')""",
    ),
)
