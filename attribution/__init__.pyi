"""The public list: what `import attribution` gives, loaded when it is first used."""

from . import (
    arrays,
    baselines,
    cards,
    errors,
    fields,
    filters,
    images,
    motifs,
    profile,
    sequences,
    series,
    tables,
    tokens,
    zoo,
)
from .ablation import AblationCurve, ablate, ablated_outputs, ablation_curve
from .by_input import conductance_by_input
from .cards import Card
from .checkup import Report, check
from .comparators import (
    activation_difference,
    gradient_times_activation,
    gradient_times_difference,
    internal_influence,
)
from .contributions import deeplift
from .convergences import Convergence, convergence
from .direct import direct_conductance
from .errors import (
    AttributionError,
    InvalidArray,
    InvalidCard,
    InvalidImage,
    InvalidRequest,
    InvalidSequence,
    InvalidSeries,
    InvalidTable,
    InvalidTokens,
    UnknownLayer,
    UnsupportedModel,
    UnsupportedOperation,
)
from .integrated import neuron_integrated_gradients
from .layers import LayerInfo
from .methods import METHODS, Method
from .multipliers import Multipliers, deeplift_multipliers, hypothetical_contributions
from .network import Network
from .request import Request
from .result import Attribution
from .showing import Dashboard, show
from .walks import walk
from .waypoints import Walk
from .zoo import load

__all__ = [
    "METHODS",
    "AblationCurve",
    "Attribution",
    "AttributionError",
    "Card",
    "Convergence",
    "Dashboard",
    "InvalidArray",
    "InvalidCard",
    "InvalidImage",
    "InvalidRequest",
    "InvalidSequence",
    "InvalidSeries",
    "InvalidTable",
    "InvalidTokens",
    "LayerInfo",
    "Method",
    "Multipliers",
    "Network",
    "Report",
    "Request",
    "UnknownLayer",
    "UnsupportedModel",
    "UnsupportedOperation",
    "Walk",
    "ablate",
    "ablated_outputs",
    "ablation_curve",
    "activation_difference",
    "arrays",
    "baselines",
    "cards",
    "check",
    "conductance_by_input",
    "convergence",
    "deeplift",
    "deeplift_multipliers",
    "direct_conductance",
    "errors",
    "fields",
    "filters",
    "gradient_times_activation",
    "gradient_times_difference",
    "hypothetical_contributions",
    "images",
    "internal_influence",
    "load",
    "motifs",
    "neuron_integrated_gradients",
    "profile",
    "sequences",
    "series",
    "show",
    "tables",
    "tokens",
    "walk",
    "zoo",
]

__version__: str
