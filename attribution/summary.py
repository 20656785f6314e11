"""A result in short: in lines of text, and for a notebook in HTML without anything foreign."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from attribution import units
from attribution.errors import one_line

if TYPE_CHECKING:
    from attribution.result import Attribution

_EXAMPLES, _UNITS, _FIRST = 5, 5, 3


def text(result: Attribution) -> str:
    """The verdict, the numbers and the top of the ranking of the first examples."""
    batch = len(result.scores)
    count = "1 example" if batch == 1 else f"{batch} examples"
    lines = [
        f"Layer {one_line(result.layer)!r} ({_shape(result)}), {one_line(result.method)}, {count}. "
        + verdict(result)
    ]
    for i in range(min(batch, _EXAMPLES)):
        known = None if result.converged is None else bool(result.converged[i])
        told = {None: "no error is known", True: "converged", False: "NOT CONVERGED"}[known]
        lines.append(
            f"  {i}: target {_target(result.target, i)}, "
            f"F(x) - F(baseline) {_number(result.delta[i])}, error {_percent(result.error[i])}, "
            f"gap {_number(result.gap[i])}, {told}; {_highest(result, i, _FIRST)}"
        )
    more = batch - _EXAMPLES
    return "\n".join([*lines, f"  ... and {more} more examples"] if more > 0 else lines)


def html(result: Attribution) -> str:
    """The verdict, numbers and highest neurons of the first examples, and the notes."""
    shown = range(min(len(result.scores), _EXAMPLES))
    heads = ("example", "target", "F(x) - F(baseline)", "estimated error", "gap", "highest")
    rows = [
        (
            str(i),
            _target(result.target, i),
            _number(result.delta[i]),
            _percent(result.error[i]),
            _number(result.gap[i]),
            _highest(result, i),
        )
        for i in shown
    ]
    more = len(result.scores) - len(shown)
    parts = [
        f"<p><b>{escape(verdict(result))}</b><br>"
        f"Layer {escape(result.layer)} ({_shape(result)}), {escape(result.method)}</p>",
        _table(heads, rows),
        f"<p>... and {more} more examples</p>" if more else "",
        "".join(f"<p>Note: {escape(note)}</p>" for note in result.notes),
    ]
    return "".join(parts)


def verdict(result: Attribution) -> str:
    """One sentence: whether the numbers can be relied on, as far as the method knows."""
    count = len(result.scores)
    if not np.isfinite(result.scores).all():
        return "Not to be relied on: some scores are not finite."
    if result.converged is None:
        return "No error is known for this method."
    if result.converged.all() and result.certified:
        return f"Exact, certified: rounding leaves {result.error.max():.0e} of the scores' size."
    if result.converged.all():
        known = np.isfinite(result.error).all()
        return (
            f"Converged: the estimated error is at most {_percent(result.error.max())}."
            if known
            else "The sums close: they come to F(x) - F(baseline)."
        )
    wrong = int(count - np.count_nonzero(result.converged))
    return f"Not to be relied on: {wrong} of {count} examples did not converge."


def _shape(result: Attribution) -> str:
    return " x ".join(map(str, result.scores.shape[1:])) or "one number"


def _highest(result: Attribution, example: int, count: int = _UNITS) -> str:
    """The units of the largest |score|, channels where these are known."""
    by: Any = "channel" if result.channel_axis is not None else "neuron"
    values = (result.channels() if by == "channel" else result.scores)[example]
    flat = values.reshape(-1)
    order = units.largest(flat, count)
    places = [np.unravel_index(i, values.shape) for i in order]
    named = [", ".join(str(int(n)) for n in place) for place in places]
    what = [f"{by} {name}: {_number(flat[i])}" for name, i in zip(named, order, strict=True)]
    return "; ".join(what)


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [("th", heads), *(("td", row) for row in rows)]
    cells = ["".join(f"<{tag}>{escape(c)}</{tag}>" for c in line) for tag, line in lines]
    return "<table>" + "".join(f"<tr>{line}</tr>" for line in cells) + "</table>"


def _target(target: Any, example: int) -> str:
    return one_line(str(target[example] if isinstance(target, np.ndarray) else target), 60)


def _number(value: Any) -> str:
    return f"{value:.4g}" if np.isfinite(value) else "unknown"


def _percent(value: Any) -> str:
    return f"{value:.1%}" if np.isfinite(value) else "unknown"
