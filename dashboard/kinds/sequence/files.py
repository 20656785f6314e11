"""A sequence on paper: its letters, its filters, its bases and its known motifs."""

from __future__ import annotations

import numpy as np

from dashboard import text
from dashboard.export import file
from dashboard.export.drawing import Drawing
from dashboard.export.file import File
from dashboard.export.report import Document, Listing, numbers
from dashboard.figures.glyphs import COLOURS
from dashboard.figures.logo import logo
from dashboard.kinds.sequence import filters, words
from dashboard.kinds.sequence.program import program
from dashboard.kinds.sequence.reading import Reading
from dashboard.kinds.sequence.tables import archive, as_json, bases, bed, motifs

ROWS = 20
_COLUMN, _EDGES = 17, 70  # pixels: a letter, and what is beside all of them


def files(reading: Reading) -> tuple[File, ...]:
    """Everything that the export menu offers."""
    stem = _stem(reading)
    return (
        *file.figures(stem, drawings(reading), lambda: report(reading)),
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
            words.positions(reading.locus, reading.shown.record.name),
            *reading.trust,
            f"{of.model.card.title}: {of.model.card.summary}",
        ),
        drawings=drawings(reading),
        tables=(Listing("bases", "The bases that count most", frame),),
        request=of.asked.flat(),
        link=of.link,
        program=program(reading),
        camera=of.camera,
    )


def drawings(reading: Reading) -> tuple[Drawing, ...]:
    """The letters, all of them, and the filters of a hidden layer."""
    wide = reading.look("wide")
    letters = Drawing(
        "logo",
        reading.sentence,
        lambda: logo(
            reading.heights,
            reading.letters,
            COLOURS[reading.look("letters")],
            width=wide,
            marks=reading.marks,
            locus=reading.locus,
            least=reading.of.least,
        ),
        _EDGES + _COLUMN * min(wide, len(reading.letters)),
    )
    if reading.is_input:
        return (letters,)
    sentence = filters.told(reading)
    return letters, Drawing(
        "filters", sentence, lambda: filters.draw(reading, COLOURS[reading.look("letters")]), 900
    )


def _stem(reading: Reading) -> str:
    return text.stem(reading.of.asked.input, reading.answer.layer)
