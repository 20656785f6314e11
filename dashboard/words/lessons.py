"""Lessons: sentences about the figures that only lessons have."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.words.numbers import number, percent, signed
from dashboard.work.findings import Coarse, Flips
from dashboard.work.minimum import Minimum


def signs(found: Coarse) -> str:
    """How many units a path of few steps gets wrong."""
    units = len(found.converged)
    worst, best = found.flipped[0], found.flipped[-1]
    return (
        f"Of {units} units, {worst} have the wrong sign after {found.counts[0]} steps and {best} "
        f"after {found.counts[-1]}; right is what {found.evaluations} evaluations gave, with an "
        f"estimated error of {percent(found.error)}."
    )


def units(found: Coarse) -> str:
    """What becomes of the largest."""
    sums = " and ".join(
        f"{signed(float(found.totals[i]))} after {found.counts[i]} steps" for i in (0, -1)
    )
    return (
        f"The scores of the units that are largest once the integral has converged. All scores sum "
        f"to {sums}; they should sum to {signed(found.delta)}."
    )


def flips(found: Flips, names: Sequence[str]) -> str:
    """How many it takes."""
    target, rival = names[found.at], names[found.rival]
    order = f"Switched off in the order in which they speak for {target} rather than {rival}"
    if found.needed is None or found.becomes is None:
        return f"{order}, {len(found.channels)} units leave the answer as it is."
    unit = "unit turns" if found.needed == 1 else "units turn"
    return f"{order}, {found.needed} {unit} the answer into {names[found.becomes]}."


def margins(found: Flips, names: Sequence[str]) -> str:
    """Which of them."""
    target, rival = names[found.at], names[found.rival]
    first = found.channels[0]
    return (
        f"The first is unit {first}: it speaks for {target} rather than {rival} by "
        f"{signed(float(found.margins[first]))}."
    )


def wired(name: str, pair: tuple[float, float], rule: str) -> str:
    """What a network of two neurons, or of two inputs, does with them."""
    first, second = pair
    return f"{name}₁ = {number(first)} and {name}₂ = {number(second)}; {rule}."


def minimum(found: Minimum) -> str:
    """What each method gives the two inputs."""
    left, right = found.integrated
    said = f"F is {number(found.f)}. Integrated gradients and Rescale give the two inputs "
    shared = found.reveal_cancel[0]
    return (
        f"{said}{number(left)} and {number(right)}: all to one of them. RevealCancel gives each "
        f"{number(shared)}."
    )
