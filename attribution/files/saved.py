"""Saved: an Attribution as the arrays and the JSON text of a file, and back, each part checked.

Format 2 holds what format 1, that of version 0.1, did not: the resolution, the axis of the
channels, methods that do not know whether they converged, and a digest of everything.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from attribution.files import asked, targets
from attribution.files.archive import Array, Damaged

FORMAT = 2
MOST_TEXT = 2**22
"""Characters of the JSON text; a target of a hundred thousand weights has fewer."""
_KINDS = {
    "scores": "f",
    "gap": "f",
    "error": "f",
    "evaluations": "iu",
    "f_input": "f",
    "f_baseline": "f",
    "converged": "b",
    "resolution": "f",
    "standard_error": "f",
    "target": "iu",
}
_OPTIONAL = frozenset({"standard_error", "target"})
_KNOWN = {1: frozenset(_KINDS) - {"resolution"}, 2: frozenset(_KINDS)}
_NEEDED = {1: _KNOWN[1] - _OPTIONAL, 2: _KNOWN[2] - _OPTIONAL - {"converged"}}
_WORDS_1 = frozenset({"format", "layer", "method", "is_cut", "tolerance", "notes", "target"})
_WORDS = {1: _WORDS_1, 2: _WORDS_1 | {"channel_axis", "request"}}
_FULL = ("scores", "standard_error")
"""The arrays of the layer's shape; the others have one value for each example."""
_ENDS = {"error": np.inf, "evaluations": np.inf, "standard_error": np.inf, "resolution": 1.0}
"""The largest value of what is never negative."""
_ERROR_UNKNOWN = frozenset(  # the methods whose error format 1 wrote as 0, and as converged
    {
        "gradient_times_difference",
        "gradient_times_activation",
        "activation_difference",
        "deeplift_rescale",
        "deeplift_reveal_cancel",
        "deeplift_genomics",
    }
)


def pack(fields: Mapping[str, Any]) -> dict[str, Array]:
    """The fields of an Attribution as arrays. Raises Damaged for what `unpack` would not take."""
    given = {**fields}
    if not isinstance(given["target"], np.ndarray):
        given["target"] = None
    arrays = {name: np.asarray(given[name]) for name in _KINDS if given[name] is not None}
    about = {
        **{name: fields[name] for name in _WORDS[FORMAT] - {"format"}},
        "request": asked.to_json(fields["request"]),
        "format": FORMAT,
        "target": None if "target" in arrays else targets.to_json(fields["target"]),
    }
    try:
        text = json.dumps(about, allow_nan=False, sort_keys=True, default=_plain)
    except (TypeError, ValueError) as error:
        raise Damaged("its description holds values of another kind") from error
    _fields(arrays, text)
    return {**arrays, "about": np.array(text), "digest": np.array(_digest(arrays, text))}


def unpack(arrays: Mapping[str, Array]) -> dict[str, Any]:
    """The fields of an Attribution. Raises Damaged for arrays that `pack` did not make."""
    arrays = dict(arrays)
    text, digest = _text(arrays.pop("about", None)), arrays.pop("digest", None)
    fields, version = _fields(arrays, text)
    if version != FORMAT and digest is None:
        return _of_version_1(fields)
    if version != FORMAT or _text(digest) != _digest(arrays, text):
        raise Damaged("it was changed after it was saved")
    return fields


def _fields(arrays: Mapping[str, Array], text: str) -> tuple[dict[str, Any], int]:
    """What the arrays and the text say, each part checked, and the version that wrote them."""
    about = _about(text)
    version = about.pop("format")
    _check_arrays(arrays, version)
    _check_about(about, arrays["scores"].ndim - 1)
    if about["target"] is not None and "target" in arrays:
        raise Damaged("it has two targets")
    about["target"] = arrays.get("target", targets.from_json(about["target"]))
    about["request"] = asked.from_json(about.get("request"))
    return {"converged": None, **arrays, **about, "notes": tuple(about["notes"])}, version


def _about(text: str) -> dict[str, Any]:
    """The JSON text as a mapping with the names of its format."""
    if len(text) > MOST_TEXT:
        raise Damaged("its description is too long: a target has too many weights")
    try:
        about = json.loads(text, parse_constant=_refuse, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise Damaged("its description is no plain JSON") from error
    version = about.get("format") if isinstance(about, dict) else None
    if type(version) is not int or version not in _WORDS:
        raise Damaged("it was saved by another version of this library")
    if set(about) != _WORDS[version]:
        raise Damaged("its description lacks a part, or has one too many")
    return dict(about)


def _check_arrays(arrays: Mapping[str, Array], version: int) -> None:
    """Names, kinds, shapes and ranges."""
    if missing := sorted(_NEEDED[version] - set(arrays)):
        raise Damaged(f"it has no array {missing[0]!r}")
    if extra := sorted(set(arrays) - _KNOWN[version]):
        raise Damaged(f"it has an array {extra[0][:40]!r} that does not belong there")
    scores = arrays["scores"].shape
    if scores[:1] == (0,):
        raise Damaged("it holds no example; at least one is expected")
    for name, array in arrays.items():
        if array.dtype.kind not in _KINDS[name] or array.dtype.itemsize > 8:
            raise Damaged(f"its array {name!r} holds values of another kind")
        shape = array.shape[:1] if name == "target" and array.ndim == 2 else array.shape
        if not scores or shape != (scores if name in _FULL else scores[:1]):
            raise Damaged(f"its array {name!r} does not fit the shape of the scores")
        if name in _ENDS and ((array < 0) | (array > _ENDS[name])).any():
            raise Damaged(f"its array {name!r} holds values that cannot be")


def _check_about(about: Mapping[str, Any], axes: int) -> None:
    """Types and ranges of what is no array. axes : of the layer."""
    axis, tolerance = about.get("channel_axis"), about["tolerance"]
    right = (
        isinstance(about["layer"], str)
        and isinstance(about["method"], str)
        and isinstance(about["is_cut"], bool)
        and (tolerance is None or (targets.is_number(tolerance) and tolerance >= 0))
        and isinstance(about["notes"], list)
        and all(isinstance(note, str) for note in about["notes"])
    )
    if not right:
        raise Damaged("its description holds values of another kind")
    if axis is not None and not (type(axis) is int and 0 <= axis < axes):
        raise Damaged("its channels are on an axis that the layer does not have")


def _of_version_1(fields: dict[str, Any]) -> dict[str, Any]:
    """What a file of version 0.1 says, and a note on what it does not."""
    unsaid = ["the resolution of the path"]
    if fields["scores"].ndim > 2:
        unsaid.append("the axis that holds the channels")
    if fields["method"] in _ERROR_UNKNOWN:
        unsaid.append("that no error is known for this method")
        fields = {**fields, "error": np.full_like(fields["error"], np.nan), "converged": None}
    note = f"Saved by version 0.1 of this library, whose files do not say {', nor '.join(unsaid)}."
    if fields["scores"].ndim > 2:
        note += (
            " To rank channels pass axis=, such as -1 where they are the last axis of the layer."
        )
    return {**fields, "notes": (*fields["notes"], note)}


def _digest(arrays: Mapping[str, Array], text: str) -> str:
    """sha256 of the text and of all arrays with their names, types and shapes."""
    found = hashlib.sha256(text.encode())
    for name in sorted(arrays):
        array = arrays[name]
        found.update(f"{name} {array.dtype.str} {array.shape}".encode())
        found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()


def _text(array: Array | None) -> str:
    """The text that an array is."""
    if array is None or array.dtype.kind != "U" or array.shape != ():
        raise Damaged("it has no description")
    order = "be" if array.dtype.str[0] == ">" else "le"
    try:  # NumPy itself would make a str of codes that are no characters
        return array.tobytes().decode(f"utf-32-{order}").rstrip("\0")
    except UnicodeDecodeError as error:
        raise Damaged("its description is no text") from error


def _plain(value: Any) -> Any:
    """A number of NumPy as one of Python, for JSON."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(type(value))


def _refuse(word: str) -> Any:
    """NaN and Infinity are no JSON."""
    raise ValueError(word)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A mapping of JSON in which no name stands twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice")
    return found
