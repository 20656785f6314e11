"""Other measures of internal importance, to compare Neuron Integrated Gradients with.

None of them sums to F(x) - F(baseline) over a layer, but for gradient x difference on a linear
head: that is what makes the comparison worth looking at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Unpack, overload

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from attribution.arguments import (
    Asked,
    Baseline,
    Input,
    Integrated,
    Output,
    Progress,
    Several,
    Target,
)
from attribution.integration.integral import integrate
from attribution.integration.integrand import Integrand
from attribution.network import Network
from attribution.questions import question as _question
from attribution.questions.question import Question
from attribution.questions.report import Measure, Tally, one_or_all, report
from attribution.result import Attribution
from attribution.trace.graph import Graph

Array = npt.NDArray[Any]


@overload
def internal_influence(  # type: ignore[overload-overlap]  # "all" is a name too
    net: Network, x: Input, layer: Several, **given: Unpack[Integrated]
) -> dict[str, Attribution]: ...
@overload
def internal_influence(
    net: Network, x: Input, layer: str, **given: Unpack[Integrated]
) -> Attribution: ...
def internal_influence(
    net: Network,
    x: Input,
    layer: str | Several,
    *,
    target: Target = None,
    baseline: Baseline = None,
    tolerance: float = 0.05,
    steps: int | None = None,
    output: Output = "logit",
    progress: Progress | None = None,
) -> Attribution | dict[str, Attribution]:
    """Mean gradient of the target by each neuron along the path: int dF/dh_j(a) da.

    Leino, Sen, Datta, Fredrikson, Li, arXiv 1802.03788, with the uniform distribution on the
    segment from the baseline to x as the distribution of interest. It is a sensitivity (units of
    the target per unit of activation), not multiplied by any change of the neuron: it ranks by
    what a neuron could do, not by what it did, and has no completeness.

    Arguments, results and errors as in `neuron_integrated_gradients`; the nodes are chosen for this
    integral. `gap` is NaN.
    """
    question = _question.ask(net, x, layer, target=target, baseline=baseline, output=output)
    results = integrate(net, Influence(question), tolerance, steps, progress)
    return one_or_all(results, layer)


@overload
def gradient_times_difference(  # type: ignore[overload-overlap]  # "all" is a name too
    net: Network, x: Input, layer: Several, **given: Unpack[Asked]
) -> dict[str, Attribution]: ...
@overload
def gradient_times_difference(
    net: Network, x: Input, layer: str, **given: Unpack[Asked]
) -> Attribution: ...
def gradient_times_difference(
    net: Network,
    x: Input,
    layer: str | Several,
    *,
    target: Target = None,
    baseline: Baseline = None,
    output: Output = "logit",
    progress: Progress | None = None,
) -> Attribution | dict[str, Attribution]:
    """dF/dh_j at x, times h_j(x) - h_j(baseline): the path integral with a single step.

    Exact where the network is linear above the layer; blind to neurons that act through a unit
    saturated at x. `gap` says how far the sum is from F(x) - F(baseline); there is no estimate of
    the error of single scores (`error` is NaN).

    Arguments and results as in `neuron_integrated_gradients`, without a tolerance.
    """
    question = _question.ask(net, x, layer, target=target, baseline=baseline, output=output)
    return one_or_all(_score(net, question, _TANGENT, progress), layer)


@overload
def activation_difference(  # type: ignore[overload-overlap]  # "all" is a name too
    net: Network, x: Input, layer: Several, **given: Unpack[Asked]
) -> dict[str, Attribution]: ...
@overload
def activation_difference(
    net: Network, x: Input, layer: str, **given: Unpack[Asked]
) -> Attribution: ...
def activation_difference(
    net: Network,
    x: Input,
    layer: str | Several,
    *,
    target: Target = None,
    baseline: Baseline = None,
    output: Output = "logit",
    progress: Progress | None = None,
) -> Attribution | dict[str, Attribution]:
    """h_j(x) - h_j(baseline): how much each neuron changed, whatever the target makes of it.

    In units of the activation. The target only decides which F is reported beside it; `gap` is NaN.

    Arguments and results as in `neuron_integrated_gradients`, without a tolerance.
    """
    question = _question.ask(net, x, layer, target=target, baseline=baseline, output=output)
    return one_or_all(_score(net, question, _CHANGE, progress), layer)


@overload
def gradient_times_activation(  # type: ignore[overload-overlap]  # "all" is a name too
    net: Network, x: Input, layer: Several, **given: Unpack[Asked]
) -> dict[str, Attribution]: ...
@overload
def gradient_times_activation(
    net: Network, x: Input, layer: str, **given: Unpack[Asked]
) -> Attribution: ...
def gradient_times_activation(
    net: Network,
    x: Input,
    layer: str | Several,
    *,
    target: Target = None,
    baseline: Baseline = None,
    output: Output = "logit",
    progress: Progress | None = None,
) -> Attribution | dict[str, Attribution]:
    """dF/dh_j at x, times h_j(x): as gradient x difference, but always against silent neurons.

    The baseline only decides which F(baseline) is reported beside it; `gap` is NaN.

    Arguments and results as in `neuron_integrated_gradients`, without a tolerance.
    """
    question = _question.ask(net, x, layer, target=target, baseline=baseline, output=output)
    return one_or_all(_score(net, question, _SILENT, progress), layer)


@dataclass(frozen=True)
class Influence(Integrand):
    """Along the place on the path, instead of the activations, the gradient by them."""

    method = "internal_influence"
    caveat = (
        "Internal influence is a mean gradient, in units of the target per unit of activation: "
        "it does not sum to F(x) - F(baseline)."
    )

    def curve(self, name: str) -> Any:
        gradient = self.slope(name)
        place = tf.cast(self._place(), gradient.dtype)
        return tf.reshape(place, [-1, *[1] * (gradient.shape.rank - 1)]) + tf.zeros_like(gradient)

    def points(self, example: Sequence[int], reference: Sequence[int], a: Array) -> list[Array]:
        return [*super().points(example, reference, a), a]

    def feeds(self) -> list[Any]:
        return [*super().feeds(), self._place()]

    def _place(self) -> Any:
        graph = self.question.graph
        return graph.once("place", lambda: tf.compat.v1.placeholder(tf.float32, [None]))


class _Product(NamedTuple):
    """What a method makes of the two ends of the path, x and the baseline.

    difference : whether it is h(x) - h(x'), or h(x) alone.
    gradient : whether that is multiplied by dF/dh at x.
    caveat : as in a Measure.
    """

    method: str
    difference: bool = True
    gradient: bool = True
    caveat: str = ""

    def of(self, graph: Graph, name: str) -> tf.Tensor:
        """That of a layer, (pairs, *shape); rows are pairs of x and the baseline."""
        h = graph.values(name)
        change = h[0::2] - h[1::2] if self.difference else h[0::2]
        return change * graph.slopes(name)[0::2] if self.gradient else change


_TANGENT = _Product("gradient_times_difference")
_CHANGE = _Product(
    "activation_difference",
    gradient=False,
    caveat="An activation difference knows nothing of the target, and does not sum to "
    "F(x) - F(baseline).",
)
_SILENT = _Product(
    "gradient_times_activation",
    difference=False,
    caveat="Gradient x activation measures against silent neurons, not against the baseline: it "
    "does not sum to F(x) - F(baseline).",
)


def _score(
    net: Network, question: Question, product: _Product, progress: Progress | None
) -> dict[str, Attribution]:
    """The products of every layer; pairs of rows x, x' in chunks."""
    graph, layers = question.graph, question.layers
    run = graph.function(
        ("ends", product.method, layers),
        question.feeds(),
        lambda: [graph.score, *(product.of(graph, name) for name in layers)],
    )
    pairs = [(e, r) for e in range(question.batch) for r in range(len(question.references))]
    step = max(1, net.chunk(layers, graph, question.fed()) // 2)
    tally = Tally(question, Measure.of(question, product.method, product.caveat, estimated=False))
    for first in range(0, len(pairs), step):
        part = pairs[first : first + step]
        examples, references = zip(*[p for p in part for _ in (0, 1)], strict=True)
        f, *values = run(*question.points(examples, references, np.tile([1.0, 0.0], len(part))))
        f = np.asarray(f, float)
        for name, value in zip(layers, map(np.asarray, values), strict=True):
            for i, place in enumerate(part):
                ends = (f[2 * i], f[2 * i + 1])
                tally.add(place, name, value[i].reshape(-1), 0.0, ends, 2 * product.gradient)
        if progress:
            progress(2 * min(first + step, len(pairs)), 2 * len(pairs))
    return report(tally)
