"""Every kind of model: its layers are found, cuts are complete, and it is left as it was."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import attribution
from attribution import Network, UnsupportedModel
from tests.attribution.models import KINDS, Gate, Kind, normal


def state(model: keras.Model) -> dict[str, Any]:
    """What a caller can see of a model: the attributes of each layer, policies and weights."""
    parts = [model, *model._flatten_layers()]
    return {
        "attributes": [sorted(vars(layer)) for layer in parts],
        "calls": [layer.call for layer in parts],
        "policies": [layer.dtype_policy.name for layer in parts],
        "trainable": [layer.trainable for layer in parts],
        "weights": [w.numpy().tobytes() for w in model.weights],
    }


def kerass_own(model: keras.Model, x: Any, read: Callable[[np.ndarray], np.ndarray]) -> Any:
    """The target score from the first output of the Keras model itself."""
    given = {"training": False}
    several = isinstance(x, dict) and "shapes_dict" in (model.get_build_config() or {})
    result = model(**x, **given) if several else model(x, **given)
    return read(np.asarray(tf.cast(tf.nest.flatten(result)[0], tf.float64)))


@pytest.mark.parametrize("name", KINDS)
def test_layers_completeness_and_an_untouched_model(name: str, tmp_path: Path) -> None:
    kind: Kind = KINDS[name]
    model, x = kind.build(tmp_path)
    before = state(model)
    net = Network(model)
    names = {
        info.name for info in net.layers if info.kind != "InputLayer" or "*" not in kind.layers
    }
    assert names == set(kind.layers.split()) - {"*"}
    cuts = {info.name for info in net.layers if info.is_cut}
    assert cuts & names == set(kind.cuts.split()) - {"*"}

    results = attribution.neuron_integrated_gradients(
        net, x, "all", target=kind.target, tolerance=0.02
    )
    after = state(model)
    assert {k for k in before if before[k] != after[k]} == set()

    zeros = tf.nest.map_structure(np.zeros_like, x)
    change = kerass_own(model, x, kind.read) - kerass_own(model, zeros, kind.read)
    halves = {"mixed_float16", "float16", "bfloat16"} & set(before["policies"])
    for layer, result in results.items():
        if layer in cuts:
            size = np.abs(result.scores).reshape(len(result.scores), -1).sum(1)
            allowed = result.error * size + (0.02 if halves else 1e-4) * (1 + np.abs(change))
            assert (np.abs(result.total - change) <= allowed).all(), layer
            assert (result.error <= 0.03).all(), layer
            assert np.isfinite(result.gap).all()
        else:
            assert np.isnan(result.gap).all()
            assert any("not a cut" in note for note in result.notes)


def test_predictions_are_the_models_own(tmp_path: Path) -> None:
    model, x = KINDS["dicts_of_inputs_and_outputs"].build(tmp_path)
    found, wanted = Network(model).predict(x), model(x, training=False)
    assert set(found) == set(wanted)
    for key, value in found.items():
        np.testing.assert_allclose(value, wanted[key], rtol=1e-5, atol=1e-6)


def test_each_output_can_be_the_target(tmp_path: Path) -> None:
    model, x = KINDS["dicts_of_inputs_and_outputs"].build(tmp_path)
    net = Network(model)
    result = attribution.neuron_integrated_gradients(net, x, "q", target=("second", 2))
    own, null = (model(v)["second"] for v in (x, {k: 0 * v for k, v in x.items()}))
    np.testing.assert_allclose(result.total, (own - null)[:, 2], rtol=1e-4, atol=1e-5)
    assert result.is_cut
    assert result.target == ("second", [2, 2])


def test_the_result_says_that_the_path_runs_in_an_embedding(tmp_path: Path) -> None:
    model, x = KINDS["integers_and_an_embedding"].build(tmp_path)
    result = attribution.neuron_integrated_gradients(Network(model), x, "c", target=0)
    assert any("output of e" in note and "x is read as indices" in note for note in result.notes)


def test_lengths_may_differ_between_calls(tmp_path: Path) -> None:
    model, _ = KINDS["variable_length"].build(tmp_path)
    net = Network(model)
    for length in (4, 9):
        x = normal(1, length, 4)
        result = attribution.neuron_integrated_gradients(net, x, "c", target=0)
        assert result.scores.shape == (1, length - 2, 6)


def test_a_layer_that_raises_while_traced_is_restored() -> None:
    class Breaks(layers.Layer):
        def call(self, x: Any) -> Any:
            if not tf.executing_eagerly() and getattr(self, "armed", False):
                raise ValueError("no graphs, please")
            return x

    x = layers.Input((3,), name="x")
    model = keras.Model(x, layers.Dense(2, name="o")(Breaks(name="breaks")(x)))
    model.get_layer("breaks").armed = True
    before = state(model)
    with pytest.raises(UnsupportedModel, match="no graphs, please"):
        Network(model)
    after = state(model)
    assert {k for k in before if before[k] != after[k]} == set()
    model.get_layer("breaks").armed = False
    assert Network(model).layer("o").is_cut


# Refusals: (what is given to Network, what the one sentence must say)


def never_called_sequential() -> Any:
    return keras.Sequential([layers.Dense(3)])


class Plain(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.d = layers.Dense(3, name="d")

    def call(self, x: Any) -> Any:
        return self.d(x)


def never_called_subclass() -> Any:
    return Plain()


class Branching(Plain):
    def call(self, x: Any) -> Any:
        return self.d(x) if keras.ops.sum(x) > 0 else self.d(-x)


def branches_in_python() -> Any:
    model = Branching()
    model(normal(1, 3))
    return model


class BranchingLater(Plain):
    asked = False

    def call(self, x: Any) -> Any:
        return self.d(x) if not self.asked or keras.ops.sum(x) > 0 else self.d(-x)


def branches_in_python_when_asked() -> Any:
    model = BranchingLater()
    model(normal(1, 3))
    model.asked = True
    return model


class TwoArguments(Plain):
    def call(self, x: Any, y: Any) -> Any:
        return self.d(x) + y


def several_arguments_of_unknown_shape() -> Any:
    model = TwoArguments()
    model(normal(1, 3), normal(1, 3))
    return model


def quantized() -> Any:
    x = layers.Input((5,), name="x")
    model = keras.Model(x, layers.Dense(2, name="o")(layers.Dense(6, name="d")(x)))
    model.get_layer("d").quantize("int8")
    return model


def stateful() -> Any:
    x = layers.Input(batch_shape=(2, 5, 3), name="x")
    return keras.Model(x, layers.LSTM(4, name="lstm", stateful=True)(x))


def unrolled_cells() -> Any:
    x = layers.Input((5, 3), name="x")
    cells = [layers.LSTMCell(2), layers.GRUCell(3)]
    return keras.Model(x, layers.RNN(cells, unroll=True, name="cells")(x))


def rounded_output() -> Any:
    x = layers.Input((5,), name="x")
    y = layers.Lambda(lambda t: keras.ops.argmax(t, -1), output_shape=())(layers.Dense(4)(x))
    return keras.Model(x, y)


def one_hot_inside() -> Any:
    x = layers.Input((5,), dtype="int32", name="x")
    hot = layers.Lambda(lambda t: keras.ops.one_hot(t, 10), output_shape=(5, 10))(x)
    return keras.Model(x, layers.Dense(2)(hot))


def a_layer() -> Any:
    return layers.Dense(3)


def a_path() -> Any:
    return "model.keras"


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (never_called_sequential, "call it once"),
        (never_called_subclass, "call it once"),
        (branches_in_python, "branches in Python"),
        (branches_in_python_when_asked, "cannot be traced.*bool"),
        (several_arguments_of_unknown_shape, "cannot be traced.*argument.*'y'"),
        (quantized, "'d' is quantized"),
        (stateful, "'lstm' is stateful"),
        (unrolled_cells, "'cells' unrolls a list of cells"),
        (rounded_output, "No differentiable path"),
        (one_hot_inside, "No differentiable path"),
        (a_layer, "not a Dense"),
        (a_path, "not a str"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_refused_in_one_sentence(build: Callable[[], Any], words: str) -> None:
    with pytest.raises(UnsupportedModel, match=words) as refused:
        Network(build())
    assert "\n" not in str(refused.value)


# Files that attribution.load refuses


def weights_only(path: Path) -> Path:
    KINDS["functional_with_fused_activations"].build(path)[0].save_weights(path / "w.weights.h5")
    return path / "w.weights.h5"


def unknown_layer(path: Path) -> Path:
    x = layers.Input((5,), name="x")
    keras.Model(x, Gate(name="gate")(x)).save(path / "custom.keras")
    # Found by its import path otherwise: as in a process that never imported it.
    return _renamed(path / "custom.keras", "Gate", "Gone")


def unknown_layer_in_h5(path: Path) -> Path:
    x = layers.Input((5,), name="x")
    keras.Model(x, Gate(name="gate")(x)).save(path / "custom.h5")
    return path / "custom.h5"


def python_code(path: Path) -> Path:
    KINDS["a_lambda_layer"].build(path)[0].save(path / "lambda.keras")
    return path / "lambda.keras"


def truncated(path: Path) -> Path:
    KINDS["functional_with_fused_activations"].build(path)[0].save(path / "m.keras")
    whole = (path / "m.keras").read_bytes()
    (path / "m.keras").write_bytes(whole[: len(whole) // 2])
    return path / "m.keras"


def not_keras(path: Path) -> Path:
    (path / "words.h5").write_text("words")
    return path / "words.h5"


def another_format(path: Path) -> Path:
    (path / "model.onnx").write_text("words")
    return path / "model.onnx"


def missing(path: Path) -> Path:
    return path / "missing.keras"


def _renamed(path: Path, old: str, new: str) -> Path:
    """The .keras file with one class name replaced in its configuration."""
    import zipfile

    with zipfile.ZipFile(path) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    parts["config.json"] = parts["config.json"].replace(
        f'"class_name": "{old}"'.encode(), f'"class_name": "{new}"'.encode()
    )
    with zipfile.ZipFile(path, "w") as file:
        for name, data in parts.items():
            file.writestr(name, data)
    return path


@pytest.mark.parametrize(
    ("write", "words"),
    [
        (weights_only, "weights without a model"),
        (unknown_layer, "custom layer that is not known"),
        (unknown_layer_in_h5, "custom layer that is not known"),
        (python_code, "Lambda layer"),
        (truncated, "cannot be read as a Keras model"),
        (not_keras, "cannot be read as a Keras model"),
        (another_format, "neither a bundled model"),
        (missing, "There is no file"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_files_refused_in_one_sentence(
    write: Callable[[Path], Path], words: str, tmp_path: Path
) -> None:
    with pytest.raises(UnsupportedModel, match=words) as refused:
        attribution.load(write(tmp_path))
    assert "\n" not in str(refused.value)
