"""Preprocessing, measured: is the way in which a card feeds pictures the one that the model knows?

The same labelled pictures are sent through the network as the card says and in the ways that are
usual beside it. The wrong one is silent otherwise: the network answers, and worse.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from attribution import images
from attribution.cards.card import Card
from attribution.cards.image import ImageEntry
from attribution.errors import InvalidRequest, one_line

if TYPE_CHECKING:
    from attribution.network import Network

CLEAR = 0.01
"""The p-value below which another way is called clearly better."""
_AT_ONCE = 32
_USUAL: Mapping[str, Mapping[str, Any]] = {
    "0 to 1": {"range": (0, 1)},
    "-1 to 1": {"range": (-1, 1)},
    "0 to 255": {"range": (0, 255)},
    "mean and std of ImageNet": {
        "mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225), "colours": "rgb",
    },
    "BGR less the mean of ImageNet": {
        "mean": (103.939, 116.779, 123.68), "std": 1, "colours": "bgr",
    },
}  # fmt: skip


@dataclass(frozen=True)
class Preprocessing:
    """One way to feed pictures, and how often the network was right with it.

    entry : the same as the input of a card. right : (files,) whether each was answered as labelled.
    better, worse : files that are right with this way and wrong with the card's, and the reverse.
    p : that a way that is no better or worse differs as much by chance: the exact binomial test of
    better against worse, two-sided (McNemar); 1 for the card's own.
    """

    name: str
    entry: ImageEntry
    right: npt.NDArray[np.bool_]
    better: int = 0
    worse: int = 0

    @property
    def accuracy(self) -> float:
        """The share of files that are right."""
        return float(self.right.mean())

    @property
    def p(self) -> float:
        """See above."""
        differ, least = self.better + self.worse, min(self.better, self.worse)
        tail = sum(math.comb(differ, k) for k in range(least + 1)) / 2**differ
        return min(1.0, 2 * tail)

    @property
    def clear(self) -> bool:
        """Whether it is better than the card's, and not by chance."""
        return self.better > self.worse and self.p < CLEAR


@dataclass(frozen=True)
class PreprocessingComparison:
    """ways : the card's own first, then the usual ones by accuracy."""

    ways: tuple[Preprocessing, ...]

    @property
    def best(self) -> Preprocessing | None:
        """The most accurate way that is clearly better than the card's; None where none is."""
        return max(
            (way for way in self.ways[1:] if way.clear), key=lambda way: way.accuracy, default=None
        )

    @property
    def sentence(self) -> str:
        """What was found."""
        card, best, count = self.ways[0], self.best, len(self.ways[0].right)
        if best is None:
            return (
                f"No other preprocessing does clearly better than the card's, which is right for "
                f"{card.right.sum()} of {count} files."
            )
        return (
            f"The preprocessing of the card is very likely wrong: {best.name} is right for "
            f"{best.right.sum()} of {count} files, the card's for {card.right.sum()}; of the "
            f"{best.better + best.worse} files that they answer differently it wins {best.better} "
            f"(p = {best.p:.1g}). Write {_said(best.entry)} into the card."
        )

    def __str__(self) -> str:
        """A line for each way, and the sentence."""
        width = max(len(way.name) for way in self.ways)
        rows = [
            f"  {way.name:{width}}  {way.accuracy:7.1%}  {'clearly better' * way.clear}".rstrip()
            for way in self.ways
        ]
        return "\n".join([*rows, self.sentence])


def compare_preprocessing(
    net: Network,
    card: Card,
    files: Sequence[str | Path | bytes | npt.NDArray[np.uint8]],
    labels: Sequence[int | str],
) -> PreprocessingComparison:
    """How often the network is right with the card's preprocessing, and with the usual others.

    files : pictures, or the bytes of such, cropped to the model's size; or their pixels (height,
    width, 3) of that size, uint8. labels : of each its class, by index or by its name on the card.

    The others are 0 to 1, -1 to 1, 0 to 255 and, of colours, ImageNet's mean and std, BGR less its
    mean, and the card's own with red and blue exchanged. One is clearly better where the exact
    two-sided binomial test of the files that both answer differently has p < `CLEAR`.

    Raises
    ------
    InvalidRequest : a model whose one input is no picture or whose first output is no list of
        classes; no files; a label that is no class.
    InvalidImage : a file that is no picture.
    """
    entry = card.input
    if not isinstance(entry, ImageEntry) or len(card.inputs) > 1:
        raise InvalidRequest(
            f"Preprocessing is compared for one picture, and the card has {len(card.inputs)} "
            f"input{'s' * (len(card.inputs) > 1)}, the first of kind {entry.kind}."
        )
    if not files or len(files) != len(labels):
        raise InvalidRequest(
            f"There are {len(files)} files and {len(labels)} labels; give one or more of each."
        )
    (shape,) = net.input_shapes.values()
    axes = (1, 2) if entry.order == "channels_first" else (0, 1)
    ways = {"as the card says": entry, **_others(entry)}
    right: dict[str, list[bool]] = {name: [] for name in ways}
    wanted = _indices(net, card, labels)
    step = 1 if None in shape else _AT_ONCE  # pictures of their own sizes go alone
    for first in range(0, len(files), step):
        pictures = [_read(f, entry) for f in files[first : first + step]]
        given = pictures[0]
        there = given.shape[:2] if isinstance(given, np.ndarray) else given.size
        size = [shape[a] or n for a, n in zip(axes, there, strict=True)]
        pixels = [
            p if isinstance(p, np.ndarray) else images.fit(p, (size[0], size[1])) for p in pictures
        ]
        for name, way in ways.items():
            frame = way.encoding((size[0], size[1]))
            said = _answers(net, np.stack([frame.encode(p) for p in pixels]))
            right[name] += (said == wanted[first : first + step]).tolist()
    return _compared(ways, {name: np.array(r) for name, r in right.items()})


def _read(
    file: str | Path | bytes | npt.NDArray[np.uint8], entry: ImageEntry
) -> images.Picture | npt.NDArray[np.uint8]:
    if isinstance(file, np.ndarray):
        return file
    data = file if isinstance(file, bytes) else Path(file).read_bytes()
    return images.decode(data, alpha=entry.colours == "rgba")


def _others(entry: ImageEntry) -> dict[str, ImageEntry]:
    """The usual ways that differ from the card's."""
    same = {"kind": "image", "size": entry.size, "order": entry.order}
    colours = entry.colours in ("rgb", "bgr")
    found = {}
    for name, way in _USUAL.items():
        if "range" in way or colours:
            found[name] = ImageEntry.model_validate({**same, "colours": entry.colours, **way})
    if colours:
        swapped = "rgb" if entry.colours == "bgr" else "bgr"
        kept = entry.model_dump(exclude_none=True)
        found[f"as the card says, in {swapped.upper()}"] = ImageEntry.model_validate(
            {**kept, "colours": swapped}
        )
    mine = entry.encoding((1, 1))
    return {n: e for n, e in found.items() if not _alike(e.encoding((1, 1)), mine)}


def _alike(first: images.ImageInput, second: images.ImageInput) -> bool:
    """Whether two ways make the same of pixels, but for rounding."""
    ends = [np.broadcast_to(np.uint8(v), (1, 1, 3)) for v in (0, 255)]
    return first.bgr == second.bgr and all(
        np.allclose(first.encode(end), second.encode(end), atol=1e-4) for end in ends
    )


def _answers(net: Network, x: npt.NDArray[np.float32]) -> npt.NDArray[np.intp]:
    """(batch,) the class of each; of a single probability, whether it is above a half."""
    found = net.predict(x)
    values = next(iter(found.values())) if isinstance(found, dict) else found
    if values.ndim != 2:
        raise InvalidRequest(
            f"The model's first output has shape {values.shape[1:]}; a list of classes is expected."
        )
    if values.shape[1] == 1:
        squashed = net.graph().squashed is not None
        return (values[:, 0] > (0.5 if squashed else 0)).astype(np.intp)
    return values.argmax(axis=1)


def _indices(net: Network, card: Card, labels: Sequence[int | str]) -> npt.NDArray[np.intp]:
    """The class of each label."""
    names = [name.casefold() for name in card.labels]
    last = next(iter(net.output_shapes.values()))[-1:]
    count = max(last[0] or len(names), 2) if last else 2
    found = []
    for label in labels:
        if isinstance(label, str) and label.casefold() in names:
            found.append(names.index(label.casefold()))
        elif str(label).isdecimal() and int(label) < count:
            found.append(int(label))
        elif not names:
            raise InvalidRequest(
                f"The label {one_line(str(label))!r} is no class, as the card names none: write "
                f"their names under outputs, in the model's order, or label by index, 0 to "
                f"{count - 1}."
            )
        else:
            raise InvalidRequest(
                f"The label {one_line(str(label))!r} is no class: give an index from 0 to "
                f"{count - 1} or a name of the card ({', '.join(card.labels[:6])})."
            )
    return np.array(found, np.intp)


def _compared(
    ways: Mapping[str, ImageEntry], right: Mapping[str, npt.NDArray[np.bool_]]
) -> PreprocessingComparison:
    first, *others = ways
    mine = right[first]
    found = [
        Preprocessing(
            name,
            ways[name],
            right[name],
            better=int((right[name] & ~mine).sum()),
            worse=int((mine & ~right[name]).sum()),
        )
        for name in others
    ]
    found.sort(key=lambda way: -way.accuracy)
    return PreprocessingComparison((Preprocessing(first, ways[first], mine), *found))


def _said(entry: ImageEntry) -> str:
    """The fields of a card."""
    told = entry.model_dump(include={"range", "mean", "std"}, exclude_none=True)
    said = [f"{k}: {list(v) if isinstance(v, tuple) else v}" for k, v in told.items()]
    return ", ".join([*said, f"colours: {entry.colours}"])
