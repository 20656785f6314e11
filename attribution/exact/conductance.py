"""Conductance of piecewise-linear networks, exact up to the rounding of float64.

Along a straight path such a network is affine between the places where one of its operations bends
(Sotoudeh & Thakur, NeurIPS 2019: exact line restriction). There g = dF/dh is constant, and the
integral of g . dh over a stretch is g(middle) * (h(right) - h(left)).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from attribution.arguments import Progress
from attribution.errors import AttributionError, InvalidRequest, UnsupportedOperation
from attribution.exact import bends, lines
from attribution.exact.bends import Bend
from attribution.network import Network
from attribution.questions.matrices import flat
from attribution.questions.question import Question
from attribution.questions.report import Measure, Place, Tally, report
from attribution.result import Attribution
from attribution.trace import chunks
from attribution.trace.double import Double, Twin

Array = npt.NDArray[Any]

MOST_STRETCHES = 2**16
"""Stretches of a path between bends, beyond which a network is not of modest size."""
MOST_BYTES = 2**36
"""Of the passes through the network at all of them: larger networks may bend less often."""
CERTIFIED = 1e-9
"""Relative distance, to the sum that is owed and of each stretch to a straight line, allowed."""
_APART = 2.0**-46
"""Of the path: bends that are closer are one. 64 roundings of a place on it."""
_FEWEST_ROWS = 2


def exact_conductance(
    net: Network, question: Question, progress: Progress | None
) -> dict[str, Attribution]:
    """The conductance of each layer of a question, scores in float64.

    Raises
    ------
    UnsupportedOperation : an operation on the way is not piecewise linear, or jumps.
    InvalidRequest : a path has more than MOST_STRETCHES stretches, or passes of MOST_BYTES.
    """
    measure = Measure.of(question, "neuron_integrated_gradients")
    tally = Tally(question, replace(measure, exact=True))
    work = _Paths(net, question, progress)
    for place in [(e, r) for e in range(question.batch) for r in range(len(question.references))]:
        nodes = work.nodes(place)
        values, f, error = work.sums(place, nodes)
        apart = np.abs(np.subtract(f, work.single(place))).max()
        for name, value in values.items():
            # Where nothing moves nothing is off.
            off = error if value.any() else 0.0
            tally.add(place, name, value, off, f, len(nodes) - 1, resolution=0.0)
            tally.notes[name][
                f"Exact, certified: the path of example {place[0]} has {len(nodes) - 1:,} "
                "stretches on which the network is affine, all summed in float64; F in float32, "
                f"as Keras computes it, differs by {apart:.1e} at most at its ends."
            ] = None
    return report(tally, tolerance=CERTIFIED)


class _Paths:
    """The float64 trace of a question, and what is read of it."""

    def __init__(self, net: Network, question: Question, progress: Progress | None) -> None:
        self._graph = graph = question.graph
        self._single = question
        self._question = replace(
            question,
            ends=tuple(_wide(end) for end in question.ends),
            references=tuple(tuple(_wide(v) for v in each) for each in question.references),
        )
        self._levels: dict[int, list[Bend]] = defaultdict(list)
        for bend in bends.find(graph):
            self._levels[bend.depth].append(bend)
        self._double = Double(graph, question.feeds(), self._fetches)
        chunk = net.chunk(question.layers, graph, question.fed()) // 2  # of twice the bytes
        self._chunk = max(chunk, _FEWEST_ROWS)
        row = chunks.row_bytes(graph, graph.starts, question.fed())
        self._most = min(max(MOST_BYTES // row, 1), MOST_STRETCHES)
        self._progress, self._done = progress, 0
        paths = question.batch * len(question.references)
        self._total = paths * (len(self._levels) + 1)  # parts of the work: levels, and the sums

    def nodes(self, place: Place) -> Array:
        """The ends of the path and all places between where the network bends, ascending."""
        nodes = np.array([0.0, 1.0])
        for depth, level in sorted(self._levels.items()):
            more = nodes
            for first in range(0, len(nodes) - 1, self._chunk - 1):
                part = nodes[first : first + self._chunk]
                found = self._run(f"level {depth}", place, part)
                for bend, tensors in zip(level, found, strict=True):
                    values = [t.numpy() for t in tensors]
                    for interval, t in _places(bend, values, len(part)):
                        new = part[interval] + t * (part[interval + 1] - part[interval])
                        more = _merged(more, new)
                        if len(more) > self._most + 1:
                            self._refuse_length(place, bend)
            nodes = more
            self._end_part()
        return nodes

    def sums(
        self, place: Place, nodes: Array
    ) -> tuple[dict[str, Array], tuple[float, float], float]:
        """The conductance of each layer, (neurons,); F at x and x'; by how much F is not straight.

        Raises UnsupportedOperation where a stretch turns out not to be straight: something jumps.
        """
        layers = self._question.layers
        total = dict[str, Array]()
        found = list[Array]()
        off = 0.0
        for first in range(0, len(nodes) - 1, self._chunk - 1):
            part = nodes[first : first + self._chunk]
            ends, curves = self._run("values", place, part)
            score, middles, slopes = self._run("slopes", place, (part[1:] + part[:-1]) / 2)
            straight = [*map(_off, [ends, *curves], [score, *middles])]
            found += [np.asarray(ends)]
            off += float(straight[0].sum())
            for name, h, g in zip(layers, curves, slopes, strict=True):
                sums = tf.reduce_sum(g * (h[1:] - h[:-1]), 0).numpy()
                total[name] = total.get(name, 0.0) + sums
            self._check(place, [ends, *curves], straight)
        self._end_part()
        return total, (float(found[-1][-1]), float(found[0][0])), off

    def single(self, place: Place) -> tuple[float, float]:
        """F at x and x' in the float32 of the model."""
        graph = self._graph
        run = graph.function("ends", self._single.feeds(), lambda: [graph.score])
        example, reference = place
        points = self._single.points([example] * 2, [reference] * 2, np.array([1.0, 0.0]))
        at_x, at_reference = np.asarray(run(*points)[0], float)
        return float(at_x), float(at_reference)

    def _run(self, name: str, place: Place, a: Array) -> Any:
        example, reference = place
        points = self._question.points([example] * len(a), [reference] * len(a), a)
        found = self._double.run(name, points)
        if self._progress:
            self._progress(self._done, self._total)
        return found

    def _end_part(self) -> None:
        self._done += 1
        if self._progress and self._done == self._total:
            self._progress(self._done, self._total)

    def _fetches(self, twin: Twin) -> dict[str, Any]:
        """What is read: what tells the bends of each level; F, layers and gradients."""
        count = tf.shape(twin(self._graph.weights))[0]
        found: dict[str, Any] = {
            f"level {depth}": [bend.fetched(twin, count) for bend in level]
            for depth, level in self._levels.items()
        }
        graph, layers = self._graph, self._question.layers
        score, tensors = twin(graph.score), [twin(graph.tensors[n]) for n in layers]
        starts = [twin(t) for t in graph.start_tensors()]
        slopes = tf.gradients(score, tensors, stop_gradients=starts, unconnected_gradients="zero")

        def folded(tensors: Sequence[tf.Tensor]) -> list[tf.Tensor]:
            layouts = [graph.layouts[n] for n in layers]
            return [flat(o.fold(t, count)) for o, t in zip(layouts, tensors, strict=True) if o]

        curves = folded(tensors)
        return found | {"values": [score, curves], "slopes": [score, curves, folded(slopes)]}

    def _refuse_length(self, place: Place, bend: Bend) -> None:
        raise InvalidRequest(
            f"The path of example {place[0]} bends more than {self._most:,} times up to layer "
            f"{self._graph.caller(bend.op)!r}, and exact=True takes no more of a network of this "
            "size: leave it out, and the integral has an estimated error."
        )

    def _check(self, place: Place, ends: Sequence[Any], straight: Sequence[Array]) -> None:
        """Refuse values, at the ends of stretches, that do not run straight between them."""
        for values, off in zip(ends, straight, strict=True):
            largest = float(np.abs(values).max())
            if not np.isfinite(largest):
                raise AttributionError(
                    f"The network is not finite on the path of example {place[0]}: there are no "
                    "scores for it."
                )
            if (off > CERTIFIED * largest).any():
                self._refuse_jump(place)

    def _refuse_jump(self, place: Place) -> None:
        steps = [b.op for level in self._levels.values() for b in level]
        op = next((o for o in steps if o.type in bends.COMPARISONS), steps[0] if steps else None)
        raise UnsupportedOperation(
            self._graph.caller(op or self._graph.score.op),
            (op or self._graph.score.op).type,
            f"The network is not continuous on the path of example {place[0]}, where this changes, "
            "so that no integral holds all of F(x) - F(baseline): leave out exact=True.",
        )


def _places(bend: Bend, values: Sequence[Array], count: int) -> list[lines.Places]:
    """Where an operation bends between neighbouring rows, by what it was asked for."""
    if bend.contest:
        (given,) = values
        noise = lines.NOISE * float(np.abs(given).max(initial=0.0))
        return [lines.overtakings(bend.competitors(given, count), noise)]
    pairs = zip(values[::2], values[1::2], strict=True)
    return [lines.zeros(d, lines.NOISE * float(largest)) for d, largest in pairs]


def _merged(nodes: Array, more: Array) -> Array:
    """Both, ascending, without those that cannot be told from the one before or from the end."""
    found = np.unique(np.concatenate([nodes, more[(more > _APART) & (more < 1 - _APART)]]))
    return found[np.diff(found, prepend=-1.0) > _APART]


def _off(values: tf.Tensor, middles: tf.Tensor) -> Array:
    """How far the middle of each stretch is off the mean of its ends."""
    found: Array = tf.abs(middles - (values[1:] + values[:-1]) / 2).numpy()
    return found


def _wide(values: Array) -> Array:
    return values.astype(np.float64) if values.dtype == np.float32 else values
