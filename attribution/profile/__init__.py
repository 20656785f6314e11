"""Profiles: which units of a network decide for each class of a data set, and how sure that is."""
