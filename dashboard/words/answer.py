"""Words: one sentence for each figure, which is also its text for those who cannot see it.

No sentence claims more than its numbers; every count and share is computed from what is shown.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from attribution.methods import Method
from dashboard.request.catalogue import Layer
from dashboard.words.evidence import evidence
from dashboard.words.numbers import number, percent, signed
from dashboard.words.quantity import CONTRIBUTION, LOGIT, OUTPUT, contributes
from dashboard.work.answer import Answer, By, Place, Ranked
from dashboard.work.findings import LayerSum
from dashboard.work.scale import limit

AGAINST, FOR = "speaks against", "speaks for"
FACES = " The small pictures are the maps of these channels, all on one scale."


def headline(
    answer: Answer,
    layer: Layer,
    start: str,
    unit_of_scores: str = CONTRIBUTION,
    doubt: str = "",
) -> str:
    """The answer of the page: how few channels it takes. start, doubt : what the network says."""
    values = answer.values("channel")
    unit = "channels" if layer.has_channels else "neurons"
    if not contributes(unit_of_scores):
        (first,) = answer.ranking("channel", 1)
        return (
            f"{start}: of the {values.size:,} {unit} in {layer.name}, {unit[:-1]} "
            f"{first.place.channel} has the largest score, {signed(first.score)}."
        )
    among = f"the {values.size:,} {unit} in {layer.name}"
    of = LOGIT if unit_of_scores == CONTRIBUTION else OUTPUT
    return evidence(answer, values, answer.scores, among, start, doubt, of, numbered=True)


def trust(answer: Answer, method: Method) -> tuple[str, str]:
    """How sure the numbers are, in a few words, and how that is marked: sure, unsure, unknown."""
    around = " · not a cut" if method.complete and not answer.is_cut else ""
    if answer.accuracy == "unknown":
        return f"error unknown{around}", "unknown"
    first = "checked" if answer.converged else "not converged"
    if answer.accuracy == "closes":
        first = "checked" if answer.converged else "not exact"
    return f"{first} · {sureness(answer)}{around}", "sure" if answer.converged else "unsure"


def assurance(answer: Answer, method: Method) -> str:
    """How far the numbers can be trusted."""
    parts = []
    if answer.accuracy == "unknown":
        parts.append(f"{method.title}: {method.promise} No error is known for this method.")
    elif answer.accuracy == "closes" and answer.converged:
        parts.append(
            f"{method.title}: {method.promise} Its sums close: nothing is lost on the way."
        )
    elif answer.accuracy == "closes":
        parts.append("The sums do not close: do not rely on these scores.")
    elif answer.converged and answer.result.certified:
        parts.append(
            "Exact, certified: every place where a unit of the network bends along the path was "
            "found, and between them nothing is left to estimate; what remains is rounding."
        )
    elif answer.converged:
        parts.append(
            f"The scores differ from the exact integral by an estimated {percent(answer.error)} "
            f"of their total size, within the {percent(answer.result.tolerance or 0)} asked for."
        )
    elif not math.isfinite(answer.error):
        parts.append(
            "Not converged: how large the error is, is not known. Do not rely on the scores."
        )
    else:
        asked = answer.result.tolerance or 0
        why = (
            "on a path seen too coarsely" if answer.error <= asked else "more than the {} asked for"
        )
        parts.append(
            f"Not converged: the estimated error is {percent(answer.error)}, "
            f"{why.format(percent(asked))}. Read the numbers as approximate."
        )
    if answer.is_cut and math.isfinite(answer.gap) and method.complete:
        parts.append(f"They sum to the difference of the two scores but for {signed(answer.gap)}.")
    return " ".join(parts)


def error(answer: Answer) -> tuple[str, ...]:
    """The error in short, as it stands under "Estimated error"; and what is known in its place."""
    if answer.result.certified and answer.converged:
        return ("none, exact",)
    if answer.accuracy == "estimated" and math.isfinite(answer.error):
        return (percent(answer.error),)
    return ("unknown", closes(answer)) if answer.accuracy == "closes" else ("unknown",)


def closes(answer: Answer | LayerSum) -> str:
    """Whether the sums of a method without an error close."""
    return "the sums close" if answer.converged else "the sums do not close"


def sureness(answer: Answer) -> str:
    """What is known of the error, in the middle of a line."""
    if answer.result.certified and answer.converged:
        return "exact, certified"
    return closes(answer) if answer.accuracy == "closes" else f"error {error(answer)[0]}"


def resolution(answer: Answer | LayerSum) -> str:
    """The finest features of the path that nodes have seen; empty where there is no path."""
    if not math.isfinite(answer.resolution) or answer.resolution <= 0:
        return ""
    parts = math.floor(1 / answer.resolution + 1e-6)
    return f"1/{parts} of the path" if parts > 1 else "all of the path"


def not_a_cut(answer: Answer, layer: Layer) -> str:
    """What the sum of a layer means that part of the signal goes around."""
    total = float(answer.result.total[0])
    return (
        f"{layer.name} is not a cut of the network: part of the signal goes around it. Its "
        f"scores sum to {signed(total)}, its own share of the difference {signed(answer.delta)}, "
        "and there is no gap to check."
    )


def unit(answer: Answer, by: By) -> By:
    """What is ranked: neurons where channels have one each or are not known."""
    return by if answer.has_positions else "neuron"


def ranking(
    ranked: Sequence[Ranked],
    answer: Answer,
    by: By,
    target: str,
    unit_of_scores: str = CONTRIBUTION,
    called: str = "",
) -> str:
    """What the bars show, and the share of evidence. called : a line, if no channel or neuron."""
    values, one = answer.values(by), called or unit(answer, by)
    positive = float(values[values > 0].sum(dtype=np.float64))
    if not ranked or ranked[0].score == 0:
        return f"No {one} of {answer.layer} contributes to {target}: all scores are zero."
    first = ranked[0]
    largest = f"{called} {first.place.channel}" if called else str(first.place)
    if not contributes(unit_of_scores):
        return (
            f"The largest is {largest} with {signed(first.score)} ({unit_of_scores}). The "
            f"{len(ranked)} {one}s shown, of {values.size:,}, hold "
            f"{percent(sum(line.share for line in ranked))} of the sum of all sizes. Warm bars are "
            "positive, cool bars negative."
        )
    shown = sum(line.score for line in ranked if line.score > 0)
    sentence = f"The largest is {largest}, which {_does(first.score)} {target!r}."
    if positive > 0:
        share = percent(shown / positive)
        sentence += (
            f" The {len(ranked)} {one}s shown, of {values.size:,}, hold {share} "
            "of the positive evidence."
        )
    return sentence + " Warm bars support the target, cool bars oppose it."


def cells(smooth: bool, grid: str, axes: int = 2) -> str:
    """How a map of cells is drawn, after its own sentence. axes : of the layer's positions."""
    more = " Of its axes the two longest are shown, the others added up." if axes > 2 else ""
    if smooth:
        return f" Drawn smoothly between the cells of the {grid} grid."
    return f" Each cell of the {grid} grid as it is.{more}"


def parts(smooth: bool) -> str:
    """How pixels or blocks of a picture are drawn, after their sentence."""
    return " Drawn smoothly between them." if smooth else " Each is drawn as it is."


def contribution_map(
    scores: npt.NDArray[Any],
    what: str,
    target: str,
    unit_of_scores: str,
    where: Callable[[tuple[int, ...]], str],
    brief: bool = False,
) -> str:
    """What signed scores over positions show, and how they are coloured. where : of a position.
    brief : without where the colours end."""
    total = float(scores.sum(dtype=np.float64))
    bound = limit(scores)
    adds = contributes(unit_of_scores)
    if bound.value == 0 and not adds:
        return f"{_upper(what)} scores zero at every position: a flat map."
    if bound.value == 0:
        return f"{_upper(what)} contributes nothing to {target!r} at any position: a flat map."
    at = tuple(int(i) for i in np.unravel_index(int(np.abs(scores).argmax()), scores.shape))
    start = (
        f"{_upper(what)} contributes {signed(total)} to {target!r}"
        if adds
        else f"{_upper(what)} scores {signed(total)} in all ({unit_of_scores})"
    )
    sides = "Warm supports, cool opposes" if adds else "Warm is positive, cool is negative"
    sentence = f"{start}; the largest cell, {where(at)}, {signed(float(scores[at]))}. {sides}"
    if brief or scores.ndim == 1:  # bars, of no clipped colour
        return f"{sentence}."
    cut = f", and {percent(bound.clipped)} of the cells lie beyond" if bound.clipped else ""
    return f"{sentence}; the colours of this map end at ±{number(bound.value)}{cut}."


def activation_map(values: npt.NDArray[Any], channel: int, unit: str = "channel") -> str:
    """The range of a channel's activations."""
    active = float((values != 0).mean())
    sentence = (
        f"The activations of {unit} {channel} run from {number(float(values.min()))} to "
        f"{number(float(values.max()))}, {number(float(values.mean()))} on average"
    )
    some = f"; {percent(active)} of its cells are not zero" if active < 1 else ""
    return f"{sentence}{some}."


def picked(answer: Answer, place: Place, target: str, unit_of_scores: str = CONTRIBUTION) -> str:
    """The score of what was picked, in its share of all."""
    score = answer.score(place)
    by: By = "channel" if place.position is None else "neuron"
    norm = float(np.abs(answer.values(by), dtype=np.float64).sum())
    if not contributes(unit_of_scores):
        share = percent(abs(score) / (norm or 1.0))
        return (
            f"{_upper(str(place))} scores {signed(score)} ({unit_of_scores}): {share} of the sum "
            f"of all sizes in this layer, by {unit(answer, by)}."
        )
    if score == 0:
        return f"{_upper(str(place))} contributes nothing to {target!r}."
    share = percent(abs(score) / norm)
    return (
        f"{_upper(str(place))} {_does(score)} {target!r}: {share} of all the contributions of "
        f"{unit(answer, by)}s in this layer, counted without their signs."
    )


def whose_path(method: str) -> str:
    """A sentence for Path, which is about one method, where another is chosen; else empty."""
    return (
        ""
        if method == "nig"
        else "The path and its scores are those of Neuron Integrated Gradients, not of the method "
        "that is chosen."
    )


def layer_words(layer: Layer, layers: Sequence[Layer]) -> str:
    """The layer as one would say it. layers : of the network, in their order."""
    place = [each.name for each in layers].index(layer.name) / max(len(layers) - 1, 1)
    where = "an early" if place < 1 / 3 else "a late" if place > 2 / 3 else "a middle"
    size = f"{layer.neurons:,} neurons"
    if layer.has_channels and len(layer.positions) == 1:
        size = f"{layer.units:,} channels at {layer.positions[0]:,} positions"
    elif layer.has_channels:
        size = f"{layer.units:,} channels on a {layer.grid} grid"
    return f"{where} layer, {layer.name}: {size}"


def layer_line(layer: Layer) -> str:
    """The layer's size and standing."""
    size = f"{layer.neurons:,} neurons"
    if layer.has_channels:
        size += f" in {layer.units:,} channels"
    elif layer.channel_axis is None and len(layer.shape) > 1:
        size += (
            ". None of its axes is known to hold channels: its neurons are offered one by one, "
            f"numbered from 0 through {layer.dimensions}"
        )
    if layer.is_cut:
        return f"{size}. A cut: everything passes through it."
    return f"{size}. Not a cut: part of the signal goes around it."


def status(answer: Answer, fresh: bool) -> str:
    """The line at the foot of the request."""
    first = f"{answer.seconds:.1f} s" if fresh else "Seen before"
    return f"{first} · {answer.evaluations} evaluations, {sureness(answer)}"


def _does(score: float) -> str:
    return f"adds {signed(score)} to" if score > 0 else f"takes {number(-score)} from"


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
