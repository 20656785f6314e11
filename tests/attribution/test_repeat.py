"""Python code that says another thing at every call, and code that only looks like it."""

import functools
import itertools
import random
import time
import types
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from attribution import Network, UnsupportedModel, neuron_integrated_gradients
from attribution.trace import repeat

X = np.random.default_rng(0).normal(size=(1, 4)).astype("float32")


class Own(keras.layers.Layer):
    """Runs the function that it is given, with itself, so that it can count."""

    def __init__(self, run: Callable[[Any, Any], Any]) -> None:
        super().__init__(name="own")
        self.run, self.calls, self.kept = run, 0, None

    def call(self, x: Any) -> Any:
        self.calls += 1
        return self.run(self, x)


def model(run: Callable[[Any, Any], Any], dtype: str = "float32") -> keras.Model:
    inputs = keras.Input((4,))
    hidden = keras.layers.Dense(3, activation="relu", name="hidden", dtype=dtype)(inputs)
    return keras.Model(inputs, keras.layers.Dense(2)(Own(run)(hidden)))


def subclassed(run: Callable[[Any, Any], Any]) -> keras.Model:
    class Whole(keras.Model):
        def __init__(self) -> None:
            super().__init__(name="whole")
            self.first, self.calls, self.kept = keras.layers.Dense(3), 0, None

        def call(self, x: Any) -> Any:
            self.calls += 1
            return run(self, self.first(x))

    made = Whole()
    made(X)
    return made


def kept_once(self: Any, x: Any) -> Any:
    if self.kept is None:
        self.kept = np.arange(3, dtype="float32")
        x = x + 0 * tf.reduce_sum(x)  # made by the first call alone
    return x * self.kept


def shuffled(self: Any, x: Any) -> Any:
    steps = [tf.sin, tf.tanh, tf.exp, tf.nn.relu, tf.square, tf.abs, tf.negative, tf.nn.elu]
    random.shuffle(steps)
    for step in steps:
        x = step(x)
    return x


def inside_a_condition(self: Any, x: Any) -> Any:
    factor = np.random.rand()  # noqa: NPY002
    return tf.cond(tf.reduce_sum(x) > 0, lambda: x * factor, lambda: x)


def looped(self: Any, x: Any) -> Any:
    return tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y * y), (0, x))[1]


def by_chance(self: Any, x: Any) -> Any:
    return x * 2 if random.random() < 0.5 else x * 3


def until_it_settles(self: Any, x: Any) -> Any:
    self.settled = min(getattr(self, "settled", 0) + 1, 2)
    return x * float(self.settled)


CHANGING: dict[str, Callable[[Any, Any], Any]] = {
    "numpy": lambda self, x: x * np.random.rand(),  # noqa: NPY002
    "numpy of a shape": lambda self, x: x + np.random.normal(size=3),  # noqa: NPY002
    "a counter": lambda self, x: x * float(self.calls),
    "a counter in a power": lambda self, x: x**self.calls,
    "a clock": lambda self, x: x + time.perf_counter() % 1,
    "an order": shuffled,
    "how often": lambda self, x: [x := x + 1 for _ in range(self.calls)][-1],
    "which column": lambda self, x: tf.gather(x, [self.calls % 3, 0, 1], axis=1),
    "in a condition": inside_a_condition,
    "by chance": by_chance,
    "by NumPy's chance": lambda self, x: x if np.random.rand() < 0.5 else -x,  # noqa: NPY002
    "every third call": lambda self, x: x * float(1 + self.calls // 3),
}
STEADY: dict[str, Callable[[Any, Any], Any]] = {
    "counted only": lambda self, x: x * 2.0,
    "kept once": kept_once,
    "a fixed draw": lambda self, x: x * np.random.default_rng(3).normal(size=3),
    "a condition": lambda self, x: tf.cond(tf.shape(x)[1] > 2, lambda: 2 * x, lambda: 3 * x),
    "a loop": looped,
    "drawn and thrown away": lambda self, x: (x * np.random.rand(), x)[1],  # noqa: NPY002
    "printed": lambda self, x: (tf.print("", end=""), x + 1)[1],
    "made outside": lambda self, x: x * tf.constant(np.arange(600.0)[:3], tf.float32),
}  # fmt: skip


@pytest.mark.parametrize("made", [model, subclassed])
@pytest.mark.parametrize("name", CHANGING)
def test_code_that_changes_is_refused_by_name(name: str, made: Callable[..., Any]) -> None:
    network = made(CHANGING[name])
    said = [np.asarray(network(X)) for _ in range(12)]
    assert not all(np.array_equal(said[0], other) for other in said)  # so Keras says itself
    before = network.calls if made is subclassed else network.get_layer("own").calls
    who = "The model" if made is subclassed else "Layer 'own'"
    with pytest.raises(UnsupportedModel, match=f"{who} runs Python code that makes other numbers"):
        Network(network)
    after = network.calls if made is subclassed else network.get_layer("own").calls
    assert before == after  # the model is left as it was


@pytest.mark.parametrize("made", [model, subclassed])
@pytest.mark.parametrize("name", STEADY)
def test_code_that_stays_answers(name: str, made: Callable[..., Any]) -> None:
    network = made(STEADY[name])
    expected = np.asarray(network(X))[0, 1]
    net = Network(network)
    assert net.score(X, 1, "output") == pytest.approx(expected, rel=1e-5)
    result = neuron_integrated_gradients(net, X, net.layers[1].name, target=1)
    assert result.converged


def test_a_lambda_that_draws() -> None:
    inputs = keras.Input((4,))
    noise = keras.layers.Lambda(lambda x: x + np.random.normal(), name="noise")  # noqa: NPY002
    drawn = keras.Model(inputs, keras.layers.Dense(1)(noise(inputs)))
    with pytest.raises(UnsupportedModel, match="Layer 'noise' runs Python code"):
        Network(drawn)


class Drawing:
    def draw(self, x: Any) -> Any:
        return x * np.random.rand()  # noqa: NPY002

    __call__ = draw


def drawn(x: Any, by: float) -> Any:
    return x * by * np.random.rand()  # noqa: NPY002


LOADED = types.FunctionType(
    drawn.__code__, {"np": np, "__name__": "keras.src.utils"}, "loaded", (1.0,)
)


@pytest.mark.parametrize(
    "activation",
    [Drawing().draw, Drawing(), functools.partial(drawn, by=2.0), LOADED],
    ids=["a method", "an object", "a part of a function", "loaded by Keras"],
)
def test_an_activation_of_any_kind_that_draws(activation: Any) -> None:
    inputs = keras.Input((4,))
    layer = keras.layers.Dense(1, activation=activation, name="dense")
    with pytest.raises(UnsupportedModel, match="Layer 'dense' runs Python code"):
        Network(keras.Model(inputs, layer(inputs)))


def test_a_function_of_no_module_answers() -> None:
    inputs = keras.Input((4,))
    layer = keras.layers.Dense(1, activation=eval("lambda x: x * 2.0", {}))
    assert Network(keras.Model(inputs, layer(inputs))).layers


def test_a_model_that_does_nothing_answers() -> None:
    inputs = keras.Input((4,))
    net = Network(keras.Model(inputs, keras.layers.Lambda(lambda x: x)(inputs)))
    assert net.score(X, 1) == X[0, 1]


def test_the_users_random_numbers_go_on_as_they_were() -> None:
    network = model(STEADY["counted only"])
    np.random.seed(3)  # noqa: NPY002
    random.seed(3)
    expected = np.random.rand(), random.random()  # noqa: NPY002
    np.random.seed(3)  # noqa: NPY002
    random.seed(3)
    Network(network)
    assert (np.random.rand(), random.random()) == expected  # noqa: NPY002


def test_an_activation_that_counts() -> None:
    numbers = itertools.count()
    inputs = keras.Input((4,))
    dense = keras.layers.Dense(3, activation=lambda x: x + float(next(numbers)), name="dense")
    counted = keras.Model(inputs, dense(inputs))
    with pytest.raises(UnsupportedModel, match="Layer 'dense' runs Python code"):
        Network(counted)


def test_half_precision_that_stays() -> None:
    net = Network(model(STEADY["a fixed draw"], "mixed_float16"))
    assert net.layers


def test_keras_alone_is_not_called_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeat, "change", lambda *_: pytest.fail("called again"))
    inputs = keras.Input((8, 4))
    x = keras.layers.Bidirectional(keras.layers.LSTM(3, return_sequences=True))(inputs)
    x = keras.layers.MultiHeadAttention(2, 3)(x, x)
    x = keras.layers.BatchNormalization()(keras.layers.Activation("gelu")(x)) + 1.0
    plain = keras.Model(inputs, keras.layers.Dense(2, "softmax")(keras.layers.Flatten()(x)))
    plain.compile("adam", "mse")
    assert Network(plain).layers
