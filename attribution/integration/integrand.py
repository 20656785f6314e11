"""Integrands: what is integrated along the path of a question, as the integral int g . dh.

Here are what every integrand tells, and conductance; others stand with the methods that ask for
them (internal influence, the split of a conductance over the input).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from attribution.network import Network
from attribution.questions.matrices import sampling
from attribution.questions.question import Question
from attribution.questions.report import Measure

Array = npt.NDArray[Any]
Call = Callable[..., Any]
"""call(function, places of the rows, a of the rows, further arrays) -> arrays."""


@dataclass(frozen=True)
class Integrand(ABC):
    """h and g of each component: the layers of the question, unless it says otherwise.

    method : what is integrated, as a result names it.
    """

    method: ClassVar[str]

    question: Question

    @property
    @abstractmethod
    def caveat(self) -> str:
        """Why the scores of a cut do not sum to F(x) - F(baseline); "": they do."""

    @property
    def key(self) -> str:
        """A part of the names of traced functions."""
        return self.method

    @abstractmethod
    def curve(self, name: str) -> Any:
        """h, (rows, *shape)."""

    def slope(self, name: str) -> Any:
        """g, (rows, *shape): the gradient of the score by the layer."""
        return self.question.graph.slopes(name)

    def owed(self, name: str, f: tuple[float, float]) -> float | None:
        """What the scores of a component must sum to, by F at x and x'; None if unknown."""
        return None

    @property
    def components(self) -> tuple[str, ...]:
        return tuple(self.measure.shapes)

    @property
    def measure(self) -> Measure:
        """What the scores are, for a report."""
        return Measure.of(self.question, self.method, self.caveat)

    def feeds(self) -> list[Any]:
        """The tensors that `points` feeds, in its order."""
        return self.question.feeds()

    def points(self, example: Sequence[int], reference: Sequence[int], a: Array) -> list[Array]:
        """Feeds for rows at x' + a (x - x'), one for each (example, reference, a)."""
        return self.question.points(example, reference, a)

    def width(self, name: str) -> int:
        """Neurons of one row of a component."""
        return int(np.prod(self.question.layer_shape(name), dtype=np.int64))

    def stride(self, name: str, neurons: int, most: int) -> int:
        """The stride that takes at most `most` of so many neurons: see `sampling`."""
        graph = self.question.graph
        return sampling(graph.values(name), neurons, most, graph.channel_axes[name])

    def chunk(self, net: Network, names: Sequence[str]) -> int:
        """Rows to send at once through the network, and back as far as these components need."""
        return net.chunk(names, self.question.graph, self.question.fed())


@dataclass(frozen=True)
class Conductance(Integrand):
    """Along the curve of the activations, the gradient of the score by them."""

    method = "neuron_integrated_gradients"
    caveat = ""

    def curve(self, name: str) -> Any:
        return self.question.graph.values(name)

    def owed(self, name: str, f: tuple[float, float]) -> float | None:
        return f[0] - f[1] if name in self.question.graph.cuts else None
