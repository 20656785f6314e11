"""Model files: a Keras model from a file of anybody's, or one sentence that says why not.

Keras is asked last, and twice: first for a rehearsal that allocates nothing but what the file
holds, so that a description of terabytes is refused for not being that of the weights.
"""

from __future__ import annotations

import gc
import math
import os
import re
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from attribution.errors import AttributionError, UnsupportedModel, one_line
from attribution.files import foreign as _foreign
from attribution.files import model_contents, sizes, unrolled
from attribution.files.model_contents import Description

_SUFFIXES = {_foreign.ZIP: (".keras",), _foreign.HDF5: (".h5", ".hdf5")}
SUFFIXES = tuple(suffix for suffixes in _SUFFIXES.values() for suffix in suffixes)

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
_LARGE = 2**20  # bytes
_HOMES = ("keras", "builtins")
_UNKNOWN = re.compile(
    r"Could not (?:locate|deserialize) (?:class |function )?'(?:[\w.]+\.)?([^'.]+)'"
    r"|Could not interpret [\w ]+ identifier: (\w+)|Unknown \w+: '?([\w>]+)"
)
_MISFIT = re.compile(
    r"could not be loaded|[Cc]ount mismatch|[Ss]hape mismatch|incompatible with the layer"
    r"|must match"
)


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
        found = (model_contents.keras_archive if archive else model_contents.hdf5)(path, name)
    except AttributionError:
        raise
    except DAMAGE as error:
        raise UnsupportedModel(_damaged(name)) from error
    try:
        sizes.check_tables(found.config, name)
        trusted = _prepared(found, name)
        with _unpacked(path) as whole:
            if not trusted:
                with ThreadPoolExecutor(1) as apart:  # Keras keeps what it builds there by thread
                    apart.submit(unrolled.check, found.config, name).result()
                    apart.submit(_rehearse, whole, name).result()
                gc.collect()  # the rehearsal's arrays, before those of the model
            return keras.models.load_model(whole, compile=False)
    except AttributionError:
        raise
    except DAMAGE as error:
        raise UnsupportedModel(_why(name, error, found.version)) from error


@contextmanager
def _unpacked(path: Path) -> Iterator[Path]:
    """What Keras loads: of an archive, whose members were checked, a folder for as long as it
    takes. From an archive Keras reads all weights into memory, beside those of the model."""
    if not _is(path, _foreign.ZIP):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="attribution-") as folder:
        with zipfile.ZipFile(path) as archive:
            archive.extractall(folder)
        yield Path(folder)


def other(path: Path) -> str | None:
    """The refusal of what is known to be something else than a .keras or .h5 file, else None."""
    name = one_line(path.name or str(path))
    if os.path.isdir(path):
        return f"{name} {_foreign.about_folder(path)}"
    if not os.path.isfile(path):
        device = f"{name} is no file but a device or a pipe: copy what it holds into a file."
        return device if os.path.exists(path) else None
    try:
        with path.open("rb") as file:
            head = file.read(_foreign.HEAD)
    except OSError as error:
        return f"{name} cannot be read: {error.strerror or 'no access'}."
    foreign = _foreign.about(path, head)
    if foreign:
        return f"{name} {foreign}"
    for magic, suffixes in _SUFFIXES.items():
        if head.startswith(magic) and path.suffix not in suffixes:
            return (
                f"{name} looks like a {suffixes[0]} file by its first bytes: rename it to end in "
                f"{suffixes[0]}, in small letters."
            )
    return None


def _check_kind(path: Path, name: str) -> None:
    """Refuse what is no Keras file, with what it is."""
    sentence = other(path)
    if sentence is None and not os.path.isfile(path):
        sentence = f"There is no file {name!r}."
    if sentence is None and not any(_is(path, magic) for magic in _SUFFIXES):
        sentence = _damaged(name)
    if sentence:
        raise UnsupportedModel(sentence)


def _is(path: Path, magic: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(magic)) == magic


def _prepared(found: Description, name: str) -> bool:
    """Whether the model uses classes of the user's own, which run as they do and are trusted."""
    everything = [value for _, value in model_contents.values(found.config)]
    for value in everything:
        kind = value.get("class_name") if isinstance(value, dict) else None
        if isinstance(kind, str) and kind in _CODE:
            raise UnsupportedModel(
                f"{name} contains Python code in a {kind} layer, which is not run "
                "from a file: load it yourself if you trust it, and pass "
                "attribution.Network(model)."
            )
        _check_home(value, name)
    words = {value for value in everything if isinstance(value, str)}
    return any(keras.saving.get_registered_object(word) is not None for word in words)


def _check_home(part: Any, name: str) -> None:
    """Refuse what names a module beside those of Keras, before Keras looks for it: only what a
    program has registered may."""
    if not isinstance(part, dict) or "class_name" not in part:
        return
    module, own = part.get("module"), (part.get("registered_name"), part.get("class_name"))
    ours = module is None or str(module).partition(".")[0] in _HOMES
    if not ours and not any(keras.saving.get_registered_object(str(n)) for n in own):
        raise UnsupportedModel(_unknown(name, str(part["class_name"])))


class _Rehearsal(keras.StatelessScope):
    """What the variables are given, but of large ones the shape alone: nothing reads these."""

    def add_update(self, update: Any) -> None:
        variable, value = update
        if value.dtype.size * math.prod(value.shape) > _LARGE:
            value = np.broadcast_to(np.zeros((), value.dtype.as_numpy_dtype), value.shape)
        super().add_update((variable, value))


def _rehearse(path: Path, name: str) -> None:
    """Load the model without giving its variables a value: raises what loading raises.

    Keras leaves weights that it does not find at random values, with a warning: here they are
    refused. The variables are those of this thread and vanish with it.
    """
    with _Rehearsal(initialize_variables=False) as scope:
        model = keras.models.load_model(path, compile=False)
    sizes.check_outputs(model, name)
    if any(scope.get_current_value(weight) is None for weight in model.weights):
        raise UnsupportedModel(_misfit(name))


def _why(name: str, error: BaseException, version: str) -> str:
    """Keras's many words for a file that it cannot load, as one sentence with the mend."""
    message = str(error).rpartition("Exception encountered:")[2]  # after the whole description
    unknown = _UNKNOWN.search(message)
    if unknown:
        return _unknown(name, next(filter(None, unknown.groups())))
    if "safe_mode" in message or "deserialization is disallowed" in message:
        return (
            f"{name} contains Python code or reads other files, which is not done from a model "
            "file: if you trust it, load it in a program of your own and pass "
            "attribution.Network(model)."
        )
    if isinstance(error, MemoryError | tf.errors.ResourceExhaustedError):
        return f"{name} needs more memory than there is: load it on a larger machine."
    if _MISFIT.search(message):
        return _misfit(name)
    other = version and version != keras.__version__
    by = f", which Keras {one_line(version, 20)} wrote," if other else ""
    return (
        f"{name} describes a model{by} that Keras {keras.__version__} cannot build: it is damaged "
        "or older; load it with the version that saved it and save it again as .keras."
    )


def _unknown(name: str, which: str) -> str:
    return (
        f"{name} uses a function or custom layer that is not known here, {one_line(which)!r}: in a "
        "program of your own, import the module that defines it, registered with "
        "keras.saving.register_keras_serializable, before attribution.load; no command and no "
        "page runs code of yours."
    )


def _misfit(name: str) -> str:
    return (
        f"{name} holds weights that do not fit the layers it describes: it is damaged or was "
        "changed; save the model again."
    )


def _damaged(name: str) -> str:
    return (
        f"{name} cannot be read as a Keras model: it is damaged, incomplete or something else; "
        "copy it again, or save the model with model.save('NAME.keras')."
    )
