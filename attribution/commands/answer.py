"""The answer for one input: its layers' results, and what else is said beside the numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from attribution.result import Attribution

if TYPE_CHECKING:
    from attribution.network import Network

NUMBERS = ("f_input", "probability", "f_baseline", "delta", "gap", "error", "evaluations")
_OWN = tuple(key for key in NUMBERS if key not in ("probability", "evaluations"))

_FEATURE_BY_FEATURE = {
    "InputLayer", "Normalization", "BatchNormalization", "Rescaling", "Identity", "Activation",
    "ReLU", "LeakyReLU", "PReLU", "ELU", "Dropout", "GaussianDropout", "GaussianNoise",
    "AlphaDropout", "ActivityRegularization",
}  # fmt: skip
"""Kinds of layers whose every value is one value of what they are given."""


class Row(NamedTuple):
    """A channel or neuron of a ranking; name is that of its feature, where it is one."""

    index: Any
    name: str
    score: float
    share: float


@dataclass(frozen=True)
class Explanation:
    """What was found for one input.

    source : its file, or the sample's name. results, kinds : by layer.
    outputs : (batch, *output shape) probabilities, the network's own output after its softmax or
        sigmoid; None where it has none. classes : the names of the output's last axis, if known.
    features : the names of an input's features, if known. named : the layers that hold them.
    axis : that of the channels in layers where it is not known.
    """

    source: str
    results: Mapping[str, Attribution]
    kinds: Mapping[str, str]
    outputs: npt.NDArray[Any] | None = None
    classes: Sequence[str] = ()
    features: Sequence[str] = ()
    named: frozenset[str] = frozenset()
    axis: int | None = None

    @property
    def sure(self) -> bool:
        """Whether no result says of itself that it is not to be relied on."""
        return all(
            (r.converged is None or bool(r.converged.all())) and bool(finite(r).all())
            for r in self.results.values()
        )

    def about(self, layer: str, example: int) -> dict[str, Any]:
        """The numbers of one example; None for those that do not exist."""
        result = self.results[layer]
        found: dict[str, Any] = {key: float(getattr(result, key)[example]) for key in _OWN}
        output, target = _of_output(result.target)
        place = target[example].tolist() if hasattr(target, "tolist") else target
        found["probability"] = self._probability(place, example)
        found = {k: v if v is not None and math.isfinite(v) else None for k, v in found.items()}
        found["evaluations"] = int(result.evaluations[example])
        found["converged"] = None if result.converged is None else bool(result.converged[example])
        found["target"] = place if isinstance(place, int | list) else str(place)
        if output:
            said = ",".join(map(str, place)) if isinstance(place, list | tuple) else place
            found["target"] = f"{output}:{said}"
        found["class"] = self._class(place)
        return found

    def rows(self, layer: str, by: Any, example: int, top: int | None) -> Iterator[Row]:
        """The ranking of one example; top: so many rows, None for all."""
        result = self.results[layer]
        most = result.scores[example].size if top is None else top
        axis = self.axis if result.channel_axis is None and by == "channel" else None
        found = result.top(most, by, example, axis)
        for index, score, share in zip(*(found[c].tolist() for c in found), strict=True):
            yield Row(index, self._feature(layer, index), score, share)

    def _feature(self, layer: str, index: Any) -> str:
        if not self.features or layer not in self.named:
            return ""
        return self.features[index if isinstance(index, int) else index[-1]]

    def _class(self, place: Any) -> str | None:
        index = place[-1] if isinstance(place, list | tuple) else place
        known = isinstance(index, int) and index < len(self.classes)
        return self.classes[index] if known else None

    def _probability(self, place: Any, example: int) -> float | None:
        """Of the class that is explained; None for a contrast, or where there is none."""
        if self.outputs is None or isinstance(place, Mapping):
            return None
        values = self.outputs[example]
        return float(values[tuple(np.atleast_1d(place))] if values.ndim else values)


def _of_output(target: Any) -> tuple[str, Any]:
    """The output that a result's target names, "" for the first, and the target in it."""
    if not isinstance(target, tuple) or not target or not isinstance(target[0], str):
        return "", target
    output, rest = target
    return output, np.array(rest) if isinstance(rest, list) else rest


def finite(result: Attribution) -> npt.NDArray[np.bool_]:
    """(batch,) whether an example's scores are numbers, of which shares can be taken.

    A network makes none of numbers that are too large.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        shares_of = np.abs(result.scores).sum(tuple(range(1, result.scores.ndim)))
    found: npt.NDArray[np.bool_] = (
        np.isfinite(shares_of) & np.isfinite(result.f_input) & np.isfinite(result.f_baseline)
    )
    return found


def probabilities(
    net: Network, x: npt.NDArray[Any], output: str | None = None
) -> npt.NDArray[Any] | None:
    """(batch, *output shape) what a final softmax or sigmoid says; None where there is none.

    output : its name; None: the one that is explained where none is named.
    """
    graph = net.graph(output)
    if not graph.squashed:
        return None
    found = net.predict(x)
    values: npt.NDArray[Any] = found[graph.output] if isinstance(found, dict) else found
    return np.exp(values) if (values < 0).any() else values  # a logarithm of the softmax


def layers_of_features(net: Network) -> frozenset[str]:
    """The input of a table and the layers that hand on each of its features as a value.

    Only those before anything else: layers stand in the graph's order, so what comes later may
    have its values from elsewhere, however well its shape fits.
    """
    (shape,) = net.input_shapes.values()
    found = []
    for info in net.layers:
        if info.kind not in _FEATURE_BY_FEATURE or info.shape != shape or len(shape) != 1:
            break
        found.append(info.name)
    return frozenset(found)
