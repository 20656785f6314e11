"""The rankings that are compared: the scores of the units of a layer for one input.

What others ship (few right-endpoint steps, one random point, a straight line in the layer's space,
Shapley, a learned mask) is made from the halves of the network by Keras alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import attribution
from attribution import Network
from benchmarks.evidence.plan import Plan
from benchmarks.evidence.split import Split

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Case:
    """One input of one network at one layer. h, h0 : its activations, those of the baseline."""

    net: Network
    layer: str
    split: Split
    target: int
    x: Array
    origin: Array
    h: Array
    h0: Array
    plan: Plan
    rng: np.random.Generator
    tolerance: float  # of the converged ranking, where it is not exact
    steps: int | None = None
    exact: bool = False
    costly: bool = False
    truth: list[Array] = field(default_factory=list)  # of the neurons, where `converged` is exact


Scores = tuple[Array, int]
"""Scores of the units, and gradient evaluations; passes forward alone count as none."""


def _library(method: str, **options: Any) -> Callable[[Case], Scores]:
    def run(case: Case) -> Scores:
        found = attribution.METHODS[method].run(
            case.net, case.x, case.layer, target=case.target, baseline=case.origin, **options
        )
        return case.split.by_unit(found.scores[0]), int(found.evaluations[0])

    return run


def converged(case: Case) -> Scores:
    """Exactly where the plan says so, else to a tolerance."""
    given: Any = (
        {"exact": True} if case.exact else {"tolerance": case.tolerance, "steps": case.steps}
    )
    found = attribution.neuron_integrated_gradients(
        case.net, case.x, case.layer, target=case.target, baseline=case.origin, **given
    )
    if case.exact:
        case.truth[:] = [found.scores]
    return case.split.by_unit(found.scores[0]), int(found.evaluations[0])


def right(steps: int) -> Callable[[Case], Scores]:
    """Conductance by so many right-endpoint steps."""

    def run(case: Case) -> Scores:
        a = np.arange(steps + 1).reshape(-1, *[1] * (case.x.ndim - 1)) / steps
        h = case.split.hidden(case.origin + a * (case.x - case.origin))
        slope = case.split.slope(h[1:], case.target)
        return case.split.by_unit((slope * np.diff(h, axis=0)).sum(0)), steps

    return run


def random_point(case: Case) -> Scores:
    """The gradient at one random place of the path, times the change of h over a hundredth."""
    a = case.rng.uniform(0, 0.99)
    ends = [case.origin + b * (case.x - case.origin) for b in (a, a + 0.01)]
    h = case.split.hidden(np.concatenate(ends))
    slope = case.split.slope(h[:1], case.target)
    return case.split.by_unit(slope[0] * (h[1] - h[0]) / 0.01), 1


def straight(case: Case) -> Scores:
    """Integrated gradients along a straight line in the layer's own space, 50 middles."""
    a = (np.arange(50).reshape(-1, *[1] * (case.h.ndim - 1)) + 0.5) / 50
    slope = case.split.slope(case.h0 + a * (case.h - case.h0), case.target)
    return case.split.by_unit((slope.mean(0) * (case.h - case.h0))[0]), 50


def single_effect(case: Case) -> Scores:
    """F(x) less F with the one unit at its reference: the oracle of removal, no gradient."""
    units = case.split.units
    kept = np.concatenate([np.ones((1, units), bool), ~np.eye(units, dtype=bool)])
    score = case.split.mixed(case.h, case.h0, kept, case.target)
    return score[0] - score[1:], 0


def shapley(case: Case) -> Scores:
    """Mean marginal effects over random orders."""
    units, orders = case.split.units, case.plan.permutations
    total = np.zeros(units)
    for _ in range(orders):
        order = case.rng.permutation(units)
        kept = np.argsort(order) < np.arange(units + 1)[:, None]  # the first k of the order
        total[order] += np.diff(case.split.mixed(case.h, case.h0, kept, case.target))
    return total / orders, 0


def learned_mask(case: Case) -> Scores:
    """A mask over the units, 0 to 1, that keeps the score with few of them, by Adam."""
    units = case.split.units
    ends = case.split.score(np.concatenate([case.h0, case.h]), case.target)
    scale = abs(float(np.diff(ends)[0])) or 1.0
    logits, mean, square = np.zeros(units), np.zeros(units), np.zeros(units)
    mask = _sigmoid(logits)
    for step in range(1, case.plan.mask_steps + 1):
        _, slope = case.split.masked(case.h, case.h0, mask, case.target)
        # Of the loss: the mean of the mask, less the share of the score.
        down = (1 / units - slope / scale) * mask * (1 - mask)
        mean, square = 0.9 * mean + 0.1 * down, 0.999 * square + 0.001 * down**2
        logits -= 0.1 * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-7)
        mask = _sigmoid(logits)
    return mask, case.plan.mask_steps


def _sigmoid(values: Array) -> Array:
    return 1 / (1 + np.exp(-values))


def random(case: Case) -> Scores:
    """The control."""
    return case.rng.normal(size=case.split.units), 0


RANKINGS: dict[str, Callable[[Case], Scores]] = {
    "NIG, converged": converged,
    "NIG, 5 right steps": right(5),
    "NIG, 10 right steps": right(10),
    "NIG, one random point": random_point,
    "DeepLIFT Rescale": _library("deeplift_rescale"),
    "DeepLIFT RevealCancel": _library("deeplift_reveal_cancel"),
    "DeepLIFT genomics": _library("deeplift_genomics"),
    "layer IG": straight,
    "gradient x difference": _library("gradient_times_difference"),
    "internal influence": _library("internal_influence", tolerance=0.1),
    "activation": _library("activation_difference"),
    "single effect": single_effect,
    "random": random,
}
COSTLY: dict[str, Callable[[Case], Scores]] = {"Shapley": shapley, "learned mask": learned_mask}


def timed(ranking: Callable[[Case], Scores], case: Case) -> tuple[Array, int, float]:
    """Scores of the units, gradient evaluations, and seconds of processor, of all cores together.

    Wall time would tell what else the machine did.
    """
    start = time.process_time()
    scores, evaluations = ranking(case)
    return scores, evaluations, time.process_time() - start


def largest(scores: Array, count: int | None = None) -> Array:
    """The units by |score|, the largest first."""
    return np.argsort(-np.abs(scores), kind="stable")[:count]
