"""Explore on paper: one answer, and all that the page shows of it."""

from __future__ import annotations

import io

from dashboard.export import file
from dashboard.export.file import File
from dashboard.export.report import Document, Listing, numbers
from dashboard.export.snippet import snippet
from dashboard.export.subject import CSV_ROWS, Subject
from dashboard.words import answer as words
from dashboard.work.answer import Answer

ROWS = 20


def files(subject: Subject) -> tuple[File, ...]:
    """Everything that the export menu offers."""
    stem = subject.stem
    return (
        *file.figures(stem, subject.drawings, lambda: report(subject)),
        file.table(
            "csv",
            f"Ranking of {subject.by}s",
            f"{stem}-{subject.by}s",
            f"Every line of the ranking, up to the {CSV_ROWS:,} largest.",
            subject.table,
        ),
        *_inputs(subject),
        file.arrays(
            "Scores",
            stem,
            "All scores and their errors, for attribution.Attribution.load.",
            lambda: _saved(subject.answer),
        ),
        file.request(stem, lambda: as_json(subject)),
        file.program(stem, lambda: snippet(subject)),
    )


def _inputs(subject: Subject) -> tuple[File, ...]:
    """The scores of the input itself, where they belong to the answer."""
    if (frame := subject.kind.input_table(subject)) is None:
        return ()
    about = "Each with its value and its contribution."
    name = f"{subject.stem}-{subject.kind.noun}"
    return (file.table("inputs", subject.kind.question, name, about, lambda: frame),)


def _saved(answer: Answer) -> bytes:
    buffer = io.BytesIO()
    answer.result.save(buffer)
    return buffer.getvalue()


def as_json(subject: Subject) -> str:
    """The request and the numbers of its answer."""
    target = {"index": subject.answer.target, "name": subject.target}
    return file.as_json(subject.asked.flat(), subject.link, subject.answer.numbers(), target=target)


def report(subject: Subject) -> Document:
    """All that the page says of the answer."""
    answer = subject.answer
    cut = answer.is_cut or not subject.method.complete
    frame = subject.table(ROWS)
    frame["score"] = frame["score"].map("{:+.6g}".format)
    frame["share"] = frame["share"].map("{:.2%}".format)
    return Document(
        stem=subject.stem,
        title=subject.kind.headline(subject),
        picture=subject.item.title,
        shown=numbers(answer),
        sentences=(
            words.assurance(answer, subject.method),
            *(() if cut else (words.not_a_cut(answer, subject.layer),)),
            *answer.result.notes,
        ),
        drawings=subject.drawings,
        tables=(Listing("ranking", f"The largest {subject.by}s", frame),),
        request={**subject.asked.flat(), "explained": f"{subject.target} ({answer.target})"},
        link=subject.link,
        program=snippet(subject),
        camera=subject.camera,
    )
