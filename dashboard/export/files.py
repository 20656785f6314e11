"""Files: what can be downloaded of an answer. Each is built when it is asked for."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

from dashboard.engine import Engine
from dashboard.export.plate import png, svg
from dashboard.export.report import figure, names, report
from dashboard.export.snippet import snippet
from dashboard.export.subject import Subject

_TITLES = {"map": "Map", "ranking": "Ranking"}


@dataclass(frozen=True)
class File:
    """key : for tests and links; build : makes the bytes."""

    key: str
    label: str
    name: str
    mime: str
    help: str
    build: Callable[[], bytes]


def files(subject: Subject, engine: Engine) -> tuple[File, ...]:
    """Everything that the export menu offers."""
    stem = subject.stem
    return (
        File(
            "html",
            "Report (HTML)",
            f"{stem}.html",
            "text/html",
            "Numbers, figures, request and program in one page that opens without a network.",
            lambda: report(subject).encode(),
        ),
        *_figures(subject),
        File(
            "csv",
            f"Ranking of {subject.by}s (CSV)",
            f"{stem}-{subject.by}s.csv",
            "text/csv",
            "Every line of the ranking, up to the 100,000 largest.",
            lambda: subject.table().to_csv(index=False).encode(),
        ),
        File(
            "npz",
            "Scores (NPZ)",
            f"{stem}.npz",
            "application/octet-stream",
            "All scores and their errors, for attribution.Attribution.load.",
            lambda: engine.archive(subject.answer),
        ),
        File(
            "json",
            "Request (JSON)",
            f"{stem}.json",
            "application/json",
            "What was asked, and the numbers of the answer.",
            lambda: as_json(subject).encode(),
        ),
        File(
            "python",
            "Program (Python)",
            f"{stem}.py",
            "text/x-python",
            "Computes the same scores again with the library alone.",
            lambda: snippet(subject).encode(),
        ),
    )


def _figures(subject: Subject) -> Iterator[File]:
    """Every figure twice: as pixels, and as shapes that can be edited."""
    for name in names(subject):
        title = _TITLES.get(name, "Picked channel")
        file = f"{subject.stem}-{name}"
        yield File(
            f"{name}-png",
            f"{title} (PNG)",
            f"{file}.png",
            "image/png",
            "At 288 dots per inch.",
            functools.partial(_png, subject, name),
        )
        yield File(
            f"{name}-svg",
            f"{title} (SVG)",
            f"{file}.svg",
            "image/svg+xml",
            "As shapes that can be edited.",
            functools.partial(_svg, subject, name),
        )


def _png(subject: Subject, name: str) -> bytes:
    return png(figure(subject, name))


def _svg(subject: Subject, name: str) -> bytes:
    return svg(figure(subject, name)).encode()


def as_json(subject: Subject) -> str:
    """The request and the numbers of its answer."""
    answer = subject.answer
    numbers = ("f_input", "f_baseline", "delta", "gap", "error", "converged", "evaluations")
    content = {
        "format": 1,
        "request": asdict(subject.asked),
        "link": subject.link,
        "target": {"index": answer.target, "name": subject.target},
        "answer": {name: _finite(getattr(answer, name)) for name in numbers},
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _finite(value: float) -> float | None:
    """JSON knows no NaN."""
    return value if value == value else None
