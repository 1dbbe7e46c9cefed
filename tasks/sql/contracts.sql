-- Contracts: what is offered, what came of it, from when to when a version holds, and when its person is away.

-- An offer in full, as its person sees it. sha256 is of exactly these words: accepting names it, so nobody accepts what they did not see.
-- starts_at: the version begins no earlier than that (null: with its acceptance).
CREATE TABLE contract_offer (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    freelancer_id uuid NOT NULL REFERENCES account,
    rate text NOT NULL CHECK (length(rate) BETWEEN 1 AND 2000),
    price_list text,
    weekly_norm int NOT NULL CHECK (weekly_norm >= 0),
    weekly_cap int NOT NULL CHECK (weekly_cap > 0),
    max_held smallint NOT NULL CHECK (max_held BETWEEN 1 AND 50),
    zone text NOT NULL,
    cadence text NOT NULL CHECK (cadence IN ('weekly', 'half_monthly', 'monthly')),
    regime text NOT NULL CHECK (regime IN ('none', 'self_employed', 'individual', 'non_resident', 'other_country')),
    notice_days smallint NOT NULL CHECK (notice_days BETWEEN 0 AND 365),
    starts_at timestamptz,
    clauses text NOT NULL DEFAULT '',
    on_request boolean NOT NULL DEFAULT false,
    text text NOT NULL,
    sha256 text NOT NULL CHECK (sha256 = encode(sha256(convert_to(text, 'UTF8')), 'hex')),
    offered_by uuid NOT NULL REFERENCES account,
    offered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    CONSTRAINT contract_offer_cap CHECK (weekly_cap >= weekly_norm),
    CONSTRAINT contract_offer_stands CHECK (expires_at > offered_at)
);
CREATE INDEX contract_offer_of ON contract_offer (freelancer_id, id);
SELECT make_append_only('contract_offer');

-- What came of an offer. The primary key lets one thing come of it: accepted twice, or accepted and withdrawn, is impossible.
-- actor: null if it was withdrawn because the contract in whose place it was offered did not end after all.
-- device: the fingerprint of what it was answered from, if it was a browser (table device).
CREATE TABLE contract_answer (
    offer_id uuid PRIMARY KEY REFERENCES contract_offer,
    outcome text NOT NULL CHECK (outcome IN ('accepted', 'declined', 'withdrawn', 'superseded')),
    actor uuid REFERENCES account,
    sha256 text,
    device bytea,
    reason text NOT NULL DEFAULT '',
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT contract_answer_accepted CHECK ((outcome = 'accepted') = (sha256 IS NOT NULL)),
    CONSTRAINT contract_answer_actor CHECK (actor IS NOT NULL OR outcome = 'withdrawn')
);
SELECT make_append_only('contract_answer');

-- A version holds from starts_at until the next one's or its end. Those of before offers existed held from when they were made.
ALTER TABLE contract ADD COLUMN starts_at timestamptz, ADD COLUMN accepted_at timestamptz,
                     ADD COLUMN offer_id uuid CONSTRAINT contract_offer_once UNIQUE REFERENCES contract_offer;
ALTER TABLE contract DISABLE TRIGGER append_only;
UPDATE contract SET starts_at = created_at, accepted_at = created_at;
ALTER TABLE contract ENABLE TRIGGER append_only;
ALTER TABLE contract ALTER COLUMN starts_at SET NOT NULL, ALTER COLUMN accepted_at SET NOT NULL;
-- Not valid for those: every row from now on has its offer.
ALTER TABLE contract ADD CONSTRAINT contract_was_offered CHECK (offer_id IS NOT NULL) NOT VALID;
CREATE INDEX contract_begins ON contract (freelancer_id, starts_at);

-- The end of all versions up to this one. A version accepted later is not ended by it.
CREATE TABLE contract_end (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    freelancer_id uuid NOT NULL,
    version int NOT NULL,
    ends_at timestamptz NOT NULL,
    ended_by uuid NOT NULL REFERENCES account,
    reason text NOT NULL,
    ended_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    FOREIGN KEY (freelancer_id, version) REFERENCES contract (freelancer_id, version)
);
CREATE INDEX contract_end_of ON contract_end (freelancer_id, ends_at);
SELECT make_append_only('contract_end');

-- Ends that do not hold from this moment on, because their person objected rightly. What was between stays as it was.
CREATE TABLE contract_end_undone (
    end_id uuid PRIMARY KEY REFERENCES contract_end,
    undone_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
SELECT make_append_only('contract_end_undone');

-- The contract that is in force at a moment; a null row if none is: there was none yet, or it had ended.
CREATE FUNCTION contract_at(person uuid, at timestamptz) RETURNS contract LANGUAGE sql STABLE AS $$
    SELECT c.* FROM (SELECT * FROM contract WHERE freelancer_id = person AND starts_at <= at
                     ORDER BY starts_at DESC, version DESC LIMIT 1) c
    WHERE NOT EXISTS (SELECT FROM contract_end e LEFT JOIN contract_end_undone u ON u.end_id = e.id
                      WHERE e.freelancer_id = person AND e.version >= c.version AND e.ends_at <= at
                        AND (u.undone_at IS NULL OR u.undone_at > at))
$$;

-- Until when what contract_at says of a moment surely stays so, as far as is known now: the next version's beginning or the next end.
CREATE FUNCTION contract_until(person uuid, at timestamptz) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT coalesce(least(
        (SELECT min(starts_at) FROM contract WHERE freelancer_id = person AND starts_at > at),
        (SELECT min(e.ends_at) FROM contract_end e WHERE e.freelancer_id = person AND e.ends_at > at
           AND NOT EXISTS (SELECT FROM contract_end_undone u WHERE u.end_id = e.id))), 'infinity')
$$;

-- Away from work, half-open. ends_at is what was told first; cut_to is the end since it was cut short (starts_at: cancelled).
-- Leave and pauses are told ahead and illness at most three days late, and cutting short reaches only what is still to come: so what is
-- told changes nothing that is over, but for illness within its three days. decision: null while nobody has decided, of what needs it;
-- decided_by: null if an objection was upheld or nobody had decided in time.
CREATE TABLE leave (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    freelancer_id uuid NOT NULL REFERENCES account,
    kind text NOT NULL CHECK (kind IN ('leave', 'illness', 'pause')),
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    words text NOT NULL DEFAULT '',
    told_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    needs_confirmation boolean NOT NULL DEFAULT false,
    cut_to timestamptz,
    decision text CHECK (decision IN ('confirmed', 'refused')),
    decided_by uuid REFERENCES account,
    decided_at timestamptz,
    reason text,
    CONSTRAINT leave_interval CHECK (ends_at > starts_at),
    CONSTRAINT leave_cut CHECK (cut_to BETWEEN starts_at AND ends_at),
    CONSTRAINT leave_confirmed CHECK (needs_confirmation OR decision IS NULL),
    CONSTRAINT leave_decided CHECK (num_nulls(decision, decided_at, reason) IN (0, 3)),
    CONSTRAINT leave_told_ahead CHECK (kind = 'illness' OR starts_at >= told_at),
    CONSTRAINT leave_told_late CHECK (starts_at >= told_at - interval '3 days')
);
CREATE INDEX leave_person ON leave (freelancer_id, starts_at);
CREATE INDEX leave_undecided ON leave (told_at) WHERE needs_confirmation AND decision IS NULL;
REVOKE DELETE, TRUNCATE ON leave FROM piecework_app;

-- When a person was away within an interval, clipped to it: what was confirmed or needs no confirmation. Intervals may touch or overlap.
-- known_at: since when it counts (when it was told or, of what needed that, confirmed). Whoever reckons an interval as of a moment takes
-- what was known by then. Told is everything by three days after the interval's end.
CREATE FUNCTION leave_of(person uuid, from_at timestamptz, to_at timestamptz)
RETURNS TABLE (id uuid, kind text, starts_at timestamptz, ends_at timestamptz, told_at timestamptz, known_at timestamptz)
LANGUAGE sql STABLE AS $$
    SELECT l.id, l.kind, greatest(l.starts_at, from_at), least(coalesce(l.cut_to, l.ends_at), to_at), l.told_at, coalesce(l.decided_at, l.told_at)
    FROM leave l
    WHERE l.freelancer_id = person AND l.starts_at < to_at AND coalesce(l.cut_to, l.ends_at) > greatest(from_at, l.starts_at)
      AND (NOT l.needs_confirmation OR l.decision = 'confirmed')
    ORDER BY l.starts_at, l.id
$$;

GRANT SELECT (id, freelancer_id, version, ends_at) ON contract_end TO piecework_freelancer;
GRANT SELECT ON contract_end_undone TO piecework_freelancer;
