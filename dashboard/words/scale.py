"""Scale: the numbers that a network is given, against those that it was made for."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

_NARROW, _WIDE = 0.02, 0.5  # of what is expected: less than this width, or so far beyond its ends


def seen(x: npt.NDArray[Any], expects: tuple[str, float, float] | None) -> tuple[str, bool]:
    """What goes into the network, and whether that may be as it should.

    x : the input as the network takes it. expects : as of a Model.
    """
    low, high, mean = float(x.min()), float(x.max()), float(x.mean())
    said = f"The network is given numbers from {low:.3g} to {high:.3g}, {mean:.3g} on average"
    if expects is None:
        return f"{said}.", True
    layer, least, most = expects
    made = f"its first scaling, {layer}, is made for {least:.3g} to {most:.3g}"
    width = most - least
    beyond = low < least - _WIDE * width or high > most + _WIDE * width
    narrow = 0 < high - low < _NARROW * width
    if beyond or narrow:
        return (
            f"{said}, and {made}: the range on the card is very likely wrong"
            f"{', unless the picture is nearly of one colour' if narrow else ''}.",
            False,
        )
    return f"{said}; {made}.", True
