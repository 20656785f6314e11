"""Arrays: any input with no more known than its shape, from a file of NumPy or CSV."""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import streamlit as st

from attribution import arrays, baselines
from attribution.cards import Sample
from dashboard.controls import choices, own, quota
from dashboard.controls import session as state
from dashboard.controls.session import Session
from dashboard.kinds.kind import Kind
from dashboard.request.catalogue import Model
from dashboard.request.fields import counted
from dashboard.request.form import Known
from dashboard.request.request import OWN, Query, form
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


class ArrayFile(own.Own):
    """A file of one's own. parts : each (*input shape)."""

    @property
    def size(self) -> int:
        return sum(a.nbytes for example in self.parts for a in several.arrays(example))


class Arrays(Kind):
    """An item shows nothing beside its array."""

    name, noun, baselines = "array", "array", _BASELINES
    form = form(
        "array",
        "Array",
        _BASELINES,
        reading=(_EXAMPLE,),
        options=(_SEED,),
        depends={"input": ("example",)},
    )

    def choose(self, engine: Engine, known: Known, session: Session) -> tuple[Item, str]:
        held = own.of(session, self.name).held
        titles = {name: f"{given.title} · {_examples(given.parts)}" for name, given in held.items()}
        name, missing = choices.inputs(known, self.noun, titles)
        if not state.hides("upload"):
            _uploader(engine, known)
        if known.model.shapes:
            st.caption(markdown(inputs(known.model)))
        if sample := known.model.card.sample(name):
            st.caption(markdown(sample.look_for))
            return self.sample(engine, known, sample), missing
        given = held[name]
        number = min(int(known.values["example"]), len(given.parts) - 1)
        if len(given.parts) > 1 and not state.hides("example"):
            st.number_input("Example", 0, len(given.parts) - 1, step=1, key="example")
        return _item(known, name, given.title, session.id, given.parts[number], given.file), ""

    def sample(self, engine: Engine, known: Known, sample: Sample) -> Item:
        data = sample.file.read_bytes()
        values = _read(engine, data, sample.file.name, known)[0]
        return _item(known, sample.name, sample.title, "", values, about=sample.target)

    def kept(self, session: Session) -> tuple[Collection[str], dict[str, int]]:
        file = st.session_state.get("array_file")
        return ({file.file_id} if file else ()), own.of(session, self.name).sizes

    def notices(self, session: Session) -> None:
        for refused in own.of(session, self.name).refused.values():
            st.error(markdown(refused))

    def given(self, item: Item, asked: Query) -> tuple[list[str], list[str]]:
        x, number = item.encode(), asked["example"]
        if OWN.fullmatch(asked.input):
            read, imports = f"Path({item.file!r})", ["from pathlib import Path"]
        else:
            read = f"next(s for s in card.samples if s.name == {asked.input!r}).file"
            imports = []
        file = "path.read_bytes(), path.name"
        if isinstance(x, Mapping):
            shapes = {name: values.shape[1:] for name, values in x.items()}
            return [
                f"path = {read}",
                f"shapes = {shapes!r}",
                f"examples = attribution.arrays.read_named({file}, shapes)",
                f"x = {{name: values[None] for name, values in examples[{number}].items()}}",
            ], imports
        return [
            f"path = {read}",
            f"examples = attribution.arrays.read({file}, {x.shape[1:]})",
            f"x = examples[{number}].values[None]",
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


def _item(
    known: Known,
    name: str,
    title: str,
    owner: str,
    values: Given,
    file: str = "",
    about: int | None = None,
) -> Item:
    return Item(
        model=known.model.name,
        name=name,
        title=title,
        owner=owner,
        key=known.values["example"],
        encode=lambda: several.each(lambda array: array[None], values),
        references=functools.partial(references, known.model),
        shown=None,
        about=about,
        file=file,
    )


def _uploader(engine: Engine, known: Known) -> None:
    shapes = known.model.shapes
    what = f"NPY, NPZ or CSV of {_shape(known.model.shape)} numbers, or of several such examples"
    if shapes:
        what = "NPZ with an array for each input by its name, or several examples of each"
    st.file_uploader(
        "Your own arrays" if shapes else "Your own array",
        type=["npz"] if shapes else ["npy", "npz", "csv"],
        key="array_file",
        on_change=_take,
        args=(engine, known),
        help=f"{what}, up to {quota.FILE_MEGABYTES} MB. It stays in this server's memory for this "
        "session alone; About says how long.",
    )


def _take(engine: Engine, known: Known) -> None:
    """Read the file that was just uploaded, and turn to it if it is good, as a callback."""
    mine = own.of(state.session(), "array")
    mine.take_file("array_file", lambda data, name: _read(engine, data, name, known), ArrayFile)


def _read(engine: Engine, data: bytes, name: str, known: Known) -> Sequence[Given]:
    """Each example, (*input shape), by name where there are several inputs. Raises Refused."""
    with engine.refusals():
        if known.model.shapes:
            return arrays.read_named(data, name, known.model.shapes)
        return [example.values for example in arrays.read(data, name, known.model.shape)]


def _shape(shape: Sequence[int]) -> str:
    return " × ".join(map(str, shape))


def _examples(examples: tuple[Any, ...]) -> str:
    return "1 example" if len(examples) == 1 else f"{len(examples):,} examples"
