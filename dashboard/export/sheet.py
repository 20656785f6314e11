"""Sheet: what a page shows, as its files need it: one shape for all pages beside Explore."""

from __future__ import annotations

import functools
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from dashboard.export.files import File
from dashboard.export.plate import Plate, png, svg
from dashboard.export.web import LAST_WORD, document, request_table, table, text
from dashboard.form import write

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
    return (
        File(
            "html",
            "Report (HTML)",
            f"{stem}.html",
            "text/html",
            "Numbers, figures, request and program in one page that opens without a network.",
            lambda: report(sheet).encode(),
        ),
        *_drawings(sheet),
        *(
            File(
                f"{part.name}-csv",
                f"{part.title} (CSV)",
                f"{stem}-{part.name}.csv",
                "text/csv",
                f"All {len(part.frame):,} lines.",
                functools.partial(_csv, part),
            )
            for part in sheet.tables
        ),
        File(
            "npz",
            "Arrays (NPZ)",
            f"{stem}.npz",
            "application/octet-stream",
            f"For numpy.load: {', '.join(sheet.arrays)}.",
            lambda: archive(sheet),
        ),
        File(
            "json",
            "Request (JSON)",
            f"{stem}.json",
            "application/json",
            "What was asked, and the numbers of the answer.",
            lambda: as_json(sheet).encode(),
        ),
        File(
            "python",
            "Program (Python)",
            f"{stem}.py",
            "text/x-python",
            "Computes the same numbers again with the library alone.",
            lambda: sheet.program.encode(),
        ),
    )


def report(sheet: Sheet) -> str:
    """The page on paper: what it says, its figures and tables, the request, the program."""
    figures = (f"<figure>{svg(drawing.build())}</figure>" for drawing in sheet.drawings)
    parts = [
        f"<h1>{text(sheet.title)}</h1>",
        f"<p>{text(sheet.picture)}</p>",
        *(f"<p>{text(sentence)}</p>" for sentence in sheet.sentences),
        f'<div class="figures">{"".join(figures)}</div>',
    ]
    for part in sheet.tables:
        more = len(part.frame) - ROWS
        parts += [f"<h2>{text(part.title)}</h2>", _table(part.frame.head(ROWS))]
        parts += [f"<p>And {more:,} more lines.</p>"] if more > 0 else []
    parts += [
        "<h2>The request</h2>",
        request_table([(k, write(v)) for k, v in sheet.request.items()], sheet.link),
        "<h2>The same numbers from Python</h2>",
        f"<pre>{text(sheet.program)}</pre>",
        LAST_WORD,
    ]
    return document(sheet.title, parts)


def as_json(sheet: Sheet) -> str:
    """The request and the numbers of the answer."""
    content = {
        "format": 1,
        "request": dict(sheet.request),
        "link": sheet.link,
        "answer": {name: _plain(value) for name, value in sheet.numbers.items()},
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def archive(sheet: Sheet) -> bytes:
    """The arrays as an .npz file, without pickle."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **sheet.arrays)
    return buffer.getvalue()


def _drawings(sheet: Sheet) -> Iterator[File]:
    """Every figure twice: as pixels, and as shapes that can be edited."""
    for part in sheet.drawings:
        name = f"{sheet.stem}-{part.name}"
        yield File(
            f"{part.name}-png",
            f"{part.title} (PNG)",
            f"{name}.png",
            "image/png",
            "At 288 dots per inch.",
            functools.partial(_png, part),
        )
        yield File(
            f"{part.name}-svg",
            f"{part.title} (SVG)",
            f"{name}.svg",
            "image/svg+xml",
            "As shapes that can be edited.",
            functools.partial(_svg, part),
        )


def _png(drawing: Drawing) -> bytes:
    return png(drawing.build())


def _svg(drawing: Drawing) -> bytes:
    return svg(drawing.build()).encode()


def _csv(part: Table) -> bytes:
    return bytes(part.frame.to_csv(index=False).encode())


def _table(frame: pd.DataFrame) -> str:
    rows = ([_cell(value) for value in row] for row in frame.itertuples(index=False))
    return table(map(str, frame.columns), rows)


def _cell(value: Any) -> str:
    """Six digits of a number that is not whole; nothing for NaN."""
    if not isinstance(value, float | np.floating):
        return str(value)
    return f"{value:.6g}" if np.isfinite(value) else ""


def _plain(value: Any) -> Any:
    """JSON knows no NaN, and no NumPy."""
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value
