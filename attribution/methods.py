"""The methods as data: what each is called, what it costs, what it promises and where it fails.

Screens, the command line and comparisons read this table; a method added here appears in all.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, Unpack, cast, overload

from attribution.arguments import Conducted, Input, Several

if TYPE_CHECKING:
    from attribution.network import Network
    from attribution.result import Attribution


@dataclass(frozen=True)
class Method:
    """One way to score neurons.

    where : the package and the name of the function, which is loaded when it is first called.
    function : called as function(net, x, layer, target=, baseline=, output=, progress=, **options),
        and with tolerance= and steps= where `estimated`.
    accuracy : what is known of how far off the scores are. "estimated": their error, refined to a
        tolerance. "closes": no error, but whether the sums of cuts come to F(x) - F(baseline), as
        `converged` says. "unknown": nothing; `error` is NaN and `converged` None.
    complete : the scores of a cut sum to F(x) - F(baseline).
    cost, promise, caveat : one sentence each, for a reader.
    unit : of the scores, where they are not contributions to F(x) - F(baseline).
    """

    name: str
    title: str
    where: str
    accuracy: Literal["estimated", "closes", "unknown"]
    complete: bool
    cost: str
    promise: str
    caveat: str
    unit: str = "contribution to the logit"
    options: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def function(self) -> Callable[..., Any]:
        """What scores the neurons; it loads TensorFlow."""
        return cast("Callable[..., Any]", pkgutil.resolve_name(self.where))

    @property
    def estimated(self) -> bool:
        """Whether the scores are an integral with an estimated error."""
        return self.accuracy == "estimated"

    @overload
    def run(  # type: ignore[overload-overlap]  # "all" is a name too
        self, net: Network, x: Input, layer: Several, **given: Unpack[Conducted]
    ) -> dict[str, Attribution]: ...
    @overload
    def run(
        self, net: Network, x: Input, layer: str, **given: Unpack[Conducted]
    ) -> Attribution: ...
    def run(
        self, net: Network, x: Input, layer: str | Several, **given: Any
    ) -> Attribution | dict[str, Attribution]:
        """Call the function with this method's options; `tolerance` and `steps` if `estimated`."""
        found: Attribution | dict[str, Attribution]
        found = self.function(net, x, layer, **given, **self.options)
        return found


_METHODS = (
    Method(
        name="nig",
        title="Neuron Integrated Gradients",
        where="attribution:neuron_integrated_gradients",
        accuracy="estimated",
        complete=True,
        cost="Some 50 to 100 gradient evaluations, chosen until the tolerance is met.",
        promise="Total conductance: follows the activations along the whole path from the baseline "
        "to the input, sums to the difference of the scores, and comes with an estimated error.",
        caveat="The answer depends on the baseline: it explains the difference to it.",
    ),
    Method(
        name="deeplift_rescale",
        title="DeepLIFT (Rescale)",
        where="attribution:deeplift",
        accuracy="closes",
        complete=True,
        cost="One forward and backward pass of two rows, for any number of layers.",
        promise="Passes the difference from the baseline back by exact rules: it sees through "
        "saturation, sums to the difference of the scores, and refuses operations without a rule.",
        caveat="Compares the two ends alone: where units cancel, it can differ from Neuron "
        "Integrated Gradients, which follows the path; and two ways to write the same network "
        "can score differently.",
        options=MappingProxyType({"rule": "rescale"}),
    ),
    Method(
        name="deeplift_reveal_cancel",
        title="DeepLIFT (RevealCancel)",
        where="attribution:deeplift",
        accuracy="closes",
        complete=True,
        cost="As Rescale; some two to four times its work at activations and weights.",
        promise="Follows positive and negative parts apart, so that contributions which cancel "
        "within an activation are still seen; sums to the difference of the scores.",
        caveat="Depends on which sums the network forms before an activation; differs from "
        "Rescale only where positive and negative parts meet.",
        options=MappingProxyType({"rule": "reveal_cancel"}),
    ),
    Method(
        name="deeplift_genomics",
        title="DeepLIFT (genomics)",
        where="attribution:deeplift",
        accuracy="closes",
        complete=True,
        cost="Between Rescale and RevealCancel.",
        promise="RevealCancel at activations after dense layers, Rescale after convolutions: the "
        "usual choice for models of DNA.",
        caveat="A convention, not a theorem; refuses an activation with no layer with weights "
        "before it.",
        options=MappingProxyType({"rule": "genomics"}),
    ),
    Method(
        name="internal_influence",
        title="Internal influence",
        where="attribution:internal_influence",
        accuracy="estimated",
        complete=False,
        cost="As Neuron Integrated Gradients; more where the gradient has many jumps.",
        promise="The mean gradient of the target by each neuron along the path, with an estimated "
        "error: what a change of the neuron would do.",
        caveat="A sensitivity, in other units than the rest: neurons that never moved can rank "
        "first, and the scores do not sum to the difference of the scores.",
        unit="change of the logit per unit of activation",
    ),
    Method(
        name="gradient_times_difference",
        title="Gradient x difference",
        where="attribution:gradient_times_difference",
        accuracy="unknown",
        complete=False,
        cost="One forward and backward pass of two rows.",
        promise="What the tangent at the input says of each neuron's change; exact where the "
        "network is linear above the layer.",
        caveat="Blind to whatever is saturated at the input; the gap shows how much is missing, "
        "but no error of single scores is known.",
    ),
    Method(
        name="activation_difference",
        title="Activation difference",
        where="attribution:activation_difference",
        accuracy="unknown",
        complete=False,
        cost="One forward pass of two rows, no gradient.",
        promise="How far each neuron moved from its value at the baseline.",
        caveat="Knows nothing of the target: the same for every class, in units of the activation.",
        unit="change of the activation",
    ),
)

METHODS: Mapping[str, Method] = MappingProxyType({m.name: m for m in _METHODS})
"""Every method by its name: "nig", "deeplift_rescale", ..., in the order screens show them."""


def named(name: str) -> Method:
    """The method of a name of METHODS, or of the function that results name.

    Raises KeyError where there is none.
    """
    functions = {m.where.partition(":")[2]: m for m in _METHODS if not m.options}
    return {**functions, **METHODS}[name]
