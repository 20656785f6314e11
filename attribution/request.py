"""Request: what was asked of a network, as every result keeps it.

The model, its input and arrays of baselines are kept as digests, which tell whether two results are
of the same things without holding these.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Real
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
    """SHA-256 of texts and arrays of numbers, these with their types and shapes, in order."""
    found = hashlib.sha256()
    for part in parts:
        if isinstance(part, str):
            found.update(f"text {len(part)} {part} ".encode())
        else:
            found.update(f"array {part.dtype.str} {part.shape} ".encode())
            found.update(np.ascontiguousarray(part).reshape(-1).view(np.uint8).data)
    return found.hexdigest()


def said(given: Any, references: Sequence[Sequence[npt.NDArray[Any]]]) -> Baseline:
    """A baseline by value where it is a number, by digest where it holds more.

    references : what was made of it, an array (batch, *shape) for each input.
    """
    if given is None:
        return None
    if len(references) == 1:
        return _one(given, references[0])
    return tuple(_one(g, r) for g, r in zip(given, references, strict=True))


def _one(given: Any, reference: Sequence[npt.NDArray[Any]]) -> float | str:
    if isinstance(given, Real | np.generic) or (isinstance(given, np.ndarray) and not given.ndim):
        return float(given)
    return digest(a[:1] if not a.strides[0] else a for a in reference)  # the same for all examples


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
    return np.asarray(target).tolist() if hasattr(target, "__array__") else target
