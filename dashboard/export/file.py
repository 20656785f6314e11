"""File: one download, built when it is asked for; and the kinds that every page offers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from attribution.result import Attribution
from dashboard.export import pictures
from dashboard.export.drawing import Drawing
from dashboard.export.report import Document, page
from dashboard.text import cells


@dataclass(frozen=True)
class File:
    """key : for tests and links; build : makes the bytes."""

    key: str
    label: str
    name: str
    mime: str
    help: str
    build: Callable[[], bytes]


def figures(
    stem: str, drawings: Sequence[Drawing], report: Callable[[], Document]
) -> tuple[File, ...]:
    """The whole answer as one page; and its figures as pictures, where a Chrome can draw them."""
    whole = File(
        "html",
        "Report (HTML)",
        f"{stem}.html",
        "text/html",
        "Numbers, figures, request and program in one page that opens without a network.",
        lambda: page(report()).encode(),
    )
    if pictures.chrome() is None:
        return (whole,)
    drawn = File(
        "pictures",
        "Pictures (PNG, SVG, PDF)",
        f"{stem}-pictures.zip",
        "application/zip",
        "Every figure with its sentence, in three formats, as one ZIP.",
        lambda: pictures.archive(drawings, stem),
    )
    return whole, drawn


def table(key: str, title: str, name: str, about: str, build: Callable[[], pd.DataFrame]) -> File:
    """Lines of numbers."""
    return File(
        key,
        f"{title} (CSV)",
        f"{name}.csv",
        "text/csv",
        about,
        lambda: bytes(cells(build()).to_csv(index=False).encode()),
    )


def arrays(title: str, stem: str, about: str, build: Callable[[], bytes]) -> File:
    """Scores for NumPy."""
    mime = "application/octet-stream"
    return File("npz", f"{title} (NPZ)", f"{stem}.npz", mime, about, build)


def request(stem: str, build: Callable[[], str]) -> File:
    """What was asked."""
    return File(
        "json",
        "Request (JSON)",
        f"{stem}.json",
        "application/json",
        "What was asked, and the numbers of the answer.",
        lambda: build().encode(),
    )


def program(stem: str, build: Callable[[], str]) -> File:
    """The way to the same numbers without the page."""
    return File(
        "python",
        "Program (Python)",
        f"{stem}.py",
        "text/x-python",
        "Computes the same numbers again with the library alone.",
        lambda: build().encode(),
    )


def as_json(request: Mapping[str, Any], link: str, numbers: Mapping[str, Any], **more: Any) -> str:
    """The request, the link to its answer and the numbers of that, and what more there is."""
    content = {
        "format": 1,
        "request": dict(request),
        "link": link,
        **more,
        "answer": {name: _plain(value) for name, value in numbers.items()},
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def asked(result: Attribution) -> npt.NDArray[np.str_]:
    """What a result was asked, as JSON text: digests of model, input and baseline, and versions."""
    return np.array(json.dumps(result.request and vars(result.request), default=dict))


def _plain(value: Any) -> Any:
    """JSON knows no NaN, and no NumPy."""
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value
