"""Intake: what a network takes, and how one thing of a data set becomes an input of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from attribution import cards, images, sequences, tokens
from attribution.cards import (
    Card,
    ImageEntry,
    SequenceEntry,
    SeriesEntry,
    TableEntry,
    TokensEntry,
)
from attribution.errors import (
    AttributionError,
    InvalidArray,
    InvalidCard,
    InvalidRequest,
    InvalidSequence,
    InvalidTable,
    one_line,
)

if TYPE_CHECKING:
    from attribution.network import Network

Array = npt.NDArray[Any]
Example = Array | dict[str, Array]
"""An input without the batch axis; of a model with several, each by its name."""
UNREADABLE = (AttributionError, OSError, ValueError, EOFError, MemoryError)
"""What the reading of a file of strangers may end with; pyarrow's errors are among them."""
LABELS = ("label", "labels", "class", "category", "target", "y")
"""The names of what holds the class of an input, in small letters."""
FILES = ("file", "path", "image", "picture", "filename")
"""The names of a column that names files, in small letters."""


class Intake:
    """What a network's inputs are, by its card.

    card : None takes what `cards.guess` finds, of which pictures are refused: how their pixels
    become numbers is no guess that a profile could rest on.
    shapes, dtypes : of one example, by the names of the inputs.

    Raises
    ------
    InvalidCard : a card that contradicts the model.
    InvalidRequest : a model of pictures without a card.
    """

    def __init__(self, net: Network, card: Card | None = None) -> None:
        found = cards.fits(net, card) if card else ()
        if found:
            raise InvalidCard(found[0])
        self.net = net
        self.card = card or cards.guess(net)
        self.shapes = net.input_shapes
        self.dtypes = {n: np.dtype(t.dtype.as_numpy_dtype) for n, t in net.graph().inputs.items()}
        if card is None and len(self.shapes) == 1 and isinstance(self.entry, ImageEntry):
            raise InvalidRequest(
                "The model takes pictures, and no card says how their pixels become numbers: write "
                "one (python -m attribution card guess MODEL --out CARD.yaml), look at it, and "
                "give it as the card."
            )

    @property
    def several(self) -> bool:
        """Whether the model has several inputs."""
        return len(self.shapes) > 1

    @property
    def kind(self) -> str:
        """That of the only input, as cards have it; array for several."""
        return "array" if self.several else self.entry.kind

    @property
    def entry(self) -> Any:
        """The card's entry of the first input."""
        return self.card.input

    @property
    def shape(self) -> tuple[int | None, ...]:
        """Of the only input."""
        return next(iter(self.shapes.values()))

    def picture(self, data: bytes) -> Array:
        """A picture's file, cropped to the model's size. Raises InvalidImage."""
        picture = images.decode(data)
        return self.entry.encoding(self._size(picture.size)).encode(
            images.fit(picture, self._size(picture.size))
        )

    def letters(self, text: str) -> Array:
        """Nucleotides of the model's length. Raises InvalidSequence."""
        columns = self.entry.columns if isinstance(self.entry, SequenceEntry) else None
        if columns is None:
            raise InvalidSequence(
                "The card's alphabet is none of nucleotides: give sequences as arrays."
            )
        length = self.shape[0] or len(text)
        if len(text) != length:
            raise InvalidSequence(
                f"It has {len(text):,} letters, and the model takes {length:,}: cut or pad it "
                "before."
            )
        return sequences.encode(text)[:, columns]

    def words(self, text: str | bytes | Sequence[int]) -> Array:
        """A text, or the numbers of its words. Raises InvalidTokens."""
        entry: TokensEntry = self.entry
        vocabulary = (
            tokens.vocabulary(entry.vocabulary, entry.padding) if entry.vocabulary else None
        )
        if isinstance(text, str | bytes):
            return tokens.read(text, vocabulary, self.shape[0]).ids
        ids = " ".join(map(str, text))
        return tokens.read(ids, None, self.shape[0]).ids

    def features(self, columns: Sequence[str]) -> tuple[str, ...]:
        """The columns of a table that the model takes, in its order."""
        entry = self.entry
        return tuple(entry.features or columns) if isinstance(entry, TableEntry) else ()

    def row(self, cells: Mapping[str, Any]) -> Array:
        """The cells of a row by feature: numbers, or names of categories. Raises InvalidTable."""
        categories = self.entry.categories
        found = []
        for feature, cell in cells.items():
            names = categories.get(feature, ())
            if names and str(cell) in names:
                found.append(float(names.index(str(cell))))
                continue
            try:
                found.append(float(cell))
            except (TypeError, ValueError):
                found.append(np.nan)
            if not np.isfinite(found[-1]):
                raise InvalidTable(
                    f"It has {one_line(str(cell))!r} for {one_line(feature)!r}: a finite number is "
                    "expected" + (", or the name of a category." if names else ".")
                )
        return self.values(np.array(found))

    def values(self, array: Any) -> Array:
        """Numbers of the only input's shape; pixels, uint8, as the card says.

        Raises InvalidArray.
        """
        given = np.asarray(array)
        if isinstance(self.entry, ImageEntry) and given.dtype == np.uint8 and not self.several:
            return self.entry.encoding(self._size(given.shape[:2])).encode(given)
        if isinstance(self.entry, SeriesEntry) and given.ndim == 1 and self.shape[1] == 1:
            given = given[:, None]
        return self._cast(given, *self.shapes)

    def named(self, given: Mapping[str, Any]) -> dict[str, Array]:
        """An array for each of several inputs. Raises InvalidArray."""
        return {name: self._cast(np.asarray(given[name]), name) for name in self.shapes}

    def _size(self, there: Sequence[int]) -> tuple[int, int]:
        """(height, width) of a picture: the model's, or its own where that is open."""
        first = self.entry.order == "channels_first"
        height, width = self.shape[1:] if first else self.shape[:2]
        return height or there[0], width or there[1]

    def _cast(self, given: Array, name: str) -> Array:
        shape, dtype = self.shapes[name], self.dtypes[name]
        fits = given.ndim == len(shape) and all(
            n in (None, m) for n, m in zip(shape, given.shape, strict=True)
        )
        if not fits or not given.size or given.dtype.kind not in "biuf":
            wanted = ", ".join("any" if n is None else str(n) for n in shape)
            raise InvalidArray(
                f"It is {given.dtype} of shape {given.shape}; numbers of shape ({wanted}) are "
                "expected."
            )
        if not np.isfinite(given).all():
            raise InvalidArray("It holds NaN or infinite values.")
        found = given.astype(dtype)
        if dtype.kind != "f" and not np.array_equal(found, given):
            raise InvalidArray(f"It holds values that are no {dtype.name}, which the input takes.")
        return found


@dataclass(frozen=True)
class Contents:
    """The inputs in one file of a data set.

    count : of inputs. read : the one of a number from 0; raises one of `UNREADABLE`.
    names, labels : of each, where the file says them. attributes : name -> what else it says.
    """

    count: int
    read: Callable[[int], Example]
    names: Sequence[str] = ()
    labels: Sequence[str] = ()
    attributes: Mapping[str, Sequence[str]] = field(default_factory=dict)


def stacked(examples: Sequence[Any]) -> Any:
    """A batch of examples of one shape: an array, or a dict of them."""
    if isinstance(examples[0], dict):
        return {n: np.stack([e[n] for e in examples]) for n in examples[0]}
    return np.stack(examples)


def form(example: Example) -> tuple[Any, ...]:
    """What examples of one batch have in common."""
    parts = example.values() if isinstance(example, dict) else [example]
    return tuple(part.shape for part in parts)
