"""What a command line says in words: names of classes, a target, a baseline."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from attribution import baselines
from attribution.cards import names as _names
from attribution.commands import reading
from attribution.errors import InvalidRequest, one_line
from attribution.profile import baseline
from attribution.tokens import Vocabulary

Array = npt.NDArray[Any]

BASELINES = baseline.BASELINES.replace("FILE", "padding, unknown, FILE")
_WHOLE = r"\s*-?[0-9]{1,18}\s*"


def read_classes(path: Path, shape: Sequence[int | None]) -> tuple[str, ...]:
    """The names of the classes in a file: one a line, a JSON or a YAML list.

    shape : of the output, without the batch axis, whose last axis the names are for.

    Raises
    ------
    InvalidRequest : no such file, no UTF-8, an empty name, more or fewer names than classes.
    """
    reading.check_file(path)
    names = _names.read(path, "--classes")
    classes = shape[-1] if shape else 1
    if classes not in (None, len(names)):
        name = one_line(path.name)
        raise InvalidRequest(
            f"--classes is {name}, with {len(names)} names; the output has {classes} "
            f"{'class' if classes == 1 else 'classes'}: give one name for each, in its order."
        )
    return names


def split_output(words: str | None, outputs: Sequence[str]) -> tuple[str | None, str | None]:
    """The output that a target "output:target" or "output" names, and the rest of it.

    None for the output: the target names none. None for the rest: the predicted class.
    """
    named = [o for o in outputs if words is not None and f"{words}:".startswith(f"{o}:")]
    if words is None or not named:
        return None, words
    output = max(named, key=len)
    return output, words[len(output) + 1 :] if len(words) > len(output) else None


def read_target(words: str | None, labels: Sequence[str] = (), outputs: Sequence[str] = ()) -> Any:
    """A target: a class's index or name, a place of the output, or a sum of such with weights.

    A place is its numbers, "3,4,1" or "position,class"; a sum is "class:weight,..." or
    "3,4,1:1,3,5,1:-1". Before any of them the name of an output may stand, "age:0"; alone, "age",
    it is that output's predicted class. Where a name has a comma or a colon, it can stand alone
    only. labels : the names of the classes of the output that is meant.

    Raises
    ------
    InvalidRequest : none of these, or a name that both an output and a class have.
    """
    output, rest = split_output(words, outputs)
    if output is None:
        return _target(words, labels)
    if any(label.lower() == output.lower() for label in labels):
        raise InvalidRequest(
            f"--target is {one_line(words or '')!r}, where {one_line(output)!r} is the name of an "
            "output and of a class: give the class's index, or leave --classes out."
        )
    target = None if rest is None else _target(rest, labels)
    return (output,) if target is None else (output, target)


def _target(words: str | None, labels: Sequence[str]) -> Any:
    if words is None:
        return None
    found = _named(words, labels)
    if found is not None:
        return found
    try:
        if ":" in words:
            return _weights(words, labels)
        return _place(words.split(","), labels)
    except ValueError as error:
        if isinstance(error, InvalidRequest):
            raise
        raise InvalidRequest(
            f"--target is {one_line(words)!r}; give a class's index"
            + (" or name" if labels else "")
            + ", position,class or a contrast such as 281:1,282:-1; before it, output: where the "
            "model has several."
        ) from error


def _weights(words: str, labels: Sequence[str]) -> dict[Any, float]:
    """A sum: places, each with its weight after a colon."""
    found: dict[Any, float] = {}
    place: list[str] = []
    for part in words.split(","):
        head, colon, weight = part.rpartition(":")
        place.append(head if colon else part)
        if colon:
            index = _place(place, labels)
            if index in found or not np.isfinite(float(weight)):
                raise ValueError("an index twice, or a weight that is no number")
            found[index], place = float(weight), []
    if place:
        raise ValueError("a place without a weight")
    return found


def _place(parts: Sequence[str], labels: Sequence[str]) -> Any:
    *place, last = parts
    numbers = (*map(_whole, place), _class(last, labels))
    return numbers if place else numbers[0]


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


def read_baseline(
    words: str,
    x: Array,
    seed: int,
    features: Sequence[str] = (),
    vocabulary: Vocabulary | None = None,
) -> Any:
    """A baseline, or a list of them, from one of the words of `BASELINES`.

    The mean of a picture or a sequence is that of each of its channels. Rows of features have
    nothing in common along a row: their mean is that of each feature over the rows of x. A file is
    an array or a table: one example, or one for each of x.

    features : the names of the columns of x, where they are known; a table's are the same.
    vocabulary : of ids of words, which alone have an id for no word and for an unknown one.
    """
    if words.lower().endswith(reading.TABLE):
        reading.check_file(words)
        return _rows(Path(words), x, features)
    if words.lower().endswith(reading.ARRAY):
        reading.check_file(words)
        return reading.read_array(Path(words), x.shape[1:])
    said = f"--baseline is {one_line(words)!r}"
    try:
        if vocabulary and words in ("padding", "unknown"):
            return vocabulary.instead(x, "padding" if words == "padding" else "unknown")
        return _mean_row(x) if words == "mean" and x.ndim == 2 else baseline.named(words, x, seed)
    except InvalidRequest as error:
        text = str(error)
        if text.startswith("--"):
            raise
        whole = text.startswith("baseline is ")  # it says what was given
        raise InvalidRequest(f"--{text}" if whole else f"{said}: {text}") from error
    except ValueError as error:
        raise InvalidRequest(f"{said}; give one of {BASELINES}.") from error


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
