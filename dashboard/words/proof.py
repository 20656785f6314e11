"""Sentences about what becomes of inputs that a run has not used, without some of its units."""

from __future__ import annotations

import math
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import pandas as pd

from dashboard.words.numbers import number, percent

if TYPE_CHECKING:
    from dashboard.work.profiled import Pruning
    from dashboard.work.ran import Ran


def none(ran: Ran, name: str = "") -> str:
    """That there is no proof. name : of the class that has none, where others have one."""
    of = f"{name!r} in this run" if name else "this run"
    return (
        f"Not tried yet for {of}: whether the network needs the units that come first. This "
        "switches them off on inputs that the run has not used; name the run's folder, and other "
        "inputs where it has used all of these."
    )


def command(ran: Ran) -> str:
    """What makes a proof."""
    return f"python -m attribution profile prove {ran.name} {PurePath(ran.data).name}"


def removals(rows: pd.DataFrame, name: str, one: str) -> str:
    """What the first units of a class do, all of them together."""
    last = rows.iloc[-1]
    measured, low, high = (float(last[n]) for n in ("measured", "low", "high"))
    way, sign = ("falls", 1) if measured >= 0 else ("rises", -1)
    low, high = sorted((sign * low, sign * high))
    foretold = float(last["predicted"])
    within = low <= sign * foretold <= high
    count = int(last["count"])
    which = f"its first {one}" if count == 1 else f"its first {count} {one}s"
    told = (
        f"Without {which} the score of {name!r} {way} by {number(sign * measured)} on average over "
        f"{int(last['inputs']):,} inputs that the run has not used (95 %: {number(low)} to "
        f"{number(high)}); the scores foretell {'a fall' if foretold >= 0 else 'a rise'} of "
        f"{number(abs(foretold))}, which lies {'within' if within else 'outside'}."
    )
    other = float(last["random"])
    if not math.isfinite(other):
        return told
    return f"{told} As many others by chance: {number(sign * other)}."


def alone(row: pd.Series[Any]) -> str:
    """What becomes of the score without one unit. row : as of Run.ablation."""
    sign = 1 if row["measured"] >= 0 else -1
    low, high = sorted((sign * row["low"], sign * row["high"]))
    return (
        f"Without it the score {'falls' if sign > 0 else 'rises'} by "
        f"{number(sign * row['measured'])} (95 %: {number(low)} to {number(high)}), over "
        f"{int(row['inputs']):,} inputs that the run has not used."
    )


def no_accuracy(one: str) -> str:
    """Why it is not said which units can go."""
    return (
        f"Which {one}s can go is not known: for that all classes must be proven together, and be "
        "outputs of the network, whose accuracy is followed then."
    )


def pruning(found: Pruning, one: str) -> str:
    """How many units can go."""
    curve, gone = found.curve, len(found.units)
    units, whole = int(curve["count"].max()), float(curve["accuracy"].iloc[0])
    row = curve[curve["count"] == gone].iloc[0]
    if not gone:
        return (
            f"None of the {units:,} {one}s was found that can go: without the least of them more "
            f"than {percent(found.allowed)} of the inputs get another answer than the right one."
        )
    low, high = (percent(float(row[n])) for n in ("low", "high"))
    return (
        f"{gone:,} of the {units:,} {one}s can be switched off together, the least first: "
        f"{percent(float(row['accuracy']))} of the answers are right without them (95 %: {low} to "
        f"{high}), {percent(whole)} with all; {percent(found.allowed)} may be lost."
    )
