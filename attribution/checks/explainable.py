"""Which layers can be explained with which methods: read from the traced graphs, nothing is run."""

from __future__ import annotations

from collections.abc import Mapping

from attribution.contributions import OVERRIDES
from attribution.errors import AttributionError
from attribution.methods import METHODS, Method
from attribution.network import Network
from attribution.rules import refusals
from attribution.trace.graph import Graph
from attribution.trace.rows import alone


def table(net: Network) -> dict[str, dict[str, str | None]]:
    """Layer -> method -> None where it works, else the sentence that refuses it."""
    by_method = {name: _refused(net, method) for name, method in METHODS.items()}
    return {
        layer: {name: refused.get(layer) for name, refused in by_method.items()}
        for layer in net.graph().tensors
    }


def _refused(net: Network, method: Method) -> Mapping[str, str]:
    """Layer -> why the method refuses it."""
    rule = method.options.get("rule")
    try:
        graph = net.graph(override=OVERRIDES[rule] if rule else None)
        alone.refuse(graph)
    except AttributionError as error:
        return dict.fromkeys(net.graph().tensors, str(error))
    refused = {name: why for name in graph.tensors if (why := _without(graph, name))}
    if rule:
        refused |= {name: str(error) for name, error in refusals.refusals(graph, rule).items()}
    return refused


def _without(graph: Graph, layer: str) -> str:
    try:
        graph.gradient(layer)
    except AttributionError as error:
        return str(error)
    return ""
