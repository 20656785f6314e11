"""What the scripts that train a network share: the same numbers twice, a small file, accuracy."""

import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import tensorflow as tf

from assets import keras_file


def seeded(seed: int) -> None:
    """Make everything that Keras draws from here on, and how it adds up, the same on every run."""
    tf.config.threading.set_intra_op_parallelism_threads(2)
    tf.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(seed)


def fit(model: keras.Model, x: np.ndarray, y: np.ndarray, *, epochs: int, rate: float) -> None:
    """Train with Adam in batches of 64, the learning rate falling to zero along a cosine.

    y : class indices (examples,), or labels that are 0 or 1 each (examples, labels).
    """
    batch = 64
    schedule = keras.optimizers.schedules.CosineDecay(rate, epochs * -(-len(x) // batch))
    loss = "sparse_categorical_crossentropy" if y.ndim == 1 else "binary_crossentropy"
    model.compile(keras.optimizers.Adam(schedule), loss)
    for epoch in range(epochs):
        found = model.fit(x, y, batch, initial_epoch=epoch, epochs=epoch + 1, verbose=0)
        print(f"epoch {epoch + 1}: loss {found.history['loss'][0]:.4f}")


def write(model: keras.Model, path: Path, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Save a trained network without its optimiser, and say how the file does on held-out data.

    Returns what the file predicts for x: (examples, outputs).
    """
    bare = keras.models.clone_model(model)
    bare.set_weights(model.get_weights())
    keras_file.save(bare, path)
    shipped = keras.models.load_model(path, compile=False)
    found = shipped.predict(x, batch_size=256, verbose=0)
    right = found.argmax(-1) == y if y.ndim == 1 else ((found > 0.5) == y).all(-1)
    print(f"{path.name}: {path.stat().st_size:,} bytes, right on {right.sum():,} of {len(y):,}")
    return found
