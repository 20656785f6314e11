"""Every rule on a small network of its own: the scores of each cut sum to F(x) - F(baseline)."""

import functools
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops

import attribution
from attribution import Network, UnsupportedOperation

EXACT = 1e-4  # of the L1 norm
SLOW = pytest.mark.slow

Block = Callable[[Any], Any]


def network(shape: tuple[int | None, ...], first: Block, blocks: dict[str, Block]) -> Network:
    """A layer, and after it every block side by side, each with an output of its own."""
    keras.utils.set_random_seed(1)
    given = keras.Input(shape, name="x")
    before = first(given)
    outputs = []
    for block in blocks.values():
        result = block(before)
        if len(result.shape) > 2:
            result = layers.Flatten()(result)
        outputs.append(layers.Dense(1)(layers.Activation("tanh")(result)))
    model = keras.Model(given, layers.Concatenate()(outputs) if outputs[1:] else outputs[0])
    rng = np.random.default_rng(0)
    model.set_weights([w + rng.normal(0, 0.3, w.shape) ** 2 for w in model.get_weights()])
    return Network(model)


@functools.cache
def family(name: str) -> tuple[Network, list[str], Any, Any]:
    """The network of all blocks of a family, their names, inputs and baselines."""
    blocks, shape, first = FAMILIES[name]
    rng = np.random.default_rng(2)
    x, baseline = (rng.normal(0, 1.5, (3, *shape)).astype(np.float32) for _ in range(2))
    fresh = {n: renewed(block, f"{name}_{i}") for i, (n, block) in enumerate(blocks.items())}
    return network(shape, first(), fresh), list(blocks), x, baseline


def renewed(block: Block, name: str) -> Block:
    """A layer by a name of its own: Keras counts anew when a session is cleared in between."""
    if isinstance(block, layers.Layer):
        return type(block).from_config({**block.get_config(), "name": name})
    return block


def check(kind: str, block: str, rule: str = "rescale") -> None:
    """Complete at every cut, finite everywhere, and the same whatever else is in the batch."""
    net, names, x, baseline = family(kind)
    cuts = [info.name for info in net.layers if info.is_cut]
    asked = [cuts[0], cuts[1]]  # the input, and what all blocks read
    options: dict[str, Any] = {"target": names.index(block), "rule": rule}
    found = attribution.deeplift(net, x, asked, baseline=baseline, **options)
    for name, result in found.items():
        norm = np.abs(result.scores).reshape(len(x), -1).sum(1)
        assert np.isfinite(result.scores).all(), name
        assert result.converged.all(), result.notes
        assert (norm > 1e-3).all(), "the test says nothing where nothing moves"
        assert (np.abs(result.gap) <= EXACT * norm).all(), (name, result.gap, norm)
    alone = attribution.deeplift(net, x[1:2], asked, baseline=baseline[1:2], **options)
    for name in asked:
        size = np.abs(found[name].scores).max()
        np.testing.assert_allclose(alone[name].scores[0], found[name].scores[1], atol=1e-5 * size)


ACTIVATIONS = """
    relu relu6 leaky_relu elu selu silu gelu hard_silu hard_sigmoid softplus softsign sigmoid
    tanh mish celu exponential log_softmax softmax hard_tanh squareplus log_sigmoid tanh_shrink
"""

VECTORS: dict[str, Block] = {
    **{name: layers.Activation(name) for name in ACTIVATIONS.split()},
    "gelu by tanh": lambda x: ops.gelu(x, approximate=True),
    "prelu": layers.PReLU(alpha_initializer=keras.initializers.Constant(0.3)),
    "relu between": layers.ReLU(max_value=0.7),
    "batch_norm": layers.BatchNormalization(),
    "layer_norm": layers.LayerNormalization(),
    "rms norm": layers.RMSNormalization(),
    "unit norm": layers.UnitNormalization(),
    "product": lambda x: layers.Multiply()([layers.Dense(6)(x), x]),
    "square": lambda x: x * x + ops.square(x),
    "quotient": lambda x: layers.Dense(6)(x) / (2.0 + ops.tanh(x)),
    "reciprocal": lambda x: 1.0 / (2.0 + ops.tanh(x)),
    "power": lambda x: (1.5 + ops.tanh(x)) ** 2.5,
    "maximum": lambda x: layers.Maximum()([layers.Dense(6)(x), x]),
    "minimum": lambda x: layers.Minimum()([layers.Dense(6)(x), x]),
    "difference": lambda x: layers.Subtract()([layers.Dense(6)(x), x]),
    "largest": lambda x: ops.max(x, axis=-1, keepdims=True),
    "smallest": lambda x: ops.min(x, axis=-1, keepdims=True),
    "log of sum of exp": lambda x: ops.logsumexp(x, axis=-1, keepdims=True),
    "variance": lambda x: ops.var(x, axis=-1, keepdims=True),
    "absolute": ops.absolute,
    "stop": lambda x: x * ops.stop_gradient(ops.sigmoid(x)),
    "dot": lambda x: layers.Dot(1)([layers.Dense(6)(x), x]),
}


IMAGES: dict[str, Block] = {
    "conv": layers.Conv2D(4, 3, strides=2, padding="same"),
    "dilated": layers.Conv2D(4, 3, dilation_rate=2),
    "depthwise": layers.DepthwiseConv2D(3),
    "separable": layers.SeparableConv2D(4, 3),
    "transposed": layers.Conv2DTranspose(4, 3, strides=2),
    "max_pool": layers.MaxPooling2D(3, strides=1),
    "stacked max pools": lambda x: layers.MaxPooling2D(2)(layers.MaxPooling2D(3, 2, "same")(x)),
    "average pool": layers.AveragePooling2D(2, padding="same"),
    "global max": layers.GlobalMaxPooling2D(),
    "global average": layers.GlobalAveragePooling2D(),
    "pad and crop": lambda x: layers.Cropping2D(2)(layers.ZeroPadding2D(1)(x)),
    "upsample": layers.UpSampling2D(2, interpolation="bilinear"),
    "upsample nearest": layers.UpSampling2D(2),
    "permute": lambda x: layers.Permute((3, 1, 2))(x),
    "group norm": layers.GroupNormalization(2),
    "squeeze_excite": lambda x: layers.Multiply()(
        [x, layers.Dense(4, "sigmoid")(layers.GlobalAveragePooling2D(keepdims=True)(x))]
    ),
    "residual": lambda x: layers.Add()([x, layers.Conv2D(4, 3, padding="same")(x)]),
    "concat": lambda x: layers.Concatenate()([x, layers.Conv2D(2, 1)(x)]),
}


def attention(x: Any) -> Any:
    return layers.LayerNormalization()(x + layers.MultiHeadAttention(2, 3)(x, x))


SEQUENCES: dict[str, Block] = {
    "conv": layers.Conv1D(4, 3, padding="causal", dilation_rate=2),
    "transposed": layers.Conv1DTranspose(4, 3),
    "max_pool": layers.MaxPooling1D(3, strides=1),
    "attention": attention,
    "additive attention": lambda x: layers.AdditiveAttention()([x, x]),
    "lstm": layers.LSTM(3, unroll=True),
    "lstm that keeps steps": layers.LSTM(3, unroll=True, return_sequences=True),
    "gru": layers.GRU(3, unroll=True),
    "both ways": layers.Bidirectional(layers.SimpleRNN(3, unroll=True)),
    "flip": lambda x: ops.flip(x, axis=1) * x,
    "sum along": lambda x: ops.cumsum(x, axis=1) * x,
    "steps": layers.TimeDistributed(layers.Dense(3, activation="relu")),
    "conv3d": lambda x: layers.MaxPooling3D((2, 1, 1), 1)(
        layers.Conv3D(2, 2)(layers.Reshape((6, 2, 2, 1))(x))
    ),
    "softmax over the steps": layers.Softmax(axis=1),
}


FAMILIES: dict[str, tuple[dict[str, Block], tuple[int, ...], Callable[[], Block]]] = {
    "vectors": (VECTORS, (6,), lambda: layers.Dense(6)),
    "images": (IMAGES, (7, 7, 4), lambda: layers.Conv2D(4, 1)),
    "grouped": ({"conv": layers.Conv2D(4, 3, groups=2)}, (7, 7, 4), lambda: layers.Conv2D(4, 1)),
    "sequences": (SEQUENCES, (6, 4), lambda: layers.Dense(4)),
}


@pytest.mark.parametrize("name", VECTORS)
def test_vectors(name: str) -> None:
    check("vectors", name)


@pytest.mark.parametrize("name", IMAGES)
def test_images(name: str) -> None:
    check("images", name)


def test_grouped_convolution() -> None:
    """Keras hides it in an inner function, which only Rescale may enter."""
    check("grouped", "conv")
    with pytest.raises(UnsupportedOperation, match="rescale"):
        check("grouped", "conv", "reveal_cancel")


@pytest.mark.parametrize("name", SEQUENCES)
def test_sequences(name: str) -> None:
    check("sequences", name)


APART = {  # tracing is slow where parts are followed, so not every block is
    "vectors": "relu elu silu gelu prelu softmax batch_norm layer_norm quotient maximum difference",
    "images": "conv dilated depthwise transposed residual concat upsample max_pool squeeze_excite",
    "sequences": "conv attention lstm steps max_pool",
}


for _kind, _names in APART.items():
    _blocks, _shape, _first = FAMILIES[_kind]
    FAMILIES[f"{_kind}_apart"] = {n: _blocks[n] for n in _names.split()}, _shape, _first


@pytest.mark.parametrize("rule", ["reveal_cancel", pytest.param("genomics", marks=SLOW)])
@pytest.mark.parametrize(
    "kind", [pytest.param(k, marks=SLOW) if k == "sequences" else k for k in APART]
)
def test_parts_apart(kind: str, rule: str) -> None:
    """Rules that follow positive and negative parts are as complete as Rescale."""
    for name in APART[kind].split():
        check(f"{kind}_apart", name, rule)


@keras.saving.register_keras_serializable("tests")
class Own(layers.Layer):  # type: ignore[misc]
    """A layer that does whatever it is given."""

    def __init__(self, f: Callable[[Any], Any], **options: Any) -> None:
        super().__init__(**options)
        self.f = f

    def call(self, x: Any) -> Any:
        return self.f(x)


REFUSED: dict[str, tuple[Callable[[Any], Any], str]] = {
    "an unknown function": (tf.math.bessel_i0e, "BesselI0e"),
    "a condition": (lambda x: tf.where(x > 0, x, tf.exp(x)), "SelectV2"),
    "a threshold": (lambda x: x * tf.cast(x > 0.5, tf.float32), "Cast"),
    "sorting": (tf.sort, "TopKV2"),
    "a power of both": (lambda x: tf.nn.softplus(x) ** x, "Pow"),
    "an inner function": (tf.function(tf.nn.relu), "PartitionedCall"),
    "examples turned": (lambda x: tf.transpose(tf.nn.relu(tf.transpose(x))), "Relu"),
    "a loop": (
        lambda x: tf.while_loop(lambda i, t: i < 3, lambda i, t: (i + 1, t * t), [0, x])[1],
        "While",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_by_name(name: str) -> None:
    """Before the operation: an error with layer, operation and advice. After it: an answer."""
    f, op = REFUSED[name]
    given = keras.Input((4,), name="x")
    before = layers.Dense(5, name="before")(given)
    after = layers.Activation("tanh", name="after")(Own(f, name="culprit")(before))
    net = Network(keras.Model(given, layers.Dense(2, name="readout")(after)))
    x = np.random.default_rng(0).normal(0, 1, (2, 4)).astype(np.float32)
    for layer in ("x", "before", ["readout", "before"]):
        with pytest.raises(UnsupportedOperation, match="a layer after it") as caught:
            attribution.deeplift(net, x, layer, target=0)
        assert caught.value.layer == "culprit"
        assert op in caught.value.op
    assert attribution.deeplift(net, x, "after", target=0).converged.all()
    everything = attribution.deeplift(net, x, "all", target=0)
    assert list(everything) == ["culprit", "after", "readout"]
    notes = everything["after"].notes
    assert all(any(n in note and "culprit" in note for note in notes) for n in ("x", "before"))


@pytest.mark.parametrize("kind", ["LSTM", "GRU"])
def test_a_recurrent_layer_that_loops_is_refused_with_the_mend(kind: str) -> None:
    for length in (5, None):
        block: Block = getattr(layers, kind)(3, name="loop")
        net = network((length, 3), layers.Dense(3), {"": block})
        with pytest.raises(UnsupportedOperation, match="unroll=True") as caught:
            attribution.deeplift(net, np.ones((1, 5, 3), np.float32), "x", target=0)
        assert (caught.value.layer, caught.value.op) == ("loop", "While")


def test_embeddings_are_the_start() -> None:
    given = keras.Input((5,), dtype="int32", name="tokens")
    h = layers.Embedding(7, 4, name="embedding")(given)
    h = layers.Dense(3, "gelu")(layers.GlobalAveragePooling1D()(attention(h)))
    net = Network(keras.Model(given, layers.Dense(2)(h)))
    x = np.random.default_rng(0).integers(0, 7, (3, 5))
    result = attribution.deeplift(net, x, "embedding", target=1, baseline=np.zeros(5, int))
    assert result.scores.shape == (3, 5, 4)
    np.testing.assert_allclose(result.total, result.delta, rtol=1e-4, atol=1e-6)


def test_genomics_needs_a_layer_with_weights_before_an_activation() -> None:
    net = network((4,), layers.Activation("relu", name="bare"), {"": layers.Dense(2)})
    with pytest.raises(UnsupportedOperation, match="rescale") as caught:
        attribution.deeplift(net, np.ones((1, 4), np.float32), "x", target=0, rule="genomics")
    assert caught.value.layer == "bare"


BEHIND: dict[str, Callable[[Any], Any]] = {
    "a condition": lambda x: tf.where(x > 0, tf.sqrt(tf.abs(x)), tf.zeros_like(x)),
    "a threshold": lambda x: x * tf.cast(x > 0.1, tf.float32),
    "a constant taken away": lambda x: x - 0.5,
    "a straight-through step": lambda x: x + tf.stop_gradient(tf.round(x) - x),
    "positions folded, steps first": lambda x: tf.reshape(
        tf.transpose(
            tf.reshape(tf.nn.relu(tf.reshape(tf.transpose(x, (1, 0, 2)), (-1, 3))), (4, -1, 3)),
            (1, 0, 2),
        ),
        (-1, 4, 3),
    ),
    "a recurrent loop": lambda x: layers.GRU(3, return_sequences=True)(x),
}
"""Blocks on (N, 4, 3) whose parts do not follow from those of what they take."""


@pytest.mark.parametrize("rule", ["rescale", "reveal_cancel"])
@pytest.mark.parametrize("name", BEHIND)
def test_a_layer_behind_a_block_is_scored_as_the_network_that_starts_there(
    name: str, rule: str
) -> None:
    keras.utils.set_random_seed(4)
    given = keras.Input((4, 3), name="x")
    block = BEHIND[name](given) if "recurrent" in name else Own(BEHIND[name])(given)
    behind = layers.Flatten(name="behind")(block)
    head = [layers.Dense(5, "relu", name="hidden"), layers.Dense(2, name="readout")]
    net = Network(keras.Model(given, head[1](head[0](behind))))
    start = keras.Input((12,), name="start")
    alone = Network(keras.Model(start, head[1](head[0](start))))
    x = np.random.default_rng(0).normal(0, 1, (3, 4, 3)).astype(np.float32)
    x0 = np.random.default_rng(1).normal(0, 1, (4, 3)).astype(np.float32)
    found = attribution.deeplift(net, x, "behind", target=0, baseline=x0, rule=rule)
    ends = net.activations(np.concatenate([x, x0[None]]), "behind")
    wanted = attribution.deeplift(alone, ends[:3], "start", target=0, baseline=ends[3], rule=rule)
    np.testing.assert_allclose(found.scores, wanted.scores, rtol=1e-4, atol=1e-5)
    assert found.converged.all()
