"""Minimum: the least of two inputs, written as one ReLU, on which three methods disagree."""

from __future__ import annotations

from dataclasses import dataclass

Pair = tuple[float, float]


@dataclass(frozen=True)
class Minimum:
    """F = i₁ - relu(i₁ - i₂), which is min(i₁, i₂), for inputs >= 0; at the baseline both are 0."""

    first: float
    second: float

    @property
    def f(self) -> float:
        """F at the inputs; it is 0 at the baseline."""
        return min(self.first, self.second)

    @property
    def integrated(self) -> Pair:
        """Along the straight path the smaller input alone has a gradient, of 1.

        Where the two are equal, the ReLU is never above 0, and the first has it.
        """
        return (self.first, 0.0) if self.first <= self.second else (0.0, self.second)

    @property
    def rescale(self) -> Pair:
        """The ReLU's multiplier is what it gives over what it takes: 1 or 0, as the path's is."""
        return self.integrated

    @property
    def reveal_cancel(self) -> Pair:
        """The ReLU takes + i₁ and - i₂; each sign's effect is its mean over both orders.

        raised : of i₁ alone, and after i₂. lowered : of i₂ after i₁, for alone it does nothing.
        """
        open_ = max(0.0, self.first - self.second)
        raised = (self.first + open_) / 2
        lowered = (open_ - self.first) / 2
        return self.first - raised, -lowered
