"""Model files that were damaged, or made to do harm: each is refused in one sentence."""

import copy
import io
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

import attribution
from tests.attribution.test_model_files import refused, whole_files
from tests.hostile.models import unzipped, with_config, with_hdf5, zipped

layers = keras.layers
WEIGHTS = "model.weights.h5"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return whole_files(tmp_path_factory.mktemp("whole"))


def encrypted(data: bytes) -> bytes:
    changed = bytearray(data)
    changed[data.find(b"PK\x03\x04") + 6] |= 1
    changed[data.find(b"PK\x01\x02") + 8] |= 1
    return bytes(changed)


def deep(data: bytes) -> bytes:
    members = unzipped(data)
    config = members["config.json"].decode()
    text = config.replace('"trainable": true', f'"trainable": {"[" * 900}{"]" * 900}', 1)
    assert text != config
    return zipped({**members, "config.json": text.encode()})


def bottomless(data: bytes) -> bytes:
    return zipped({**unzipped(data), "config.json": b"[" * 200_000})


def linked(data: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in unzipped(data).items():
            archive.writestr(name, content)
        info = zipfile.ZipInfo("assets/link")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    return buffer.getvalue()


def with_members(**more: Any) -> Callable[[bytes], bytes]:
    """A file with other members; a member of None is missing."""

    def change(data: bytes) -> bytes:
        members = {**unzipped(data), **more}
        return zipped({k: v for k, v in members.items() if v is not None}, zipfile.ZIP_DEFLATED)

    return change


def with_array(name: str, *shape: int) -> Callable[[bytes], bytes]:
    """Another array of zeros, of which HDF5 stores nothing, in the weights."""

    def change(file: h5py.File) -> None:
        del file[name]
        file.create_dataset(name, shape, "f4", chunks=True, compression="gzip")

    return lambda data: zipped(
        {**unzipped(data), WEIGHTS: with_hdf5(unzipped(data)[WEIGHTS], change)}
    )


def with_chunks(length: int, unpacked: int, **packing: Any) -> Callable[[bytes], bytes]:
    """The weights of the dense layer as the beginning of one packed chunk of so many numbers, which
    unpacks to so many zeros."""

    def change(file: h5py.File) -> None:
        shape = file["layers/dense/vars/1"].shape
        del file["layers/dense/vars/1"]
        array = file.create_dataset(
            "layers/dense/vars/1", shape, "f4", chunks=(length,), maxshape=(None,), **packing
        )
        array.id.write_direct_chunk((0,), zlib.compress(bytes(4 * unpacked)))

    return lambda data: zipped(
        {**unzipped(data), WEIGHTS: with_hdf5(unzipped(data)[WEIGHTS], change)}
    )


def calls_of_calls(data: bytes) -> bytes:
    """Twelve models, each of which calls the one before it ten times."""
    inputs = keras.Input((3,))
    inner = keras.Model(inputs, layers.Activation("relu")(inputs), name="calls0")
    nested = keras.Model(inputs, [inner(inputs) for _ in range(2)], name="calls1")
    said = keras.saving.serialize_keras_object(nested)
    call = said["config"]["layers"][1]["inbound_nodes"][0]
    said["config"]["layers"][1]["inbound_nodes"] = [call] * 10
    for number in range(2, 13):
        outer = copy.deepcopy(said)
        outer["config"]["layers"][1] = {
            **copy.deepcopy(said),
            "name": f"calls{number - 1}",
            "inbound_nodes": [call] * 10,
        }
        said = outer
    return with_config(data, lambda found: found["config"]["layers"].insert(1, said))


def with_link(link: Any) -> Callable[[bytes], bytes]:
    def change(file: h5py.File) -> None:
        del file["layers/dense"]
        file["layers/dense"] = link

    return lambda data: zipped(
        {**unzipped(data), WEIGHTS: with_hdf5(unzipped(data)[WEIGHTS], change)}
    )


def without(name: str) -> Callable[[bytes], bytes]:
    def change(file: h5py.File) -> None:
        del file[name]

    return lambda data: zipped(
        {**unzipped(data), WEIGHTS: with_hdf5(unzipped(data)[WEIGHTS], change)}
    )


def layer(number: int, **config: Any) -> Callable[[bytes], bytes]:
    """A file that describes one of its layers in another way."""
    return lambda data: with_config(
        data, lambda found: found["config"]["layers"][number]["config"].update(config)
    )


def of_class(name: str) -> Callable[[bytes], bytes]:
    return lambda data: with_config(
        data, lambda found: found["config"]["layers"][1].update(class_name=name)
    )


def chained(data: bytes) -> bytes:
    """Two thousand layers one after the other, which Keras takes many minutes to build."""

    def change(found: dict[str, Any]) -> None:
        said = keras.saving.serialize_keras_object(layers.Activation("relu"))
        named = ({**said["config"], "name": f"a{i}"} for i in range(2000))
        found["config"]["layers"][1:1] = [{**said, "config": config} for config in named]

    return with_config(data, change)


def unrolled(data: bytes) -> bytes:
    gru = layers.GRU(4, unroll=True, name="hidden")
    said = keras.saving.serialize_keras_object(gru)

    def change(found: dict[str, Any]) -> None:
        found["config"]["layers"][0]["config"]["batch_shape"] = [None, 10**9, 3]
        found["config"]["layers"][1] = said

    return with_config(data, change)


def unrolled_after(before: Any, **long: Any) -> Callable[[bytes], bytes]:
    """A layer unrolled over a sequence that another layer makes long."""
    said = [keras.saving.serialize_keras_object(part) for part in (before, layers.GRU(2))]
    said[0]["config"].update(long)
    said[1]["config"]["unroll"] = True
    return lambda data: with_config(
        data, lambda found: found["config"]["layers"].__setitem__(slice(1, None), said)
    )


def hidden_is(layer: Any, *shape: int, dtype: str = "float32", **config: Any) -> Any:
    """A file of one hidden layer, which says other things of itself than it was made with."""

    def change(found: dict[str, Any]) -> None:
        said = keras.saving.serialize_keras_object(layer)
        said["config"].update(config)
        found["config"]["layers"][0]["config"].update(batch_shape=[None, *shape], dtype=dtype)
        found["config"]["layers"][1:] = [said]

    return lambda data: with_config(data, change)


def unsaid(left_out: list[str], layer: Any, *shape: int, **config: Any) -> Any:
    """As `hidden_is`, of a description that leaves to Keras what it does not say."""

    def change(found: dict[str, Any]) -> None:
        for key in left_out:
            del found["config"]["layers"][1]["config"][key]

    return lambda data: with_config(hidden_is(layer, *shape, **config)(data), change)


BOMBS = {
    "mel bins": hidden_is(layers.MelSpectrogram(), 4000, num_mel_bins=10**8),
    "mel frequencies": hidden_is(layers.MelSpectrogram(), 4000, fft_length=10**8),
    "mel bins alone": unsaid(["fft_length"], layers.MelSpectrogram(), 4000, num_mel_bins=10**5),
    "mel frequencies alone": unsaid(
        ["num_mel_bins"], layers.MelSpectrogram(), 4000, fft_length=2**22
    ),
    "a long frame alone": unsaid(
        ["fft_length", "frame_step"],
        layers.STFTSpectrogram(window=None),
        9000,
        1,
        frame_length=5000,
    ),
    "a long transform alone": unsaid(
        ["frame_length", "frame_step"],
        layers.STFTSpectrogram(window=None),
        9000,
        1,
        fft_length=10**6,
    ),
    "unknown integers": hidden_is(
        layers.IntegerLookup(vocabulary=[1, 2]), 3, dtype="int64", num_oov_indices=10**8
    ),
    "unknown words": hidden_is(
        layers.StringLookup(vocabulary=["a"]), 3, dtype="string", num_oov_indices=10**8
    ),
    "categories": hidden_is(
        layers.CategoryEncoding(9, output_mode="one_hot"), 1, dtype="int32", num_tokens=10**10
    ),
    "a resized picture": hidden_is(layers.Resizing(4, 4), 8, 8, 3, height=10**5, width=10**5),
    "a large crop": hidden_is(layers.CenterCrop(4, 4), 8, 8, 3, height=10**5, width=10**5),
    "a random crop": hidden_is(layers.RandomCrop(4, 4), 8, 8, 3, height=10**5, width=10**5),
    "padding": hidden_is(layers.ZeroPadding2D(1), 8, 8, 3, padding=[[10**5, 1], [10**5, 1]]),
    "repeated pixels": hidden_is(layers.UpSampling2D(2), 8, 8, 3, size=[10**5, 10**5]),
    "repeated vectors": hidden_is(layers.RepeatVector(3), 8, n=10**10),
    "a huge input": hidden_is(layers.GlobalAveragePooling2D(), 10**5, 10**5, 3),
}

ARCHIVES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "cut in two": (lambda data: data[: len(data) // 2], "damaged"),
    "one bit flipped": (lambda d: d[:200] + bytes([d[200] ^ 1]) + d[201:], "damaged"),
    "encrypted": (encrypted, "encrypted"),
    "nested 900 deep": (deep, "deep"),
    "nested without end": (bottomless, "description of its model"),
    "description is no text": (with_members(**{"config.json": b"\xff\xfe\0"}), "description"),
    "description is a number": (with_members(**{"config.json": b"7"}), "description"),
    "description of 17 MB": (with_members(**{"config.json": b" " * 17_000_000}), "17 MB|16 MB"),
    "no description": (with_members(**{"config.json": None}), "weights without a model"),
    "no weights": (with_members(**{WEIGHTS: None}), "save the whole model"),
    "weights are words": (with_members(**{WEIGHTS: b"words"}), "damaged"),
    "a member above": (with_members(**{"../evil": b""}), "outside the archive"),
    "an absolute member": (with_members(**{"/etc/evil": b""}), "outside the archive"),
    "a member of Windows": (with_members(**{"C:\\evil": b""}), "outside the archive"),
    "a symbolic link": (linked, "outside the archive"),
    "64 MB of zeros": (with_members(**{"assets/zeros": bytes(2**26)}), "far more than its size"),
    "100 GB of weights": (with_array("layers/dense/vars/0", 10**5, 250_000), "far more"),
    "3 GB of weights": (with_array("layers/dense/vars/0", 3, 250_000_000), "far more"),
    "a chunk of a gigabyte": (with_chunks(2**28, 4, compression="gzip"), "far more than its size"),
    "a chunk of more than it says": (with_chunks(16, 2**22, compression="gzip"), "far more"),
    "a chunk of less than it says": (with_chunks(16, 15, compression="gzip"), "far more"),
    "packed in another way": (with_chunks(16, 16, compression="lzf"), "Keras writes none"),
    "calls of calls": (calls_of_calls, "as often as they are called"),
    "a long chain": (chained, "Sequential model of more than"),
    "weights elsewhere": (with_link(h5py.ExternalLink("/etc/passwd", "/")), "other files"),
    "weights in a circle": (with_link(h5py.SoftLink("/")), "other files"),
    "weights of another shape": (with_array("layers/dense/vars/0", 3, 5), "do not fit"),
    "no weights of a layer": (without("layers/dense"), "do not fit"),
    "no weights of any layer": (without("layers"), "do not fit"),
    "a layer of a terabyte": (layer(1, units=10**11), "do not fit"),
    "two layers of 40 GB": (lambda d: layer(2, units=10**5)(layer(1, units=10**5)(d)), "not fit"),
    "a negative layer": (layer(1, units=-4), "cannot build"),
    "an unknown word": (layer(1, colour="red"), "cannot build"),
    "an unknown activation": (layer(1, activation="rely"), "cannot build|not known"),
    "a billion steps": (unrolled, "unrolls"),
    "steps of a longer sequence": (unrolled_after(layers.RepeatVector(2), n=10**6), "unrolls"),
    "steps of another shape": (
        lambda d: with_config(
            unrolled_after(layers.Reshape((3, 1)), target_shape=[-1, 1])(d),
            lambda found: found["config"]["layers"][0]["config"].update(batch_shape=[None, 10**6]),
        ),
        "unrolls",
    ),
    **{name: (change, "at most") for name, change in BOMBS.items()},
    "code": (of_class("Lambda"), "Python code"),
    "code of another kind": (of_class("TFSMLayer"), "Python code"),
    "an unknown class": (of_class("Gone"), "'Gone'"),
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_damaged_and_hostile_archives(name: str, whole: dict[str, bytes], tmp_path: Path) -> None:
    change, words = ARCHIVES[name]
    (tmp_path / "model.keras").write_bytes(change(whole[".keras"]))
    said = refused(tmp_path / "model.keras")
    assert any(word in said for word in words.split("|")), said


@keras.saving.register_keras_serializable("tests")
class Weighted(layers.Layer):
    """A class of the user's own, with a layer in it."""

    def build(self, shape: tuple[int, ...]) -> None:
        self.inner = layers.Dense(2)
        self.inner.build(shape)
        self.scale = self.add_weight(shape=(2,))

    def call(self, x: Any) -> Any:
        return self.inner(x) * self.scale


def test_missing_weights_of_registered_classes_are_noticed(tmp_path: Path) -> None:
    """These files are not rehearsed; Keras itself says what it did not find."""
    model = keras.Sequential([keras.Input((3,)), Weighted(name="own"), layers.Dense(2)])
    model.save(tmp_path / "m.keras")
    data = (tmp_path / "m.keras").read_bytes()
    attribution.load(tmp_path / "m.keras")
    parts: list[str] = []
    with_hdf5(unzipped(data)[WEIGHTS], lambda file: file.visit(parts.append))
    held = [
        p for p in parts if any(q.startswith(f"{p}/") or q == p for q in parts if q[-1] in "01")
    ]
    assert "layers/weighted/inner/vars/1" in held
    for part in held:
        (tmp_path / "m.keras").write_bytes(without(part)(data))
        assert "do not fit" in refused(tmp_path / "m.keras"), part


def attributes(**more: Any) -> Callable[[h5py.File], None]:
    def change(file: h5py.File) -> None:
        for name, value in more.items():
            if value is None:
                del file.attrs[name]
            else:
                file.attrs[name] = value

    return change


def lying(file: h5py.File) -> None:
    """More weights than there is memory, of which none is stored."""
    file.create_dataset("model_weights/more", (10**6, 10**6), "f4", chunks=True)


def long_texts(file: h5py.File) -> None:
    """A list of three thousand names where one is long, and all may be the same place."""
    names = ["a" * 2**20, *("b" * 3000)]
    file["model_weights"].attrs.create("layer_names", names, dtype=h5py.string_dtype())


HDF5: dict[str, tuple[Callable[[h5py.File], Any], str]] = {
    "no description": (attributes(model_config=None), "weights without a model"),
    "description is a number": (attributes(model_config=7), "description of its model"),
    "description is empty": (attributes(model_config=h5py.Empty("S1")), "description of its model"),
    "description is half": (attributes(model_config='{"class_name": '), "description of its model"),
    "description is another": (attributes(model_config='{"a": 1}'), "cannot build"),
    "no weights": (lambda file: file.pop("model_weights"), "holds no weights"),
    "names of any length": (long_texts, "far more than its size"),
    "too many weights": (lying, "far more than its size"),
    "another program's": (
        lambda file: [file.pop("model_weights"), *map(file.attrs.pop, list(file.attrs))],
        "was not written by Keras",
    ),
}


@pytest.mark.parametrize("name", HDF5)
def test_damaged_and_hostile_hdf5(name: str, whole: dict[str, bytes], tmp_path: Path) -> None:
    change, words = HDF5[name]

    def changed(file: h5py.File) -> None:
        change(file)

    (tmp_path / "model.h5").write_bytes(with_hdf5(whole[".h5"], changed))
    assert words in refused(tmp_path / "model.h5")


def test_every_cut_of_a_file_is_refused(whole: dict[str, bytes], tmp_path: Path) -> None:
    for suffix, data in whole.items():
        path = tmp_path / f"model{suffix}"
        for end in np.linspace(0, len(data) - 1, 25, dtype=int):
            path.write_bytes(data[:end])
            refused(path)


def test_memory_is_that_of_the_file(whole: dict[str, bytes], tmp_path: Path) -> None:
    """In a process of its own: what refusing files that ask for gigabytes adds to its peak."""
    names = ("3 GB of weights", "a layer of a terabyte", "two layers of 40 GB", "a billion steps")
    names += ("a chunk of a gigabyte", "calls of calls", *BOMBS)
    paths = [tmp_path / f"{name}.keras" for name in names]
    for name, path in zip(names, paths, strict=True):
        path.write_bytes(ARCHIVES[name][0](whole[".keras"]))
    (tmp_path / "whole.keras").write_bytes(whole[".keras"])
    program = (
        "import resource, sys, attribution\n"
        "for path in sys.argv[1:]:\n"
        "    try:\n"
        "        attribution.load(path)\n"
        "    except attribution.UnsupportedModel:\n"
        "        pass\n"
        "    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "whole.keras", *paths],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    unit = 1 if sys.platform == "darwin" else 1024
    before, *after = (int(line) * unit for line in done.stdout.split())
    assert len(after) == len(names)
    assert max(after) - before < 200 * 2**20
