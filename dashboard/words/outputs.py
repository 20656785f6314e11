"""Outputs in words: what a network answers, in the form that its answers have."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from dashboard.request.outputs import Outputs
from dashboard.words.ablation import YES
from dashboard.words.numbers import number, percent

Array = npt.NDArray[np.floating]
_NAMED = 3
_SMALL = 0.05  # a probability that is no answer, however much speaks for it


def value(outputs: Outputs, index: int, given: float) -> str:
    """One number of an output: a share where it is a probability."""
    return percent(given) if outputs.head(index).chance else number(given)


def answer(outputs: Outputs, values: Array, target: int) -> tuple[str, str]:
    """What the target's output says, and what to call that."""
    beside = outputs.beside(target)
    head = outputs.head(target)
    if head.form == "number":
        return "Output", f"{outputs[target]} {value(outputs, target, float(values[target]))}"
    if head.form == "labels":
        yes = [i for i in beside if values[i] >= YES]
        if not yes:
            return "Says yes to", "none"
        first = sorted(yes, key=lambda i: -values[i])[:_NAMED]
        more = f" and {len(yes) - _NAMED} more" if len(yes) > _NAMED else ""
        return "Says yes to", _listed(outputs, values, first) + more
    best = max(beside, key=lambda i: float(values[i]))
    return "Largest output", _listed(outputs, values, [best])


def start(outputs: Outputs, values: Array, target: int) -> str:
    """The beginning of a headline: the target, and what the network says of it."""
    name, said = outputs[target], value(outputs, target, float(values[target]))
    best = max(outputs.beside(target), key=lambda i: float(values[i]))
    if outputs.rivals(target) and best != target:
        said += f"; the answer is {outputs[best]}"
    if outputs.head(target).form == "labels" and values[target] < YES:
        said += ", so no"
    return f"{name[:1].upper()}{name[1:]} ({said})"


def question(outputs: Outputs, values: Array, target: int) -> tuple[str, str, str]:
    """What a page answers: the words before the target, the target, and those after it."""
    name, head = outputs[target], outputs.head(target)
    if head.form == "number":
        given = value(outputs, target, float(values[target]))
        return "Which neurons made the network say ", f"{name} {given}", "?"
    if head.form == "labels" and values[target] < YES:
        return "Which neurons made the network say no to ", name, "?"
    best = max(outputs.beside(target), key=lambda i: float(values[i]))
    if head.form != "labels" and outputs.rivals(target) and best != target:
        return "Which neurons speak for ", name, ", and which against it?"
    return "Which neurons made the network say ", name, "?"


def doubt(outputs: Outputs, values: Array, target: int) -> str:
    """Where evidence for a target makes no answer: that, as the end of a sentence; else empty."""
    chance = float(values[target])
    if not outputs.head(target).chance or chance >= _SMALL:
        return ""
    return f", but all of it comes to no more than {percent(chance)}"


def _listed(outputs: Outputs, values: Array, indices: list[int]) -> str:
    return ", ".join(f"{outputs[i]} {value(outputs, i, float(values[i]))}" for i in indices)
