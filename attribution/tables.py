"""Tables: a CSV file's rows as inputs of a model that takes named features.

    table = read(data, "patients.csv", ("age", "smoker"), {"smoker": ("no", "yes")})
    x = pick(table, 3)                    # float32 (1, 2): the third row
    baseline = typical(table, "median")   # float32 (1, 2)

Columns are found by the names above them, in any order; what the model does not take is left out. A
category becomes its place among its names, from 0. Rows in arguments and messages count from 1.
"""

from __future__ import annotations

import difflib
import math
from array import array
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from attribution.errors import InvalidRequest, InvalidTable, one_line
from attribution.inputs import bounds
from attribution.inputs import table as _table
from attribution.inputs.table import Table

__all__ = ["MAX_BYTES", "MAX_ROWS", "Table", "columns", "pick", "read", "typical"]

MAX_BYTES = 10 * 1024 * 1024
MAX_ROWS = 100_000
_LARGEST = float(np.finfo(np.float32).max)

Floats = NDArray[np.float32]


def read(
    data: bytes,
    name: str,
    features: Sequence[str] | None = None,
    categories: Mapping[str, Sequence[str]] | None = None,
) -> Table:
    """The rows of a CSV file in UTF-8 with a line of names above them.

    name : of the file, for messages. features : that the model takes, in its order; None is all
        columns as they stand. categories : the values of a feature by name, in the model's order.

    Raises
    ------
    InvalidTable : no bytes, more than 10 MB or 100,000 rows, no text, no line of names, no row, a
        feature that is not among the names or there twice, a cell that is empty or no finite
        number, a category that is not listed, rows of different lengths.
    """
    bounds.check_bytes(data, name, MAX_BYTES, InvalidTable)
    try:
        return _rows(one_line(name), data, features, categories or {})
    except InvalidTable:
        raise
    except InvalidRequest as error:
        raise InvalidTable(str(error)) from error


def columns(data: bytes, name: str) -> tuple[str, ...]:
    """The names above the columns of a CSV file; none where it begins with numbers.

    Raises InvalidTable for a first line of names and numbers, or with a name twice.
    """
    try:
        return _table.names_above(name, data)
    except InvalidRequest as error:
        raise InvalidTable(str(error)) from error


def pick(table: Table, row: int) -> Floats:
    """One row as an input, (1, features). Raises InvalidRequest for no row of the table."""
    return _single(table.rows[bounds.whole("row", row, 1, len(table.rows)) - 1])


def typical(
    table: Table,
    how: Literal["mean", "median"] = "mean",
    categories: Sequence[str] | Mapping[str, Sequence[str]] = (),
) -> Floats:
    """A row to compare others with, (1, features): each feature's mean or median over the table.

    categories : the features whose numbers are places in a list: of these the most frequent value
        is taken (of several the first), for there is nothing between two categories.

    A chosen row as the baseline is `pick`. Raises InvalidRequest for another `how`, or a category
    that is no feature.
    """
    ways: dict[str, Callable[..., Any]] = {"mean": np.mean, "median": np.median}
    if how not in ways:
        raise InvalidRequest(f"how is {how!r}; it must be 'mean' or 'median'.")
    found = ways[how](table.rows, axis=0)
    for feature in categories:
        if feature not in table.names:
            raise InvalidRequest(f"{one_line(feature)!r} is no feature of the table.")
        column = table.names.index(feature)
        values, counts = np.unique(table.rows[:, column], return_counts=True)
        found[column] = values[counts.argmax()]
    return _single(found)


def _rows(
    name: str,
    data: bytes,
    features: Sequence[str] | None,
    categories: Mapping[str, Sequence[str]],
) -> Table:
    lines = _table.read_lines(name, data)
    number, first = next(lines, (0, []))
    if not first:
        raise InvalidTable(f"{name} is empty; a line of names and rows below it are expected.")
    _table.check_lengths(name, number, first)
    if all(map(_table.is_number, first)):
        raise InvalidTable(
            f"{name} begins with a line of numbers: write the names of its columns above them, "
            "so that none can be mistaken for another."
        )
    names = tuple(features) if features is not None else tuple(first)
    places: dict[str, list[int]] = {}
    for place, cell in enumerate(first):
        places.setdefault(cell, []).append(place)
    columns = [_column(name, places, feature) for feature in names]
    codes = [_codes(categories.get(feature)) for feature in names]
    found, rows = array("d"), 0
    for number, cells in lines:
        rows += 1
        if rows > MAX_ROWS or len(found) > _table.MAX_NUMBERS:
            raise InvalidTable(
                f"{name} has more than {MAX_ROWS:,} rows or {_table.MAX_NUMBERS:,} numbers: "
                "split it."
            )
        _table.check_row(name, number, cells, len(first))
        for feature, column, code in zip(names, columns, codes, strict=True):
            found.append(_value(f"Line {number} of {name}", feature, cells[column], code))
    if not rows:
        raise InvalidTable(f"{name} holds names and no row below them; give at least one.")
    shown = tuple(one_line(feature, 200) for feature in names)
    return Table(np.frombuffer(found).reshape(rows, len(names)), shown)


def _column(name: str, places: Mapping[str, Sequence[int]], feature: str) -> int:
    """Which of a file's columns holds a feature; places : where each name stands."""
    asked, found = one_line(feature), places.get(feature, ())
    if not feature:
        raise InvalidTable(f"{name} has a column without a name: name it, or remove it.")
    if len(found) > 1:
        raise InvalidTable(f"{name} has the column {asked!r} twice: remove one of them.")
    if found:
        return found[0]
    header = list(places)[:200]
    near = difflib.get_close_matches(feature, header, n=1)
    mend = f"; its column {one_line(near[0])!r} may be meant: rename it." if near else ": add it."
    separated = _table.separated(header)
    raise InvalidTable(f"{name} has no column {asked!r}" + (f".{separated}" if separated else mend))


def _codes(values: Sequence[str] | None) -> dict[str, float]:
    return {value: float(code) for code, value in enumerate(values or ())}


def _value(where: str, feature: str, cell: str, codes: Mapping[str, float]) -> float:
    """A cell as a number."""
    if codes and cell in codes:
        return codes[cell]
    asked, given = one_line(feature), one_line(cell)
    if _table.is_missing(cell):
        what = f"{given!r}" if cell else "nothing"
        raise InvalidTable(
            f"{where} has {what} for {asked!r}: give its value, or remove the row; none is made up."
        )
    if codes:
        listed = ", ".join(map(repr, list(codes)[:6])) + (", ..." if len(codes) > 6 else "")
        raise InvalidTable(
            f"{where} has {given!r} for {asked!r}; one of {one_line(listed, 200)} is expected."
        )
    value = float(cell) if _table.is_number(cell) else math.nan
    if not math.isfinite(value) or abs(value) > _LARGEST:
        raise InvalidTable(
            f"{where} has {given!r} for {asked!r}; a finite number with a point is expected."
        )
    return value


def _single(row: NDArray[np.float64]) -> Floats:
    return row.astype(np.float32)[None]
