"""Weekly norms: a person's weeks, what each of them asks after all, and what comes of it (docs/norms.md has the rules in words)."""
