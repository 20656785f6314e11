"""Ruler: which letters along a sequence bear their position's number."""

from __future__ import annotations

from typing import Any

from dashboard.locus import Locus

_TICKS = 9  # at most, along an axis
_DIGITS = 180  # that fit side by side under a row


def axis(locus: Locus) -> dict[str, Any]:
    """The ticks of an axis over all letters: round positions, over the middle of their letters."""
    found = locus.ticks(range(locus.size), _round(locus.size / _TICKS)) or [locus.begin]
    return {"tickvals": [i + 0.5 for i in found], "ticktext": [locus.label(i) for i in found]}


def numbers(locus: Locus | None, first: int, length: int, width: int) -> dict[int, str]:
    """Of `length` letters from `first` on, in rows of `width`, what stands under which of them.

    The numbers of every tenth position, or of fewer where they are long, as those of a chromosome,
    and of each row's first where there is room. Without a locus the letters number themselves.
    """
    digits = len(f"{locus.ends[1] if locus else first + length:,}") + 2
    every = _round(max(10, width * digits / _DIGITS))
    found: dict[int, str] = {}
    for i in range(length):
        number = locus.number(first + i) if locus else first + i
        if number is None:
            continue
        next_ = number % every if locus and locus.strand == "-" else -number % every
        heads = i % width == 0 and width > 10 and next_ * _DIGITS > width * digits
        if number % every == 0 or heads:
            found[i] = f"{number:,}"
    return found


def _round(least: float) -> int:
    """The first of 1, 2, 5, 10, 20, ... that is no less."""
    power = 1
    while True:
        for step in (power, 2 * power, 5 * power):
            if step >= least:
                return step
        power *= 10
