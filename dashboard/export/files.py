"""Files: what can be downloaded of an answer on Explore."""

from __future__ import annotations

import io
from dataclasses import asdict

from dashboard.answer import Answer
from dashboard.export import file
from dashboard.export.file import File
from dashboard.export.report import figure, names, report
from dashboard.export.snippet import snippet
from dashboard.export.subject import CSV_ROWS, Subject

_TITLES = {"map": "Map", "ranking": "Ranking"}


def files(subject: Subject) -> tuple[File, ...]:
    """Everything that the export menu offers."""
    stem = subject.stem
    return (
        file.report(stem, lambda: report(subject)),
        *(part for name in names(subject) for part in _figure(subject, name)),
        file.table(
            "csv",
            f"Ranking of {subject.by}s",
            f"{stem}-{subject.by}s",
            f"Every line of the ranking, up to the {CSV_ROWS:,} largest.",
            subject.table,
        ),
        file.arrays(
            "Scores",
            stem,
            "All scores and their errors, for attribution.Attribution.load.",
            lambda: _saved(subject.answer),
        ),
        file.request(stem, lambda: as_json(subject)),
        file.program(stem, lambda: snippet(subject)),
    )


def _figure(subject: Subject, name: str) -> tuple[File, File]:
    title = _TITLES.get(name, "Picked channel")
    return file.drawing(name, title, f"{subject.stem}-{name}", lambda: figure(subject, name))


def _saved(answer: Answer) -> bytes:
    buffer = io.BytesIO()
    answer.result.save(buffer)
    return buffer.getvalue()


def as_json(subject: Subject) -> str:
    """The request and the numbers of its answer."""
    target = {"index": subject.answer.target, "name": subject.target}
    return file.as_json(
        asdict(subject.asked), subject.link, subject.answer.numbers(), target=target
    )
