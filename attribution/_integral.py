"""Integrals along the path from the reference to the input, refined to a tolerance.

One request under way: where the nodes go is chosen by `quadrature`; here they are evaluated, for
all examples, references and layers, in chunks whose memory does not grow with their number.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from attribution._question import Question
from attribution._report import Tally, report
from attribution.errors import InvalidRequest
from attribution.network import Network
from attribution.quadrature import FIRST_NODES, Path, Refinement, contractions
from attribution.result import Attribution

DEFAULT_STEPS = 1025
"""The cap on the nodes of one path where `steps` is not given."""
DEFAULT_STEPS_MANY = 257
"""The same for several layers at once: the nodes of one cannot suit the kinks of all."""
STORE_BYTES = 384 * 2**20
"""Memory for the activations and gradients that wait for the choice of further nodes."""
_FEWEST = 97  # nodes that must fit in the store, else a sample of the neurons chooses them
_NARROW = 100_000  # neurons of several layers that may choose the nodes together
_STRICTER = 0.6  # tolerance of the layers that choose the nodes for all, some of which need more
_PASSES = 3  # streams of all layers before the error is reported as it is
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
    default = DEFAULT_STEPS if len(question.layers) == 1 else DEFAULT_STEPS_MANY
    tally = _Work(net, question, *_limits(tolerance, steps, default), progress).run()
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
    work = _Work(net, question, *_limits(tolerance, steps, DEFAULT_STEPS), progress)
    ((_, path, _, _),) = work.choose([(0, 0)])
    return path.nodes


def _limits(tolerance: float, steps: int | None, default: int) -> tuple[float, int]:
    if not 0 <= tolerance < np.inf:
        raise InvalidRequest(f"tolerance is {tolerance}; a number of 0 or more is expected.")
    if steps is not None and (int(steps) != steps or steps < 3):
        raise InvalidRequest(f"steps is {steps}; a whole number of 3 or more is expected.")
    return tolerance, int(steps or default)


class _Work:
    """One request under way: paths in groups, nodes in rounds, rows in chunks.

    The nodes of a path are chosen on its guides: the layer asked for; of several layers, all where
    they are small together, else one of them. Where the guide is the only layer, and all of it is
    held, the sum over the nodes is the answer. Otherwise the chosen nodes are run once more,
    streaming, for all neurons of all layers.
    """

    def __init__(
        self,
        net: Network,
        question: Question,
        tolerance: float,
        steps: int,
        progress: Progress | None,
    ) -> None:
        self.question = question
        self.tolerance = tolerance
        self.steps = steps - (steps + 1) % 2  # an odd number of nodes pairs all intervals
        self.progress = progress
        self.done = self.total = 0
        graph, layers = question.graph, question.layers
        self.guides = _guides(question)
        self.read, self.width, self.sampled = self._reader()
        self.streams = self.sampled or len(layers) > 1
        self.chunk = net.chunk(self.guides, graph)
        self.stream_chunk = net.chunk(layers, graph)
        self.room = min(self.steps, max(FIRST_NODES, STORE_BYTES // (8 * self.width)))

    def run(self) -> Tally:
        question = self.question
        paths = [(e, r) for e in range(question.batch) for r in range(len(question.references))]
        self.total = len(paths) * min(_EXPECTED, self.steps)
        tally = Tally(question)
        group = max(1, STORE_BYTES // (8 * self.width * min(_EXPECTED, self.room)))
        for first in range(0, len(paths), group):
            for place, path, f, settled in self.choose(paths[first : first + group]):
                if self.streams or (not settled and len(path.nodes) < self.steps):
                    self._stream(place, path, f, tally)
                else:
                    value, error = path.integrate()
                    tally.add(place, question.layers[0], value, error, f, len(path.nodes))
        if self.progress:
            self.progress(self.done, self.done)
        return tally

    def choose(self, places: list[tuple[int, int]]) -> list[tuple[Any, Path, Any, bool]]:
        """Refine the paths of a group, together, until each is settled or the room is full."""
        paths = {place: Path() for place in places}
        scores: dict[tuple[int, int], dict[float, float]] = {place: {} for place in places}
        wanted = dict.fromkeys(places, min(FIRST_NODES, self.room))
        settled = {}
        while wanted:
            rows = [(p, a) for p, count in wanted.items() for a in paths[p].propose(count)]
            self.total = max(self.total, self.done + len(rows))
            for first in range(0, len(rows), self.chunk):
                part = rows[first : first + self.chunk]
                f, h, g = self._call(self.read, [p for p, _ in part], [a for _, a in part])
                for i, (place, a) in enumerate(part):
                    scores[place][a] = float(f[i])
                    paths[place].add(a, h[i], g[i])
            for place in list(wanted):
                path = paths[place]
                f_ends = (scores[place][1.0], scores[place][0.0])
                ratio = self._excess(self.guides, *path.integrate(), f_ends)
                if len(self.question.layers) > 1:
                    ratio /= _STRICTER
                settled[place] = ratio <= 1
                more = min(_growth(len(path.nodes), ratio, 2), self.room - len(path.nodes))
                if settled[place] or more < 2:
                    del wanted[place]
                else:
                    wanted[place] = more - more % 2
        return [(p, paths[p], (scores[p][1.0], scores[p][0.0]), settled[p]) for p in places]

    def _excess(
        self, layers: tuple[str, ...], value: Any, error: float, f: tuple[float, float]
    ) -> float:
        """Estimated error over tolerated error; a sum that is known bounds it from below."""
        owed = self.question.owed(layers, f)
        if owed is not None and not self.sampled:
            error = max(error, abs(value.sum(dtype=float) - owed))
        allowed = self.tolerance * float(np.abs(value).sum(dtype=float))
        return error / allowed if allowed else (np.inf if error else 0.0)

    def _stream(self, place: Any, path: Path, f: tuple[float, float], tally: Tally) -> None:
        """Run the chosen nodes for every layer; a few times more of them while one needs it."""
        spent = len(path.nodes)
        nodes = list(path.nodes)
        for passes in range(1, _PASSES + 1):
            sums = self._sums(place, nodes)
            spent += len(nodes)
            excess = max(self._excess((n,), s.value, s.error, f) for n, s in sums.items())
            more = min(_growth(len(nodes), excess, 4), self.steps - len(nodes))
            if passes == _PASSES or excess <= 1 or more < 2:
                break
            sums.clear()  # before the next, not after
            nodes = sorted([*path.nodes, *path.propose(len(nodes) + more - len(path.nodes))])
        for name in self.question.layers:
            found = sums.pop(name)  # all layers of a large network are hundreds of megabytes
            tally.add(place, name, found.value, found.error, f, spent)

    def _sums(self, place: Any, nodes: list[float]) -> dict[str, Refinement]:
        """The trapezoid sums of every layer over the nodes, a stretch of them at a time."""
        graph, layers = self.question.graph, self.question.layers
        matrices = graph.matrices()
        run = graph.function(
            ("sums", self.question.kind, layers),
            [*self.question.feeds(), *matrices],
            lambda: _sums(self.question),
        )
        sums = {name: Refinement() for name in layers}
        step = max(2, self.stream_chunk - self.stream_chunk % 2)
        for first in range(0, len(nodes) - 1, step):
            part = nodes[first : first + step + 1]
            found = self._call(run, [place] * len(part), part, *contractions(len(part)))
            for name, (value, difference) in zip(layers, found, strict=True):
                sums[name].add(value, difference, np.abs(difference).sum(keepdims=True))
        return sums

    def _call(self, run: Any, places: list[tuple[int, int]], a: list[float], *more: Any) -> Any:
        """Run rows of a graph function; count them and report."""
        examples, references = zip(*places, strict=True)
        found = run(*self.question.points(examples, references, np.array(a)), *more)
        self.done += len(a)
        self.total = max(self.total, self.done)
        if self.progress:
            self.progress(self.done, self.total)
        return tf.nest.map_structure(np.asarray, found)

    def _reader(self) -> tuple[Any, int, bool]:
        """The function from rows to score, activations and gradients of the guides, flat.

        Also the neurons it reads of a row, and whether these are a sample of the guides' neurons.
        """
        question, graph, names = self.question, self.question.graph, self.guides
        width = sum(_width(graph.tensors[n], question) for n in names)
        stride = -(-width // (STORE_BYTES // (8 * _FEWEST)))

        def fetch() -> list[tf.Tensor]:
            dtypes = {question.slope(n).dtype for n in names}
            dtype = tf.float64 if tf.float64 in dtypes else tf.float32
            flat = [
                tf.concat([tf.cast(_flat(of(n)), dtype) for n in names], 1)[:, ::stride]
                for of in (question.curve, question.slope)
            ]
            return [graph.score, *flat]

        read = graph.function(("read", question.kind, names, stride), question.feeds(), fetch)
        return read, -(-width // stride), stride > 1


def _growth(nodes: int, excess: float, most: float) -> int:
    """How many nodes to add: the error falls about as nodes ** -1.3; at most `most` times."""
    return 2 * int(np.ceil(nodes * min(max(excess**0.8 - 1, 0.05), most - 1) / 2))


def _guides(question: Question) -> tuple[str, ...]:
    """The layers that choose the nodes: all, or of wide ones a narrow cut halfway up the network.

    That one sees the kinks of everything above it, which the layers below it share, and is cheap.
    """
    widths = {n: _width(question.graph.tensors[n], question) for n in question.layers}
    if len(widths) == 1 or sum(widths.values()) <= _NARROW:
        return question.layers
    cuts = [n for n in widths if n in question.graph.cuts] or list(widths)
    return (min(cuts[len(cuts) // 2 : 3 * len(cuts) // 4 + 1], key=lambda n: widths[n]),)


def _flat(tensor: tf.Tensor) -> tf.Tensor:
    return tf.reshape(tensor, [tf.shape(tensor)[0], -1])


def _width(tensor: tf.Tensor, question: Question) -> int:
    """Neurons of one row; an unknown length is taken as the longest axis that is fed."""
    longest = max((n for end in question.ends for n in end.shape[1:]), default=1)
    return int(np.prod([longest if n is None else n for n in tensor.shape[1:]], dtype=np.int64))


def _sums(question: Question) -> list[list[tf.Tensor]]:
    """For each layer the trapezoid sum over the rows, and what it differs from the coarse one."""
    found = []
    for name in question.layers:
        h, g = _flat(question.curve(name)), _flat(question.slope(name))
        moved = h - h[:1]  # only differences matter: a constant neuron scores exactly 0
        found.append(
            [
                tf.reduce_sum(moved * tf.matmul(tf.cast(m, g.dtype), g), 0)
                for m in question.graph.matrices()
            ]
        )
    return found
