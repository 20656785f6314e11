"""Quantity: what the number is called that a target has, and in what scores are measured."""

from __future__ import annotations

from dashboard.request.outputs import Outputs

LOGIT, OUTPUT = "logit", "output"
CONTRIBUTION = "contribution to the logit"
"""The unit of most methods. Scores in another unit say nothing for or against a target."""


def quantity(outputs: Outputs, target: int) -> str:
    """A network that answers with a number has no logit: its output is what is explained."""
    head = outputs.head(target)
    return OUTPUT if head.form == "number" and not head.chance else LOGIT


def measured(unit: str, of: str) -> str:
    """A method's unit, of this quantity."""
    return unit.replace(LOGIT, of)


def contributes(unit: str) -> bool:
    """Whether scores in this unit share the target's number out, whatever that is called."""
    return unit in (CONTRIBUTION, measured(CONTRIBUTION, OUTPUT))
