"""Form: how a picture is read, and what it is compared with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from attribution import baselines, images
from dashboard.request.fields import counted, fixed, listed, number
from dashboard.request.form import Spec
from dashboard.request.request import Query, form

BASELINES = {
    "zeros": "Zeros",
    "black": "Black",
    "white": "White",
    "mean": "Mean",
    "blur": "Blur",
    "noise": "Noise",
}
FITS = {"crop": "Centre crop", "letterbox": "Whole picture"}
SHADES = {"black": 0, "white": 255}

FIT = listed("fit", "Fit", "fit", FITS, part="reading")
SIGMA = Spec(
    "sigma",
    "Blur in pixels",
    fixed(16.0),
    number("The blur", 1, 112),
    low=1.0,
    high=112.0,
    part="baseline",
    of="blur",
)
SEED = counted("seed", "Seed of the noise", "The seed", 0, 9999, 0, part="baseline", of="noise")
FORM = form("image", "Picture", BASELINES, reading=(FIT,), options=(SIGMA, SEED))

Floats = npt.NDArray[np.float32]


def references(encoding: images.ImageInput) -> Callable[[Floats, Query], list[Floats]]:
    """What a picture x (1, height, width, channels) in a model's space is compared with."""

    def of(x: Floats, asked: Query) -> list[Floats]:
        return [reference(encoding, x, asked.baseline, dict(asked.options))]

    return of


def reference(
    encoding: images.ImageInput, x: Floats, name: str, options: Mapping[str, Any]
) -> Floats:
    """One of BASELINES, (1, height, width, channels)."""
    if name in SHADES:
        return encoding.encode(np.full((*encoding.size, 3), SHADES[name], np.uint8))[None]
    if name == "mean":
        return baselines.mean(x)
    if name == "blur":
        return baselines.blur(x, options["sigma"])
    if name == "noise":
        return baselines.noise(x, options["seed"], 1)[0]
    return baselines.zeros(x)
