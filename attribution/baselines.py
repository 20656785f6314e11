"""Baselines, also called references: the inputs that attributions are measured against.

Every function takes the batch ``x`` (batch, *input) in the model's input space and returns an array
of the same shape, or a list of such arrays where several references are drawn. Floating types are
kept; integers become float32. A model with several inputs gets one baseline for each of them.

The result for an example never depends on the rest of its batch. What is random comes from a
stream of the example's own, ``default_rng([seed, index, *sha256 of the example as float32])``,
where index counts the references from 0: the same example and seed give the same references in any
batch and at any place in it, and the first k of n references are those of a request for k.

Every function raises InvalidRequest for an ``x`` that is not finite real numbers (batch, *input).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from attribution.errors import InvalidRequest
from attribution.inputs.bounds import whole

Floats = NDArray[np.floating[Any]]
Drawing = Callable[[Floats, np.random.Generator], Floats]

_TRUNCATE = 4.0  # standard deviations on either side after which the Gaussian is cut
_BASES = 4


def zeros(x: ArrayLike) -> Floats:
    """Zero everywhere in the model's input space (a mid grey for pixels encoded around zero)."""
    return np.zeros_like(_batch(x))


def constant(x: ArrayLike, v: ArrayLike) -> Floats:
    """The same value everywhere.

    v : a number, or numbers that broadcast to one example, such as one per channel.
    """
    batch = _batch(x)
    try:
        value = np.broadcast_to(np.asarray(v, dtype=batch.dtype), batch.shape[1:])
    except (TypeError, ValueError) as error:
        raise InvalidRequest(
            f"v has shape {np.shape(v)}; it must be a number, or numbers that broadcast to "
            f"one example of shape {batch.shape[1:]}."
        ) from error
    if not np.isfinite(value).all():
        raise InvalidRequest("v contains NaN or infinite values; a baseline must be finite.")
    return np.broadcast_to(value, batch.shape).copy()


def mean(x: ArrayLike) -> Floats:
    """The mean of each channel (last axis) of each example: a picture's mean colour.

    A flat input (batch, n) counts as one channel of n positions.
    """
    batch = _batch(x)
    axes = tuple(range(1, max(2, batch.ndim - 1)))
    means = batch.mean(axis=axes, keepdims=True, dtype=np.float64)
    return np.broadcast_to(means, batch.shape).astype(batch.dtype)


def blur(x: ArrayLike, sigma: float) -> Floats:
    """Each channel blurred by a Gaussian over all axes between batch and channels.

    x : (batch, height, width, channels), or (batch, length, channels).
    sigma : standard deviation in positions; above 0, at most the longest axis (flat by then).

    The edges reflect (d c b a | a b c d | d c b a), which keeps the mean colour. The Gaussian is
    sampled at whole positions and cut at 4 sigma.
    """
    batch = _batch(x)
    if batch.ndim < 3:
        raise InvalidRequest(
            f"x has shape {batch.shape}; blur needs (batch, height, width, channels) "
            "or (batch, length, channels)."
        )
    longest = max(batch.shape[1:-1])
    if not 0 < sigma <= longest:
        raise InvalidRequest(
            f"sigma is {sigma}; it must be above 0 and at most {longest}, the longest axis of x."
        )
    blurred = np.empty_like(batch)
    for i, example in enumerate(batch):  # one by one: the batch size must not change the rounding
        values = example.astype(np.float64)
        for axis, length in enumerate(values.shape[:-1]):
            smoothed = np.tensordot(_reflecting_gaussian(length, sigma), values, axes=(1, axis))
            values = np.moveaxis(smoothed, 0, axis)
        blurred[i] = values
    return blurred


def noise(x: ArrayLike, seed: int, count: int) -> list[Floats]:
    """``count`` references of uniform noise, each value drawn between the example's min and max."""

    def draw(example: Floats, generator: np.random.Generator) -> Floats:
        low, high = float(example.min()), float(example.max())
        return np.clip(generator.uniform(low, high, example.shape), low, high)

    return _references(_batch(x), seed, count, draw)


def dinucleotide_shuffle(x: ArrayLike, seed: int, count: int) -> list[Floats]:
    """``count`` shuffles of one-hot sequences that keep every dinucleotide count.

    x : one-hot (batch, length, 4).

    The first and the last letter stay, and so does each of the 16 counts of neighbouring letters:
    for each letter its successors are listed, all but the last permuted, and the sequence walked
    again from its first position (Altschul & Erickson 1985, with the last exits as they were).
    A sequence with only one such order, such as AAAA, comes back as it is.

    Rows that are not one-hot (N and other ambiguity codes, padding) stay where they are, and each
    stretch between them is shuffled by itself: the counts still hold, also across these rows.

    Raises InvalidRequest if a row is no distribution over letters (negative, or a sum above 1) or
    an example has no one-hot row at all: its shuffle would be the example itself.
    """
    batch = _sequences(x)
    barren = np.flatnonzero(~_one_hot(batch).any(axis=1))
    if barren.size:
        raise InvalidRequest(
            f"Example {barren[0]} has no one-hot row, so there is nothing to shuffle; "
            "give one-hot sequences, or use base_frequencies."
        )
    return _references(batch, seed, count, _shuffled)


def base_frequencies(x: ArrayLike, acgt: ArrayLike | None = None) -> Floats:
    """The same base frequencies at each position.

    x : (batch, length, 4).
    acgt : the four frequencies, or None for those of each example itself.

    Rows of zeros (padding) stay zero. For a uniform background use ``constant(x, 0.25)``.

    Raises InvalidRequest for frequencies that are negative or do not sum to 1, for a row of x that
    is no distribution over letters, and for an example of padding only when acgt is None.
    """
    batch = _sequences(x)
    if acgt is None:
        totals = batch.sum(axis=1, keepdims=True, dtype=np.float64)
        letters = totals.sum(axis=-1, keepdims=True)
        blank = np.flatnonzero(letters.ravel() == 0)
        if blank.size:
            raise InvalidRequest(
                f"Example {blank[0]} holds only zeros; give the frequencies as acgt."
            )
        frequencies = totals / letters
    else:
        frequencies = _frequencies(acgt)
    known = batch.any(axis=-1, keepdims=True)
    return np.where(known, frequencies, 0.0).astype(batch.dtype)


def _batch(x: ArrayLike) -> Floats:
    """x as a floating array (batch, *input), checked."""
    if isinstance(x, dict) or (isinstance(x, (list, tuple)) and _holds_arrays(x)):
        raise InvalidRequest(
            "x holds several inputs; make a baseline for each of them, "
            "such as {name: baselines.zeros(array) for name, array in x.items()}. "
            "Several examples of one input are one array: np.stack(x)."
        )
    try:
        batch = np.asarray(x)
    except ValueError as error:
        raise InvalidRequest("x is ragged; it must be an array (batch, *input).") from error
    if batch.dtype.kind not in "fiub":
        raise InvalidRequest(f"x has type {batch.dtype}; it must be an array of real numbers.")
    if batch.ndim < 2:
        raise InvalidRequest(
            f"x has shape {batch.shape}; expected (batch, *input): one example is x[None]."
        )
    if not np.isfinite(batch).all():
        raise InvalidRequest("x contains NaN or infinite values; inputs must be finite.")
    return batch if batch.dtype.kind == "f" else batch.astype(np.float32)


def _holds_arrays(x: list[Any] | tuple[Any, ...]) -> bool:
    return any(isinstance(part, np.ndarray) for part in x)


def _sequences(x: ArrayLike) -> Floats:
    """x as checked rows of letter frequencies (batch, length, 4)."""
    batch = _batch(x)
    if batch.ndim != 3 or batch.shape[-1] != _BASES:
        raise InvalidRequest(f"x has shape {batch.shape}; expected (batch, length, 4), order ACGT.")
    bad = (batch < 0).any(axis=-1) | (batch.sum(axis=-1) > 1 + 1e-4)
    if bad.any():
        example, row = np.argwhere(bad)[0]
        raise InvalidRequest(
            f"Row {row} of example {example} is {batch[example, row].tolist()}; each row must be "
            "frequencies of A, C, G, T: none negative, their sum at most 1."
        )
    return batch


def _frequencies(acgt: ArrayLike) -> NDArray[np.float64]:
    values = np.asarray(acgt, dtype=np.float64)
    if values.shape != (_BASES,) or not (values >= 0).all() or abs(values.sum() - 1) > 1e-3:
        raise InvalidRequest(
            f"acgt is {acgt!r}; it must be four frequencies of A, C, G, T, "
            "none negative, that sum to 1."
        )
    total: float = values.sum()
    return values / total


def _references(batch: Floats, seed: int, count: int, draw: Drawing) -> list[Floats]:
    """count arrays of batch's shape, each example drawn from its own stream."""
    seed, count = whole("seed", seed, least=0), whole("count", count, least=1)
    references = [np.empty_like(batch) for _ in range(count)]
    for i, example in enumerate(batch):
        content = (example.astype("<f4") + 0.0).tobytes()  # + 0.0: minus zero is zero
        digest = np.frombuffer(hashlib.sha256(content).digest(), dtype="<u4").tolist()
        for index, reference in enumerate(references):
            reference[i] = draw(example, np.random.default_rng([seed, index, *digest]))
    return references


def _one_hot(rows: Floats) -> NDArray[np.bool_]:
    """Which rows (..., 4) hold a single 1 among zeros: (...)."""
    single: NDArray[np.bool_] = ((rows == 0) | (rows == 1)).all(axis=-1) & (rows.sum(axis=-1) == 1)
    return single


def _shuffled(example: Floats, generator: np.random.Generator) -> Floats:
    """One shuffle of one sequence (length, 4)."""
    shuffled = example.copy()
    borders = np.flatnonzero(np.diff(_one_hot(example), prepend=False, append=False))
    for start, end in borders.reshape(-1, 2):
        letters = example[start:end].argmax(axis=-1)
        shuffled[start:end] = example[start:end][_walk(letters, generator)]
    return shuffled


def _walk(letters: NDArray[np.intp], generator: np.random.Generator) -> list[int]:
    """The positions of ``letters`` in the order of an Eulerian walk with permuted exits.

    Keeping each letter's last exit is what makes every walk end: the last exits form a tree
    towards the last letter.
    """
    exits = []
    for base in range(_BASES):
        successors = np.flatnonzero(letters[:-1] == base) + 1
        successors[:-1] = generator.permutation(successors[:-1])
        exits.append(iter(successors.tolist()))
    order = [0]
    for _ in range(len(letters) - 1):
        order.append(next(exits[letters[order[-1]]]))
    return order


def _reflecting_gaussian(length: int, sigma: float) -> NDArray[np.float64]:
    """The matrix (length, length) that blurs an axis with reflecting edges; its rows sum to 1."""
    radius = int(np.ceil(_TRUNCATE * sigma))
    offsets = np.arange(-radius, radius + 1)
    weights = np.exp(-0.5 * (offsets / sigma) ** 2)
    weights /= weights.sum()
    # Beyond the edge the axis runs backwards, and forwards again: a period of two lengths.
    sources = (np.arange(length)[:, None] + offsets) % (2 * length)
    sources = np.minimum(sources, 2 * length - 1 - sources)
    matrix = np.zeros((length, length))
    np.add.at(matrix, (np.arange(length)[:, None], sources), weights)
    return matrix
