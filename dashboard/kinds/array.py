"""Arrays: any input with no more known than its shape, from a file of NumPy or CSV."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from attribution import arrays, baselines
from dashboard.kinds.filed import Filed, Make, path_of
from dashboard.request.fields import counted
from dashboard.request.form import Known
from dashboard.request.request import Query, form
from dashboard.work.engine import Engine
from dashboard.work.item import Item

Values = npt.NDArray[np.float32]
_BASELINES = {
    "zeros": "Zeros",
    "mean": "Its own mean",
    "noise": "Noise",
}
_SEED = counted("seed", "Seed of the noise", "The seed", 0, 9999, 0, part="baseline", of="noise")
_EXAMPLE = counted("example", "Example", "The example", 0, 999_999, 0, part="reading")


class Arrays(Filed):
    """An item shows nothing beside its array."""

    name, noun, baselines = "array", "array", _BASELINES
    endings = ("npy", "npz", "csv")
    form = form(
        "array",
        "Array",
        _BASELINES,
        reading=(_EXAMPLE,),
        options=(_SEED,),
        depends={"input": ("example",)},
    )

    def takes(self, known: Known) -> str:
        shape = " × ".join("any" if n is None else str(n) for n in known.model.shape)
        return f"NPY, NPZ or CSV of {shape} numbers, or of several such examples"

    def read(self, engine: Engine, known: Known, data: bytes, name: str) -> Sequence[Any]:
        with engine.refusals():
            return [each.values for each in arrays.read(data, name, known.model.shape)]

    def make(self, engine: Engine, known: Known, make: Make, read: Sequence[Any], at: int) -> Item:
        values = read[at]
        return make(key=at, encode=lambda: values[None], references=references, shown=None)

    def given(self, item: Item, asked: Query) -> tuple[list[str], list[str]]:
        path, imports = path_of(item, asked)
        return [
            f"path = {path}",
            "examples = attribution.arrays.read(path.read_bytes(), path.name, "
            f"{item.encode().shape[1:]})",
            f"x = examples[{item.key}].values[None]",
        ], imports

    def compared(self, asked: Query) -> str:
        return {
            "zeros": "attribution.baselines.zeros(x)",
            "mean": "np.full_like(x, x.mean())",
            "noise": f"attribution.baselines.noise(x, seed={dict(asked.options).get('seed')}, "
            "count=1)[0]",
        }[asked.baseline]


def references(x: Values, asked: Query) -> list[Values]:
    """What an array x (1, *input shape) is compared with."""
    if asked.baseline == "mean":
        return [np.full_like(x, x.mean())]
    if asked.baseline == "noise":
        return [baselines.noise(x, asked["seed"], 1)[0]]
    return [baselines.zeros(x)]
