"""What curators look at: audits, disputes, reviews, and the queue of all of it."""
