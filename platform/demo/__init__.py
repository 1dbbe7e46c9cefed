"""The demonstration: the whole chain once, for real, on tickets written for this project."""
