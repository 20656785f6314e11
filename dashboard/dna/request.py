"""Request: what is asked of a sequence network. The table SPECS is the link and the controls."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.catalogue import Catalogue, MethodCard
from dashboard.figures.glyphs import BASES, COLOUR_NAMES
from dashboard.request import (
    PALETTES,
    TOLERANCES,
    Known,
    Spec,
    Unfit,
    _choice,
    _fixed,
    _named,
    _number,
    _shown,
    _tolerance,
    _whole,
    write,
)

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
    chance: float


def methods(known: Known) -> tuple[str, ...]:
    """The methods whose scores are contributions, so that letters can show them."""
    return tuple(m.name for m in known.methods if m.name not in METHODS_LEFT_OUT)


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


def apply(letters: str, text: str) -> str:
    """The letters with these edits; those beyond the end are left out."""
    changed = list(letters)
    for position, base in edits(text):
        if position < len(changed):
            changed[position] = base
    return "".join(changed)


def frequencies(text: str) -> tuple[float, ...]:
    """'0.3,0.2,0.2,0.3' -> four frequencies."""
    return tuple(float(part) for part in text.split(","))


def read(
    query: Mapping[str, str], catalogue: Catalogue, cards: tuple[MethodCard, ...]
) -> tuple[dict[str, Any], list[str]]:
    """All values, from a link; and a sentence for each that does not fit and became the default."""
    values: dict[str, Any] = {}
    problems = []
    known = Known(catalogue, cards, values)
    for spec in SPECS:
        values[spec.name] = spec.default(known)
        if spec.name in query:
            try:
                values[spec.name] = spec.read(query[spec.name], known)
            except Unfit as unfit:
                problems.append(str(unfit))
    return values, problems


def query(values: Mapping[str, Any], known: Known) -> dict[str, str]:
    """The link of these values: what differs from its default."""
    return {
        spec.name: write(values[spec.name])
        for spec in SPECS
        if values[spec.name] is not None and values[spec.name] != spec.default(known)
    }


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


def _models(known: Known) -> tuple[str, ...]:
    return tuple(m.name for m in known.catalogue.of_kind("sequence"))


def _layers(known: Known) -> tuple[str, ...]:
    return tuple(layer.name for layer in known.model.layers)


def _input(text: str, known: Known) -> str:
    if OWN.fullmatch(text):
        return text
    return str(_choice("sample", lambda k: tuple(s.name for s in k.model.samples))(text, known))


def _acgt(text: str, _known: Known) -> str:
    try:
        values = frequencies(text)
    except ValueError:
        values = ()
    if len(values) == len(BASES) and min(values) >= 0 and abs(sum(values) - 1) <= 1e-3:
        return ",".join(f"{v:g}" for v in values)
    raise Unfit(
        f"The base frequencies {_shown(text)} must be four numbers for A, C, G, T, none negative, "
        "that sum to 1."
    )


def _edits(text: str, _known: Known) -> str:
    parts = [part for part in text.split(",") if part]
    if all(re.fullmatch(r"\d{1,6}[ACGT]", part) for part in parts) and len(parts) <= MOST_EDITS:
        return with_edit(",".join(parts), -1, "")
    raise Unfit(
        f"The changes {_shown(text)} must be positions with their new bases, such as 12G,30A, "
        f"at most {MOST_EDITS}."
    )


def _chance(text: str, known: Known) -> float:
    value = _number("The chance of a match", CHANCES[0], CHANCES[-1])(text, known)
    return min(CHANCES, key=lambda offered: abs(offered - value))


def _wide(text: str, known: Known) -> int:
    value = int(_whole("The letters in a row", WIDTHS[0], lambda _k: WIDTHS[-1])(text, known))
    return min(WIDTHS, key=lambda offered: abs(offered - value))


def _counted(name: str, low: int, high: int) -> Any:
    return _whole(name, low, lambda _k: high)


SPECS = (
    Spec("model", "Network", lambda k: _models(k)[0], _choice("model", _models), _models),
    Spec("input", "Sequence", lambda k: k.model.samples[0].name, _input),
    Spec("record", "Record", _fixed(0), _counted("The record", 0, 9999)),
    Spec("strand", "Strand", _fixed("given"), _choice("strand", _named(STRANDS)), _named(STRANDS)),
    Spec("fit", "Length", _fixed("exact"), _choice("fit", _named(FITS)), _named(FITS)),
    Spec("start", "From base", _fixed(None), _counted("The start", 0, 1_000_000)),
    Spec("edits", "Changes", _fixed(""), _edits),
    Spec("layer", "Layer", lambda k: k.model.default_layer, _choice("layer", _layers), _layers),
    Spec(
        "target",
        "Target",
        _fixed(None),
        _whole("The target class", 0, lambda k: len(k.model.labels) - 1),
    ),
    Spec(
        "baseline",
        "Baseline",
        _fixed("uniform"),
        _choice("baseline", _named(BASELINES)),
        _named(BASELINES),
    ),
    Spec("acgt", "Frequencies of A, C, G, T", _fixed("0.3,0.2,0.2,0.3"), _acgt),
    Spec("shuffles", "Shuffles", _fixed(10), _counted("The count of shuffles", 2, MOST_SHUFFLES)),
    Spec("seed", "Seed", _fixed(0), _counted("The seed", 0, 9999)),
    Spec("method", "Method", lambda k: methods(k)[0], _choice("method", methods), methods),
    Spec("tolerance", "Error at most", _fixed(0.05), _tolerance, _fixed(TOLERANCES)),
    Spec(
        "filter",
        "Filter",
        _fixed(None),
        _whole("The filter", 0, lambda k: k.model.layer(k.values["layer"]).shape[-1] - 1),
    ),
    Spec(
        "heights",
        "Letters show",
        _fixed("actual"),
        _choice("kind of height", _named(HEIGHTS)),
        _named(HEIGHTS),
    ),
    Spec("begin", "Window from base", _fixed(0), _counted("The window", 0, 1_000_000)),
    Spec("wide", "Letters in a row", _fixed(50), _wide, _fixed(WIDTHS)),
    Spec(
        "letters",
        "Letters",
        _fixed("safe"),
        _choice("letter colours", _named(COLOUR_NAMES)),
        _named(COLOUR_NAMES),
    ),
    Spec(
        "palette", "Colours", _fixed("RdBu"), _choice("palette", _named(PALETTES)), _named(PALETTES)
    ),
    Spec("chance", "Known motifs, chance of a match", _fixed(2e-4), _chance, _fixed(CHANCES)),
)
BY_NAME = {spec.name: spec for spec in SPECS}
