"""LayerInfo: what is known of a layer without running it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LayerInfo:
    """One result of one layer call.

    shape : without the batch axis; None where a length varies.
    is_cut : every path from the input to the explained output's score passes through it, so that
        the scores of its neurons sum to F(x) - F(baseline).
    channel_axis : the axis of `shape` that holds the channels; None where that is not known.
    """

    name: str
    kind: str
    shape: tuple[int | None, ...]
    is_cut: bool
    channel_axis: int | None = None
