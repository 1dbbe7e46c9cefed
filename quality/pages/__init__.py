"""Pages of quality: the curator's desk, and the freelancer's view of how they are judged."""
