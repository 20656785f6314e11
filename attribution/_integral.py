"""Integrals along the path from the reference to the input, refined to a tolerance.

One request under way: where the nodes go is chosen by `quadrature`; here they are evaluated, for
all examples, references and layers, in chunks whose memory does not grow with their number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from attribution import _guide, _stream
from attribution._guide import STORE_BYTES, Guide
from attribution._question import Question
from attribution._report import Place, Tally, report
from attribution.errors import InvalidRequest
from attribution.network import Network
from attribution.quadrature import FIRST_NODES, Path, Refinement, contractions
from attribution.result import Attribution

DEFAULT_STEPS = 1025
"""The cap on the nodes of one path where `steps` is not given."""
_STRICTER = 0.45  # tolerance of the layers that choose the nodes for all, some of which need more
_ALONE = 2  # times the tolerated error with the nodes for all: the layer gets nodes of its own
_MARGIN = 1.3  # by which the error is taken for larger than it is, when a stream is run again
_PASSES = 3  # streams of the layers that need more nodes, before errors are left as they are
_EXPECTED = 65  # nodes of a typical path at the default tolerance

Progress = Callable[[int, int], None]


def integrate(
    net: Network,
    question: Question,
    *,
    method: str,
    tolerance: float,
    steps: int | None,
    progress: Progress | None,
) -> dict[str, Attribution]:
    """The integral of every layer of a question (conductance, influence, ...) to a tolerance."""
    tally = _Work(net, question, *_limits(tolerance, steps), progress).run()
    return report(question, tally, method=method, tolerance=tolerance)


def path_nodes(
    net: Network,
    question: Question,
    *,
    tolerance: float,
    steps: int | None,
    progress: Progress | None,
) -> list[float]:
    """The nodes that `integrate` would choose for one layer, on the path of the first example."""
    work = _Work(net, question, *_limits(tolerance, steps), progress)
    (chosen,) = work.choose([(0, 0)], work.guide, work.tolerance)
    return chosen.path.nodes


def _limits(tolerance: float, steps: int | None) -> tuple[float, int]:
    if not 0 <= tolerance < np.inf:
        raise InvalidRequest(f"tolerance is {tolerance}; a number of 0 or more is expected.")
    if steps is not None and (int(steps) != steps or steps < 3):
        raise InvalidRequest(f"steps is {steps}; a whole number of 3 or more is expected.")
    return tolerance, int(steps or DEFAULT_STEPS)


class _Chosen(NamedTuple):
    """The path of one example and reference with the nodes that a guide has chosen.

    f : F at x and at the reference. settled : whether the guide needs no more nodes.
    """

    place: Place
    path: Path
    f: tuple[float, float]
    settled: bool


class _Work:
    """One request under way: paths in groups, nodes in rounds, rows in chunks.

    The nodes of a path are chosen on a guide: the layer asked for; of several layers, all where
    they are small together, else one of them. Where that layer is all that is asked for, and all
    of it is held, the sum over the nodes is the answer. Otherwise the chosen nodes are run once
    more, streaming, for all neurons of all layers; those that need a few more nodes once again with
    these; and a layer that needs many more, for kinks of its own, as if it were asked for alone.
    """

    def __init__(
        self,
        net: Network,
        question: Question,
        tolerance: float,
        steps: int,
        progress: Progress | None,
    ) -> None:
        self.net = net
        self.question = question
        self.tolerance = tolerance
        self.steps = steps - (steps + 1) % 2  # an odd number of nodes pairs all intervals
        self.progress = progress
        self.done = self.total = 0
        self.twins = _stream.twins(question)
        self.layers = tuple(self.twins)
        self.guide = self._guide(_guide.names(question, self.layers))

    def run(self) -> Tally:
        question, guide = self.question, self.guide
        paths = [(e, r) for e in range(question.batch) for r in range(len(question.references))]
        passes = 1 if len(self.layers) == 1 and not guide.sampled else 2
        self.total = passes * len(paths) * min(_EXPECTED, self.steps)
        tally = Tally(question)
        group = max(1, STORE_BYTES // (8 * guide.width * min(_EXPECTED, guide.room)))
        strict = self.tolerance * (1.0 if len(self.layers) == 1 else _STRICTER)
        for first in range(0, len(paths), group):
            for chosen in self.choose(paths[first : first + group], guide, strict):
                self._finish(tally, chosen, guide, self.layers)
        if self.progress:
            self.progress(self.done, self.done)
        return tally

    def choose(self, places: list[Place], guide: Guide, tolerance: float) -> list[_Chosen]:
        """Refine the paths of a group, together, until each is settled or the room is full."""
        paths = {place: Path() for place in places}
        scores: dict[Place, dict[float, float]] = {place: {} for place in places}
        wanted = dict.fromkeys(places, min(FIRST_NODES, guide.room))
        spare = STORE_BYTES // (8 * guide.width) - sum(wanted.values())  # nodes of all together
        settled = {}
        while wanted:
            rows = [(p, a) for p, count in wanted.items() for a in paths[p].propose(count)]
            self.total = max(self.total, self.done + len(rows))
            for first in range(0, len(rows), guide.chunk):
                part = rows[first : first + guide.chunk]
                f, h, g = self._call(guide.read, [p for p, _ in part], [a for _, a in part])
                for i, (place, a) in enumerate(part):
                    scores[place][a] = float(f[i])
                    paths[place].add(a, h[i], g[i])
            for place in list(wanted):
                path = paths[place]
                f_ends = (scores[place][1.0], scores[place][0.0])
                owed = None if guide.sampled else self.question.owed(guide.names, f_ends)
                ratio = _excess(*path.integrate(), owed, tolerance)
                settled[place] = ratio <= 1
                room = min(guide.room - len(path.nodes), spare)
                more = min(_growth(len(path.nodes), ratio, 2), room)
                if settled[place] or more < 2:
                    del wanted[place]
                else:
                    wanted[place] = more - more % 2
                    spare -= wanted[place]
        ends = {place: (found[1.0], found[0.0]) for place, found in scores.items()}
        return [_Chosen(p, paths[p], ends[p], settled[p]) for p in places]

    def _finish(
        self,
        tally: Tally,
        chosen: _Chosen,
        guide: Guide,
        layers: tuple[str, ...],
        spent: int = 0,
    ) -> None:
        """The scores of these layers with the nodes that their guide has chosen.

        spent : evaluations for these layers before the guide's.
        """
        place, path, f, settled = chosen
        nodes = path.nodes
        spent += len(nodes)
        held = layers == guide.names and len(layers) == 1 and not guide.sampled
        if held and (settled or len(nodes) >= self.steps - 1):
            self._tell(tally, place, layers[0], *path.integrate(), f, spent)
            return
        for passes in range(1, _PASSES + 1):
            last = passes == _PASSES or len(nodes) >= self.steps - 1
            spent += len(nodes)
            excess = {}
            for name, found in self._sums(layers, place, nodes):
                value, error = found.value, found.error
                ratio = _excess(value, error, self.question.owed((name,), f), self.tolerance)
                if ratio <= 1 or last:
                    self._tell(tally, place, name, value, error, f, spent)
                else:
                    excess[name] = ratio
            layers = tuple(n for n, r in excess.items() if r <= _ALONE or guide.names == (n,))
            for name in (n for n in excess if n not in layers):
                alone = self._guide((name,))
                self.total = max(self.total, self.done + 2 * len(nodes))
                (own,) = self.choose([place], alone, self.tolerance)
                self._finish(tally, own, alone, (name,), spent)
            if not layers:
                break
            worst = max(excess[name] for name in layers)
            more = min(_growth(len(nodes), _MARGIN * worst, 4), self.steps - len(nodes))
            nodes = sorted([*path.nodes, *path.propose(len(nodes) + more - len(path.nodes))])

    def _tell(
        self,
        tally: Tally,
        place: Place,
        layer: str,
        value: Any,
        error: float,
        f: tuple[float, float],
        spent: int,
    ) -> None:
        """Note what was found for a layer, and for those that score the same."""
        for name in self.twins[layer]:
            tally.add(place, name, value, error, f, spent)

    def _sums(
        self, layers: tuple[str, ...], place: Place, nodes: list[float]
    ) -> Iterator[tuple[str, Refinement]]:
        """The trapezoid sums of these layers over the nodes, a stretch of them at a time.

        Those of all layers of a large network are hundreds of megabytes, handed over one by one.
        """
        graph = self.question.graph
        run = graph.function(
            ("sums", self.question.kind, layers),
            [*self.question.feeds(), *graph.matrices()],
            lambda: [
                graph.once(("sums", self.question.kind, n), partial(_stream.sums, self.question, n))
                for n in layers
            ],
        )
        sums = {name: Refinement() for name in layers}
        chunk = self.net.chunk(layers, graph, self.question.fed())
        step = max(2, chunk - chunk % 2)
        for first in range(0, len(nodes) - 1, step):
            part = nodes[first : first + step + 1]
            found = self._call(run, [place] * len(part), part, *contractions(len(part)))
            for name, sums_of_part in zip(layers, found, strict=True):
                sums[name].add(*sums_of_part)
        for name in layers:
            yield name, sums.pop(name)

    def _guide(self, names: tuple[str, ...]) -> Guide:
        return _guide.guide(self.net, self.question, names, self.steps)

    def _call(self, run: Any, places: list[Place], a: list[float], *more: Any) -> Any:
        """Run rows of a graph function; count them and report."""
        examples, references = zip(*places, strict=True)
        found = run(*self.question.points(examples, references, np.array(a)), *more)
        self.done += len(a)
        self.total = max(self.total, self.done)
        if self.progress:
            self.progress(self.done, self.total)
        return tf.nest.map_structure(np.asarray, found)


def _excess(value: Any, error: float, owed: float | None, tolerance: float) -> float:
    """Estimated error over tolerated error; a sum that is known bounds it from below."""
    if owed is not None:
        error = max(error, abs(value.sum(dtype=float) - owed))
    allowed = tolerance * float(np.abs(value).sum(dtype=float))
    return error / allowed if allowed else (np.inf if error else 0.0)


def _growth(nodes: int, excess: float, most: float) -> int:
    """How many nodes to add: the error falls about as nodes ** -1.3; at most `most` times."""
    return 2 * int(np.ceil(nodes * min(max(excess**0.8 - 1, 0.05), most - 1) / 2))
