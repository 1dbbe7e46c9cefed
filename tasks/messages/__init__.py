"""Messages to people: to one, to a project's, by a filter; with the threads that follow."""
