"""Switch neurons off and measure: the intervention that a ranking of neurons can be judged by.

Dhamdhere, Sundararajan, Yan, arXiv 1805.12233, section 4, count how many of the highest-ranked
filters must be ablated before the prediction changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from numpy.typing import ArrayLike

from attribution import units as _units
from attribution.arguments import Baseline, Input, Neurons, Output, Progress, Target
from attribution.errors import InvalidRequest, one_line
from attribution.network import Network
from attribution.questions import question as _question
from attribution.questions.held import Held
from attribution.questions.report import request_notes
from attribution.request import Request
from attribution.result import Attribution

Array = npt.NDArray[Any]
Order = Literal["score", "least", "activation", "random"]

DEFAULT_COUNTS = 41
"""Points of an ablation curve where `counts` is not given: 0, 1, ..., 40 units."""


def ablate(
    net: Network,
    x: Input,
    layer: str,
    neurons: Neurons,
    *,
    to: ArrayLike | None = None,
    target: Target = None,
    baseline: Baseline = None,
    output: Output = "logit",
    axis: int | None = None,
    progress: Progress | None = None,
) -> Array:
    """The target score with some neurons of a layer held at a value, the rest computed as usual.

    Parameters
    ----------
    neurons : a set of neurons, as a list; each is a channel's number (its neurons at all positions)
        or a tuple, the neuron's place in the layer. An empty list leaves the network as it is. A
        list of such lists is several sets, each ablated on its own, in one pass over all.
    to : what the neurons are held at. None: their activations at the baseline input (of several
        baselines, the scores are averaged). A number. "mean": the mean of their channel over the
        positions of the same example, so that no example depends on its batch. An array of the
        layer's shape, or (batch, *layer shape), or what broadcasts to these.
    axis : of the layer's shape, without the batch, which holds the channels, where that is not
        known (`LayerInfo.channel_axis`).
    target, baseline, output, progress : as in `neuron_integrated_gradients`; the target None is the
        class predicted before anything is ablated.

    Returns
    -------
    (batch,) scores for one set, (sets, batch) for several, in units of the target.

    Raises
    ------
    UnknownLayer, InvalidRequest : a layer, a neuron or a value that does not fit.
    """
    question = _question.ask(net, x, layer, target=target, baseline=baseline, output=output)
    held = Held(net, question, to, axis)
    several = _is_several(neurons)
    sets = [held.places(s) for s in (neurons if several else [neurons])]
    rows = [(e, s) for s in range(len(sets)) for e in range(question.batch)]
    scores, _ = held.run(rows, lambda e, s: held.mask(sets[s]), progress)
    return scores.reshape(len(sets), question.batch) if several else scores


def ablated_outputs(
    net: Network,
    x: Input,
    layer: str,
    neurons: Neurons,
    *,
    to: ArrayLike | None = None,
    target: Target = None,
    baseline: Baseline = None,
    output: Output = "output",
    axis: int | None = None,
    progress: Progress | None = None,
) -> Array:
    """The network's output, all classes of it, with some neurons of a layer held at a value.

    Arguments and errors as in `ablate`; output="logit" is the output before a final softmax or
    sigmoid. target : says which output is meant, where there are several; None is the first. Of
    several baselines, the outputs are averaged.

    Returns
    -------
    (batch, *output) for one set of neurons, (sets, batch, *output) for several.
    """
    question = _question.ask(net, x, layer, target=target, baseline=baseline, output=output)
    held = Held(net, question, to, axis)
    several = _is_several(neurons)
    sets = [held.places(s) for s in (neurons if several else [neurons])]
    rows = [(e, s) for s in range(len(sets)) for e in range(question.batch)]
    parts = [v for _, _, v in held.passes(rows, lambda e, s: held.mask(sets[s]), progress)]
    values = np.concatenate(parts)
    shape = (question.batch, *values.shape[1:])
    return values.reshape(len(sets), *shape) if several else values


@dataclass(frozen=True)
class AblationCurve:
    """The target score after the first k units of an order were ablated together.

    counts : (points,) the numbers k.
    scores : (batch, points) the target score, in its own units; of several baselines, their mean.
    flips : (batch,) the least of `counts` at which the predicted class is another one than before;
        NaN where none is, or where the output is a number without classes.
    order : (batch, units) the channels, or the neurons as flat indices, in the order of ablation.
    notes : what a reader must know, such as inputs that are held at x where the layer's activations
        at the baseline are taken.
    """

    counts: Array
    scores: Array
    flips: Array
    order: Array
    notes: tuple[str, ...] = ()

    @property
    def area(self) -> Array:
        """(batch,) the mean of the score along the curve: lower for a better ranking."""
        if len(self.counts) == 1:
            return self.scores[:, 0]
        return np.trapezoid(self.scores, self.counts, axis=1) / np.ptp(self.counts)


def ablation_curve(
    net: Network,
    x: Input,
    attribution: Attribution,
    *,
    order: Order = "score",
    by: Literal["channel", "neuron"] = "channel",
    counts: Sequence[int] | None = None,
    to: ArrayLike | None = None,
    baseline: Baseline = None,
    output: Output | None = None,
    axis: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> AblationCurve:
    """Ablate a layer's units in an order, more and more of them, and follow the target score.

    Parameters
    ----------
    x : the examples that `attribution` is about; its layer and target are used.
    output : what is measured; None is what `attribution` explains.
    baseline : as in `ablate`; None is the one of `attribution`, if that is zeros or numbers.
    order : "score", largest |score| first; "least", smallest first; "activation", largest
        |activation| at x first; "random", one permutation for all examples, from `seed`.
    by : channels (scores summed over positions) or single neurons.
    counts : how many units to ablate at each point; None: 0 to 40, or all where there are fewer.
    to, axis, progress : as in `ablate`.

    Raises
    ------
    InvalidRequest : something else than an Attribution, one of another model, input or batch, one
        whose baseline is an array that is not given again, or counts outside the layer.
    """
    layer = _of_one_layer(attribution).layer
    batch = len(net.arrays(x)[0])
    if len(attribution.scores) != batch:
        raise InvalidRequest(
            f"The attribution is of {len(attribution.scores)} examples, and x holds {batch}."
        )
    asked = attribution.request
    question = _question.ask(
        net,
        x,
        layer,
        target=attribution.target,
        baseline=_baseline(asked) if baseline is None else baseline,
        output=output or (asked.output if asked else "logit"),
    )
    if asked is not None:
        _check_same(asked, question.asked())
    held = Held(net, question, to, axis)
    if by not in ("channel", "neuron"):
        raise InvalidRequest(f"by is 'channel' or 'neuron', not {by!r}.")
    channel = held.channel_axis if by == "channel" else None
    ranks = _order(attribution.scores, held.values, order, channel, seed)
    units = ranks.shape[1]
    points = np.arange(min(units + 1, DEFAULT_COUNTS)) if counts is None else np.array(counts)
    if points.ndim != 1 or not len(points) or points.min() < 0 or points.max() > units:
        raise InvalidRequest(f"counts must be numbers from 0 to {units}, the units of {layer!r}.")
    shape = held.values.shape[1:]

    def mask(example: int, count: int) -> Array:
        chosen = np.zeros(units, bool)
        chosen[ranks[example, :count]] = True
        if channel is None:
            return chosen.reshape(shape)
        return np.broadcast_to(_units.aligned(chosen, channel, len(shape)), shape)

    rows = [(e, int(k)) for e in range(question.batch) for k in (0, *points)]
    scores, classes = held.run(rows, mask, progress)
    scores = scores.reshape(question.batch, -1)
    classes = classes.reshape(*scores.shape, -1)
    flipped = ((classes != classes[:, :1]) & ~np.isnan(classes)).any(-1)[:, 1:]
    ranked = np.where(flipped, points, np.inf).min(1)
    return AblationCurve(
        counts=points,
        scores=scores[:, 1:],
        flips=np.where(np.isinf(ranked), np.nan, ranked),
        order=ranks,
        notes=tuple(request_notes(question)),
    )


def _baseline(asked: Request | None) -> Any:
    """The baseline of a result, where it is known by value."""
    known = asked.baseline if asked else None
    several = known if isinstance(known, tuple) else (known,)
    if any(isinstance(one, str) for one in several):
        raise InvalidRequest(
            "The attribution was made with an array as its baseline, which it keeps as a digest "
            "alone: pass the same baseline=."
        )
    return list(several) if isinstance(known, tuple) else known


def _check_same(asked: Request, now: Request) -> None:
    """Whether the neurons that are switched off are those that were scored."""
    if asked.model != now.model:
        raise InvalidRequest(
            "The attribution is of another model, or of this one with other weights: score the "
            "layer again."
        )
    if asked.input != now.input:
        raise InvalidRequest("The attribution is of another input than x: score the layer again.")


def _of_one_layer(given: Any) -> Attribution:
    """The attribution that says the order; a layer's name alone has none."""
    if isinstance(given, Attribution):
        return given
    if isinstance(given, Mapping):
        shown, mend = "a dict of several layers", "give that of one, attribution[layer]"
    else:
        name = given if isinstance(given, str) else "layer"
        shown = repr(given) if isinstance(given, str) else f"of type {type(given).__name__}"
        mend = f"such as attribution.neuron_integrated_gradients(net, x, {one_line(name)!r})"
    raise InvalidRequest(
        f"attribution is {one_line(shown)}; a result is expected, by whose scores to ablate: "
        f"{mend}."
    )


def _is_several(neurons: Any) -> bool:
    """A list of sets, where a set is a list of numbers and tuples."""
    if isinstance(neurons, int | np.integer | tuple):
        return False
    if not isinstance(neurons, Iterable) or isinstance(neurons, str):
        raise InvalidRequest(
            f"neurons is {neurons!r}; a list of channels and index tuples, or a list of such "
            "lists, is expected."
        )
    return any(not isinstance(n, int | np.integer | tuple) for n in neurons)


def _order(scores: Array, values: Array, order: str, channel: int | None, seed: int) -> Array:
    """(batch, units) units in the order of ablation; equal ones in the layer's order.

    channel : the axis of the channels; None for single neurons.
    """

    def units(array: Array) -> Array:
        if channel is None:
            return array.reshape(len(array), -1)
        return _units.summed(array, channel)

    if order == "random":
        size = units(scores).shape[1]
        return np.tile(np.random.default_rng(seed).permutation(size), (len(scores), 1))
    if order == "score":
        key = -np.abs(units(scores))
    elif order == "least":
        key = np.abs(units(scores))
    elif order == "activation":
        key = -units(np.abs(values))
    else:
        raise InvalidRequest(f"order is 'score', 'least', 'activation' or 'random', not {order!r}.")
    if not np.isfinite(key).all():
        what = "activations" if order == "activation" else "scores"
        mend = "leave those examples out, or pass order='random'"
        raise InvalidRequest(f"The {what} are not all finite and have no order: {mend}.")
    return np.argsort(key, axis=1, kind="stable")
