"""What curators and everybody may read."""
