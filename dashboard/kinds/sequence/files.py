"""A sequence on paper: what the page shows, its bases and its known motifs."""

from __future__ import annotations

import numpy as np

from dashboard import text
from dashboard.export import file
from dashboard.export.file import File
from dashboard.export.report import Document, Listing, numbers
from dashboard.kinds.sequence import words
from dashboard.kinds.sequence.program import program
from dashboard.kinds.sequence.reading import Reading
from dashboard.kinds.sequence.tables import archive, as_json, bases, bed, motifs

ROWS = 20


def files(reading: Reading) -> tuple[File, ...]:
    """Everything that the export menu offers."""
    stem = _stem(reading)
    return (
        *file.figures(stem, reading.of.drawings, lambda: report(reading)),
        file.table(
            "csv",
            "Bases",
            stem,
            "Each base that the network sees, with its contribution.",
            lambda: bases(reading),
        ),
        File(
            "bed",
            "Known motifs (BED)",
            f"{stem}.bed",
            "text/plain",
            "Positions of the record or chromosome, from 0. Score: thousandths of the positive "
            "evidence.",
            lambda: bed(reading).encode(),
        ),
        file.table(
            "motifs-csv",
            "Known motifs",
            f"{stem}-motifs",
            "The same lines, with p-values, bits and contributions.",
            lambda: motifs(reading),
        ),
        file.arrays("Scores", stem, "All scores as arrays for NumPy.", lambda: archive(reading)),
        file.request(stem, lambda: as_json(reading)),
        file.program(stem, lambda: program(reading)),
    )


def report(reading: Reading) -> Document:
    """All that the page says of the answer."""
    of, frame = reading.of, bases(reading)
    largest = np.argsort(-frame["contribution"].abs().to_numpy(), kind="stable")[:ROWS]
    frame = frame.loc[largest, ["position", "base", "contribution", "motif"]]
    frame["position"] = [reading.locus.label(int(at)) for at in largest]
    frame["contribution"] = frame["contribution"].map("{:+.6g}".format)
    frame = frame.rename(columns={"motif": "known motif"})
    return Document(
        stem=_stem(reading),
        title=of.kind.headline(of),
        picture=of.item.title,
        shown=numbers(reading.answer, ("References", str(reading.answer.references))),
        sentences=(
            *(() if reading.is_input else (reading.evidence,)),
            words.positions(reading.locus, reading.shown.record.name),
            *reading.trust,
            f"{of.model.card.title}: {of.model.card.summary}",
        ),
        drawings=of.drawings,
        tables=(Listing("bases", "The bases that count most", frame),),
        request=of.asked.flat(),
        link=of.link,
        program=program(reading),
        camera=of.camera,
    )


def _stem(reading: Reading) -> str:
    return text.stem(reading.of.asked.input, reading.answer.layer)
