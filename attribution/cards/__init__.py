"""Cards: what is known of a model beside its file, as NAME.yaml beside NAME.keras.

    card = cards.read("my.yaml")          # checked: an error names file, line and field
    card = cards.guess(net)               # a first one, from the model alone
    cards.write(card, "my.yaml")          # each guess with its reason as a comment
    cards.fits(net, card)                 # what the model says against it, as sentences
    cards.bundled()["tal1-gata1"]

What is wrong with a card is an `InvalidCard`: one sentence, with the mend.
"""

from attribution.cards.card import Card
from attribution.cards.entries import (
    ArrayEntry,
    OutputEntry,
    Sample,
    SequenceEntry,
    SeriesEntry,
    TableEntry,
    TokensEntry,
)
from attribution.cards.fitting import fits
from attribution.cards.guessing import guess
from attribution.cards.image import ImageEntry
from attribution.cards.noise import Noise, noise
from attribution.cards.preprocessing import (
    Preprocessing,
    PreprocessingComparison,
    compare_preprocessing,
)
from attribution.cards.reading import beside, bundled, named, parse, read
from attribution.cards.ready import ready, sizes
from attribution.cards.writing import schema, text, write

__all__ = [
    "ArrayEntry",
    "Card",
    "ImageEntry",
    "Noise",
    "OutputEntry",
    "Preprocessing",
    "PreprocessingComparison",
    "Sample",
    "SequenceEntry",
    "SeriesEntry",
    "TableEntry",
    "TokensEntry",
    "beside",
    "bundled",
    "compare_preprocessing",
    "fits",
    "guess",
    "named",
    "noise",
    "parse",
    "read",
    "ready",
    "schema",
    "sizes",
    "text",
    "write",
]
