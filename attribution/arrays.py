"""Arrays: a file's bytes as inputs of a model of which no more is known than their shape.

    read(data, "series.npy", (None, 6))    # one example or many, float32 (length, 6) each
    read(data, "patients.csv", (12,))      # one for each line of numbers
    read_named(data, "both.npz", {"a": (12,), "b": (None, 6)})    # of a model with two inputs

NumPy's .npy and .npz files and CSV are known by their first bytes. Nothing is believed that the
file does not bear out: no header, no size of what is packed, and no Python object is ever made.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from attribution.errors import InvalidArray, InvalidRequest, one_line
from attribution.files import archive, npy
from attribution.inputs import bounds, table

MAX_BYTES = 10 * 1024 * 1024
MAX_UNPACKED = 128 * 1024 * 1024
MAX_EXAMPLES = 10_000

_NPY, _ZIP = b"\x93NUMPY", b"PK"


@dataclass(frozen=True)
class Array:
    """One example.

    name : of the file or of the array in it, with a number where it holds several; not escaped.
    values : of the shape and the dtype that were asked for.
    """

    name: str
    values: NDArray[Any]


def read(
    data: bytes, name: str, shape: Sequence[int | None], dtype: DTypeLike = "float32"
) -> list[Array]:
    """The examples in the bytes of an .npy, .npz or CSV file.

    An array is one example, or many along an axis before those of `shape`; an .npz file holds one
    array or several. A CSV file holds an example in each line where the input has one axis, and
    one example where it has two; a line of names may be above the numbers.

    name : of the file, for messages and the names of examples.
    shape : of one example; None is an axis of any length. dtype : of the input.

    Raises
    ------
    InvalidArray : no bytes, more than 10 MB (128 MB unpacked), another kind of file or a damaged
        one, values that are no finite numbers of `dtype`, another shape, no example or more than
        10,000.
    """
    bounds.check_bytes(data, name, MAX_BYTES, InvalidArray)
    shown = one_line(name)
    found: list[Array] = []
    for title, values in _arrays(data, name, shape):
        examples = _examples(one_line(title), values, shape)
        if len(found) + len(examples) > MAX_EXAMPLES:
            raise InvalidArray(
                f"{shown} holds more than {MAX_EXAMPLES:,} examples, which is the most: split it."
            )
        cast = _cast(one_line(title), examples, np.dtype(dtype))
        several = len(cast) > 1
        found += [Array(f"{title} {i}" if several else title, v) for i, v in enumerate(cast, 1)]
    if not found:
        raise InvalidArray(f"{shown} holds no array; save at least one in it.")
    return found


def read_named(
    data: bytes, name: str, shapes: Mapping[str, Sequence[int | None]], dtype: DTypeLike = "float32"
) -> list[dict[str, NDArray[Any]]]:
    """The examples of a model with several inputs, in the bytes of an .npz file: an array below
    the name of each input, for one example or, along a first axis, for as many of each.

    shapes : of one example, by the names of inputs. name, dtype : as of `read`.
    Each example holds (*shape) by name.

    Raises
    ------
    InvalidArray : as `read`; other names than those of the inputs, other numbers of examples.
    """
    bounds.check_bytes(data, name, MAX_BYTES, InvalidArray)
    shown = one_line(name)
    if not data.startswith(_ZIP):
        raise InvalidArray(
            f"{shown} is no .npz file: the model has {len(shapes)} inputs, so give an array for "
            f"each, such as np.savez(file, {', '.join(f'{one_line(n)}=...' for n in shapes)})."
        )
    members = dict(_arrays(data, name, ()))
    if {*members} != {*shapes}:
        raise InvalidArray(
            f"{shown} holds {', '.join(map(one_line, sorted(members))) or 'nothing'}; an array for "
            f"each input is expected: {', '.join(map(one_line, shapes))}."
        )
    given = {}
    for title, shape in shapes.items():
        examples = _examples(one_line(title), members[title], shape)
        given[title] = _cast(one_line(title), examples, np.dtype(dtype))
    counts = {title: len(values) for title, values in given.items()}
    if len({*counts.values()}) > 1 or max(counts.values()) > MAX_EXAMPLES:
        raise InvalidArray(
            f"{shown} holds {', '.join(f'{n} of {one_line(t)}' for t, n in counts.items())}; give "
            f"as many examples of each, {MAX_EXAMPLES:,} at most."
        )
    return [
        {title: values[number] for title, values in given.items()}
        for number in range(next(iter(counts.values())))
    ]


def _arrays(
    data: bytes, name: str, shape: Sequence[int | None]
) -> Iterator[tuple[str, NDArray[Any]]]:
    """The arrays of a file, by name."""
    suffix, stem = PurePath(name).suffix.lower(), PurePath(name).stem or name
    try:
        if data.startswith(_NPY) or suffix == ".npy":
            yield stem, npy.parse(name, io.BytesIO(data))
        elif data.startswith(_ZIP) or suffix == ".npz":
            members = archive.read(io.BytesIO(data), MAX_UNPACKED)
            for title, values in members.items():
                yield (title if len(members) > 1 else stem), values
        else:
            yield stem, _rows(data, name, shape)
    except archive.Damaged as error:
        raise InvalidArray(f"{one_line(name)} cannot be read: {error}.") from error
    except InvalidRequest as error:
        raise InvalidArray(str(error)) from error


def _rows(data: bytes, name: str, shape: Sequence[int | None]) -> NDArray[Any]:
    """The numbers of a table: a row for each example, or one example of rows."""
    if len(shape) not in (1, 2):
        raise InvalidArray(
            f"{one_line(name)} is read as a table, but the model takes {_form(shape)}: give .npy "
            "or .npz."
        )
    return table.read(name, data, shape[-1]).rows


def _examples(name: str, values: NDArray[Any], shape: Sequence[int | None]) -> NDArray[Any]:
    """(examples, *shape), whether there is one or many."""
    whole = values[None] if values.ndim == len(shape) else values
    fits = whole.ndim == len(shape) + 1 and all(
        n in (None, m) for n, m in zip(shape, whole.shape[1:], strict=True)
    )
    if not fits or not whole.size:
        raise InvalidArray(
            f"{name} has shape {_short(values.shape)}; {_form(shape)}, or many of them along a "
            "first axis, are expected."
        )
    return whole


def _cast(name: str, values: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """The same numbers in another dtype."""
    if values.dtype.kind not in "biuf":
        raise InvalidArray(
            f"{name} holds {one_line(str(values.dtype))} values; numbers are expected."
        )
    if not np.isfinite(values).all():
        raise InvalidArray(f"{name} holds NaN or infinite values; replace them.")
    with np.errstate(over="ignore", invalid="ignore"):
        found = values.astype(dtype)
        same = np.isfinite(found).all() if dtype.kind == "f" else np.array_equal(values, found)
    if not same:
        raise InvalidArray(
            f"{name} holds values that are no {dtype.name}, which the input takes: give them as "
            "the model was trained."
        )
    return np.ascontiguousarray(found)


def _form(shape: Sequence[int | None]) -> str:
    return f"arrays of shape {_short(tuple('any' if n is None else n for n in shape))}"


def _short(shape: Sequence[Any]) -> str:
    return one_line(f"({', '.join(map(str, shape))})")
