"""Cuts that vouch for the layers around them, where gradients may not be derivatives.

The scores of a layer that is not a cut sum to no known number. Where an operation ahead of it is
suspect, the nearest cut before it is integrated as well, and must sum to F(x) - F(baseline).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from attribution.integration.estimate import Refinement
from attribution.integration.integrand import Integrand
from attribution.questions.report import Place
from attribution.result import Attribution
from attribution.rules import completeness
from attribution.rules.completeness import Cut, doubted, parted

_MOST = 4.0
_MENDED = 0.7  # of a gap that is left with twice the nodes: it was one of the integration

Stream = Callable[
    [tuple[str, ...], Mapping[Place, Sequence[float]]],
    Iterator[tuple[Place, dict[str, Refinement]]],
]


class Vouchers:
    """The cuts that vouch for the layers of a request, and what was found for each.

    layers : the components of the integrand and those cuts, in the graph's order.
    most : how many times the estimated error a cut's gap may ask more nodes for: see `excess`.
    """

    def __init__(self, integrand: Integrand) -> None:
        self.question = question = integrand.question
        self._suspects = {} if integrand.caveat else question.graph.suspects
        guards = completeness.guards(question) if self._suspects else {}
        self._cuts = {n: cut for n, cut in guards.items() if n in self._suspects}
        wanted = {n for cut in self._cuts.values() for n in cut}
        asked = wanted | set(integrand.components)
        ordered = question.graph.gradients if wanted else integrand.components
        self.layers = tuple(n for n in ordered if n in asked)
        self.most = _MOST if self._cuts else np.inf
        self._found = {name: dict[Place, npt.NDArray[Any]]() for name in wanted}
        self._paths: dict[Place, tuple[tuple[float, float], Sequence[float]]] = {}

    def enter(
        self,
        place: Place,
        layer: str,
        value: npt.NDArray[Any],
        error: float,
        f: tuple[float, float],
        nodes: Sequence[float],
    ) -> None:
        """Note the scores of a layer on a path, if it is one of the cuts."""
        if layer in self._found and np.isfinite(error):
            self._found[layer][place] = _sums(value, error)
            self._paths[place] = f, nodes

    def doubt(self, results: dict[str, Attribution], stream: Stream) -> dict[str, Attribution]:
        """The results, doubted where the cut that vouches for them does not add up."""
        for cut in dict.fromkeys(self._cuts.values()):
            places = self._still(cut, self._apart(cut), stream)
            if places:
                note = self._where(cut, places[0], stream)
                for name in (n for n, guard in self._cuts.items() if guard == cut):
                    results[name] = doubted(results[name], [e for e, _ in places], note)
        return results

    def _apart(self, cut: Cut) -> dict[Place, float]:
        """The paths on which a cut misses F(x) - F(baseline) by more than its error: how much."""
        apart = {}
        for place, (f, _) in self._paths.items():
            sums = [self._found[n][place] for n in cut if place in self._found[n]]
            if len(sums) == len(cut) and parted(np.sum(sums, 0), f):
                apart[place] = abs(np.sum(sums, 0)[0] - (f[0] - f[1]))
        return apart

    def _still(self, cut: Cut, apart: Mapping[Place, float], stream: Stream) -> list[Place]:
        """Those of these paths on which twice the nodes do not mend it: estimates may be wrong."""
        paths = {place: _twice(self._paths[place][1]) for place in apart}
        still = []
        for place, found in stream(cut, paths) if paths else ():
            f, _ = self._paths[place]
            sums = np.sum([_sums(found[n].value, found[n].error) for n in cut], 0)
            if parted(sums, f) and not abs(sums[0] - (f[0] - f[1])) < _MENDED * apart[place]:
                still.append(place)
        return still

    def _where(self, cut: Cut, place: Place, stream: Stream) -> str:
        """The first cut, from the output, at which the sums part; as a sentence."""
        graph = self.question.graph
        f, nodes = self._paths[place]
        cuts = tuple(n for n in graph.gradients if n in graph.cuts and n in self._suspects)
        first = cut[0]
        for _, sums in stream(cuts, {place: _twice(nodes)}) if cuts else ():
            found = [n for n in cuts if parted(_sums(sums[n].value, sums[n].error), f)]
            first = found[-1] if found else first
        op = self._suspects[first]
        return (
            f"The scores of {' and '.join(cut)} do not sum to F(x) - F(baseline) for example "
            f"{place[0]}: from the output, the sums part at layer {first}, and the gradient of "
            f"{op.type} in {graph.caller(op)} after it need not be its derivative. Do not rely on "
            "these scores."
        )


def _twice(nodes: Sequence[float]) -> list[float]:
    """The nodes, and one between each and the next."""
    between = [(a + b) / 2 for a, b in pairwise(nodes)]
    return sorted([*nodes, *between])


def _sums(value: npt.NDArray[Any], error: float) -> npt.NDArray[Any]:
    """Sum of the scores, sum of their absolute values, estimated error."""
    return np.array([value.sum(dtype=float), np.abs(value).sum(dtype=float), error])
