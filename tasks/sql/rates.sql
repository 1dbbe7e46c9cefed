-- Price lists in force, as claims read them. payouts writes them (its tariffs say who made, approved and announced them); a claim
-- takes the list that is in force at its moment, and where that does not name the step, the step's own price.
CREATE TABLE rate_list (
    project_id uuid NOT NULL REFERENCES project,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz,
    tariff_id uuid NOT NULL,
    ticket_budget bigint CHECK (ticket_budget > 0),
    PRIMARY KEY (project_id, starts_at),
    CONSTRAINT rate_list_tariff UNIQUE (tariff_id),
    CONSTRAINT rate_list_bounds CHECK (ends_at IS NULL OR ends_at > starts_at)
);

-- One price: for a step by its key, from a level of its qualification on, for tickets of a language ('' for all others).
CREATE TABLE rate (
    tariff_id uuid NOT NULL REFERENCES rate_list (tariff_id) ON DELETE CASCADE,
    step_key text NOT NULL,
    level smallint NOT NULL DEFAULT 1 CHECK (level BETWEEN 1 AND 9),
    language text NOT NULL DEFAULT '' CHECK (language ~ '^([a-z]{2})?$'),
    price bigint NOT NULL CHECK (price >= 0),
    PRIMARY KEY (tariff_id, step_key, language, level)
);

ALTER TABLE queue ADD COLUMN key text;
UPDATE queue SET key = step.key FROM step WHERE step.id = queue.step_id;
ALTER TABLE queue ALTER COLUMN key SET NOT NULL;

-- The terms of a claim, frozen with its price: the list in force (null: none, so it is the step's own price), the level that counted, the
-- ticket's language, and the ticket whose end a hold waits for. Of a control task all of them are those of the ordinary task in
-- whose place it came, so that neither pay nor these columns tell.
ALTER TABLE assignment ADD COLUMN tariff_id uuid, ADD COLUMN level smallint NOT NULL DEFAULT 1, ADD COLUMN language text NOT NULL DEFAULT '',
                       ADD COLUMN pay_ticket uuid;
CREATE INDEX assignment_pay_ticket ON assignment (pay_ticket) WHERE pay_ticket IS NOT NULL;

-- The price list of a project in force at a moment, if there is one.
CREATE FUNCTION rate_list_at(its_project uuid, at timestamptz) RETURNS rate_list LANGUAGE sql STABLE AS $$
    SELECT * FROM rate_list
    WHERE project_id = its_project AND (ends_at IS NULL OR ends_at > at)
      AND starts_at = (SELECT max(starts_at) FROM rate_list WHERE project_id = its_project AND starts_at <= at)
$$;

-- What one answer is worth by a price list: the row of the ticket's language before that of all languages, then the highest level.
CREATE FUNCTION rate_of(tariff uuid, its_key text, its_level int, its_language text) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT r.price FROM rate r
    WHERE r.tariff_id = tariff AND r.step_key = its_key AND r.language IN ('', its_language) AND r.level <= its_level
    ORDER BY r.language DESC, r.level DESC LIMIT 1
$$;

GRANT SELECT ON rate_list, rate TO piecework_freelancer;
-- A list and its prices are facts; only one that has not begun may go again, with its prices.
REVOKE UPDATE, TRUNCATE ON rate_list FROM piecework_app;
REVOKE UPDATE, DELETE, TRUNCATE ON rate FROM piecework_app;
CREATE FUNCTION rate_list_has_not_begun() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.starts_at <= clock_timestamp() THEN
        RAISE EXCEPTION 'price list % is in force since %', OLD.tariff_id, OLD.starts_at USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER has_not_begun BEFORE DELETE ON rate_list FOR EACH ROW EXECUTE FUNCTION rate_list_has_not_begun();
