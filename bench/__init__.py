"""The benchmark of the hot path: claim and submit over HTTP against the same statements run by pgbench (docs/performance.md)."""
