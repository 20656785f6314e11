"""Convergence: how fast each rule of integration nears the conductance, on one given input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from attribution.arguments import Baseline, Input, Output, Progress, Target
from attribution.contributions import secants
from attribution.errors import AttributionError, InvalidRequest
from attribution.integration.estimate import trapezoid
from attribution.integration.integrand import Integrand
from attribution.integration.quadrature import Path
from attribution.network import Network
from attribution.questions.report import request_notes
from attribution.walks import one_path, rows

Array = npt.NDArray[Any]

STORE_BYTES = 256 * 2**20
"""Memory for activations and gradients; of larger layers a sample of the neurons is compared."""
_COARSEST = 5  # nodes


@dataclass(frozen=True)
class Convergence:
    """Error against gradient evaluations, for each rule of integration.

    curves : rule -> (evaluations, errors), each (points,). An error is the L1 distance of the
        scores to the reference's, relative to the L1 norm of these.
    refused : rule -> why the network has no such curve, a sentence.
    estimate : (evaluations, errors) that the adaptive quadrature itself gave at the same nodes.
    reference : nodes of the finest adaptive path, which stands in for the exact integral.
    reference_error : its own estimated error; errors near it or below it mean little.
    neurons : how many of the layer's neurons were compared.
    notes : what a reader must know, such as inputs that are held at x along the path.
    """

    curves: Mapping[str, tuple[Array, Array]]
    refused: Mapping[str, str]
    estimate: tuple[Array, Array]
    reference: int
    reference_error: float
    neurons: int
    notes: tuple[str, ...] = ()


def convergence(
    net: Network,
    x: Input,
    layer: str,
    *,
    target: Target = None,
    baseline: Baseline = None,
    finest: int = 513,
    output: Output = "logit",
    progress: Progress | None = None,
) -> Convergence:
    """Compare rules on the very input: right, trapezoid and secant, at uniform and adaptive nodes.

    Parameters
    ----------
    finest : nodes of the reference, a power of two and one; the rules are compared up to half of
        its intervals, the secant, whose steps are other ones at each number of nodes, up to an
        eighth. The work is 2.5 times as many evaluations.
    Others as in `neuron_integrated_gradients`; x holds one example, and there is one baseline.

    Raises
    ------
    UnknownLayer, InvalidRequest : a request that does not fit the network, or several paths.
    """
    if finest < 33 or (finest - 1) & (finest - 2):
        raise InvalidRequest(
            f"finest is {finest}; a power of two and one, from 33, is expected, such as 513."
        )
    integrand = one_path(net, x, layer, target=target, baseline=baseline, output=output)
    half = (finest + 1) // 2
    width = integrand.width(layer)
    stride = integrand.stride(layer, width, max(1, STORE_BYTES // (8 * (finest + half))))
    longest = half // 4  # steps of the secant
    stage = _Stages(progress, finest + half + 8 * longest - 16)
    values, estimates, grids = _adaptive(net, integrand, finest, stride, stage)
    uniform = _uniform(net, integrand, half, stride, stage)
    truth = values.pop(finest)
    norm = float(np.abs(truth).sum(dtype=float)) or 1.0

    def curve(found: Mapping[int, Array]) -> tuple[Array, Array]:
        errors = [np.abs(v - truth).sum(dtype=float) / norm for v in found.values()]
        return np.array(list(found)), np.array(errors)

    curves = {rule: curve(found) for rule, found in uniform.items()}
    curves["trapezoid, adaptive"] = curve(values)
    refused = {}
    asked = {"target": target, "baseline": baseline, "output": output, "stride": stride}
    for name, nodes in {"uniform": _grids(longest), "adaptive": grids}.items():
        short = {count: places for count, places in nodes.items() if count <= longest + 1}
        try:
            curves[f"secant, {name}"] = curve(_secant(net, x, layer, short, asked, stage))
        except AttributionError as error:
            refused[f"secant, {name}"] = str(error)
    stage.end()
    reference_error = estimates.pop(finest) / norm
    return Convergence(
        curves=curves,
        refused=refused,
        estimate=(np.array(list(estimates)), np.array(list(estimates.values())) / norm),
        reference=finest,
        reference_error=reference_error,
        neurons=-(-width // stride),
        notes=tuple(request_notes(integrand.question)),
    )


class _Stages:
    """Progress of the whole, in evaluations, from that of its parts."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self.progress, self.total, self.before = progress, total, 0

    def part(self, evaluations: int) -> Progress:
        """The progress of a part that takes so many evaluations."""
        before = self.before
        self.before += evaluations

        def progress(done: int, total: int) -> None:
            if self.progress:
                self.progress(before + evaluations * done // total, self.total)

        return progress

    def end(self) -> None:
        """Also where a part was refused."""
        if self.progress:
            self.progress(self.total, self.total)


def _grids(intervals: int) -> dict[int, list[float]]:
    """Uniform nodes, by their number: 5, 9, 17, ... up to those of so many intervals."""
    counts = [n for n in (2**k for k in range(2, 32)) if n <= intervals]
    return {n + 1: np.linspace(0, 1, n + 1).tolist() for n in counts}


def _adaptive(
    net: Network, integrand: Integrand, finest: int, stride: int, stage: _Stages
) -> tuple[dict[int, Array], dict[int, float], dict[int, list[float]]]:
    """Scores, their estimated error (absolute) and the nodes, at 5, 9, 17, ... adaptive nodes."""
    path, count = Path(), _COARSEST
    values: dict[int, Array] = {}
    estimates: dict[int, float] = {}
    grids: dict[int, list[float]] = {}
    progress = stage.part(finest)
    while count <= finest:
        done = len(path.nodes)
        places = path.propose(count - done)
        for a, _, h, g in rows(
            net, integrand, places, stride=stride, progress=progress, first=done, total=finest
        ):
            path.add(a, h, g)
        values[count], estimates[count] = path.integrate()
        grids[count] = list(path.nodes)
        count = 2 * count - 1
    return values, estimates, grids


def _uniform(
    net: Network, integrand: Integrand, count: int, stride: int, stage: _Stages
) -> dict[str, dict[int, Array]]:
    """Scores of two rules on grids of 5, 9, 17, ..., `count` nodes, each within the next."""
    places = np.linspace(0, 1, count).tolist()
    found = rows(net, integrand, places, stride=stride, progress=stage.part(count))
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


def _secant(
    net: Network,
    x: Input,
    layer: str,
    nodes: Mapping[int, Sequence[float]],
    asked: Mapping[str, Any],
    stage: _Stages,
) -> dict[int, Array]:
    """Scores by the secant rule at these nodes, by their number; a step takes two evaluations."""
    return {
        count: secants(net, x, layer, places, **asked, progress=stage.part(2 * (count - 1)))
        for count, places in nodes.items()
    }
