"""Convergence: how fast each rule of integration nears the conductance, on one given input."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from attribution._integral import Progress
from attribution._question import Question
from attribution.errors import InvalidRequest
from attribution.network import Network
from attribution.quadrature import Path, trapezoid
from attribution.walk import one_path, rows

Array = npt.NDArray[Any]

STORE_BYTES = 256 * 2**20
"""Memory for activations and gradients; of larger layers a sample of the neurons is compared."""
_COARSEST = 5  # nodes


@dataclass(frozen=True)
class Convergence:
    """Error against gradient evaluations, for each rule of integration.

    curves : rule -> (evaluations, errors), each (points,). An error is the L1 distance of the
        scores to the reference's, relative to the L1 norm of these.
    estimate : (evaluations, errors) that the adaptive quadrature itself gave at the same nodes.
    reference : nodes of the finest adaptive path, which stands in for the exact integral.
    reference_error : its own estimated error; errors near it or below it mean little.
    neurons : how many of the layer's neurons were compared.
    """

    curves: Mapping[str, tuple[Array, Array]]
    estimate: tuple[Array, Array]
    reference: int
    reference_error: float
    neurons: int


def convergence(
    net: Network,
    x: Any,
    layer: str,
    *,
    target: Any = None,
    baseline: Any = None,
    finest: int = 513,
    output: str = "logit",
    progress: Progress | None = None,
) -> Convergence:
    """Compare rules on the very input: right and trapezoid on a uniform grid, and adaptive nodes.

    Parameters
    ----------
    finest : nodes of the reference, a power of two and one; the rules are compared up to half of
        its intervals. The work is 1.5 times as many evaluations.
    Others as in `neuron_integrated_gradients`; x holds one example, and there is one baseline.

    Raises
    ------
    UnknownLayer, InvalidRequest : a request that does not fit the network, or several paths.
    """
    if finest < 33 or (finest - 1) & (finest - 2):
        raise InvalidRequest(
            f"finest is {finest}; a power of two and one, from 33, is expected, such as 513."
        )
    question = one_path(net, x, layer, target=target, baseline=baseline, output=output)
    half = (finest + 1) // 2
    width = int(np.prod(question.layer_shape(layer)))
    stride = -(-width * 8 * (finest + half) // STORE_BYTES)
    values, estimates = _adaptive(net, question, finest, stride, progress)
    truth = values.pop(finest)
    norm = float(np.abs(truth).sum(dtype=float)) or 1.0

    def curve(found: Mapping[int, Array]) -> tuple[Array, Array]:
        errors = [np.abs(v - truth).sum(dtype=float) / norm for v in found.values()]
        return np.array(list(found)), np.array(errors)

    curves = {
        rule: curve(found)
        for rule, found in _uniform(net, question, half, finest, stride, progress).items()
    }
    reference_error = estimates.pop(finest) / norm
    return Convergence(
        curves={**curves, "trapezoid, adaptive": curve(values)},
        estimate=(np.array(list(estimates)), np.array(list(estimates.values())) / norm),
        reference=finest,
        reference_error=reference_error,
        neurons=-(-width // stride),
    )


def _adaptive(
    net: Network, question: Question, finest: int, stride: int, progress: Progress | None
) -> tuple[dict[int, Array], dict[int, float]]:
    """Scores and their estimated error (absolute) at 5, 9, 17, ... adaptive nodes."""
    path, count = Path(), _COARSEST
    values: dict[int, Array] = {}
    estimates: dict[int, float] = {}
    total = finest + (finest + 1) // 2
    while count <= finest:
        done = len(path.nodes)
        places = path.propose(count - done)
        for a, _, h, g in rows(
            net, question, places, stride=stride, progress=progress, first=done, total=total
        ):
            path.add(a, h, g)
        values[count], estimates[count] = path.integrate()
        count = 2 * count - 1
    return values, estimates


def _uniform(
    net: Network,
    question: Question,
    count: int,
    done: int,
    stride: int,
    progress: Progress | None,
) -> dict[str, dict[int, Array]]:
    """Scores of two rules on grids of 5, 9, 17, ..., `count` nodes, each within the next."""
    places = np.linspace(0, 1, count).tolist()
    found = rows(
        net, question, places, stride=stride, progress=progress, first=done, total=done + count
    )
    h, g = (np.stack(part) for part in zip(*((h, g) for _, _, h, g in found), strict=True))
    right: dict[int, Array] = {}
    both: dict[int, Array] = {}
    nodes = _COARSEST
    while nodes <= count:
        step = (count - 1) // (nodes - 1)
        right[nodes] = (g[step::step] * np.diff(h[::step], axis=0)).sum(0)
        both[nodes] = trapezoid(h[::step], g[::step])[0]
        nodes = 2 * nodes - 1
    return {"right, uniform": right, "trapezoid, uniform": both}
