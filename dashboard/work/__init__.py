"""Work: the only room that computes; what it finds is plain data."""
