"""Exact integration: where a piecewise-linear network bends along a path, and the sum between."""
