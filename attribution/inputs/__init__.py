"""Bytes to arrays. NumPy and Pillow only."""
