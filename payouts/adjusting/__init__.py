"""What is added for a span of time, and what a published rule takes."""
