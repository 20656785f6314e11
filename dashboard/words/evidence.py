"""Evidence: how few of many carry half of it, and where that says little or nothing."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from dashboard.words.numbers import number, signed
from dashboard.words.quantity import LOGIT
from dashboard.work.answer import Answer

HALF = 0.5
_NAMED = 3


def evidence(
    answer: Answer,
    values: npt.NDArray[Any],
    scores: npt.NDArray[Any],
    among: str,
    start: str,
    doubt: str = "",
    of: str = LOGIT,
    numbered: bool = False,
) -> str:
    """How few of these values hold half of what moved the target, and whether that says anything.

    scores : that the values are sums of; the error is a share of their total size. among : "the 192
    channels in conv". doubt : why all the evidence makes no answer, or empty. of : the target's
    quantity. numbered : whether the reader knows the values by their numbers, so that the first of
    them are named.
    """
    unsure = answer.error * float(np.abs(scores).sum(dtype=np.float64))
    change = answer.delta
    if change == 0 or (math.isfinite(unsure) and abs(change) <= unsure):
        why = f", less than the {number(unsure)} by which the scores may be off" if change else ""
        return (
            f"{start}: its {of} is as good as at the baseline ({signed(change)}{why}), so there "
            f"is next to nothing for {among} to explain."
        )
    fell = change < 0
    speaking = np.maximum(-values if fell else values, 0)
    order = np.argsort(-speaking, kind="stable")[: np.count_nonzero(speaking)]
    if not order.size:
        which = "against" if fell else "for"
        return f"{start}: none of {among} speaks {which} it, measured from this baseline."
    part = speaking[order]
    few = int((np.cumsum(part) >= HALF * part.sum()).argmax()) + 1
    named = _named([f"#{i}" for i in order[:few]]) if numbered else ""
    verb = "carries" if few == 1 else "carry"
    if fell:
        return (
            f"{start}: its {of} fell by {number(-change)} from the baseline; {few:,} of {among} "
            f"{verb} half of what speaks against it{named}."
        )
    return f"{start}: {few:,} of {among} {verb} half of the evidence for it{named}{doubt}."


def _named(names: list[str]) -> str:
    """All of a few, or the first."""
    if len(names) > _NAMED:
        names, begin = names[:_NAMED], ", first "
    else:
        begin = ": "
    *most, last = names
    return begin + (f"{', '.join(most)} and {last}" if most else last)
