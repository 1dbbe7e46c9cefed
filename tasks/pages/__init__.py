"""Pages over the work: for those who do it, for those whose it is, and for those who keep its rules."""
