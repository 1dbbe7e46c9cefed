-- Handing out: weeks and terms of a person's load, gaps in the supply, lines and languages, what must be read first.

-- week_starts, week_ends: the bounds of the week that week_claimed counts, stored, so nothing that happens later moves them. zone, caps
-- and norm are those of the contract in force (in_force: there is one) until terms_until, then by the clock those of the next.
-- gap_id: the person's open gap, so that a claim need not look for one.
ALTER TABLE workload ADD COLUMN week_starts timestamptz, ADD COLUMN weekly_norm int NOT NULL DEFAULT 0 CHECK (weekly_norm >= 0),
                     ADD COLUMN in_force boolean NOT NULL DEFAULT false,
                     ADD COLUMN terms_until timestamptz NOT NULL DEFAULT '-infinity', ADD COLUMN gap_id uuid;

-- A time in which a person asked for work and there was none that they may take. An ask is a claim over all projects by somebody with room
-- in both caps and neither a restriction nor an unread instruction in the way. asked_at: the last ask; asks: how many, of those within
-- five seconds one. seen_at: since when they know of open work without having asked for it again. Only who holds the person's workload
-- row begins and ends gaps; what an open one has come to by a moment says gap_end().
CREATE TABLE gap (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    freelancer_id uuid NOT NULL REFERENCES account,
    starts_at timestamptz NOT NULL,
    asked_at timestamptz NOT NULL,
    asks int NOT NULL DEFAULT 1 CHECK (asks > 0),
    seen_at timestamptz,
    ended_at timestamptz,
    ending text CHECK (ending IN ('work', 'left', 'refused')),
    CONSTRAINT gap_ended CHECK ((ended_at IS NULL) = (ending IS NULL) AND ended_at >= starts_at)
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX gap_open ON gap (freelancer_id) WHERE ended_at IS NULL;
CREATE INDEX gap_waiting ON gap (asked_at) WHERE ended_at IS NULL;
CREATE INDEX gap_of ON gap (freelancer_id, starts_at);
REVOKE DELETE, TRUNCATE ON gap FROM piecework_app;

-- What a person is admitted to: up to a line of support, for tickets of these languages (none named: all), until it expires.
ALTER TABLE qualification ADD COLUMN line smallint NOT NULL DEFAULT 1 CHECK (line BETWEEN 1 AND 3),
                          ADD COLUMN languages text[] NOT NULL DEFAULT '{}'
                              CHECK (array_to_string(languages, ',', '?') ~ '^([a-z]{2}(,[a-z]{2})*)?$'),
                          ADD COLUMN expires_at timestamptz;

-- line: the least line of who works on the step. must_read: the version of the project's instruction that must be read before a claim.
ALTER TABLE queue ADD COLUMN line smallint NOT NULL DEFAULT 1 CHECK (line BETWEEN 1 AND 3), ADD COLUMN must_read int NOT NULL DEFAULT 0;
UPDATE queue SET line = (step.spec ->> 'line')::smallint FROM step WHERE step.id = queue.step_id AND step.spec ->> 'line' IS NOT NULL;

-- Which versions of a project's instruction a person has read.
CREATE TABLE reading (
    freelancer_id uuid NOT NULL REFERENCES account,
    project_id uuid NOT NULL REFERENCES project,
    version int NOT NULL CHECK (version > 0),
    read_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (freelancer_id, project_id, version)
);
SELECT make_append_only('reading');

-- A queue's ordinary slots lie on shelves, one for each line and language, so that a claim walks only what its person may take. The shelf in
-- one number: step, line, the language's two letters.
CREATE FUNCTION shelf_id(step_id bigint, line int, language text) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT step_id << 24 | line::bigint << 16 | ascii(language)::bigint << 8 | ascii(substr(language, 2))
$$;

-- line: 1, or the line that the task was escalated to. language: the ticket's, '' of control tasks. opened_at: since when it waits.
ALTER TABLE slot ADD COLUMN line smallint NOT NULL DEFAULT 1 CHECK (line BETWEEN 1 AND 3),
                 ADD COLUMN language text COLLATE "C" NOT NULL DEFAULT '', ADD COLUMN opened_at timestamptz NOT NULL DEFAULT clock_timestamp();
UPDATE slot SET language = ticket.language FROM ticket WHERE ticket.id = slot.ticket_id;
DROP INDEX slot_open;
ALTER TABLE slot ADD COLUMN shelf_id bigint GENERATED ALWAYS AS (shelf_id(step_id, line, language)) STORED;
CREATE INDEX slot_open ON slot (shelf_id, rank, id) WHERE assignment_id IS NULL AND NOT control;
CREATE INDEX slot_control ON slot (step_id, rank, id) WHERE assignment_id IS NULL AND control;

-- floor_* is the low-water key of the shelf's open slots: nothing open lies below it, so a claim does not walk the dead index entries of
-- slots that were taken while somebody held an old snapshot.
CREATE TABLE shelf (
    step_id bigint NOT NULL REFERENCES queue,
    line smallint NOT NULL,
    language text COLLATE "C" NOT NULL,
    floor_rank bigint NOT NULL,
    floor_id bigint NOT NULL,
    id bigint GENERATED ALWAYS AS (shelf_id(step_id, line, language)) STORED,
    PRIMARY KEY (step_id, line, language)
) WITH (fillfactor = 20);
INSERT INTO shelf (step_id, line, language, floor_rank, floor_id)
SELECT DISTINCT s.step_id, s.line, s.language, q.floor_rank, q.floor_id
FROM slot s JOIN queue q USING (step_id) WHERE NOT s.control;
ALTER TABLE queue DROP COLUMN floor_rank, DROP COLUMN floor_id;

-- Who may work on which queue, apart from restrictions. unread: not before they have read the project's instruction.
CREATE VIEW may_work AS
    SELECT ql.freelancer_id, ql.level AS my_level, ql.line AS my_line, ql.languages, q.step_id, q.project_id, q.key, q.price, q.time_limit_s,
           q.excluded, q.control_rate,
           q.must_read > 0 AND NOT EXISTS (SELECT FROM reading r WHERE r.freelancer_id = ql.freelancer_id AND r.project_id = q.project_id
                                             AND r.version >= q.must_read) AS unread
    FROM qualification ql JOIN queue q ON q.qualification = ql.code AND q.level <= ql.level AND q.line <= ql.line AND q.open
    WHERE ql.revoked_at IS NULL AND (ql.expires_at IS NULL OR ql.expires_at > clock_timestamp()) AND q.requester_id <> ql.freelancer_id;

-- escalated: given to the line above. It ends an assignment without an answer, as release and skip do.
ALTER TABLE assignment DROP CONSTRAINT assignment_state_check;
ALTER TABLE assignment ADD CONSTRAINT assignment_state_check
    CHECK (state IN ('held', 'submitted', 'accepted', 'rejected', 'expired', 'released', 'skipped', 'escalated'));

GRANT SELECT ON gap, reading, shelf, may_work TO piecework_freelancer;

-- Loads of before take up the weeks that their contracts make, with what was claimed in the one under way.
UPDATE workload w SET week_starts = c.starts_at, week_ends = next_week_end(c.zone, c.starts_at), week_returned = 0
FROM (SELECT DISTINCT ON (freelancer_id) * FROM contract ORDER BY freelancer_id, starts_at, version DESC) c WHERE c.freelancer_id = w.freelancer_id;
ALTER TABLE workload ALTER COLUMN week_starts SET NOT NULL, ALTER COLUMN week_ends DROP DEFAULT;
SELECT refresh_workload(freelancer_id, clock_timestamp()) FROM workload;
UPDATE workload w SET week_claimed = (
    SELECT count(*) FROM assignment a WHERE a.freelancer_id = w.freelancer_id AND a.claimed_at >= w.week_starts
      AND a.state IN ('held', 'submitted', 'accepted', 'rejected') AND NOT EXISTS (SELECT FROM decision d WHERE d.assignment_id = a.id AND d.share = 0));

-- Replaced by functions in claims.sql that take something else.
DROP FUNCTION IF EXISTS week_end(text, timestamptz);
DROP FUNCTION IF EXISTS take_slot(uuid, bigint, bigint, bigint, bigint[], boolean, boolean);
DROP FUNCTION IF EXISTS another_left(uuid, slot, bigint[], boolean);
DROP FUNCTION IF EXISTS hand_out(uuid, int, uuid);
DROP FUNCTION IF EXISTS lock_workload(uuid, int);
DROP FUNCTION IF EXISTS lower_floor(bigint, bigint, bigint);
