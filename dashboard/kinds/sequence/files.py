"""A sequence on paper: its letters, its filters, its bases and its known motifs."""

from __future__ import annotations

import numpy as np

from dashboard import text
from dashboard.export import file
from dashboard.export.drawing import Drawing
from dashboard.export.file import File
from dashboard.export.report import Report, Table, numbers
from dashboard.figures.glyphs import COLOURS
from dashboard.figures.logo import logo
from dashboard.figures.sequence import filters
from dashboard.kinds.sequence import words
from dashboard.kinds.sequence.program import program
from dashboard.kinds.sequence.subject import Subject
from dashboard.kinds.sequence.tables import archive, as_json, asked_of, bases, bed, motifs

SHOWN = 16  # filters
ROWS = 20
_COLUMN, _EDGES = 17, 70  # pixels: a letter, and what is beside all of them


def files(subject: Subject, link: str) -> tuple[File, ...]:
    """Everything that the export menu offers. link : where the answer is seen again, or empty."""
    stem = _stem(subject)
    return (
        *file.figures(stem, drawings(subject), lambda: report(subject, link)),
        file.table(
            "csv",
            "Bases",
            stem,
            "Each base that the network sees, with its contribution.",
            lambda: bases(subject),
        ),
        File(
            "bed",
            "Known motifs (BED)",
            f"{stem}.bed",
            "text/plain",
            "Positions of the record or chromosome, from 0. Score: thousandths of the positive "
            "evidence.",
            lambda: bed(subject).encode(),
        ),
        file.table(
            "motifs-csv",
            "Known motifs",
            f"{stem}-motifs",
            "The same lines, with p-values, bits and contributions.",
            lambda: motifs(subject),
        ),
        file.arrays("Scores", stem, "All scores as arrays for NumPy.", lambda: archive(subject)),
        file.request(stem, lambda: as_json(subject, link)),
        file.program(stem, lambda: program(subject)),
    )


def report(subject: Subject, link: str) -> Report:
    """All that the page says of the answer."""
    model, answer, frame = subject.known.model, subject.answer, bases(subject)
    largest = np.argsort(-frame["contribution"].abs().to_numpy(), kind="stable")[:ROWS]
    frame = frame.loc[largest, ["position", "base", "contribution", "motif"]]
    frame["position"] = [subject.locus.label(int(at)) for at in largest]
    frame["contribution"] = frame["contribution"].map("{:+.6g}".format)
    frame = frame.rename(columns={"motif": "known motif"})
    return Report(
        stem=_stem(subject),
        title=subject.headline,
        picture=subject.chosen.title,
        numbers=numbers(answer, ("References", str(subject.reading.references))),
        notes=(
            words.positions(subject.locus, subject.chosen.record.name),
            *subject.trust,
            f"{model.title}: {model.summary}",
        ),
        drawings=drawings(subject),
        tables=(Table("bases", "The bases that count most", frame),),
        request=asked_of(subject),
        link=link,
        program=program(subject),
        camera=subject.view.camera,
    )


def drawings(subject: Subject) -> tuple[Drawing, ...]:
    """The letters, all of them, and the filters of a hidden layer."""
    answer, reading, view = subject.answer, subject.reading, subject.view
    letters = Drawing(
        "logo",
        subject.sentence,
        lambda: logo(
            subject.heights,
            reading.letters,
            COLOURS[view.letters],
            width=view.wide,
            marks=subject.marks,
            locus=subject.locus,
        ),
        _EDGES + _COLUMN * min(view.wide, len(reading.letters)),
    )
    if subject.is_input or not answer.scores.size:
        return (letters,)
    order = subject.shown(SHOWN)
    where = Drawing(
        "filters",
        words.filters(reading, SHOWN, subject.target),
        lambda: filters(
            answer.scores if answer.has_positions else answer.scores[None],
            subject.centres,
            order,
            subject.filter,
            subject.marks,
            subject.locus,
            view.palette,
            errors=reading.filter_errors,
            mapped=answer.has_positions,
        ),
        900,
    )
    return letters, where


def _stem(subject: Subject) -> str:
    return text.stem(subject.piece.input, subject.answer.layer)
