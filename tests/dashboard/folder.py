"""Linear networks of tables, series and text in a folder, each with its card.

Of a linear network every contribution is known: what the score loses as one number, or one word,
becomes that of the baseline.
"""

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np

L = keras.layers
WORDS = ("", "[UNK]", "good", "bad", "film", "<b>not</b>", "very")
FEATURES = ("age", "dose <b>*x*</b>", "smoker")
CARDS = {
    "patients": f"""
inputs:
  given:
    kind: table
    features: {[*FEATURES]}
    units: {{age: years}}
    categories: {{smoker: ["no", "yes"]}}
""",
    "waves": """
inputs:
  given: {kind: series, rate: 20, channels: [left, "right <i>"], length: 40}
""",
    "opinions": f"""
inputs:
  given: {{kind: tokens, length: 6, padding: 0, vocabulary: {[*WORDS]}}}
""",
}


def patients() -> keras.Model:
    given = keras.Input((3,), name="given")
    hidden = L.Dense(4, name="hidden")(given)
    return keras.Model(given, L.Dense(2, activation="softmax", name="said")(hidden))


def waves() -> keras.Model:
    given = keras.Input((40, 2), name="given")
    hidden = L.Conv1D(3, 5, strides=2, padding="same", name="hidden")(given)
    pooled = L.GlobalAveragePooling1D()(hidden)
    return keras.Model(given, L.Dense(2, activation="softmax", name="said")(pooled))


def opinions() -> keras.Model:
    given = keras.Input((6,), dtype="int32", name="given")
    hidden = L.Conv1D(3, 3, padding="same", name="hidden")(L.Embedding(len(WORDS), 4)(given))
    pooled = L.GlobalAveragePooling1D()(hidden)
    return keras.Model(given, L.Dense(2, activation="softmax", name="said")(pooled))


MODELS: dict[str, Callable[[], keras.Model]] = {
    "patients": patients,
    "waves": waves,
    "opinions": opinions,
}


def fill(folder: Path, cards: bool = True) -> dict[str, keras.Model]:
    """The networks, saved in this folder."""
    keras.utils.set_random_seed(7)
    made = {name: make() for name, make in MODELS.items()}
    for name, model in made.items():
        model.save(folder / f"{name}.keras")
        if cards:
            text = f"{CARDS[name].strip()}\nlayer: hidden\n"
            (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return made


def logits(model: keras.Model, x: np.ndarray) -> np.ndarray:
    """(batch, 2), by Keras alone."""
    last = model.get_layer("said")
    weights, bias = last.get_weights()
    before = keras.Model(model.input, last.input)
    return np.asarray(before(x), np.float64) @ weights + bias


def lost(model: keras.Model, x: np.ndarray, baseline: np.ndarray, target: int) -> np.ndarray:
    """What the logit loses as each number of x (*shape) becomes that of the baseline."""
    places = list(np.ndindex(x.shape))
    changed = np.stack([x] * len(places))
    for row, place in zip(changed, places, strict=True):
        row[place] = baseline[place]
    whole = logits(model, x[None])[0, target]
    return (whole - logits(model, changed)[:, target]).reshape(x.shape)
