"""Sheet: what a page shows, as its files need it: one shape for all pages beside Explore."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from dashboard.export import file
from dashboard.export.drawing import Drawing
from dashboard.export.file import File
from dashboard.export.report import Document, Listing


@dataclass(frozen=True)
class Sheet:
    """One page's answer.

    stem : of its file names. title : the page's headline. picture : the input's title.
    sentences : what the page says of its numbers. request, numbers : by their names.
    link : where it is seen again, or empty. arrays : for NumPy. program : Python that computes
    the numbers again. camera : the format in which figures are saved.
    """

    stem: str
    title: str
    picture: str
    sentences: tuple[str, ...]
    request: Mapping[str, Any]
    link: str
    numbers: Mapping[str, Any]
    tables: tuple[Listing, ...]
    drawings: tuple[Drawing, ...]
    arrays: Mapping[str, Any]
    program: str
    camera: str


def sheet_files(sheet: Sheet) -> tuple[File, ...]:
    """Everything that the export menu offers of a sheet."""
    stem = sheet.stem
    return (
        *file.figures(stem, sheet.drawings, lambda: report(sheet)),
        *(_table_file(part, stem) for part in sheet.tables),
        file.arrays(
            "Arrays", stem, f"For numpy.load: {', '.join(sheet.arrays)}.", lambda: archive(sheet)
        ),
        file.request(stem, lambda: file.as_json(sheet.request, sheet.link, sheet.numbers)),
        file.program(stem, lambda: sheet.program),
    )


def report(sheet: Sheet) -> Document:
    """The page on paper."""
    return Document(
        stem=sheet.stem,
        title=sheet.title,
        picture=sheet.picture,
        numbers=(),
        notes=tuple(s for s in sheet.sentences if s not in {d.sentence for d in sheet.drawings}),
        drawings=sheet.drawings,
        tables=sheet.tables,
        request=sheet.request,
        link=sheet.link,
        program=sheet.program,
        camera=sheet.camera,
    )


def archive(sheet: Sheet) -> bytes:
    """The arrays as an .npz file, without pickle."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **sheet.arrays)
    return buffer.getvalue()


def _table_file(part: Listing, stem: str) -> File:
    about = f"All {len(part.frame):,} lines."
    return file.table(
        f"{part.name}-csv", part.title, f"{stem}-{part.name}", about, lambda: part.frame
    )
