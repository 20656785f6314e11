"""Words: a sentence for each finding."""
