"""Models and results as files, believed only as far as they bear out what they say."""
