"""Proof: what happens when the units of a ranking are switched off, on inputs that it has not seen.

A score says how much of F(x) - F(x') runs through a unit; holding the unit at its value for x'
takes that away where nothing above makes up for it. So the sum of the scores predicts the fall of
the score, and units drawn at random beside say what any set of that many does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

import attribution
from attribution.errors import InvalidRequest

if TYPE_CHECKING:
    from attribution.network import Network

Array = npt.NDArray[Any]

RANDOM = 5
"""Sets of units drawn at random beside each set of the ranking."""
_STEPS = 12  # points of the pruning curve, beside all and none


def removals(
    net: Network,
    x: Any,
    layer: str,
    order: Sequence[int],
    predicted: Array,
    *,
    target: Any = None,
    baseline: Any = None,
    counts: Sequence[int] = (1, 2, 5, 10),
    seed: int = 0,
) -> pd.DataFrame:
    """The fall of the score when the first units of a class are switched off together.

    Parameters
    ----------
    x : inputs (batch, *shape) of the class, two or more, that the order was not made from.
    order : units, the first one first. predicted : (units,) the mean score of each unit of the
        layer in the profile, by its number.
    target, baseline : as of the methods; a unit is held at its activations at the baseline.
    counts : how many units to switch off; those beyond the length of `order` are left out.

    Returns
    -------
    DataFrame with a row for each count: count, predicted (sum of the mean scores), measured (mean
    fall of the score), low, high (95 %, Student's t over the inputs), random (mean fall for as many
    other units, of RANDOM draws), random_low, random_high (the least and largest of these).

    Raises
    ------
    InvalidRequest : a unit that the layer has not, fewer than two inputs.
    """
    sizes = [k for k in counts if 0 < k <= len(order)]
    sets = removal_sets(order, sizes, len(predicted), seed)
    return fallen(falls(net, x, layer, sets, target, baseline), order, sizes, predicted)


def removal_sets(
    order: Sequence[int], sizes: Sequence[int], units: int, seed: int
) -> list[list[int]]:
    """The first units of an order, as many as each size says; then, of each, RANDOM draws of as
    many others of a layer's units.
    """
    rng = np.random.default_rng(seed)
    sets: list[list[int]] = [[int(u) for u in order[:k]] for k in sizes]
    for k in sizes:
        others = np.setdiff1d(np.arange(units), order[:k])
        sets += [
            rng.choice(others, min(k, len(others)), replace=False).tolist() for _ in range(RANDOM)
        ]
    return sets


def falls(
    net: Network, x: Any, layer: str, sets: Sequence[list[int]], target: Any, baseline: Any
) -> Array:
    """(sets, inputs) the fall of the score when each set of units is switched off."""
    scores = attribution.ablate(
        net, x, layer, [[], *sets], target=target, baseline=baseline, output="logit"
    )
    return scores[0] - scores[1:]


def fallen(
    seen: Array, order: Sequence[int], sizes: Sequence[int], predicted: Array
) -> pd.DataFrame:
    """The table of `removals`, from the `falls` by each of the `removal_sets`, (sets, inputs).

    Where there are not as many others, NaN stands for what random units do.
    """
    if seen.shape[1] < 2:
        raise InvalidRequest("One input alone proves nothing: give two or more.")
    own, others = seen[: len(sizes)], seen[len(sizes) :].reshape(len(sizes), RANDOM, -1).mean(2)
    others[[2 * k > len(predicted) for k in sizes]] = np.nan
    return pd.DataFrame(
        {
            "count": sizes,
            "predicted": [float(np.sum(predicted[list(order[:k])])) for k in sizes],
            **_measured(own),
            "random": others.mean(1),
            "random_low": others.min(1),
            "random_high": others.max(1),
        }
    )


def alone(seen: Array, units: Sequence[int], predicted: Array) -> pd.DataFrame:
    """A row for each unit that is switched off by itself, from the `falls` (units, inputs): unit,
    predicted (its mean score), measured, low, high as of `removals`.
    """
    found = {"unit": list(units), "predicted": predicted[list(units)]}
    return pd.DataFrame({**found, **_measured(seen)})


def _measured(seen: Array) -> dict[str, Array]:
    """The mean falls of (rows, inputs) with their 95 % intervals."""
    from scipy import stats  # 50 MB, which those who only read do not need

    half = stats.t.ppf(0.975, seen.shape[1] - 1) * stats.sem(seen, axis=1)
    mean = seen.mean(1)
    return {"measured": mean, "low": mean - half, "high": mean + half}


@dataclass(frozen=True)
class Pruning:
    """Accuracy when the units of a layer are switched off, the least first.

    curve : a DataFrame with the columns count, accuracy, low, high (95 %, Wilson).
    units : (found,) the units that can go: the longest beginning of the order at which, and before
        which, the accuracy was no more than `allowed` below that of the whole network.
    """

    curve: pd.DataFrame
    units: Array
    allowed: float


def pruning(
    net: Network,
    x: Any,
    label: Array,
    layer: str,
    order: Sequence[int],
    *,
    baseline: Any = None,
    allowed: float = 0.01,
    counts: Sequence[int] | None = None,
) -> Pruning:
    """Switch units of a layer off together, the first of `order` first, and count right answers.

    Parameters
    ----------
    x, label : inputs of all classes that the order was not made from, and (batch,) their classes.
    order : all units, the least first: by their mean |score| over all classes.
    allowed : by how much the accuracy may fall, as a share of the inputs.
    counts : how many units to switch off; None: some twelve numbers from 0 to all.
    """
    counts = pruning_counts(len(order)) if counts is None else sorted({0, *map(int, counts)})
    found = right(net, x, label, layer, order, counts, baseline)
    return pruned(found.sum(1), found.shape[1], order, counts, allowed)


def pruning_counts(units: int) -> list[int]:
    """Some twelve numbers from 0 to all units."""
    return np.unique(np.linspace(0, units, _STEPS + 2).round().astype(int)).tolist()


def right(
    net: Network,
    x: Any,
    label: Any,
    layer: str,
    order: Sequence[int],
    counts: Sequence[int],
    baseline: Any,
) -> Array:
    """(counts, inputs) whether the answer is right with so many of the first units switched off.

    label : (inputs,) the right outputs, or one for all. A NaN is no right answer.
    """
    sets = [[int(u) for u in order[:k]] for k in counts]
    outputs = attribution.ablated_outputs(net, x, layer, sets, baseline=baseline)
    if outputs.ndim != 3 or outputs.shape[2] < 2:
        raise InvalidRequest(
            f"The output has the shape {outputs.shape[2:]}, which is not one of classes: there is "
            "no accuracy to follow."
        )
    return (outputs.argmax(2) == np.asarray(label)) & np.isfinite(outputs).all(2)


def pruned(
    right: Array, tried: int, order: Sequence[int], counts: Sequence[int], allowed: float
) -> Pruning:
    """From the right answers of `tried` inputs, (counts,), with so many of the first units off."""
    from scipy import stats  # 50 MB, which those who only read do not need

    bounds = [stats.binomtest(int(r), tried).proportion_ci(method="wilson") for r in right]
    curve = pd.DataFrame(
        {
            "count": counts,
            "accuracy": right / tried,
            "low": [b.low for b in bounds],
            "high": [b.high for b in bounds],
        }
    )
    good = right / tried >= right[0] / tried - allowed
    last = int(np.argmin(good)) - 1 if not good.all() else len(good) - 1
    return Pruning(curve, np.array(order[: counts[last]], int), allowed)
