"""Cells: the inputs in the rows of a table, CSV or Parquet, as features or in a column."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from attribution import sequences
from attribution.cards import TableEntry
from attribution.errors import InvalidArray, InvalidRequest, InvalidTable, one_line
from attribution.inputs.table import is_number
from attribution.profile.intake import FILES, LABELS, Contents, Example, Intake
from attribution.profile.storage import Directory

Open = Callable[[Directory, str, Intake], Contents]
_CELLS = {
    "image": ("image", "picture", "bytes", "img"),
    "sequence": ("sequence", "seq", "dna", "letters"),
    "tokens": ("text", "sentence", "review", "tokens", "ids", "words"),
    "series": ("series", "values", "x", "signal"),
    "array": ("array", "values", "x", "input"),
}


def csv(root: Directory, path: str, intake: Intake, other: Open) -> Contents:
    import pandas as pd  # loaded for tables alone

    try:
        frame = pd.read_csv(io.BytesIO(root.read(path)), dtype=str, keep_default_na=False)
    except (ValueError, UnicodeDecodeError) as error:  # pandas' own errors are ValueErrors
        raise InvalidRequest(f"{one_line(path)} is no CSV in UTF-8: save it as that.") from error
    if all(is_number(name) for name in frame.columns):
        raise InvalidRequest(
            f"{one_line(path)} begins with a line of numbers: write the names of its columns above."
        )
    rows = _Cells(
        len(frame),
        tuple(frame.columns),
        lambda i: dict(frame.iloc[i]),
        lambda name: list(frame[name]),
    )
    return _rows(root, path, intake, rows, other)


def parquet(root: Directory, path: str, intake: Intake, other: Open) -> Contents:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with root.open(path) as stream:
            file = pq.ParquetFile(stream)
            names = tuple(file.schema_arrow.names)
            groups = [file.metadata.row_group(g).num_rows for g in range(file.num_row_groups)]
    except (pa.ArrowException, OSError) as error:
        raise InvalidRequest(f"{one_line(path)} is no Parquet file, or a damaged one.") from error
    ends = np.cumsum([0, *groups])
    held: dict[int, Any] = {}

    def row(number: int) -> dict[str, Any]:
        group = int(np.searchsorted(ends, number, side="right")) - 1
        if group not in held:
            held.clear()  # one group at a time
            with root.open(path) as stream:
                held[group] = pq.ParquetFile(stream).read_row_group(group)
        inside = number - int(ends[group])
        return {n: held[group][n][inside].as_py() for n in held[group].column_names}

    def column(name: str) -> list[Any]:
        with root.open(path) as stream:
            values: list[Any] = pq.read_table(stream, columns=[name])[name].to_pylist()
        return values

    return _rows(root, path, intake, _Cells(int(ends[-1]), names, row, column), other)


@dataclass(frozen=True)
class _Cells:
    """A table: its rows by number, name -> cell, and its columns by name."""

    count: int
    names: tuple[str, ...]
    row: Callable[[int], Mapping[str, Any]]
    column: Callable[[str], Sequence[Any] | None]


def _rows(root: Directory, path: str, intake: Intake, cells: _Cells, other: Open) -> Contents:
    """The rows of a table: of features, or with a cell that holds the input or names its file."""
    used = _used(intake, cells.names, path)
    label = next((n for n in cells.names if n.lower() in LABELS and n not in used), None)
    below = PurePosixPath(path).parent

    def read(number: int) -> Example:
        row = cells.row(number)
        if isinstance(intake.entry, TableEntry):
            return intake.row({name: row[name] for name in used})
        cell = row[used[0]]
        if used[0].lower() in FILES and isinstance(cell, str):
            return other(root, str(below / cell), intake).read(0)
        return _cell(intake, cell)

    def said(name: str) -> list[str]:
        return ["" if cell is None else str(cell) for cell in cells.column(name) or ()]

    files = used[0].lower() in FILES and not isinstance(intake.entry, TableEntry)
    names = said(used[0]) if files else []
    return Contents(
        cells.count,
        read,
        names if all(len(name) < 1000 for name in names) else (),
        said(label) if label else (),
        {name: said(name) for name in cells.names if name not in used and name != label},
    )


def _used(intake: Intake, columns: Sequence[str], path: str) -> tuple[str, ...]:
    """The columns that hold the input."""
    if isinstance(intake.entry, TableEntry):
        features = intake.entry.features or [c for c in columns if c.lower() not in LABELS]
        missing = [name for name in features if name not in columns]
        if missing:
            raise InvalidTable(
                f"{one_line(path)} has no column {one_line(missing[0])!r}, which the model takes."
            )
        return tuple(features)
    known = (*intake.shapes, *_CELLS[intake.kind], *FILES)
    found = next((c for name in known for c in columns if c.lower() == name.lower()), None)
    if found is None:
        raise InvalidTable(
            f"{one_line(path)} has no column that holds the inputs: name one of its columns "
            f"({one_line(', '.join(columns), 200)}) {' or '.join(_CELLS[intake.kind][:2])}, or "
            "file."
        )
    return (found,)


def _cell(intake: Intake, cell: Any) -> Example:
    """A cell of a table as an input."""
    if (
        isinstance(cell, Mapping) and "bytes" in cell
    ):  # a picture as Hugging Face's data sets have it
        cell = cell["bytes"]
    match intake.kind:
        case "image" if isinstance(cell, bytes):
            return intake.picture(cell)
        case "sequence" if isinstance(cell, str):
            (record,) = sequences.read(f">1\n{cell}\n")
            return intake.letters(record.letters)
        case "tokens" if isinstance(cell, str | list):
            return intake.words(cell)
    try:
        return intake.values(np.array(cell))
    except ValueError as error:
        if isinstance(error, InvalidArray):
            raise
        raise InvalidArray("It holds rows of different lengths.") from error
