"""Inputs in words: what the features, times or words of an input contribute themselves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from dashboard.words.numbers import number, percent, signed
from dashboard.words.quantity import CONTRIBUTION, contributes
from dashboard.work.scale import limit
from dashboard.work.traces import Traces, summed


def largest(
    names: Sequence[str],
    scores: npt.NDArray[np.floating],
    target: str,
    many: str,
    unit: str = CONTRIBUTION,
) -> str:
    """What a figure of scores (names,) shows. many : what the names are of. unit : of scores."""
    sizes = np.abs(scores, dtype=np.float64)
    if not sizes.any():
        return f"All {len(names):,} {many} score zero for {target!r}."
    order = np.argsort(-sizes, kind="stable")
    if not contributes(unit):
        return (
            f"Of {len(names):,} {many}, {names[order[0]]} has the largest score, "
            f"{signed(float(scores[order[0]]))} ({unit}). Warm is positive, cool is negative."
        )
    parts: list[str] = []
    for sign, verb, whom in ((1, "adds", "to"), (-1, "takes", "from")):
        if signs := [i for i in order if sign * scores[i] > 0]:
            given = signed(float(scores[signs[0]]))
            whom = f"{whom} {target!r}" if not parts else f"{whom} it"
            parts.append(f"{names[signs[0]]} {verb} most {whom} ({given})")
    few = int((np.cumsum(sizes[order]) >= sizes.sum() / 2).argmax()) + 1
    most = "The largest holds" if few == 1 else f"The {few} largest hold"
    return (
        f"Of {len(names):,} {many}, {', '.join(parts)}. {most} "
        f"{percent(float(sizes[order[:few]].sum() / sizes.sum()))} of all sizes. "
        "Warm supports the target, cool opposes it."
    )


def times(
    traces: Traces, scores: npt.NDArray[np.floating], target: str, unit: str = CONTRIBUTION
) -> str:
    """What a figure of scores (times, channels) along traces shows."""
    if not scores.any():
        return f"All times of all channels score zero for {target!r}."
    sums = scores.sum(axis=0, dtype=np.float64)
    each = ", ".join(
        f"{traces.names[i]} {signed(float(sums[i]))}" for i in np.argsort(-np.abs(sums))[:4]
    )
    at, channel = (int(i) for i in np.unravel_index(np.abs(scores).argmax(), scores.shape))
    whole = f"Of all that is there, {each} ({unit})"
    sides = (
        "Warm supports the target, cool opposes it."
        if contributes(unit)
        else "Warm is positive, cool is negative."
    )
    bound = limit(summed(scores))
    sides += f" The colours end at ±{number(bound.value)}"
    sides += f", and {percent(bound.clipped)} lie beyond." if bound.clipped else "."
    return (
        f"{whole}; the most at one time is {signed(float(scores[at, channel]))}, of "
        f"{traces.names[channel]} at {traces.said(at)}. {sides}"
    )


def beside(unknown: Sequence[str], padding: float, places: int) -> str:
    """What is to be known beside the words: those that are not known, and what fills up."""
    said = ""
    if unknown:
        said += f" Not among the network's words: {', '.join(map(repr, unknown[:5]))}"
        said += f" and {len(unknown) - 5} more." if len(unknown) > 5 else "."
    if padding:
        said += f" The {places:,} places after the text have {signed(padding)} together."
    return said
