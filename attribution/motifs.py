"""Motifs: known binding patterns, where they occur in a sequence, and what a filter looks for.

    known = bundled()                              # seven matrices of JASPAR
    scan(encode(letters), known)                   # their occurrences, both strands, p <= 1e-4
    nearest(kernel, known)[0]                      # the known motif most like a filter's kernel
    best_windows(x, activations, width, offset)    # the stretches that excite a filter most

Rows are positions, columns A, C, G, T; positions count from 0, and ``end`` is not included.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from attribution.bundled import ASSETS
from attribution.errors import InvalidRequest
from attribution.sequences import decode

Array = NDArray[Any]

UNIFORM = (0.25, 0.25, 0.25, 0.25)
PSEUDOCOUNT = 0.01  # added to each frequency, so that an unseen base is rare and not impossible
LEAST_OVERLAP = 5  # columns that two motifs must share to be compared
_BINS = 1000  # per bit: the resolution of scores in the exact distribution


@dataclass(frozen=True)
class Motif:
    """A motif. frequencies : (width, 4), rows sum to 1."""

    name: str
    accession: str
    species: str
    frequencies: Array

    @property
    def width(self) -> int:
        """How many bases long."""
        return len(self.frequencies)

    @property
    def consensus(self) -> str:
        """The commonest base at each position."""
        return "".join("ACGT"[i] for i in self.frequencies.argmax(axis=1))

    def information(self) -> Array:
        """(width, 4): frequencies times the position's information in bits, as logos draw them."""
        return information(self.frequencies)

    def log_odds(self, background: ArrayLike = UNIFORM) -> Array:
        """(width, 4): log2 of frequency over background, with a pseudocount."""
        odds = (self.frequencies + PSEUDOCOUNT) / (1 + 4 * PSEUDOCOUNT)
        return np.asarray(np.log2(odds / _background(background)))


@dataclass(frozen=True)
class Match:
    """An occurrence: bases start to end - 1 (from 0), read on strand '+' or '-'.

    score : log-odds in bits.
    p_value : the chance of that score or more at one place, in random bases of the background.
    """

    motif: str
    start: int
    end: int
    strand: str
    score: float
    p_value: float


@dataclass(frozen=True)
class Likeness:
    """How like a known motif a filter is. similarity : from -1 to 1, where 1 is the same pattern.

    offset : the filter's row at which the motif's first column lies (negative: it starts before).
    """

    motif: Motif
    similarity: float
    strand: str
    offset: int


@dataclass(frozen=True)
class Window:
    """A stretch of one example that excites a filter: bases start to end - 1, N beyond the ends."""

    example: int
    start: int
    letters: str
    activation: float


@cache
def bundled() -> tuple[Motif, ...]:
    """The matrices of assets/motifs.json: JASPAR 2024, see there for whom to cite."""
    found = []
    for entry in _stored()["motifs"]:
        counts = np.array(entry["counts"], dtype=np.float64).T
        frequencies = counts / counts.sum(axis=1, keepdims=True)
        frequencies.setflags(write=False)
        found.append(Motif(entry["name"], entry["accession"], entry["species"], frequencies))
    return tuple(found)


def credit() -> tuple[str, str]:
    """Whose the bundled matrices are, and their licence, in words."""
    return _stored()["attribution"], _stored()["licence"]


def _stored() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ASSETS / "motifs.json").read_text(encoding="utf-8"))
    return found


def information(frequencies: ArrayLike) -> Array:
    """Frequencies (width, 4) -> the same, each row times its information (2 bits less entropy)."""
    rows = np.asarray(frequencies, dtype=np.float64)
    logs = np.log2(rows, where=rows > 0, out=np.zeros_like(rows))
    return np.asarray(rows * (2 + (rows * logs).sum(axis=1, keepdims=True)))


def scan(
    x: ArrayLike,
    motifs: Sequence[Motif] | None = None,
    *,
    p_value: float = 1e-4,
    background: ArrayLike = UNIFORM,
) -> list[Match]:
    """Where known motifs occur in x (length, 4), on both strands, from left to right.

    Ambiguous bases count by their frequencies. Of overlapping occurrences of one motif, the best is
    kept.

    p_value : the largest chance of a score; in L bases and M motifs expect 2 L M p by chance.
    background : frequencies of A, C, G, T; their mean with those of the other strand is taken.

    Raises InvalidRequest for another shape of x, or a p_value that is not between 0 and 1.
    """
    rows = _rows(x, "x")
    if not 0 < p_value < 1:
        raise InvalidRequest(f"p_value is {p_value}; it must be between 0 and 1.")
    chances = _background(background)
    chances = (chances + chances[::-1]) / 2
    found: list[Match] = []
    for motif in bundled() if motifs is None else motifs:
        if motif.width > len(rows):
            continue
        steps = np.round(motif.log_odds(chances) * _BINS)
        tail = _tail(steps.astype(int), chances)
        hits = []
        for strand, matrix in (("+", steps), ("-", steps[::-1, ::-1])):
            total = _slide(rows, matrix)
            chance = tail[np.round(total - steps.min(axis=1).sum()).astype(int)]
            scores = total / _BINS
            hits += [
                Match(motif.name, i, i + motif.width, strand, float(scores[i]), float(chance[i]))
                for i in np.flatnonzero(chance <= p_value).tolist()
            ]
        found += _apart(hits)
    return sorted(found, key=lambda m: (m.start, m.end))


def nearest(kernel: ArrayLike, motifs: Sequence[Motif] | None = None) -> list[Likeness]:
    """Known motifs by falling likeness to a filter's kernel (width, 4), or to any matrix.

    The likeness is the cosine of the two matrices, each with the mean of every row taken off (it
    does not tell bases apart), at the best offset with at least five shared columns and on the
    better strand; columns that lie beyond the other matrix count as unlike. The known motif enters
    as log-odds, which is what a kernel that detects it would hold.
    """
    rows = _rows(kernel, "kernel")
    centred = rows - rows.mean(axis=1, keepdims=True)
    found = [_likeness(centred, motif) for motif in (bundled() if motifs is None else motifs)]
    return sorted(found, key=lambda likeness: -likeness.similarity)


def best_windows(
    x: ArrayLike, activations: ArrayLike, width: int, offset: int, count: int = 50
) -> list[Window]:
    """The stretches of the examples in which one filter is most active, the strongest first.

    x : (batch, length, 4).
    activations : (batch, positions), of one filter; the neuron at position p sees the bases
        p + offset to p + offset + width - 1.

    Only activations above 0 count, and of stretches of an example that overlap by more than half
    the stronger.
    """
    batch, values = np.asarray(x), np.asarray(activations, dtype=np.float64)
    if batch.ndim != 3 or values.ndim != 2 or len(batch) != len(values):
        raise InvalidRequest(
            f"x has shape {batch.shape} and activations {values.shape}; (batch, length, 4) and "
            "(batch, positions) are expected."
        )
    apart = max(1, -(-width // 2))
    free = np.ones(values.shape, bool)
    windows: list[Window] = []
    for flat in np.argsort(-values, axis=None, kind="stable"):
        example, position = (int(i) for i in np.unravel_index(flat, values.shape))
        if len(windows) == count or values[example, position] <= 0:
            break
        if not free[example, position]:
            continue
        free[example, max(0, position - apart + 1) : position + apart] = False
        letters = _cut(batch[example], position + offset, width)
        value = float(values[example, position])
        windows.append(Window(example, position + offset, letters, value))
    return windows


def frequencies(windows: Sequence[str]) -> Array:
    """Stretches of one width -> (width, 4): how often each base occurs at each position.

    Letters other than A, C, G, T are left out; a position with none of them is uniform.
    """
    counts = np.array([[column.count(b) for b in "ACGT"] for column in zip(*windows, strict=True)])
    totals = counts.sum(axis=1, keepdims=True)
    return np.where(totals > 0, counts / np.maximum(totals, 1), 0.25)


def _rows(value: ArrayLike, name: str) -> Array:
    rows = np.asarray(value, dtype=np.float64)
    if rows.ndim != 2 or rows.shape[1] != 4 or not np.isfinite(rows).all():
        raise InvalidRequest(
            f"{name} has shape {rows.shape}; finite numbers (length, 4), order ACGT, are expected."
        )
    return rows


def _background(acgt: ArrayLike) -> Array:
    values = np.asarray(acgt, dtype=np.float64)
    if values.shape != (4,) or not (values > 0).all() or abs(values.sum() - 1) > 1e-3:
        raise InvalidRequest(f"background is {acgt!r}; four frequencies above 0, sum 1, expected.")
    return values


def _slide(rows: Array, matrix: Array) -> Array:
    """(length - width + 1,): the sum of rows times matrix at each place."""
    windows = np.lib.stride_tricks.sliding_window_view(rows, len(matrix), axis=0)
    return np.asarray(np.einsum("pbw,wb->p", windows, matrix))


def _tail(steps: Array, background: Array) -> Array:
    """The chance that a random stretch scores so much or more, from the lowest score on.

    steps : whole numbers (width, 4). Exact: the distribution of a sum of independent terms.
    """
    chance = np.ones(1)
    for column in steps - steps.min(axis=1, keepdims=True):
        wider = np.zeros(len(chance) + int(column.max()))
        for step, share in zip(column, background, strict=True):
            wider[step : step + len(chance)] += share * chance
        chance = wider
    return np.asarray(np.cumsum(chance[::-1])[::-1])


def _apart(hits: list[Match]) -> list[Match]:
    """The best of those that overlap."""
    kept: list[Match] = []
    for hit in sorted(hits, key=lambda m: (-m.score, m.start, m.strand)):
        if all(hit.end <= other.start or hit.start >= other.end for other in kept):
            kept.append(hit)
    return kept


def _likeness(kernel: Array, motif: Motif) -> Likeness:
    known = motif.log_odds()
    known = known - known.mean(axis=1, keepdims=True)
    norm = float(np.linalg.norm(kernel) * np.linalg.norm(known)) or 1.0
    least = min(LEAST_OVERLAP, len(kernel), len(known))
    best = Likeness(motif, -np.inf, "+", 0)
    for strand, matrix in (("+", known), ("-", known[::-1, ::-1])):
        for offset in range(least - len(matrix), len(kernel) - least + 1):
            start, end = max(0, offset), min(len(kernel), offset + len(matrix))
            shared = float((kernel[start:end] * matrix[start - offset : end - offset]).sum()) / norm
            if shared > best.similarity:
                best = Likeness(motif, shared, strand, offset)
    return best


def _cut(rows: Array, start: int, width: int) -> str:
    """Letters start to start + width - 1, N beyond the ends."""
    before, after = max(0, -start), max(0, start + width - len(rows))
    inside = decode(rows[max(0, start) : max(0, start + width)]) if start < len(rows) else ""
    return ("N" * before + inside + "N" * after)[:width]
