"""Words: one sentence for each figure of a sequence, which is also its alternative text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from attribution.motifs import Match
from dashboard.kinds.sequence.form import BASES
from dashboard.kinds.sequence.stretch import Stretch
from dashboard.locus import Locus
from dashboard.text import title
from dashboard.words.evidence import evidence
from dashboard.words.numbers import number, percent, signed
from dashboard.words.quantity import LOGIT
from dashboard.work import scale
from dashboard.work.answer import Answer
from dashboard.work.findings import Pattern, Split

if TYPE_CHECKING:
    from dashboard.kinds.sequence.reading import Reading

Array = npt.NDArray[Any]
_ALIKE = 0.6  # similarity above which a filter is said to resemble a motif


def bases(reading: Reading, start: str, doubt: str, of: str) -> str:
    """How few bases it takes. start, doubt : what the network says. of : the target's quantity."""
    among = f"{len(reading.letters):,} bases"
    return evidence(reading.answer, reading.contributions, reading.inputs, among, start, doubt, of)


def positions(locus: Locus, name: str) -> str:
    """How positions are counted on the page: said once."""
    here, low_high = locus.region, f"{locus.ends[0]:,} to {locus.ends[1]:,}"
    record = f"the record “{title(name)}”"
    if here.on_chromosome:
        sentence = (
            f"Positions are those of {here.on}, counted from 1: {low_high} are seen here. The "
            f"record's name says {here.place}, which for its {here.length:,} bases counts "
            f"{here.counted}."
        )
    else:
        sentence = f"Positions count from 1 along {record}: {low_high} of {here.length:,} are seen."
    if here.place and not here.on_chromosome:
        sentence += f" Its name says {here.place}, which is another length, and is not used."
    if locus.strand == "-":
        of = here.on if here.on_chromosome else "the record"
        sentence += f" The letters are the reverse strand of {of}, so positions run down."
    if locus.end - locus.begin < locus.size:
        sentence += " The N around it are padding and have no position."
    return sentence


def change(old: str, new: str, index: int, locus: Locus) -> str:
    """A change of a letter, 'T149G'."""
    number = locus.number(index)
    return f"{old}{number}{new}" if number is not None else f"{old} {locus.label(index)} to {new}"


def logo(reading: Reading, matches: Sequence[Match]) -> str:
    """What the letters show, and how much of it lies in known motifs."""
    values, target, locus = reading.contributions, reading.target, reading.locus
    if not values.any():
        return f"No base contributes to {target}: all letters have no height."
    first, second = (int(i) for i in np.argsort(-np.abs(values), kind="stable")[:2])
    sentence = (
        f"The largest contributions to {target} are those of {_base(reading, first)} and of "
        f"{_base(reading, second)}"
    )
    if reading.base_errors is not None:
        sentence += f" (± standard error over {reading.answer.references} references)"
    sentence += "."
    positive = np.maximum(values, 0)
    inside = np.zeros(len(values), bool)
    for match in matches:
        inside[match.start : match.end] = True
    if matches and positive.sum() > 0:
        names = ", ".join(
            f"{m.motif} at {locus.stretch(m.start, m.end)} ({locus.side(m.strand)})"
            for m in matches[:4]
        )
        more = f" and {len(matches) - 4} more" if len(matches) > 4 else ""
        share = percent(float(positive[inside].sum() / positive.sum()))
        sentence += f" {share} of the positive evidence lies in known motifs: {names}{more}."
    elif not matches:
        sentence += " No known motif matches here."
    return sentence + " Letters above the line support the target, those below oppose it."


def _base(reading: Reading, at: int) -> str:
    """'G at 5, +3.73 ± 0.12'."""
    value = signed(float(reading.contributions[at]))
    text = f"{reading.letters[at]} at {reading.locus.label(at)}, {value}"
    if reading.base_errors is not None:
        text += f" ± {number(float(reading.base_errors[at]))}"
    return text


def unit(answer: Answer) -> str:
    """What the layer's last axis counts."""
    return "filter" if answer.has_positions else "neuron"


def hypothetical(values: Array, letters: str, target: str) -> str:
    """What the pile of all four letters shows."""
    best = values.argmax(axis=1)
    there = np.array([BASES.find(letter) for letter in letters])
    already = float((best == there).mean())
    return (
        f"Each position's letters show what every base would contribute to {target} there, by the "
        f"multipliers of this sequence; at {percent(already)} of the positions the base that is "
        "there is the best of the four."
    )


def filters(reading: Reading, shown: int) -> str:
    """What the bars and the map show."""
    answer, target = reading.answer, reading.target
    totals = answer.values("channel")
    order = answer.order(shown)
    if not totals.any():
        return f"No {unit(answer)} of {answer.layer} contributes to {target}."
    first = order[0]
    part = np.abs(totals[order]).sum() / np.abs(totals).sum()
    nonzero = answer.scores[answer.scores != 0]
    mapped = answer.has_positions and nonzero.size
    clipped = scale.limit(nonzero).clipped if mapped else 0.0
    kind = unit(answer)
    sentence = (
        f"{kind.capitalize()} {first} counts most for {target}, {signed(float(totals[first]))}"
        + (
            f" ± {number(float(reading.answer.unit_errors[first]))}"
            if reading.answer.unit_errors is not None
            else ""
        )
        + f"; the {len(order)} {kind}s shown, of {len(totals)}, hold {percent(float(part))} of the "
        "layer's contributions, counted without their signs. Warm supports, cool opposes"
    )
    return sentence + (
        f"; {percent(clipped)} of the cells that are not zero lie beyond the colours' ends."
        if clipped
        else "."
    )


def track(reading: Reading, centres: Array) -> str:
    """One filter along the sequence."""
    answer, filter_, target = reading.answer, reading.filter, reading.target
    total, values = float(answer.values("channel")[filter_]), answer.scores[:, filter_]
    if not values.any():
        return f"Filter {filter_} contributes nothing to {target} at any position."
    at = int(np.abs(values).argmax())
    where = reading.locus.label(round(float(centres[at])))
    active = int((answer.activations[:, filter_] > 0).sum())
    return (
        f"Filter {filter_} contributes {signed(total)} to {target}, most of it around base "
        f"{where} ({signed(float(values[at]))}); it is active at {active:,} of "
        f"{len(values):,} positions."
    )


def likeness(pattern: Pattern, name_of: str) -> str:
    """The nearest known motif, and how near it is."""
    if not pattern.likenesses:
        return f"Nothing in the samples excites {name_of}, so there is nothing to compare."
    first, second = pattern.likenesses[:2]
    what = "kernel" if pattern.kernel is not None else "most exciting stretches"
    nearest = first.motif.name + (" on the other strand" if first.strand == "-" else "")
    alike = first.similarity >= _ALIKE
    verdict = "is most like" if alike else "resembles no bundled motif closely; the nearest is"
    return (
        f"The {what} of {name_of} {verdict} {nearest}: similarity "
        f"{number(first.similarity)} of 1 (next {second.motif.name}, {number(second.similarity)})."
    )


def windows(pattern: Pattern, name_of: str) -> str:
    """The stretches that excite a filter most."""
    if not pattern.windows:
        return f"No stretch of the samples excites {name_of}."
    first = pattern.windows[0]
    return (
        f"The {len(pattern.windows)} stretches of the samples that excite {name_of} most; "
        f"the strongest is {first.letters} in “{pattern.samples[first.example]}”, activation "
        f"{number(first.activation)}."
    )


def effects(values: Array, letters: str, target: str, locus: Locus) -> str:
    """The largest single change."""
    if not values.any():
        return f"No single change of a base changes {target}."
    at, base = np.unravel_index(int(np.abs(values).argmax()), values.shape)
    return (
        f"The single change that moves {target} most is {letters[at]} to {BASES[base]} at "
        f"{locus.label(int(at))}: "
        f"{signed(float(values[at, base]))}, measured by running the network, not attributed."
    )


def edited(said: tuple[str, str], change: str, target: str, count: int, of: str) -> str:
    """What the changes did to the target: its output before and after, and its logit."""
    changes = "the change" if count == 1 else f"the {count} changes"
    before, after = said
    by = f": its {of} changes by {change}" if of == LOGIT else f", by {change}"
    return f"With {changes}, {target} goes from {before} to {after}{by}."


def split(found: Split, scores: Array, what: str, target: str, shown: Stretch) -> str:
    """Through which bases a filter gets its contribution. scores : (length,)."""
    at = int(np.abs(scores).argmax())
    total, error = float(found.result.total[0]), float(found.result.error[0])
    how = "within the" if found.result.converged else "not yet within the"
    return (
        f"The bases through which {what} gets its {signed(total)} for {target!r}; most through "
        f"{shown.letters[at]} at {shown.locus.label(at)} ({signed(float(scores[at]))}). The "
        f"estimated error is {percent(error)} of all of them, counted without their signs, {how} "
        f"10 % asked for ({found.result.evaluations[0]} evaluations)."
    )
