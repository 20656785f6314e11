"""Arrays: any input with no more known than its shape, from a file of NumPy or CSV."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import streamlit as st

from attribution import arrays, baselines
from dashboard.kinds.filed import Filed, Make, path_of
from dashboard.request.catalogue import Model
from dashboard.request.fields import counted
from dashboard.request.form import Known
from dashboard.request.request import Query, form
from dashboard.text import markdown
from dashboard.work import several
from dashboard.work.engine import Engine
from dashboard.work.item import Item
from dashboard.work.several import Given

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
        if known.model.shapes:
            return "NPZ with an array for each input by its name, or several examples of each"
        shape = _shape(known.model.shape)
        return f"NPY, NPZ or CSV of {shape} numbers, or of several such examples"

    def controls(self, known: Known, example: Any) -> None:
        if known.model.shapes:
            st.caption(markdown(inputs(known.model)))

    def read(self, engine: Engine, known: Known, data: bytes, name: str) -> Sequence[Any]:
        with engine.refusals():
            if known.model.shapes:
                return arrays.read_named(data, name, known.model.shapes)
            return [each.values for each in arrays.read(data, name, known.model.shape)]

    def make(self, engine: Engine, known: Known, make: Make, read: Sequence[Any], at: int) -> Item:
        values = read[at]
        return make(
            key=at,
            encode=lambda: several.each(lambda array: array[None], values),
            references=functools.partial(references, known.model),
            shown=None,
        )

    def given(self, item: Item, asked: Query) -> tuple[list[str], list[str]]:
        path, imports = path_of(item, asked)
        x, file = item.encode(), "path.read_bytes(), path.name"
        if isinstance(x, Mapping):
            shapes = {name: values.shape[1:] for name, values in x.items()}
            return [
                f"path = {path}",
                f"shapes = {shapes!r}",
                f"examples = attribution.arrays.read_named({file}, shapes)",
                f"x = {{name: values[None] for name, values in examples[{item.key}].items()}}",
            ], imports
        return [
            f"path = {path}",
            f"examples = attribution.arrays.read({file}, {x.shape[1:]})",
            f"x = examples[{item.key}].values[None]",
        ], imports

    def compared(self, asked: Query) -> str:
        return {
            "zeros": "attribution.baselines.zeros(x)",
            "mean": "np.full_like(x, x.mean())",
            "noise": f"attribution.baselines.noise(x, seed={dict(asked.options).get('seed')}, "
            "count=1)[0]",
        }[asked.baseline]


def reference(x: Values, asked: Query) -> Values:
    """What an array x (1, *input shape) is compared with."""
    if asked.baseline == "mean":
        return np.full_like(x, x.mean())
    if asked.baseline == "noise":
        return np.asarray(baselines.noise(x, asked["seed"], 1)[0])
    return np.asarray(baselines.zeros(x))


def references(model: Model, x: Given, asked: Query) -> list[Given]:
    """What an input is compared with: of several each with its own, words with padding."""
    if not isinstance(x, Mapping):
        return [reference(x, asked)]
    padding = model.padding
    return [
        {
            name: np.full_like(values, padding[name])
            if name in padding
            else reference(values, asked)
            for name, values in x.items()
        }
    ]


def inputs(model: Model) -> str:
    """Which inputs there are, and how they move."""
    shapes = (f"{name} ({_shape(shape)})" for name, shape in model.shapes.items())
    ids = "; ".join(f"{name} begins at its padding, {id_}" for name, id_ in model.padding.items())
    return (
        f"{len(model.shapes)} inputs: {', '.join(shapes)}. All move from their baseline to the "
        f"input together{f'; {ids}' if ids else ''}. What cannot move is said below the answer."
    )


def _shape(shape: Sequence[int]) -> str:
    return " × ".join(map(str, shape))
