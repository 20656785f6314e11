"""Ready: a card with all that is needed to begin: every size known, and inputs to look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from PIL import Image

from attribution.cards.card import Card
from attribution.cards.entries import InputEntry, Sample, SequenceEntry, TableEntry, TokensEntry
from attribution.cards.image import ImageEntry
from attribution.cards.noise import Noise

_SEED = 0
_IDS = 8  # of noise, where no vocabulary says how many there are: small embeddings know these
_ROWS = 20  # of a table of noise, so that there is something usual to compare with
_SIDE, _LETTERS, _TOKENS, _ELSE = 224, 200, 32, 64
Shape = tuple[int, ...]


def ready(
    card: Card,
    shapes: Mapping[str, Sequence[int | None]],
    folder: str | Path,
    drawn: Mapping[str, Noise] = MappingProxyType({}),
) -> Card:
    """The same card with a size where it and the model leave one open, and with samples.

    Open sizes become 224 x 224 pixels, 200 letters, 32 tokens, 64 of anything else. A card without
    samples gets noise and zeros, the same each time: uniform pixels, letters and categories, else
    standard normal numbers, of tables 20 rows. Of a model with several inputs they are .npz, an
    array below the name of each.

    shapes : of one example, by the names of inputs, as `Network.input_shapes`.
    folder : where the files of the samples are written.
    drawn : by the names of inputs, what the model's layers say of their numbers, as of `noise`.
    """
    known = sizes(card, shapes)
    inputs = {name: _sized(entry, known[name]) for name, entry in card.inputs.items()}
    card = card.model_copy(update={"inputs": inputs})
    if card.samples:
        return card
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    samples = []
    for name, title in (("noise", "Noise"), ("zeros", "Zeros")):
        generator = np.random.default_rng(_SEED) if name == "noise" else None
        path = _written(card, known, generator, folder / name, drawn)
        look_for = "No input of yours yet: this only shows what the pages do. Give one of yours."
        samples.append(
            Sample(file=path, title=title, look_for=look_for, credit="", licence="", target=None)
        )
    return card.model_copy(update={"samples": tuple(samples)})


def sizes(card: Card, shapes: Mapping[str, Sequence[int | None]]) -> dict[str, Shape]:
    """Of one example of each input: what the card says, what the model takes, else what is usual.

    shapes : as of `ready`.
    """
    usual = {"image": _SIDE, "sequence": _LETTERS, "tokens": _TOKENS}
    found = {}
    for name, there in shapes.items():
        entry = card.inputs[name]
        said, open_ = entry.shape or (None,) * len(there), usual.get(entry.kind, _ELSE)
        found[name] = tuple(own or n or open_ for own, n in zip(said, there, strict=True))
    return found


def _written(
    card: Card,
    shapes: Mapping[str, Shape],
    generator: np.random.Generator | None,
    path: Path,
    drawn: Mapping[str, Noise],
) -> Path:
    entry, (first, shape) = card.input, next(iter(shapes.items()))
    if len(shapes) > 1:
        path = path.with_suffix(".npz")
        arrays = {n: _array(card.inputs[n], shapes[n], generator, drawn.get(n)) for n in shapes}
        np.savez(path, allow_pickle=False, **arrays)
    elif isinstance(entry, ImageEntry):
        frame = entry.encoding()
        pixels = frame.decode(np.zeros(frame.shape, np.float32))
        if generator:
            noise = generator.integers(0, 256, (*frame.size, 3), np.uint8)
            pixels = frame.decode(frame.encode(noise))  # in the colours that the model sees
        path = path.with_suffix(".png")
        Image.fromarray(pixels).save(path)
    elif isinstance(entry, SequenceEntry) and entry.is_dna:
        letters = "".join(generator.choice(list("ACGT"), shape[0])) if generator else "N" * shape[0]
        path = path.with_suffix(".fasta")
        path.write_text(f">{path.stem}\n{letters}\n", encoding="ascii")
    else:
        path = path.with_suffix(".npy")
        several = (_ROWS,) if generator and isinstance(entry, TableEntry) else ()
        array = _array(entry, (*several, *shape), generator, drawn.get(first))
        np.save(path, array, allow_pickle=False)
    return path


def _array(
    entry: InputEntry,
    shape: Shape,
    generator: np.random.Generator | None,
    drawn: Noise | None,
) -> Any:
    known = drawn or Noise()
    if isinstance(entry, TokensEntry):
        ids = len(entry.vocabulary) if entry.vocabulary else min(_IDS, known.below or _IDS)
        return generator.integers(0, ids, shape) if generator else np.zeros(shape, int)
    if isinstance(entry, ImageEntry):
        height, width = shape[1:] if entry.order == "channels_first" else shape[:2]
        frame = entry.encoding((height, width))
        pixels = generator.integers(0, 256, (*frame.size, 3), np.uint8) if generator else None
        return np.zeros(shape, np.float32) if pixels is None else frame.encode(pixels)
    if isinstance(entry, SequenceEntry):
        letters = np.eye(shape[1], dtype=np.float32)
        return (
            letters[generator.integers(0, shape[1], shape[0])]
            if generator
            else 0 * letters[np.zeros(shape[0], int)]
        )
    given: Any = generator.normal(size=shape) if generator else np.zeros(shape)
    if generator:
        given = (given * known.std + known.mean).reshape(shape)
        given = generator.integers(0, known.below, shape) if known.below else given
    if generator and isinstance(entry, TableEntry):
        for place, name in enumerate(entry.features or ()):
            if count := len(entry.categories.get(name, ())):
                given[..., place] = generator.integers(0, count, shape[:-1])
    return given.astype(np.float32)


def _sized(entry: InputEntry, shape: Shape) -> InputEntry:
    match entry.kind:
        case "image":
            first = entry.order == "channels_first"
            return entry.model_copy(update={"size": shape[1:] if first else shape[:2]})
        case "sequence" | "tokens" | "series":
            return entry.model_copy(update={"length": shape[0]})
        case "array":
            return entry.model_copy(update={"shape": shape})
    return entry
