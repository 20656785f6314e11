"""Checks of Explore and Compare: functions of answers. Never a stored answer."""

from __future__ import annotations

from typing import Any

import numpy as np

from dashboard.export.subject import Subject
from dashboard.lessons.findings import Pair
from dashboard.lessons.vocabulary import Unanswerable, check
from dashboard.work.answer import Answer


def _sign(value: float) -> str:
    return "supports" if value > 0 else "opposes" if value < 0 else "neither"


def _values(answer: Answer) -> np.ndarray[Any, Any]:
    found: np.ndarray[Any, Any] = np.asarray(answer.values("channel"), np.float64)
    return found


@check("explore", "units")
def top_unit(found: Subject, _: None) -> tuple[int, ...]:
    """The unit with the largest contribution."""
    return (int(_values(found.answer).argmax()),)


@check("explore", "units", "k")
def top_units(found: Subject, k: int) -> tuple[int, ...]:
    """Any of the k units with the largest contributions."""
    return tuple(int(i) for i in np.argsort(-_values(found.answer), kind="stable")[:k])


@check("explore", "units")
def most_opposing(found: Subject, _: None) -> tuple[int, ...]:
    """The unit that opposes most."""
    return (int(_values(found.answer).argmin()),)


@check("explore", "units")
def most_active(found: Subject, _: None) -> tuple[int, ...]:
    """The unit with the largest activation, all positions together."""
    active = np.abs(found.answer.activations).reshape(-1, found.answer.width)
    return (int(active.sum(axis=0, dtype=np.float64).argmax()),)


@check("explore", "word", "a unit's number")
def sign_of(found: Subject, unit: int) -> str:
    """Whether a unit supports, opposes, or neither."""
    return _sign(float(_values(found.answer)[unit]))


@check("explore", "number", "a unit's number")
def score_of(found: Subject, unit: int) -> float:
    """The contribution of a unit."""
    return float(_values(found.answer)[unit])


@check("explore", "number", "k")
def share_of(found: Subject, k: int) -> float:
    """Percent of all |contributions| that the k largest units hold."""
    sizes = np.sort(np.abs(_values(found.answer)))[::-1]
    return 100 * float(sizes[:k].sum() / sizes.sum())


@check("explore", "number", "p")
def units_for(found: Subject, p: float) -> float:
    """How many units it takes to hold half of all, or p percent."""
    sizes = np.sort(np.abs(_values(found.answer)))[::-1]
    return float(np.searchsorted(np.cumsum(sizes), p / 100 * sizes.sum()) + 1)


@check("explore", "number")
def opposing(found: Subject, _: None) -> float:
    """How many units oppose."""
    return float((_values(found.answer) < 0).sum())


@check("explore", "number", "a unit's number")
def rank_of(found: Subject, unit: int) -> float:
    """The rank of a unit by its contribution, from 1."""
    values = _values(found.answer)
    return float((values > values[unit]).sum() + 1)


@check("explore", "cell")
def top_cell(found: Subject, _: None) -> tuple[int, int]:
    """The cell with the largest sum over all channels."""
    return _largest(found.answer.total_map())


@check("explore", "cell", "a unit's number")
def top_cell_of(found: Subject, unit: int) -> tuple[int, int]:
    """The cell where a unit contributes most."""
    return _largest(found.answer.scores[..., unit])


def _largest(scores: np.ndarray[Any, Any]) -> tuple[int, int]:
    if scores.ndim != 2:
        raise Unanswerable("This layer has no rows and columns, so no cell can be asked for.")
    row, column = np.unravel_index(int(scores.argmax()), scores.shape)
    return int(row), int(column)


@check("explore", "word", "row,column")
def sign_at(found: Subject, cell: str) -> str:
    """Whether a cell supports, opposes, or neither, all channels together."""
    row, column = map(int, cell.split(","))
    return _sign(float(found.answer.total_map()[row, column]))


@check("explore", "number")
def top_position(found: Subject, _: None) -> float:
    """The position of the input with the largest contribution, from 1."""
    if found.answer.inputs is None:
        raise Unanswerable("This answer holds no scores of the input's own positions.")
    return float(found.answer.inputs.sum(axis=-1, dtype=np.float64).argmax() + 1)


@check("explore", "word")
def converged(found: Subject, _: None) -> str:
    """Yes where the error is within the tolerance or the sums close, else no."""
    return "yes" if found.answer.converged else "no"


@check("explore", "number")
def difference(found: Subject, _: None) -> float:
    """F(input) - F(baseline)."""
    return found.answer.delta


@check("explore", "number")
def at_baseline(found: Subject, _: None) -> float:
    """F(baseline)."""
    return found.answer.f_baseline


@check("explore", "number")
def total(found: Subject, _: None) -> float:
    """The sum of all contributions."""
    return float(found.answer.result.total[0])


@check("explore", "word")
def answer_is(found: Subject, _: None) -> str:
    """The name of the answer that the network gives."""
    return found.outputs[found.prediction.predicted]


@check("compare", "number", "k")
def shared(found: Pair, k: int) -> float:
    """How many of the k largest units of A and B are the same."""
    first, second = (set(np.argsort(-np.abs(v), kind="stable")[:k]) for v in _both(found))
    return float(len(first & second))


@check("compare", "number")
def flipped_signs(found: Pair, _: None) -> float:
    """Of how many units the signs in A and B differ."""
    first, second = _both(found)
    return float((np.sign(first) != np.sign(second)).sum())


@check("compare", "word")
def same_top(found: Pair, _: None) -> str:
    """Yes where A and B have the same largest contribution, else no."""
    first, second = _both(found)
    return "yes" if first.argmax() == second.argmax() else "no"


@check("compare", "number", "A or B")
def total_of(found: Pair, which: str) -> float:
    """The sum of all contributions in A or in B."""
    return float({"A": found.first, "B": found.second}[which].result.total[0])


@check("compare", "word")
def closer(found: Pair, _: None) -> str:
    """A, B or neither: whose sum is nearer to its difference."""
    first, second = (abs(a.result.total[0] - a.delta) for a in (found.first, found.second))
    near = abs(first - second) <= 1e-3 * max(abs(found.first.delta), abs(found.second.delta))
    return "neither" if near else "A" if first < second else "B"


@check("compare", "word")
def larger_difference(found: Pair, _: None) -> str:
    """A, B or neither: whose difference F(x) - F(baseline) is larger."""
    first, second = found.first.delta, found.second.delta
    return "neither" if np.isclose(first, second, rtol=1e-3) else "A" if first > second else "B"


def _both(found: Pair) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    if found.first.layer != found.second.layer:
        raise Unanswerable("A and B are about two layers, whose units cannot be compared.")
    return _values(found.first), _values(found.second)
