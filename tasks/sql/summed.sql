-- What reports sum over a year lies in indexes beside what it is found by, so that no row of the year is read for it.
DROP INDEX assignment_pace;
CREATE INDEX assignment_pace ON assignment (step_id, ended_at) INCLUDE (claimed_at, price, share) WHERE state = 'accepted';
CREATE INDEX task_decided ON task (step_id) INCLUDE (confidence) WHERE state = 'resolved' AND ticket_id IS NOT NULL;
CREATE INDEX ticket_resolved ON ticket (resolved_at) WHERE state = 'resolved';

-- At which pace a step went at a moment, asked for each gap of a week: one row from the end of an index, not all of the step's.
CREATE INDEX supply_pace ON supply (step_id, minute) INCLUDE (median_ms) WHERE median_ms IS NOT NULL;

-- Whom a curator refused, and where an audit changed what was decided.
CREATE INDEX decision_refused ON decision (actor) WHERE basis IN ('curator', 'audit') AND share < 10000;
CREATE INDEX decision_changed ON decision (assignment_id) WHERE basis = 'audit' AND (revision > 1 OR share < 10000);
