"""Arrays nobody should open: .npy files whose headers lie, saved results that were changed."""

import functools
import io
import json
import random
import struct
import zipfile
from pathlib import Path

import keras
import numpy as np

from attribution import (
    Attribution,
    InvalidArray,
    InvalidRequest,
    Network,
    arrays,
    neuron_integrated_gradients,
)
from attribution.commands import reading
from tests.hostile.models import refusal, unzipped, zipped
from tests.hostile.mutate import damaged

_DESCRIPTIONS = (
    "<f4",
    ">f8",
    "<i8",
    "|b1",
    "|O",
    "<U9",
    "<c8",
    "|V8",
    "<M8[s]",
    "f4,i4",
    "<f99",
    "",
)
_SHAPES = (
    "(2, 3)", "(3,)", "(0, 3)", "()", "(2, 0, 3)", "(-1, 3)", "(99999999999, 3)", "(2.5, 3)",
    "(True, 3)", "(2**40, 3)", "[2, 3]", "None", "(" * 300 + ")" * 300, "(" + "1," * 70 + ")",
)  # fmt: skip


@functools.cache
def network() -> Network:
    """Three numbers in, two out."""
    keras.utils.set_random_seed(0)
    hidden = keras.layers.Dense(4, "relu", name="hidden")
    return Network(keras.Sequential([keras.Input((3,)), hidden, keras.layers.Dense(2)]))


def make(rng: random.Random) -> bytes:
    """The content of an .npy file."""
    if rng.random() < 0.5:
        buffer = io.BytesIO()
        values = rng.choice((1.0, 1e300, float("nan"), -1e-300))
        kind = rng.choice(("f4", "f8", ">f4", "i4", "u8", "bool", "c8", "f2"))
        with np.errstate(all="ignore"):
            array = np.full(rng.choice(((2, 3), (3,), (1, 3), (3, 3))), values).astype(kind)
        np.save(buffer, np.asfortranarray(array) if rng.random() < 0.2 else array)
        return damaged(buffer.getvalue(), rng) if rng.random() < 0.7 else buffer.getvalue()
    order = rng.choice(("False", "True", "None", "0"))
    header = (
        f"{{'descr': '{rng.choice(_DESCRIPTIONS)}', 'fortran_order': {order}, "
        f"'shape': {rng.choice(_SHAPES)}, }}"
    ).encode()
    version = rng.choice((b"\1\0", b"\1\0", b"\2\0", b"\3\0", b"\7\0"))
    size = struct.pack("<H" if version == b"\1\0" else "<I", len(header) + 1)
    numbers = np.ones(6, "f4").tobytes()
    return b"\x93NUMPY" + version + size + header + b"\n" + numbers


def attempt(data: bytes, folder: Path) -> bool:
    """Whether the command line takes the file as an input."""
    path = folder / "x.npy"
    path.write_bytes(data)
    net = network()
    try:
        with np.errstate(all="ignore"):  # as the command does
            (x,) = net.arrays(reading.read_input(net, str(path)).x)
    except InvalidRequest as error:
        refusal(str(error))
        return False
    assert x.dtype == np.float32
    assert x.shape[1:] == (3,)
    return True


def make_upload(rng: random.Random) -> tuple[str, bytes]:
    """The name and the content of a file of numbers."""
    match rng.randrange(3):
        case 0:
            return "x.npy", make(rng)
        case 1:
            members = {f"{n}.npy": make(rng) for n in rng.sample("abcd", rng.choice((1, 1, 2, 4)))}
            data = zipped(members, rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)))
            return "x.npz", damaged(data, rng) if rng.random() < 0.4 else data
    rows = "\n".join("1,2.5,-3e2" for _ in range(rng.randint(1, 4)))
    data = (rng.choice(("", "a,b,c\n")) + rows).encode()
    return "x.csv", damaged(data, rng) if rng.random() < 0.7 else data


def attempt_upload(given: tuple[str, bytes], folder: Path) -> bool:
    """Whether the file is read, as examples of the shape that was asked for."""
    name, data = given
    try:
        with np.errstate(all="ignore"):
            found = arrays.read(data, name, (3,))
    except InvalidArray as error:
        refusal(str(error))
        return False
    assert found
    for array in found:
        assert (array.values.shape, array.values.dtype) == ((3,), np.float32)
        assert np.isfinite(array.values).all()
    return True


@functools.cache
def saved() -> tuple[bytes, ...]:
    """Whole saved results."""
    found = []
    for options in ({}, {"target": {0: 1.0, 1: -1.0}}, {"baseline": [np.zeros(3), np.ones(3)]}):
        result = neuron_integrated_gradients(network(), np.ones((2, 3)), "hidden", **options)
        buffer = io.BytesIO()
        result.save(buffer)
        found.append(buffer.getvalue())
    return tuple(found)


def make_saved(rng: random.Random) -> bytes:
    """The content of a saved result's file."""
    data = rng.choice(saved())
    if rng.random() < 0.3:
        return damaged(data, rng)
    members = unzipped(data)
    name = rng.choice(sorted(members))
    match rng.randrange(5):
        case 0:
            members[name] = damaged(members[name], rng)
        case 1:
            del members[name]
        case 2:
            other = rng.choice(sorted(members))
            members[name], members[other] = members[other], members[name]
        case 3:
            members[name] = make(rng)
        case _:
            members["about.npy"] = _about(members["about.npy"], rng)
    return zipped(members, rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)))


def _about(data: bytes, rng: random.Random) -> bytes:
    """The text of a result with another value somewhere."""
    about = json.loads(str(np.load(io.BytesIO(data))))
    about[rng.choice([*about, "extra"])] = rng.choice(
        (None, -1, 1e400, "", "x" * 10_000, [], [[]], {}, {"weights": [[]]}, {"index": "ab"})
    )
    buffer = io.BytesIO()
    np.save(buffer, np.array(json.dumps(about)))
    return buffer.getvalue()


def attempt_saved(data: bytes, folder: Path) -> bool:
    """Whether a saved result is read, and is one: it ranks its neurons and can be saved again."""
    path = folder / "saved.npz"
    path.write_bytes(data)
    try:
        result = Attribution.load(path)
    except InvalidRequest as error:
        refusal(str(error))
        return False
    for example in range(len(result.scores)):
        assert len(result.top(3, by="neuron", example=example)) <= 3
    again = io.BytesIO()
    result.save(again)
    np.testing.assert_array_equal(
        Attribution.load(io.BytesIO(again.getvalue())).scores, result.scores
    )
    return True
