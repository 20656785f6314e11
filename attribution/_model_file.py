"""Model files: a Keras model from a file of anybody's, or one sentence that says why not.

Keras is asked last, and twice: first for a rehearsal that allocates nothing but what the file
holds, so that a description of terabytes is refused for not being that of the weights.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import keras
import tensorflow as tf

from attribution import _foreign, _model_contents
from attribution._model_contents import Description
from attribution.errors import AttributionError, UnsupportedModel, one_line

SUFFIXES = (".keras", ".h5", ".hdf5")

DAMAGE = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    ImportError,
    LookupError,
    MemoryError,
    NameError,
    OSError,
    RuntimeError,  # RecursionError and NotImplementedError are such
    SyntaxError,
    SystemError,  # h5py's, where an error stops one of its visitors
    TypeError,
    ValueError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
    tf.errors.OpError,
)
"""What zipfile, h5py, Keras and TensorFlow raise for files that were changed by accident or ill
will: a wrong word in a description can surface anywhere in them."""

_CODE = ("Lambda", "__lambda__", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer")
_UNKNOWN = re.compile(r"Could not locate (?:class|function) '([^']+)'|Unknown \w+: '?([\w>.]+)")
_MISFIT = re.compile(r"could not be loaded|expected \d+ variables|shape|saved weights|weight count")


def read(path: Path) -> keras.Model:
    """The model in a .keras, .h5 or .hdf5 file, not compiled.

    Raises
    ------
    UnsupportedModel : there is no such file, it is something else, damaged, larger inside than
        outside, or holds code, weights without a model, or layers that are not known here.
    """
    name = one_line(path.name or str(path))
    _check_kind(path, name)
    try:
        archive = _is(path, _foreign.ZIP)
        found = (_model_contents.keras_archive if archive else _model_contents.hdf5)(path, name)
    except AttributionError:
        raise
    except DAMAGE as error:
        raise UnsupportedModel(
            f"{name} is damaged, incomplete or cannot be read: copy or save it again."
        ) from error
    try:
        if not _prepared(found, name):
            with ThreadPoolExecutor(1) as apart:  # Keras keeps what it builds there by thread
                apart.submit(_rehearse, path, name).result()
        return keras.models.load_model(path, compile=False)
    except AttributionError:
        raise
    except DAMAGE as error:
        raise UnsupportedModel(_why(name, error, found.version)) from error


def _check_kind(path: Path, name: str) -> None:
    """Refuse what is no Keras file by name or first bytes, with what it is."""
    if path.is_dir():
        raise UnsupportedModel(f"{name} {_foreign.about_folder(path)}")
    if not path.is_file():
        raise UnsupportedModel(
            f"{name} is no file but a device or a pipe: copy what it holds into a file."
            if path.exists()
            else f"There is no file {name!r}."
        )
    try:
        with path.open("rb") as file:
            head = file.read(_foreign.HEAD)
    except OSError as error:
        raise UnsupportedModel(
            f"{name} cannot be read: {error.strerror or 'no access'}."
        ) from error
    foreign = _foreign.about(path, head)
    if foreign:
        raise UnsupportedModel(f"{name} {foreign}")
    wanted = (".keras",) if head.startswith(_foreign.ZIP) else (".h5", ".hdf5")
    if path.suffix not in wanted:
        raise UnsupportedModel(
            f"{name} looks like a {wanted[0]} file by its first bytes: rename it to end in "
            f"{wanted[0]}, in small letters."
        )


def _is(path: Path, magic: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(magic)) == magic


def _prepared(found: Description, name: str) -> bool:
    """Whether the model uses classes of the user's own, which run as they do and are trusted."""
    everything = [value for _, value in _model_contents.values(found.config)]
    for value in everything:
        kind = value.get("class_name") if isinstance(value, dict) else None
        if isinstance(kind, str) and kind in _CODE:
            raise UnsupportedModel(
                f"{name} contains Python code in a {kind} layer, which is not run "
                "from a file: load it yourself if you trust it, and pass "
                "attribution.Network(model)."
            )
    words = {value for value in everything if isinstance(value, str)}
    return any(keras.saving.get_registered_object(word) is not None for word in words)


def _rehearse(path: Path, name: str) -> None:
    """Load the model without giving its variables a value: raises what loading raises.

    Keras leaves weights that it does not find at random values, with a warning: here they are
    refused. The variables are those of this thread and vanish with it.
    """
    with keras.StatelessScope(initialize_variables=False) as scope:
        model = keras.models.load_model(path, compile=False)
    if any(scope.get_current_value(weight) is None for weight in model.weights):
        raise UnsupportedModel(_misfit(name))


def _why(name: str, error: BaseException, version: str) -> str:
    """Keras's many words for a file that it cannot load, as one sentence with the mend."""
    message = str(error)
    unknown = _UNKNOWN.search(message)
    if unknown:
        which = one_line(unknown[1] or unknown[2])
        return (
            f"{name} uses a custom layer or function {which!r} that is not known here: import the "
            "module that defines it and register it with "
            "keras.saving.register_keras_serializable, then load again."
        )
    if "safe_mode" in message or "deserialization is disallowed" in message:
        return (
            f"{name} contains Python code or reads other files, which is not done from a model "
            "file: load it yourself if you trust it, and pass attribution.Network(model)."
        )
    if isinstance(error, MemoryError | tf.errors.ResourceExhaustedError):
        return f"{name} needs more memory than there is: load it on a larger machine."
    if _MISFIT.search(message):
        return _misfit(name)
    by = f", which Keras {one_line(version, 20)} wrote," if version else ""
    return (
        f"{name} describes a model{by} that Keras {keras.__version__} cannot build: it is damaged "
        "or older; load it with the version that saved it and save it again as .keras."
    )


def _misfit(name: str) -> str:
    return (
        f"{name} holds weights that do not fit the layers it describes: it is damaged or was "
        "changed; save the model again."
    )
