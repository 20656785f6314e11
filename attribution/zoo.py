"""Networks to start from: the bundled ones by name, any other from a Keras file."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from attribution.bundled import ASSETS
from attribution.errors import AttributionError, UnsupportedModel, one_line

if TYPE_CHECKING:
    from attribution.network import Network


@dataclass(frozen=True)
class Sample:
    """A bundled input: a photograph or a sequence, whose it is and what to look for.

    target : the output that it is an example of, where that is known.
    """

    name: str
    title: str
    kind: str
    path: Path
    look_for: str
    credit: str
    licence: str
    target: int | None = None


@dataclass(frozen=True)
class Card:
    """A bundled model: its file, what it takes and what its outputs are called; where it is from.

    kind : "image" or "sequence"; `input` holds the arguments of images.ImageInput, or the length of
    a sequence. names : where those of its outputs are from, and their licence; or empty.
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
    source: str = field(default="", kw_only=True)
    licence: str = field(default="", kw_only=True)
    names: str = field(default="", kw_only=True)


@functools.cache
def cards() -> Mapping[str, Card]:
    """The bundled models by name, as assets/manifest.json lists them."""
    manifest = json.loads((ASSETS / "manifest.json").read_text(encoding="utf-8"))
    samples = {
        name: Sample(
            name=name,
            path=ASSETS / entry["file"],
            **{k: entry[k] for k in ("title", "kind", "look_for", "credit", "licence")},
            target=entry.get("target"),
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
                **{k: entry.get(k, "") for k in ("source", "licence", "names")},
            )
            for name, entry in manifest["models"].items()
        }
    )


def load(source: str | Path) -> Network:
    """A bundled network by name, or any Keras model from a .keras, .h5 or .hdf5 file.

    A file is looked at before Keras builds anything from it: it may not unpack to far more than its
    size, hold code, or point to other files. Custom layers must be registered with
    `keras.saving.register_keras_serializable` before; they run as you wrote them.

    Raises
    ------
    UnsupportedModel : no such name or file; something else than a Keras model, with what it is;
        weights without a model; an unknown custom layer; a damaged or oversized file. One sentence.
    """
    import keras  # here, so that the cards need no TensorFlow

    from attribution.files import model_file
    from attribution.network import Network
    from attribution.trace import unsupported

    unsupported.refuse_backend()
    if str(source) in cards():
        return Network(keras.models.load_model(cards()[str(source)].path, compile=False))
    path = Path(source)
    if path.suffix.lower() not in model_file.SUFFIXES:
        raise UnsupportedModel(
            model_file.other(path)
            or f"{one_line(str(source))!r} is neither a bundled model ({', '.join(cards())}) nor a "
            f"file that ends in {', '.join(model_file.SUFFIXES)}."
        )
    model = model_file.read(path)
    try:
        return Network(model)
    except AttributionError as error:
        raise UnsupportedModel(one_line(f"{path.name}: {error}", 500)) from error
    except model_file.DAMAGE as error:
        raise UnsupportedModel(
            f"{one_line(path.name)} can be loaded, but not run as a graph: its layers do not fit "
            "together; save the model again."
        ) from error
