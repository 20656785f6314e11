"""Files: what can be downloaded of a sequence's answer."""

from __future__ import annotations

from dashboard import text
from dashboard.dna.subject import Subject
from dashboard.export import file
from dashboard.export.file import File
from dashboard.export.sequence_program import program
from dashboard.export.sequence_report import report
from dashboard.export.sequence_tables import archive, as_json, bases, bed, logo, motifs
from dashboard.figures.glyphs import COLOURS
from dashboard.figures.logo_file import png, svg


def files(subject: Subject, link: str) -> tuple[File, ...]:
    """Everything that the export menu offers. link : where the answer is seen again, or empty."""
    stem = text.stem(subject.piece.input, subject.answer.layer)
    colours = COLOURS[subject.view.letters]
    return (
        file.report(stem, lambda: report(subject, link)),
        File(
            "png",
            "Logo (PNG)",
            f"{stem}.png",
            "image/png",
            "The letters as a picture.",
            lambda: png(logo(subject), colours),
        ),
        File(
            "svg",
            "Logo (SVG)",
            f"{stem}.svg",
            "image/svg+xml",
            "The letters as a drawing that stays sharp at any size.",
            lambda: svg(logo(subject), colours).encode(),
        ),
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
