-- Weeks and terms of people's loads. A person's weeks are half-open and follow each other without holes from their first contract on.

-- When a week that begins at `starts` ends: at the first Monday 00:00 of the zone that is at least half a week later. So a first week and
-- one after a change of zone has 3.5 to 10.5 days and all others seven by the zone's calendar, whatever its clocks are put to.
CREATE OR REPLACE FUNCTION next_week_end(zone text, starts timestamptz) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT min(monday) FROM (
        SELECT (date_trunc('week', (starts + interval '84 hours') AT TIME ZONE zone) + make_interval(days => days)) AT TIME ZONE zone AS monday
        FROM unnest(ARRAY[0, 7, 14]) AS days) mondays
    WHERE monday >= starts + interval '84 hours'
$$;

-- The zone of a person's week that begins at a moment: of the contract that had begun last by then, also if it has ended; before the
-- first, of that.
CREATE OR REPLACE FUNCTION zone_at(person uuid, at timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT coalesce(
        (SELECT zone FROM contract WHERE freelancer_id = person AND starts_at <= at ORDER BY starts_at DESC, version DESC LIMIT 1),
        (SELECT zone FROM contract WHERE freelancer_id = person ORDER BY starts_at, version DESC LIMIT 1))
$$;

-- Bring a person's load up to a moment: week by week from the stored bounds, so that no week is left out however long nobody asked, and to
-- the terms in force then. A week that has begun keeps its bounds; a clock that was put back changes nothing.
CREATE OR REPLACE FUNCTION refresh_workload(me uuid, at timestamptz) RETURNS workload LANGUAGE plpgsql AS $$
DECLARE
    load workload;
    terms contract := contract_at(me, at);
BEGIN
    SELECT * INTO load FROM workload WHERE freelancer_id = me FOR NO KEY UPDATE;
    WHILE at >= load.week_ends LOOP
        load.week_starts := load.week_ends;
        load.week_ends := next_week_end(zone_at(me, load.week_starts), load.week_starts);
        load.week_claimed := 0;
        load.week_returned := 0;
    END LOOP;
    UPDATE workload w SET week_starts = load.week_starts, week_ends = load.week_ends, week_claimed = load.week_claimed,
        week_returned = load.week_returned, in_force = terms.id IS NOT NULL, terms_until = contract_until(me, at),
        zone = coalesce(terms.zone, w.zone), weekly_norm = coalesce(terms.weekly_norm, w.weekly_norm),
        weekly_cap = coalesce(terms.weekly_cap, w.weekly_cap), max_held = coalesce(terms.max_held, w.max_held)
    WHERE w.freelancer_id = me RETURNING * INTO load;
    RETURN load;
END $$;

-- Something about when a person's contracts hold has changed (a version accepted, an end set or undone): make or refresh their load. For
-- whoever writes contract, contract_end or contract_end_undone, afterwards in the same transaction. Their weeks begin with their first
-- contract; as long as that has not begun, an earlier one moves them.
CREATE OR REPLACE FUNCTION apply_contract(person uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    at timestamptz := clock_timestamp();
BEGIN
    INSERT INTO workload AS w (freelancer_id, zone, max_held, weekly_cap, week_starts, week_ends)
    SELECT person, c.zone, c.max_held, c.weekly_cap, c.starts_at, next_week_end(c.zone, c.starts_at)
    FROM contract c WHERE c.freelancer_id = person ORDER BY c.starts_at, c.version DESC LIMIT 1
    ON CONFLICT (freelancer_id) DO UPDATE SET week_starts = excluded.week_starts, week_ends = excluded.week_ends WHERE w.week_starts > at;
    PERFORM refresh_workload(person, at);
END $$;
