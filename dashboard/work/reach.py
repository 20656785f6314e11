"""Reach: where the positions of a layer look, along the one axis of an input that has such."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from attribution import fields
from dashboard.work.engine import Engine
from dashboard.work.item import Item


def centres(engine: Engine, item: Item, layer: str, positions: int) -> npt.NDArray[Any]:
    """(positions,): the middle of what each sees, in places of the input; measured once."""

    def work(net: Any) -> npt.NDArray[Any]:
        found = fields.measure(net, layer, item.encode())
        along = found.axes[0] if found else None
        at = np.arange(positions, dtype=np.float64)
        return at if along is None else np.asarray(along.centre(at))

    key = ("centres", layer, item.encode().shape[1:])
    return engine.briefly(None, item.model, key, work)
