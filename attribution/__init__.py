"""Which hidden neurons made a network give its answer, and how sure we are of the numbers."""

from attribution import _quiet as _quiet
from attribution import baselines, filters, images, motifs, sequences, zoo
from attribution.ablation import AblationCurve, ablate, ablated_outputs, ablation_curve
from attribution.by_input import conductance_by_input
from attribution.checkup import Report, check
from attribution.comparators import (
    activation_difference,
    gradient_times_activation,
    gradient_times_difference,
    internal_influence,
)
from attribution.contributions import deeplift
from attribution.convergences import Convergence, convergence
from attribution.direct import direct_conductance
from attribution.errors import (
    AttributionError,
    InvalidImage,
    InvalidRequest,
    InvalidSequence,
    UnknownLayer,
    UnsupportedModel,
    UnsupportedOperation,
)
from attribution.integrated import neuron_integrated_gradients
from attribution.methods import METHODS, Method
from attribution.multipliers import (
    Multipliers,
    deeplift_multipliers,
    hypothetical_contributions,
)
from attribution.network import LayerInfo, Network
from attribution.result import Attribution
from attribution.walks import Walk, walk
from attribution.zoo import load

__all__ = [
    "METHODS",
    "AblationCurve",
    "Attribution",
    "AttributionError",
    "Convergence",
    "InvalidImage",
    "InvalidRequest",
    "InvalidSequence",
    "LayerInfo",
    "Method",
    "Multipliers",
    "Network",
    "Report",
    "UnknownLayer",
    "UnsupportedModel",
    "UnsupportedOperation",
    "Walk",
    "ablate",
    "ablated_outputs",
    "ablation_curve",
    "activation_difference",
    "baselines",
    "check",
    "conductance_by_input",
    "convergence",
    "deeplift",
    "deeplift_multipliers",
    "direct_conductance",
    "filters",
    "gradient_times_activation",
    "gradient_times_difference",
    "hypothetical_contributions",
    "images",
    "internal_influence",
    "load",
    "motifs",
    "neuron_integrated_gradients",
    "sequences",
    "walk",
    "zoo",
]
