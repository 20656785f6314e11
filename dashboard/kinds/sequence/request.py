"""Request: what is asked of a sequence network. The table SPECS is the link and the controls."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from attribution.methods import METHODS
from dashboard.figures.glyphs import BASES, COLOUR_NAMES
from dashboard.request.fields import (
    CAMERA,
    LAYER,
    TARGET,
    TOLERANCE,
    counted,
    fixed,
    listed,
    nearest,
    network,
    number,
    offered,
    sample,
    whole,
)
from dashboard.request.form import Form, Known, Spec, Unfit
from dashboard.request.request import PALETTES
from dashboard.text import quoted

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
OWN = re.compile(r"(file|text)-[0-9a-f]{12}")
METHODS_LEFT_OUT = (
    frozenset(  # in units of their own, so that letters of their height would mislead
        {"internal_influence", "activation_difference", "gradient_times_activation"}
    )
)
_DEPENDS = {
    "model": ("input", "layer", "target", "filter", "edits", "begin", "start", "fit"),
    "input": ("record", "target", "edits", "begin", "start", "fit"),
    "record": ("target", "edits", "begin", "start", "fit"),
    "strand": ("edits", "begin"),
    "start": ("edits", "begin"),
    "fit": ("edits", "begin", "start"),
    "layer": ("filter",),
}

Edit = tuple[int, str]


@dataclass(frozen=True)
class Question:
    """What decides the numbers, but for the letters."""

    model: str
    layer: str
    target: int | None
    baseline: str
    acgt: str
    shuffles: int
    seed: int
    method: str
    tolerance: float


@dataclass(frozen=True)
class Piece:
    """Which letters: a record of an input, its strand, how it was brought to length, and edits."""

    input: str
    record: int
    strand: str
    fit: str
    start: int | None
    edits: str


@dataclass(frozen=True)
class View:
    """How the answer is looked at."""

    filter: int | None
    heights: str
    begin: int
    wide: int
    letters: str
    palette: str
    camera: str
    chance: float


def methods(_known: Known) -> tuple[str, ...]:
    """The methods whose scores are contributions, so that letters can show them."""
    return tuple(name for name in METHODS if name not in METHODS_LEFT_OUT)


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


def question(values: Mapping[str, Any]) -> Question:
    """What decides the numbers; what plays no part takes one fixed value."""
    fields = {name: values[name] for name in Question.__dataclass_fields__}
    if fields["baseline"] != "given":
        fields["acgt"] = ""
    if fields["baseline"] != "shuffle":
        fields["shuffles"], fields["seed"] = 1, 0
    return Question(**fields)


def piece(values: Mapping[str, Any]) -> Piece:
    """Which letters."""
    return Piece(**{name: values[name] for name in Piece.__dataclass_fields__})


def view(values: Mapping[str, Any]) -> View:
    """How to look."""
    return View(**{name: values[name] for name in View.__dataclass_fields__})


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
    parts, length = [part for part in text.split(",") if part], int(known.model.input["length"])
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


SPECS = (
    network("sequence"),
    Spec("input", "Sequence", lambda k: k.model.samples[0].name, sample(OWN), own=OWN),
    counted("record", "Record", "The record", 0, 9999, 0),
    listed("strand", "Strand", "strand", STRANDS),
    listed("fit", "Length", "fit", FITS),
    counted("start", "From base", "The start", 0, 1_000_000, None),
    Spec("edits", "Changes", fixed(""), _edits),
    LAYER,
    TARGET,
    listed("baseline", "Baseline", "baseline", BASELINES),
    Spec("acgt", "Frequencies of A, C, G, T", fixed("0.3,0.2,0.2,0.3"), _acgt, typed=True),
    counted("shuffles", "Shuffles", "The count of shuffles", 2, MOST_SHUFFLES, 10),
    counted("seed", "Seed", "The seed", 0, 9999, 0),
    offered("method", "Method", "method", methods),
    TOLERANCE,
    Spec(
        "filter",
        "Filter",
        fixed(None),
        whole("The filter", 0, lambda k: k.model.layer(k.values["layer"]).units - 1),
    ),
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
    listed("palette", "Map colours", "palette", PALETTES),
    CAMERA,
    Spec(
        "chance",
        "Known motifs, chance at most",
        fixed(2e-4),
        nearest(number("The chance of a match", CHANCES[0], CHANCES[-1]), CHANCES),
        fixed(CHANCES),
    ),
)
FORM = Form(SPECS, _DEPENDS, prefix="dna_")  # other pages use the same names
read, query = FORM.read, FORM.query
