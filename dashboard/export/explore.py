"""Explore on paper: one answer, its map, its ranking and what is picked."""

from __future__ import annotations

import io
from typing import Any

import numpy.typing as npt

from dashboard.export import file
from dashboard.export.drawing import Drawing
from dashboard.export.file import File
from dashboard.export.report import Document, Listing, numbers
from dashboard.export.snippet import snippet
from dashboard.export.subject import CSV_ROWS, Subject
from dashboard.figures.map import Map
from dashboard.figures.ranking import ranking
from dashboard.words import answer as words
from dashboard.work.answer import Answer

BARS = 18
ROWS = 20


def files(subject: Subject) -> tuple[File, ...]:
    """Everything that the export menu offers."""
    stem = subject.stem
    return (
        *file.figures(stem, drawings(subject), lambda: report(subject)),
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
        drawings=drawings(subject),
        tables=(Listing("ranking", f"The largest {subject.by}s", frame),),
        request={**subject.asked.flat(), "explained": f"{subject.target} ({answer.target})"},
        link=subject.link,
        program=snippet(subject),
        camera=subject.camera,
    )


def drawings(subject: Subject) -> tuple[Drawing, ...]:
    """The figures that this answer has."""
    answer, unit, by = subject.answer, subject.method.unit, subject.by
    ranked = answer.ranking(by, BARS)
    faces = subject.faces(answer, ranked)
    bars = Drawing(
        "ranking",
        words.ranking(ranked, answer, by, subject.target, unit) + (words.FACES if faces else ""),
        lambda: ranking(ranked, subject.place, subject.palette, unit, faces, subject.least),
        500,
    )
    given = subject.kind.inputs(subject)
    first = (given,) if given else ()
    if not answer.has_positions:
        return (*first, bars)
    channel = subject.place.channel

    def over(name: str, what: str, scores: npt.NDArray[Any]) -> Drawing:
        shown = Map(scores, subject.palette, unit=unit, picked=subject.place.position)
        return subject.over(name, what, answer, shown)

    return (
        *first,
        over("map", f"layer {answer.layer}", answer.total_map()),
        bars,
        over(f"channel-{channel}", f"channel {channel}", answer.scores[..., channel]),
    )
