"""What a Network keeps for the next questions is bounded, and can be forgotten."""

import gc
import weakref
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from tensorflow.python.framework import ops

import attribution
from attribution import Network
from attribution.trace import functions
from attribution.trace.functions import Functions

X = np.random.default_rng(0).normal(size=(1, 5)).astype("float32")


def model(activation: str = "relu") -> keras.Model:
    keras.utils.set_random_seed(0)
    x = h = layers.Input((5,), name="x")
    for i in range(4):
        h = layers.Dense(4, activation, name=f"d{i}")(h)
    outputs = [layers.Dense(3, name=f"o{i}")(h) for i in range(7)]
    return keras.Model(x, outputs)


def questions(net: Network) -> Iterator[Any]:
    """Different ones: sets of layers, targets, neurons, outputs, rules."""
    names = [f"d{i}" for i in range(4)]
    for some in combinations(names, 2):
        yield net.activations(X, list(some))
        yield attribution.gradient_times_difference(net, X, list(some), target=0)
    for k in range(7):
        yield attribution.gradient_times_difference(net, X, "d3", target=(f"o{k}", 1))
    for name in names[:3]:
        yield attribution.conductance_by_input(net, X, name, 1, target=0, tolerance=0.5)
        yield attribution.ablate(net, X, name, [0], target=1)
        for rule in ("rescale", "reveal_cancel", "genomics"):
            yield attribution.deeplift(net, X, name, target=2, rule=rule)


def operations(net: Network) -> int:
    graphs = [graph._wrapped.graph for graph in net._graphs.values()]
    return sum(len(graph.get_operations()) for graph in graphs) + net._functions.operations


@pytest.mark.slow
def test_many_different_questions_leave_no_more_than_a_few(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("attribution.trace.graph._GROWTH", 0)
    net = Network(model())
    traced = net.graph()._traced
    most = 0
    for _ in questions(net):
        most = max(most, operations(net))
        assert len(net._functions) <= functions.MOST
        assert len(net._graphs) <= 6
        # Each graph has at most doubled when the next question begins, plus that question's own.
        assert all(
            len(g._wrapped.graph.get_operations()) <= 3 * g._traced for g in net._graphs.values()
        )
    assert most <= functions.MOST_OPERATIONS + 6 * 3 * 6 * traced


def test_a_graph_to_which_much_was_added_is_traced_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("attribution.trace.graph._GROWTH", 0)
    net = Network(model())
    first = net.graph()
    wanted = attribution.conductance_by_input(net, X, "d3", 1, target=0).scores
    for name in ("d0", "d1", "d2"):
        attribution.conductance_by_input(net, X, name, 1, target=0)
    assert net.graph() is not first
    found = attribution.conductance_by_input(net, X, "d3", 1, target=0).scores
    np.testing.assert_array_equal(found, wanted)


def test_one_question_that_adds_much_finds_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """All layers of a deep network add more to its graph than it was traced with."""
    monkeypatch.setattr("attribution.trace.graph._GROWTH", 0)
    net = Network(model())
    first = net.graph()

    def more() -> list[tf.Tensor]:
        return [tf.constant(0.0) for _ in range(first._traced + 1)]

    made = first.once("all layers", more)
    assert net.graph() is first
    assert first.once("all layers", more) is made
    first.once("all layers of another kind", more)
    assert net.graph() is not first


def test_the_functions_used_last_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(functions, "MOST", 2)
    kept, made, owner = Functions(), [], object()

    def ask(key: str, operations: int = 1) -> None:
        kept.get(owner, key, lambda: (lambda: made.append(key), operations))()

    for key in ("a", "b", "a", "c"):
        ask(key)
    assert made == ["a", "b", "a", "c"]
    assert [key for _, key in kept._kept] == ["a", "c"]
    ask("large", functions.MOST_OPERATIONS + 1)
    assert [key for _, key in kept._kept] == ["large"]
    assert not kept.shrink(functions.MOST_OPERATIONS + 1)
    ask("small", 2)
    ask("smaller", 1)
    assert kept.shrink(2)
    assert [key for _, key in kept._kept] == ["smaller"]
    kept.forget(object())
    assert len(kept) == 1
    kept.forget(owner)
    assert len(kept) == 0


@pytest.mark.parametrize("activation", ["relu", "silu"])
def test_clear_forgets_the_traces_and_changes_no_answer(activation: str) -> None:
    """silu has a gradient of its own, which TensorFlow would keep for good, with its graph."""
    before = set(ops.gradient_registry.list())
    net = Network(model(activation))
    found = attribution.neuron_integrated_gradients(net, X, "d2", target=0)
    split = attribution.conductance_by_input(net, X, "d2", 0, target=0)
    gone = [weakref.ref(g._wrapped.graph) for g in net._graphs.values()]
    net.clear()
    gc.collect()
    assert [ref() for ref in gone] == [None] * len(gone)
    assert not net._graphs
    assert len(net._functions) == 0
    assert set(ops.gradient_registry.list()) <= before | {
        name for name in ops.gradient_registry.list() if not name.startswith("CustomGradient-")
    }
    again = attribution.neuron_integrated_gradients(net, X, "d2", target=0)
    np.testing.assert_array_equal(again.scores, found.scores)
    twice = attribution.conductance_by_input(net, X, "d2", 0, target=0)
    np.testing.assert_array_equal(twice.scores, split.scores)


def test_a_network_that_is_gone_leaves_no_graph() -> None:
    net = Network(model("silu"))
    net.score(X, 0)
    gone = weakref.ref(net.graph()._wrapped.graph)
    del net
    gc.collect()
    assert gone() is None


def test_a_gradient_of_ones_own_is_still_taken() -> None:
    @tf.custom_gradient
    def tripled(x: Any) -> Any:
        return x * 1.0, lambda g: 3.0 * g

    x = layers.Input((5,), name="x")
    net = Network(keras.Model(x, layers.Lambda(tripled, name="t")(x)))
    found = attribution.gradient_times_difference(net, X, "x", target=2).scores
    np.testing.assert_allclose(found[0], [0, 0, 3 * X[0, 2], 0, 0], rtol=1e-6)
