"""What is known of people: accuracy, standing, suspicion."""
