"""Request: what was asked of a network, as every result keeps it.

The model, its input and arrays of baselines are kept as digests, which tell whether two results are
of the same things without holding these.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from attribution.arguments import Output

Baseline = float | str | tuple[float | str, ...] | None


@dataclass(frozen=True)
class Request:
    """What was asked, beside the layer.

    model : digest of the operations, the layers and the weights as they were.
    input : digest of the arrays that the model was given, as it takes them.
    baseline : None (zeros), a number, or the digest of an array; a tuple of such for several.
    output : "logit" or "output".
    target : as it was given, with arrays as lists; None is the predicted class.
    method : as in `Attribution.method`.
    tolerance, steps : of an integral; None where the method has none, or no such limit.
    options : what else the method was given, by name.
    versions : of this library and of those that computed, by name.
    """

    model: str
    input: str
    baseline: Baseline
    output: Output
    target: Any
    method: str = ""
    tolerance: float | None = None
    steps: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)


def digest(parts: Iterable[str | npt.NDArray[Any]]) -> str:
    """SHA-256 of texts and arrays, these with their types and shapes, one after another."""
    found = hashlib.sha256()
    for part in parts:
        if isinstance(part, str):
            found.update(f"text {len(part)} {part} ".encode())
        else:
            found.update(f"array {part.dtype.str} {part.shape} ".encode())
            found.update(part.tobytes())
    return found.hexdigest()


def said(baseline: Any) -> Baseline:
    """A baseline by value where it is a number, by digest where it holds more."""
    if isinstance(baseline, list | tuple) and baseline and not all(map(_is_number, baseline)):
        return tuple(_one(part) for part in baseline)
    return None if baseline is None else _one(baseline)


def _one(reference: Any) -> float | str:
    if isinstance(reference, Mapping):
        named = sorted(reference.items(), key=lambda pair: str(pair[0]))
        return digest(part for name, value in named for part in (str(name), np.asarray(value)))
    if isinstance(reference, list | tuple) and not all(map(_is_number, reference)):
        return digest(np.asarray(part) for part in reference)
    array = np.asarray(reference)
    return float(array) if array.ndim == 0 else digest([array])


def _is_number(value: Any) -> bool:
    return bool(np.ndim(value) == 0)


def plain(target: Any) -> Any:
    """A target without arrays: numbers, lists, tuples and mappings."""
    if isinstance(target, np.ndarray | np.generic):
        return target.tolist()
    if isinstance(target, Mapping):
        return {plain(place): float(weight) for place, weight in target.items()}
    if isinstance(target, tuple):
        return tuple(plain(part) for part in target)
    if isinstance(target, Sequence) and not isinstance(target, str):
        return [plain(part) for part in target]
    return target
