"""The search for the nodes of one path: how many more, where, and when there are enough."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from attribution.errors import InvalidRequest
from attribution.integration.guide import STORE_BYTES, Guide
from attribution.integration.integrand import Call, Integrand
from attribution.integration.quadrature import FIRST_NODES, Path
from attribution.questions.report import Place

Array = npt.NDArray[np.floating]

DEFAULT_STEPS = 1025
"""The cap on the nodes of one path where `steps` is not given."""
TWICE = 2
"""Estimates in a row that must be within the tolerance."""
_CONFIRMS = 1 / 12  # nodes that are added between these, in parts of those that are there
_WIDE = 1 / 4  # of the nodes, that go into wide intervals while the estimate is above the tolerance
_FEWEST = 8  # nodes that are added at once: fewer cost a call as well
_TOGETHER = 4  # times the tolerated error, from which a layer waits until the others are settled


def checked(tolerance: float, steps: int | None) -> tuple[float, int]:
    """The tolerance and the most nodes of a path, as they are asked for."""
    if not 0 <= tolerance < np.inf:
        raise InvalidRequest(f"tolerance is {tolerance}; a number of 0 or more is expected.")
    if steps is not None and (int(steps) != steps or steps < 3):
        raise InvalidRequest(f"steps is {steps}; a whole number of 3 or more is expected.")
    return tolerance, int(steps or DEFAULT_STEPS)


class Limits(NamedTuple):
    """The tolerated error, the widest stretch between nodes; most : see `excess`."""

    tolerance: float
    widest: float
    most: float


class Search:
    """The path of one example and reference while its nodes are chosen.

    starts : where the neurons of each layer begin, in what is read at a node.
    wanted : the places to evaluate next; none at the end.
    settled : for each layer, whether two estimates in a row were within the tolerance, the second
        with further nodes in the widest intervals, and no interval is wider than allowed.
    done : whether all layers are settled but for those that are far off.
    broken : for each layer, whether it or its gradient was not finite at a node; `finite` speaks of
        the score.
    """

    def __init__(self, place: Place, starts: Sequence[int], room: int) -> None:
        self.place = place
        self.path = Path(starts)
        self.starts = list(starts)
        self.scores: dict[float, float] = {}
        self.found: list[tuple[Array, float]] = []
        self.passed = np.zeros(len(starts), int)
        self.settled = np.zeros(len(starts), bool)
        self.broken = np.zeros(len(starts), bool)
        self.finite = True
        self.done = False
        self.wanted = self.path.propose(min(FIRST_NODES, room))

    @property
    def f(self) -> tuple[float, float]:
        """F at x and at the reference."""
        return self.scores[1.0], self.scores[0.0]

    @property
    def sound(self) -> bool:
        """Whether everything was finite so far."""
        return self.finite and not self.broken.any()

    def add(self, a: float, f: float, h: Array, g: Array, *, finite: bool) -> None:
        """Note the score, activations and gradients (neurons,) at a node.

        finite : whether all of these are known to be.
        """
        self.scores[a] = f
        if not finite:
            self.finite &= bool(np.isfinite(f))
            wrong = ~(np.isfinite(h) & np.isfinite(g))
            self.broken |= np.logical_or.reduceat(wrong, self.starts)
        self.path.add(a, h, g)

    def judge(self, owed: Sequence[float | None], limits: Limits, room: int) -> None:
        """Look at the sums, and say in `wanted` which nodes are needed next, `room` at most.

        owed : what the scores of each layer must sum to, if that is known.
        """
        tolerance, widest, most = limits
        path, n = self.path, len(self.path.nodes)
        self.wanted = []
        if not self.sound:
            return
        self.found = [path.integrate(k) for k in range(len(self.starts))]
        ratios = np.array(
            [excess(*f, o, tolerance, most) for f, o in zip(self.found, owed, strict=True)]
        )
        self.passed = np.where(ratios <= 1, self.passed + 1, 0)
        together = ratios <= _TOGETHER
        together |= not together.any()
        ratio = float(ratios[together].max())
        lacking = path.lacking(widest) if self.passed.any() else 1
        self.settled = (self.passed >= TWICE) & (not lacking)
        self.done = bool(self.settled[together].all())
        if self.done:
            return
        if ratio <= 1:
            count = max(int(n * _CONFIRMS), lacking, _FEWEST)
            wide, widest = (lacking, widest) if lacking else (count // 2, 0.0)
        else:
            count = max(growth(n, ratio, 3 if n <= FIRST_NODES else 2), _FEWEST)
            wide = int(count * _WIDE)
        count = min(count + count % 2, room - room % 2)
        if count > 0:
            self.wanted = path.propose(count, wide=min(wide, count), widest=widest)


def choose(
    integrand: Integrand, places: Sequence[Place], guide: Guide, limits: Limits, call: Call
) -> list[Search]:
    """Refine the paths of a group, together, until each is settled or the room is full."""
    searches = [Search(place, guide.starts, guide.room) for place in places]
    spare = STORE_BYTES // (8 * guide.width)  # nodes of all together
    active = searches
    while active:
        rows = [(s, a) for s in active for a in s.wanted]
        spare -= len(rows)
        calls = max(1, round(len(rows) / guide.chunk))  # rather a little more than another call
        for k in range(calls):
            part = rows[k * len(rows) // calls : (k + 1) * len(rows) // calls]
            f, h, g = call(guide.read, [s.place for s, _ in part], [a for _, a in part])
            with np.errstate(over="ignore", invalid="ignore"):
                finite = np.isfinite(f + h.sum(1) + g.sum(1))
            for i, (search, a) in enumerate(part):
                search.add(a, float(f[i]), h[i], g[i], finite=bool(finite[i]))
        room = spare
        for search in active:
            owed = [None if guide.sampled else integrand.owed(n, search.f) for n in guide.names]
            search.judge(owed, limits, min(guide.room - len(search.path.nodes), room))
            room -= len(search.wanted)
        active = [s for s in active if s.wanted]
    return searches


def excess(
    value: Array, error: float, owed: float | None, tolerance: float, most: float = np.inf
) -> float:
    """Estimated error over tolerated error; a sum that is known bounds it from below.

    most : times the estimate that what is missing of that sum counts. What more nodes do not mend,
    because a gradient is not the derivative, must not ask for ever more of them.
    """
    if owed is not None:
        error = max(error, min(abs(float(value.sum(dtype=float)) - owed), most * error))
    allowed = tolerance * float(np.abs(value).sum(dtype=float))
    return error / allowed if allowed else (np.inf if error else 0.0)


def growth(nodes: int, ratio: float, most: float) -> int:
    """How many nodes to add: the error falls about as nodes ** -1.4; at most `most` times."""
    return 2 * int(np.ceil(nodes * min(max(ratio**0.7 - 1, 0.1), most - 1) / 2))
