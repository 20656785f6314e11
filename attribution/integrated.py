"""Neuron Integrated Gradients: total conductance as a path integral on a hidden layer.

Shrikumar, Su, Kundaje, arXiv 1807.09946: the score of neuron j is int dF/dh_j(a) h_j'(a) da along
the straight path from the reference to the input, which equals its total conductance (Dhamdhere,
Sundararajan, Yan, arXiv 1805.12233). The integral is taken along the curve that the activations
follow, not along a straight line between their ends.
"""

from __future__ import annotations

from typing import Unpack, overload

from attribution.arguments import Baseline, Conducted, Input, Output, Progress, Several, Target
from attribution.exact.conductance import exact_conductance
from attribution.integration.integral import integrate
from attribution.integration.integrand import Conductance
from attribution.network import Network
from attribution.questions import question as _question
from attribution.questions.report import one_or_all
from attribution.result import Attribution


@overload
def neuron_integrated_gradients(  # type: ignore[overload-overlap]  # "all" is a name too
    net: Network, x: Input, layer: Several, **given: Unpack[Conducted]
) -> dict[str, Attribution]: ...
@overload
def neuron_integrated_gradients(
    net: Network, x: Input, layer: str, **given: Unpack[Conducted]
) -> Attribution: ...
def neuron_integrated_gradients(
    net: Network,
    x: Input,
    layer: str | Several,
    *,
    target: Target = None,
    baseline: Baseline = None,
    tolerance: float = 0.05,
    steps: int | None = None,
    exact: bool = False,
    output: Output = "logit",
    progress: Progress | None = None,
) -> Attribution | dict[str, Attribution]:
    """Contribution of each neuron of a layer to F(x) - F(baseline), integrated along the path.

    Parameters
    ----------
    x : (batch, *input), or a dict or list of such arrays for several inputs.
    layer : a layer's name, several names, or "all". Several are computed in one pass.
    target : class index; one per example; {index: weight} for a contrast; (position, class) where
        the output has positions; ("output name", any of these) for a further output; None for the
        predicted class of each example. Indices are whole numbers, negative ones count from the
        end. Without a name the first output that has a derivative is explained.
    baseline : None (zeros), an array of the input's shape, (batch, *input), or a list of those,
        over which the scores are averaged. For integer inputs these are indices: the path runs
        in the embedding's output. What the score takes from an input in any other way (masks,
        comparisons) stays as it is at x; a note names such inputs, and the model's own F(baseline)
        where the path ends at another.
    tolerance : stop when the estimated L1 error of the scores, relative to their L1 norm, is below,
        twice in a row, and no stretch of the path without a node is wider than 1/16, or in
        proportion for less than 5 %, down to 1/32 (`resolution`).
    steps : at most this many nodes on a path (at least 3; None: 1025). Where it ends the work
        first, `converged` is False.
    exact : the whole integral, without an estimate (`certified`), for networks that are piecewise
        linear and of modest size: every place where a unit bends along the path is found
        (Sotoudeh & Thakur, NeurIPS 2019), and between them the network is affine. In float64, with
        scores in float64; `error` is what rounding leaves, a note gives the distance of F to
        Keras's float32. `tolerance` and `steps` do not count.
    output : "logit", before a final softmax or sigmoid, or "output". Where a softmax or sigmoid is
        not the last operation there is no logit: the output itself is explained, with a note.
    progress : called as progress(done, total) between chunks; what it raises ends the work.

    Returns
    -------
    Attribution for one name; dict of them, by name, for several. Where an operation on the way may
    have a gradient that is not its derivative, and the layer, or the nearest cut before it, does
    not sum to F(x) - F(baseline), `converged` is False and a note says where the sums part. Where
    something is not finite on the path, the scores and the error are NaN, with a note.

    Raises
    ------
    UnknownLayer, InvalidRequest : a request that does not fit the network; with exact=True, a path
        of more than 65,536 stretches, or fewer in a large network; the message says how many.
    UnsupportedOperation : with exact=True, an operation that is not piecewise linear, or jumps.
    """
    question = _question.ask(net, x, layer, target=target, baseline=baseline, output=output)
    if exact:
        return one_or_all(exact_conductance(net, question, progress), layer)
    results = integrate(net, Conductance(question), tolerance, steps, progress)
    return one_or_all(results, layer)
