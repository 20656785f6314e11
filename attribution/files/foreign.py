"""Files that are no Keras model: what each is, by its first bytes, and what its owner can do."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

ZIP = b"PK\x03\x04"
HDF5 = b"\x89HDF\r\n\x1a\n"
HEAD = 1024
"""Bytes of a file that suffice to know it."""

_EXPORT = "load the Keras model that it was made from, or build it anew in Keras"
_SAVE = "save the model itself, with model.save('NAME.keras')"

_SIGNS: tuple[tuple[str, Callable[[bytes], bool], str], ...] = (
    ("is empty (0 bytes)", lambda head: not head, "copy or download it again"),
    (
        "is a pointer of Git LFS, not the file itself",
        lambda head: head.startswith(b"version https://git-lfs"),
        "fetch it with git lfs pull",
    ),
    (
        "is a web page, not a model",
        lambda head: head.lstrip().lower().startswith((b"<!doctype", b"<html")),
        "download the file itself, not the page that shows it",
    ),
    ("is a TFLite model, which has no layers any more", lambda h: h[4:8] == b"TFL3", _EXPORT),
    (
        "is a pickle, which runs code when it is opened",
        lambda head: head[:1] == b"\x80" and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"),
        "load it yourself if you trust it, and pass attribution.Network(keras_model)",
    ),
    (
        "is a safetensors file, which holds weights only",
        lambda head: head[8:10] == b'{"' and int.from_bytes(head[:8], "little") < 2**27,
        "build the model in Keras, load the weights into it, and pass attribution.Network(model)",
    ),
    (
        "is an ONNX model",
        lambda head: head[:1] == b"\x08" and head[2:3] in (b"\x12", b"\x3a", b"\x42"),
        _EXPORT,
    ),
    (
        "holds the JSON text of an architecture, without weights",
        lambda head: head.lstrip()[:1] == b"{",
        _SAVE,
    ),
    (
        "is compressed with gzip",
        lambda head: head.startswith(b"\x1f\x8b"),
        "unpack it first",
    ),
)


def about(path: Path, head: bytes) -> str | None:
    """What a file is and the mend, as the rest of a sentence; None where it is not known.

    head : the first `HEAD` bytes of the file.
    """
    if head.startswith(ZIP):
        return _about_zip(path)
    for what, is_so, mend in _SIGNS:
        if is_so(head):
            return f"{what}: {mend}."
    return None


def about_folder(path: Path) -> str:
    """The same for a folder."""
    if (path / "saved_model.pb").exists():
        return (
            "is a SavedModel folder, which Keras 3 cannot turn back into layers: load it with "
            "tf_keras and save the model in code as .keras."
        )
    if (path / "config.json").exists():
        return "is the unpacked content of a .keras file: zip it again, without a folder."
    return "is a folder, not a file: give the path of the model file in it."


def _about_zip(path: Path) -> str | None:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, NotImplementedError):
        return None  # a damaged one is reported as such
    if any(name.endswith("data.pkl") for name in names):
        return f"is a PyTorch file: {_EXPORT}."
    if names and all(name.endswith(".npy") for name in names):
        return f"is a file of NumPy arrays, without a model: {_SAVE}."
    if any(name.endswith("saved_model.pb") for name in names):
        return "is a zipped SavedModel folder: unpack it, load it with tf_keras, save as .keras."
    return None
