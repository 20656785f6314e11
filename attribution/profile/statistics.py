"""Statistics of a data set: of each class and unit, from scores of each input; no TensorFlow."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from attribution.profile.galleries import Gallery
from attribution.profile.histograms import Histogram
from attribution.profile.moments import Moments
from attribution.profile.resampling import Resamples, intervals

if TYPE_CHECKING:
    from attribution.profile.rows import Rows

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Summary:
    """What is known of the units of a layer over some inputs; `a + b` is that of both sets.

    Sets must share no input. In any order the sums are the same, to the rounding of float64.
    """

    moments: Moments
    resamples: Resamples
    histogram: Histogram
    gallery: Gallery

    @classmethod
    def of(cls, index: Array, scores: Array, quadrature: Array) -> Summary:
        """That of inputs at places `index` (inputs,) of the manifest, one or more.

        scores, quadrature : (inputs, units), as in Rows.
        """
        return cls(
            Moments.of(scores, quadrature),
            Resamples.of(index, scores),
            Histogram.of(scores),
            Gallery.of(index, scores),
        )

    def __add__(self, other: Summary) -> Summary:
        return Summary(
            self.moments + other.moments,
            self.resamples + other.resamples,
            self.histogram + other.histogram,
            self.gallery + other.gallery,
        )

    @cached_property
    def intervals(self) -> tuple[Array, Array]:
        """Half widths (units,) of the 95 % intervals: of each unit, and of all at once."""
        return intervals(self.resamples, self.moments)

    def table(self) -> pd.DataFrame:
        """A row for each unit: the columns of `table` but for the class."""
        m = self.moments
        plain, joint = self.intervals
        return pd.DataFrame(
            {
                "unit": np.arange(len(m.mean)),
                "count": m.count,
                "mean": m.mean,
                "standard_error": m.standard_error,
                "quadrature_error": m.quadrature_error,
                "low": m.mean - plain,
                "high": m.mean + plain,
                "simultaneous_low": m.mean - joint,
                "simultaneous_high": m.mean + joint,
                "first_10": m.first / m.count,
                "size": m.size / m.count,
                "positive": m.positive / m.count,
                "negative": m.negative / m.count,
            }
        )


def table(rows: Iterable[Rows], classes: Sequence[str], layer: str) -> pd.DataFrame:
    """Of each class, in their order, and unit of a layer: mean contribution and how sure it is.

    Columns: class, unit, count (inputs), mean, standard_error (of the mean: of the inputs that were
    drawn, with what the integral adds), quadrature_error (what the integral alone adds), low and
    high (95 %, this unit alone), simultaneous_low and simultaneous_high (95 %, all units of the
    class at once), first_10 (share of the inputs with the unit among the ten largest), size (mean
    |score|), positive, negative (their sum is the mean). Bounds are infinite where too few inputs
    make the spread, see `resampling.intervals`. The same in any order of rows, bit for bit.
    """
    groups = grouped(rows, classes, layer)
    parts = [Summary.of(*given).table().assign(**{"class": name}) for name, given in groups.items()]
    if not parts:
        empty = np.zeros((1, 0))
        parts = [Summary.of(np.zeros(1, int), empty, empty).table().assign(**{"class": ""})]
    found = pd.concat(parts, ignore_index=True)
    return found[["class", *found.columns.drop("class")]]


def grouped(
    rows: Iterable[Rows], classes: Sequence[str], layer: str
) -> dict[str, tuple[Array, Array, Array]]:
    """Of each class that has inputs: places in the manifest, scores and variances of a layer.

    An input without a label belongs to the class that was explained, and to "all" where none was.
    Inputs are in the order of the manifest; those whose scores are not finite are left out.
    """
    held = [(r.index, _class(r), r.units[layer], r.quadrature[layer]) for r in rows]
    if not held:
        return {}
    index, of, scores, quadrature = (np.concatenate(column) for column in zip(*held, strict=True))
    order = np.argsort(index, kind="stable")
    order = order[np.isfinite(scores[order]).all(1)]
    found = {}
    for c in np.unique(of[order]):
        name = ("all" if c < 0 else classes[c]) if c < len(classes) else str(c)
        mine = order[of[order] == c]
        found[name] = index[mine], scores[mine], quadrature[mine]
    return found


def _class(rows: Rows) -> Array:
    return np.where(rows.label >= 0, rows.label, rows.target)
