"""Request: what is asked, as one frozen value. It is the link, and the key of a result.

SPECS is the one table of all controls: the panel draws them from it, a link is written and read
through it, and what comes back from a browser is checked by it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlencode

from dashboard.catalogue import Catalogue, MethodCard, Model
from dashboard.picks import HOLDS, MOST, PICKS

BASELINES = {
    "zeros": "Grey",
    "black": "Black",
    "white": "White",
    "mean": "Mean",
    "blur": "Blur",
    "noise": "Noise",
}
FITS = {"crop": "Centre crop", "letterbox": "Whole picture"}
TOLERANCES = (0.01, 0.02, 0.05, 0.1, 0.2)
PALETTES = {"RdBu": "Red and blue", "PuOr": "Orange and purple"}
UNITS = {"channel": "Channels", "neuron": "Neurons"}
LAYERS = {"all": "All layers", "cuts": "Cuts only"}
RIVALS = ("nig", "deeplift_rescale", "gradient_times_difference")  # what B is, first that is not A
UPLOAD = re.compile(r"file-[0-9a-f]{12}")
_SHOWN = 60  # characters of a link's value that are repeated on the page


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


@dataclass(frozen=True)
class Known:
    """What a value is checked against: the catalogue, the methods, and the values before it."""

    catalogue: Catalogue
    methods: tuple[MethodCard, ...]
    values: Mapping[str, Any]

    @property
    def model(self) -> Model:
        """The chosen model."""
        return self.catalogue.models[self.values["model"]]

    @property
    def method(self) -> MethodCard:
        """The chosen method."""
        return next(m for m in self.methods if m.name == self.values["method"])


class Unfit(ValueError):
    """A value that does not fit, with the sentence that says so."""


@dataclass(frozen=True)
class Spec:
    """One control.

    default : the value where nothing is chosen.
    read : text of a link -> value; raises Unfit.
    options : the values to choose from, for controls that have such.
    low, high : the range of a number.
    """

    name: str
    label: str
    default: Callable[[Known], Any]
    read: Callable[[str, Known], Any]
    options: Callable[[Known], tuple[Any, ...]] | None = None
    low: float | None = None
    high: float | None = None

    def check(self, value: Any, known: Known) -> Any:
        """A value that came from a browser, checked as if it stood in a link."""
        return None if value is None else self.read(write(value), known)


def write(value: Any) -> str:
    """A value as it stands in a link."""
    if isinstance(value, list):
        return ",".join(map(write, value))
    return format(value, "g") if isinstance(value, float) else str(value)


def read(
    query: Mapping[str, str], catalogue: Catalogue, methods: tuple[MethodCard, ...]
) -> tuple[dict[str, Any], list[str]]:
    """All values, from a link; and a sentence for each that does not fit and became the default."""
    values: dict[str, Any] = {}
    problems = []
    known = Known(catalogue, methods, values)
    for spec in SPECS:
        values[spec.name] = spec.default(known)
        if spec.name in query:
            try:
                values[spec.name] = spec.read(query[spec.name], known)
            except Unfit as unfit:
                problems.append(str(unfit))
    return values, problems


def query(values: Mapping[str, Any], known: Known) -> dict[str, str]:
    """The link of these values: what differs from its default."""
    return {
        spec.name: write(values[spec.name])
        for spec in SPECS
        if values[spec.name] is not None and values[spec.name] != spec.default(known)
    }


def request(known: Known) -> Request:
    """The values that decide the result; one that plays no part here takes a fixed value."""
    fields = {name: known.values[name] for name in Request.__dataclass_fields__}
    if fields["baseline"] != "blur":
        fields["sigma"] = 0.0
    if fields["baseline"] != "noise":
        fields["seed"] = 0
    if not known.method.certified:
        fields["tolerance"] = 0.0
    return Request(**fields)


def rival(known: Known) -> Request:
    """The second of two requests that are compared: the first, but for what is chosen for B."""
    values = dict(known.values)
    for name in ("method", "baseline", "layer", "target"):
        chosen = values[f"b_{name}"]
        values[name] = values[name] if chosen is None else chosen
    return request(Known(known.catalogue, known.methods, values))


def view(values: Mapping[str, Any]) -> View:
    """The part of the values that only changes the look."""
    return View(**{name: values[name] for name in View.__dataclass_fields__})


def as_text(asked: Request) -> str:
    """The whole request as text, such as for a file's name or header."""
    return urlencode({name: write(getattr(asked, name)) for name in Request.__dataclass_fields__})


def _choice(what: str, names: Callable[[Known], tuple[str, ...]]) -> Callable[[str, Known], Any]:
    def read_choice(text: str, known: Known) -> str:
        options = names(known)
        if text in options:
            return text
        close = difflib.get_close_matches(text, options, n=3)
        listed = ", ".join(close or options[:6])
        raise Unfit(f"There is no {what} {_shown(text)}; the closest are: {listed}.")

    return read_choice


def _whole(what: str, low: int, high: Callable[[Known], int]) -> Callable[[str, Known], int]:
    def read_whole(text: str, known: Known) -> int:
        highest = high(known)
        if re.fullmatch(r"\d{1,12}", text) and low <= int(text) <= highest:
            return int(text)
        raise Unfit(f"{what} {_shown(text)} must be a whole number from {low} to {highest}.")

    return read_whole


def _number(what: str, low: float, high: float) -> Callable[[str, Known], float]:
    def read_number(text: str, _known: Known) -> float:
        try:
            value = float(text)
        except ValueError:
            value = low - 1
        if low <= value <= high:  # NaN is not
            return value
        raise Unfit(f"{what} {_shown(text)} must be a number from {low:g} to {high:g}.")

    return read_number


def _tolerance(text: str, known: Known) -> float:
    value = _number("The tolerance", TOLERANCES[0], TOLERANCES[-1])(text, known)
    return min(TOLERANCES, key=lambda offered: abs(offered - value))


def _input(text: str, known: Known) -> str:
    if UPLOAD.fullmatch(text):
        return text
    return str(_choice("sample", lambda k: tuple(s.name for s in k.model.samples))(text, known))


def _shown(text: str) -> str:
    """Someone else's text, short and without anything that Markdown would act on."""
    plain = re.sub(r"[^\w .,:/#+-]", "?", text)
    return f"'{plain[:_SHOWN]}{'...' if len(plain) > _SHOWN else ''}'"


def _models(known: Known) -> tuple[str, ...]:
    return tuple(m.name for m in known.catalogue.of_kind("image"))


def _layers(known: Known) -> tuple[str, ...]:
    return tuple(layer.name for layer in known.model.layers)


def _methods(known: Known) -> tuple[str, ...]:
    return tuple(m.name for m in known.methods)


def _rival_method(known: Known) -> str:
    """Another method than the chosen one, where there is any."""
    names = [n for n in (*RIVALS, *_methods(known)) if n in _methods(known)]
    return next((n for n in names if n != known.values["method"]), names[0])


def _same_or(options: tuple[str, ...]) -> tuple[str | None, ...]:
    return (None, *options)


def _channels(text: str, known: Known) -> list[int]:
    """Channel numbers, rising, each once."""
    one = _whole("Each channel", 0, lambda k: _size(k, -1))
    found = {one(part, known) for part in text.split(",")[: _size(known, -1) + 1] if part}
    return sorted(found)


def _most(known: Known) -> int:
    return min(MOST, _size(known, -1) + 1)


def _size(known: Known, axis: int) -> int:
    shape = known.model.layer(known.values["layer"]).shape
    if axis >= 0 and len(shape) < 3:
        raise Unfit(f"Layer {known.values['layer']} has no rows and columns.")
    return shape[axis] - 1


def _first(options: Callable[[Known], tuple[Any, ...]]) -> Callable[[Known], Any]:
    return lambda known: options(known)[0]


def _fixed(value: Any) -> Callable[[Known], Any]:
    return lambda _known: value


def _named(names: Mapping[str, str]) -> Callable[[Known], tuple[str, ...]]:
    return lambda _known: tuple(names)


SPECS = (
    Spec("model", "Network", _first(_models), _choice("model", _models), _models),
    Spec("input", "Picture", lambda known: known.model.samples[0].name, _input),
    Spec("fit", "Fit", _fixed("crop"), _choice("fit", _named(FITS)), _named(FITS)),
    Spec(
        "layer",
        "Layer",
        lambda known: known.model.default_layer,
        _choice("layer", _layers),
        _layers,
    ),
    Spec(
        "target",
        "Target",
        _fixed(None),
        _whole("The target class", 0, lambda k: len(k.model.labels) - 1),
    ),
    Spec(
        "baseline",
        "Baseline",
        _fixed("zeros"),
        _choice("baseline", _named(BASELINES)),
        _named(BASELINES),
    ),
    Spec("sigma", "Blur in pixels", _fixed(16.0), _number("The blur", 1, 112), low=1.0, high=112.0),
    Spec(
        "seed",
        "Seed of the noise",
        _fixed(0),
        _whole("The seed", 0, lambda _k: 9999),
        low=0,
        high=9999,
    ),
    Spec("method", "Method", _first(_methods), _choice("method", _methods), _methods),
    Spec("tolerance", "Error at most", _fixed(0.05), _tolerance, _fixed(TOLERANCES)),
    Spec("by", "Rank", _fixed("channel"), _choice("unit", _named(UNITS)), _named(UNITS)),
    Spec("channel", "Channel", _fixed(None), _whole("The channel", 0, lambda k: _size(k, -1))),
    Spec("row", "Row", _fixed(None), _whole("The row", 0, lambda k: _size(k, 0))),
    Spec("column", "Column", _fixed(None), _whole("The column", 0, lambda k: _size(k, 1))),
    Spec("b_method", "Method", _rival_method, _choice("method", _methods), _methods),
    Spec(
        "b_baseline",
        "Baseline",
        _fixed(None),
        _choice("baseline", _named(BASELINES)),
        lambda _known: _same_or(tuple(BASELINES)),
    ),
    Spec(
        "b_layer",
        "Layer",
        _fixed(None),
        _choice("layer", _layers),
        lambda known: _same_or(_layers(known)),
    ),
    Spec(
        "b_target",
        "Target",
        _fixed(None),
        _whole("The target class of B", 0, lambda k: len(k.model.labels) - 1),
    ),
    Spec("pick", "Switch off", _fixed("supporting"), _choice("pick", _named(PICKS)), _named(PICKS)),
    Spec("count", "How many", lambda k: min(10, _most(k)), _whole("The number", 0, _most), low=0),
    Spec("off", "Channels", lambda _k: [], _channels),
    Spec(
        "hold", "Hold them at", _fixed("baseline"), _choice("value", _named(HOLDS)), _named(HOLDS)
    ),
    Spec("draw", "Draw", _fixed(0), _whole("The draw", 0, lambda _k: 9999), low=0, high=9999),
    Spec("depth", "Layers", _fixed("all"), _choice("list", _named(LAYERS)), _named(LAYERS)),
    Spec(
        "palette", "Colours", _fixed("RdBu"), _choice("palette", _named(PALETTES)), _named(PALETTES)
    ),
)
BY_NAME = {spec.name: spec for spec in SPECS}
