"""Train ``models/reviews.keras``: is a short review positive or negative? The rule is planted.

Words (`reviews`) go in as their positions in ``models/reviews.txt``, 0 where there is none. A
convolution over three words sees "not very good" at once, and its position is that of the middle
word; its channels are averaged over the review, for the rule adds up. Weak weights keep them to
what they need. In training some words that count nothing are hidden as unknown, so that [UNK] is
worth nothing: a review of unknown words is what others are best compared with. Reviews are made up,
so there is no end of them. Run: ``python -m assets.build_reviews``.
"""

from pathlib import Path

import keras
from keras import Input, Model, layers

from assets import reviews, training

ASSETS = Path(__file__).parent
TARGET = ASSETS / "models" / "reviews.keras"
SEED = 4000
SEEN, HELD_OUT = 30_000, 2_000
EPOCHS = 8
SAMPLES = {
    "review-praise": "the story was clever and the music was lovely",
    "review-turned": "the film was not very good",
    "review-twice": "this plot is not bad but i found the ending dull and the cast was never weak",
    "review-mixed": "the music was great but the story was boring and this ending is awful",
    "review-undecided": "the plot was great but the cast was weak",
    "review-unknown": "the acting was hardly brilliant",
}


def build() -> Model:
    """The network, untrained. Every activation is a layer of its own, so that it has a name."""
    words = Input((reviews.LENGTH,), dtype="int32", name="words")
    spread = keras.initializers.RandomNormal(stddev=0.5)  # Keras' own is too small to start from
    x = layers.Embedding(len(reviews.VOCABULARY), 8, spread, name="embedding")(words)
    weak = keras.regularizers.L1(3e-5)
    x = layers.Conv1D(24, 3, padding="same", kernel_regularizer=weak, name="conv")(x)
    x = layers.ReLU(name="relu")(x)
    x = layers.GlobalAveragePooling1D(name="pool")(x)
    x = layers.Dense(len(reviews.VERDICTS), name="logits")(x)
    x = layers.Softmax(name="predictions")(x)
    return Model(words, x, name="reviews")


def main() -> None:
    """Make, train, write."""
    training.seeded(SEED)
    seen, verdicts = reviews.write(SEEN, SEED, hidden=0.3)
    unseen, truth = reviews.write(HELD_OUT, SEED + 1)
    print(len(set(unseen) - set(seen)), "of the held-out reviews are unlike any in training")
    model = build()
    training.fit(model, reviews.ids(seen), verdicts, epochs=EPOCHS, rate=1e-2)
    training.write(model, TARGET, reviews.ids(unseen), truth)
    (ASSETS / "models" / "reviews.txt").write_text("\n".join(reviews.VOCABULARY) + "\n", "ascii")
    found = model.predict(reviews.ids(list(SAMPLES.values())), verbose=0)
    for (name, review), verdict in zip(SAMPLES.items(), found, strict=True):
        (ASSETS / "samples" / f"{name}.txt").write_text(review + "\n", "ascii")
        print(f"{name}: {reviews.total(review):+d}", verdict.round(3))


if __name__ == "__main__":
    main()
