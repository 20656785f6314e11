"""Differences passed back: what DeepLIFT fetches for every example with every reference."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from attribution.arguments import Progress
from attribution.errors import AttributionError
from attribution.network import Network
from attribution.questions.question import Question
from attribution.questions.report import Place
from attribution.rules import completeness, refusals, reveal_cancel
from attribution.rules.pairs import difference, halves
from attribution.trace.graph import Graph

Array = npt.NDArray[Any]


def rescaled(graph: Graph, name: str) -> tf.Tensor:
    """m D, (N, *layer shape): both halves of the gradient are m."""
    m, _ = halves(graph.slopes(name))
    return m * difference(graph.values(name))


def revealed(graph: Graph, name: str) -> tf.Tensor:
    """m+ D+ + m- D-, (N, *layer shape)."""
    up, down = halves(graph.slopes(name) * parts(graph, name))
    return up + down


def parts(graph: Graph, name: str) -> tf.Tensor:
    """D+ and D- of a layer, (2N, *layer shape)."""
    return graph.folded(name, reveal_cancel.parts(graph, graph.tensors[name]))


CONTRIBUTIONS: Mapping[str, completeness.Contributions] = MappingProxyType(
    {"rescale": rescaled, "reveal_cancel": revealed, "genomics": revealed}
)
"""Rule -> the scores of a layer, (N, *layer shape)."""


def in_pairs(
    net: Network,
    question: Question,
    rule: str,
    key: Any,
    fetches: Callable[[], list[tf.Tensor]],
    ledger: completeness.Ledger,
    progress: Progress | None,
) -> Iterator[tuple[Place, tuple[float, float], list[Array]]]:
    """Run every example with every reference, a chunk of pairs at a time.

    Yields the pair, F at its ends and its row of what is fetched. The cuts that vouch for the
    layers are entered in the ledger.
    """
    graph = question.graph
    refused = refusals.refusals(graph, rule)
    cuts = list(dict.fromkeys(completeness.guards(question, refused).values()))

    def all_fetches() -> Any:
        sums = [completeness.sums(graph, cut, CONTRIBUTIONS[rule]) for cut in cuts]
        return graph.score, fetches(), sums

    run = graph.function(key, question.feeds(), all_fetches)
    places = [(e, r) for e in range(question.batch) for r in range(len(question.references))]
    chunk = max(1, net.chunk(question.layers, graph, question.fed()) // 2)
    for first in range(0, len(places), chunk):
        part = places[first : first + chunk]
        examples, references = (list(column) for column in zip(*part, strict=True))
        ends = np.repeat([1.0, 0.0], len(part))
        found = run(*question.points(examples * 2, references * 2, ends))
        score, values, sums = tf.nest.map_structure(np.asarray, found)
        for i, place in enumerate(part):
            f = float(score[i]), float(score[len(part) + i])
            ledger.enter(place, f, {c: s[i] for c, s in zip(cuts, sums, strict=True)})
            yield place, f, [v[i] for v in values]
        if progress:
            progress(first + len(part), len(places))


def complete_pairs(
    net: Network,
    question: Question,
    rule: str,
    key: Any,
    fetches: Callable[[], list[tf.Tensor]],
    progress: Progress | None,
) -> Iterator[tuple[Place, list[Array]]]:
    """`in_pairs` for results that carry no note. Raises AttributionError where the sums part."""
    ledger = completeness.Ledger()
    for place, _, values in in_pairs(net, question, rule, key, fetches, ledger, progress):
        yield place, values
    for places in ledger.failed.values():
        raise AttributionError(
            completeness.where_parted(question, places[0], CONTRIBUTIONS[rule], rule)
        )
