"""Sequences: the request, its state and its answers, beside those for pictures."""
