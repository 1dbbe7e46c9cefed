-- Entries are sealed in blocks, each of which is hashed with the one before it: who changes, adds or removes what is sealed changes
-- every later hash. The newest hash is printed into each payout's files, where the database's owner cannot reach it.
CREATE TABLE seal (
    no bigint PRIMARY KEY CHECK (no > 0),
    prev bytea NOT NULL CHECK (length(prev) = 32),
    hash bytea NOT NULL CHECK (length(hash) = 32),
    last_xact xid8 NOT NULL,
    last_id bigint NOT NULL,
    entries bigint NOT NULL CHECK (entries > 0),
    sealed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT seal_prev_key UNIQUE (prev),
    CONSTRAINT seal_hash_key UNIQUE (hash)
);
SELECT make_append_only('seal');
CREATE INDEX entry_sealing ON entry (xact, id);

-- The fingerprint of entries after one place in the order (transaction, id), up to another: of all that is in them and their postings.
-- Written as JSON arrays, so that no text can pass for a boundary; times in microseconds, so that no setting changes how they read.
CREATE FUNCTION seal_of(before bytea, from_xact xid8, from_id bigint, to_xact xid8, to_id bigint, OUT hash bytea, OUT entries bigint)
LANGUAGE sql STABLE AS $$
    SELECT sha256(before || coalesce(string_agg(sha256(convert_to(line, 'UTF8')), ''::bytea ORDER BY xact, id), ''::bytea)), count(*)
    FROM (
        SELECT e.xact, e.id, jsonb_build_array(
                   e.id, e.xact::text, e.business_key, e.kind, e.period_id, (extract(epoch FROM e.effective_at) * 1000000)::bigint,
                   (extract(epoch FROM e.recorded_at) * 1000000)::bigint, e.actor, e.reason, e.reverses, e.resolves, e.assignment_id,
                   e.ticket_id, e.project_id, e.rule_id, e.source_id, p.legs)::text AS line
        FROM entry e CROSS JOIN LATERAL (
            SELECT jsonb_agg(jsonb_build_array(p.id, l.kind, l.owner, l.currency, p.amount) ORDER BY p.id) AS legs
            FROM posting p JOIN ledger_account l ON l.id = p.account_id WHERE p.entry_id = e.id) p
        WHERE (e.xact, e.id) > (from_xact, from_id) AND (e.xact, e.id) <= (to_xact, to_id)) lines
$$;

-- Seal the next block of at most `most` entries; returns how many were sealed. Only what no running transaction can still come before:
-- ids alone would leave out for ever what commits late (docs/adr/0013).
CREATE FUNCTION seal_next(most int) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    tip seal;
    bound record;
    made record;
    before bytea;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('piecework.payouts.seal'));
    SELECT * INTO tip FROM seal ORDER BY no DESC LIMIT 1;
    before := coalesce(tip.hash, sha256('piecework ledger'));
    SELECT xact, id INTO bound FROM (
        SELECT e.xact, e.id FROM entry e
        WHERE (e.xact, e.id) > (coalesce(tip.last_xact, '0'), coalesce(tip.last_id, 0)) AND e.xact < pg_snapshot_xmin(pg_current_snapshot())
        ORDER BY e.xact, e.id LIMIT most) next
    ORDER BY xact DESC, id DESC LIMIT 1;
    IF NOT FOUND THEN
        RETURN 0;
    END IF;
    SELECT * INTO made FROM seal_of(before, coalesce(tip.last_xact, '0'), coalesce(tip.last_id, 0), bound.xact, bound.id);
    INSERT INTO seal (no, prev, hash, last_xact, last_id, entries)
    VALUES (coalesce(tip.no, 0) + 1, before, made.hash, bound.xact, bound.id, made.entries);
    RETURN made.entries;
END $$;
