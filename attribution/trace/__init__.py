"""A model run once in a graph: what its layers return, and what leads to what."""
