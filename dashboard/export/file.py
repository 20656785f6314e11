"""File: one download, built when it is asked for; and the kinds that every page offers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from dashboard.export.plate import Plate, png, svg
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


def report(stem: str, build: Callable[[], str]) -> File:
    """The whole answer as one page."""
    return File(
        "html",
        "Report (HTML)",
        f"{stem}.html",
        "text/html",
        "Numbers, figures, request and program in one page that opens without a network.",
        lambda: build().encode(),
    )


def drawing(key: str, title: str, name: str, build: Callable[[], Plate]) -> tuple[File, File]:
    """A figure twice: as pixels, and as shapes that can be edited."""
    return (
        File(
            f"{key}-png",
            f"{title} (PNG)",
            f"{name}.png",
            "image/png",
            "At 288 dots per inch.",
            lambda: png(build()),
        ),
        File(
            f"{key}-svg",
            f"{title} (SVG)",
            f"{name}.svg",
            "image/svg+xml",
            "As shapes that can be edited.",
            lambda: svg(build()).encode(),
        ),
    )


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


def _plain(value: Any) -> Any:
    """JSON knows no NaN, and no NumPy."""
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value
