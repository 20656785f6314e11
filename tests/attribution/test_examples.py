"""What the sweep proves is true of random programs; how the axes of tensors move."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import attribution
from attribution import Network
from attribution.trace.rows.axes import BATCH, Factor, Parted, bare, number, regrouped
from attribution.trace.rows.examples import Examples
from attribution.trace.rows.layout import Layout
from tests.attribution.batches import normal

Step = Callable[[np.random.Generator, Any], Any]


def _axis(rng: np.random.Generator, x: Any) -> int:
    return int(rng.integers(0, len(x.shape)))


def _one(rng: np.random.Generator, x: Any) -> list[int]:
    """1 for one axis, 0 for the others."""
    axis = _axis(rng, x)
    return [int(i == axis) for i in range(len(x.shape))]


def _reshaped(rng: np.random.Generator, x: Any) -> Any:
    """Two neighbours joined, or an axis split; the batch's length is asked for."""
    shape = tf.unstack(tf.shape(x))
    static = x.shape.as_list()
    i = _axis(rng, x)
    if i + 1 < len(shape) and rng.random() < 0.6:
        return tf.reshape(x, [*shape[:i], shape[i] * shape[i + 1], *shape[i + 2 :]])
    for part in (2, 3):
        if static[i] and static[i] % part == 0:
            cut = [part, static[i] // part]
            return tf.reshape(x, [*shape[:i], *cut[:: int(rng.choice([-1, 1]))], *shape[i + 1 :]])
    inner = [n for j, n in enumerate(static) if j > 0 and n]
    return tf.reshape(x, [-1, int(np.prod(inner))]) if len(inner) == len(static) - 1 else x


STEPS: dict[str, Step] = {
    "transpose": lambda rng, x: tf.transpose(x, rng.permutation(len(x.shape))),
    "reshape": _reshaped,
    "reshape again": _reshaped,
    "expand": lambda rng, x: tf.expand_dims(x, _axis(rng, x)) if len(x.shape) < 5 else x,
    "relu": lambda rng, x: tf.nn.relu(x) + 1,
    "sum": lambda rng, x: x - tf.reduce_sum(x, _axis(rng, x), keepdims=True),
    "cumsum": lambda rng, x: tf.cumsum(x, _axis(rng, x)),
    "reverse": lambda rng, x: tf.reverse(x, [_axis(rng, x)]),
    "roll": lambda rng, x: tf.roll(x, 1, _axis(rng, x)),
    "stack": lambda rng, x: tf.concat([x, 2 * x], _axis(rng, x)) if len(x.shape) < 5 else x,
    "split": lambda rng, x: (
        tf.split(x, 2, a)[1] if (x.shape[a := _axis(rng, x)] or 1) % 2 == 0 else x
    ),
    "pad": lambda rng, x: tf.pad(x, [[n, 0] for n in _one(rng, x)]),
    "slice": lambda rng, x: x[(*[slice(None)] * _axis(rng, x), slice(1, None))],
    "product": lambda rng, x: tf.matmul(x, x, transpose_b=True) / 4 if len(x.shape) > 1 else x,
    "softmax": lambda rng, x: tf.nn.softmax(x, _axis(rng, x)),
    "tile": lambda rng, x: tf.tile(x, [1 + n for n in _one(rng, x)]),
}


def program(seed: int) -> Callable[[Any], Any]:
    def run(x: Any) -> Any:
        rng = np.random.default_rng(seed)
        for name in rng.choice(list(STEPS), 6):
            x = STEPS[name](rng, x)
        return x

    return run


def swept(f: Callable[[Any], Any], *shape: int | None) -> tuple[Any, Examples, Any]:
    """The function, what is known of its graph's tensors, and the tensor that it returns."""
    made = tf.function(f, autograph=False).get_concrete_function(tf.TensorSpec([None, *shape]))
    examples = Examples()
    examples.feed(made.graph.inputs)
    examples.sweep(made.graph.get_operations())
    return made, examples, made.graph.outputs[0]


@pytest.mark.parametrize("first", range(0, 120, 20))
def test_what_is_proven_holds_on_random_programs(first: int) -> None:
    """Run alone and among others, each example's part of the result is the same."""
    proven = 0
    for seed in range(first, first + 20):
        made, examples, out = swept(program(seed), 4, 6)
        if examples.cause(out) is not None or 0 in out.shape.as_list():
            continue
        layout = examples.layout(out)
        assert layout is not None, seed
        proven += 1
        x = normal(3, 4, 6, seed=seed)
        together = layout.fold(np.asarray(made(tf.constant(x))))
        assert together.shape == (3, *layout.shape)
        for i in range(3):
            alone = layout.fold(np.asarray(made(tf.constant(x[i : i + 1]))))
            np.testing.assert_allclose(together[i : i + 1], alone, rtol=1e-3, atol=1e-4)
    assert proven >= 3


LAYOUTS = [
    Layout(0, 1, 1, (4, 6)),
    Layout(1, 1, 1, (4, 6)),
    Layout(0, 1, 4, (6,)),
    Layout(0, 4, 1, (6,)),
    Layout(1, 2, 3, (5, 4)),
    Layout(2, 1, 3, (5, 4)),
]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_folding_and_back(layout: Layout) -> None:
    assert layout.outer
    assert layout.inner
    count = 3
    rest = [n or 1 for n in layout.rest]
    shape = [*rest[: layout.axis], layout.outer * count * layout.inner, *rest[layout.axis :]]
    given = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    folded = layout.fold(given)
    assert folded.shape == (count, *layout.shape)
    np.testing.assert_array_equal(layout.unfold(folded), given)
    np.testing.assert_array_equal(layout.fold(tf.constant(given)), folded)
    for n in range(count):  # by hand: the entries (outer, n, inner) of the axis
        places = [
            (o * count + n) * layout.inner + i
            for o in range(layout.outer)
            for i in range(layout.inner)
        ]
        own = np.take(given, places, layout.axis)
        np.testing.assert_array_equal(folded[n].reshape(-1), own.reshape(-1))


def test_reshapes_by_the_order_of_memory() -> None:
    length = (Factor(0, "length"),)
    windows = (*BATCH, Factor(4))
    assert regrouped((BATCH, number(4), number(6)), [None, number(6)]) == (windows, number(6))
    assert regrouped((windows, number(6)), [BATCH, None]) == (BATCH, number(24))
    assert regrouped((BATCH, length, number(6)), [None, number(6)]) == (
        (*BATCH, *length),
        number(6),
    )
    assert regrouped(((*BATCH, *length), number(6)), [BATCH, length, number(6)]) == (
        BATCH,
        length,
        number(6),
    )
    marked = (Factor(6, "channels"),)
    assert regrouped((BATCH, number(4), marked), [BATCH, number(2), number(2), marked])[3] == marked
    split = regrouped((BATCH, number(4), marked), [BATCH, number(4), number(2), number(3)])
    assert [bare(axis) for axis in split] == [BATCH, number(4), number(2), number(3)]
    with pytest.raises(Parted):
        regrouped((BATCH, number(8)), [number(4), None])
    with pytest.raises(Parted):
        regrouped((BATCH, length), [None, None])


def test_lengths_that_vary_are_followed_by_name() -> None:
    def f(x: Any) -> Any:
        n, length = tf.shape(x)[0], tf.shape(x)[1]
        flat = tf.reshape(x, (n * length, 6))
        return tf.reshape(tf.nn.relu(flat @ tf.ones((6, 3))), (n, length, 3))

    _, examples, out = swept(f, None, 6)
    layout = examples.layout(out)
    assert examples.cause(out) is None
    assert layout is not None
    assert layout.plain
    assert layout.shape == (None, 3)

    def flat(x: Any) -> Any:
        return tf.reshape(x, (-1, 6))

    made, examples, out = swept(flat, None, 6)
    layout = examples.layout(out)
    assert layout is not None
    assert layout.counted
    x = normal(3, 5, 6)
    np.testing.assert_array_equal(layout.fold(np.asarray(made(tf.constant(x))), 3), x)


def all_is_proven(net: Network) -> None:
    graph = net.graph()
    assert graph.cause is None
    assert not [n for n, t in graph.tensors.items() if graph.examples.cause(t)]
    for info in net.layers:
        layout = graph.layouts[info.name]
        assert layout is not None, info.name
        assert layout.plain, info.name
        if info.shape:
            assert info.channel_axis == len(info.shape) - 1, info.name


@pytest.mark.parametrize("name", ["tal1-gata1", "splice-donor"])
def test_bundled_networks_are_proven_throughout(name: str) -> None:
    all_is_proven(attribution.load(name))


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["MobileNetV3Small", "ConvNeXtTiny", "EfficientNetV2B0", "DenseNet121", "Xception"]
)
def test_networks_of_keras_are_proven_throughout(name: str) -> None:
    all_is_proven(Network(getattr(keras.applications, name)(weights=None)))
