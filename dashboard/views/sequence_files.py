"""The files of one sequence's answer: drawings, tables and arrays."""

from __future__ import annotations

import functools
from collections.abc import Callable

import pandas as pd
import streamlit as st

from dashboard.dna.subject import Subject
from dashboard.figures.glyphs import BASES, COLOURS
from dashboard.figures.logo_file import draw, png, svg

_FILES = {
    "SVG": "The logo as a drawing that stays sharp at any size.",
    "PNG": "The logo as a picture.",
    "CSV": "Each base that the network sees, with its contribution.",
    "BED": "Known motifs, counted from the first base the network sees; score: contribution.",
    "NPZ": "All scores as arrays for NumPy.",
}


def downloads(subject: Subject) -> None:
    """A button for each file."""
    answer, name = subject.answer, f"{subject.known.values['input']}-{subject.answer.layer}"
    colours = COLOURS[subject.view.letters]
    title = f"{subject.chosen.title}: {subject.target}, {subject.known.method.title}"
    picture = functools.partial(
        draw,
        subject.heights,
        answer.letters,
        title=title,
        width=subject.view.wide,
        marks=subject.marks,
    )
    files: dict[str, tuple[Callable[[], bytes], str, str]] = {
        "SVG": (lambda: svg(picture(), colours).encode(), "svg", "image/svg+xml"),
        "PNG": (lambda: png(picture(), colours), "png", "image/png"),
        "CSV": (lambda: table(subject).to_csv(index=False).encode(), "csv", "text/csv"),
        "BED": (functools.partial(bed, subject), "bed", "text/plain"),
        "NPZ": (lambda: subject.lab.archive_sequence(answer), "npz", "application/zip"),
    }
    with st.container(horizontal=True, gap="small"):
        for label, (data, ending, mime) in files.items():
            st.download_button(
                label,
                data,
                file_name=f"{name}.{ending}",
                mime=mime,
                key=f"dna_download_{ending}",
                on_click="ignore",
                help=_FILES[label],
            )


def table(subject: Subject) -> pd.DataFrame:
    """Each base with its contribution, its input scores, and the known motifs on it."""
    answer = subject.answer
    frame = pd.DataFrame(
        {
            "position": range(len(answer.letters)),
            "base": list(answer.letters),
            "contribution": answer.contributions,
        }
    )
    if answer.base_errors is not None:
        frame["standard_error"] = answer.base_errors
    for i, base in enumerate(BASES):
        frame[f"score_{base}"] = answer.inputs[:, i]
    frame["motif"] = ""
    for mark in subject.marks:
        frame.loc[mark.start : mark.end - 1, "motif"] += f"{mark.name}({mark.strand}) "
    return frame


def bed(subject: Subject) -> bytes:
    """Known motifs: name, start, end, motif, the sum of contributions inside, strand."""
    name = (
        subject.chosen.record.name.split()[0] if subject.chosen.record.name.split() else "sequence"
    )
    lines = [
        f"{name}\t{m.start}\t{m.end}\t{m.name}\t"
        f"{subject.answer.contributions[m.start : m.end].sum():.6g}\t{m.strand}"
        for m in subject.marks
    ]
    return ("\n".join(lines) + "\n" if lines else "").encode()
