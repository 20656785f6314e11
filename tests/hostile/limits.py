"""Just within the limits of the library."""

MOST = 10 * 1024 * 1024 - 1024  # bytes of a file
SIDE = 6_320  # of a square of just under 40 million pixels
