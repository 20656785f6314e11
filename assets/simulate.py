"""Simulated DNA in which the answer is known: GATA1 and TAL1 motifs in random background.

The setting of the DeepLIFT paper (Shrikumar, Greenside, Kundaje 2017), with motifs from JASPAR,
on the forward strand. A quarter of the sequences holds both motifs, a quarter GATA1 only, a quarter
TAL1 only, a quarter neither. Because every motif's place is returned, an attribution can be checked
against the truth: that is what the tests and the benchmarks do. Needs NumPy only.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

ALPHABET = "ACGT"
TASKS = ("both", "GATA1", "TAL1")
MOTIFS = {"GATA1": "MA0035.3", "TAL1": "MA0091.1"}
LENGTH = 200
BACKGROUND = (0.3, 0.2, 0.2, 0.3)
COPIES = (0.48, 0.34, 0.18)  # the chances of one, two and three copies of a motif


class Site(NamedTuple):
    """Where a motif was embedded: positions ``start`` to ``end - 1``, counted from 0."""

    motif: str
    start: int
    end: int


@dataclass(frozen=True)
class Simulation:
    """Sequences, the truth about them, and where it lies.

    codes: uint8 (count, length), 0 to 3 for A, C, G, T
    labels: uint8 (count, 3), 0 or 1 for each of ``TASKS``
    sites: for each sequence its embedded motifs, from left to right
    """

    codes: np.ndarray
    labels: np.ndarray
    sites: tuple[tuple[Site, ...], ...]

    def one_hot(self) -> np.ndarray:
        """The sequences as float32 (count, length, 4)."""
        return np.eye(4, dtype=np.float32)[self.codes]

    def text(self, example: int) -> str:
        """One sequence in letters."""
        return "".join(ALPHABET[code] for code in self.codes[example])


@cache
def probabilities(motif: str) -> np.ndarray:
    """The chance of each base at each position of a motif (a key of ``MOTIFS``): (width, 4)."""
    stored = json.loads((Path(__file__).parent / "motifs.json").read_text(encoding="utf-8"))
    counts = {entry["accession"]: entry["counts"] for entry in stored["motifs"]}[MOTIFS[motif]]
    columns = np.array(counts, dtype=float).T
    return columns / columns.sum(axis=1, keepdims=True)


def simulate(count: int, seed: int, *, length: int = LENGTH) -> Simulation:
    """Draw ``count`` sequences; the same seed gives the same sequences."""
    rng = np.random.default_rng(seed)
    codes = rng.choice(4, size=(count, length), p=BACKGROUND).astype(np.uint8)
    # Two bits per sequence, each of the four patterns equally often, in random order.
    pattern = rng.permutation(np.arange(count) % 4)
    has = {"GATA1": pattern % 2 == 1, "TAL1": pattern >= 2}
    sites = tuple(
        _embed(rng, row, [motif for motif in MOTIFS if has[motif][example]])
        for example, row in enumerate(codes)
    )
    labels = np.stack([has["GATA1"] & has["TAL1"], has["GATA1"], has["TAL1"]], axis=1)
    return Simulation(codes, labels.astype(np.uint8), sites)


def _embed(rng: np.random.Generator, row: np.ndarray, motifs: list[str]) -> tuple[Site, ...]:
    """Write one to three copies of each motif into ``row``, in place; return where."""
    copies = rng.choice(3, size=len(motifs), p=COPIES) + 1
    drawn = rng.permutation(np.repeat(motifs, copies)).tolist()
    sites = _place(rng, drawn, len(row))
    for site in sites:
        cumulative = probabilities(site.motif).cumsum(axis=1)
        # One draw per position: the number of bases whose cumulative chance it has passed.
        row[site.start : site.end] = (rng.random((len(cumulative), 1)) >= cumulative[:, :3]).sum(1)
    return sites


def _place(rng: np.random.Generator, motifs: list[str], length: int) -> tuple[Site, ...]:
    """Positions that do not overlap, every arrangement of this order being equally likely.

    Shrink each motif to one cell, choose that many cells of the shrunken row, and expand again.
    """
    widths = [len(probabilities(motif)) for motif in motifs]
    cells = length - sum(widths) + len(widths)
    starts = np.sort(rng.choice(cells, size=len(widths), replace=False))
    starts += np.cumsum([0, *widths])[:-1] - np.arange(len(widths))
    return tuple(
        Site(motif, int(start), int(start) + width)
        for motif, start, width in zip(motifs, starts, widths, strict=True)
    )
