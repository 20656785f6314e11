"""Networks to start from: the bundled ones by name, any other from a Keras file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from attribution.bundled import ASSETS, MODELS
from attribution.errors import AttributionError, UnsupportedModel, one_line

if TYPE_CHECKING:
    from attribution.cards import Card
    from attribution.network import Network


def cards() -> Mapping[str, Card]:
    """The cards of the bundled models by name."""
    from attribution.cards import bundled  # which loads pydantic

    return bundled()


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
    if str(source) in MODELS:
        path = ASSETS / "models" / f"{source}.keras"
        return Network(keras.models.load_model(path, compile=False))
    path = Path(source)
    if path.suffix.lower() not in model_file.SUFFIXES:
        raise UnsupportedModel(
            model_file.other(path)
            or f"{one_line(str(source))!r} is neither a bundled model ({', '.join(MODELS)}) nor a "
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
