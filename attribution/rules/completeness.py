"""Do the scores of a cut sum to F(x) - F(baseline)? Asked of every call; a "no" is explained."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from attribution.questions.matrices import flat
from attribution.questions.question import Question
from attribution.questions.report import Place
from attribution.result import Attribution
from attribution.trace.graph import Graph

GAP_TOLERANCE = 1e-3
"""A gap above this part of the L1 norm of the scores is reported; float32 leaves less than 1e-4."""
_ROUNDING = 1e-5
"""The same as a part of |F(x)| + |F(baseline)|, whose own rounding is all there is near x = x'."""

Cut = tuple[str, ...]
Contributions = Callable[[Graph, str], tf.Tensor]


def guards(question: Question, refused: Container[str] = ()) -> dict[str, Cut]:
    """Layer asked for -> the cut that vouches for it: itself, or the nearest cut before it.

    What comes before all cuts is vouched for by the starts together; cuts that are refused vouch
    for nothing.
    """
    graph = question.graph
    found: dict[str, Cut] = {}
    nearest: Cut = graph.starts
    for name in graph.gradients:
        if name in graph.cuts:
            nearest = (name,)
        if name in question.layers and not any(n in refused for n in nearest):
            found[name] = nearest
    return found


def sums(graph: Graph, cut: Cut, contributions: Contributions) -> tf.Tensor:
    """(N, 2): the sum of the contributions of a cut, and the sum of their absolute values."""
    total = [tf.constant(0.0), tf.constant(0.0)]
    for name in cut:
        scores = flat(contributions(graph, name))
        both = (tf.reduce_sum(scores, 1), tf.reduce_sum(tf.abs(scores), 1))
        total = [t + tf.cast(b, t.dtype) for t, b in zip(total, both, strict=True)]
    return tf.stack(total, 1)


def parted(found: npt.NDArray[Any], f: tuple[float, float]) -> bool:
    """Whether a cut's sum misses F(x) - F(baseline) by more than rounding; NaN counts as a miss.

    found : the sum, the sum of the absolute values and, where it is an estimate, its error.
    """
    total, norm, *error = (float(v) for v in found)
    allowed = GAP_TOLERANCE * norm + _ROUNDING * (abs(f[0]) + abs(f[1])) + sum(error)
    return not abs(total - (f[0] - f[1])) <= allowed


def where_parted(question: Question, place: Place, contributions: Contributions, key: Any) -> str:
    """The first layer, from the output, at which the sums of one example part; as a sentence."""
    graph = question.graph
    cuts = [n for n in graph.gradients if n in graph.cuts]
    run = graph.function(
        ("sums", key),
        question.feeds(),
        lambda: [graph.score, *(sums(graph, (n,), contributions) for n in cuts)],
    )
    example, reference = place
    values = run(*question.points([example] * 2, [reference] * 2, np.array([1.0, 0.0])))
    score, *found = tf.nest.map_structure(np.asarray, values)
    f = float(score[0]), float(score[1])
    first = next((n for n, s in zip(cuts[::-1], found[::-1], strict=True) if parted(s[0], f)), "")
    where = f"from the output, the sums part at layer {first}" if first else "no single layer parts"
    return (
        f"The contributions do not sum to F(x) - F(baseline) to {GAP_TOLERANCE:g} of their norm "
        f"for example {example}: {where}. Do not rely on these scores."
    )


def doubted(result: Attribution, examples: Sequence[int], note: str) -> Attribution:
    """A result that has not converged for these examples, and says why."""
    converged = np.array(result.converged)
    converged[list(examples)] = False
    return replace(result, converged=converged, notes=(*result.notes, note))


class Ledger:
    """The cuts of a request that failed, and the first place at which each did."""

    def __init__(self) -> None:
        self.failed: dict[Cut, list[Place]] = {}

    def enter(self, place: Place, f: tuple[float, float], found: Mapping[Cut, Any]) -> None:
        """Note the sums of each cut for one example and reference."""
        for cut, values in found.items():
            if parted(values, f):
                self.failed.setdefault(cut, []).append(place)
