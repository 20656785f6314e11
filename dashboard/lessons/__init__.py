"""Lessons: as data, what they ask, and how an answer is checked against what is computed."""
