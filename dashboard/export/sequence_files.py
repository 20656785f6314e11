"""What can be downloaded of a sequence's answer. Each file is built when it is asked for."""

from __future__ import annotations

from dashboard.dna.subject import Subject
from dashboard.export.files import File
from dashboard.export.sequence_program import program
from dashboard.export.sequence_report import report
from dashboard.export.sequence_tables import archive, as_json, bases, bed, logo
from dashboard.figures.glyphs import COLOURS
from dashboard.figures.logo_file import png, svg


def files(subject: Subject, link: str) -> tuple[File, ...]:
    """Everything that the export menu offers. link : where the answer is seen again, or empty."""
    stem = f"{subject.piece.input}-{subject.answer.layer}".replace("/", "-")
    colours = COLOURS[subject.view.letters]
    return (
        File(
            "html",
            "Report (HTML)",
            f"{stem}.html",
            "text/html",
            "Numbers, figures, request and program in one page that opens without a network.",
            lambda: report(subject, link).encode(),
        ),
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
        File(
            "csv",
            "Bases (CSV)",
            f"{stem}.csv",
            "text/csv",
            "Each base that the network sees, with its contribution.",
            lambda: bytes(bases(subject).to_csv(index=False).encode()),
        ),
        File(
            "bed",
            "Known motifs (BED)",
            f"{stem}.bed",
            "text/plain",
            "Counted from the first base the network sees; score: contribution.",
            lambda: bed(subject).encode(),
        ),
        File(
            "npz",
            "Scores (NPZ)",
            f"{stem}.npz",
            "application/octet-stream",
            "All scores as arrays for NumPy.",
            lambda: archive(subject),
        ),
        File(
            "json",
            "Request (JSON)",
            f"{stem}.json",
            "application/json",
            "What was asked, and the numbers of the answer.",
            lambda: as_json(subject, link).encode(),
        ),
        File(
            "python",
            "Program (Python)",
            f"{stem}.py",
            "text/x-python",
            "Computes the same scores again with the library alone.",
            lambda: program(subject).encode(),
        ),
    )
