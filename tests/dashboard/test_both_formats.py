"""Models of every kind of input and form of output, in both formats, without a card, on every page.

What each answers must be what Keras says of the same input, read from the same file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import keras
import numpy as np
import pytest

from tests.dashboard.conftest import says, visit
from tests.dashboard.test_own_programs import folder, opened
from tests.dashboard.test_several import both, picture, words
from tests.wide import one_of

L = keras.layers
__all__ = ["folder"]


def _ends(hidden, units: int = 3, activation: str | None = "softmax"):
    return L.Dense(units, activation=activation, name="said")(hidden)


def grey() -> keras.Model:
    """A picture that is not square, of one channel."""
    given = keras.Input((20, 28, 1), name="given")
    hidden = L.GlobalAveragePooling2D()(L.Conv2D(4, 3, activation="relu", name="conv")(given))
    return keras.Model(given, _ends(hidden))


def mask() -> keras.Model:
    """Classes at every pixel."""
    given = keras.Input((12, 16, 3), name="given")
    hidden = L.Conv2D(4, 3, padding="same", activation="relu", name="conv")(given)
    return keras.Model(given, L.Conv2D(2, 1, activation="softmax", name="said")(hidden))


def letters() -> keras.Model:
    """A sequence, with several independent labels."""
    given = keras.Input((30, 4), name="given")
    hidden = L.GlobalMaxPooling1D()(L.Conv1D(5, 6, activation="relu", name="conv")(given))
    return keras.Model(given, _ends(hidden, 3, "sigmoid"))


def cube() -> keras.Model:
    """Numbers over three axes and their channels."""
    given = keras.Input((5, 6, 4, 2), name="given")
    hidden = L.Flatten()(L.Conv3D(3, 2, activation="relu", name="conv")(given))
    return keras.Model(given, _ends(L.Dense(4, activation="relu", name="hidden")(hidden)))


def row() -> keras.Model:
    """A row of a table, with one number."""
    given = keras.Input((6,), name="given")
    return keras.Model(given, _ends(L.Dense(5, activation="tanh", name="hidden")(given), 1, None))


def forks() -> keras.Model:
    """A row, with outputs of two forms."""
    given = keras.Input((6,), name="given")
    hidden = L.Dense(5, activation="relu", name="hidden")(given)
    speed = L.Dense(1, name="speed")(hidden)
    return keras.Model(given, {"kind": _ends(hidden), "speed": speed})


def signal() -> keras.Model:
    """A series through a recurrent layer, with one yes or no."""
    given = keras.Input((24, 2), name="given")
    hidden = L.GRU(4, return_sequences=True, name="memory")(given)  # DeepLIFT has no rules for it
    return keras.Model(given, _ends(L.GlobalAveragePooling1D()(hidden), 1, "sigmoid"))


def text() -> keras.Model:
    """Words."""
    given = keras.Input((6,), dtype="int32", name="given")
    read = L.Conv1D(3, 3, activation="relu", name="conv")(L.Embedding(9, 4, name="looked")(given))
    return keras.Model(given, _ends(L.GlobalMaxPooling1D()(read)))


KINDS: Mapping[str, Callable[[], keras.Model]] = {
    build.__name__: build
    for build in (grey, mask, letters, cube, row, forks, signal, text, both, words, picture)
}


@pytest.mark.parametrize(
    ("name", "suffix"), one_of([(name, end) for name in KINDS for end in (".h5", ".keras")])
)
def test_every_page_answers_as_keras_does(folder: Path, name: str, suffix: str) -> None:
    keras.utils.set_random_seed(5)
    KINDS[name]().save(folder / f"mine{suffix}")
    app = opened("mine")
    assert not says(app)
    last = app.session_state["session"].last
    alone = keras.models.load_model(folder / f"mine{suffix}", compile=False)
    said = alone.predict(last.item.encode(), verbose=0)
    heads = last.known.model.outputs.heads
    each = [said[head.name] for head in heads] if isinstance(said, dict) else [said]
    flat = np.concatenate([np.ravel(values) for values in each])
    np.testing.assert_allclose(last.prediction.outputs, flat, rtol=1e-4, atol=1e-5)
    for page in ("overview", "compare", "ablate", "path"):
        visit(app, page)
        assert not says(app), page
