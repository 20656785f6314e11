"""Arrays: any input with no more known than its shape, from a file of NumPy or CSV."""

from __future__ import annotations

import functools
import textwrap
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import streamlit as st

from attribution import arrays, baselines
from attribution.cards import SequenceEntry
from dashboard.controls import own
from dashboard.controls import session as state
from dashboard.controls.session import Session
from dashboard.export.file import File
from dashboard.export.subject import Subject
from dashboard.kinds import parts
from dashboard.kinds.filed import Filed, Make, is_array, path_of
from dashboard.kinds.kind import Kind
from dashboard.request.catalogue import Model
from dashboard.request.fields import counted
from dashboard.request.form import Known
from dashboard.request.request import Query, form
from dashboard.text import markdown
from dashboard.work import sequences, several
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
    """An item shows whether it is of letters. kinds : of single inputs, for models of several."""

    def __init__(self, kinds: Mapping[str, Kind] = MappingProxyType({})) -> None:
        self.kinds = {**kinds, self.name: self}

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

    def controls(self, engine: Engine, known: Known, example: Any) -> None:
        if known.model.shapes:
            st.caption(markdown(inputs(known.model)))
            if not state.hides("upload"):
                parts.show(self.kinds, engine, known, example)

    def kept(self, session: Session) -> tuple[Collection[str], dict[str, int]]:
        ids, sizes = super().kept(session)
        return {*ids, *parts.listed()}, sizes

    def read(self, engine: Engine, known: Known, data: bytes, name: str) -> Sequence[Any]:
        entry = known.model.card.input
        with engine.refusals():
            if not known.model.shapes and isinstance(entry, SequenceEntry) and not is_array(name):
                return sequences.one_hot(engine, data, entry.alphabet, known.model.shape[0])
            if known.model.shapes:
                return arrays.read_named(data, name, known.model.shapes)
            return [each.values for each in arrays.read(data, name, known.model.shape)]

    def make(self, engine: Engine, known: Known, make: Make, read: Sequence[Any], at: int) -> Item:
        values = read[at]
        return make(
            key=at,
            encode=lambda: several.each(lambda array: array[None], values),
            references=functools.partial(references, known.model),
            shown=isinstance(known.model.card.input, SequenceEntry) and not known.model.shapes,
        )

    def given(self, item: Item, asked: Query) -> tuple[list[str], list[str]]:
        path, imports = path_of(item, asked)
        x, file = item.encode(), "path.read_bytes(), path.name"
        if item.shown:  # letters, which no array holds
            numbers = textwrap.wrap(", ".join(f"{n:g}" for n in x.ravel().tolist()), 80)
            body = [f"    {line}" for line in numbers]
            return [
                "numbers = [",
                *body,
                "]",
                f'x = np.array(numbers, "float32").reshape({x.shape})',
            ], []
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

    def files(self, subject: Subject) -> tuple[File, ...]:
        given = own.of(state.session(), self.name).held.get(subject.item.name)
        if not isinstance(given, parts.Mixed):
            return super().files(subject)
        about = "What was given for each input, as one file, which the program reads."
        whole = File(
            "input", "Input (NPZ)", given.file, "application/octet-stream", about,
            lambda: given.parts[0],
        )  # fmt: skip
        return (*super().files(subject), whole)

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
        f"input together{f'; {ids}' if ids else ''}. What cannot move is "
        "said with that input, and below the answer."
    )


def _shape(shape: Sequence[int]) -> str:
    return " × ".join(map(str, shape))
