"""A trace leaves the user's model as it is, also while another thread runs it."""

import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import attribution
from attribution import Network, UnsupportedModel

X = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")


class Notes:
    """A plain object of a user's, which a layer writes to."""

    def __init__(self) -> None:
        self.last: Any = None
        self.by_name: dict[str, list[Any]] = {"h": [1.0]}


class Busy(layers.Layer):
    """Notes all that a layer can note of a call, in every place that there is for it.

    meanwhile : called once, in the middle of the next call that runs in a graph.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.meanwhile: Callable[[], None] | None = None
        self.count = 0
        self.past = [0]
        self.table = {"first": ["a"]}
        self.seen = {1}
        self.recent = deque([1, 2], maxlen=2)
        self.ordered = OrderedDict(a=1, b=2)
        self.notes = Notes()
        self.dense = layers.Dense(4, name="dense")
        self.mean = keras.metrics.Mean(name="mean")
        self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False, name="calls")
        self.seeds = keras.random.SeedGenerator(3)

    def build(self, shape: Any) -> None:
        self.dense.build(shape)

    def call(self, x: Any) -> Any:
        h = self.dense(x)
        self.count += 1
        self.last = h
        self.past.append(h)
        self.table["first"].append(h)
        self.table["second"] = [h]
        self.seen.add(self.count + 100)
        self.recent.append(h)
        self.ordered["a"] = h
        self.notes.last = h
        self.notes.by_name["h"].append(h)
        self.notes.by_name["made"] = layers.Dense(2)
        self.mean.update_state(h)
        self.calls.assign_add(1.0)
        keras.random.normal((2,), seed=self.seeds)
        self.add_loss(keras.ops.mean(h**2))
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile and not tf.executing_eagerly():
            meanwhile()
        else:
            self.meanwhile = meanwhile
        return keras.ops.relu(h)


def busy_model(dtype: str = "float32") -> tuple[keras.Model, Busy]:
    keras.utils.set_random_seed(1)
    x = layers.Input((4,), name="x")
    busy = Busy(name="busy", dtype=dtype)
    h = layers.Dense(4, "relu", name="first", dtype=dtype)(x)
    model = keras.Model(x, layers.Dense(2, name="o", dtype=dtype)(busy(h)), name="model")
    return model, busy


def in_a_thread(run: Callable[[], None]) -> None:
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


def noted(busy: Busy) -> dict[str, Any]:
    """Everything that `Busy` writes, as copies that nobody else writes to."""
    notes = busy.notes
    return {
        "attributes": sorted(vars(busy)),
        "count": busy.count,
        "last": busy.last,
        "past": list(busy.past),
        "table": {key: list(value) for key, value in busy.table.items()},
        "seen": set(busy.seen),
        "recent": list(busy.recent),
        "ordered": list(busy.ordered.items()),
        "notes": [notes.last, {key: list(value) for key, value in notes.by_name.items()
                               if isinstance(value, list)}, sorted(notes.by_name)],
        "variables": [np.asarray(v).tobytes() for v in busy.variables],
        "metric": float(busy.mean.result()),
        "seed": np.asarray(busy.seeds.state).tolist(),
        "loss ids": set(busy._loss_ids),
        "policy": busy.dtype_policy,
        "type of policy": type(busy.dtype_policy),
    }  # fmt: skip


def same(a: Any, b: Any) -> bool:
    """Equal in structure, and the very same tensors."""
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return a is b if tf.is_tensor(a) or tf.is_tensor(b) else bool(a == b)


@pytest.mark.parametrize("dtype", ["float32", "mixed_float16"])
def test_nothing_that_layers_note_outlives_a_trace(dtype: str) -> None:
    model, busy = busy_model(dtype)
    model(X)
    before, losses = noted(busy), list(model.losses)
    trace = Network(model)
    after = noted(busy)
    assert {k: (before[k], after[k]) for k in before if not same(before[k], after[k])} == {}
    assert len(losses) == 1
    assert model.losses[0] is losses[0]
    assert [i.name for i in trace.layers] == ["x", "first", "busy/dense", "busy", "o"]


def test_layers_made_afterwards_have_the_names_that_they_would_have_had() -> None:
    keras.utils.clear_session()
    model, _ = busy_model()
    expected = layers.Dense(1).name
    keras.utils.clear_session()
    model, _ = busy_model()
    Network(model)
    assert layers.Dense(1).name == expected


@pytest.mark.parametrize("dtype", ["float32", "mixed_float16", "float16"])
def test_a_thread_that_runs_the_model_during_a_trace_meets_it_as_it_is(dtype: str) -> None:
    model, busy = busy_model(dtype)
    wanted = np.asarray(model(X))
    alone = [i.name for i in Network(model).layers]
    found: dict[str, Any] = {}

    def run() -> None:
        before = len(busy.past)
        found["eager"] = model(X)
        found["losses"] = list(model.losses)
        found["noted"] = len(busy.past) - before
        found["traced"] = tf.function(model)(X)
        found["policy"] = keras.dtype_policies.serialize(busy.dtype_policy)
        found["compute"] = busy.compute_dtype

    busy.meanwhile = lambda: in_a_thread(run)
    net = Network(model)
    np.testing.assert_array_equal(found["eager"], wanted)
    np.testing.assert_array_equal(found["traced"], wanted)
    assert found["eager"].dtype == found["traced"].dtype == wanted.dtype
    assert found["compute"] == busy.compute_dtype
    assert found["policy"] == keras.dtype_policies.serialize(busy.dtype_policy)
    assert type(busy.dtype_policy) is keras.DTypePolicy
    assert found["noted"] == 1
    assert [i.name for i in net.layers] == alone
    assert all("call" not in vars(layer) for layer in model._flatten_layers())
    # What the other thread noted is still there; what the trace noted is not.
    assert np.isfinite(float(found["losses"][0]))
    kept = [*busy.past, *busy.table["first"], *busy.notes.by_name["h"], *busy.recent, *model.losses]
    ours = [t for t in kept if getattr(t, "graph", None) is net.graph()._wrapped.graph]
    assert ours == []
    assert sum(isinstance(t, tf.Tensor) for t in busy.past) >= 2


def test_networks_are_made_while_a_thread_runs_the_model_in_a_loop() -> None:
    model, _ = busy_model("mixed_float16")
    wanted, alone = np.asarray(model(X)), [i.name for i in Network(model).layers]
    traced = tf.function(model)
    done, wrong = threading.Event(), []

    def loop() -> None:
        while not done.is_set():
            for run in (model, traced):
                if not np.array_equal(run(X), wanted):
                    wrong.append(run)

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        names = [[i.name for i in Network(model).layers] for _ in range(3)]
    finally:
        done.set()
        thread.join()
    assert wrong == []
    assert names == [alone] * 3
    assert np.isfinite(float(model.losses[0]))
    np.testing.assert_array_equal(model(X), wanted)


def test_what_another_thread_sets_on_a_layer_during_a_trace_stays() -> None:
    model, busy = busy_model("mixed_float16")

    def run() -> None:
        busy.dtype_policy = keras.DTypePolicy("float32")
        busy.trainable = False

    busy.meanwhile = lambda: in_a_thread(run)
    Network(model)
    assert busy.compute_dtype == "float32"
    assert not busy.trainable


def test_an_answer_that_needs_a_variable_written_is_refused() -> None:
    class Counting(layers.Layer):
        def build(self, shape: Any) -> None:
            self.calls = tf.Variable(1.0)

        def call(self, x: Any) -> Any:
            return x * self.calls.assign_add(1.0)

    x = layers.Input((4,), name="x")
    model = keras.Model(x, layers.Dense(2)(Counting(name="counting")(x)))
    counter = model.get_layer("counting").calls
    before = float(counter)
    with pytest.raises(UnsupportedModel, match=r"'counting'.*writes a variable"):
        Network(model)
    assert float(counter) == before


def test_a_variable_that_counts_calls_has_its_present_value_in_every_answer() -> None:
    class Counting(layers.Layer):
        def build(self, shape: Any) -> None:
            self.calls = self.add_weight(shape=(), initializer="ones", trainable=False)

        def call(self, x: Any) -> Any:
            self.calls.assign_add(1.0)
            return x * self.calls

    x = layers.Input((4,), name="x")
    model = keras.Model(x, Counting(name="counting")(x))
    net = Network(model)
    count = float(model.get_layer("counting").calls)
    for _ in range(2):
        np.testing.assert_allclose(net.predict(X), X * (count + 1), rtol=1e-6)
    result = attribution.neuron_integrated_gradients(net, X, "counting", target=0)
    assert any("'counting' keeps state between calls" in note for note in result.notes)
    assert "State" in [f.topic for f in attribution.check(net, X).findings if not f.fine]
    np.testing.assert_allclose(model(X), X * (count + 1), rtol=1e-6)


def test_moving_averages_and_what_is_read_alone_are_no_state() -> None:
    class Averaging(layers.Layer):
        def build(self, shape: Any) -> None:
            self.mean = self.add_weight(shape=shape[1:], initializer="zeros", trainable=False)
            self.scale = self.add_weight(shape=shape[1:], initializer="ones")

        def call(self, x: Any) -> Any:
            self.mean.assign(0.9 * self.mean + 0.1 * keras.ops.mean(x, 0))
            return x * self.scale

    x = layers.Input((4,), name="x")
    model = keras.Model(x, Averaging(name="averaging")(layers.BatchNormalization()(x)))
    result = attribution.neuron_integrated_gradients(Network(model), X, "averaging", target=0)
    assert not [note for note in result.notes if "state" in note]


def test_what_another_thread_notes_stays_while_code_of_ones_own_is_tried() -> None:
    """Such code is called several times before the trace; then the model is put back."""
    model, busy = busy_model()
    model(X)
    before, calls = [*busy.past], []

    def run() -> None:  # once, within the first of these calls
        calls.append(1)
        if len(calls) == 1:
            in_a_thread(lambda: model(2 * X))

    busy.meanwhile = run
    Network(model)
    (noted,) = busy.past[len(before) :]
    assert all(a is b for a, b in zip(busy.past, before, strict=False))
    assert any(t is noted for t in busy.table["first"])
    assert any(t is noted for t in busy.notes.by_name["h"])
    np.testing.assert_allclose(model.losses, [np.mean(np.square(noted))], rtol=1e-5)
    assert calls == [1]
