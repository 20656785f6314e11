"""Outputs: what a network answers, as one row of numbers with names, whatever its form.

Every number of every output has an index, in the order in which Keras gives them: that is a target
in links. `target` says it as the core takes it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, overload

import numpy as np
import numpy.typing as npt

Form = Literal["classes", "labels", "number", "positions"]


@dataclass(frozen=True)
class Head:
    """One output of a network.

    form : "classes", of which one is true; "labels", each true or not; a "number"; or classes at
    "positions". shape : without the batch axis. names : of the last axis. chance : whether its
    numbers are probabilities.
    """

    name: str
    form: Form
    shape: tuple[int, ...]
    names: tuple[str, ...]
    chance: bool = True

    @property
    def size(self) -> int:
        """How many numbers it has."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class Outputs(Sequence[str]):
    """The names of all numbers of all outputs, by index."""

    heads: tuple[Head, ...]

    def __len__(self) -> int:
        return sum(head.size for head in self.heads)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        head, place = self._find(index)
        name = head.names[place[-1]] if place else head.names[0]
        if len(place) > 1:
            name += f" at {', '.join(map(str, place[:-1]))}"
        if len(self.heads) == 1 or head.names == (head.name,):
            return name
        return head.name if head.form == "number" and head.size == 1 else f"{head.name}: {name}"

    def head(self, index: int) -> Head:
        """The output that has this number."""
        return self._find(index)[0]

    def usual(self, values: npt.NDArray[Any]) -> int:
        """The largest number of the first output: numbers of different outputs do not compare."""
        return int(values[: self.heads[0].size].argmax())

    def best(self, values: npt.NDArray[Any], count: int) -> list[int]:
        """So many by falling size, of several outputs the largest of each before all others."""
        ends = np.cumsum([head.size for head in self.heads]).tolist()
        firsts = [
            first + int(values[first:end].argmax())
            for first, end in zip([0, *ends], ends, strict=False)
        ]
        falling = np.argsort(-values, kind="stable").tolist()
        return [*dict.fromkeys((*(firsts if firsts[1:] else ()), *falling))][:count]

    def target(self, index: int) -> Any:
        """As the core takes it: a class, (position, class), or with the output's name before."""
        head, place = self._find(index)
        bare = place if len(place) > 1 else (*place, 0)[0]
        if len(self.heads) == 1:
            return bare
        return (head.name, *place) if place else (head.name, 0)

    def within(self, index: int) -> int:
        """Which number of its output, flat, one is."""
        head, place = self._find(index)
        return int(np.ravel_multi_index(place, head.shape)) if place else 0

    def beside(self, index: int) -> list[int]:
        """The numbers that are seen beside one: all of its output, or those of its position."""
        head, place = self._find(index)
        first = index - self.within(index)
        if head.form == "positions":
            last = head.shape[-1]
            start = index - place[-1]
            return [*range(start, start + last)]
        return [*range(first, first + head.size)]

    def rivals(self, index: int) -> bool:
        """Whether one of those beside it is the answer, and no other."""
        return self.head(index).form in ("classes", "positions")

    def _find(self, index: int) -> tuple[Head, tuple[int, ...]]:
        if not 0 <= index < len(self):
            raise IndexError(index)
        for head in self.heads:
            if index < head.size:
                return head, tuple(int(i) for i in np.unravel_index(index, head.shape or (1,)))[
                    : len(head.shape)
                ]
            index -= head.size
        raise IndexError(index)
