"""The exit codes of a command."""

FINE = 0
REFUSED = 2
"""Bad input, or one of several inputs that was refused; what is wrong is on standard error."""
UNSURE = 3
"""An answer that says of itself that it is not to be relied on."""
INTERRUPTED = 130
