"""How the conductance of a hidden neuron splits over the input: the c_ij of the direct formula.

Dhamdhere, Sundararajan, Yan, arXiv 1805.12233: the conductance of neuron j by input i is
c_ij = (x_i - x'_i) int dF/dh_j dh_j/dx_i da along the straight path from x' to x. Its sum over the
inputs is the neuron's total conductance, which Neuron Integrated Gradients gives without the split.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from attribution import units
from attribution.arguments import Baseline, Input, Output, Target
from attribution.errors import InvalidRequest
from attribution.integration.integral import Progress, integrate
from attribution.network import Network
from attribution.questions import question as _question
from attribution.questions.matrices import flat
from attribution.questions.question import Question
from attribution.result import Attribution

Array = npt.NDArray[Any]


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
    starts = asked.graph.starts
    only = {"layers": starts[:1]}
    question = _ByInput(**{**vars(asked), **only}, hidden=layer, neuron=neuron, mask=mask)
    results = integrate(
        net,
        question,
        method="conductance_by_input",
        tolerance=tolerance / 2,  # relative to the split and the neuron's own conductance together
        steps=steps,
        progress=progress,
    )
    split = question.split(results[starts[0]], tolerance)
    return split if len(split) > 1 else split[starts[0]]


@dataclass(frozen=True)
class _ByInput(Question):
    """Integrates, by the input, the gradient that reaches it through the chosen neurons only.

    Beside the split, as further components, goes what it must add up to: minus the conductance of
    each chosen neuron. All components together sum to nothing, which shows a kink between two
    nodes that the comparison of sums would miss.
    """

    complete: ClassVar[bool] = False
    hidden: str
    neuron: int | tuple[int, ...]
    mask: Array

    @property
    def kind(self) -> str:
        return f"split of {self.hidden}"

    @property
    def caveat(self) -> str:
        what = "neuron" if isinstance(self.neuron, tuple) else "channel"
        return (
            f"The scores split the conductance of {what} {self.neuron} of {self.hidden} over the "
            "input: they sum to that, not to F(x) - F(baseline)."
        )

    def owed(self, layers: Sequence[str], f: tuple[float, float]) -> float | None:
        return 0.0

    def curve(self, name: str) -> Any:
        graph = self.graph
        starts = [graph.values(name) for name in graph.starts]
        return _joined([*starts, self._chosen(graph.values(self.hidden))])

    def slope(self, name: str) -> Any:
        graph = self.graph
        hidden, gradient = graph.values(self.hidden), graph.slopes(self.hidden)
        mask, _ = self._selection()
        starts = graph.start_tensors()
        found = tf.gradients(hidden, starts, grad_ys=gradient * mask)
        through = [
            tf.zeros_like(graph.values(name)) if g is None else graph.folded(name, g)
            for name, g in zip(graph.starts, found, strict=True)
        ]
        return _joined([*through, -self._chosen(gradient)])

    def points(self, example: Sequence[int], reference: Sequence[int], a: Array) -> list[Array]:
        return [*super().points(example, reference, a), self.mask, np.flatnonzero(self.mask)]

    def feeds(self) -> list[Any]:
        return [*super().feeds(), *self._selection()]

    def layer_shape(self, name: str) -> tuple[int, ...]:
        return (sum(end[0].size for end in self.ends) + np.count_nonzero(self.mask),)

    def channel_axis(self, name: str) -> int | None:
        return None

    def split(self, whole: Attribution, tolerance: float) -> dict[str, Attribution]:
        """The result of each input, from the result of all components."""
        size = np.abs(whole.scores).sum(1, dtype=float)
        gap = whole.scores.sum(1, dtype=float)
        error = np.maximum(whole.error * size, np.abs(gap))
        chosen = np.count_nonzero(self.mask)
        size = np.abs(whole.scores[:, :-chosen]).sum(1, dtype=float)
        with np.errstate(divide="ignore", invalid="ignore"):
            error = np.where(error == 0, 0.0, error / size)
        ends = np.cumsum([end[0].size for end in self.ends])[:-1]

        def parts(array: Array) -> list[Array]:
            cut = np.split(array[:, :-chosen], ends, axis=1)
            return [p.reshape(e.shape) for p, e in zip(cut, self.ends, strict=True)]

        options = {"layer": self.hidden, "neuron": self.neuron}
        assert whole.request is not None
        request = replace(whole.request, tolerance=tolerance, options=options)
        scores = parts(whole.scores)
        spreads: list[Array | None] = [None] * len(scores)
        if whole.standard_error is not None:
            spreads = [*parts(whole.standard_error)]
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
                is_cut=name in self.graph.cuts,
                channel_axis=self.graph.channel_axes[name],
            )
            for name, score, spread in zip(self.graph.starts, scores, spreads, strict=True)
        }

    def _chosen(self, tensor: Any) -> Any:
        """The values of the chosen neurons, (rows, neurons)."""
        _, places = self._selection()
        return tf.gather(flat(tensor), places, axis=1)

    def _selection(self) -> tuple[Any, Any]:
        """What says which neurons are chosen: a mask (1, *layer shape), and flat indices."""
        hidden = self.graph.values(self.hidden)

        def make() -> tuple[Any, Any]:
            mask = tf.compat.v1.placeholder(hidden.dtype, [1, *hidden.shape[1:]])
            return mask, tf.compat.v1.placeholder(tf.int64, [None])

        return self.graph.once(("selection", self.hidden), make)


def _joined(tensors: Sequence[Any]) -> Any:
    """Tensors of the same rows as one, (rows, values), in the widest of their types."""
    wide = tf.float64 if any(t.dtype == tf.float64 for t in tensors) else tf.float32
    return tf.concat([tf.cast(flat(t), wide) for t in tensors], axis=1)
