"""Moments: the sums of scores that means and their errors come from, mergeable in any order."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

FIRST = 10
"""The largest units of an input, of which `Moments.first` counts."""
_ROUNDING = 1e-6  # of the mean: what differs by less between inputs is constant in float32


@dataclass(frozen=True)
class Moments:
    """Of each unit over some inputs, (units,) each; `a + b` is that of both sets of inputs.

    mean, m2, m3, m4 : mean score, and sums of powers of what scores differ from it.
    size, positive, negative : sums of |score|, and of the scores above and below 0.
    first : in how many inputs the unit was among the FIRST largest |score|, and not 0.
    quadrature : sum of the variances by the integral.

    Chan, Golub, LeVeque 1983; Pébay, Sandia report SAND2008-6212, for the third and fourth.
    """

    count: int
    mean: Array
    m2: Array
    m3: Array
    m4: Array
    size: Array
    positive: Array
    negative: Array
    first: Array
    quadrature: Array

    @classmethod
    def of(cls, scores: Array, quadrature: Array) -> Moments:
        """Those of scores (inputs, units), one input or more, and their variances by the integral.

        The variance of an input whose integral has no estimated error is NaN, and so is the sum.
        """
        x = np.asarray(scores, float)
        mean = x.mean(0)
        d = x - mean
        return cls(
            count=len(x),
            mean=mean,
            m2=(d**2).sum(0),
            m3=(d**3).sum(0),
            m4=(d**4).sum(0),
            size=np.abs(x).sum(0),
            positive=np.maximum(x, 0).sum(0),
            negative=np.minimum(x, 0).sum(0),
            first=among_first(x).sum(0),
            quadrature=np.asarray(quadrature, float).sum(0),
        )

    def __add__(self, other: Moments) -> Moments:
        a, b = self.count, other.count
        n = a + b
        d = other.mean - self.mean
        return Moments(
            count=n,
            mean=self.mean + d * b / n,
            m2=self.m2 + other.m2 + d**2 * a * b / n,
            m3=self.m3
            + other.m3
            + d**3 * a * b * (a - b) / n**2
            + 3 * d * (a * other.m2 - b * self.m2) / n,
            m4=self.m4
            + other.m4
            + d**4 * a * b * (a * a - a * b + b * b) / n**3
            + 6 * d**2 * (a * a * other.m2 + b * b * self.m2) / n**2
            + 4 * d * (a * other.m3 - b * self.m3) / n,
            size=self.size + other.size,
            positive=self.positive + other.positive,
            negative=self.negative + other.negative,
            first=self.first + other.first,
            quadrature=self.quadrature + other.quadrature,
        )

    @cached_property
    def standard_error(self) -> Array:
        """(units,) of the mean as an estimate for all inputs of the kind; NaN of one input."""
        if self.count < 2:
            return np.full(self.mean.shape, np.nan)
        found: Array = np.sqrt(self.m2 / (self.count - 1) / self.count)
        return found

    @property
    def quadrature_error(self) -> Array:
        """(units,) what the integral alone adds to the error of the mean, itself a part of it."""
        found: Array = np.sqrt(self.quadrature) / self.count
        return found

    @property
    def effective(self) -> Array:
        """(units,) how many inputs effectively make the spread: m2² / m4, count / 3 if normal.

        0 for a unit whose score is the same in all inputs.
        """
        constant = self.m2 <= self.count * (_ROUNDING * self.mean) ** 2
        with np.errstate(divide="ignore", invalid="ignore"):
            found: Array = np.where(constant, 0.0, self.m2**2 / self.m4)
        return found


def among_first(scores: Array, count: int = FIRST) -> Array:
    """(inputs, units) whether a unit is among the `count` largest |score| of its input, and not 0.

    Of equal ones at the border all are.
    """
    sizes = np.abs(scores)
    units = sizes.shape[1]
    if units <= count:
        return sizes > 0
    border = np.partition(sizes, units - count, axis=1)[:, units - count, None]
    found: Array = (sizes >= border) & (sizes > 0)
    return found
