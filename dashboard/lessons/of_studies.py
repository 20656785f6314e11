"""Checks of the other pages: functions of what studies found. Never a stored answer."""

from __future__ import annotations

import numpy as np

from dashboard.lessons.findings import Followed, SwitchedOff, Turned
from dashboard.lessons.vocabulary import Unanswerable, check
from dashboard.work.findings import Coarse
from dashboard.work.minimum import Minimum
from dashboard.work.toy import Toy


@check("ablate", "number")
def predicted(found: SwitchedOff, _: None) -> float:
    """The change of the score that the contributions foretell."""
    return found.ablation.predicted


@check("ablate", "number")
def measured(found: SwitchedOff, _: None) -> float:
    """The change of the score that was measured."""
    return found.ablation.measured


@check("ablate", "word")
def measured_is(found: SwitchedOff, _: None) -> str:
    """More, less or the same: the measured change beside the predicted."""
    said, done = abs(found.ablation.predicted), abs(found.ablation.measured)
    return "the same" if np.isclose(said, done, rtol=0.02) else "more" if done > said else "less"


@check("ablate", "number", "it")
def fewest_to_flip(found: SwitchedOff, order: str) -> float:
    """The fewest units, in one of the orders, that change the answer."""
    if (flips := found.curves[order].flips) is None:
        raise Unanswerable(f"In the order {order!r} nothing changes the answer.")
    return float(flips)


@check("ablate", "word", "an order")
def becomes(found: SwitchedOff, order: str) -> str:
    """The answer then, or the same where it stays."""
    curve = found.curves[order]
    return "the same" if curve.becomes is None else found.names[curve.becomes]


@check("ablate", "word")
def quickest(found: SwitchedOff, _: None) -> str:
    """The one of all orders that changes the answer first, or none."""
    taken = {name: c.flips for name, c in found.curves.items() if c.flips is not None}
    return min(taken, key=lambda name: taken[name] or 0) if taken else "none"


@check("flip", "number")
def fewest_to_turn(found: Turned, _: None) -> float:
    """The fewest units, in the order of the difference, that turn the answer."""
    if found.flips.needed is None:
        raise Unanswerable("None of these sets changes the answer.")
    return float(found.flips.needed)


@check("flip", "word")
def turns_into(found: Turned, _: None) -> str:
    """The answer then."""
    into = found.flips.becomes
    return "the same" if into is None else found.names[into]


@check("path", "word")
def gains(found: Followed, _: None) -> str:
    """Early, late or both: the half of the path with more of the unit's score."""
    walk, at = found.trail.walk, found.place.channel
    half = float(np.interp(0.5, walk.nodes, walk.accumulated[:, at]))
    share = half / float(walk.accumulated[-1, at])
    return "early" if share > 0.55 else "late" if share < 0.45 else "both"


@check("path", "number")
def score(found: Followed, _: None) -> float:
    """The score of the picked unit at the end of the path."""
    return float(found.trail.walk.accumulated[-1, found.place.channel])


@check("path", "number")
def gradient_left(found: Followed, _: None) -> float:
    """Percent of its largest size that the gradient has left at the input."""
    along = np.abs(found.trail.walk.gradients[:, found.place.channel])
    return 100 * float(along[-1] / along.max())


@check("steps", "number", "steps")
def wrong_signs(found: Coarse, steps: int) -> float:
    """How many units have the wrong sign after so many steps."""
    return float(found.flipped[found.counts.index(steps)])


@check("steps", "number", "steps")
def error_after(found: Coarse, steps: int) -> float:
    """The relative error in percent after so many steps."""
    return 100 * float(found.errors[found.counts.index(steps)])


@check("steps", "number", "p")
def enough(found: Coarse, p: float) -> float:
    """The fewest of the steps shown whose error is at most p percent."""
    good = [n for n, e in zip(found.counts, found.errors, strict=True) if 100 * e <= p]
    if not good:
        raise Unanswerable(f"None of these numbers of steps has an error of at most {p:g} percent.")
    return float(good[0])


@check("steps", "number", "steps")
def total_after(found: Coarse, steps: int) -> float:
    """The sum of all scores after so many steps."""
    return float(found.totals[found.counts.index(steps)])


@check("toy", "number", "1 or 2")
def gradient_of(found: Toy, neuron: int) -> float:
    """Gradient x difference of neuron 1 or 2."""
    return found.gradient[neuron - 1]


@check("toy", "number", "1 or 2")
def conductance_of(found: Toy, neuron: int) -> float:
    """The conductance of neuron 1 or 2."""
    return found.conductance[neuron - 1]


@check("toy", "word")
def saturated(found: Toy, _: None) -> str:
    """Yes where the two have more than enough, else no."""
    return "yes" if found.saturated else "no"


@check("minimum", "number", "1 or 2")
def integrated_of(found: Minimum, which: int) -> float:
    """What integrated gradients give input 1 or 2."""
    return found.integrated[which - 1]


@check("minimum", "number", "1 or 2")
def reveal_cancel_of(found: Minimum, which: int) -> float:
    """What RevealCancel gives input 1 or 2."""
    return found.reveal_cancel[which - 1]
