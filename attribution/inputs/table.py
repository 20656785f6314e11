"""Tables of features: comma-separated lines of numbers, with a line of names above them or not.

table = read("patients.csv", data)
table.rows     # float64 (rows, features)
table.names    # ("age", "dose"), or () where the first line holds numbers
"""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attribution.errors import InvalidRequest, one_line

MAX_BYTES = 64 * 1024 * 1024
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", re.ASCII)
_MISSING = re.compile(r"|[-+]?(nan|inf|infinity)|n/?a|null|none|\?", re.IGNORECASE)


@dataclass(frozen=True)
class Table:
    """Rows of features.

    rows : float64 (rows, features), one row for each example. names : of the features, in the order
    of the columns; none where the file has no header.
    """

    rows: NDArray[np.float64]
    names: tuple[str, ...] = ()


def read(name: str, data: bytes) -> Table:
    """A table from the bytes of a CSV file in UTF-8; `name` is the file's, for messages.

    The first line is a header where every cell of it is a name. A line that mixes names with
    numbers, or has an empty cell, is neither header nor row, and refused: a row would get lost.

    Raises
    ------
    InvalidRequest : no text, no rows, rows of different lengths, a cell that is no finite number, a
        header with a name twice, more than `MAX_BYTES`.
    """
    name = one_line(name)
    if len(data) > MAX_BYTES:
        raise InvalidRequest(f"{name} is larger than {MAX_BYTES >> 20} MB: split it, or give .npy.")
    lines = _lines(name, data)
    number, first = next(lines, (0, []))
    if not first:
        raise InvalidRequest(f"{name} is empty; lines of numbers are expected.")
    names = _header(name, number, first)
    below = lines if names else itertools.chain([(number, first)], lines)
    rows = [_row(name, number, cells, len(first)) for number, cells in below]
    if not rows:
        raise InvalidRequest(f"{name} holds a header and no line of numbers below it.")
    return Table(np.stack(rows), names)


def _lines(name: str, data: bytes) -> Iterator[tuple[int, list[str]]]:
    """The cells of each line that is not blank, and its number in the file."""
    try:
        text = io.StringIO(data.decode("utf-8-sig"), newline="")
        reader = csv.reader(text, strict=True, skipinitialspace=True)
        for row in reader:
            cells = [cell.strip() for cell in row]
            if any(cells) or len(cells) > 1:
                yield reader.line_num, cells
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"{name} is no text in UTF-8: save it as CSV in UTF-8.") from error
    except csv.Error as error:
        raise InvalidRequest(f"{name} cannot be read as CSV: {one_line(str(error))}.") from error


def _header(name: str, number: int, cells: Sequence[str]) -> tuple[str, ...]:
    """The names in the first line; none where it is a row of numbers."""
    missing = [i for i, cell in enumerate(cells) if _MISSING.fullmatch(cell)]
    numbers = [i for i, cell in enumerate(cells) if _NUMBER.fullmatch(cell)]
    if len(numbers) + len(missing) == len(cells):
        return ()
    if missing or numbers:
        first = (missing or numbers)[0]
        kind = f"holds {cells[first]!r}" if cells[first] else "is empty"
        raise InvalidRequest(
            f"Line {number} of {name} is neither a header nor a row: cell {first + 1} {kind} "
            "beside names; give a name for each feature and no other columns."
        )
    twice = next((cell for i, cell in enumerate(cells) if cell in cells[:i]), None)
    if twice is not None:
        raise InvalidRequest(f"The header of {name} has the name {one_line(twice)!r} twice.")
    return tuple(one_line(cell, 200) for cell in cells)


def _row(name: str, number: int, cells: Sequence[str], width: int) -> NDArray[np.float64]:
    """(width,) the numbers of a line."""
    if len(cells) != width:
        raise InvalidRequest(
            f"Line {number} of {name} has {_cells(len(cells))}, and the first has {width}."
        )
    values = np.array([float(c) if _NUMBER.fullmatch(c) else np.nan for c in cells])
    wrong = np.flatnonzero(~np.isfinite(values))
    if wrong.size:
        cell = cells[wrong[0]]
        what = repr(one_line(cell)) if cell else "empty"
        raise InvalidRequest(
            f"Cell {wrong[0] + 1} of line {number} of {name} is {what}; a finite number with a "
            "point is expected, and commas between cells."
        )
    return values


def _cells(count: int) -> str:
    return "1 cell" if count == 1 else f"{count} cells"
