"""Train ``models/machine.keras``: does a made-up machine knock, and does its current surge?

Four seconds of vibration and current, 50 samples a second, simulated (`machine`): there is no end
of them, and where each event lies is known. Padding "same" keeps a hidden position at the sample it
looks at. Run: ``python -m assets.build_machine``.
"""

from pathlib import Path

import numpy as np
from keras import Input, Model, layers

from assets import training
from assets.machine import CHANNELS, LABELS, LENGTH, RATE, watch

ASSETS = Path(__file__).parent
TARGET = ASSETS / "models" / "machine.keras"
SEED = 5000
SEEN, HELD_OUT = 16_000, 4_000
EPOCHS = 6
SAMPLES = ("machine-quiet", "machine-knock", "machine-surge", "machine-both")
PATTERNS = ([0, 0], [1, 0], [0, 1], [1, 1])


def build(seen: np.ndarray) -> Model:
    """The network, untrained but for the normalisation."""
    series = Input((LENGTH, len(CHANNELS)), name="series")
    normalise = layers.Normalization(name="normalise")
    normalise.adapt(seen)
    x = normalise(series)
    for number, (channels, width) in enumerate([(12, 15), (12, 9)], start=1):
        x = layers.Conv1D(channels, width, padding="same", name=f"conv{number}")(x)
        x = layers.ReLU(name=f"relu{number}")(x)
    x = layers.GlobalMaxPooling1D(name="pool")(x)
    x = layers.Dense(16, name="dense")(x)
    x = layers.ReLU(name="dense_relu")(x)
    x = layers.Dense(len(LABELS), name="logits")(x)
    x = layers.Activation("sigmoid", name="predictions")(x)
    return Model(series, x, name="machine")


def main() -> None:
    """Simulate, train, write."""
    training.seeded(SEED)
    seen, unseen = watch(SEEN, SEED), watch(HELD_OUT, SEED + 1)
    model = build(seen.series)
    training.fit(model, seen.series, seen.labels, epochs=EPOCHS, rate=3e-3)
    found = training.write(model, TARGET, unseen.series, unseen.labels)
    for column, label in enumerate(LABELS):
        right = (found[:, column] > 0.5) == unseen.labels[:, column]
        print(f"{label}: right on {right.sum():,} of {len(right):,}")
    for name, pattern in zip(SAMPLES, PATTERNS, strict=True):
        index = int(np.flatnonzero((unseen.labels == pattern).all(-1))[0])
        times = [f"{start / RATE:.2f} s" for start in unseen.starts[index]]
        print(f"{name}: example {index}, events at {times}, {found[index].round(3)}")
        rows = [",".join(f"{value:.4f}" for value in row) for row in unseen.series[index]]
        lines = [",".join(CHANNELS), *rows]
        (ASSETS / "samples" / f"{name}.csv").write_text("\n".join(lines) + "\n", "ascii")


if __name__ == "__main__":
    main()
