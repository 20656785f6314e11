"""Networks to start from: the bundled ones by name, any other from a Keras file."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import keras

from attribution import _unsupported
from attribution.errors import UnsupportedModel
from attribution.network import Network

ASSETS = Path(__file__).resolve().parent.parent / "assets"
SUFFIXES = (".keras", ".h5", ".hdf5")


@dataclass(frozen=True)
class Sample:
    """A bundled input: a photograph or a sequence, whose it is and what to look for."""

    name: str
    title: str
    kind: str
    path: Path
    look_for: str
    credit: str
    licence: str


@dataclass(frozen=True)
class Card:
    """A bundled model: its file, what it takes and what its outputs are called.

    kind : "image" or "sequence"; `input` holds the arguments of images.ImageInput, or the length of
    a sequence.
    """

    name: str
    title: str
    summary: str
    kind: str
    path: Path
    input: Mapping[str, Any]
    labels: tuple[str, ...]
    default_layer: str
    samples: tuple[Sample, ...]


@functools.cache
def cards() -> Mapping[str, Card]:
    """The bundled models by name, as assets/manifest.json lists them."""
    manifest = json.loads((ASSETS / "manifest.json").read_text(encoding="utf-8"))
    samples = {
        name: Sample(
            name=name,
            path=ASSETS / entry["file"],
            **{k: entry[k] for k in ("title", "kind", "look_for", "credit", "licence")},
        )
        for name, entry in manifest["samples"].items()
    }
    return MappingProxyType(
        {
            name: Card(
                name=name,
                path=ASSETS / entry["file"],
                labels=tuple(json.loads((ASSETS / entry["labels"]).read_text(encoding="utf-8"))),
                samples=tuple(samples[s] for s in entry["samples"]),
                **{k: entry[k] for k in ("title", "summary", "kind", "input", "default_layer")},
            )
            for name, entry in manifest["models"].items()
        }
    )


def load(source: str | Path) -> Network:
    """A bundled network by name, or any Keras model from a .keras, .h5 or .hdf5 file.

    A model file is code: load only files that you trust. Custom layers must be registered with
    `keras.saving.register_keras_serializable` before.

    Raises
    ------
    UnsupportedModel : no such name or file, weights without a model, an unknown custom layer, or a
        file that Keras cannot read.
    """
    _unsupported.refuse_backend()
    if str(source) in cards():
        return Network(keras.models.load_model(cards()[str(source)].path, compile=False))
    path = Path(source)
    if path.suffix.lower() not in SUFFIXES:
        raise UnsupportedModel(
            f"{str(source)!r} is neither a bundled model ({', '.join(cards())}) nor a file that "
            f"ends in {', '.join(SUFFIXES)}."
        )
    if not path.is_file():
        raise UnsupportedModel(f"There is no file {str(source)!r}.")
    try:
        model = keras.models.load_model(path, compile=False)
    except (ValueError, TypeError, OSError, KeyError) as error:
        raise UnsupportedModel(_why(path, str(error))) from error
    return Network(model)


def _why(path: Path, message: str) -> str:
    """Keras's many words for a file it cannot read, as one sentence with the mend."""
    if "No model config found" in message or "model_config" in message:
        return (
            f"{path.name} holds weights without a model: build the model in code, load the weights "
            "into it, and pass attribution.Network(model)."
        )
    if "Could not locate class" in message or "Unknown layer" in message:
        return (
            f"{path.name} uses a custom layer that is not known here: import the module that "
            "defines it and register it with keras.saving.register_keras_serializable, then "
            "load again."
        )
    if "Lambda" in message or "safe_mode" in message:
        return (
            f"{path.name} contains Python code in a Lambda layer, which is not run from a file: "
            "load it yourself if you trust it, and pass attribution.Network(model)."
        )
    return f"{path.name} cannot be read as a Keras model: {message.strip().splitlines()[0][:200]}"
