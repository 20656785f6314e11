"""Baselines by name: what inputs are compared with, as a word that a command line can say.

What is made of an input depends on that input and the seed alone, never on those beside it.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from attribution import baselines, series
from attribution.errors import InvalidRequest, one_line
from attribution.files import npy

Array = npt.NDArray[Any]

BASELINES = (
    "zeros, mean, NUMBER, blur:SIGMA, noise:COUNT, shuffle:COUNT, frequencies, smooth:WIDTH, FILE"
)
MAX_REFERENCES = 1_000
"""Of a random baseline; each is a path of its own."""
FIXED = "array"
"""The word for an array that is kept beside a run."""


def named(words: str, x: Array, seed: int) -> Any:
    """A baseline, or a list of them, from one of the words of `BASELINES` but FILE.

    The mean is that of each channel of each example. Raises ValueError for another word,
    InvalidRequest for one that does not fit x.
    """
    name, _, number = words.partition(":")
    match name:
        case "zeros" | "mean" | "frequencies" if words == name:
            make = "base_frequencies" if name == "frequencies" else name
            return getattr(baselines, make)(x)
        case "blur":
            return baselines.blur(x, float(number or 10))
        case "noise":
            return baselines.noise(x, seed, _count(number or "5"))
        case "smooth":
            return series.moving_average(x, _whole(number or "25"))
        case "shuffle":
            return baselines.dinucleotide_shuffle(x, seed, _count(number or "20"))
    value = float(words)
    if not np.isfinite(value):
        raise InvalidRequest(f"baseline is {one_line(words)!r}; a finite number is expected.")
    return baselines.constant(x, value)


def _whole(text: str) -> int:
    if not re.fullmatch(r"\s*-?[0-9]{1,18}\s*", text):
        raise ValueError(text)
    return int(text)


def _count(text: str) -> int:
    """How many references."""
    count = _whole(text)
    if count > MAX_REFERENCES:
        raise InvalidRequest(f"{count:,} are asked for; at most {MAX_REFERENCES:,} are made.")
    return count


def frozen(given: Any) -> tuple[str, Array | None]:
    """What is kept of a baseline: its word, or `FIXED` and an array that is one for all inputs.

    given : None (zeros), a number, a word of `BASELINES`, the name of an .npy file, an array.
    Raises InvalidRequest for something else.
    """
    if given is None:
        return "zeros", None
    if isinstance(given, Real):
        return repr(float(given)), None
    if isinstance(given, str | Path) and str(given).lower().endswith(".npy"):
        if not Path(given).is_file():
            raise InvalidRequest(
                f"baseline is {one_line(str(given))!r}, and there is no such file."
            )
        return FIXED, npy.read(Path(given))
    if isinstance(given, str):
        return given, None
    array = np.asarray(given)
    if array.dtype.kind not in "biuf":
        raise InvalidRequest(f"baseline is {type(given).__name__}; give one of {BASELINES}.")
    return FIXED, array


def mean_of(rows: Iterable[Array]) -> Array:
    """The mean of inputs of one shape, as they come."""
    total, count = np.zeros(()), 0
    for row in rows:
        total, count = total + row.astype(np.float64), count + 1
    if not count:
        raise InvalidRequest("baseline is 'mean', and none of the inputs can be read.")
    return (total / count).astype(np.float32)


def of(word: str, fixed: Array | None, x: Any, seed: int) -> Any:
    """What a batch is compared with, as the methods take it.

    Raises InvalidRequest for a word that there is none for, or one that does not fit x.
    """
    if word == "zeros":
        return None
    if fixed is not None:
        fits = not isinstance(x, dict) and fixed.shape in (x.shape[1:], (1, *x.shape[1:]))
        if not fits:
            raise InvalidRequest(
                f"baseline has shape {fixed.shape}; one array of the shape of an input is expected."
            )
        return np.broadcast_to(fixed, x.shape)
    if isinstance(x, dict):
        raise InvalidRequest(
            f"baseline is {one_line(word)!r}; of a model with several inputs it is zeros."
        )
    try:
        return named(word, x, seed)
    except ValueError as error:
        if isinstance(error, InvalidRequest):
            raise
        raise InvalidRequest(f"baseline is {one_line(word)!r}; give one of {BASELINES}.") from error


def to_bytes(array: Array) -> bytes:
    """An .npy file."""
    sink = io.BytesIO()
    np.save(sink, array, allow_pickle=False)
    return sink.getvalue()


def from_bytes(data: bytes) -> Array:
    """The array of an .npy file."""
    return np.asarray(np.load(io.BytesIO(data), allow_pickle=False))
