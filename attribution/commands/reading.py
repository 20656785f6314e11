"""The input of a command: files, folders and samples' names as arrays."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from attribution import images, sequences
from attribution.cards import Card, ImageEntry, SequenceEntry, TableEntry
from attribution.commands import along
from attribution.commands.refusals import remark
from attribution.errors import InvalidRequest, one_line
from attribution.files import npy
from attribution.inputs import table
from attribution.inputs.labelled import PICTURES
from attribution.tokens import Vocabulary

if TYPE_CHECKING:
    from attribution.network import Network

Array = npt.NDArray[Any]
CHANNELS = (1, 3, 4)
"""That a picture can have."""

SEQUENCES = (".fa", ".fasta", ".fna", ".txt", ".gz")
TABLE, ARRAY = ".csv", ".npy"
SCALES = (
    "--divide 255 for 0 to 1, --subtract 127.5 --divide 127.5 for -1 to 1, --divide 1 for 0 to 255 "
    "or --subtract 123.675 116.28 103.53 --divide 58.395 57.12 57.375 for ImageNet's mean and "
    "deviation"
)
"""Common encodings of pixels, as options."""


@dataclass(frozen=True)
class Input:
    """x (batch, *shape), and the names of its features where the file says them.

    vocabulary : of words as ids, with the ids that stand for none and for an unknown one.
    """

    x: Array
    features: tuple[str, ...] = ()
    vocabulary: Vocabulary | None = None


def read_input(
    net: Network,
    source: str,
    *,
    card: Card | None = None,
    fit: str | None = None,
    subtract: Sequence[float] | None = None,
    divide: Sequence[float] | None = None,
) -> Input:
    """The examples of a picture, a sequence file, a table, an .npy file or a sample of the card; by
    the card, of a recording or a text.

    fit : how to bring it to the model's size: "crop" (default) or "letterbox" a picture, "window"
        or "pad" a sequence, "window" a recording.
    subtract, divide : a picture's encoding, (pixel - subtract) / divide; None is that of the card.
        Without one, one of them must be said; the other is then 0 or 1.

    Raises
    ------
    AttributionError : no such file, or one that does not fit the model.
    """
    samples = {s.name: s.file for s in card.samples} if card else {}
    path = samples.get(source, Path(source))
    shape = input_shape(net)
    check_file(source if source not in samples else path, samples)
    name, suffix = one_line(path.name), path.suffix.lower()
    if suffix in PICTURES:
        said = {k: v for k, v in (("subtract", subtract), ("divide", divide)) if v}
        return Input(_picture(path, shape, card, said, fit or "crop"))
    if subtract or divide:
        raise InvalidRequest(f"--subtract and --divide are for pictures, and {name} is none.")
    entry = card.input if card else None
    if suffix in along.suffixes(entry):
        x, vocabulary = along.read(path, shape, entry, fit)
        return Input(x, vocabulary=vocabulary)
    if suffix in SEQUENCES:
        return Input(_letters(path, shape, card, fit))
    if suffix not in (TABLE, ARRAY):
        raise InvalidRequest(
            f"{name} is not an input that is understood: give a picture ({', '.join(PICTURES)}), a "
            f"sequence ({', '.join(SEQUENCES)}), a table ({TABLE}) or an array ({ARRAY}); by "
            "a card that says so, a recording (.wav) or a text."
        )
    if fit:
        raise InvalidRequest(f"--fit is for pictures and sequences; {name} is taken as it is.")
    if suffix == ARRAY:
        return Input(read_array(path, shape))
    found = read_features(path, shape)
    names = card.input.features if card and isinstance(card.input, TableEntry) else None
    check_columns(f"{name}: its", found.features, "the model's card", names or ())
    return replace(found, features=found.features or names or ())


def read_given(net: Network, source: str, given: argparse.Namespace, card: Card | None) -> Input:
    """As `read_input`, by the options of a command."""
    how = {key: getattr(given, key) for key in ("fit", "subtract", "divide")}
    return read_input(net, source, card=card, **how)


def suffixes(shape: Sequence[int | None], card: Card | None = None) -> tuple[str, ...]:
    """How the names end of files that can be inputs of that shape."""
    if by_card := along.suffixes(card.input if card else None):
        return by_card
    pictures = PICTURES if _picture_axes(shape, card) else ()
    letters = SEQUENCES if _takes_letters(shape, card) else ()
    return (*pictures, *letters, *([TABLE] if len(shape) == 1 else []), ARRAY)


def check_file(path: str | Path, samples: Mapping[str, Path] | None = None) -> None:
    """Refuse what is no file: a folder, a device, a pipe, nothing at all."""
    name = one_line(str(path))
    if not os.path.exists(path):
        raise InvalidRequest(
            f"There is no file {name!r}"
            + (f", nor a sample of that name ({', '.join(samples)})." if samples else ".")
        )
    if not os.path.isfile(path):
        what = "a folder" if os.path.isdir(path) else "a device or a pipe"
        raise InvalidRequest(f"{name!r} is {what}; a file is expected.")


def read_array(path: Path, shape: Sequence[int | None]) -> Array:
    """The file's array, with a batch axis; its values are checked where it is used."""
    array = npy.read(path)
    return array[None] if array.ndim == len(shape) else array


def read_features(path: Path, shape: Sequence[int | None]) -> Input:
    """The rows of the file's table; of one that is too large no more is read than shows it.

    shape : of one example; a table of another width is refused at its first line.
    """
    name = one_line(path.name)
    if len(shape) != 1:
        raise InvalidRequest(f"{name} is a table of features, but the model takes {_form(shape)}.")
    with path.open("rb") as file:
        found = table.read(path.name, file.read(table.MAX_BYTES + 1), shape[0])
    return Input(found.rows, found.names)


def check_columns(whose: str, columns: Sequence[str], before: str, others: Sequence[str]) -> None:
    """Refuse a table whose columns are named otherwise than another's, where both have names.

    Values in another order than the model's would be answered for without a word.
    """
    if not columns or not others:
        return
    for place, (mine, theirs) in enumerate(zip(columns, others, strict=True), 1):
        if mine != theirs:
            raise InvalidRequest(
                f"{whose} column {place} is {mine!r}, and that of {before} is {theirs!r}: give the "
                "same columns in the same order."
            )


def input_shape(net: Network) -> tuple[int | None, ...]:
    """Of an example of the model's input."""
    if len(net.input_shapes) > 1:
        raise InvalidRequest(
            f"The model has {len(net.input_shapes)} inputs; the command line takes models with one."
        )
    (shape,) = net.input_shapes.values()
    return shape


def _picture_axes(shape: Sequence[int | None], card: Card | None) -> tuple[int, int, int] | None:
    """Which axes of a picture's shape are its height, its width and its channels; None for others.

    Channels come last, unless the card says otherwise.
    """
    if len(shape) != 3 or (card and not isinstance(card.input, ImageEntry)):
        return None
    first = card is not None and card.encoding((1, 1)).channels_first
    axes = (1, 2, 0) if first else (0, 1, 2)
    return axes if shape[axes[2]] in CHANNELS else None


def _takes_letters(shape: Sequence[int | None], card: Card | None) -> bool:
    if card and not isinstance(card.input, SequenceEntry):
        return False
    return len(shape) == 2 and shape[1] == len(sequences.BASES)


def _frame(
    name: str,
    size: tuple[int, int],
    channels: int,
    card: Card | None,
    said: Mapping[str, Sequence[float]],
) -> images.ImageInput:
    """How the pixels of a picture become numbers."""
    if not card and not said:
        raise InvalidRequest(
            f"How the model takes the pixels of {name} is not known: write a card (card guess), or "
            "say --subtract and --divide as it was trained, (pixel - S) / D of 0 to 255, such as "
            f"{SCALES}."
        )
    given: dict[str, Any] = {k: v[0] if len(v) == 1 else tuple(v) for k, v in said.items()}
    frame = card.encoding(size) if card else images.ImageInput(size, channels, 0.0, 1.0)
    return replace(frame, **given)


def _picture(
    path: Path,
    shape: Sequence[int | None],
    card: Card | None,
    said: Mapping[str, Sequence[float]],
    fit: str,
) -> Array:
    axes = _picture_axes(shape, card)
    if axes is None:
        raise InvalidRequest(
            f"{one_line(path.name)} is a picture, but the model takes {_form(shape)}."
        )
    if fit not in ("crop", "letterbox"):
        raise InvalidRequest(f"A picture is fitted by crop or letterbox, not {fit}.")
    picture = images.decode(path.read_bytes(), alpha=shape[axes[2]] == 4)
    for note in picture.notes:
        remark(f"{one_line(path.name)}: {note}")
    height, width = (shape[a] or n for a, n in zip(axes[:2], picture.size, strict=True))
    frame = _frame(one_line(path.name), (height, width), shape[axes[2]] or 3, card, said)
    fitted = images.fit(picture, frame.size, "crop" if fit == "crop" else "letterbox")
    return frame.encode(fitted)[None]


def _letters(path: Path, shape: Sequence[int | None], card: Card | None, fit: str | None) -> Array:
    if not _takes_letters(shape, card):
        raise InvalidRequest(
            f"{one_line(path.name)} is read as a sequence, but the model takes {_form(shape)}."
        )
    if fit not in (None, "window", "pad"):
        raise InvalidRequest(f"A sequence is fitted by window or pad, not {fit}.")
    records = sequences.read(path.read_bytes())
    length = len(records[0].letters) if shape[0] is None else shape[0]
    letters = []
    for number, record in enumerate(records, 1):
        if shape[0] is not None and len(record.letters) != length:
            _check_fit(_called(path, records, number), len(record.letters), length, fit)
        how: Any = fit
        letters.append(sequences.fit(record.letters, shape[0] or len(record.letters), how))
        if len(letters[-1]) != length:
            raise InvalidRequest(
                f"{_called(path, records, number)} has {len(letters[-1]):,} letters, and the first "
                f"has {length:,}: sequences of different lengths need one file for each."
            )
    return np.stack([sequences.encode(s)[:, _columns(card)] for s in letters])


def _columns(card: Card | None) -> list[int]:
    """Where each letter of the card's alphabet stands among the bases."""
    if not card or not isinstance(card.input, SequenceEntry):
        return list(range(len(sequences.BASES)))
    if card.input.columns is None:
        raise InvalidRequest(
            f"The card's alphabet is {one_line(card.input.alphabet)}, and files of sequences are "
            f"read as {sequences.BASES}: give an array ({ARRAY})."
        )
    return card.input.columns


def _called(path: Path, records: Sequence[sequences.Sequence], number: int) -> str:
    """A record of a file, as it can be found there."""
    name = one_line(records[number - 1].name)
    of = f"Record {number:,} of {len(records):,}, " if len(records) > 1 else "The sequence "
    return f"{of}{name!r}, in {one_line(path.name)}"


def _check_fit(who: str, letters: int, length: int, fit: str | None) -> None:
    """Refuse a sequence of another length than the model's, unless `fit` says what to do."""
    needed = "window" if letters > length else "pad"
    if fit == needed:
        return
    told = f"{who} has {letters:,} letters, and the model takes {length:,}: "
    does = "takes its middle" if needed == "window" else "surrounds it with N"
    if fit:
        other = "longer" if fit == "window" else "shorter"
        told += f"--fit {fit} is for {other} ones. In a file of its own, "
    raise InvalidRequest(f"{told}--fit {needed} {does}.")


def _form(shape: Sequence[int | None]) -> str:
    return f"arrays of shape ({', '.join('any' if n is None else str(n) for n in shape)})"
