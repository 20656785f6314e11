"""Form: which letters of a sequence, what they are compared with, and how they are looked at."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from attribution import baselines
from attribution.methods import METHODS
from dashboard.request.fields import counted, fixed, listed, nearest, number, whole
from dashboard.request.form import Known, Spec, Unfit
from dashboard.request.request import Query, form
from dashboard.text import quoted

BASES = "ACGT"
BASELINES = {
    "uniform": "Uniform: .25 of each base",
    "zeros": "Zeros: no base at all",
    "own": "Base frequencies of the sequence",
    "given": "Base frequencies that you give",
    "shuffle": "Dinucleotide shuffles, averaged",
}
STRANDS = {"given": "As given", "reverse": "Reverse complement"}
FITS = {"exact": "Not yet", "window": "Take a window", "pad": "Pad with N"}
HEIGHTS = {"actual": "The bases that are there", "hypothetical": "Every base (hypothetical)"}
WIDTHS = (25, 50, 100, 200)
CHANCES = (1e-5, 1e-4, 2e-4, 1e-3)
WINDOW = 200  # bases of the logo at once; more are scrolled over
MOST_SHUFFLES = 50
MOST_EDITS = 20
METHODS_LEFT_OUT = (
    frozenset(  # in units of their own, so that letters of their height would mislead
        {"internal_influence", "activation_difference", "gradient_times_activation"}
    )
)
COLOUR_NAMES = {"safe": "Colour-blind safe", "classic": "Classic"}
METHODS_SHOWN = tuple(name for name in METHODS if name not in METHODS_LEFT_OUT)

Edit = tuple[int, str]
Floats = npt.NDArray[np.float32]


def edits(text: str) -> tuple[Edit, ...]:
    """'12G,30A' -> ((12, 'G'), (30, 'A')), by position; of two at one position the last."""
    found = {int(part[:-1]): part[-1] for part in text.split(",") if part}
    return tuple(sorted(found.items()))


def with_edit(text: str, position: int, base: str) -> str:
    """The text of the edits with one more; a change back to what was there takes it out."""
    kept = {p: b for p, b in edits(text) if p != position}
    if base:
        kept[position] = base
    return ",".join(f"{p}{b}" for p, b in sorted(kept.items()))


def made(letters: str, text: str) -> tuple[Edit, ...]:
    """The edits that these letters have a place for."""
    return tuple((position, base) for position, base in edits(text) if position < len(letters))


def apply(letters: str, text: str) -> str:
    """The letters with these edits; those beyond the end are left out."""
    changed = list(letters)
    for position, base in made(letters, text):
        changed[position] = base
    return "".join(changed)


def frequencies(text: str) -> tuple[float, ...]:
    """'0.3,0.2,0.2,0.3' -> four frequencies."""
    return tuple(float(part) for part in text.split(","))


def references(x: Floats, asked: Query) -> list[Floats]:
    """What letters x (1, length, 4) are compared with."""
    if asked.baseline == "zeros":
        return [baselines.zeros(x)]
    if asked.baseline == "own":
        return [baselines.base_frequencies(x)]
    if asked.baseline == "given":
        return [baselines.base_frequencies(x, frequencies(asked["acgt"]))]
    if asked.baseline == "shuffle":
        return list(baselines.dinucleotide_shuffle(x, asked["seed"], asked["shuffles"]))
    return [baselines.constant(x, 1 / len(BASES))]


def _acgt(text: str, _known: Known) -> str:
    try:
        values = frequencies(text)
    except ValueError:
        values = ()
    if len(values) == len(BASES) and min(values) >= 0 and abs(sum(values) - 1) <= 1e-3:
        return ",".join(f"{v:g}" for v in values)
    raise Unfit(
        f"The base frequencies {quoted(text)} must be four numbers for A, C, G, T, none negative, "
        "that sum to 1."
    )


def _edits(text: str, known: Known) -> str:
    parts, length = [part for part in text.split(",") if part], known.model.shape[0]
    if len(parts) > MOST_EDITS or not all(re.fullmatch(r"\d{1,6}[ACGT]", p) for p in parts):
        raise Unfit(
            f"The changes {quoted(text)} must be positions with their new bases, such as 12G,30A, "
            f"at most {MOST_EDITS}."
        )
    last = max((int(part[:-1]) for part in parts), default=0)
    if last >= length:
        raise Unfit(
            f"The changes {quoted(text)} name position {last}, but this network takes {length} "
            f"bases: positions go from 0 to {length - 1}, along what it sees."
        )
    return with_edit(",".join(parts), -1, "")


_READING = (
    counted("record", "Record", "The record", 0, 9999, 0, part="reading"),
    listed("strand", "Strand", "strand", STRANDS, part="reading"),
    listed("fit", "Length", "fit", FITS, part="reading"),
    counted("start", "From base", "The start", 0, 1_000_000, None, part="reading"),
    Spec("edits", "Changes", fixed(""), _edits, part="reading"),
)
_OPTIONS = (
    Spec(
        "acgt",
        "Frequencies of A, C, G, T",
        fixed("0.3,0.2,0.2,0.3"),
        _acgt,
        typed=True,
        part="baseline",
        of="given",
    ),
    counted(
        "shuffles",
        "Shuffles",
        "The count of shuffles",
        2,
        MOST_SHUFFLES,
        10,
        part="baseline",
        of="shuffle",
    ),
    counted("seed", "Seed", "The seed", 0, 9999, 0, part="baseline", of="shuffle"),
)
_LOOK = (
    listed("heights", "Letters show", "kind of height", HEIGHTS),
    counted("begin", "Window from base", "The window", 0, 1_000_000, 0),
    Spec(
        "wide",
        "Letters in a row",
        fixed(50),
        nearest(whole("The letters in a row", WIDTHS[0], WIDTHS[-1]), WIDTHS),
        fixed(WIDTHS),
    ),
    listed("letters", "Letter colours", "letter colours", COLOUR_NAMES),
    Spec(
        "chance",
        "Known motifs, chance at most",
        fixed(2e-4),
        nearest(number("The chance of a match", CHANCES[0], CHANCES[-1]), CHANCES),
        fixed(CHANCES),
    ),
)
FORM = form(
    "sequence",
    "Sequence",
    BASELINES,
    reading=_READING,
    options=_OPTIONS,
    look=_LOOK,
    depends={
        "model": ("edits", "begin", "start", "fit"),
        "input": ("record", "edits", "begin", "start", "fit"),
        "record": ("target", "edits", "begin", "start", "fit"),
        "strand": ("edits", "begin"),
        "start": ("edits", "begin"),
        "fit": ("edits", "begin", "start"),
    },
    aliases={"filter": "channel"},
    methods=METHODS_SHOWN,
)
