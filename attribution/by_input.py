"""How the conductance of a hidden neuron splits over the input: the c_ij of the direct formula.

Dhamdhere, Sundararajan, Yan, arXiv 1805.12233: the conductance of neuron j by input i is
c_ij = (x_i - x'_i) int dF/dh_j dh_j/dx_i da along the straight path from x' to x. Its sum over the
inputs is the neuron's total conductance, which Neuron Integrated Gradients gives without the split.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from attribution import _question
from attribution._question import Question
from attribution.errors import InvalidRequest
from attribution.integrated import Progress, integrate
from attribution.network import Network

Array = npt.NDArray[Any]


def conductance_by_input(
    net: Network,
    x: Any,
    layer: str,
    neuron: int | tuple[int, ...],
    *,
    target: Any = None,
    baseline: Any = None,
    tolerance: float = 0.05,
    steps: int | None = None,
    output: str = "logit",
    progress: Progress | None = None,
) -> Any:
    """Split the conductance of one neuron, or of one channel, over the input.

    Parameters
    ----------
    neuron : the place of a neuron in the layer, a tuple as in `Attribution.top(by="neuron")`; or
        the number of a channel, whose neurons at all positions are taken together.
    Others as in `neuron_integrated_gradients`.

    Returns
    -------
    Attribution whose scores have the input's shape, (batch, *input), in units of the target, and
    sum to the conductance of the neuron up to `error`; of several inputs, a dict by input name. Of
    integer inputs, the split is over the output of their embedding. `gap` is NaN.

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
    mask[:, *place(neuron, mask.shape[1:])] = 1
    starts = {"layers": asked.graph.starts}
    question = _ByInput(**{**vars(asked), **starts}, hidden=layer, neuron=neuron, mask=mask)
    results = integrate(
        net,
        question,
        method="conductance_by_input",
        tolerance=tolerance,
        steps=steps,
        progress=progress,
    )
    return results if len(results) > 1 else next(iter(results.values()))


def direct_conductance(
    net: Network,
    x: Any,
    layer: str,
    *,
    target: Any = None,
    baseline: Any = None,
    output: str = "logit",
    points: int = 256,
) -> Array:
    """Every c_ij of a layer by its definition: slow, for teaching and for checking faster methods.

    For each input i, and at each of `points` midpoints of equal intervals, one Jacobian-vector
    product with the tangent (x_i - x'_i) e_i gives dh_j of all neurons, which the gradient
    multiplies. The cost is inputs x points forward and backward passes for each example.

    Returns
    -------
    (batch, inputs, *layer shape), the inputs flat and one after another (of integer inputs, the
    values of their embedding), averaged over references. The sum over axis 1 is the conductance
    of each neuron; the sum over neurons of a cut is the integrated gradient of each input.
    """
    question = _question.ask(net, x, layer, target=target, baseline=baseline, output=output)
    graph = question.graph
    run, tangents = _forward_mode(question, layer)
    feeds = [*question.feeds(), *tangents]
    function = graph.function(("direct", layer), feeds, lambda: [run * graph.gradient(layer)])
    sizes = [int(np.prod(end.shape[1:])) for end in question.ends]
    total = np.zeros((question.batch, sum(sizes), *question.layer_shape(layer)))
    places = (np.arange(points) + 0.5) / points
    rows = [(i, a) for i in range(sum(sizes)) for a in places]
    step = net.chunk([layer], graph)
    for e in range(question.batch):
        for r, reference in enumerate(question.references):
            change = [end[e] - ref[e] for end, ref in zip(question.ends, reference, strict=True)]
            for first in range(0, len(rows), step):
                inputs, a = zip(*rows[first : first + step], strict=True)
                fed = question.points([e] * len(a), [r] * len(a), np.array(a))
                (value,) = function(*fed, *_tangents(change, inputs))
                np.add.at(total[e], list(inputs), np.asarray(value))
    return total / (points * len(question.references))


def place(neuron: Any, shape: Sequence[int]) -> tuple[Any, ...]:
    """A checked index into a layer of that shape: a neuron's place, or all places of a channel."""
    given = neuron if isinstance(neuron, tuple) else (neuron,)
    wanted = shape if isinstance(neuron, tuple) else shape[-1:]
    if not all(isinstance(n, int | np.integer) for n in given) or len(given) != len(wanted):
        raise InvalidRequest(
            f"neuron {neuron!r} does not fit a layer of shape {tuple(shape)}: give a channel's "
            f"number, or a tuple of {len(shape)} numbers."
        )
    if not all(-size <= n < size for n, size in zip(given, wanted, strict=True)):
        raise InvalidRequest(
            f"neuron {neuron!r} is outside the layer, whose shape is {tuple(shape)}."
        )
    return given if isinstance(neuron, tuple) else (..., *given)


@dataclass(frozen=True)
class _ByInput(Question):
    """Integrates, by the input, the gradient that reaches it through the chosen neurons only."""

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

    def slope(self, name: str) -> Any:
        graph = self.graph

        def through() -> dict[str, Any]:
            hidden, gradient = graph.tensors[self.hidden], graph.gradients[self.hidden]
            starts = graph.start_tensors()
            found = tf.gradients(hidden, starts, grad_ys=gradient * self._mask())
            return {
                n: tf.zeros_like(t) if g is None else tf.convert_to_tensor(g)
                for n, t, g in zip(graph.starts, starts, found, strict=True)
            }

        return graph.once(("through", self.hidden), through)[name]

    def points(self, example: Sequence[int], reference: Sequence[int], a: Array) -> list[Array]:
        return [*super().points(example, reference, a), self.mask]

    def feeds(self) -> list[Any]:
        return [*super().feeds(), self._mask()]

    def _mask(self) -> Any:
        hidden = self.graph.tensors[self.hidden]
        return self.graph.once(
            ("mask", self.hidden),
            lambda: tf.compat.v1.placeholder(hidden.dtype, [1, *hidden.shape[1:]]),
        )


def _forward_mode(question: Question, layer: str) -> tuple[Any, list[Any]]:
    """The product of the layer's Jacobian with fed tangents, (rows, *layer shape), and these.

    The product of a cotangent u with the Jacobian is linear in u, whatever u is, so its own
    gradient by u carries a tangent forward.
    """
    graph = question.graph

    def make() -> tuple[Any, list[Any]]:
        starts, hidden = graph.start_tensors(), graph.tensors[layer]
        tangents = [tf.compat.v1.placeholder(t.dtype, t.shape) for t in starts]
        u = tf.zeros_like(hidden)
        backward = tf.gradients(hidden, starts, grad_ys=u)
        linked = [(b, t) for b, t in zip(backward, tangents, strict=True) if b is not None]
        if not linked:
            return tf.zeros_like(hidden), tangents
        products, used = zip(*linked, strict=True)
        (forward,) = tf.gradients(list(products), u, grad_ys=list(used))
        return forward, tangents

    return graph.once(("forward", layer), make)


def _tangents(change: Sequence[Array], inputs: Sequence[int]) -> list[Array]:
    """For each row, x - x' at that row's one input (counted over all of them) and 0 elsewhere."""
    found, first = [], 0
    for whole in change:
        rows = np.zeros((len(inputs), whole.size), whole.dtype)
        for row, i in enumerate(inputs):
            if 0 <= i - first < whole.size:
                rows[row, i - first] = whole.flat[i - first]
        found.append(rows.reshape(-1, *whole.shape))
        first += whole.size
    return found
