"""Fields: the kinds of control that forms are made of, and how each is read from a link."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from typing import Any

from dashboard.request.form import Known, Reader, Spec, Unfit
from dashboard.text import quoted

CAMERAS = {"svg": "SVG", "png": "PNG"}
TOLERANCES = (0.01, 0.02, 0.05, 0.1, 0.2)


def choice(
    what: str,
    names: Callable[[Known], tuple[str, ...]],
    told: Callable[[Known], tuple[str, ...]] | None = None,
) -> Reader:
    """A reader of one of these names. told : those that others may be told of, if not all."""

    def read_choice(text: str, known: Known) -> str:
        if text in names(known):
            return text
        options = (told or names)(known)
        holding = [name for name in options if text and text.lower() in name.lower()]
        close = dict.fromkeys([*holding, *difflib.get_close_matches(text, options, n=3)])
        if close:
            best = ", ".join([*close][:3])
            raise Unfit(f"There is no {what} {quoted(text)}; the closest are: {best}.")
        more = " and others" if len(options) > 6 else ""
        listed = f"{', '.join(options[:6])}{more}"
        raise Unfit(f"There is no {what} {quoted(text)}; there are: {listed}.")

    return read_choice


def sample(own: re.Pattern[str]) -> Reader:
    """A reader of the name of a sample, or of an input of the user's own."""
    bundled = choice("sample", lambda known: tuple(s.name for s in known.model.card.samples))
    return lambda text, known: text if own.fullmatch(text) else bundled(text, known)


def whole(what: str, low: int, high: int | Callable[[Known], int]) -> Reader:
    """A reader of a whole number from low to high."""

    def read_whole(text: str, known: Known) -> int:
        highest = high(known) if callable(high) else high
        if re.fullmatch(r"\d{1,12}", text) and low <= int(text) <= highest:
            return int(text)
        raise Unfit(f"{what} {quoted(text)} must be a whole number from {low} to {highest}.")

    return read_whole


def number(what: str, low: float, high: float) -> Reader:
    """A reader of a number from low to high."""

    def read_number(text: str, _known: Known) -> float:
        try:
            value = float(text)
        except ValueError:
            value = low - 1
        if low <= value <= high:  # NaN is not
            return value
        raise Unfit(f"{what} {quoted(text)} must be a number from {low:g} to {high:g}.")

    return read_number


def nearest(read: Reader, offered: tuple[Any, ...]) -> Reader:
    """A reader of a number that becomes the nearest of those that are offered."""
    return lambda text, known: min(offered, key=lambda o: abs(o - read(text, known)))


def fixed(value: Any) -> Callable[[Known], Any]:
    """The same for every request."""
    return lambda _known: value


def named(names: Mapping[str, str]) -> Callable[[Known], tuple[str, ...]]:
    """The names of a table of names and titles."""
    return lambda _known: tuple(names)


def layers(known: Known) -> tuple[str, ...]:
    """The layers of the chosen model."""
    return tuple(layer.name for layer in known.model.layers)


def target(what: str) -> Reader:
    """A reader of the number of one of the model's classes."""
    return whole(what, 0, lambda known: len(known.model.outputs) - 1)


def listed(name: str, label: str, what: str, names: Mapping[str, str], **more: Any) -> Spec:
    """One of a table of names and titles, by default its first."""
    first, options = fixed(next(iter(names))), named(names)
    return Spec(name, label, first, choice(what, options), options, **more)


def offered(name: str, label: str, what: str, options: Callable[[Known], tuple[str, ...]]) -> Spec:
    """One of what there is for the values before it, by default the first."""
    return Spec(name, label, lambda known: options(known)[0], choice(what, options), options)


def counted(
    name: str, label: str, what: str, low: int, high: int, default: int | None, **more: Any
) -> Spec:
    """A whole number."""
    read = whole(what, low, high)
    return Spec(name, label, fixed(default), read, low=low, high=high, **more)


def models(known: Known) -> tuple[str, ...]:
    """All models, whatever they take in."""
    return tuple(known.catalogue.models)


MODEL = Spec(
    "model",
    "Network",
    lambda known: models(known)[0],
    choice("model", models, lambda known: known.catalogue.offered),
    models,
)
LAYER = Spec(
    "layer",
    "Layer",
    lambda known: known.model.card.layer or known.model.layers[-1].name,
    choice("layer", layers),
    layers,
)
TARGET = Spec("target", "Target", fixed(None), target("The target class"))
TOLERANCE = Spec(
    "tolerance",
    "Error at most",
    fixed(0.05),
    nearest(number("The tolerance", TOLERANCES[0], TOLERANCES[-1]), TOLERANCES),
    fixed(TOLERANCES),
)
CAMERA = listed("camera", "Camera button of each figure", "format of pictures", CAMERAS)
