"""Evidence: how few of many carry half of it, and where that says little or nothing."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from dashboard.words.numbers import number, signed
from dashboard.work.answer import Answer

HALF = 0.5


def evidence(
    answer: Answer,
    values: npt.NDArray[Any],
    scores: npt.NDArray[Any],
    among: str,
    start: str,
    doubt: str = "",
) -> str:
    """How few of these values hold half of what moved the target, and whether that says anything.

    scores : that the values are sums of; the error is a share of their total size. among : "the 192
    channels in conv". doubt : why all the evidence makes no answer, or empty.
    """
    unsure = answer.error * float(np.abs(scores).sum(dtype=np.float64))
    change = answer.delta
    if change == 0 or (math.isfinite(unsure) and abs(change) <= unsure):
        why = f", less than the {number(unsure)} by which the scores may be off" if change else ""
        return (
            f"{start}: its logit is as good as at the baseline ({signed(change)}{why}), so there "
            f"is next to nothing for {among} to explain."
        )
    fell = change < 0
    part = np.sort(-values[values < 0] if fell else values[values > 0])[::-1]
    if not part.size:
        which = "against" if fell else "for"
        return f"{start}: none of {among} speaks {which} it, measured from this baseline."
    few = int((np.cumsum(part) >= HALF * part.sum()).argmax()) + 1
    verb = "carries" if few == 1 else "carry"
    if fell:
        return (
            f"{start}: its logit fell by {number(-change)} from the baseline; {few:,} of {among} "
            f"{verb} half of what speaks against it."
        )
    return f"{start}: {few:,} of {among} {verb} half of the evidence for it{doubt}."
