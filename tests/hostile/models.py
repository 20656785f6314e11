"""Model files nobody should open: whole ones changed in their bytes, members and descriptions."""

import functools
import io
import json
import random
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras

from attribution.errors import UnsupportedModel
from attribution.zoo import load
from tests.hostile.mutate import damaged

Members = dict[str, bytes]


def _networks() -> list[keras.Model]:
    layers = keras.layers
    keras.utils.set_random_seed(0)
    plain = keras.Sequential([keras.Input((3,)), layers.Dense(4, "relu"), layers.Dense(2)])
    pixels = keras.Input((8, 8, 3))
    y = layers.BatchNormalization()(layers.Conv2D(4, 3, activation="relu")(pixels))
    y = layers.Add()([layers.Conv2D(4, 1)(y), y])
    y = layers.Dropout(0.1)(layers.GlobalAveragePooling2D()(y))
    picture = keras.Model(pixels, layers.Dense(2, "softmax")(y))
    letters = keras.Input((6,), dtype="int32")
    y = layers.LSTM(3, unroll=True)(layers.Embedding(10, 4)(letters))
    inner = keras.Sequential([keras.Input((3,)), layers.Dense(3, "tanh")])
    return [plain, picture, keras.Model(letters, layers.Dense(2)(inner(y)))]


@functools.cache
def seeds() -> tuple[tuple[str, bytes], ...]:
    """Whole files of both formats: (suffix, bytes)."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for number, model in enumerate(_networks()):
            for suffix in (".keras", ".h5"):
                path = Path(folder, f"{number}{suffix}")
                model.save(path)
                found.append((suffix, path.read_bytes()))
    return tuple(found)


def make(rng: random.Random) -> tuple[str, bytes]:
    """A file's name and content."""
    suffix, data = rng.choice(seeds())
    if rng.random() < 0.05:
        suffix = rng.choice((".keras", ".h5", ".hdf5", ".KERAS", ".txt", ""))
    elif suffix == ".keras":
        data = rng.choice((_bytes, _config, _config, _weights, _members))(data, rng)
    else:
        data = rng.choice((_bytes, _bytes, _hdf5_config, _hdf5_items))(data, rng)
    return f"model{suffix}", data


def attempt(given: tuple[str, bytes], folder: Path) -> bool:
    """Whether the file loads; False where it is refused. Nothing else may be raised or written."""
    path = folder / given[0]
    path.write_bytes(given[1])
    try:
        load(path)
    except UnsupportedModel as error:
        said = str(error)
        assert "<class" not in said, said
        assert str(folder) not in said, said
        refusal(said)
        return False
    finally:
        assert [p.name for p in folder.iterdir()] == [path.name]
        path.unlink()
    return True


def refusal(said: str) -> None:
    """A refusal is one line that can be read: what was given, and the mend."""
    assert said.isprintable(), repr(said)
    assert 20 <= len(said) <= 700, repr(said)


def unzipped(data: bytes) -> Members:
    """The members of an archive."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(members: Members, how: int = zipfile.ZIP_STORED) -> bytes:
    """An archive with these members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", how) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def with_config(data: bytes, change: Callable[[dict[str, Any]], Any]) -> bytes:
    """A .keras file with another description of its model; change works in place."""
    members = unzipped(data)
    config = json.loads(members["config.json"])
    change(config)
    return zipped({**members, "config.json": dumped(config).encode()})


def dumped(config: dict[str, Any]) -> str:
    """JSON text; a name in `_DEEP` stands for lists in lists, which json cannot write itself."""
    text = json.dumps(config)
    for name, lists in _DEEP.items():
        text = text.replace(f'"{name}"', lists)
    return text


def with_hdf5(data: bytes, change: Callable[[h5py.File], Any]) -> bytes:
    """An HDF5 file after a change."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "file.h5")
        path.write_bytes(data)
        with h5py.File(path, "r+") as file:
            change(file)
        return path.read_bytes()


def _bytes(data: bytes, rng: random.Random) -> bytes:
    return damaged(data, rng)


def _config(data: bytes, rng: random.Random) -> bytes:
    if rng.random() < 0.5:
        return with_config(data, lambda config: rewrite(config, rng))
    members = unzipped(data)
    name = rng.choice(["config.json", "config.json", "metadata.json"])
    return zipped({**members, name: damaged(members[name], rng)})


def _weights(data: bytes, rng: random.Random) -> bytes:
    members = unzipped(data)
    name = "model.weights.h5"
    if rng.random() < 0.5:
        return zipped({**members, name: damaged(members[name], rng)})
    return zipped({**members, name: _hdf5_items(members[name], rng)})


def _members(data: bytes, rng: random.Random) -> bytes:
    members = unzipped(data)
    name = rng.choice(sorted(members))
    match rng.randrange(6):
        case 0:
            del members[name]
        case 1:
            members[rng.choice(("../evil", "/etc/evil", "a\\..\\..\\b", "C:evil"))] = b"evil"
        case 2:
            members["assets/zeros"] = bytes(rng.choice((10**3, 40_000_000)))
            return zipped(members, zipfile.ZIP_DEFLATED)
        case 3:
            members[name] = rng.choice((b"", b"{}", b"[]", b"null", b"\xff\xfe", members[name] * 2))
        case 4:
            members[f"{name}.bak"] = members.pop(name)
        case _:
            whole = bytearray(zipped(members))  # the flag of encryption, wherever it is written
            for sign, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
                whole[whole.find(sign) + at] |= 1
            return bytes(whole)
    return zipped(members)


def _hdf5_config(data: bytes, rng: random.Random) -> bytes:
    def change(file: h5py.File) -> None:
        text = file.attrs["model_config"]
        if rng.random() < 0.5:
            config = json.loads(text)
            rewrite(config, rng)
            file.attrs["model_config"] = dumped(config)[:60_000]
        else:
            broken = damaged(text.encode(), rng).replace(b"\0", b"0")
            file.attrs["model_config"] = broken.decode("latin-1")[:60_000]

    return with_hdf5(data, change)


def _hdf5_items(data: bytes, rng: random.Random) -> bytes:
    def change(file: h5py.File) -> None:
        items: list[str] = []
        file.visit(items.append)
        name = rng.choice(items)
        match rng.randrange(6):
            case 0:
                del file[name]
            case 1:
                del file[name]
                file[name] = h5py.ExternalLink("/etc/passwd", "/")
            case 2:
                del file[name]
                file[name] = h5py.SoftLink("/")
            case 3:
                del file[name]
                file.create_dataset(
                    name, rng.choice(((10,) * 3, (10**9,), (2**20, 2**20))), "f4", chunks=True
                )
            case 4:
                del file[name]
                file[name] = rng.choice((1.5, b"text", [1, 2, 3]))
            case _:
                for key in list(file[name].attrs) or list(file.attrs):
                    owner = file[name] if key in file[name].attrs else file
                    owner.attrs[key] = rng.choice((0, "text", [b"a", b"b"], h5py.Empty("f4")))

    return with_hdf5(data, change)


_DEEP = {f"nested {depth}": "[" * depth + "]" * depth for depth in (50, 90, 5000, 100_000)}
_VALUES: tuple[Any, ...] = (
    *_DEEP,
    None, True, 0, -1, 3, 10**9, 2**63, 1.5, float("nan"), "", "relu", "Dense", "../../etc/passwd",
    [], {}, [None, 3], [[1, 2], [3]], {"class_name": "Lambda", "config": {}},
    {"class_name": "Dense", "config": {"units": 10**8}, "module": "keras.layers"},
    {"class_name": "function", "config": "load_model", "module": "keras.models"},
)  # fmt: skip


def rewrite(config: Any, rng: random.Random) -> None:
    """Put another value somewhere in parsed JSON, or take one away; in place."""
    places: list[tuple[Any, Any]] = []
    rest = [config]
    while rest:
        value = rest.pop()
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        places += [(value, key) for key in keys]
        rest += [value[key] for key in keys if isinstance(value[key], dict | list)]
    for _ in range(rng.choice((1, 1, 2))):
        owner, key = rng.choice(places)
        if isinstance(owner, list) and not -len(owner) <= key < len(owner):
            continue
        if isinstance(owner, dict) and rng.random() < 0.2:
            owner.pop(key, None)
        else:
            owner[key] = rng.choice(_VALUES)
