"""How good it is: golden tasks, overlap and consensus, accuracy of people, acceptance."""
