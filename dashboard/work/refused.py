"""Refused: what cannot be answered, as a sentence."""


class Refused(Exception):
    """A request or a file that cannot be answered; the message is a sentence for the page."""
