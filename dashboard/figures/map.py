"""Map: numbers of a layer's positions, as they are laid over the input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from dashboard.words.quantity import CONTRIBUTION

SIDE = 400  # pixels; the height of a map, and its width where there is room


@dataclass(frozen=True)
class Map:
    """values : (*positions). palette : of signed scores; None for activations, which run from
    their smallest to their largest. bound : of the colours, where several maps share it, else
    scale.limit of these values. picked : a position to outline. axes : their names.
    """

    values: npt.NDArray[Any]
    palette: str | None = "RdBu"
    side: int = SIDE
    bound: float | None = None
    unit: str = CONTRIBUTION
    picked: tuple[int, ...] | None = None
    axes: tuple[str, ...] = ()
