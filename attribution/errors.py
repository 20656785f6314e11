"""The errors of this library.

Every message is one or two plain sentences: what was given, what is expected, what to do about it.
A screen can show ``str(error)`` as it is.

Each class is an `AttributionError`, and also the built-in error that Python itself would
raise in its place, so ``except ValueError`` and ``except KeyError`` keep working.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_CLOSE_MATCHES = 3
_LISTED_NAMES = 6
_SHOWN_CHARS = 80  # a name may come from an edited link and be of any length


class AttributionError(Exception):
    """Base class of every error that this library raises on purpose."""


class InvalidRequest(AttributionError, ValueError):
    """An argument, or a combination of arguments, that cannot be answered."""


class InvalidImage(AttributionError, ValueError):
    """Bytes that are not a picture we can read, or a picture outside the limits."""


class InvalidSequence(AttributionError, ValueError):
    """Text or bytes that are not a nucleotide sequence, or a sequence outside the limits."""


class InvalidArray(AttributionError, ValueError):
    """Bytes that are not an array for an input, or one outside the limits."""


class InvalidCard(AttributionError, ValueError):
    """A model's card that cannot be read, or that contradicts its model."""


class InvalidTable(AttributionError, ValueError):
    """Bytes that are not a table of the features that are asked for, or one outside the limits."""


class InvalidSeries(AttributionError, ValueError):
    """Bytes that are not a series of values along time, or one outside the limits."""


class InvalidTokens(AttributionError, ValueError):
    """Text that does not become tokens of a model's vocabulary, or a vocabulary that is none."""


class UnsupportedModel(AttributionError, ValueError):
    """A model, or a model file, that this library cannot work with."""


class UnknownLayer(AttributionError, KeyError):
    """A layer name that the network does not have.

    Parameters
    ----------
    name : the name that was asked for.
    known : the names that exist, in graph order.
    """

    def __init__(self, name: str, known: Iterable[str] = ()) -> None:
        self.name = str(name)
        self.known = tuple(known)
        super().__init__(self.name, self.known)  # args mirror the signature, so it can be pickled

    @property
    def matches(self) -> tuple[str, ...]:
        """The known names most like the given one, best first; at most three."""
        by_lower = {name.lower(): name for name in self.known}
        found = difflib.get_close_matches(self.name.lower(), list(by_lower), n=_CLOSE_MATCHES)
        return tuple(by_lower[name] for name in found)

    def __str__(self) -> str:  # KeyError would show the repr of its argument
        asked = self.name if len(self.name) <= _SHOWN_CHARS else f"{self.name[:_SHOWN_CHARS]}..."
        sentence = f"The network has no layer {asked!r}."
        if self.matches:
            return f"{sentence} Did you mean {_listed(self.matches)}?"
        if self.known:
            shown = ", ".join(map(repr, self.known[:_LISTED_NAMES]))
            rest = len(self.known) - _LISTED_NAMES
            more = f" and {rest} more" if rest > 0 else ""
            return f"{sentence} Its layers are {shown}{more}."
        return sentence


class UnsupportedOperation(AttributionError, ValueError):
    """An operation between the layer and the target for which there is no exact rule.

    Parameters
    ----------
    layer : name of the layer whose call contains the operation.
    op : type of the TensorFlow operation, such as ``"Erfinv"``.
    advice : a sentence that says what to do instead.
    """

    def __init__(self, layer: str, op: str, advice: str = "") -> None:
        self.layer = layer
        self.op = op
        self.advice = advice
        super().__init__(layer, op, advice)

    def __str__(self) -> str:
        sentence = (
            f"Layer {self.layer!r} uses the TensorFlow operation {self.op}, "
            "for which there is no exact rule."
        )
        return f"{sentence} {self.advice}".rstrip()


def _listed(names: Iterable[str]) -> str:
    """'a', 'b' or 'c'."""
    *head, last = map(repr, names)
    return f"{', '.join(head)} or {last}" if head else last


def one_line(text: str, most: int = _SHOWN_CHARS) -> str:
    """Someone else's text as a part of a sentence: on one line, printable, at most so long."""
    plain = "".join(c if c.isprintable() else "?" for c in " ".join(text.split()))
    return plain if len(plain) <= most else f"{plain[:most]}..."
