"""Profiled: what a run over a data set found in one layer. Arrays and tables; no TensorFlow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.work.answer import Place

if TYPE_CHECKING:
    from attribution.profile.proof import Pruning as Pruning

Array = npt.NDArray[Any]

STRIP = (0.1, 0.3, 0.5, 0.7, 0.9)
"""Quantiles of the examples of a card: not the strongest alone, which mislead."""
GALLERY = (0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98)


@dataclass(frozen=True)
class Example:
    """One input of a class. place : in the manifest. level : the quantile of its score there."""

    place: int
    level: float
    score: float


@dataclass(frozen=True)
class Apart:
    """A unit in two runs: the means, and whether their simultaneous intervals part."""

    unit: int
    first: float
    second: float
    parts: bool


@dataclass(frozen=True)
class Settled:
    """As of attribution's Ranking: the first units of a class, those of which the inputs do not say
    whether they belong to them, and what the first of a resample share with these on average."""

    first: list[int]
    undecided: list[int]
    jaccard: float


@dataclass(frozen=True)
class Proven:
    """As of attribution's Run: `proof`, `pruning` and `ablation`, where they are there."""

    removals: pd.DataFrame | None = None
    pruning: Pruning | None = None
    ablation: pd.DataFrame | None = None

    def of_class(self, name: str) -> pd.DataFrame:
        """The rows of a class, without any of another."""
        found = self.removals
        return pd.DataFrame() if found is None else found[found["class"] == name]

    def alone(self, name: str) -> dict[int, pd.Series[Any]]:
        """Unit -> its row of a class: what became of inputs without it."""
        found = self.ablation
        rows = () if found is None else found[found["class"] == name].iterrows()
        return {int(row["unit"]): row for _, row in rows}


@dataclass(frozen=True)
class Profiled:
    """One layer of a run.

    index : (n,) places in the manifest. group : (n,) the class of each, an index into `classes`.
    target : (n,) the output that was explained. scores : (n, units). table : as of
    attribution.profile's Run.table. names : of units that have one.
    """

    layer: str
    classes: tuple[str, ...]
    index: Array
    group: Array
    target: Array
    scores: Array
    table: pd.DataFrame
    names: Mapping[int, str] = field(default_factory=dict)

    @property
    def units(self) -> int:
        """How many."""
        return int(self.scores.shape[1])

    @property
    def nbytes(self) -> int:
        """Bytes, about."""
        arrays = self.index, self.group, self.target, self.scores
        return sum(a.nbytes for a in arrays) + int(self.table.memory_usage().sum())

    @property
    def present(self) -> tuple[str, ...]:
        """The classes that have inputs."""
        return tuple(dict.fromkeys(self.table["class"]))

    def called(self, unit: int) -> str:
        """'#12', or '#12 · stripes'."""
        return Place(unit).called(self.names)

    def of_class(self, name: str) -> pd.DataFrame:
        """The rows of a class, by unit, with `share`: of the evidence for it, from 0 to 1."""
        frame = self.table[self.table["class"] == name].set_index("unit", drop=False)
        evidence = frame["positive"].to_numpy(float)
        return frame.assign(share=evidence / (evidence.sum() or 1.0))

    def ranked(self, name: str) -> list[int]:
        """The units of a class, the largest |mean| first."""
        frame = self.of_class(name)
        order = np.argsort(-frame["mean"].abs().to_numpy(), kind="stable")
        return [int(u) for u in frame["unit"].to_numpy()[order]]

    def row(self, name: str, unit: int) -> pd.Series[Any]:
        """One of these rows."""
        frame = self.of_class(name)
        return frame.iloc[int(np.flatnonzero(frame["unit"].to_numpy() == unit)[0])]

    def of_unit(self, unit: int) -> pd.DataFrame:
        """The rows of a unit, a class each."""
        return self.table[self.table["unit"] == unit]

    def values(self, name: str, unit: int) -> Array:
        """(inputs,) the scores of a unit in a class."""
        return np.asarray(self.scores[self._inputs(name), unit], np.float64)

    def examples(self, name: str, unit: int, levels: Sequence[float] = STRIP) -> list[Example]:
        """The inputs of a class at these quantiles of a unit's score, each once."""
        inputs = self._inputs(name)
        order = inputs[np.argsort(self.scores[inputs, unit], kind="stable")]
        places = [min(int(level * len(order)), len(order) - 1) for level in levels]
        return [
            Example(
                int(self.index[order[at]]),
                (at + 0.5) / len(order),
                float(self.scores[order[at], unit]),
            )
            for at in dict.fromkeys(places)
            if len(order)
        ]

    def usual(self, target: int, unit: int, value: float) -> tuple[float, int]:
        """Of the inputs of which this output was explained, the share whose score of a unit is
        below a value (ties count half), and how many they are."""
        values = self.scores[self.target == target, unit].astype(np.float64)
        if not len(values):
            return float("nan"), 0
        below = float((values < value).mean() + (values == value).mean() / 2)
        return below, len(values)

    def pairs(self, names: Sequence[str], count: int) -> list[tuple[int, int]]:
        """(place, unit) of the examples of the first units of these classes."""
        found = [
            (each.place, unit)
            for name in names
            for unit in self.ranked(name)[:count]
            for each in self.examples(name, unit)
        ]
        return list(dict.fromkeys(found))

    @property
    def targets(self) -> dict[int, int]:
        """place -> the output that was explained."""
        return dict(zip(self.index.tolist(), self.target.tolist(), strict=True))

    def settled(self, name: str) -> Settled:
        """Whether more inputs could change which units are the first of a class."""
        from attribution.profile.moments import Moments  # these load scipy
        from attribution.profile.ranking import ranking
        from attribution.profile.resampling import Resamples

        mine = self._inputs(name)
        scores = self.scores[mine]
        sums = Moments.of(scores, np.zeros_like(scores))
        found = ranking(Resamples.of(self.index[mine], scores), sums)
        return Settled(found.first.tolist(), found.undecided.tolist(), found.jaccard)

    @cached_property
    def _groups(self) -> Mapping[str, Array]:
        """As the statistics of attribution name them."""
        names = dict(enumerate(self.classes))
        return {
            "all" if c < 0 else names.get(c, str(c)): np.flatnonzero(self.group == c)
            for c in map(int, np.unique(self.group))
        }

    def _inputs(self, name: str) -> Array:
        return self._groups.get(name, np.zeros(0, np.int64))


def likeness(profile: Profiled, most: int) -> tuple[Array, list[str], list[int]]:
    """Means (classes, units) of the `most` largest units, like classes and units side by side.

    The order is that of the leaves of a tree of average linkage, turned so that neighbours are
    near.
    """
    wide = profile.table.pivot(index="class", columns="unit", values="mean")
    wide = wide.loc[list(profile.present)]
    sizes = wide.abs().max(axis=0).to_numpy()
    kept = np.sort(np.argsort(-sizes, kind="stable")[:most])
    means = wide.to_numpy(float)[:, kept]
    rows, columns = _leaves(means), _leaves(means.T)
    names = [str(wide.index[i]) for i in rows]
    return means[np.ix_(rows, columns)], names, [int(wide.columns[kept[i]]) for i in columns]


def _leaves(rows: Array) -> Array:
    """The order of rows by likeness: of what they say, not how loudly."""
    if len(rows) < 3:
        return np.arange(len(rows))
    from scipy.cluster import hierarchy  # a few tenths of a second, for this alone

    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    unit = rows / np.where(norms == 0, 1.0, norms)
    found: Array = hierarchy.leaves_list(
        hierarchy.linkage(unit, "average", metric="euclidean", optimal_ordering=True)
    )
    return found


def apart(first: pd.DataFrame, second: pd.DataFrame) -> list[Apart]:
    """The units of one class in two runs, those whose intervals part first, then by difference."""
    both = first.reset_index(drop=True).merge(
        second.reset_index(drop=True), on="unit", suffixes=("", "_b")
    )
    parts = (both["simultaneous_low"] > both["simultaneous_high_b"]) | (
        both["simultaneous_high"] < both["simultaneous_low_b"]
    )
    found = [
        Apart(int(u), float(a), float(b), bool(p))
        for u, a, b, p in zip(both["unit"], both["mean"], both["mean_b"], parts, strict=True)
    ]
    return sorted(found, key=lambda each: (not each.parts, -abs(each.first - each.second)))
