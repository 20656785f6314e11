"""Other measures of internal importance, to compare Neuron Integrated Gradients with.

None of them sums to F(x) - F(baseline) over a layer, but for gradient x difference on a linear
head: that is what makes the comparison worth looking at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Unpack, overload

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
from attribution.network import Network
from attribution.questions import question as _question
from attribution.questions.question import Question
from attribution.questions.report import Tally, report
from attribution.result import Attribution


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
    question = _Influence.of(
        _question.ask(net, x, layer, target=target, baseline=baseline, output=output)
    )
    results = integrate(
        net,
        question,
        method="internal_influence",
        tolerance=tolerance,
        steps=steps,
        progress=progress,
    )
    return _one_or_all(results, layer)


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
    question = _Ends.of(
        _question.ask(net, x, layer, target=target, baseline=baseline, output=output)
    )
    tally = _at_the_ends(net, question, progress, with_gradient=True)
    results = report(
        question, tally, method="gradient_times_difference", tolerance=None, estimated=False
    )
    return _one_or_all(results, layer)


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
    question = _Difference.of(
        _question.ask(net, x, layer, target=target, baseline=baseline, output=output)
    )
    tally = _at_the_ends(net, question, progress, with_gradient=False)
    results = report(
        question, tally, method="activation_difference", tolerance=None, estimated=False
    )
    return _one_or_all(results, layer)


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
    question = _Activation.of(
        _question.ask(net, x, layer, target=target, baseline=baseline, output=output)
    )
    tally = _at_the_ends(net, question, progress, with_gradient=True)
    results = report(
        question, tally, method="gradient_times_activation", tolerance=None, estimated=False
    )
    return _one_or_all(results, layer)


@dataclass(frozen=True)
class _Influence(Question):
    """Integrates the gradient by the place on the path instead of by the activations."""

    complete: ClassVar[bool] = False
    kind = "influence"
    caveat = (
        "Internal influence is a mean gradient, in units of the target per unit of activation: "
        "it does not sum to F(x) - F(baseline)."
    )

    def curve(self, name: str) -> Any:
        gradient = self.slope(name)
        place = tf.cast(self._place(), gradient.dtype)
        return tf.reshape(place, [-1, *[1] * (gradient.shape.rank - 1)]) + tf.zeros_like(gradient)

    def points(
        self, example: Sequence[int], reference: Sequence[int], a: npt.NDArray[Any]
    ) -> list[npt.NDArray[Any]]:
        return [*super().points(example, reference, a), a]

    def feeds(self) -> list[Any]:
        return [*super().feeds(), self._place()]

    def _place(self) -> Any:
        return self.graph.once("place", lambda: tf.compat.v1.placeholder(tf.float32, [None]))


@dataclass(frozen=True)
class _Ends(Question):
    """Asks for the two ends of the path only; rows are pairs of x and the baseline."""

    def change(self, name: str) -> Any:
        """What the gradient is multiplied by, (pairs, *shape)."""
        h = self.curve(name)
        return h[0::2] - h[1::2]


@dataclass(frozen=True)
class _Difference(_Ends):
    complete: ClassVar[bool] = False
    kind = "difference"
    caveat = (
        "An activation difference knows nothing of the target, and does not sum to "
        "F(x) - F(baseline)."
    )


@dataclass(frozen=True)
class _Activation(_Ends):
    complete: ClassVar[bool] = False
    kind = "activation"
    caveat = (
        "Gradient x activation measures against silent neurons, not against the baseline: it does "
        "not sum to F(x) - F(baseline)."
    )

    def change(self, name: str) -> Any:
        return self.curve(name)[0::2]


def _at_the_ends(
    net: Network, question: _Ends, progress: Progress | None, *, with_gradient: bool
) -> Tally:
    """h(x) - h(x') of every layer, times g(x) if asked for; pairs of rows x, x' in chunks."""
    graph, layers = question.graph, question.layers

    def fetch() -> list[Any]:
        found = []
        for name in layers:
            value = question.change(name)
            found.append(value * question.slope(name)[0::2] if with_gradient else value)
        return [graph.score, *found]

    run = graph.function(("ends", question.kind, with_gradient, layers), question.feeds(), fetch)
    count = len(question.references)
    pairs = [(e, r) for e in range(question.batch) for r in range(count)]
    step = max(1, net.chunk(layers, graph, question.fed()) // 2)
    tally = Tally(question)
    for first in range(0, len(pairs), step):
        part = pairs[first : first + step]
        examples, references = zip(*[p for p in part for _ in (0, 1)], strict=True)
        f, *values = run(*question.points(examples, references, np.tile([1.0, 0.0], len(part))))
        f = np.asarray(f, float)
        for name, value in zip(layers, map(np.asarray, values), strict=True):
            for i, place in enumerate(part):
                ends = (f[2 * i], f[2 * i + 1])
                tally.add(place, name, value[i].reshape(-1), 0.0, ends, 2 * with_gradient)
        if progress:
            progress(2 * min(first + step, len(pairs)), 2 * len(pairs))
    return tally


def _one_or_all(results: dict[str, Any], layer: str | Sequence[str]) -> Any:
    return results[layer] if isinstance(layer, str) and layer != "all" else results
