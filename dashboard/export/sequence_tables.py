"""What a sequence's files hold: its bases, its known motifs, its arrays, its request, its logo."""

from __future__ import annotations

import io
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from dashboard.dna.subject import Subject
from dashboard.export import file
from dashboard.figures.glyphs import BASES
from dashboard.figures.logo_file import Drawing, draw
from dashboard.text import plain


def bases(subject: Subject) -> pd.DataFrame:
    """Each base with its contribution, its input scores, and the known motifs on it."""
    reading = subject.reading
    frame = pd.DataFrame(
        {
            "position": range(len(reading.letters)),
            "base": list(reading.letters),
            "contribution": reading.contributions,
        }
    )
    if reading.base_errors is not None:
        frame["standard_error"] = reading.base_errors
    for i, base in enumerate(BASES):
        frame[f"score_{base}"] = reading.inputs[:, i]
    frame["motif"] = ""
    for mark in subject.marks:
        frame.loc[mark.start : mark.end - 1, "motif"] += f"{mark.name}({mark.strand}) "
    return frame


def bed(subject: Subject) -> str:
    """Known motifs: name, start, end, motif, the sum of contributions inside, strand."""
    name = next(iter(plain(subject.chosen.record.name).split()), "sequence")
    lines = [
        f"{name}\t{m.start}\t{m.end}\t{plain(m.name)}\t"
        f"{subject.reading.contributions[m.start : m.end].sum():.6g}\t{m.strand}\n"
        for m in subject.marks
    ]
    return "".join(lines)


def archive(subject: Subject) -> bytes:
    """The layer's scores with the inputs' as an .npz file without pickle."""
    answer, reading = subject.answer, subject.reading
    about = (
        f"layer={answer.layer} method={answer.method} target={answer.target} "
        f"f_input={answer.f_input!r} f_baseline={answer.f_baseline!r} gap={answer.gap!r} "
        f"error={answer.error!r} converged={answer.converged} "
        f"resolution={answer.resolution!r} references={reading.references}"
    )
    arrays: dict[str, Any] = {
        "letters": np.array(reading.letters),
        "about": np.array(about),
        "contributions": reading.contributions,
        "input_scores": reading.inputs,
        "scores": answer.result.scores[0],
        "activations": answer.in_the_layer(answer.activations),
    }
    if reading.base_errors is not None:
        arrays["standard_error"] = reading.base_errors
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def asked_of(subject: Subject) -> dict[str, Any]:
    """The whole request: which letters, and what is asked of them."""
    return {**asdict(subject.piece), **asdict(subject.asked)}


def as_json(subject: Subject, link: str) -> str:
    """The request, the letters that the network saw, and the numbers of the answer."""
    target = {"index": subject.answer.target, "name": subject.target}
    numbers, letters = subject.answer.numbers(), subject.reading.letters
    return file.as_json(asked_of(subject), link, numbers, letters=letters, target=target)


def logo(subject: Subject) -> Drawing:
    """The letters on paper."""
    return draw(
        subject.heights,
        subject.reading.letters,
        title=f"{subject.chosen.title}: {subject.target}, {subject.known.method.title}",
        width=subject.view.wide,
        marks=subject.marks,
    )
