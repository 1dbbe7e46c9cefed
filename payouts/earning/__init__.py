"""What accepted work earns, and where that money is."""
