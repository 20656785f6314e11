"""Files that nobody meant well with, built on the spot. Each module yields (name, bytes)."""
