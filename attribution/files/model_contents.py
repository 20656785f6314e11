"""Zip archives and HDF5 files, looked at before anything in them is used.

A file may say that it unpacks to terabytes, name members outside its folder, point to other files,
or nest its description a thousand deep. Whatever is read here is read within bounds that follow
from the size of the file.
"""

from __future__ import annotations

import io
import json
import stat
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import h5py

from attribution.errors import UnsupportedModel
from attribution.files.model_arrays import AGAIN, bomb, check_arrays, swollen

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
MAX_CONFIG = 16 * 2**20
MAX_DEPTH = 100
MAX_PARTS = 50_000
"""Layers and what they are made of, in all calls; the largest networks of Keras have 6,000."""
MAX_CHAIN = 400
"""Layers of a Sequential: Keras builds all of them anew for each that it adds."""
MAX_MEMBERS = 10_000


@dataclass(frozen=True)
class Description:
    """What a file says of its model: the parsed config, and which Keras wrote it ("" if unsaid)."""

    config: dict[str, Any]
    version: str


def keras_archive(path: Path, name: str) -> Description:
    """The description in a .keras file, whose members are all whole and within bounds.

    Raises
    ------
    UnsupportedModel : a file that must not be opened, or holds no model. A damaged one raises what
        zipfile, zlib, json and h5py raise.
    """
    size = path.stat().st_size
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        for member in members:
            _check_member(member, name)
        if len(members) > MAX_MEMBERS or swollen(sum(m.file_size for m in members), size):
            raise UnsupportedModel(bomb(name))
        names = [member.filename for member in members]
        if len(set(names)) != len(names):
            raise UnsupportedModel(f"{name} holds two members of one name: save the model again.")
        if CONFIG not in names:
            raise UnsupportedModel(without_model(name) if WEIGHTS in names else nothing(name))
        if WEIGHTS not in names:
            raise UnsupportedModel(
                f"{name} describes a model but holds no {WEIGHTS}: save the whole model again."
            )
        config = _parsed(archive.read(CONFIG), name)
        metadata = _parsed(archive.read(METADATA), name) if METADATA in names else {}
        weights = archive.read(WEIGHTS)  # to its end, where the checksum is
    with h5py.File(io.BytesIO(weights), "r") as file:
        check_arrays(file, len(weights), name)
    version = metadata.get("keras_version")
    return Description(config, version if isinstance(version, str) else "")


def hdf5(path: Path, name: str) -> Description:
    """The same of a whole model in HDF5."""
    with h5py.File(path, "r") as file:
        check_arrays(file, path.stat().st_size, name)
        text, version = file.attrs.get("model_config"), file.attrs.get("keras_version", "")
        if text is None:
            known = {"layer_names", "keras_version"} & set(file.attrs)
            known |= {"layers", "_layer_checkpoint_dependencies", "vars"} & set(file)
            raise UnsupportedModel(without_model(name) if known else nothing(name))
        if not isinstance(text, str | bytes):
            raise UnsupportedModel(_undescribed(name))
        if "model_weights" not in file:
            raise UnsupportedModel(
                f"{name} describes a model but holds no weights: save the whole model again."
            )
    version = version.decode(errors="replace") if isinstance(version, bytes) else version
    raw = text.encode() if isinstance(text, str) else text
    return Description(_parsed(raw, name), version if isinstance(version, str) else "")


def values(config: Any) -> Iterator[tuple[int, Any]]:
    """(depth, value) of everything in parsed JSON, without recursion."""
    rest = [(1, config)]
    while rest:
        depth, value = rest.pop()
        yield depth, value
        if isinstance(value, dict | list):
            inner = value.values() if isinstance(value, dict) else value
            rest.extend((depth + 1, v) for v in inner)


def calls(config: Any, wanted: Callable[[dict[str, Any]], bool]) -> int:
    """How often parts of a model are called: ten calls of a model that calls another ten times are
    a hundred, in a file that describes either once."""
    if isinstance(config, list):
        return sum(calls(part, wanted) for part in config)
    if not isinstance(config, dict):
        return 0
    nodes = config.get("inbound_nodes")
    times = max(1, len(nodes)) if isinstance(nodes, list) else 1
    inner = sum(calls(part, wanted) for key, part in config.items() if key != "inbound_nodes")
    return times * (inner + wanted(config))


def without_model(name: str) -> str:
    """The refusal of a file of weights."""
    return (
        f"{name} holds weights without a model: build the model in code, load the weights into it, "
        "and pass attribution.Network(model)."
    )


def nothing(name: str) -> str:
    """The refusal of another program's container."""
    return (
        f"{name} was not written by Keras, or parts of it are missing: save the model with "
        "model.save('NAME.keras')."
    )


def _parsed(text: bytes, name: str) -> dict[str, Any]:
    if len(text) > MAX_CONFIG:
        raise UnsupportedModel(
            f"{name} describes its model in {len(text) / 2**20:.0f} MB of text; at most "
            f"{MAX_CONFIG // 2**20} MB are read."
        )
    try:
        config = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnsupportedModel(_undescribed(name)) from error
    if not isinstance(config, dict):
        raise UnsupportedModel(_undescribed(name))
    _check_config(config, name)
    return config


def _check_config(config: dict[str, Any], name: str) -> None:
    if any(depth > MAX_DEPTH for depth, _ in values(config)):
        raise UnsupportedModel(
            f"{name} nests the description of its model more than {MAX_DEPTH} deep, which no "
            "model of Keras does: save it again."
        )
    if calls(config, lambda part: "class_name" in part) > MAX_PARTS:
        raise UnsupportedModel(
            f"{name} describes a model of more than {MAX_PARTS:,} parts, counted as often as they "
            "are called: save a part of it as a model of its own."
        )
    if sum(n**2 for n in _chains(config)) > MAX_CHAIN**2:
        raise UnsupportedModel(
            f"{name} describes a Sequential model of more than {MAX_CHAIN} layers, which Keras "
            "builds too slowly: build it as a keras.Model of inputs and outputs."
        )


def _chains(config: dict[str, Any]) -> Iterator[int]:
    """The number of layers of each Sequential."""
    for _, value in values(config):
        if isinstance(value, dict) and value.get("class_name") == "Sequential":
            inner = value.get("config")
            layers = inner.get("layers") if isinstance(inner, dict) else inner
            yield len(layers) if isinstance(layers, list) else 0


def _check_member(member: zipfile.ZipInfo, name: str) -> None:
    if member.flag_bits & 0x1:
        raise UnsupportedModel(f"{name} is encrypted: unpack it and zip it without a password.")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise UnsupportedModel(f"{name} is compressed in a way that Keras does not use: {AGAIN}")
    inside = PurePosixPath(member.filename.replace("\\", "/"))
    escapes = inside.is_absolute() or ".." in inside.parts or ":" in member.filename
    if escapes or stat.S_ISLNK(member.external_attr >> 16):
        raise UnsupportedModel(f"{name} holds a member that lies outside the archive: {AGAIN}")


def _undescribed(name: str) -> str:
    return f"{name} is damaged: the description of its model is not the JSON of Keras; {AGAIN}"
