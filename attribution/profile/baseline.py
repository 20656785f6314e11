"""Baselines by name: what inputs are compared with, as a word that a command line can say.

What is made of an input depends on that input and the seed alone, never on those beside it.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping
from numbers import Real
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, unquote

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
OFFERED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "image": ("mean", "blur", "noise"),
        "sequence": ("frequencies", "shuffle"),
        "series": ("mean", "noise", "smooth"),
        "table": ("mean",),
        "array": ("mean", "noise"),
    }
)
"""Kind of an input -> the words that mean something there, beside zeros and, unless it holds the
numbers of words (tokens), a NUMBER."""


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


def each(word: str, kinds: Mapping[str, str]) -> str:
    """The word of a model with several inputs, as it is kept: NAME=WORD of each.

    word : one that is taken for every input that offers it, while the others are compared with
    zeros; or NAME=WORD,NAME=WORD. kinds : of the inputs by name, as cards have them.

    Raises InvalidRequest where no input offers it, or a name is that of none.
    """
    if word == "zeros":
        return word
    if "=" in word:
        said = apart(word)
        if unknown := [name for name in said if name not in kinds]:
            raise InvalidRequest(
                f"baseline names the input {one_line(unknown[0])!r}; the model has "
                f"{one_line(', '.join(kinds), 200)}."
            )
    else:
        name = word.partition(":")[0]
        number = re.fullmatch(r"\s*[-+]?[0-9.]+(e[-+]?[0-9]+)?\s*", word, re.IGNORECASE)
        said = {
            n: word for n, k in kinds.items() if k in OFFERED and (number or name in OFFERED[k])
        }
    if not said:
        told = ", ".join(f"{n} ({k})" for n, k in kinds.items())
        raise InvalidRequest(
            f"baseline is {one_line(word)!r}, and none of the inputs {one_line(told, 200)} offers "
            "it: give zeros, a number, or NAME=WORD,NAME=WORD."
        )
    return ",".join(f"{quote(n, safe='')}={said.get(n, 'zeros').strip()}" for n in kinds)


def apart(word: str) -> dict[str, str]:
    """Input -> word, of what `each` has made."""
    parts = (part.partition("=") for part in word.split(","))
    return {unquote(name.strip()): said.strip() for name, _, said in parts}


def mean_of(rows: Iterable[Array]) -> Array:
    """The mean of inputs of one shape, as they come."""
    total, count = np.zeros(()), 0
    for row in rows:
        total, count = total + row.astype(np.float64), count + 1
    if not count:
        raise InvalidRequest("baseline is 'mean', and none of the inputs can be read.")
    return (total / count).astype(np.float32)


def of(word: str, fixed: Any, x: Any, seed: int) -> Any:
    """What a batch is compared with, as the methods take it.

    fixed : what is kept of it: an array, or of several inputs those that have one, by name.
    Raises InvalidRequest for a word that there is none for, or one that does not fit x.
    """
    if word == "zeros":
        return None
    if isinstance(x, dict) and "=" in word:
        return _several(apart(word), fixed or {}, x, seed)
    if fixed is not None:
        fits = not isinstance(x, dict) and fixed.shape in (x.shape[1:], (1, *x.shape[1:]))
        if not fits:
            raise InvalidRequest(
                f"baseline has shape {fixed.shape}; one array of the shape of an input is expected."
            )
        return np.broadcast_to(fixed, x.shape)
    try:
        return named(word, x, seed)
    except ValueError as error:
        if isinstance(error, InvalidRequest):
            raise
        raise InvalidRequest(f"baseline is {one_line(word)!r}; give one of {BASELINES}.") from error


def _several(
    words: Mapping[str, str], fixed: Mapping[str, Array], x: Mapping[str, Array], seed: int
) -> Any:
    """The same for several inputs, each by its own word; those that are drawn, together."""
    found = {n: of(words[n], fixed.get(n), values, seed) for n, values in x.items()}
    found = {n: np.zeros_like(x[n]) if values is None else values for n, values in found.items()}
    counts = {len(values) for values in found.values() if isinstance(values, list)}
    if not counts:
        return found
    if len(counts) > 1:
        raise InvalidRequest("baseline draws another number for each input; give one for all.")
    return [
        {n: values[k] if isinstance(values, list) else values for n, values in found.items()}
        for k in range(*counts)
    ]


def to_bytes(fixed: Any) -> bytes:
    """An .npy file; of several inputs, an .npz file."""
    sink = io.BytesIO()
    if isinstance(fixed, dict):
        np.savez(sink, allow_pickle=False, **fixed)
    else:
        np.save(sink, fixed, allow_pickle=False)
    return sink.getvalue()


def from_bytes(data: bytes) -> Any:
    """What `to_bytes` was given."""
    found = np.load(io.BytesIO(data), allow_pickle=False)
    return dict(found) if isinstance(found, np.lib.npyio.NpzFile) else np.asarray(found)
