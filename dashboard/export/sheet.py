"""Sheet: what a page shows, as its files need it: one shape for all pages beside Explore."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from dashboard.export import file
from dashboard.export.file import File
from dashboard.export.report import Document, Listing
from dashboard.export.setting import Setting
from dashboard.text import stem


@dataclass(frozen=True, kw_only=True)
class Sheet(Document):
    """One page's answer. numbers : by their names. arrays : for NumPy."""

    numbers: Mapping[str, Any]
    arrays: Mapping[str, Any]

    @staticmethod
    def of(
        setting: Setting, page: str, target: int, more: Mapping[str, Any], **parts: Any
    ) -> Sheet:
        """What the page was asked, and `more` beside, with these parts. target : the output that
        is explained."""
        request = {**setting.asked.flat(), **more}
        if page == "overview":  # it is about all layers
            del request["layer"]
        layer = (request["layer"],) if "layer" in request else ()
        return Sheet(
            stem=stem(page, setting.asked.input, *layer, setting.asked.method),
            picture=setting.item.title,
            request={**request, "explained": f"{setting.outputs[target]} ({target})"},
            link=setting.link,
            camera=setting.camera,
            drawings=setting.drawings,
            **parts,
        )


def sheet_files(sheet: Sheet) -> tuple[File, ...]:
    """Everything that the export menu offers of a sheet."""
    name, held = sheet.stem, f"For numpy.load: {', '.join(sheet.arrays)}."
    return (
        *file.figures(name, sheet.drawings, lambda: sheet),
        *(_table(part, name) for part in sheet.tables),
        file.arrays("Arrays", name, held, lambda: archive(sheet.arrays)),
        file.request(name, lambda: file.as_json(sheet.request, sheet.link, sheet.numbers)),
        file.program(name, lambda: sheet.program),
    )


def archive(arrays: Mapping[str, Any]) -> bytes:
    """Arrays as an .npz file, without pickle."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def _table(part: Listing, stem: str) -> File:
    name, about = f"{stem}-{part.name}", f"All {len(part.frame):,} lines."
    return file.table(f"{part.name}-csv", part.title, name, about, lambda: part.frame)
