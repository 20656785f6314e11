"""Where the bundled models, samples, motifs and records lie, and what the models are called."""

from pathlib import Path

_HERE = Path(__file__).resolve().parent
_INSTALLED = _HERE / "assets"

ASSETS = _INSTALLED if _INSTALLED.is_dir() else _HERE.parent / "assets"
"""The folder `assets`: beside the library in its repository, within it once it is installed."""

MODELS = (
    "efficientnet-lite0",
    "tal1-gata1",
    "splice-donor",
    "wine",
    "reviews",
    "machine",
    "digits",
)
"""Their names, in the order in which they are shown; `models` holds NAME.keras and NAME.yaml."""
