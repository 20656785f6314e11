"""Train ``models/tal1-gata1.keras``: does a DNA sequence hold GATA1 and TAL1 motifs?

Three answers (both, GATA1, TAL1) from two convolutions and two dense layers. The sequences are
simulated, so there is no end of them: every epoch is fresh and none can be learnt by heart.
Padding "same" keeps a hidden position at the base it looks at. Takes a few minutes on two cores.
Run: ``python -m assets.build_tal1_gata1``.
"""

import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from assets import keras_file
from assets.simulate import LENGTH, TASKS, simulate

TARGET = Path(__file__).parent / "models" / "tal1-gata1.keras"
SEED = 1000  # epoch by epoch 1000, 1001, ...; samples and tests use others
EPOCHS = 30
SEQUENCES = 16_000  # in each epoch
HELD_OUT = 10_000


def build() -> keras.Model:
    """The network, untrained. Every activation is a layer of its own, so that it has a name."""
    sequence = x = keras.Input((LENGTH, 4), name="sequence")
    for number in (1, 2):
        x = layers.Conv1D(32, 11, padding="same", name=f"conv{number}")(x)
        x = layers.ReLU(name=f"relu{number}")(x)
    x = layers.GlobalAveragePooling1D(name="pool")(x)
    x = layers.Dense(50, name="dense")(x)
    x = layers.ReLU(name="dense_relu")(x)
    x = layers.Dense(len(TASKS), name="logits")(x)
    x = layers.Activation("sigmoid", name="predictions")(x)
    return keras.Model(sequence, x, name="tal1-gata1")


def train(model: keras.Model) -> None:
    """Fit ``model`` with Adam, the learning rate falling to zero along a cosine."""
    batch = 128
    steps = EPOCHS * SEQUENCES // batch
    rate = keras.optimizers.schedules.CosineDecay(3e-3, steps)
    model.compile(keras.optimizers.Adam(rate), "binary_crossentropy")
    for epoch in range(EPOCHS):
        data = simulate(SEQUENCES, SEED + epoch)
        loss = model.fit(data.one_hot(), data.labels, batch, verbose=0).history["loss"][0]
        print(f"epoch {epoch + 1}: loss {loss:.4f}")


def auc(scores: np.ndarray, labels: np.ndarray) -> float:
    """The chance that a random positive scores above a random negative; a tie counts half."""
    positive, negative = scores[labels == 1], np.sort(scores[labels == 0])
    below = np.searchsorted(negative, positive, "left").mean()
    below_or_tied = np.searchsorted(negative, positive, "right").mean()
    return float(below + below_or_tied) / (2 * len(negative))


def main() -> None:
    """Train, write, and report how well the written file does on sequences it never saw."""
    tf.config.threading.set_intra_op_parallelism_threads(2)
    tf.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(SEED)
    trained, bare = build(), build()
    train(trained)
    bare.set_weights(trained.get_weights())  # an optimiser's memory would triple the file
    keras_file.save(bare, TARGET)

    data = simulate(HELD_OUT, seed=SEED + EPOCHS)
    shipped = keras.models.load_model(TARGET, compile=False)
    scores = shipped.predict(data.one_hot(), batch_size=500, verbose=0)
    for column, task in enumerate(TASKS):
        print(f"{task}: AUC {auc(scores[:, column], data.labels[:, column]):.4f}")
    print(f"{TARGET.name}: {TARGET.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
