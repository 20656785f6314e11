"""Recordings and texts as inputs: what a model takes of them stands in its card alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from attribution import arrays, series, tokens
from attribution.cards import SeriesEntry, TokensEntry
from attribution.errors import InvalidRequest, one_line
from attribution.tokens import Vocabulary

_RECORDINGS = (".csv", ".npy", ".npz", ".wav")
_TEXTS = (".txt", ".csv", ".npy", ".npz")
Shape = Sequence[int | None]


def suffixes(entry: Any) -> tuple[str, ...]:
    """How the names of such files end, by the entry of the model's input; none for other kinds."""
    if isinstance(entry, SeriesEntry):
        return _RECORDINGS
    return _TEXTS if isinstance(entry, TokensEntry) else ()


def read(
    path: Path, shape: Shape, entry: Any, fit: str | None
) -> tuple[npt.NDArray[Any], Vocabulary | None]:
    """(batch, *shape) of a file, and of texts the words that their ids stand for."""
    if isinstance(entry, TokensEntry):
        return _texts(path, shape, entry, fit)
    return _recordings(path, shape, entry, fit), None


def _recordings(path: Path, shape: Shape, entry: SeriesEntry, fit: str | None) -> npt.NDArray[Any]:
    """(recordings, times, channels) of a file.

    fit : "window" takes the middle of those that are longer than the model's input.

    Raises InvalidRequest for longer ones without it, and where they are of unlike lengths.
    """
    if fit not in (None, "window"):
        raise InvalidRequest(f"A recording is fitted by window, not {fit}.")
    length, count = shape
    name = one_line(path.name)
    found = series.read(path.read_bytes(), path.name, entry.channels or count, entry.rate)
    for each in found:
        if length is not None and len(each.values) > length and fit is None:
            raise InvalidRequest(
                f"{one_line(each.name)} in {name} has {len(each.values):,} times, and the model "
                f"takes {length:,}: --fit window takes its middle."
            )
    values = [
        each.values if length is None else series.window(each.values, length) for each in found
    ]
    return _stacked(name, values)


def _texts(
    path: Path, shape: Shape, entry: TokensEntry, fit: str | None
) -> tuple[npt.NDArray[Any], Vocabulary]:
    """(texts, tokens) ids of a file: one text, or arrays of ids; and the vocabulary, of no words
    where the card lists none and texts are ids.

    Raises InvalidRequest where they are of unlike lengths.
    """
    if fit:
        raise InvalidRequest("--fit is for pictures, sequences and recordings; texts are padded.")
    (length,), name = shape, one_line(path.name)
    listed = tokens.vocabulary(entry.vocabulary, entry.padding) if entry.vocabulary else None
    padding = entry.padding or 0
    known = listed or Vocabulary((), padding)
    known = known if known.padding is not None else replace(known, padding=padding)
    data = path.read_bytes()
    if path.suffix.lower() == ".txt":
        return tokens.read(data, listed and known, length, padding).ids[None], known
    found = arrays.read(data, path.name, shape, "int32")
    return _stacked(name, [tokens.spelled(each.values, listed).ids for each in found]), known


def _stacked(name: str, values: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    if len({len(each) for each in values}) > 1:
        raise InvalidRequest(f"{name} holds inputs of unlike lengths: give each a file of its own.")
    return np.stack(values)
