"""Query: what is asked, as one frozen value. It is the link, and the key of a result.

A form's specs are the one table of all controls: the sidebar draws them from it, a link is written
and read through it, and what comes back from a browser is checked by it. Every kind of input has a
form: what all have in common is here, and how an input is read and what it is compared with come
from the kind.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from attribution.methods import METHODS
from dashboard.request.fields import (
    CAMERA,
    LAYER,
    MODEL,
    TARGET,
    TOLERANCE,
    choice,
    counted,
    fixed,
    layers,
    listed,
    named,
    number,
    offered,
    sample,
    target,
    whole,
)
from dashboard.request.form import Form, Known, Spec, Unfit
from dashboard.request.picks import HOLDS, MOST, PICKS

OWN = re.compile(r"(file|text)-[0-9a-f]{12}")
PALETTES = {"RdBu": "Red and blue", "PuOr": "Orange and purple"}
UNITS = {"channel": "Channels", "neuron": "Neurons"}
SMOOTH = {"on": "Smooth", "off": "Cells as they are"}
LAYERS = {"all": "All layers", "cuts": "Cuts only"}
RIVALS = ("nig", "deeplift_rescale", "gradient_times_difference")  # what B is, first that is not A
NEURON = ("row", "column", "beyond")
_PLACE = ("channel", *NEURON, "count", "off")
_DEPENDS = {
    "model": ("input", "layer", "target", *_PLACE, "b_layer", "b_target"),
    "input": ("target", "channel", *NEURON),
    "layer": _PLACE,
    "by": NEURON,
}
Options = tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class Query:
    """One question.

    input : a sample's name, or one's own: file- or text- and the first 12 digits of its sha256.
    reading : how the input is read, options : of the baseline, both as the kind has them, by name.
    """

    model: str
    input: str
    layer: str
    target: int | None
    baseline: str
    method: str
    tolerance: float
    reading: Options = ()
    options: Options = ()

    def __getitem__(self, name: str) -> Any:
        """What the kind has under this name; KeyError where that plays no part."""
        return dict(self.reading + self.options)[name]

    @property
    def question(self) -> Query:
        """What decides the numbers beside the input as the network sees it."""
        return replace(self, input="", reading=())

    def flat(self) -> dict[str, Any]:
        """All of it by name, as in a link."""
        first = {"model": self.model, "input": self.input, **dict(self.reading)}
        compared = {"baseline": self.baseline, **dict(self.options)}
        how = {"method": self.method, "tolerance": self.tolerance}
        return {**first, "layer": self.layer, "target": self.target, **compared, **how}


@dataclass(frozen=True)
class View:
    """How the answer is looked at; nothing here recomputes.

    position : of the picked neuron, beside its channel.
    """

    by: Literal["channel", "neuron"]
    channel: int | None
    position: tuple[int, ...] | None
    palette: str
    camera: str


def request(known: Known) -> Query:
    """The values that decide the result, but for what plays no part here."""
    values, form = known.values, known.form
    common = ("model", "input", "layer", "target", "baseline", "method", "tolerance")
    fields = {name: values[name] for name in common}
    if not known.method.estimated:
        fields["tolerance"] = 0.0
    return Query(
        **fields,
        reading=tuple((s.name, values[s.name]) for s in form.specs if s.part == "reading"),
        options=tuple(
            (s.name, values[s.name])
            for s in form.specs
            if s.part == "baseline" and s.of == values["baseline"]
        ),
    )


def rival(known: Known) -> Query:
    """The second of two requests that are compared: the first, but for what is chosen for B."""
    values = dict(known.values)
    for name in ("method", "baseline", "layer", "target"):
        chosen = values[f"b_{name}"]
        values[name] = values[name] if chosen is None else chosen
    return request(replace(known, values=values))


def view(values: Mapping[str, Any]) -> View:
    """The part of the values that only changes the look."""
    axes = (values["row"], values["column"], *values["beyond"])
    given = tuple(axis for axis in axes if axis is not None)
    kept = {name: values[name] for name in ("by", "channel", "palette", "camera")}
    return View(**kept, position=given or None)


def placed(position: tuple[int, ...] | None) -> dict[str, Any]:
    """The values of a neuron's position."""
    row, column, *beyond = (*(position or ()), None, None)
    return {"row": row, "column": column, "beyond": [n for n in beyond if n is not None]}


def form(
    kind: str,
    title: str,
    baselines: Mapping[str, str],
    reading: tuple[Spec, ...] = (),
    options: tuple[Spec, ...] = (),
    look: tuple[Spec, ...] = (),
    depends: Mapping[str, tuple[str, ...]] | None = None,
    aliases: Mapping[str, str] | None = None,
    methods: tuple[str, ...] = tuple(METHODS),
    offered_baselines: Callable[[Known], tuple[str, ...]] | None = None,
) -> Form:
    """The form of a kind of input.

    title : of the input. baselines : their names and titles. reading : specs of how an input is
    read, options : of the baselines, look : of what only this kind shows. depends : as of Form,
    added to what all kinds have. methods : those whose scores this kind can show.
    offered_baselines : the baselines that a model can have, where not all can have all.
    """
    choose, compared = fixed(methods), offered_baselines or named(baselines)
    rivals = Spec("b_method", "Method", _rival(methods), choice("method", choose), choose)
    own = {name: (*_DEPENDS.get(name, ()), *more) for name, more in (depends or {}).items()}
    return Form(
        kind=kind,
        depends={**_DEPENDS, **own},
        aliases=aliases or {},
        specs=(
            MODEL,
            Spec("input", title, lambda k: k.model.card.samples[0].name, sample(OWN), own=OWN),
            *reading,
            LAYER,
            TARGET,
            offered("baseline", "Baseline", "baseline", compared),
            *options,
            offered("method", "Method", "method", choose),
            TOLERANCE,
            listed("by", "Rank", "unit", UNITS),
            Spec("channel", "Channel", fixed(None), whole("The channel", 0, _last)),
            Spec("row", "Row", fixed(None), whole("The row", 0, _place(0))),
            Spec("column", "Column", fixed(None), whole("The column", 0, _place(1))),
            Spec("beyond", "Further axes", lambda _k: [], _beyond),
            rivals,
            Spec(
                "b_baseline",
                "Baseline",
                fixed(None),
                choice("baseline", compared),
                lambda known: (None, *compared(known)),
            ),
            Spec(
                "b_layer",
                "Layer",
                fixed(None),
                choice("layer", layers),
                lambda known: (None, *layers(known)),
            ),
            Spec("b_target", "Target", fixed(None), target("The target class of B")),
            *_SWITCHES,
            listed("depth", "Layers", "list", LAYERS),
            *_TOY,
            listed("palette", "Colours", "palette", PALETTES),
            listed("smooth", "Maps", "look of maps", SMOOTH),
            CAMERA,
            *look,
        ),
    )


def _rival(methods: tuple[str, ...]) -> Callable[[Known], str]:
    """Another method than the chosen one, where there is any, that can answer for the layer, and
    for the input, whose scores most kinds show beside it.
    """
    names = [n for n in (*RIVALS, *methods) if n in methods]

    def rival(known: Known) -> str:
        ruled = known.model.unruled.isdisjoint((known.values["layer"], known.model.layers[0].name))
        able = [n for n in names if ruled or METHODS[n].accuracy != "closes"] or names
        return next((n for n in able if n != known.values["method"]), able[0])

    return rival


def _channels(text: str, known: Known) -> list[int]:
    """Channel numbers, rising, each once."""
    one = whole("Each channel", 0, _last)
    found = {one(part, known) for part in text.split(",")[: _last(known) + 1] if part}
    return sorted(found)


def _most(known: Known) -> int:
    return min(MOST, _last(known) + 1)


def _last(known: Known) -> int:
    """The number of the last channel of the layer, or of its last neuron without channels."""
    return known.model.layer(known.values["layer"]).units - 1


def _place(axis: int) -> Callable[[Known], int]:
    """The last place along an axis of the layer's positions."""

    def last(known: Known) -> int:
        layer = known.model.layer(known.values["layer"])
        if axis >= len(layer.positions):
            raise Unfit(f"Layer {layer.name} has no such axis: its positions are {layer.grid}.")
        return layer.positions[axis] - 1

    return last


def _beyond(text: str, known: Known) -> list[int]:
    """The place along the third axis of positions, and those after it."""
    parts = text.split(",") if text else []
    return [whole("The place", 0, _place(2 + i))(part, known) for i, part in enumerate(parts)]


_SWITCHES = (
    Spec("off", "Channels", lambda _k: [], _channels),
    Spec(
        "pick",
        "Switch off",
        lambda known: "own" if known.values["off"] else "supporting",
        choice("pick", named(PICKS)),
        named(PICKS),
    ),
    Spec("count", "How many", lambda k: min(10, _most(k)), whole("The number", 0, _most), low=0),
    listed("hold", "Hold them at", "value", HOLDS),
    counted("draw", "Draw", "The draw", 0, 9999, 0),
)
_TOY = (
    Spec("toy_first", "h₁ at the input", fixed(1.2), number("h₁", 0, 2), low=0.0, high=2.0),
    Spec("toy_second", "h₂ at the input", fixed(0.6), number("h₂", 0, 2), low=0.0, high=2.0),
)
