"""DeepLIFT for hidden neurons: one pass over x and its reference.

Shrikumar, Greenside, Kundaje, arXiv 1704.02685: differences from the reference are passed back
through the network by rules (`rules`). A hidden neuron scores m+ D+ + m- D-, where D+ and D- are
the positive and the negative part of its difference and m+, m- their multipliers.

Scores of a cut sum to F(x) - F(baseline). That is checked on every call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Unpack, overload

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from attribution.arguments import Baseline, Input, Output, Progress, Ruled, Several, Target
from attribution.errors import AttributionError, InvalidRequest
from attribution.network import Network
from attribution.questions import question as _question
from attribution.questions import target as _target
from attribution.questions.matrices import every, flat
from attribution.questions.question import Question
from attribution.questions.report import Measure, Tally, one_or_all, report
from attribution.result import Attribution
from attribution.rules import completeness, operations, refusals, reveal_cancel
from attribution.rules.differences import CONTRIBUTIONS, in_pairs, rescaled

Array = npt.NDArray[Any]

OVERRIDES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {"rescale": operations.OVERRIDES, **reveal_cancel.OVERRIDES}
)
"""Rule -> the gradients that stand for it."""


@overload
def deeplift(  # type: ignore[overload-overlap]  # "all" is a name too
    net: Network, x: Input, layer: Several, **given: Unpack[Ruled]
) -> dict[str, Attribution]: ...
@overload
def deeplift(net: Network, x: Input, layer: str, **given: Unpack[Ruled]) -> Attribution: ...
def deeplift(
    net: Network,
    x: Input,
    layer: str | Several,
    *,
    target: Target = None,
    baseline: Baseline = None,
    rule: str = "rescale",
    output: Output = "logit",
    progress: Progress | None = None,
) -> Attribution | dict[str, Attribution]:
    """Contribution of each neuron of a layer to F(x) - F(baseline), by the rules of DeepLIFT.

    Parameters
    ----------
    rule : "rescale"; "reveal_cancel", which keeps positive and negative parts apart at activations;
        "genomics", reveal_cancel after dense layers and rescale after convolutions.
    x, layer, target, baseline, output, progress : as in `neuron_integrated_gradients`. Several
        layers are computed in one pass.

    Returns
    -------
    Attribution for one name; dict of them, by name, for several. `error` is NaN, `evaluations` one
    for each reference. Where a cut's scores miss F(x) - F(baseline) by more than 1e-3 of their L1
    norm, `converged` is False and a note names the first layer, from the output, at which the sums
    part. A layer that is not a cut is held to the nearest cut before it.

    Raises
    ------
    UnsupportedOperation : an operation between the layer and the target has no exact rule.
    UnknownLayer, InvalidRequest : a request that does not fit the network.
    """
    question = ask(net, x, layer, target, baseline, rule, output)
    graph, layers = question.graph, question.layers
    contributions = CONTRIBUTIONS[rule]

    def fetches() -> list[tf.Tensor]:
        return [flat(contributions(graph, n)) for n in layers]

    tally = Tally(question, Measure.of(question, _NAMES[rule], estimated=False))
    ledger = completeness.Ledger()
    key = ("deeplift", rule, layers)
    for place, f, scores in in_pairs(net, question, rule, key, fetches, ledger, progress):
        for name, values in zip(layers, scores, strict=True):
            tally.add(place, name, values, 0.0, f, 1)
    closes = np.ones(question.batch, bool)
    results = {name: replace(result, converged=closes) for name, result in report(tally).items()}
    guards = completeness.guards(question, refusals.refusals(graph, rule))
    for cut, places in ledger.failed.items():
        note = completeness.where_parted(question, places[0], contributions, rule)
        wrong = [example for example, _ in places]
        for name in (n for n, guard in guards.items() if guard == cut):
            results[name] = completeness.doubted(results[name], wrong, note)
    return one_or_all(results, layer)


def secants(
    net: Network,
    x: Input,
    layer: str,
    nodes: Sequence[float],
    *,
    target: Target = None,
    baseline: Baseline = None,
    output: Output = "logit",
    stride: int = 1,
    progress: Progress | None = None,
) -> Array:
    """DeepLIFT-Rescale from each node of a path to the next: the secant rule of integration.

    The scores add up to F(x) - F(baseline) at any number of nodes: those of one step are DeepLIFT's
    and those of many tend to Neuron Integrated Gradients.

    Parameters
    ----------
    nodes : places a of the path, rising, from 0 to 1.
    stride : of the layer's neurons, every so many.
    progress : called as progress(steps done, steps).
    The others are those of `deeplift`, for one example and one baseline.

    Returns
    -------
    (neurons,) the sum over the steps, float64.

    Raises
    ------
    UnsupportedOperation, UnknownLayer, InvalidRequest : as `deeplift`.
    AttributionError : the scores do not add up to F(x) - F(baseline).
    """
    question = ask(net, x, layer, target, baseline, "rescale", output)
    if question.batch != 1 or len(question.references) != 1:
        raise InvalidRequest("The secant rule follows one path: give one example and one baseline.")
    graph = question.graph
    cut = completeness.guards(question)[layer]

    def fetches() -> Any:
        scores = every(flat(rescaled(graph, layer)), stride)
        return graph.score, scores, completeness.sums(graph, cut, rescaled)

    run = graph.function(("secants", layer, stride), question.feeds(), fetches)
    places, steps = np.asarray(nodes, float), len(nodes) - 1
    chunk = max(1, net.chunk(question.layers, graph, question.fed()) // 2)
    total, whole, ends = np.zeros(1), np.zeros(2), [0.0, 0.0]
    for first in range(0, steps, chunk):
        part = places[first : first + chunk + 1]
        count = len(part) - 1
        zeros = [0] * (2 * count)
        found = run(*question.points(zeros, zeros, np.concatenate([part[1:], part[:-1]])))
        score, scores, sums = (np.asarray(t) for t in found)
        total, whole = total + scores.sum(0, dtype=float), whole + sums.sum(0, dtype=float)
        ends[0] = float(score[count - 1])
        if not first:
            ends[1] = float(score[count])
        if progress:
            progress(first + count, steps)
    if completeness.parted(whole, (ends[0], ends[1])):
        raise AttributionError(completeness.where_parted(question, (0, 0), rescaled, "rescale"))
    return total


def ask(
    net: Network, x: Any, layer: Any, target: Any, baseline: Any, rule: str, output: Output
) -> Question:
    """Check a request: first of all, that every operation on the way has a rule."""
    if rule not in OVERRIDES:
        raise InvalidRequest(f"rule is {rule!r}; one of {list(OVERRIDES)} is expected.")
    graph, _ = _target.explain(net, target, output, OVERRIDES[rule])
    found = refusals.refusals(graph, rule)
    left_out: list[str] = []
    if isinstance(layer, str) and layer == "all":
        left_out = [f"{n} is left out. {found[n]}" for n in graph.gradients if n in found]
        kept = [n for n in graph.gradients if n not in found]
        if left_out and not kept:
            raise next(iter(found.values()))
        layer = kept
    refusals.refuse(graph, layer, rule)
    options = {"target": target, "baseline": baseline, "output": output}
    question = _question.ask(net, x, layer, override=OVERRIDES[rule], **options)
    return replace(question, left_out=(*left_out, *question.left_out))


_NAMES = {rule: f"deeplift_{rule}" for rule in OVERRIDES}
