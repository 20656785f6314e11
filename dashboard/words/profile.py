"""Sentences about a run over a data set: one for each figure, which is also its alt text."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.words.numbers import number, percent, signed
from dashboard.work.answer import Place
from dashboard.work.profiled import Apart, Example, Profiled, Settled
from dashboard.work.ran import Ran

CARDS = 8
"""Units of a class that have a card."""
_NAMED = 5
HALF = 0.5


def run(ran: Ran, goal: str = "") -> tuple[str, ...]:
    """What a run is of, and how far it is. goal : as of `headline`."""
    left = len(ran.left_out)
    rule = {"label": "the output of each input's label", "predicted": "what the network says"}
    target = ran.target if isinstance(ran.target, str) else "label" if "label" in _keys(ran) else ""
    explained = rule.get(target, f"the output {goal!r}" if goal else f"output {ran.target}")
    told = (
        f"{ran.title}: {ran.done:,} inputs in {len(ran.classes):,} classes by {ran.method_title}; "
        f"explained is {explained}, compared with the baseline {baseline(ran.baseline)}."
    )
    if ran.complete:
        return (f"{told} {left_out(left)}",)
    part = f"{ran.done + left:,} of {ran.inputs:,} inputs are looked at: the run is not finished."
    return told, f"{part} {left_out(left)}"


def baseline(word: str) -> str:
    """That of a run; of several inputs, each with its own."""
    word = word.partition(" ")[0]
    if "=" not in word:
        return word
    parts = (part.partition("=") for part in word.split(","))
    return ", ".join(f"{said} ({unquote(name)})" for name, _, said in parts)


def _keys(ran: Ran) -> Mapping[str, Any]:
    return ran.target if isinstance(ran.target, dict) else {}


def headline(profile: Profiled, name: str, one: str, goal: str = "") -> str:
    """The answer for a class: how few units carry half of the evidence. one : "channel". goal :
    what was explained, where that is the same for all."""
    what = f"for {goal!r}" if goal else "for it"
    frame = profile.of_class(name)
    if not len(frame):
        return f"No input of class {name!r} has been scored yet"
    shares = np.sort(frame["share"].to_numpy(float))[::-1]
    if not shares.any():
        return f"{name!r}: no {one} of {profile.layer} speaks {what}, on average"
    few = int((np.cumsum(shares) >= HALF * shares.sum() - 1e-9).argmax()) + 1
    order = frame.sort_values("share", ascending=False)["unit"]
    first = ", ".join(profile.called(int(u)) for u in order[: min(few, 3)])
    verb = "carries" if few == 1 else "carry"
    begin = ": " if few <= 3 else ", first "
    return (
        f"{name!r}: over {int(frame['count'].max()):,} inputs, {few:,} of the {profile.units:,} "
        f"{one}s in {profile.layer} {verb} half of the evidence {what}{begin}{first}"
    )


def unit_head(profile: Profiled, name: str, unit: int, goal: str = "") -> str:
    """The answer for a unit of a class."""
    row = profile.row(name, unit)
    place = profile.ranked(name).index(unit) + 1
    what = f" for {goal!r}" if goal else ""
    return (
        f"{profile.called(unit)} in {name!r}: {signed(float(row['mean']))} on average{what}, "
        f"{share(row)}, number {place:,} of {profile.units:,}"
    )


def ranked(rows: pd.DataFrame, profile: Profiled, name: str) -> str:
    """The first units of a class with their intervals."""
    first = rows.iloc[0]
    return (
        f"The {len(rows)} units of {profile.layer} with the largest mean contributions to "
        f"{name!r}: {profile.called(int(first['unit']))} leads with "
        f"{signed(float(first['mean']))}. Thick: the 95 % interval of each unit alone; thin: of "
        "all units at once."
    )


def promises(profile: Profiled) -> tuple[str, ...]:
    """What the intervals promise."""
    return (
        "The 95 % interval of a unit is for that unit alone. The simultaneous ones hold the means "
        f"of all {profile.units:,} units of a class at once in 95 of 100 samples: compare units by "
        "these. Both are about other inputs drawn as these were, and say nothing of a bias in how "
        "they were drawn.",
    )


def settled(profile: Profiled, found: Settled, one: str) -> str:
    """Whether more inputs could change which units are the first."""
    first, undecided = found.first, found.undecided
    if profile.units <= len(first):
        return ""
    if not undecided:
        return (
            f"The first {len(first)} {one}s are settled: at 95 %, all pairs at once, none of the "
            f"other {profile.units - len(first):,} belongs among them."
        )
    named = ", ".join(profile.called(u) for u in undecided[:_NAMED])
    more = len(undecided) - _NAMED
    named += f" and {more:,} more" if more > 0 else ""
    return (
        f"Which are the first {len(first)} {one}s is not settled: at 95 %, these inputs do not say "
        f"of {named} whether they are among them. More inputs would tell."
    )


def jaccard(found: Settled, one: str) -> str:
    """How much the first units of a resample have in common with these."""
    return (
        f"Drawn again from these inputs, the first {len(found.first)} {one}s have "
        f"{percent(found.jaccard)} in common with those found, on average (Jaccard: shared of all "
        "that are in either; above 80 % is called stable)."
    )


def errors(frame: pd.DataFrame) -> str:
    """Both errors of a class's means, apart."""
    sample = float(frame["standard_error"].median())
    integral = float(frame["quadrature_error"].median())
    if not math.isfinite(sample):
        return "With one input there is no error of the mean."
    part = (
        "how much of it comes from the integral is not known"
        if not math.isfinite(integral)
        else f"the integral alone adds {number(integral)} to it"
    )
    return f"The standard error of a mean is {number(sample)} (the median unit); {part}."


def card(row: pd.Series[Any]) -> str:
    """What a card says of its unit."""
    told = [
        f"{words}{signed(float(row[f'{of}low']))} to {signed(float(row[f'{of}high']))}"
        for of, words in (("", "95 %: "), ("simultaneous_", "all units at once "))
        if np.isfinite([row[f"{of}low"], row[f"{of}high"]]).all()
    ]
    sure = f" ({'; '.join(told)})" if told else ""
    mean, often = signed(float(row["mean"])), percent(float(row["first_10"]))
    return f"{mean} on average{sure}; top ten in {often}."


def share(row: pd.Series[Any]) -> str:
    """What part of the evidence for its class a unit carries; nothing if it mostly speaks
    against."""
    if float(row["mean"]) < 0:
        return "speaks against"
    return f"{percent(float(row['share']))} of the evidence"


def strip(examples: Sequence[Example], called: str, mapped: bool) -> str:
    """A card's examples, from the least to the most."""
    levels = ", ".join(percent(each.level) for each in examples)
    scores = ", ".join(signed(each.score) for each in examples)
    seen = ", with where in each it got its contribution" if mapped else ""
    return (
        f"Inputs from the least to the most that {called} contributes (quantiles {levels}: "
        f"{scores}){seen}."
    )


def intervals(frame: pd.DataFrame, called: str) -> str:
    """A unit in every class."""
    means = frame["mean"].to_numpy(float)
    clear = (frame["simultaneous_low"] > 0) | (frame["simultaneous_high"] < 0)
    most = frame["class"].iloc[int(np.abs(means).argmax())]
    return (
        f"{called} over {len(frame)} classes: it counts most for {most!r}, "
        f"{signed(float(means[np.abs(means).argmax()]))} on average, and its mean is clear of zero "
        f"in {int(clear.sum())} of them. Thick: 95 % interval of this unit alone; thin: of all "
        "units of the class at once."
    )


def histogram(values: npt.NDArray[Any], called: str, name: str) -> str:
    """The spread of a unit's scores in a class."""
    low, middle, high = np.quantile(values, [0.1, 0.5, 0.9])
    return (
        f"What {called} contributes to each of {len(values):,} inputs of {name!r}: half of them "
        f"below {signed(float(middle))}, eight of ten between {signed(float(low))} and "
        f"{signed(float(high))}; {percent(float((values > 0).mean()))} above zero."
    )


def heatmap(
    means: npt.NDArray[Any], classes: Sequence[str], units: int, called: Sequence[str]
) -> str:
    """Classes and units by likeness."""
    row, column = map(int, np.unravel_index(int(np.abs(means).argmax()), means.shape))
    shown = f"the {len(called)} largest of {units:,} units" if len(called) < units else "all units"
    return (
        f"Mean contributions of {shown} to {len(classes)} classes, like ones side by side. The "
        f"largest is {called[column]} for {classes[row]!r}, {signed(float(means[row, column]))}."
    )


def apart(
    found: Sequence[Apart], names: tuple[str, str], class_: str, called: Mapping[int, str]
) -> str:
    """Two runs, of one class. called : the names of units."""
    parts = [each for each in found if each.parts]
    if not parts:
        return (
            f"Of {len(found):,} units of {class_!r} none has intervals that part between "
            f"{names[0]} and {names[1]}: no difference is clear of chance."
        )
    first = ", ".join(Place(each.unit).called(called) for each in parts[:_NAMED])
    return (
        f"Of {len(found):,} units of {class_!r}, {len(parts):,} have simultaneous intervals that "
        f"part between {names[0]} and {names[1]}, first {first}."
    )


def usual(level: float, count: int, place: str, name: str) -> str:
    """Where one input's contribution lies among a class's."""
    tail = min(level, 1 - level)
    how = "usual" if tail >= 0.1 else "unusual" if tail >= 0.025 else "very unusual"
    below = "more" if level >= 0.5 else "less"
    share = level if level >= 0.5 else 1 - level
    return (
        f"{how.capitalize()} for {name!r}: {place} contributes {below} here than in "
        f"{percent(share)} of the {count:,} inputs of a data set."
    )


def left_out(count: int) -> str:
    """How many inputs could not be read."""
    if not count:
        return "No input was left out."
    return "1 input was left out." if count == 1 else f"{count:,} inputs were left out."


def without_examples(count: int) -> str:
    """Of how many classes a report has no cards."""
    which = "1 class has" if count == 1 else f"{count:,} classes have"
    return (
        f"{which} no cards here: their examples have not been scored on the page, or would make "
        "this file too large."
    )


def levels(examples: Sequence[Example]) -> str:
    """Below a card's examples: what each contributes."""
    told = " · ".join(signed(each.score) for each in examples)
    return f"From the least to the most: {told}"
