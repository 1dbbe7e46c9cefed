"""How a step's answers are checked: changing it, and trying it first."""
