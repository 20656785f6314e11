"""Records: findings as files, and the findings of the samples' first pages, computed beforehand."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from attribution.filters import Field
from attribution.motifs import Likeness, Match, Motif, Window
from attribution.result import Attribution
from attribution.waypoints import Walk
from dashboard.request.catalogue import RESULTS
from dashboard.work.answer import Answer
from dashboard.work.findings import (
    Ablation,
    Coarse,
    Curve,
    Flips,
    LayerSum,
    Overview,
    Pattern,
    Prediction,
    Reference,
    Trail,
)

_OF_ALL = (Answer, Prediction, Overview, LayerSum, Reference)
_OF_STUDIES = (Ablation, Curve, Trail, Walk, Coarse, Flips)
_OF_SEQUENCES = (Pattern, Field, Likeness, Match, Motif, Window)
_KINDS: dict[str, type] = {k.__name__: k for k in (*_OF_ALL, *_OF_STUDIES, *_OF_SEQUENCES)}
_QUALITY = 90  # of pictures
LESSONS = ".lessons"  # after a sample's name: what is found of it in lessons
Arrays = list[npt.NDArray[Any]]


def path(model: str, sample: str) -> Path:
    """Where the record of a sample is, whether or not it exists."""
    return RESULTS / model / f"{sample}.npz"


def save(finding: Any, path: Path) -> None:
    """Write a finding, or a mapping of names to findings, as .npz: arrays and one JSON, no pickle.

    Results of the library are written as they write themselves. Arrays that are pictures are
    slightly compressed; those of half precision come back in single.
    """
    arrays: Arrays = []
    text = json.dumps(_written(finding, arrays), allow_nan=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        named = {str(i): array for i, array in enumerate(arrays)}
        np.savez_compressed(file, allow_pickle=False, about=np.array(text), **named)


def load(path: Path) -> Any:
    """What `save` wrote, from a file of our own."""
    with np.load(path, allow_pickle=False) as file:
        arrays = [file[str(i)] for i in range(len(file.files) - 1)]
        return _read(json.loads(str(file["about"])), arrays)


def _written(value: Any, arrays: Arrays) -> Any:
    """As JSON, a value of Python as a list of its kind and its parts; arrays go to the list."""
    if isinstance(value, np.ndarray | Attribution):
        picture = isinstance(value, np.ndarray) and value.dtype == np.uint8 and value.ndim == 3
        kind = "result" if isinstance(value, Attribution) else "picture" if picture else "array"
        arrays.append(_bytes(value) if kind != "array" else np.asarray(value))
        return {kind: len(arrays) - 1}
    if isinstance(value, float) and not math.isfinite(value):
        return {"number": str(value)}
    if is_dataclass(value):
        parts = {f.name: _written(getattr(value, f.name), arrays) for f in fields(value)}
        return {type(value).__name__: parts}
    if isinstance(value, Mapping):
        return {"mapping": {name: _written(part, arrays) for name, part in value.items()}}
    if isinstance(value, tuple):
        return [_written(part, arrays) for part in value]
    return value


def _read(value: Any, arrays: Arrays) -> Any:
    """The value that `_written` made this of."""
    if isinstance(value, list):
        return tuple(_read(part, arrays) for part in value)
    if not isinstance(value, dict):
        return value
    ((kind, part),) = value.items()
    if kind == "number":
        return math.nan if part == "nan" else float(part)  # the one that equals itself
    if kind == "array":
        array = arrays[part]
        return array.astype(np.float32) if array.dtype == np.float16 else array
    if kind == "picture":
        return np.asarray(Image.open(io.BytesIO(arrays[part].tobytes())).convert("RGB"))
    if kind == "result":
        return Attribution.load(io.BytesIO(arrays[part].tobytes()))
    parts = {name: _read(each, arrays) for name, each in part.items()}
    return parts if kind == "mapping" else _KINDS[kind](**parts)


def _bytes(value: npt.NDArray[np.uint8] | Attribution) -> npt.NDArray[np.uint8]:
    """A result as the library writes it, or a picture as WebP."""
    buffer = io.BytesIO()
    if isinstance(value, Attribution):
        value.save(buffer)
    else:
        Image.fromarray(value).save(buffer, "WEBP", quality=_QUALITY, method=6)
    return np.frombuffer(buffer.getvalue(), np.uint8)
