"""Model files: whole ones load as Keras alone loads them; any other is refused in one sentence."""

import gzip
import json
import os
import pickle
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

import attribution
from attribution import UnsupportedModel
from tests.hostile.models import refusal, zipped

layers = keras.layers
WEIGHTS = "model.weights.h5"


def whole_files(folder: Path) -> dict[str, bytes]:
    """The bytes of good files of one model, by suffix."""
    keras.utils.set_random_seed(0)
    first = layers.Dense(4, "relu", name="hidden")
    model = keras.Sequential([keras.Input((3,), name="x"), first, layers.Dense(2, name="out")])
    found = {}
    for suffix in (".keras", ".h5"):
        model.save(folder / f"model{suffix}")
        found[suffix] = (folder / f"model{suffix}").read_bytes()
    return found


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return whole_files(tmp_path_factory.mktemp("whole"))


def refused(path: Path) -> str:
    """The refusal: one printable line without Keras's words or the folder; nothing is written."""
    before = sorted(path.parent.iterdir())
    with pytest.raises(UnsupportedModel) as error:
        attribution.load(path)
    said = str(error.value)
    refusal(said)
    assert "<class" not in said
    assert str(path.parent) not in said
    assert sorted(path.parent.iterdir()) == before
    return said


def kinds() -> dict[str, list[Any]]:
    """Layers of many kinds, after an input."""
    return {
        "convolution": [
            keras.Input((8, 8, 3)),
            layers.Conv2D(4, 3, use_bias=False),
            layers.BatchNormalization(),
            layers.DepthwiseConv2D(3),
            layers.SeparableConv2D(4, 1),
            layers.PReLU(shared_axes=[1, 2]),
            layers.GroupNormalization(2),
            layers.GlobalAveragePooling2D(),
            layers.Dropout(0.2, seed=3),
        ],
        "recurrent": [
            keras.Input((5, 3)),
            layers.Bidirectional(layers.GRU(4, return_sequences=True)),
            layers.LSTM(3),
        ],
        "letters": [
            keras.Input((5,), dtype="int32"),
            layers.Embedding(10, 4),
            layers.Conv1D(3, 2),
            layers.LayerNormalization(),
            layers.Flatten(),
        ],
        "augmented": [
            keras.Input((8, 8, 3)),
            layers.RandomFlip(),
            layers.Rescaling(1 / 255),
            layers.SpectralNormalization(layers.Conv2D(3, 2)),
            layers.Flatten(),
        ],
        "nested": [
            keras.Input((5, 8)),
            layers.TimeDistributed(keras.Sequential([keras.Input((8,)), layers.Dense(2)])),
            layers.Flatten(),
            layers.Normalization(mean=1.0, variance=2.0),
        ],
    }


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("kind", kinds())
def test_whole_files_load(kind: str, suffix: str, tmp_path: Path) -> None:
    keras.utils.set_random_seed(1)
    model = keras.Sequential([*kinds()[kind], layers.Dense(2)])
    for weight in model.weights:  # none as it was made: a weight that was not read would show
        weight.assign(np.random.default_rng(0).uniform(0.1, 1, weight.shape))
    path = tmp_path / f"model{suffix}"
    model.save(path)
    x = np.random.default_rng(1).integers(0, 9, (2, *model.input_shape[1:])).astype("float32")
    found = attribution.load(path).predict(x)
    np.testing.assert_allclose(found, np.asarray(model(x)), rtol=1e-4, atol=1e-5)


def test_a_file_of_keras_2(tmp_path: Path) -> None:
    """As Keras 2.4 wrote it: other names in the description, no modules."""
    kernel, bias = np.arange(6.0).reshape(3, 2), np.array([1.0, -1.0])
    glorot = {"class_name": "GlorotUniform", "config": {"seed": None}}
    dense = {
        "name": "dense",
        "trainable": True,
        "dtype": "float32",
        "units": 2,
        "activation": "linear",
        "use_bias": True,
        "kernel_initializer": glorot,
        "bias_initializer": {"class_name": "Zeros", "config": {}},
        **dict.fromkeys(("kernel_regularizer", "bias_regularizer", "activity_regularizer")),
        **dict.fromkeys(("kernel_constraint", "bias_constraint")),
    }
    inputs = {"batch_input_shape": [None, 3], "dtype": "float32", "sparse": False, "name": "x"}
    described = [("InputLayer", inputs), ("Dense", dense)]
    config = {
        "name": "old",
        "layers": [{"class_name": kind, "config": config} for kind, config in described],
    }
    with h5py.File(tmp_path / "old.h5", "w") as file:
        file.attrs["keras_version"] = b"2.4.0"
        file.attrs["backend"] = b"tensorflow"
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": config})
        group = file.create_group("model_weights/dense")
        file["model_weights"].attrs["layer_names"] = [b"dense"]
        group.attrs["weight_names"] = [b"dense/kernel:0", b"dense/bias:0"]
        group["dense/kernel:0"], group["dense/bias:0"] = kernel, bias
    x = np.array([[1.0, 2.0, 3.0]])
    found = attribution.load(tmp_path / "old.h5").predict(x)
    np.testing.assert_allclose(found, x @ kernel + bias)


FOREIGN: dict[str, tuple[bytes, str]] = {
    "empty.keras": (b"", "is empty"),
    "pointer.keras": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "git lfs pull"),
    "page.h5": (b"<!DOCTYPE html><html>404</html>", "web page"),
    "net.tflite": (b"\x1c\0\0\0TFL3" + bytes(40), "TFLite"),
    "net.pkl": (pickle.dumps({"a": 1}), "pickle"),
    "net.safetensors": (b"\x10\0\0\0\0\0\0\0" + b'{"a": {}}' + bytes(9), "safetensors"),
    "net.onnx": (b"\x08\x09\x12\x07pytorch\x1a\x05" + bytes(40), "ONNX"),
    "net.json": (b'{"class_name": "Sequential", "config": {}}', "architecture, without weights"),
    "net.keras": (gzip.compress(b"a" * 99, mtime=0), "gzip"),
    "net.h5": (b"words", "damaged, incomplete or something else"),
    "net.pt": (zipped({"archive/data.pkl": b"", "archive/version": b"3"}), "PyTorch"),
    "arrays.npz": (zipped({"a.npy": b"", "b.npy": b""}), "arrays"),
    "folder.zip": (zipped({"net/saved_model.pb": b""}), "SavedModel"),
    "book.keras": (zipped({"word/document.xml": b"<a/>"}), "was not written by Keras"),
    "line\nbreak \x1b[2J.keras": (b"words", "damaged, incomplete or something else"),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_other_files_are_told_apart(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(FOREIGN[name][0])
    assert FOREIGN[name][1] in refused(tmp_path / name)


def test_folders_pipes_and_nothing(tmp_path: Path) -> None:
    for name, inside, words in (
        ("saved", "saved_model.pb", "SavedModel folder"),
        ("unpacked.keras", "config.json", "zip it again"),
        ("other.keras", "notes.txt", "is a folder"),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / inside).write_text("{}")
        assert words in refused(tmp_path / name)
    os.mkfifo(tmp_path / "pipe.keras")
    assert "device or a pipe" in refused(tmp_path / "pipe.keras")
    assert "There is no file" in refused(tmp_path / "none.keras")
    assert "There is no file" in refused(tmp_path / f"{'x' * 5000}.keras")


@pytest.mark.parametrize(
    ("given", "name", "words"),
    [
        (".keras", "model.h5", "rename it to end in .keras"),
        (".h5", "model.keras", "rename it to end in .h5"),
        (".keras", "model.KERAS", "in small letters"),
        (".keras", "model.zip", "rename it to end in .keras"),
    ],
)
def test_files_of_another_name(
    given: str, name: str, words: str, whole: dict[str, bytes], tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(whole[given])
    assert words in refused(tmp_path / name)


def test_a_class_in_scope_is_used(tmp_path: Path) -> None:
    """Known only within a scope of the thread that loads."""

    class Twice(layers.Layer):
        def call(self, x: Any) -> Any:
            return 2 * x

    model = keras.Sequential([keras.Input((3,)), layers.Dense(2), Twice(name="twice")])
    model.save(tmp_path / "twice.keras")
    x = np.ones((1, 3))
    with keras.saving.custom_object_scope({"Twice": Twice}):
        found = attribution.load(tmp_path / "twice.keras").predict(x)
    np.testing.assert_allclose(found, np.asarray(model(x)), rtol=1e-5)
    assert "not known here, 'Twice'" in refused(tmp_path / "twice.keras")
