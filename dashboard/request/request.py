"""Request: what is asked, as one frozen value. It is the link, and the key of a result.

SPECS is the one table of all controls: the panel draws them from it, a link is written and read
through it, and what comes back from a browser is checked by it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlencode

from attribution.methods import METHODS
from dashboard.request.fields import (
    CAMERA,
    LAYER,
    TARGET,
    TOLERANCE,
    choice,
    counted,
    fixed,
    layers,
    listed,
    named,
    network,
    number,
    offered,
    sample,
    target,
    whole,
)
from dashboard.request.form import Form, Known, Spec, Unfit, write
from dashboard.work.picks import HOLDS, MOST, PICKS

BASELINES = {
    "zeros": "Grey",
    "black": "Black",
    "white": "White",
    "mean": "Mean",
    "blur": "Blur",
    "noise": "Noise",
}
FITS = {"crop": "Centre crop", "letterbox": "Whole picture"}
PALETTES = {"RdBu": "Red and blue", "PuOr": "Orange and purple"}
UNITS = {"channel": "Channels", "neuron": "Neurons"}
LAYERS = {"all": "All layers", "cuts": "Cuts only"}
RIVALS = ("nig", "deeplift_rescale", "gradient_times_difference")  # what B is, first that is not A
UPLOAD = re.compile(r"file-[0-9a-f]{12}")
_PLACE = ("channel", "row", "column", "count", "off")
_DEPENDS = {
    "model": ("input", "layer", "target", *_PLACE, "b_layer", "b_target"),
    "input": ("target", "channel", "row", "column"),
    "layer": _PLACE,
    "by": ("row", "column"),
}


@dataclass(frozen=True)
class Request:
    """One question. input : a sample's name, or file-<first 12 digits of an upload's sha256>."""

    model: str
    input: str
    fit: str
    layer: str
    target: int | None
    baseline: str
    sigma: float
    seed: int
    method: str
    tolerance: float


@dataclass(frozen=True)
class View:
    """How the answer is looked at; nothing here recomputes."""

    by: Literal["channel", "neuron"]
    channel: int | None
    row: int | None
    column: int | None
    palette: str
    camera: str


def request(known: Known) -> Request:
    """The values that decide the result; one that plays no part here takes a fixed value."""
    fields = {name: known.values[name] for name in Request.__dataclass_fields__}
    if fields["baseline"] != "blur":
        fields["sigma"] = 0.0
    if fields["baseline"] != "noise":
        fields["seed"] = 0
    if not known.method.estimated:
        fields["tolerance"] = 0.0
    return Request(**fields)


def rival(known: Known) -> Request:
    """The second of two requests that are compared: the first, but for what is chosen for B."""
    values = dict(known.values)
    for name in ("method", "baseline", "layer", "target"):
        chosen = values[f"b_{name}"]
        values[name] = values[name] if chosen is None else chosen
    return request(Known(known.catalogue, values))


def view(values: Mapping[str, Any]) -> View:
    """The part of the values that only changes the look."""
    return View(**{name: values[name] for name in View.__dataclass_fields__})


def as_text(asked: Request) -> str:
    """The whole request as text, such as for a file's name or header."""
    return urlencode({name: write(getattr(asked, name)) for name in Request.__dataclass_fields__})


def _methods(_known: Known) -> tuple[str, ...]:
    return tuple(METHODS)


def _rival_method(known: Known) -> str:
    """Another method than the chosen one, where there is any."""
    names = [n for n in (*RIVALS, *_methods(known)) if n in _methods(known)]
    return next((n for n in names if n != known.values["method"]), names[0])


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
    """The last row (axis 0) or column (1) of the layer."""

    def last(known: Known) -> int:
        grid = known.model.layer(known.values["layer"]).grid
        if grid is None:
            raise Unfit(f"Layer {known.values['layer']} has no rows and columns.")
        return grid[axis] - 1

    return last


SPECS = (
    network("image"),
    Spec("input", "Picture", lambda k: k.model.samples[0].name, sample(UPLOAD), own=UPLOAD),
    listed("fit", "Fit", "fit", FITS),
    LAYER,
    TARGET,
    listed("baseline", "Baseline", "baseline", BASELINES),
    Spec("sigma", "Blur in pixels", fixed(16.0), number("The blur", 1, 112), low=1.0, high=112.0),
    counted("seed", "Seed of the noise", "The seed", 0, 9999, 0),
    offered("method", "Method", "method", _methods),
    TOLERANCE,
    listed("by", "Rank", "unit", UNITS),
    Spec("channel", "Channel", fixed(None), whole("The channel", 0, _last)),
    Spec("row", "Row", fixed(None), whole("The row", 0, _place(0))),
    Spec("column", "Column", fixed(None), whole("The column", 0, _place(1))),
    Spec("b_method", "Method", _rival_method, choice("method", _methods), _methods),
    Spec(
        "b_baseline",
        "Baseline",
        fixed(None),
        choice("baseline", named(BASELINES)),
        fixed((None, *BASELINES)),
    ),
    Spec(
        "b_layer",
        "Layer",
        fixed(None),
        choice("layer", layers),
        lambda known: (None, *layers(known)),
    ),
    Spec("b_target", "Target", fixed(None), target("The target class of B")),
    listed("pick", "Switch off", "pick", PICKS),
    Spec("count", "How many", lambda k: min(10, _most(k)), whole("The number", 0, _most), low=0),
    Spec("off", "Channels", lambda _k: [], _channels),
    listed("hold", "Hold them at", "value", HOLDS),
    counted("draw", "Draw", "The draw", 0, 9999, 0),
    listed("depth", "Layers", "list", LAYERS),
    Spec("toy_first", "h₁ at the input", fixed(1.2), number("h₁", 0, 2), low=0.0, high=2.0),
    Spec("toy_second", "h₂ at the input", fixed(0.6), number("h₂", 0, 2), low=0.0, high=2.0),
    listed("palette", "Colours", "palette", PALETTES),
    CAMERA,
)
FORM = Form(SPECS, _DEPENDS)
BY_NAME = FORM.by_name
read, query = FORM.read, FORM.query
