"""Networks that nobody uses make room, and leave no memory behind."""

import threading
import weakref
from typing import Any

import keras
import numpy as np

from attribution import Network
from dashboard.work.networks import Networks


class Model(keras.Model):
    """Can be watched: not every object can."""


def load(name: str) -> Network:
    x = keras.Input((4,))
    return Network(Model(x, keras.layers.Dense(1000, name=name)(x)))


def test_the_size_is_that_of_the_weights_and_grows_with_what_is_traced() -> None:
    net = load("one")
    weights = sum(w.numpy().nbytes for w in net.model.weights)
    assert weights == 4 * 1000 * 5
    assert net.nbytes == weights
    net.predict(np.zeros((1, 4), np.float32))
    assert net.nbytes > weights
    net.clear()
    assert net.nbytes == weights


def test_the_one_that_was_not_used_for_longest_goes_and_is_freed() -> None:
    networks = Networks(load, 45_000)  # two of 20,000 bytes
    watched = {}
    for name in "abac":
        with networks.use(name) as net:
            watched[name] = weakref.ref(net.model)
        del net
    assert [name for name in "abc" if name in networks] == ["a", "c"]
    assert watched["b"]() is None
    assert watched["a"]() is not None
    assert networks.size == 40_000


def test_one_that_computes_is_never_dropped_and_goes_when_it_is_done() -> None:
    networks, inside, leave = Networks(load, 1), threading.Event(), threading.Event()
    found: list[Any] = []

    def compute() -> None:
        with networks.use("a") as net:
            inside.set()
            leave.wait(10)
            found.append(net is networks.get("a"))

    thread = threading.Thread(target=compute)
    thread.start()
    assert inside.wait(10)
    for name in "bc":
        with networks.use(name):
            assert "a" in networks
    assert "b" not in networks
    leave.set()
    thread.join()
    assert found == [True]


def test_one_alone_stays_however_large() -> None:
    networks = Networks(load, 1)
    with networks.use("a") as first:
        pass
    with networks.use("a") as again:
        assert again is first


def test_between_two_uses_a_network_keeps_what_was_asked_last() -> None:
    networks = Networks(load, 2**40, each=1)
    x = np.ones((1, 4), np.float32)
    with networks.use("a") as net:
        first = net.predict(x)
        assert net.nbytes > networks.each + 20_000
    assert networks.size == 20_000
    with networks.use("a") as again:
        assert again is net
        np.testing.assert_array_equal(again.predict(x), first)
