"""A crowd played against a quality policy, with the same decisions as in production. No database."""
