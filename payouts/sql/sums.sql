-- What every entry adds to, or takes from, what projects spend and what waits for a decision or the end of a hold. What resolves an entry
-- takes away what that had added, on the day and in the period of the entry that it resolves: so all of it are plain sums, in any order.
CREATE VIEW money_move AS
SELECT e.xact, e.project_id, e.period_id, e.effective_at, p.account_id, CASE WHEN l.kind = 'payable' OR e.kind = 'clawback' THEN 0 ELSE 1 END AS opened,
       CASE WHEN l.kind = 'pending' THEN 0 ELSE -p.amount END AS spent,
       CASE WHEN l.kind = 'pending' THEN -p.amount ELSE 0 END AS pending,
       CASE WHEN l.kind = 'held' AND e.kind <> 'clawback' THEN -p.amount ELSE 0 END AS held
FROM entry e JOIN posting p ON p.entry_id = e.id JOIN ledger_account l ON l.id = p.account_id
WHERE e.kind IN ('pend', 'reopen') AND l.kind = 'pending'
   OR e.kind IN ('accrue', 'premium', 'clawback', 'restore') AND l.kind IN ('held', 'payable')
UNION ALL
SELECT x.xact, e.project_id, e.period_id, e.effective_at, p.account_id, -1, 0,
       CASE WHEN l.kind = 'pending' THEN p.amount ELSE 0 END, CASE WHEN l.kind = 'held' THEN p.amount ELSE 0 END
FROM entry x JOIN entry e ON e.id = x.resolves JOIN posting p ON p.entry_id = e.id JOIN ledger_account l ON l.id = p.account_id
WHERE e.kind IN ('pend', 'reopen') AND l.kind = 'pending' OR e.kind IN ('accrue', 'premium') AND l.kind = 'held';

-- Up to which transaction the two tables below hold all entries, and in which zone their days are. One row.
CREATE TABLE sums_kept (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    zone text NOT NULL,
    last_xact xid8 NOT NULL DEFAULT '0'
);

-- What each project spent, and what of it waits, by the day that it belongs to.
CREATE TABLE spend_day (
    project_id uuid NOT NULL,
    day date NOT NULL,
    spent bigint NOT NULL DEFAULT 0,
    pending bigint NOT NULL DEFAULT 0,
    held bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (project_id, day)
) WITH (fillfactor = 80);

-- What of each period still waits on people's pending and held accounts.
CREATE TABLE open_sum (
    period_id uuid NOT NULL,
    account_id bigint NOT NULL,
    entries bigint NOT NULL DEFAULT 0,
    amount bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (period_id, account_id)
) WITH (fillfactor = 80);
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON sums_kept, spend_day, open_sum FROM piecework_app;

-- Take the next `most` entries into the sums, and the rest of the last one's transaction; returns how many were next. Only whole transactions,
-- and only those that no running one can still come before: what is left out is exactly what is newer than last_xact. With the owner's rights:
-- the application itself can change no sum. From nothing where the zone has changed, and after a restore, when transaction ids start anew.
CREATE FUNCTION keep_sums(its_zone text, most int) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    kept sums_kept;
    horizon xid8;
    bound xid8;
    found_now bigint;
    anew boolean;
BEGIN
    INSERT INTO sums_kept (zone) VALUES (its_zone) ON CONFLICT DO NOTHING;
    SELECT * INTO kept FROM sums_kept FOR UPDATE;
    horizon := pg_snapshot_xmin(pg_current_snapshot());
    anew := kept.zone <> its_zone OR kept.last_xact >= horizon;
    IF anew THEN
        DELETE FROM spend_day;
        DELETE FROM open_sum;
        kept.last_xact := '0';
    END IF;
    SELECT max(xact), count(*) INTO bound, found_now FROM (
        SELECT xact FROM entry WHERE xact > kept.last_xact AND xact < horizon ORDER BY xact LIMIT most) next;
    IF bound IS NOT NULL THEN
        INSERT INTO spend_day AS s (project_id, day, spent, pending, held)
        SELECT m.project_id, (m.effective_at AT TIME ZONE its_zone)::date, sum(m.spent), sum(m.pending), sum(m.held)
        FROM money_move m WHERE m.xact > kept.last_xact AND m.xact <= bound AND m.project_id IS NOT NULL GROUP BY 1, 2
        ON CONFLICT (project_id, day) DO UPDATE
            SET spent = s.spent + excluded.spent, pending = s.pending + excluded.pending, held = s.held + excluded.held;
        INSERT INTO open_sum AS s (period_id, account_id, entries, amount)
        SELECT m.period_id, m.account_id, sum(m.opened), sum(m.pending + m.held)
        FROM money_move m WHERE m.xact > kept.last_xact AND m.xact <= bound AND m.opened <> 0 GROUP BY 1, 2
        ON CONFLICT (period_id, account_id) DO UPDATE SET entries = s.entries + excluded.entries, amount = s.amount + excluded.amount;
    END IF;
    IF anew OR bound IS NOT NULL THEN
        UPDATE sums_kept SET zone = its_zone, last_xact = coalesce(bound, '0');
    END IF;
    RETURN found_now;
END $$;
REVOKE EXECUTE ON FUNCTION keep_sums FROM PUBLIC;
GRANT EXECUTE ON FUNCTION keep_sums TO piecework_app;

-- The transaction up to which a reader may take the kept sums; 0: they are not of this zone, or of before a restore, and say nothing.
CREATE FUNCTION summed_up_to(its_zone text) RETURNS xid8 LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT last_xact FROM sums_kept
                     WHERE last_xact < pg_snapshot_xmin(pg_current_snapshot()) AND zone = coalesce(its_zone, zone)), '0')
$$;

-- What projects spent by day: the kept sums, and beside them what is newer. Both by one snapshot, as in any STABLE function; planned anew at
-- every call, because how much is newer is not in the text.
CREATE FUNCTION spend_of(projects uuid[], first date, last date, its_zone text)
RETURNS TABLE (project_id uuid, day date, spent bigint, pending bigint, held bigint) LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    known xid8 := summed_up_to(its_zone);
    since timestamptz := first::timestamp AT TIME ZONE its_zone;
    until timestamptz := (last + 1)::timestamp AT TIME ZONE its_zone;
BEGIN
    RETURN QUERY
    SELECT a.project_id, a.day, sum(a.spent)::bigint, sum(a.pending)::bigint, sum(a.held)::bigint FROM (
        SELECT s.project_id, s.day, s.spent, s.pending, s.held FROM spend_day s
        WHERE known > '0' AND s.project_id = ANY (projects) AND s.day >= first AND s.day <= last
        UNION ALL
        SELECT m.project_id, (m.effective_at AT TIME ZONE its_zone)::date, m.spent, m.pending, m.held FROM money_move m
        WHERE m.xact > known AND m.project_id = ANY (projects) AND m.effective_at >= since AND m.effective_at < until) a
    GROUP BY 1, 2;
END $$;

-- What of a period still waits, by account, in the same way.
CREATE FUNCTION open_of(its_period uuid) RETURNS TABLE (account_id bigint, entries bigint, amount bigint) LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    known xid8 := summed_up_to(NULL);
BEGIN
    RETURN QUERY
    SELECT a.account_id, sum(a.entries)::bigint, sum(a.amount)::bigint FROM (
        SELECT s.account_id, s.entries, s.amount FROM open_sum s WHERE known > '0' AND s.period_id = its_period
        UNION ALL
        SELECT m.account_id, m.opened, m.pending + m.held FROM money_move m WHERE m.xact > known AND m.period_id = its_period AND m.opened <> 0) a
    GROUP BY 1 HAVING sum(a.entries) <> 0;
END $$;

SELECT keep_sums(coalesce((SELECT spec ->> 'zone' FROM pay_policy_in_force ORDER BY version DESC LIMIT 1), 'Europe/Moscow'), 2000000000);
