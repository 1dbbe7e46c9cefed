-- Tickets that are taken up again after their end, and what a ticket may cost.

-- A reopening. `redo` are the steps that are done anew, `replaced` their newest tasks until then; resolved_at: when the ticket had been
-- resolved (null: it was stuck). claw_back asks for the money of the answers to the replaced tasks, as far as it is still on hold; a
-- person may object to that for appeal_days.
CREATE TABLE reopening (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    ticket_id uuid NOT NULL REFERENCES ticket,
    number smallint NOT NULL CHECK (number > 0),
    reason text NOT NULL CHECK (length(reason) BETWEEN 3 AND 2000),
    redo text[] NOT NULL CHECK (cardinality(redo) > 0),
    replaced uuid[] NOT NULL CHECK (cardinality(replaced) = cardinality(redo)),
    resolved_at timestamptz,
    claw_back boolean NOT NULL,
    appeal_days smallint NOT NULL CHECK (appeal_days > 0),
    actor uuid NOT NULL REFERENCES account,
    at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT reopening_number UNIQUE (ticket_id, number)
);
SELECT make_append_only('reopening');

-- The most that one ticket may cost in base prices, where that differs from its price list's bound for all.
CREATE TABLE ticket_budget (
    ticket_id uuid PRIMARY KEY REFERENCES ticket,
    amount bigint NOT NULL CHECK (amount > 0),
    set_by uuid NOT NULL REFERENCES account,
    set_at timestamptz NOT NULL DEFAULT now()
);
REVOKE TRUNCATE ON ticket_budget FROM piecework_app;

-- Tasks before a curator because the budget of their ticket did not allow one more answer, the `overlap`th.
CREATE TABLE unaffordable (
    task_id uuid PRIMARY KEY REFERENCES task,
    overlap smallint NOT NULL CHECK (overlap > 1),
    since timestamptz NOT NULL DEFAULT now()
);
REVOKE TRUNCATE ON unaffordable FROM piecework_app;

-- What a ticket may cost in base prices now: its own bound, else that of the price list in force; null: any sum.
CREATE FUNCTION budget_of(its_ticket uuid, its_project uuid) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT b.amount FROM ticket_budget b WHERE b.ticket_id = its_ticket),
                    (SELECT l.ticket_budget FROM rate_list_at(its_project, now()) l))
$$;

-- The most that one answer to a step may cost if it is claimed now: who will claim it, and at which level, is not known yet.
CREATE FUNCTION dearest_price(its_step bigint, its_language text) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT greatest((SELECT max(r.price) FROM rate r
                     WHERE r.tariff_id = l.tariff_id AND r.step_key = q.key AND r.language IN ('', its_language)),
                    CASE WHEN l.tariff_id IS NULL OR rate_of(l.tariff_id, q.key, q.level, its_language) IS NULL THEN q.price END)
    FROM queue q LEFT JOIN LATERAL rate_list_at(q.project_id, now()) l ON true WHERE q.step_id = its_step
$$;

-- What each task of tickets has committed them to: `given`, answers that were given and not refused, and `working`, those being worked
-- on, at the price of their claim; `wanted`, answers still to come, for each of which an open task has a slot, at the dearest price.
CREATE FUNCTION committed(tickets uuid[]) RETURNS TABLE (ticket_id uuid, task_id uuid, given bigint, working bigint, wanted bigint)
LANGUAGE sql STABLE AS $$
    WITH its AS MATERIALIZED (
        SELECT t.ticket_id, t.id, t.step_id, t.state, t.overlap, k.language FROM ticket k JOIN task t ON t.ticket_id = k.id
        WHERE k.id = ANY (tickets)),
    prices AS MATERIALIZED (
        SELECT p.step_id, p.language, dearest_price(p.step_id, p.language) AS price
        FROM (SELECT DISTINCT step_id, language FROM its WHERE state = 'open') p)
    SELECT t.ticket_id, t.id, coalesce(a.given, 0)::bigint, coalesce(a.working, 0)::bigint,
           coalesce(greatest(t.overlap - a.answers, 0) * p.price, 0)::bigint
    FROM its t LEFT JOIN prices p ON t.state = 'open' AND p.step_id = t.step_id AND p.language = t.language
    CROSS JOIN LATERAL (
        SELECT count(*) AS answers, sum(a.price) FILTER (WHERE a.state IN ('submitted', 'accepted')) AS given,
               sum(a.price) FILTER (WHERE a.state = 'held') AS working
        FROM assignment a WHERE a.task_id = t.id AND a.state IN ('held', 'submitted', 'accepted', 'rejected')) a
$$;
