"""Sentences of the pages beside Explore: one for each figure, which is also its alt text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from attribution.layers import LayerInfo
from dashboard.words.numbers import fixed, number, percent, signed
from dashboard.work.comparison import Agreement
from dashboard.work.findings import Array, LayerSum, Overview, Split
from dashboard.work.toy import Toy

if TYPE_CHECKING:
    from attribution import Convergence, Walk  # the modules themselves need TensorFlow

_FLAT = 0.05  # of the largest gradient on the path: called flat


def overview_head(overview: Overview, target: str) -> str:
    """What all layers have in common."""
    cuts = [layer for layer in overview.layers if layer.is_cut]
    if not overview.complete:
        return f"{len(overview.layers)} layers, by a method whose scores need not add up"
    worst = max((abs(layer.gap) for layer in cuts), default=0.0)
    return (
        f"{len(cuts)} layers pass on all of the difference, {signed(overview.delta)} for "
        f"{target!r}, and account for it to within {number(worst)}"
    )


def overview(overview: Overview, layers: Sequence[LayerSum]) -> str:
    """What the bars show."""
    if not layers:
        return "No layer of this kind."
    widest = max(layers, key=lambda x: x.positive - x.negative)
    last = layers[-1]
    sentence = (
        f"Warm bars add up what supports the target in each of {len(layers)} layers, cool bars "
        f"what opposes it. The most goes both ways in {widest.name} ({signed(widest.positive)} and "
        f"{signed(widest.negative)}); in {last.name}, the last, it is {signed(last.positive)} and "
        f"{signed(last.negative)}."
    )
    others = sum(not layer.is_cut for layer in layers)
    if others:
        sentence += (
            f" Pale: the {others} that part of the signal goes around; their sum (ring) is a share."
        )
    return sentence


def overview_error(overview: Overview) -> str:
    """How rough one pass over all layers is."""
    if not overview.estimated:
        open_ = [layer.name for layer in overview.layers if layer.converged is False]
        if open_:
            return (
                f"The sums of {len(open_)} layers do not close, first of {open_[0]}: rely on none."
            )
        if any(layer.converged for layer in overview.layers):
            return "This method has no estimated error, but its sums close in every layer."
        return "No error is known for this method."
    known = [layer for layer in overview.layers if math.isfinite(layer.error)]
    start = (
        f"One pass over {len(overview.layers)} layers; none took more than "
        f"{overview.evaluations} evaluations."
    )
    if len(known) < len(overview.layers):
        start += f" The error of {len(overview.layers) - len(known)} layers is unknown."
    if not known:
        return start
    errors = np.array([layer.error for layer in known])
    worst, middle = known[int(errors.argmax())], float(np.median(errors))
    return (
        f"{start} The error of the single scores is {percent(middle)} in the "
        f"middle layer and {percent(worst.error)} at most ({worst.name}); open a layer to have it "
        "within the tolerance."
    )


def agreement_head(agreement: Agreement, unit: str = "channel") -> str:
    """The answer of Compare."""
    return (
        f"A and B share {agreement.overlap} of their {agreement.k} largest {unit}s; "
        f"rank correlation {_correlation(agreement.spearman)}"
    )


def scatter(agreement: Agreement, units: int, unit: str = "channel") -> str:
    """What the points show."""
    sign = (
        f" Where neither is zero, the signs agree for {percent(agreement.same_sign)}."
        if math.isfinite(agreement.same_sign)
        else ""
    )
    first = agreement.largest[0] if agreement.largest else None
    apart = (
        f" Furthest from it is {unit} {first.unit}: {signed(first.first)} by A, "
        f"{signed(first.second)} by B."
        if first and first.first != first.second
        else ""
    )
    return (
        f"Each of {units:,} {unit}s by its score in A (across) and B (up); on the dotted diagonal "
        f"both say the same.{apart}{sign}"
    )


def dumbbells(agreement: Agreement, first: float, second: float, unit: str = "channel") -> str:
    """What the ten rows hold. first, second : the sums of |scores| of A and B."""
    opposite = sum(d.first * d.second < 0 for d in agreement.largest)
    return (
        f"The {len(agreement.largest)} {unit}s on which A and B differ most; {opposite} of them "
        f"change sign. All {unit}s together weigh {number(first)} in A and {number(second)} in B, "
        "counted without signs."
    )


def trail(found: Walk, channel: int, target: str, unit: str = "channel") -> str:
    """What happens on the path, and where."""
    so_far = found.accumulated[:, channel]
    gradient = np.abs(found.gradients[:, channel])
    score = float(so_far[-1])
    last_f, first_f = float(found.f[-1]), float(found.f[0])
    sentence = (
        f"F rises from {fixed(first_f)} to {fixed(last_f)}"
        if last_f > first_f
        else f"F goes from {fixed(first_f)} to {fixed(last_f)}"
    )
    sentence += f"; {unit} {channel} ends with {signed(score)} for {target!r}"
    if score:
        half = float(found.nodes[int((so_far / score >= 0.5).argmax())])
        sentence += f", half of it reached at a = {half:.2f}"
    sentence += (
        f". The {len(found.nodes)} marks are the nodes; half of them lie below "
        f"a = {np.median(found.nodes):.2f}."
    )
    if gradient.max() and gradient[-1] < _FLAT * gradient.max():
        sentence += (
            f" At the input its gradient is {percent(float(gradient[-1] / gradient.max()))} of its "
            "largest: saturated, so the gradient alone would miss it."
        )
    return sentence


def picker(layers: Sequence[LayerInfo], chosen: str, known: bool) -> str:
    """The drawing of the network. known : whether its bars are as high as the evidence."""
    names, cuts = [layer.name for layer in layers], sum(layer.is_cut for layer in layers)
    high = "The higher, the more evidence. " if known else ""
    return (
        f"The {len(names)} layers of the network in order, row by row; the {cuts} that are cuts "
        f"are filled. {high}The chosen one, {chosen}, is number {names.index(chosen) + 1}."
    )


def race(found: Convergence, tolerance: float) -> str:
    """Which rule gets there first."""
    adaptive = _needed(*found.curves["trapezoid, adaptive"], tolerance)
    uniform = _needed(*found.curves["trapezoid, uniform"], tolerance)
    right_n, right_e = found.curves["right, uniform"]
    sentence = (
        f"An error of {percent(tolerance)} takes "
        f"{adaptive} adaptive evaluations, {uniform} on a uniform grid; the right "
        f"rule is still {percent(float(right_e[-1]))} off at {right_n[-1]}. Measured against "
        f"{found.reference} adaptive nodes, themselves within {percent(found.reference_error)}"
    )
    sentence = f"{sentence}, on {found.neurons:,} neurons of the layer."
    if found.refused:
        return f"{sentence} No secant rule here: {next(iter(found.refused.values()))}"
    return f"{sentence} The secant rule is DeepLIFT from node to node."


def split(found: Split, scores: Array, what: str, target: str, parts: str, drawn: str = "") -> str:
    """Where in the input a channel gets its contribution from.

    scores : of the input. parts : what they are of, such as "pixels". drawn : how coarsely.
    """
    positive = float(scores[scores > 0].sum(dtype=np.float64))
    negative = float(scores[scores < 0].sum(dtype=np.float64))
    how = "within the" if found.result.converged else "not yet within the"
    total, error = float(found.result.total[0]), float(found.result.error[0])
    each = ", ".join(f"{signed(value)} through {name}" for name, value in found.sums.items())
    return (
        f"The {parts} through which {what} gets its {signed(total)} for {target!r}{drawn}"
        f"{f': {each}, in this order' if each else ''}. "
        f"One by one it is {signed(positive)} in support and {signed(negative)} against it; "
        f"the estimated error is {percent(error)} of these two together, {how} 10 % asked "
        f"for ({found.result.evaluations[0]} evaluations)."
    )


def toy(found: Toy) -> str:
    """What goes wrong with the gradient alone."""
    left, right = found.conductance
    if found.saturated:
        return (
            f"h₁ + h₂ = {found.sum:.2f} is more than enough for F = 1, so at the input neither "
            "matters any more: the gradient is zero, and so is gradient × difference. The path "
            f"passes where they did matter, and gives them {left:.2f} and {right:.2f}, together "
            f"F = {found.f:.2f}."
        )
    return (
        f"h₁ + h₂ = {found.sum:.2f} is below 1, where F is linear: gradient × difference and NIG "
        f"agree, {left:.2f} and {right:.2f}. Raise a neuron until they sum to more than 1."
    )


def _correlation(value: float) -> str:
    return "undefined (one is constant)" if not math.isfinite(value) else number(value)


def _needed(evaluations: Array, errors: Array, tolerance: float) -> str:
    """The least count from which on the error stays within the tolerance."""
    within = np.logical_and.accumulate(errors[::-1] <= tolerance)[::-1]
    return str(evaluations[within][0]) if within.any() else f"more than {evaluations[-1]}"
