"""Picture: what a model sees of one, read when it is asked for; and how its baselines look."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from attribution import images
from dashboard.kinds.image.form import BASELINES, reference
from dashboard.request.form import Known
from dashboard.work import pictures
from dashboard.work.decoder import Pixels
from dashboard.work.engine import Engine
from dashboard.work.findings import Reference
from dashboard.work.item import Item


@dataclass(frozen=True)
class FramedPicture:
    """read : its pixels in the model's frame. encoding : between pixels and the model's space."""

    read: Callable[[], Pixels]
    encoding: images.ImageInput

    @property
    def pixels(self) -> Pixels:
        """uint8 (height, width, 3), what the model sees, on white. Raises Refused where it was
        forgotten."""
        found = self.read()
        return found if found.shape[2] == 3 else self.decode(self.encoding.encode(found))

    def encode(self) -> npt.NDArray[np.float32]:
        """(1, height, width, channels)."""
        return self.encoding.encode(self.read())[None]

    def decode(self, array: npt.NDArray[Any]) -> Pixels:
        """(height, width, channels) of the model's space as pixels."""
        return self.encoding.decode(array)


def references(engine: Engine, known: Known, item: Item, target: int) -> Mapping[str, Reference]:
    """Each baseline to look at, as it is set, chosen or not, with the target's score there.

    Brief: whatever is asked, it is six pictures sent forward once.
    """
    options = {name: known.values[name] for name in ("sigma", "seed")}

    def work(net: Any) -> Mapping[str, Reference]:
        shown: FramedPicture = item.shown
        x = item.encode()
        arrays = [reference(shown.encoding, x, name, options)[0] for name in BASELINES]
        scores = net.score(np.stack(arrays), known.model.outputs.target(target))
        return {
            name: Reference(pictures.shrink(shown.decode(array)), float(score))
            for name, array, score in zip(BASELINES, arrays, scores, strict=True)
        }

    key = ("references", target, *options.values())
    return engine.briefly(item, known.model.name, key, work)
