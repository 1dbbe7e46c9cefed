-- Personal data: what somebody may have erased of tables that are append-only otherwise, and people's requests.

-- An erased account is nobody's: its id stays as a pseudonym for what the law keeps, and nothing brings it back.
ALTER TABLE account ADD COLUMN erased_at timestamptz;
ALTER TABLE account ADD CONSTRAINT account_erased CHECK (erased_at IS NULL OR (
    state = 'suspended' AND name = 'erased' AND email = 'erased-' || id || '@erased.invalid' AND password_hash IS NULL));
CREATE TRIGGER stays_erased BEFORE UPDATE OR DELETE ON account
    FOR EACH ROW WHEN (OLD.erased_at IS NOT NULL) EXECUTE FUNCTION refuse_change();
GRANT SELECT (erased_at) ON account TO piecework_freelancer;

-- Of an append-only table that may be erased from: the one change to a row that is let through is that all its personal columns become
-- their marks (the first argument, by column) and nothing else changes. Generated columns (the second argument) follow by themselves.
CREATE FUNCTION refuse_all_but_erasure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF to_jsonb(NEW) - TG_ARGV[1]::text[] = (to_jsonb(OLD) || TG_ARGV[0]::jsonb) - TG_ARGV[1]::text[] THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'table % is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;

-- What is erased is somebody's whose account is erased, or older than any that anybody may still need: never less than 90 days.
CREATE FUNCTION may_erase(who uuid, before timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF (who IS NULL) = (before IS NULL)
       OR (who IS NOT NULL AND NOT EXISTS (SELECT FROM account WHERE id = who AND erased_at IS NOT NULL))
       OR before > clock_timestamp() - interval '90 days' THEN
        RAISE EXCEPTION 'nothing to erase: of % before %', who, before USING ERRCODE = 'restrict_violation';
    END IF;
END $$;

-- Let a table be erased from: `marks` are the personal columns with what they become; `whose` is a condition on its row t, `who` being the
-- account; `at` is the moment from which
-- a row grows old, as an expression on t (null: it is not erased by age). Makes erase_<table>(who, before), which gives
-- back how many rows it erased. It runs with the owner's rights: the application may still change nothing by itself. A table with a
-- trigger of its own against changes has that one let through what is erased (`guard`).
CREATE FUNCTION make_erasable(target regclass, marks jsonb, whose text, at text, guard text DEFAULT 'append_only') RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    bare text := (SELECT relname FROM pg_class WHERE oid = target);
    names text := (SELECT string_agg(quote_ident(key), ', ' ORDER BY key) FROM jsonb_each(marks));
    generated text := (SELECT coalesce(array_agg(attname::text), '{}')::text FROM pg_attribute WHERE attrelid = target AND attgenerated <> '');
    was text;
BEGIN
    IF guard = 'append_only' THEN
        EXECUTE format('DROP TRIGGER append_only ON %s', target);
        EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION refuse_all_but_erasure(%L, %L)',
                       target, marks, generated);
    ELSE
        was := (SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = target AND tgname = guard);
        EXECUTE format('DROP TRIGGER %I ON %s', guard, target);
        EXECUTE replace(was, ' FOR EACH ROW ', format(
            ' FOR EACH ROW WHEN (to_jsonb(NEW) IS DISTINCT FROM to_jsonb(OLD) || %L::jsonb) ', marks));
    END IF;
    EXECUTE format($make$
        CREATE FUNCTION %1$I(who uuid, before timestamptz) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $body$
        DECLARE touched bigint;
        BEGIN
            PERFORM may_erase(who, before);
            UPDATE %2$s AS t SET (%3$s) = ROW(%4$s) FROM jsonb_populate_record(NULL::%2$s, %5$L) m
            WHERE (who IS NULL OR (%6$s)) AND (before IS NULL OR %7$s) AND ROW(%8$s) IS DISTINCT FROM ROW(%4$s);
            GET DIAGNOSTICS touched = ROW_COUNT;
            RETURN touched;
        END $body$ $make$,
        'erase_' || bare, target, names, (SELECT string_agg('m.' || quote_ident(key), ', ' ORDER BY key) FROM jsonb_each(marks)),
        marks, whose, CASE WHEN at IS NULL THEN 'false' ELSE format('(%s) < before', at) END,
        (SELECT string_agg('t.' || quote_ident(key), ', ' ORDER BY key) FROM jsonb_each(marks)));
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %I(uuid, timestamptz) FROM PUBLIC', 'erase_' || bare);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %I(uuid, timestamptz) TO piecework_app', 'erase_' || bare);
END $$;

SELECT make_erasable('notice', '{"title": "erased", "body": "", "link": ""}', 't.account_id = who', 't.sent_at');
-- Reasons and details (they say of leave that it was an illness): of whoever worked here, all; of staff, those of what was done with them.
SELECT make_erasable('trail', '{"reason": "erased", "detail": {}}', $$t.subject_id = who::text OR (t.actor = who AND EXISTS (
    SELECT FROM account a WHERE a.id = who AND a.roles <@ ARRAY['applicant', 'freelancer']))$$, 't.at');

-- What people ask for about their own data. Owed an answer by due_at, whatever it is.
-- open -> done | refused (by an administrator, with the reason) | withdrawn (by the person). An export's file is kept until file_until.
CREATE TABLE data_request (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    account_id uuid NOT NULL REFERENCES account,
    kind text NOT NULL CHECK (kind IN ('export', 'erasure')),
    words text NOT NULL DEFAULT '' CHECK (length(words) <= 4000),
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done', 'refused', 'withdrawn')),
    asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    due_at timestamptz NOT NULL DEFAULT clock_timestamp() + interval '30 days',
    decided_by uuid REFERENCES account,
    reason text NOT NULL DEFAULT '' CHECK (length(reason) <= 4000),
    ended_at timestamptz,
    file_until timestamptz,
    size bigint,
    sha256 bytea CHECK (length(sha256) = 32),
    CONSTRAINT data_request_ended CHECK ((state = 'open') = (ended_at IS NULL)),
    CONSTRAINT data_request_file CHECK (num_nulls(file_until, size, sha256) IN (0, 3) AND (size IS NULL OR kind = 'export')),
    CONSTRAINT data_request_not_oneself CHECK (decided_by <> account_id)
);
CREATE UNIQUE INDEX data_request_one ON data_request (account_id, kind) WHERE state = 'open';
CREATE INDEX data_request_of ON data_request (account_id, id);
CREATE INDEX data_request_open ON data_request (id) WHERE state = 'open';
REVOKE DELETE, TRUNCATE ON data_request FROM piecework_app;

-- The file of an export, in pieces.
CREATE TABLE data_file (
    request_id uuid NOT NULL REFERENCES data_request,
    no int NOT NULL,
    bytes bytea NOT NULL,
    PRIMARY KEY (request_id, no)
);
