"""What a command line says in words: names of classes, a target, a baseline."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from attribution import baselines
from attribution.commands import reading
from attribution.errors import InvalidRequest, one_line

Array = npt.NDArray[Any]

BASELINES = "zeros, mean, NUMBER, blur:SIGMA, noise:COUNT, shuffle:COUNT, frequencies, FILE"
MAX_REFERENCES = 1_000
"""Of a random baseline; each is a path of its own."""
MAX_BYTES = 10 * 1024 * 1024
"""Of a file of names."""
_WHOLE = r"\s*-?[0-9]{1,18}\s*"


def read_classes(path: Path, shape: Sequence[int | None]) -> tuple[str, ...]:
    """The names of the classes in a file: one a line, or a JSON list of texts.

    shape : of the output, without the batch axis, whose last axis the names are for.

    Raises
    ------
    InvalidRequest : no such file, no UTF-8, an empty name, more or fewer names than classes.
    """
    reading.check_file(path)
    name = one_line(path.name)
    if path.stat().st_size > MAX_BYTES:
        raise InvalidRequest(f"--classes is {name}, larger than {MAX_BYTES >> 20} MB.")
    try:
        text = path.read_bytes().decode("utf-8-sig").strip()
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"--classes is {name}, which is no text in UTF-8.") from error
    names = _listed(text)
    if names is None:
        if path.suffix.lower() == ".json":
            raise InvalidRequest(
                f'--classes is {name}; a JSON list of names is expected, such as ["cat", "dog"].'
            )
        names = [line.strip() for line in text.split("\n")]
    if "" in names:
        raise InvalidRequest(
            f"--classes is {name}, where name {names.index('') + 1} is empty; give one for each "
            "class of the output, in its order."
        )
    classes = shape[-1] if shape else 1
    if classes not in (None, len(names)):
        raise InvalidRequest(
            f"--classes is {name}, with {len(names)} names; the output has {classes} "
            f"{'class' if classes == 1 else 'classes'}: give one name for each, in its order."
        )
    return tuple(names)


def _listed(text: str) -> list[str] | None:
    """The texts of a JSON list; None where the text is something else."""
    try:
        found = json.loads(text) if text.startswith("[") else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
        return None
    return [name.strip() for name in found]


def read_target(words: str | None, labels: Sequence[str] = ()) -> Any:
    """A target: a class's index or name, "position,class", or a contrast "class:weight,...".

    Where a name has a comma or a colon, it can stand alone only.
    """
    if words is None:
        return None
    found = _named(words, labels)
    if found is not None:
        return found
    try:
        if ":" in words:
            pairs = [pair.rsplit(":", 1) for pair in words.split(",")]
            contrast = {_class(name, labels): float(weight) for name, weight in pairs}
            if len(contrast) == len(pairs) and np.isfinite(list(contrast.values())).all():
                return contrast
            raise ValueError("an index twice, or a weight that is no number")
        *place, last = words.split(",")
        numbers = (*map(_whole, place), _class(last, labels))
    except ValueError as error:
        if isinstance(error, InvalidRequest):
            raise
        raise InvalidRequest(
            f"--target is {one_line(words)!r}; give a class's index"
            + (" or name" if labels else "")
            + ", position,class or a contrast such as 281:1,282:-1."
        ) from error
    return numbers if len(numbers) > 1 else numbers[0]


def _class(words: str, labels: Sequence[str]) -> int:
    found = _named(words.strip(), labels)
    return _whole(words) if found is None else found


def _named(words: str, labels: Sequence[str]) -> int | None:
    """The class of that name, as it is written or else in letters of any case.

    Raises InvalidRequest where several have it, or where it is the index of another class.
    """
    exact = [i for i, label in enumerate(labels) if label == words]
    found = exact or [i for i, label in enumerate(labels) if label.lower() == words.lower()]
    if len(found) > 1:
        raise InvalidRequest(
            f"--target is {one_line(words)!r}, the name of classes {found[0]} and {found[1]}: "
            "give the index."
        )
    if found and re.fullmatch(_WHOLE, words):
        index = int(words)
        if -len(labels) <= index < len(labels) and index % len(labels) != found[0]:
            raise InvalidRequest(
                f"--target is {one_line(words)!r}, which is the name of class {found[0]} and the "
                f"index of class {index % len(labels)}: rename the classes, so that no name is "
                "another's index, or leave --classes out and give the index."
            )
    return found[0] if found else None


def read_baseline(words: str, x: Array, seed: int, features: Sequence[str] = ()) -> Any:
    """A baseline, or a list of them, from one of the words of `BASELINES`.

    The mean of a picture or a sequence is that of each of its channels. Rows of features have
    nothing in common along a row: their mean is that of each feature over the rows of x. A file is
    an array or a table: one example, or one for each of x.

    features : the names of the columns of x, where they are known; a table's are the same.
    """
    name, _, number = words.partition(":")
    if words.lower().endswith(reading.TABLE):
        reading.check_file(words)
        return _rows(Path(words), x, features)
    if words.lower().endswith(reading.ARRAY):
        reading.check_file(words)
        return reading.read_array(Path(words), x.shape[1:])
    try:
        match name:
            case "mean" if words == name and x.ndim == 2:
                return _mean_row(x)
            case "zeros" | "mean" | "frequencies" if words == name:
                make = "base_frequencies" if name == "frequencies" else name
                return getattr(baselines, make)(x)
            case "blur":
                return baselines.blur(x, float(number or 10))
            case "noise":
                return baselines.noise(x, seed, _count(number or "5"))
            case "shuffle":
                return baselines.dinucleotide_shuffle(x, seed, _count(number or "20"))
        return baselines.constant(x, float(words))
    except ValueError as error:
        if isinstance(error, InvalidRequest):
            raise
        raise InvalidRequest(
            f"--baseline is {one_line(words)!r}; give one of {BASELINES}."
        ) from error


def _rows(path: Path, x: Array, features: Sequence[str]) -> Array:
    """A row of features, or one for each of x."""
    found = reading.read_features(path, x.shape[1:])
    reading.check_columns(
        f"--baseline is {one_line(path.name)}, whose", found.features, "the input", features
    )
    return found.x[0] if len(found.x) == 1 else found.x


def _mean_row(x: Array) -> Array:
    """(batch, features) -> the same, each row the mean of all rows."""
    if len(x) == 1:
        raise InvalidRequest(
            "--baseline mean of rows of features is their mean over the rows of an input, and this "
            "one has a single row: give more rows in one file, a number, or a file with a row."
        )
    rows = baselines.zeros(x)  # which checks x
    return (rows + np.mean(x, 0, dtype=np.float64)).astype(rows.dtype)


def _whole(text: str) -> int:
    if not re.fullmatch(_WHOLE, text):
        raise ValueError(text)
    return int(text)


def _count(text: str) -> int:
    """How many references."""
    number = _whole(text)
    if number > MAX_REFERENCES:
        raise InvalidRequest(
            f"--baseline asks for {number:,}; at most {MAX_REFERENCES:,} are made."
        )
    return number
