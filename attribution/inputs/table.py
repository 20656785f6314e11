"""Tables of features: comma-separated lines of numbers, with a line of names above them or not.

table = read("patients.csv", data)
table.rows     # float64 (rows, features)
table.names    # ("age", "dose"), or () where the first line holds numbers
"""

from __future__ import annotations

import csv
import io
import itertools
import math
import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attribution.errors import InvalidRequest, one_line

MAX_BYTES = 64 * 1024 * 1024
MAX_NUMBERS = 2**23
"""Rows x columns: 64 MB of numbers."""
MAX_COLUMNS = 2**20
MAX_CELL = 1_000
"""Characters."""
_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?", re.ASCII)
_MISSING = re.compile(r"|[-+]?(nan|inf|infinity)|n/?a|null|none|\?", re.IGNORECASE)


@dataclass(frozen=True)
class Table:
    """Rows of features.

    rows : float64 (rows, features), one row for each example. names : of the features, in the order
    of the columns; none where the file has no header.
    """

    rows: NDArray[np.float64]
    names: tuple[str, ...] = ()


def read(name: str, data: bytes, features: int | None = None) -> Table:
    """A table from the bytes of a CSV file in UTF-8; `name` is the file's, for messages.

    The first line is a header where every cell of it is a name. A line that mixes names with
    numbers, or has an empty cell, is neither header nor row, and refused: a row would get lost.
    So is a first line 0, 1, 2, ... above others, which pandas writes where it has no names.
    features : how many the model takes; None is any number.

    Raises
    ------
    InvalidRequest : no text, no rows, rows of different lengths or of another than `features`, a
        cell that is no finite number, a header with a name twice, more than `MAX_BYTES`,
        `MAX_NUMBERS`, `MAX_COLUMNS` or `MAX_CELL`.
    """
    name = one_line(name)
    if len(data) > MAX_BYTES:
        raise InvalidRequest(f"{name} is larger than {MAX_BYTES >> 20} MB: split it, or give .npy.")
    lines = read_lines(name, data)
    number, first = next(lines, (0, []))
    if not first:
        raise InvalidRequest(f"{name} is empty; lines of numbers are expected.")
    width = len(first)
    if features not in (None, width):
        raise InvalidRequest(
            f"{name} has {_count(width, 'column')}, and the model takes "
            f"{_count(features or 0, 'feature')}: give these, in the order of the model, and "
            f"nothing else.{separated(first)}"
        )
    names = _header(name, number, first)
    below = lines if names else itertools.chain([(number, first)], lines)
    rows = np.frombuffer(_numbers(name, below, width)).reshape(-1, width)
    if len(rows) > 1 and first == [str(i) for i in range(width)]:
        raise InvalidRequest(
            f"The first line of {name} counts its columns from 0, as a header without names does: "
            "remove it or give names; if it is an example, put a line of names above it."
        )
    if not len(rows):
        raise InvalidRequest(
            f"{name} holds a header and no line of numbers below it.{separated(first)}"
        )
    return Table(rows, names)


def read_lines(name: str, data: bytes) -> Iterator[tuple[int, list[str]]]:
    """The cells of each line that is not blank, and its number in the file."""
    commas = 0

    def text() -> Iterator[str]:
        """The lines, decoded piece by piece; a row, which quotes may spread, is bounded here."""
        nonlocal commas
        for line in io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig", newline=""):
            commas += line.count(",")
            if commas >= MAX_COLUMNS:
                raise InvalidRequest(
                    f"{name} has a row of more than {MAX_COLUMNS:,} cells: give .npy."
                )
            yield line

    try:
        reader = csv.reader(text(), strict=True, skipinitialspace=True)
        for row in reader:
            commas = 0
            cells = [cell.strip() for cell in row]
            if len(cells) > 1 or any(cells):
                yield reader.line_num, cells
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"{name} is no text in UTF-8: save it as CSV in UTF-8.") from error
    except csv.Error as error:
        raise InvalidRequest(f"{name} cannot be read as CSV: {one_line(str(error))}.") from error


def names_above(name: str, data: bytes) -> tuple[str, ...]:
    """The names in the first line of such a file; none where it is a row of numbers.

    Raises InvalidRequest as `read`.
    """
    number, first = next(read_lines(one_line(name), data), (0, []))
    return _header(one_line(name), number, first) if first else ()


def _header(name: str, number: int, cells: Sequence[str]) -> tuple[str, ...]:
    """The names in the first line; none where it is a row of numbers."""
    check_lengths(name, number, cells)
    missing = [i for i, cell in enumerate(cells) if is_missing(cell)]
    numbers = [i for i, cell in enumerate(cells) if is_number(cell)]
    if len(numbers) + len(missing) == len(cells):
        return ()
    if missing or numbers:
        first = (missing or numbers)[0]
        kind = f"holds {one_line(cells[first])!r}" if cells[first] else "is empty"
        raise InvalidRequest(
            f"Line {number} of {name} is neither a header nor a row: cell {first + 1} {kind} "
            "beside names; give a name for each feature and no other columns."
            f"{separated(cells)}"
        )
    seen: set[str] = set()
    for cell in cells:
        if cell in seen:
            raise InvalidRequest(f"The header of {name} has the name {one_line(cell)!r} twice.")
        seen.add(cell)
    return tuple(one_line(cell, 200) for cell in cells)


def _numbers(name: str, lines: Iterator[tuple[int, list[str]]], width: int) -> array[float]:
    """(rows * width,) the numbers of all lines."""
    found = array("d")
    for number, cells in lines:
        check_row(name, number, cells, width)
        values = [float(cell) if is_number(cell) else math.nan for cell in cells]
        if not all(map(math.isfinite, values)):
            wrong = [math.isfinite(value) for value in values].index(False)
            what = repr(one_line(cells[wrong])) if cells[wrong] else "empty"
            raise InvalidRequest(
                f"Cell {wrong + 1} of line {number} of {name} is {what}; a finite number with a "
                f"point is expected, and commas between cells.{separated(cells)}"
            )
        found.extend(values)
        if len(found) > MAX_NUMBERS:
            raise InvalidRequest(
                f"{name} holds more than {MAX_NUMBERS:,} numbers: split it, or give .npy."
            )
    return found


def separated(cells: Sequence[str]) -> str:
    """The mend for a line whose cells something else than commas separates; "" for others."""
    for mark, name in ((";", "semicolons"), ("\t", "tabs")):
        if any(mark in cell for cell in cells):
            return (
                f" {name.capitalize()} seem to separate its cells: save it with commas between "
                "cells and points in numbers."
            )
    return ""


def is_number(cell: str) -> bool:
    return _NUMBER.fullmatch(cell) is not None


def is_missing(cell: str) -> bool:
    return _MISSING.fullmatch(cell) is not None


def check_row(name: str, number: int, cells: Sequence[str], width: int) -> None:
    """Refuse a line that is not as wide as the first, or has a cell of any length."""
    if len(cells) != width:
        raise InvalidRequest(
            f"Line {number} of {name} has {_count(len(cells), 'cell')}, and the first has {width}."
        )
    check_lengths(name, number, cells)


def check_lengths(name: str, number: int, cells: Sequence[str]) -> None:
    if max(map(len, cells)) > MAX_CELL:
        raise InvalidRequest(
            f"Line {number} of {name} has a cell of more than {MAX_CELL:,} characters; numbers, or "
            "names above them, are expected."
        )


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
