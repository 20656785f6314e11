"""Integrals along the path from the reference to the input, refined to a tolerance.

One request under way: where the nodes go is chosen by `quadrature`; here they are evaluated, for
all examples, references and layers, in chunks whose memory does not grow with their number.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from attribution.arguments import Progress
from attribution.integration import guide as _guide
from attribution.integration.estimate import Refinement
from attribution.integration.guide import STORE_BYTES, Guide
from attribution.integration.integrand import Integrand
from attribution.integration.quadrature import resolution
from attribution.integration.search import Limits, Search, checked, choose, excess, growth
from attribution.integration.stream import separate, stream, twins
from attribution.integration.vouch import Vouchers
from attribution.network import Network
from attribution.questions.report import Place, Tally, report
from attribution.result import Attribution

_STRICTER = 0.45  # tolerance of a layer that chooses the nodes for others, some of which need more
_ALONE = 2  # times the tolerated error with the nodes for all: the layer gets nodes of its own
_MARGIN = 1.3  # by which the error is taken for larger than it is, when a stream is run again
_PASSES = 3  # streams of the layers that need more nodes, before errors are left as they are
_EXPECTED = 65  # nodes of a typical path at the default tolerance

Layers = tuple[str, ...]


def integrate(
    net: Network,
    integrand: Integrand,
    tolerance: float,
    steps: int | None,
    progress: Progress | None,
) -> dict[str, Attribution]:
    """The integral of every component (conductance, influence, ...) to a tolerance."""
    work = _Work(net, integrand, *checked(tolerance, steps), progress)
    results = report(work.run(), tolerance=tolerance, steps=steps)
    return work.vouchers.doubt(results, work.stream)


def doubts(net: Network, integrand: Integrand, tolerance: float, steps: int | None) -> str:
    """Why the scores of a layer are not to be relied on: a gradient after it that is not the
    derivative; "" where the sums hold, and at once where no operation is suspect.
    """
    work = _Work(net, integrand, *checked(tolerance, steps), None)
    if np.isinf(work.vouchers.most):
        return ""
    before = report(work.run(), tolerance=tolerance, steps=steps)
    after = work.vouchers.doubt(dict(before), work.stream)
    return next((after[n].notes[-1] for n in after if after[n] is not before[n]), "")


def path_nodes(
    net: Network,
    integrand: Integrand,
    tolerance: float,
    steps: int | None,
    progress: Progress | None,
) -> list[float]:
    """The nodes that `integrate` would choose for one layer, on the path of the first example."""
    work = _Work(net, integrand, *checked(tolerance, steps), progress)
    guide = _guide.guide(net, integrand, integrand.components, work.steps)
    (chosen,) = work.choose([(0, 0)], guide, work.tolerance)
    return chosen.path.nodes


@dataclass
class _Open:
    """A path whose chosen nodes are run once more, streaming, for the layers that still wait."""

    search: Search
    nodes: list[float]
    layers: Layers
    spent: int


@dataclass(eq=False)
class _Work:
    """One request under way: paths in groups, nodes in rounds, rows in chunks.

    The nodes of a path are chosen on a guide: the layer asked for; of several layers, all where
    they are small together, else one of them. Where the guide is all that is asked for, and all of
    it is held, the sum over the nodes is the answer. Otherwise the chosen nodes are run once more,
    streaming, for all neurons of all layers; those that need a few more nodes once again with
    these; and a layer that needs many more, for kinks of its own, as if it were asked for alone.
    """

    net: Network
    integrand: Integrand
    tolerance: float
    steps: int
    progress: Progress | None

    def __post_init__(self) -> None:
        self.widest = resolution(self.tolerance)
        self.steps -= (self.steps + 1) % 2  # an odd number of nodes pairs all intervals
        self.done = self.total = 0
        self.vouchers = Vouchers(self.integrand)
        self.twins = twins(self.integrand, self.vouchers.layers)
        self.layers: Layers = tuple(self.twins)
        self.tally = Tally(self.integrand.question, self.integrand.measure)

    def run(self) -> Tally:
        question = self.integrand.question
        guide = self._guide(self.layers)
        paths = [(e, r) for e in range(question.batch) for r in range(len(question.references))]
        passes = 1 if guide.holds(self.layers) else 2
        self.total = passes * len(paths) * min(_EXPECTED, self.steps)
        group = max(1, STORE_BYTES // (8 * guide.width * min(_EXPECTED, guide.room)))
        for first in range(0, len(paths), group):
            self._explain(dict.fromkeys(paths[first : first + group], 0), self.layers)
        if self.progress:
            self.progress(self.done, self.done)
        return self.tally

    def choose(self, places: Sequence[Place], guide: Guide, tolerance: float) -> list[Search]:
        """The nodes of these paths, as the guide has them."""
        limits = Limits(tolerance, self.widest, self.vouchers.most)
        return choose(self.integrand, places, guide, limits, self._call)

    def stream(self, layers: Layers, paths: Mapping[Place, Sequence[float]]) -> Any:
        """The sums of these layers over the nodes of each path: (place, {layer: sums})."""
        chunk = self.integrand.chunk(self.net, layers)
        return stream(self.integrand, layers, paths, chunk, self._call)

    def _explain(self, spent: Mapping[Place, int], layers: Layers) -> None:
        """Choose nodes for these layers on these paths, and find their scores.

        spent : for each path, the evaluations for these layers before.
        """
        guide = self._guide(layers)
        tolerance = self.tolerance * (1.0 if guide.names == layers else _STRICTER)
        searches = self.choose(list(spent), guide, tolerance)
        cost = {s.place: spent[s.place] + len(s.path.nodes) for s in searches}
        rest: dict[Layers, dict[Place, int]] = defaultdict(dict)
        for search in (s for s in searches if not s.sound):
            pairs = zip(guide.names, search.broken, strict=True)
            broken = {n for n, b in pairs if b} if search.finite else set(layers)
            for name in broken:
                self._tell_broken(search, name, cost[search.place])
            left = tuple(n for n in layers if n not in broken)
            if left:
                rest[left][search.place] = cost[search.place]
        for left, places in self._finish([s for s in searches if s.sound], guide, layers, cost):
            rest[left] |= places
        for left, places in rest.items():
            self._explain(places, left)

    def _finish(
        self,
        searches: Sequence[Search],
        guide: Guide,
        layers: Layers,
        spent: Mapping[Place, int],
    ) -> list[tuple[Layers, dict[Place, int]]]:
        """The scores of these layers with the nodes that their guide has chosen.

        Returns the layers that need nodes of their own, for each with the paths and what was spent.
        """
        rest: dict[Layers, dict[Place, int]] = defaultdict(dict)
        waiting = []
        for search in searches:
            left, nodes = layers, search.path.nodes
            if guide.holds(layers):
                told = search.settled | (len(nodes) >= self.steps - 1)
                for name, ready, found, settled in zip(
                    layers, told, search.found, search.settled, strict=True
                ):
                    if ready:
                        self._tell(search, name, *found, nodes, spent[search.place], bool(settled))
                left = tuple(n for n, ready in zip(layers, told, strict=True) if not ready)
            if left and left != layers and search.done:
                rest[left][search.place] = spent[search.place]
            elif left:
                waiting.append(_Open(search, nodes, left, spent[search.place]))
        for last in range(1 - _PASSES, 1):
            for name, path in self._pass(waiting, guide, last == 0):
                rest[name,][path.search.place] = path.spent
            waiting = [path for path in waiting if path.layers]
        return list(rest.items())

    def _pass(self, waiting: Sequence[_Open], guide: Guide, last: bool) -> list[tuple[str, _Open]]:
        """Stream the layers that wait; those that need nodes of their own are returned.

        Afterwards a path waits, with more nodes, for the layers that need a few more.
        """
        paths = {path.search.place: path for path in waiting}
        wanted = {name for path in waiting for name in path.layers}
        layers = tuple(n for n in self.layers if n in wanted)
        alone = []
        nodes = {place: path.nodes for place, path in paths.items()}
        for place, sums in self.stream(layers, nodes) if nodes else ():
            path = paths[place]
            path.spent += len(path.nodes)
            full = len(path.nodes) >= self.steps - 1
            over = self._judge(path, sums, layers if full else guide.names if last else ())
            few = {
                n: r for n, r in over.items() if not last and (r <= _ALONE or guide.names == (n,))
            }
            alone += [(n, path) for n in over if n not in few]
            path.layers = tuple(few)
            if few:
                self._extend(path, max(few.values()))
        return alone

    def _judge(self, path: _Open, sums: dict[str, Refinement], anyway: Layers) -> dict[str, float]:
        """Tell of the layers whose sums are good enough, or told anyway; of others, the excess."""
        search = path.search
        wide = float(np.diff(path.nodes).max()) > self.widest
        over: dict[str, float] = {}
        for name in path.layers:
            found = sums.pop(name)
            value, error = found.value, found.error
            if not np.isfinite(error):
                self._tell_broken(search, name, path.spent)
                continue
            owed = self.integrand.owed(name, search.f)
            # Nothing came before that could agree with it: both estimates must be good enough.
            most = float(found.estimates.max())
            ratio = excess(value, most, owed, self.tolerance, self.vouchers.most)
            settled = ratio <= 1 and not wide
            if settled or name in anyway:
                self._tell(search, name, value, error, path.nodes, path.spent, settled)
            else:
                over[name] = max(ratio, 1.0)
        return over

    def _extend(self, path: _Open, ratio: float) -> None:
        """More nodes, where the guide's path would have them."""
        chosen, count = path.search.path, len(path.nodes)
        lacking = chosen.lacking(self.widest)
        more = max(growth(count, _MARGIN * ratio, 4), lacking + lacking % 2)
        count = min(count + more, self.steps) - len(chosen.nodes)
        added = chosen.propose(count, wide=min(lacking, count), widest=self.widest)
        path.nodes = sorted([*chosen.nodes, *added])

    def _tell(
        self,
        search: Search,
        layer: str,
        value: Any,
        error: float,
        nodes: Sequence[float],
        spent: int,
        settled: bool,
    ) -> None:
        """Note what was found for a layer, and for those that score the same."""
        place, f = search.place, search.f
        widest = float(np.diff(nodes).max())
        for name in self.twins[layer]:
            self.vouchers.enter(place, name, value, error, f, nodes)
            if name in self.tally.notes:
                self.tally.add(
                    place, name, value, error, f, spent, resolution=widest, settled=settled
                )

    def _tell_broken(self, search: Search, layer: str, spent: int) -> None:
        """Note that a layer, and those that score the same, have no scores on this path."""
        what = f"activations or gradients of {layer} are" if search.finite else "score F itself is"
        value = np.full(self.integrand.width(layer), np.nan, np.float32)
        self._tell(search, layer, value, np.nan, search.path.nodes, spent, settled=False)
        note = (
            f"The {what} not finite on the path of example {search.place[0]}: there are no "
            "scores for it."
        )
        for name in self.tally.notes.keys() & self.twins[layer]:
            self.tally.notes[name][note] = None

    def _guide(self, layers: Layers) -> Guide:
        names = layers if len(layers) == 1 else _guide.names(self.integrand, layers)
        return _guide.guide(self.net, self.integrand, names, self.steps)

    def _call(self, run: Any, places: Sequence[Place], a: Sequence[float], *more: Any) -> Any:
        """Run rows of a graph function; count them and report."""
        examples, references = zip(*places, strict=True)
        found = run(*self.integrand.points(examples, references, np.array(a)), *more)
        self.done += len(a)
        self.total = max(self.total, self.done)
        if self.progress:
            self.progress(self.done, self.total)
        return separate(found)
