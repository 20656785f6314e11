"""What a sequence's files hold: its bases, its known motifs, its arrays, its request."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from dashboard.export import file, sheet
from dashboard.kinds.sequence import words
from dashboard.kinds.sequence.form import BASES
from dashboard.kinds.sequence.reading import Reading
from dashboard.text import plain

_STRANDS = {"+": "plus", "-": "minus"}  # in tables, where a sign alone may be computed
_MOTIFS = [
    "sequence",
    "start",
    "end",
    "motif",
    "score",
    "strand",
    "p_value",
    "log_odds",
    "contribution",
]


def bases(reading: Reading) -> pd.DataFrame:
    """Each base with its contribution, its input scores, and the known motifs on it.

    position : as on the page, from 1; none in padding. letter : the place among the letters that
    the network sees, from 0, which links and arrays count.
    """
    locus = reading.locus
    frame = pd.DataFrame(
        {
            "position": pd.array(locus.numbers(), dtype="Int64"),
            "base": list(reading.letters),
            "contribution": reading.contributions,
        }
    )
    if reading.base_errors is not None:
        frame["standard_error"] = reading.base_errors
    for i, base in enumerate(BASES):
        frame[f"score_{base}"] = reading.inputs[:, i]
    frame["motif"] = ""
    for mark in reading.marks:
        name = f"{mark.name}({locus.side(mark.strand)}) "
        frame.loc[mark.start : mark.end - 1, "motif"] += name
    frame["letter"] = range(len(reading.letters))
    frame["sequence"] = locus.region.on
    frame["strand"] = _STRANDS[locus.strand]
    return frame


def motifs(reading: Reading) -> pd.DataFrame:
    """Known motifs: where, as in BED (from 0, the end not included), and how sure and how much.

    score : thousandths of the positive contributions that lie inside. log_odds : in bits.
    A motif that reaches into padding is cut; one that lies there is left out.
    """
    values, locus = reading.contributions, reading.locus
    positive = np.maximum(values, 0)
    total = float(positive.sum()) or 1.0
    rows = []
    for match in reading.matches:
        if (place := locus.interval(match.start, match.end)) is None:
            continue
        inside = slice(match.start, match.end)
        rows.append(
            {
                "sequence": locus.region.on,
                "start": place[0],
                "end": place[1],
                "motif": match.motif,
                "score": round(1000 * min(1.0, float(positive[inside].sum()) / total)),
                "strand": _STRANDS[locus.side(match.strand)],
                "p_value": match.p_value,
                "log_odds": match.score,
                "contribution": float(values[inside].sum()),
            }
        )
    return pd.DataFrame(rows, columns=_MOTIFS).sort_values(["start", "end"], kind="stable")


def bed(reading: Reading) -> str:
    """Known motifs as BED of six columns, which is all that every reader of BED takes.

    Lines that begin with # are remarks: what the score is, and each line's p-value.
    """
    target, signs = plain(reading.target), {word: sign for sign, word in _STRANDS.items()}
    lines = [
        f"# Known motifs; score: thousandths of the positive contributions to {target} inside.",
        f"# {plain(words.positions(reading.locus, reading.shown.record.name))}",
        "# In this file they count from 0, the end not included.",
    ]
    for row in motifs(reading).itertuples():
        name = "_".join(plain(row.motif).split())
        lines += [
            f"# {name}: p-value {row.p_value:.3g}, contribution {row.contribution:.6g}",
            f"{_chromosome(str(row.sequence))}\t{row.start}\t{row.end}\t{name}\t{row.score}\t{signs[str(row.strand)]}",
        ]
    return "\n".join([*lines, ""])


def _chromosome(name: str) -> str:
    """As it is, unless the line would be taken for a remark, or for one about the display."""
    word = plain(name)
    return f"_{word}" if word.startswith("#") or word in {"track", "browser"} else word


def archive(reading: Reading) -> bytes:
    """The layer's scores with the inputs' as an .npz file without pickle."""
    answer = reading.answer
    about = (
        f"layer={answer.layer} method={answer.method} target={answer.target} "
        f"f_input={answer.f_input!r} f_baseline={answer.f_baseline!r} gap={answer.gap!r} "
        f"error={answer.error!r} converged={answer.converged} "
        f"resolution={answer.resolution!r} references={answer.references}"
    )
    arrays: dict[str, Any] = {
        "letters": np.array(reading.letters),
        "about": np.array(about),
        "request": file.asked(answer.result),
        "positions": np.array([n or 0 for n in reading.locus.numbers()]),  # from 1; 0: padding
        "contributions": reading.contributions,
        "input_scores": reading.inputs,
        "scores": answer.result.scores[0],
        "activations": answer.in_the_layer(answer.activations),
    }
    if reading.base_errors is not None:
        arrays["standard_error"] = reading.base_errors
    return sheet.archive(arrays)


def as_json(reading: Reading) -> str:
    """The request, the letters that the network saw, and the numbers of the answer."""
    answer, locus = reading.answer, reading.locus
    place = {
        "sequence": locus.region.on,
        "strand": locus.strand,
        "first": locus.along(locus.begin),
        "last": locus.along(locus.end - 1),
        "padding": [locus.begin, locus.size - locus.end],
    }
    more = {
        "letters": reading.letters,
        "positions": place,
        "target": {"index": answer.target, "name": reading.target},
    }
    return file.as_json(reading.of.asked.flat(), reading.of.link, answer.numbers(), **more)
