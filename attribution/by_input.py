"""How the conductance of a hidden neuron splits over the input: the c_ij of the direct formula.

Dhamdhere, Sundararajan, Yan, arXiv 1805.12233: the conductance of neuron j by input i is
c_ij = (x_i - x'_i) int dF/dh_j dh_j/dx_i da along the straight path from x' to x. Its sum over the
inputs is the neuron's total conductance, which Neuron Integrated Gradients gives without the split.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from attribution import units
from attribution.arguments import Baseline, Input, Output, Progress, Target
from attribution.errors import InvalidRequest
from attribution.integration.integral import integrate
from attribution.integration.integrand import Integrand
from attribution.network import Network
from attribution.questions import question as _question
from attribution.questions.matrices import flat, joined
from attribution.questions.report import Measure
from attribution.result import Attribution

Array = npt.NDArray[Any]
_ALL = "the input"
"""The one component of a split: all inputs, and what they must add up to."""


def conductance_by_input(
    net: Network,
    x: Input,
    layer: str,
    neuron: int | tuple[int, ...],
    *,
    target: Target = None,
    baseline: Baseline = None,
    tolerance: float = 0.05,
    steps: int | None = None,
    output: Output = "logit",
    axis: int | None = None,
    progress: Progress | None = None,
) -> Attribution | dict[str, Attribution]:
    """Split the conductance of one neuron, or of one channel, over the input.

    Parameters
    ----------
    neuron : the place of a neuron in the layer, a tuple as in `Attribution.top(by="neuron")`; or
        the number of a channel, whose neurons at all positions are taken together.
    axis : of the layer's shape, without the batch, which holds the channels, where that is not
        known (`LayerInfo.channel_axis`).
    Others as in `neuron_integrated_gradients`.

    Returns
    -------
    Attribution whose scores have the input's shape, (batch, *input), in units of the target; of
    several inputs, a dict by input name. Of integer inputs, the split is over the output of their
    embedding. The scores (of all inputs together) sum to the neuron's conductance: `gap` is what is
    missing of that at the same nodes, and `error` is no smaller.

    One more backward pass at each node, from the neuron to the input with the cotangent dF/dh_j;
    the nodes are chosen for this integral, which has the kinks of the whole network, and needs more
    of them than the neuron's total.

    Raises
    ------
    UnknownLayer, InvalidRequest : a request that does not fit the network.
    """
    if not isinstance(layer, str) or layer == "all":
        raise InvalidRequest("conductance_by_input takes the name of one layer.")
    asked = _question.ask(net, x, layer, target=target, baseline=baseline, output=output)
    mask = np.zeros((1, *asked.layer_shape(layer)), asked.weights.dtype)
    known = asked.graph.channel_axes[layer]
    mask[:, *units.place(layer, neuron, mask.shape[1:], known, axis)] = 1
    split = ByInput(asked, layer, neuron, mask)
    # The tolerance is relative to the split and the neuron's own conductance together.
    results = integrate(net, split, tolerance / 2, steps, progress)
    by_input = split.parts(results[_ALL], tolerance)
    return by_input if len(by_input) > 1 else by_input[asked.graph.starts[0]]


@dataclass(frozen=True)
class ByInput(Integrand):
    """By the input, the gradient that reaches it through the chosen neurons only.

    All inputs are one component. Beside the split goes in it what that must add up to: minus the
    conductance of each chosen neuron. Together they sum to nothing, which shows a kink between two
    nodes that the comparison of sums would miss.

    hidden, neuron : the layer, and the place in it as it was given.
    mask : (1, *layer shape) 1 at the chosen neurons, 0 elsewhere.
    """

    method = "conductance_by_input"

    hidden: str
    neuron: int | tuple[int, ...]
    mask: Array

    @property
    def key(self) -> str:
        return f"split of {self.hidden}"

    @property
    def caveat(self) -> str:
        what = "neuron" if isinstance(self.neuron, tuple) else "channel"
        return (
            f"The scores split the conductance of {what} {self.neuron} of {self.hidden} over the "
            "input: they sum to that, not to F(x) - F(baseline)."
        )

    @property
    def measure(self) -> Measure:
        return Measure(self.method, {_ALL: (self.width(_ALL),)}, {_ALL: None}, self.caveat)

    def curve(self, name: str) -> Any:
        graph = self.question.graph
        starts = [graph.values(start) for start in graph.starts]
        return joined([*starts, self._chosen(graph.values(self.hidden))])

    def slope(self, name: str) -> Any:
        graph = self.question.graph
        hidden, gradient = graph.values(self.hidden), graph.slopes(self.hidden)
        mask, _ = self._selection()
        starts = graph.start_tensors()
        found = tf.gradients(hidden, starts, gradient * mask, stop_gradients=starts)
        through = [
            tf.zeros_like(graph.values(start)) if g is None else graph.folded(start, g)
            for start, g in zip(graph.starts, found, strict=True)
        ]
        return joined([*through, -self._chosen(gradient)])

    def owed(self, name: str, f: tuple[float, float]) -> float | None:
        return 0.0

    def points(self, example: Sequence[int], reference: Sequence[int], a: Array) -> list[Array]:
        return [*super().points(example, reference, a), self.mask, np.flatnonzero(self.mask)]

    def feeds(self) -> list[Any]:
        return [*super().feeds(), *self._selection()]

    def width(self, name: str) -> int:
        return sum(end[0].size for end in self.question.ends) + np.count_nonzero(self.mask)

    def stride(self, name: str, neurons: int, most: int) -> int:
        # Sees every channel of the first input.
        return super().stride(self.question.graph.starts[0], neurons, most)

    def chunk(self, net: Network, names: Sequence[str]) -> int:
        return super().chunk(net, self.question.graph.starts)

    def parts(self, whole: Attribution, tolerance: float) -> dict[str, Attribution]:
        """The result of each input, from the result of all components."""
        graph, inputs = self.question.graph, self.question.ends
        size = np.abs(whole.scores).sum(1, dtype=float)
        gap = whole.scores.sum(1, dtype=float)
        error = np.maximum(whole.error * size, np.abs(gap))
        chosen = np.count_nonzero(self.mask)
        size = np.abs(whole.scores[:, :-chosen]).sum(1, dtype=float)
        with np.errstate(divide="ignore", invalid="ignore"):
            error = np.where(error == 0, 0.0, error / size)
        ends = np.cumsum([end[0].size for end in inputs])[:-1]

        def apart(array: Array) -> list[Array]:
            cut = np.split(array[:, :-chosen], ends, axis=1)
            return [p.reshape(e.shape) for p, e in zip(cut, inputs, strict=True)]

        options = {"layer": self.hidden, "neuron": self.neuron}
        assert whole.request is not None
        request = replace(whole.request, tolerance=tolerance, options=options)
        scores = apart(whole.scores)
        several = whole.standard_error
        spreads = [None] * len(scores) if several is None else apart(several)
        return {
            name: replace(
                whole,
                scores=score,
                standard_error=spread,
                gap=gap,
                error=error,
                converged=np.asarray(whole.converged) & (error <= tolerance),
                tolerance=tolerance,
                request=request,
                layer=name,
                is_cut=name in graph.cuts,
                channel_axis=graph.channel_axes[name],
            )
            for name, score, spread in zip(graph.starts, scores, spreads, strict=True)
        }

    def _chosen(self, tensor: Any) -> Any:
        """The values of the chosen neurons, (rows, neurons)."""
        _, places = self._selection()
        return tf.gather(flat(tensor), places, axis=1)

    def _selection(self) -> tuple[Any, Any]:
        """What says which neurons are chosen: a mask (1, *layer shape), and flat indices."""
        graph = self.question.graph
        hidden = graph.values(self.hidden)

        def make() -> tuple[Any, Any]:
            mask = tf.compat.v1.placeholder(hidden.dtype, [1, *hidden.shape[1:]])
            return mask, tf.compat.v1.placeholder(tf.int64, [None])

        return graph.once(("selection", self.hidden), make)
