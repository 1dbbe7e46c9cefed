"""Who is paid, how often, where to, and what must be known of them before."""
