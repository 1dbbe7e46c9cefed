"""What people must know of a project: its instruction in versions, and articles found by words and from the task at hand."""
