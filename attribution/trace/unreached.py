"""Why a layer has no gradient, and what explains it all the same: said only of what works."""

from __future__ import annotations

from typing import TYPE_CHECKING

import tensorflow as tf

from attribution.trace import connectivity, logit

if TYPE_CHECKING:
    from attribution.trace.graph import Graph


def refusal(graph: Graph, layer: str) -> str:
    """The sentences that refuse a layer without a gradient."""
    return f"Layer {layer!r} has no gradient: {_reason(graph, graph.tensors[layer])}"


def target(graph: Graph, output: str) -> str:
    """How an output is asked for by name, at its first place."""
    shape = graph.first(graph.outputs[output]).shape
    places = max((shape.rank or 1) - 1, 1)
    return f'target=("{output}", {", ".join("0" * places)})'


def others(graph: Graph) -> list[str]:
    """The outputs that can be explained beside the one that is."""
    inputs = [t for t in graph.inputs.values() if t.dtype.is_floating]
    moving = connectivity.after([*inputs, *graph.start_tensors()], graph.operations)
    return [
        name
        for name, end in graph.outputs.items()
        if name != graph.output and end.dtype.is_floating and end.name in moving
    ]


def _reason(graph: Graph, tensor: tf.Tensor) -> str:
    if not graph.ways.varies(tensor):
        way = "no differentiable path leads to it from" if graph.ways.moves(tensor) else ""
        return f"{way or 'it does not depend on'} the input. Choose another layer."
    ends = {name: _leads(graph, tensor, end) for name, end in graph.outputs.items()}
    if graph.squashed and ends[graph.output]:
        return (
            "it comes after the score, which is read before the final softmax or sigmoid "
            '(output="output" explains the output itself). Choose another layer.'
        )
    if graph.ways.reaches(tensor) or not any(ends.values()):
        return "the score does not depend on it, or not differentiably. Choose another layer."
    name = next(name for name, leads in ends.items() if leads)
    before = logit.squashed(graph.outputs[name])
    late = before is not None and not _leads(graph, tensor, before)
    return (
        f"it leads to output {name!r}, not to {graph.output!r}, which is explained. Ask for that "
        f"output with {target(graph, name)}"
        + (' and output="output", because its logit is read before this layer.' if late else ".")
    )


def _leads(graph: Graph, tensor: tf.Tensor, end: tf.Tensor) -> bool:
    """Whether differentiable paths lead from one to the other."""
    paths = connectivity.before([end], graph.operations)
    return end.dtype.is_floating and paths.get(tensor.name, 0) > 0
