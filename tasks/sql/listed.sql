-- A project's tickets as its list shows them: the newest or oldest of a channel and state.
CREATE INDEX ticket_listed ON ticket (project_id, channel, state, received_at, id);
