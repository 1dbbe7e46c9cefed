"""Who is calling: accounts, roles, passwords, sessions, API tokens."""
