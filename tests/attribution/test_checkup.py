"""The checkup says what is wrong with a model, and with nothing else; truth is how it was built."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops

import attribution
from attribution import METHODS, InvalidRequest, Network, check, cli
from attribution.checkup import Report


class Training(layers.Layer):
    """Runs its layer as in training, whatever it is told."""

    def __init__(self, inner: layers.Layer, **more: Any) -> None:
        super().__init__(**more)
        self.inner = inner

    def build(self, shape: Any) -> None:
        self.inner.build(shape)
        super().build(shape)

    def call(self, x: Any) -> Any:
        return self.inner(x, training=True)


class Branching(keras.Model):
    """Another function for one example alone than for several: no graph of several shows it."""

    def __init__(self) -> None:
        super().__init__(name="branching")
        self.dense = layers.Dense(2, name="dense")

    def call(self, x: Any) -> Any:
        return self.dense(x) * (3.0 if x.shape[0] == 1 else 1.0)


def through(*middle: Any, shape: Any = (4,), head: Any = None) -> Network:
    keras.utils.set_random_seed(3)
    h = x = layers.Input(shape, name="x")
    for layer in middle:
        h = layer(h)
    return Network(keras.Model(x, (head or layers.Dense(3, "softmax", name="out"))(h)))


def examples(net: Network, count: int = 3) -> np.ndarray:
    (shape,) = net.input_shapes.values()
    return np.random.default_rng(0).normal(size=(count, *shape)).astype(np.float32)


def minded(report: Report) -> set[str]:
    return {f.topic for f in report.findings if not f.fine}


def sentence(report: Report, topic: str) -> str:
    (found,) = [f for f in report.findings if f.topic == topic]
    return f"{found.sentence} {found.mend}"


def test_a_sound_network_is_found_sound() -> None:
    net = through(layers.Dense(5, "relu", name="hidden"))
    report = check(net, examples(net))
    assert report.fine, report
    assert str(report).splitlines()[0] == report.verdict
    assert "can be explained: 2 of 3 layers" in report.verdict  # all but the softmax
    assert "logit" in sentence(report, "Score")
    assert [i.name for i in report.layers] == ["x", "hidden", "out"]
    assert set(report.explainable) == {"x", "hidden", "out"}
    assert report.explainable["hidden"] == dict.fromkeys(METHODS)
    assert all("softmax" in str(why) for why in report.explainable["out"].values())


def test_it_finds_what_mixes_examples_by_name() -> None:
    net = through(layers.Dense(5, name="d"), Training(layers.BatchNormalization(name="bn")))
    report = check(net, examples(net))
    assert "cannot be explained" in report.verdict
    assert {"Score", "Answer"} >= minded(report) >= {"Score"}
    assert "bn" in sentence(report, "Score")
    assert "training=False" in sentence(report, "Score")
    assert not any(None in methods.values() for methods in report.explainable.values())


def test_it_finds_chance_by_name_and_does_not_blame_the_answer() -> None:
    net = through(Training(layers.Dropout(0.5, name="drop")), layers.Dense(5, name="d"))
    report = check(net, examples(net))
    assert minded(report) == {"Chance", "Score"}
    assert "drop" in sentence(report, "Score")


def test_it_finds_a_call_that_branches_on_what_it_is_given() -> None:
    model = Branching()
    model(np.zeros((2, 4), np.float32))
    report = check(Network(model), np.ones((2, 4), np.float32))
    assert "Answer" in minded(report)
    assert "Do not rely" in sentence(report, "Answer")


def test_it_finds_what_is_not_finite_layer_by_layer() -> None:
    root = layers.Lambda(ops.sqrt, name="root")  # its derivative at 0 is not finite
    net = through(layers.Dense(5, "relu", name="h"), root, layers.Dense(4, name="late"))
    report = check(net, examples(net), baseline=np.zeros(4, np.float32))
    assert minded(report) == {"Finite"}
    assert "(x, h)" in sentence(report, "Finite")


def test_it_finds_what_is_held() -> None:
    x = layers.Input((3,), dtype="int32", name="words")
    h = layers.Embedding(9, 4, mask_zero=True, name="embed")(x)
    out = layers.Dense(2, name="out")(layers.LSTM(3, name="lstm")(h))
    report = check(Network(keras.Model(x, out)), np.array([[3, 1, 0]]))
    assert "words" in sentence(report, "Held")
    assert "Held" in minded(report)


def test_it_says_where_examples_and_channels_are() -> None:
    window = layers.Lambda(lambda t: ops.reshape(t, (-1, 2, 3)), name="window")
    back = layers.Lambda(lambda t: ops.reshape(t, (-1, 4, 3)), name="back")
    scores = layers.MultiHeadAttention(2, 3, name="mha")

    class Attention(layers.Layer):
        def __init__(self) -> None:
            super().__init__(name="attention")
            self.mha = scores

        def build(self, shape: Any) -> None:
            self.mha.build(shape, shape)
            super().build(shape)

        def call(self, x: Any) -> Any:
            return self.mha(x, x)

    net = through(
        layers.Conv1D(3, 1, name="conv"), window, back, Attention(), layers.Flatten(), shape=(4, 3)
    )
    report = check(net, examples(net))
    assert report.fine, report
    assert "window" in sentence(report, "Rows")
    assert net.layer("window").shape == (2, 2, 3)
    assert net.layer("conv").channel_axis == 1


def test_without_an_input_it_makes_one_up_that_fits() -> None:
    net = through(
        layers.Conv2D(3, 5, name="conv"), layers.GlobalMaxPooling2D(), shape=(None, None, 2)
    )
    report = check(net)
    assert report.fine, report
    assert "made up" in sentence(report, "Input")


def test_an_input_that_does_not_fit_is_refused() -> None:
    net = through(layers.Dense(2, name="d"))
    with pytest.raises(InvalidRequest, match="shape"):
        check(net, np.zeros((1, 7), np.float32))
    with pytest.raises(InvalidRequest, match="outside"):
        check(net, np.zeros((1, 4), np.float32), target=9)


def test_explainable_agrees_with_trying() -> None:
    """What the table says without running anything is what every method does."""
    x = layers.Input((6, 3), name="x")
    h = layers.LSTM(4, return_sequences=True, name="loop")(x)
    beside = layers.Dense(4, name="beside")(layers.Flatten(name="flat")(x))
    joined = layers.Add(name="add")([layers.GlobalMaxPooling1D(name="pool")(h), beside])
    net = Network(keras.Model(x, layers.Dense(2, "softmax", name="out")(joined)))
    given = np.random.default_rng(1).normal(size=(1, 6, 3)).astype(np.float32)
    found = net.explainable()
    assert set(found) == {i.name for i in net.layers}
    for layer, methods in found.items():
        for name, why in methods.items():
            if why is None:
                assert METHODS[name].run(net, given, layer, target=0).scores.size
            else:
                with pytest.raises(attribution.AttributionError) as error:
                    METHODS[name].run(net, given, layer, target=0)
                assert str(error.value) == why
    assert found["x"]["nig"] is None
    assert "unroll" in str(found["x"]["deeplift_rescale"])
    assert found["pool"]["deeplift_rescale"] is None


def test_the_command_writes_the_letter(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["check", "tal1-gata1", "no-such-sample"])
    assert ended.value.code == 2
    assert cli.main(["check", "tal1-gata1"]) == 0
    out = capsys.readouterr().out
    assert "can be explained: 9 of 10 layers" in out
    assert "Cuts" in out
