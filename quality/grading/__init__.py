"""What becomes of answers: known truths, verdicts, deadlines, and everything that follows from them."""
