"""The methods as data: what each is called, what it costs, what it promises and where it fails.

Screens, the command line and comparisons read this table; a method added here appears in all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from attribution.integrated import neuron_integrated_gradients


@dataclass(frozen=True)
class Method:
    """One way to score neurons.

    function : called as function(net, x, layer, target=, baseline=, output=, progress=, **options),
        and with tolerance= and steps= where `certified`.
    certified : the scores are an integral with an estimated error, refined to a tolerance.
    complete : the scores of a cut sum to F(x) - F(baseline).
    cost, promise, caveat : one sentence each, for a reader.
    """

    name: str
    title: str
    function: Callable[..., Any]
    certified: bool
    complete: bool
    cost: str
    promise: str
    caveat: str
    options: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    def run(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function with this method's options."""
        return self.function(*args, **kwargs, **self.options)


_METHODS = (
    Method(
        name="nig",
        title="Neuron Integrated Gradients",
        function=neuron_integrated_gradients,
        certified=True,
        complete=True,
        cost="Some 50 to 100 gradient evaluations, chosen until the tolerance is met.",
        promise="Total conductance: follows the activations along the whole path from the baseline "
        "to the input, sums to the difference of the scores, and comes with an estimated error.",
        caveat="The answer depends on the baseline: it explains the difference to it.",
    ),
)

METHODS: Mapping[str, Method] = MappingProxyType({m.name: m for m in _METHODS})
