"""Schema of the platform: identity, jobs, idempotency, audit trail."""
