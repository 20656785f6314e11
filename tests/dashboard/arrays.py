"""Small networks of which no more is known than the shape of their input, for the pages."""

from collections.abc import Mapping
from pathlib import Path

import keras
import numpy as np

import attribution
from attribution.cards import Card
from dashboard.request.catalogue import Layer, Model
from dashboard.request.outputs import Head, Outputs
from dashboard.work import describe


def table():
    given = keras.Input((5,), name="features")
    hidden = keras.layers.Dense(6, activation="relu", name="hidden")(given)
    return keras.Model(given, keras.layers.Dense(1, name="price")(hidden))


def series():
    given = keras.Input((20, 3), name="series")
    conv = keras.layers.Conv1D(4, 3, activation="relu", padding="same", name="hidden")(given)
    pooled = keras.layers.GlobalAveragePooling1D()(conv)
    return keras.Model(given, keras.layers.Dense(3, activation="softmax", name="kind")(pooled))


def volume():
    given = keras.Input((6, 5, 4, 2), name="volume")
    conv = keras.layers.Conv3D(3, 3, activation="relu", padding="same", name="hidden")(given)
    pooled = keras.layers.GlobalAveragePooling3D()(conv)
    return keras.Model(given, keras.layers.Dense(2, activation="sigmoid", name="signs")(pooled))


def segments():
    """A class at each of 20 times."""
    given = keras.Input((20, 3), name="series")
    conv = keras.layers.Conv1D(4, 3, activation="relu", padding="same", name="hidden")(given)
    return keras.Model(given, keras.layers.Conv1D(2, 1, activation="softmax", name="state")(conv))


def twins():
    """Two outputs: classes and a number."""
    given = keras.Input((5,), name="features")
    hidden = keras.layers.Dense(6, activation="relu", name="hidden")(given)
    kind = keras.layers.Dense(3, activation="softmax", name="kind")(hidden)
    return keras.Model(given, [kind, keras.layers.Dense(1, name="age")(hidden)])


MODELS = {"table": table, "series": series, "volume": volume, "segments": segments, "twins": twins}
NAMES = {
    "table": ("price",),
    "series": ("a", "b", "c"),
    "volume": ("left", "right"),
    "segments": ("on", "off"),
}


def build() -> dict[str, attribution.Network]:
    """All of them, the same each time."""
    keras.utils.set_random_seed(3)
    return {name: attribution.Network(make()) for name, make in MODELS.items()}


def models(networks: Mapping[str, attribution.Network], folder: Path) -> dict[str, Model]:
    """As the catalogue has models, each with one sample in this folder."""
    generator = np.random.default_rng(0)
    return {name: _model(name, net, generator, folder) for name, net in networks.items()}


def _model(
    name: str, net: attribution.Network, generator: np.random.Generator, folder: Path
) -> Model:
    (shape,) = net.input_shapes.values()
    x = generator.normal(size=shape).astype(np.float32)
    path = folder / name / "first.npy"
    path.parent.mkdir()
    np.save(path, x)
    names = NAMES.get(name, ("x", "y", "z"))
    return Model(
        name=name,
        card=Card(
            title=f"A {name}",
            inputs={"x": {"kind": "array", "shape": shape}},
            layer="hidden",
            samples=[{"file": path, "title": f"First {name}", "look_for": "Look."}],
        ),
        layers=tuple(
            Layer(n, k, tuple(s), *rest) for n, k, s, *rest in describe.layers(net, x[None])
        ),
        outputs=Outputs(
            tuple(
                Head(head, form, tuple(of), names, chance)
                for head, form, of, chance in describe.outputs(net, x[None])
            )
        ),
    )
