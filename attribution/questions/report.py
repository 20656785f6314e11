"""Collect the sums of single paths into results: one per layer, references averaged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from attribution.questions.question import Question
from attribution.result import Attribution
from attribution.trace import precision
from attribution.trace.rows import alone

Array = npt.NDArray[Any]
Place = tuple[int, int]  # example, reference
_ROUNDING = 1e-5  # of F in float32, between runs with other rows beside
_NOTHING = 0.02
"""Of the sum of |scores|: below it F(x) - F(baseline) is what is left of scores that cancel.

Of 633 answers (layers that are cuts, by examples) of the bundled networks and five others, four had
less; all of pictures and DNA had 4 % or more, pictures with 150,528 scores among them.
"""


@dataclass(frozen=True)
class Measure:
    """What the scores of a method are, for a reader of them.

    shapes : of each component (a layer, most often) for one example.
    channel_axes : which axis of that shape holds the channels; None where that is not known.
    caveat : why the scores of a cut do not sum to F(x) - F(baseline); "": they do, or have a gap.
    estimated : whether the method estimates an error; else `error` is NaN and `converged` None.
    exact : whether the scores are exact up to rounding; they are kept in float64.
    """

    method: str
    shapes: Mapping[str, tuple[int, ...]]
    channel_axes: Mapping[str, int | None]
    caveat: str = ""
    estimated: bool = True
    exact: bool = False

    @classmethod
    def of(cls, question: Question, method: str, caveat: str = "", estimated: bool = True) -> Self:
        """That of a score for every neuron of the question's layers."""
        shapes = {name: question.layer_shape(name) for name in question.layers}
        return cls(method, shapes, question.graph.channel_axes, caveat, estimated)


class Tally:
    """Running sums over the references of each example, component by component."""

    def __init__(self, question: Question, measure: Measure) -> None:
        self.question, self.measure = question, measure
        batch, components = question.batch, tuple(measure.shapes)
        self.lead = components[0]  # all share the path
        self.ends = np.zeros((2, batch))  # F(x), sum of F(reference)
        self.evaluations = {name: np.zeros(batch, int) for name in components}
        self.error = {name: np.zeros(batch) for name in components}
        self.resolution = {name: np.zeros(batch) for name in components}  # the widest of all
        self.settled = {name: np.ones(batch, bool) for name in components}
        self.notes = {name: dict[str, None]() for name in components}
        self.sum: dict[str, dict[int, npt.NDArray[Any]]] = defaultdict(dict)
        # Of deviations from the first reference: squares of the scores themselves would cancel.
        self.first: dict[str, dict[int, npt.NDArray[Any]]] = defaultdict(dict)
        self.square: dict[str, dict[int, npt.NDArray[Any]]] = defaultdict(dict)

    def add(
        self,
        place: Place,
        layer: str,
        value: npt.NDArray[Any],
        error: float,
        f: tuple[float, float],
        evaluations: int,
        resolution: float = np.nan,
        settled: bool = True,
    ) -> None:
        """Note one path: the layer's scores (neurons,), their L1 error, F at its ends, its cost.

        resolution : the widest stretch between two of its nodes.
        settled : whether there were nodes enough to believe that error.

        The scores are kept as they are given, and never written to.
        """
        example = place[0]
        if layer == self.lead:
            self.ends[:, example] += f
        self.evaluations[layer][example] += evaluations
        self.error[layer][example] += error
        self.resolution[layer][example] = np.maximum(self.resolution[layer][example], resolution)
        self.settled[layer][example] &= settled
        before = self.sum[layer].get(example)
        self.sum[layer][example] = value if before is None else before + value
        if len(self.question.references) > 1:
            first = self.first[layer].setdefault(example, value.copy())
            self.square[layer][example] = (
                self.square[layer].get(example, 0.0) + (value - first) ** 2
            )


def report(
    tally: Tally, *, tolerance: float | None = None, steps: int | None = None
) -> dict[str, Attribution]:
    """The result of every component that was measured.

    Only a measure that sums to F(x) - F(baseline) over a cut has a gap.
    The error over several references is the mean of their errors relative to the norm of the mean
    scores: no smaller than the error of the mean. A cut's error is no smaller than its gap.
    """
    question, measure = tally.question, tally.measure
    count = len(question.references)
    f_input, f_baseline = tally.ends / count
    said = request_notes(question, (f_input, f_baseline))
    request = replace(
        question.asked(),
        method=measure.method,
        tolerance=tolerance,
        steps=steps,
        options={"exact": 1} if measure.exact else {},  # files hold no truth values
    )
    dtype = np.float64 if measure.exact else np.float32
    results = {}
    for name, shape in measure.shapes.items():
        is_cut = name in question.graph.cuts
        sums_up = is_cut and not measure.caveat
        mean = _mean([tally.sum[name].pop(e) for e in range(question.batch)], count)
        gap = mean.sum(1, dtype=float) - (f_input - f_baseline)
        error = tally.error[name] / count
        if sums_up:
            error = np.maximum(error, np.abs(gap))
        sizes = np.abs(mean).sum(1, dtype=float)
        nothing = _nothing(f_input - f_baseline, sizes) if sums_up else []
        with np.errstate(divide="ignore", invalid="ignore"):
            error = np.where(error == 0, 0.0, error / sizes)
        within = tally.settled[name] & (error <= (np.nan if tolerance is None else tolerance))
        whole = (question.batch, *shape)
        spread = None
        if count > 1:
            first = np.stack([tally.first[name].pop(e) for e in range(question.batch)])
            square = np.stack([tally.square[name].pop(e) / count for e in range(question.batch)])
            variance = np.maximum(square - (mean - first) ** 2, 0) * count / (count - 1)
            spread = np.sqrt(variance / count).reshape(whole).astype(dtype)
        results[name] = Attribution(
            scores=mean.reshape(whole).astype(dtype),
            gap=gap if sums_up else np.full(question.batch, np.nan),
            error=error if measure.estimated else np.full(question.batch, np.nan),
            converged=within if measure.estimated and tolerance is not None else None,
            evaluations=tally.evaluations[name],
            resolution=tally.resolution[name],
            channel_axis=measure.channel_axes[name],
            f_input=f_input,
            f_baseline=f_baseline,
            target=question.target,
            layer=name,
            method=measure.method,
            is_cut=is_cut,
            tolerance=tolerance,
            request=request,
            standard_error=spread,
            notes=(*_notes(measure, name, is_cut), *nothing, *said, *tally.notes[name]),
        )
    return results


def _mean(sums: list[npt.NDArray[Any]], count: int) -> npt.NDArray[Any]:
    """(batch, neurons) from the sum over the references of each example."""
    means = sums if count == 1 else [s / count for s in sums]
    return means[0][None] if len(means) == 1 else np.stack(means)


def _notes(measure: Measure, layer: str, is_cut: bool) -> list[str]:
    if measure.caveat:
        return [measure.caveat]
    if not is_cut:
        return [
            f"{layer} is not a cut: some paths from the input to the target go around it, so its "
            "scores sum to its own share, not to F(x) - F(baseline)."
        ]
    return []


def _nothing(delta: Array, sizes: Array) -> list[str]:
    """A sentence where the difference that a cut explains is nearly none.

    delta, sizes : (batch,) F(x) - F(baseline), and the sum of |scores|.
    """
    few = np.flatnonzero((np.abs(delta) < _NOTHING * sizes) & np.isfinite(sizes))
    if not few.size:
        return []
    least = few[np.argmin(np.abs(delta[few]) / sizes[few])]
    which = f"example {least}" + (f" (and {few.size - 1} more)" if few.size > 1 else "")
    return [
        f"There is nearly nothing to explain for {which}: F(x) - F(baseline) is "
        f"{delta[least]:.3g}, {abs(delta[least]) / sizes[least]:.1%} of the sum of |scores|, which "
        "say what cancels rather than what makes the answer. Take a baseline or target with a "
        "larger difference."
    ]


def one_or_all(
    results: dict[str, Attribution], layer: str | Sequence[str]
) -> Attribution | dict[str, Attribution]:
    """The result of one name; of several layers, all of them by name."""
    return results[layer] if isinstance(layer, str) and layer != "all" else results


def request_notes(question: Question, ends: tuple[Array, Array] | None = None) -> list[str]:
    """What holds for every layer: which output, where the path runs, what it leaves as it is.

    ends : F at x and at the end of the path, each (batch,), where that is known.
    """
    graph = question.graph
    notes = []
    if graph.passed_over:
        notes.append(
            f"Output {graph.output!r} is explained, the first that has a derivative; "
            f"{', '.join(graph.passed_over)} before it has none."
        )
    if graph.squash is not None:
        notes.append(
            f"The output itself is explained, not a logit: it follows from "
            f"{graph.caller(graph.squash)} ({graph.squash.type}), a softmax or sigmoid that is not "
            "its last operation, so that no logit stands behind it."
        )
    if graph.embedded:
        indices = dict.fromkeys(n for names in graph.embedded.values() for n in names)
        notes.append(
            f"The path runs in the output of {', '.join(graph.embedded)}, because "
            f"{', '.join(indices)} is read as indices, which have no points between them."
        )
    if question.own is not None:
        ways = [f"{name} (through {op})" for name, op in graph.held.items()]
        notes.append(
            f"Held at x along the path, where no derivative passes: {', '.join(ways)}. "
            + (_path_end(*ends, question.own) if ends else "So it is at the baseline too.")
        )
    said = [alone.unproven(graph), precision.caveat()]
    return [*notes, *graph.state, *(s for s in said if s), *question.left_out]


def _path_end(f_input: Array, f_baseline: Array, own: Array) -> str:
    """Whether the path ends at the model's own F(baseline), each (batch,)."""
    apart = np.abs(f_baseline - own)
    parted = ~(apart <= _ROUNDING * (np.abs(f_input) + np.abs(f_baseline) + np.abs(own)))
    if not parted.any():
        return "Its end is the model's own F(baseline) all the same."
    worst = int(np.argmax(np.where(parted, apart, -1)))
    return (
        f"Its end, F(baseline) here, is {f_baseline[worst]:.6g}, and the model's own F(baseline) "
        f"is {own[worst]:.6g} (example {worst}, of {parted.sum()} where they differ)."
    )
