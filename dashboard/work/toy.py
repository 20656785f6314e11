"""Toy: two neurons that together saturate, F = min(1, h1 + h2), in closed form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Toy:
    """Two neurons with activations first, second >= 0 at the input, and 0 at the baseline."""

    first: float
    second: float

    @property
    def sum(self) -> float:
        """h1 + h2 at the input; F is 1 from 1 on."""
        return self.first + self.second

    @property
    def f(self) -> float:
        """F at the input; it is 0 at the baseline."""
        return min(1.0, self.sum)

    @property
    def saturated(self) -> bool:
        """Whether a small change of either neuron leaves F as it is."""
        return self.sum > 1

    @property
    def slope(self) -> float:
        """dF/da at the input, coming from below where there is a kink."""
        return 0.0 if self.saturated else self.sum

    @property
    def gradient(self) -> tuple[float, float]:
        """Gradient x difference of each neuron."""
        return (0.0, 0.0) if self.saturated else (self.first, self.second)

    @property
    def conductance(self) -> tuple[float, float]:
        """int dF/dh_j dh_j/da da: the gradient is 1 until a = 1 / (h1 + h2), and 0 after."""
        until = 1 / self.sum if self.saturated else 1.0
        return self.first * until, self.second * until

    def curve(self) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        """a and F(a), with the kink where there is one."""
        kink = 1 / self.sum if self.saturated else 1.0
        a = np.array([0.0, kink, 1.0])
        return a, np.minimum(1.0, a * self.sum)
