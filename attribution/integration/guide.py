"""Guides: the layers whose activations and gradients choose the nodes of a path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from attribution.integration.integrand import Integrand
from attribution.integration.quadrature import FIRST_NODES
from attribution.network import Network
from attribution.questions.matrices import every, joined

STORE_BYTES = 384 * 2**20
"""Memory for the activations and gradients that wait for the choice of further nodes."""
_FEWEST = 97  # nodes that must fit in the store, else a sample of the neurons chooses them
_NARROW = 100_000  # neurons of several layers that may choose the nodes together


@dataclass(frozen=True)
class Guide:
    """Layers whose activations and gradients choose the nodes.

    read : rows -> score, activations and gradients of the layers, flat.
    width : the neurons that it reads of a row; sampled : whether these are not all of them.
    starts : where each layer begins among them.
    chunk : rows of a call; room : nodes of a path that fit in the store.
    """

    names: tuple[str, ...]
    read: Any
    width: int
    sampled: bool
    starts: tuple[int, ...]
    chunk: int
    room: int

    def holds(self, layers: tuple[str, ...]) -> bool:
        """Whether its sums are those of all neurons of these layers."""
        return self.names == layers and not self.sampled


def names(integrand: Integrand, layers: tuple[str, ...]) -> tuple[str, ...]:
    """The layers that choose the nodes: all, or of wide ones a narrow cut halfway up the network.

    That one sees the kinks of everything above it, which the layers below it share, and is cheap.
    """
    widths = {n: integrand.width(n) for n in layers}
    if len(widths) == 1 or sum(widths.values()) <= _NARROW:
        return layers
    cuts = [n for n in widths if n in integrand.question.graph.cuts] or list(widths)
    return (min(cuts[len(cuts) // 2 : 3 * len(cuts) // 4 + 1], key=lambda n: widths[n]),)


def guide(net: Network, integrand: Integrand, names: tuple[str, ...], steps: int) -> Guide:
    """These layers as a guide; of layers too large for the store, every so many neurons.

    steps : the most nodes that a path may have.
    """
    graph, widths = integrand.question.graph, [integrand.width(n) for n in names]
    stride = integrand.stride(names[-1], sum(widths), STORE_BYTES // (8 * _FEWEST))

    def fetch() -> list[tf.Tensor]:
        read = (joined([of(n) for n in names]) for of in (integrand.curve, integrand.slope))
        return [graph.score, *(every(t, stride) for t in read)]

    read = graph.function(("read", integrand.key, names, stride), integrand.feeds(), fetch)
    starts = tuple(-(-int(first) // stride) for first in np.cumsum([0, *widths[:-1]]))
    width = -(-sum(widths) // stride)
    room = min(steps, max(FIRST_NODES, STORE_BYTES // (8 * width)))
    chunk = integrand.chunk(net, names)
    return Guide(names, read, width, stride > 1, starts, chunk, room)
