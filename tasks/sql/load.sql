-- Shifts, supply by the hour, forecasts, people needed, invitations.

-- When somebody intends to be there: days on and off in turn from an anchor, or hours by the day of the week, in local days of the zone of
-- their contract. Availability, never presence: nothing follows from not keeping it. Of the versions valid on a day the newest holds.
-- hours: [{since, until, weekday}] in minutes after midnight; `until` not after `since` is on the next day.
CREATE TABLE shift_plan (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    freelancer_id uuid NOT NULL REFERENCES account,
    version int NOT NULL CHECK (version > 0),
    pattern text NOT NULL CHECK (pattern IN ('2/2', '3/3', '5/2', 'own', 'none')),
    anchor date,
    hours jsonb NOT NULL,
    valid_from date NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT shift_plan_version_key UNIQUE (freelancer_id, version),
    CONSTRAINT shift_plan_anchor CHECK ((pattern IN ('2/2', '3/3', '5/2')) = (anchor IS NOT NULL)),
    CONSTRAINT shift_plan_hours CHECK ((pattern = 'none') = (hours = '[]'))
);
SELECT make_append_only('shift_plan');

-- What follows is reckoned from tickets, assignments, gaps and supply, and may be reckoned again. Hours are those of UTC.

-- Hours from `since` are counted, up to `until` for good but for what comes late.
CREATE TABLE hours_counted (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    since timestamptz NOT NULL,
    until timestamptz NOT NULL CHECK (until >= since)
);

CREATE TABLE arrival_hour (
    hour timestamptz NOT NULL,
    project_id uuid NOT NULL,
    channel text NOT NULL,
    tickets int NOT NULL,
    PRIMARY KEY (hour, project_id, channel)
);

-- Of what was claimed in the hour: how much was answered, and in how much time (each at most three times the step's median).
CREATE TABLE step_hour (
    step_id bigint NOT NULL,
    hour timestamptz NOT NULL,
    claimed int NOT NULL,
    answered int NOT NULL,
    took_ms bigint NOT NULL,
    PRIMARY KEY (step_id, hour)
);

-- The hours in which a person claimed anything; `usual_ms`: the steps' medians of what they answered, where known, and `took_ms` of the same.
CREATE TABLE work_hour (
    hour timestamptz NOT NULL,
    freelancer_id uuid NOT NULL,
    answered int NOT NULL,
    took_ms bigint NOT NULL,
    usual_ms bigint NOT NULL,
    PRIMARY KEY (hour, freelancer_id)
);

-- project_id null: all together, for every hour; of a project only the hours in which there was something. open_minutes: in how many
-- minutes work stood open. Only of all together, because one asks for work of any project: minutes in which the platform worked,
-- empty_asks (gaps that began), waits (those of them that ended in work) and how long these lasted.
CREATE TABLE supply_hour (
    project_id uuid,
    hour timestamptz NOT NULL,
    tickets int NOT NULL,
    claimed int NOT NULL,
    people int NOT NULL,
    open_minutes int NOT NULL,
    minutes int NOT NULL,
    empty_asks int NOT NULL,
    waits int NOT NULL,
    waited_s bigint NOT NULL,
    CONSTRAINT supply_hour_once UNIQUE NULLS NOT DISTINCT (project_id, hour)
);

-- Tickets expected per hour from starts_at on; without a method the reason why there is no forecast. error_*: mean absolute scaled error
-- of each method on the last weeks, null if there is nothing to scale by.
CREATE TABLE forecast (
    project_id uuid NOT NULL REFERENCES project,
    channel text NOT NULL,
    made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    starts_at timestamptz NOT NULL,
    weeks int NOT NULL,
    method text CHECK (method IN ('seasonal_naive', 'holt_winters')),
    reason text CHECK (reason IN ('too_little_history')),
    error_seasonal_naive double precision,
    error_holt_winters double precision,
    expected double precision[] NOT NULL DEFAULT '{}',
    low double precision[] NOT NULL DEFAULT '{}',
    high double precision[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (project_id, channel),
    CONSTRAINT forecast_or_reason CHECK ((method IS NULL) = (reason IS NOT NULL))
);

-- People expected to be at work in each hour from starts_at on, counted at the usual pace; project_id null: anywhere.
CREATE TABLE availability (
    project_id uuid,
    starts_at timestamptz NOT NULL,
    people double precision[] NOT NULL,
    CONSTRAINT availability_once UNIQUE NULLS NOT DISTINCT (project_id)
);

-- How the hours in which a person usually works spread over a week of theirs: which share of them is over at its start (0), an hour later,
-- and so on to its end (1). Who has worked too little for a habit has no row; a row of another week does not count.
CREATE TABLE usual_week (
    freelancer_id uuid PRIMARY KEY REFERENCES account,
    week_starts timestamptz NOT NULL,
    past real[] NOT NULL
);

-- Open work by the hour in which it is due, in hours of one person at the usual pace, from counted_at on: what is overdue is in the first, what
-- is due after the last in `later`. unpaced: open tasks of steps whose pace is not known, which are in neither.
CREATE TABLE backlog (
    project_id uuid PRIMARY KEY REFERENCES project,
    counted_at timestamptz NOT NULL,
    tasks int NOT NULL,
    due double precision[] NOT NULL,
    later double precision NOT NULL,
    unpaced int NOT NULL
);

-- Who was asked whether they would come, because the people at work could not finish a project's backlog in time. came: they claimed
-- something within an hour; null until that is over.
CREATE TABLE invitation (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    freelancer_id uuid NOT NULL REFERENCES account,
    project_id uuid NOT NULL REFERENCES project,
    sent_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    at_work int NOT NULL,
    wanted int NOT NULL,
    came boolean
);
CREATE INDEX invitation_of ON invitation (freelancer_id, sent_at);
CREATE INDEX invitation_sent ON invitation (project_id, sent_at);
CREATE INDEX invitation_waiting ON invitation (sent_at) WHERE came IS NULL;
REVOKE DELETE, TRUNCATE ON invitation, forecast, backlog, hours_counted FROM piecework_app;

-- For the hourly counts and the live view: none of them is touched by a claim or a submit.
CREATE INDEX ticket_received ON ticket USING brin (received_at) WITH (autosummarize = on);
CREATE INDEX ticket_due ON ticket (project_id, channel, deadline_at) WHERE state = 'open';
CREATE INDEX ticket_waiting ON ticket (project_id, channel, received_at) WHERE state = 'open';
CREATE INDEX slot_waiting ON slot (step_id, line, opened_at) WHERE assignment_id IS NULL AND NOT control;
CREATE INDEX assignment_refused ON assignment (step_id, ended_at) WHERE state = 'rejected';
