"""Axis: where the numbers and names of a Plotly figure stand on paper."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from PIL import ImageFont

_ROOM = 0.05  # beside the data, where a figure gives no range
_TICKS = 6
_STEPS = (1, 2, 5, 10)


@dataclass(frozen=True)
class Axis:
    """low, high : the ends in the axis's own numbers: logarithms, or counts of the names.

    start, end : where low and high are on paper. ticks : (value, text).
    """

    low: float
    high: float
    start: float
    end: float
    ticks: tuple[tuple[Any, str], ...]
    log: bool = False
    names: tuple[str, ...] = ()

    def number(self, value: Any) -> float:
        """A value of the data in the axis's own numbers."""
        if isinstance(value, str):
            return self.names.index(value)
        return math.log10(value) if self.log else float(value)

    def holds(self, value: Any) -> bool:
        """Whether a value has a place: a gap has none, nor has zero on a log axis."""
        return value is not None and not (self.log and value <= 0)

    def at(self, value: Any, aside: float = 0.0) -> float:
        """Where a value is on paper; aside : so far beyond it, in the axis's own numbers."""
        share = (self.number(value) + aside - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)


def axis(layout: Any, values: Sequence[Any], start: float, end: float) -> Axis:
    """An axis of a figure's layout that holds these values, between two places on paper.

    start, end : of its domain, where its low and its high end are.
    """
    names = tuple(dict.fromkeys(v for v in values if isinstance(v, str)))
    log = layout.type == "log"
    low, high = _ends(layout, names, values, log)
    if layout.autorange == "reversed":
        low, high = high, low
    if names:
        ticks: Iterable[tuple[Any, str]] = [(name, name.strip()) for name in names]
    elif layout.tickvals is not None:
        ticks = zip(layout.tickvals, layout.ticktext, strict=True)
    elif log:
        powers = range(math.ceil(min(low, high)), math.floor(max(low, high)) + 1)
        ticks = [(10.0**n, f"{10.0**n:g}") for n in powers]
    else:
        ticks = _round_ticks(low, high, (layout.nticks or _TICKS), layout.tickformat or "")
    within = Axis(low, high, start, end, (), log, names)
    least, most = sorted((low, high))
    kept = tuple((v, t) for v, t in ticks if least - 1e-9 <= within.number(v) <= most + 1e-9)
    return Axis(low, high, start, end, kept, log, names)


def width(text: str, size: float) -> float:
    """How long a text is on paper, nearly."""
    return float(ImageFont.load_default(size).getlength(text))


def _ends(
    layout: Any, names: tuple[str, ...], values: Sequence[Any], log: bool
) -> tuple[float, float]:
    if layout.range is not None:
        return float(layout.range[0]), float(layout.range[1])
    if names:
        return -0.5, len(names) - 0.5
    numbers = [math.log10(v) if log else float(v) for v in values if v > 0 or not log]
    if layout.rangemode == "tozero":
        numbers.append(0.0)
    low, high = min(numbers, default=0.0), max(numbers, default=1.0)
    if low == high:
        return low - 0.5, high + 0.5
    room, flush = _ROOM * (high - low), layout.rangemode == "tozero"
    return (
        low if flush and low == 0 else low - room,
        high if flush and high == 0 else high + room,
    )


def _round_ticks(low: float, high: float, most: int, form: str) -> list[tuple[float, str]]:
    """Multiples of a round number, no more than `most` of them."""
    low, high = sorted((low, high))
    least = (high - low) / max(most, 1)
    power = 10.0 ** math.floor(math.log10(least))
    step = next(s * power for s in _STEPS if s * power >= least * (1 - 1e-9))
    counts = range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    return [(n * step, _text(n * step, digits, form)) for n in counts]


def _text(value: float, digits: int, form: str) -> str:
    if form.endswith("%"):
        return f"{value * 100:.{max(digits - 2, 0)}f} %"
    return f"{value:,.{digits}f}".replace("-", "−") if value else "0"
