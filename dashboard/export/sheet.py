"""Sheet: what a page shows, as its files need it: one shape for all pages beside Explore."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from dashboard.export import file
from dashboard.export.file import File
from dashboard.export.plate import Plate, svg
from dashboard.export.web import LAST_WORD, document, request_table, table
from dashboard.form import write
from dashboard.text import html

ROWS = 40  # of a table in the report; the rest are in its file


@dataclass(frozen=True)
class Table:
    """name : in file names; title : above it."""

    name: str
    title: str
    frame: pd.DataFrame


@dataclass(frozen=True)
class Drawing:
    """A figure on paper. name : in file names; title : on the button."""

    name: str
    title: str
    build: Callable[[], Plate]


@dataclass(frozen=True)
class Sheet:
    """One page's answer.

    stem : of its file names. title : the page's headline. picture : the input's title.
    sentences : what the page says of its numbers. request, numbers : by their names.
    link : where it is seen again, or empty. arrays : for NumPy. program : Python that computes
    the numbers again.
    """

    stem: str
    title: str
    picture: str
    sentences: tuple[str, ...]
    request: Mapping[str, Any]
    link: str
    numbers: Mapping[str, Any]
    tables: tuple[Table, ...]
    drawings: tuple[Drawing, ...]
    arrays: Mapping[str, Any]
    program: str


def sheet_files(sheet: Sheet) -> tuple[File, ...]:
    """Everything that the export menu offers of a sheet."""
    stem = sheet.stem
    figures = (file.drawing(d.name, d.title, f"{stem}-{d.name}", d.build) for d in sheet.drawings)
    return (
        file.report(stem, lambda: report(sheet)),
        *(part for figure in figures for part in figure),
        *(_table_file(part, stem) for part in sheet.tables),
        file.arrays(
            "Arrays", stem, f"For numpy.load: {', '.join(sheet.arrays)}.", lambda: archive(sheet)
        ),
        file.request(stem, lambda: file.as_json(sheet.request, sheet.link, sheet.numbers)),
        file.program(stem, lambda: sheet.program),
    )


def report(sheet: Sheet) -> str:
    """The page on paper: what it says, its figures and tables, the request, the program."""
    figures = (f"<figure>{svg(drawing.build())}</figure>" for drawing in sheet.drawings)
    parts = [
        f"<h1>{html(sheet.title)}</h1>",
        f"<p>{html(sheet.picture)}</p>",
        *(f"<p>{html(sentence)}</p>" for sentence in sheet.sentences),
        f'<div class="figures">{"".join(figures)}</div>',
    ]
    for part in sheet.tables:
        more = len(part.frame) - ROWS
        parts += [f"<h2>{html(part.title)}</h2>", _table(part.frame.head(ROWS))]
        parts += [f"<p>And {more:,} more lines.</p>"] if more > 0 else []
    parts += [
        "<h2>The request</h2>",
        request_table([(k, write(v)) for k, v in sheet.request.items()], sheet.link),
        "<h2>The same numbers from Python</h2>",
        f"<pre>{html(sheet.program)}</pre>",
        LAST_WORD,
    ]
    return document(sheet.title, parts)


def archive(sheet: Sheet) -> bytes:
    """The arrays as an .npz file, without pickle."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **sheet.arrays)
    return buffer.getvalue()


def _table_file(part: Table, stem: str) -> File:
    about = f"All {len(part.frame):,} lines."
    return file.table(
        f"{part.name}-csv", part.title, f"{stem}-{part.name}", about, lambda: part.frame
    )


def _table(frame: pd.DataFrame) -> str:
    rows = ([_cell(value) for value in row] for row in frame.itertuples(index=False))
    return table(map(str, frame.columns), rows)


def _cell(value: Any) -> str:
    """Six digits of a number that is not whole; nothing for NaN."""
    if not isinstance(value, float | np.floating):
        return str(value)
    return f"{value:.6g}" if np.isfinite(value) else ""
