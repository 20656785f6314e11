"""What a traced network shows of itself, finding by finding, for its checkup."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from attribution.network import Network
from attribution.questions.question import Question
from attribution.trace import unreached
from attribution.trace.rows import alone

_NAMED = 4  # names that a sentence lists


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    fine : whether it is as it should be. mend : what to do, where there is something to do.
    """

    topic: str
    fine: bool
    sentence: str
    mend: str = ""


def score(question: Question) -> Finding:
    graph = question.graph
    where = f"output {graph.output!r}"
    others = unreached.others(graph)
    mend = (
        f"Another output ({listed(others)}) is explained where the target names it: "
        f"{unreached.target(graph, others[0])}."
        if others
        else ""
    )
    if graph.squashed:
        told = f"F is the logit of {where}, before its softmax or sigmoid."
        return Finding("Score", True, told, mend)
    if graph.squash is None:
        return Finding("Score", True, f"F is {where} itself.", mend)
    return Finding(
        "Score",
        False,
        f"F is {where} itself, not a logit: behind it stands {graph.squash.type} of "
        f"{graph.caller(graph.squash)}, which is not its last operation.",
        f"Scores are in units of the output. {mend}".rstrip(),
    )


def rows(net: Network, question: Question) -> Finding:
    moved = [n for n in question.layers if (lay := question.graph.layouts[n]) and not lay.plain]
    if question.left_out:
        return Finding(
            "Rows",
            False,
            f"{_counted(question.left_out)} cannot be told apart by example: "
            f"{question.left_out[0]}",
            "Other layers are not affected.",
        )
    if moved:
        return Finding(
            "Rows",
            True,
            f"Examples are not alone on the first axis of {_counted(moved)} ({listed(moved)}): "
            "values and scores are put back to one row for each example.",
        )
    if tried := alone.unproven(question.graph):
        return Finding("Rows", True, tried, "Compare the score of an example alone and in a batch.")
    return Finding("Rows", True, "Every layer has one row for each example.")


def channels(net: Network) -> Finding:
    unknown = [i.name for i in net.layers if i.channel_axis is None and len(i.shape) > 1]
    first = [i.name for i in net.layers if i.channel_axis == 0 and len(i.shape) > 1]
    told = f"Channels come first in {_counted(first)} ({listed(first)}). " if first else ""
    if not unknown:
        return Finding("Channels", True, told + "The axis of the channels is known in every layer.")
    return Finding(
        "Channels",
        True,
        f"{told}Which axis holds channels is not known in {_counted(unknown)} ({listed(unknown)}).",
        "Rank these by neuron, or say the axis: result.channels(axis=...).",
    )


def finite(net: Network, question: Question) -> Finding:
    """Activations and gradients at x and at the reference, layer by layer."""
    graph = question.graph

    def fetches() -> list[tf.Tensor]:
        return [
            tf.reduce_all(tf.math.is_finite(t))
            for n in question.layers
            for t in (graph.values(n), graph.slopes(n))
        ]

    run = graph.function(("finite", question.layers), question.feeds(), fetches)
    fine = np.ones(2 * len(question.layers), bool)
    for example in range(question.batch):
        for a in (0.0, 1.0):
            found = run(*question.points([example], [0], np.array([a])))
            fine &= [bool(value) for value in found]
    broken = [n for n, ok in zip(question.layers, fine[::2] & fine[1::2], strict=True) if not ok]
    if not broken:
        return Finding(
            "Finite", True, "Activations and gradients are finite at x and at the baseline."
        )
    return Finding(
        "Finite",
        False,
        f"Activations or gradients of {_counted(broken)} ({listed(broken)}) are not finite at x "
        "or at the baseline.",
        "Their scores will not converge: another baseline may help.",
    )


def held(question: Question) -> Finding:
    graph = question.graph
    if not graph.held:
        return Finding("Held", True, "Nothing stays at x along the path but what it does not need.")
    ways = ", ".join(f"{name} (through {op})" for name, op in graph.held.items())
    return Finding(
        "Held",
        False,
        f"Held at x along the path, where no derivative passes: {ways}.",
        "F(baseline) of a result may differ from the model's own; its notes say by how much.",
    )


def cuts(net: Network) -> Finding:
    cuts = [i.name for i in net.layers if i.is_cut]
    return Finding(
        "Cuts",
        True,
        f"{len(cuts)} of {len(net.layers)} layers are cuts, whose scores must sum to F(x) - "
        f"F(baseline): {listed(cuts)}.",
    )


def methods(explainable: Mapping[str, Mapping[str, str | None]]) -> Finding:
    refused: dict[str, set[str]] = defaultdict(set)
    for layer, methods in explainable.items():
        for why in methods.values():
            if why is not None:
                refused[why].add(layer)
    if not refused:
        return Finding("Methods", True, "Every layer can be explained with every method.")
    told = [
        f"{_counted(layers)} ({listed(sorted(layers))}): {why}"
        for why, layers in sorted(refused.items(), key=lambda item: -len(item[1]))
    ]
    more = f" And {len(told) - _NAMED} reasons more." if len(told) > _NAMED else ""
    return Finding("Methods", True, "Refused: " + " ".join(told[:_NAMED]) + more)


def _counted(layers: Collection[str]) -> str:
    return f"{len(layers)} layer{'s' * (len(layers) != 1)}"


def listed(names: Iterable[str]) -> str:
    """The first few names, and how many more there are."""
    every = list(names)
    shown = ", ".join(every[:_NAMED])
    return shown + (f" and {len(every) - _NAMED} more" if len(every) > _NAMED else "")


def state(question: Question) -> Finding:
    told = question.graph.state
    if told:
        return Finding("State", False, " ".join(told))
    return Finding("State", True, "The answer reads no variable that a call writes.")
