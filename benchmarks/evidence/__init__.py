"""The paper's comparison, made again: which ranking of hidden units can be relied on, and where."""
