"""What is written down of a network before it is asked: where its layers lie, what it answers."""

import keras
import numpy as np
import pytest

import attribution
from dashboard.work import describe


def lies(model: keras.Model) -> dict[str, bool]:
    net = attribution.Network(model)
    (shape,) = net.input_shapes.values()
    x = np.random.default_rng(0).normal(size=(1, *shape)).astype(np.float32)
    return {name: lies for name, _, _, _, _, lies in describe.layers(net, x)}


def test_a_map_is_laid_over_a_picture_by_what_it_sees_and_never_by_its_shape() -> None:
    keras.utils.set_random_seed(1)
    given = keras.Input((12, 12, 3), name="picture")
    conv = keras.layers.Conv2D(4, 3, padding="same", activation="relu", name="conv")(given)
    turned = keras.layers.Permute((2, 1, 3), name="turned")(conv)
    after = keras.layers.Conv2D(4, 3, padding="same", activation="relu", name="after")(turned)
    dense = keras.layers.Dense(8 * 8 * 2, name="dense")(keras.layers.Flatten()(conv))
    square = keras.layers.Reshape((8, 8, 2), name="square")(dense)
    last = keras.layers.Conv2D(2, 1, name="last")(square)
    pooled = [keras.layers.GlobalAveragePooling2D()(each) for each in (after, last)]
    out = keras.layers.Dense(2, name="out")(keras.layers.Concatenate()(pooled))
    found = lies(keras.Model(given, out))
    assert found["picture"]
    assert found["conv"]
    assert not any(found[name] for name in ("turned", "after", "dense", "square", "last"))


def test_a_gate_does_not_move_positions() -> None:
    """Squeeze and excitation: each position sees all of the picture, and mostly its own place."""
    keras.utils.set_random_seed(1)
    given = keras.Input((12, 12, 3), name="picture")
    conv = keras.layers.Conv2D(8, 3, padding="same", activation="relu", name="conv")(given)
    squeezed = keras.layers.GlobalAveragePooling2D(keepdims=True)(conv)
    gate = keras.layers.Conv2D(8, 1, activation="sigmoid", name="gate")(squeezed)
    gated = keras.layers.Multiply(name="gated")([conv, gate])
    out = keras.layers.Dense(2)(keras.layers.GlobalAveragePooling2D()(gated))
    found = lies(keras.Model(given, out))
    assert found["gated"]
    assert not found["gate"]


@pytest.mark.parametrize(
    ("activation", "units", "form", "chance"),
    [
        ("softmax", 4, "classes", True),
        ("sigmoid", 4, "labels", True),
        ("sigmoid", 1, "labels", True),
        (None, 1, "number", False),
        (None, 3, "number", False),
    ],
)
def test_the_form_of_an_output(activation: str | None, units: int, form: str, chance: bool) -> None:
    given = keras.Input((5,))
    hidden = keras.layers.Dense(6, activation="relu")(given)
    out = keras.layers.Dense(units, activation=activation, name="out")(hidden)
    net = attribution.Network(keras.Model(given, out))
    assert describe.outputs(net) == [["out", form, [units], chance]]


def test_classes_at_positions() -> None:
    given = keras.Input((9, 3))
    out = keras.layers.Conv1D(4, 1, activation="softmax", name="out")(given)
    net = attribution.Network(keras.Model(given, out))
    assert describe.outputs(net) == [["out", "positions", [9, 4], True]]
