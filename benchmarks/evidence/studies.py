"""What is asked of one input at one layer, and of a layer over all inputs: rows of results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

import attribution
from benchmarks.evidence import faithfulness as measure
from benchmarks.evidence import rankings
from benchmarks.evidence.networks import Subject, correct
from benchmarks.evidence.rankings import Case, largest
from benchmarks.evidence.split import Split

Array = np.ndarray[Any, Any]
Row = dict[str, Any]

ELSEWHERE = ("NIG, converged", "DeepLIFT Rescale", "gradient x difference", "activation")
"""Rankings that are asked again of other baselines and of randomised weights."""
_REMOVED = np.linspace(0, 1, 11)
"""Shares of the units that are pruned, the least first."""


def of_input(
    case: Case, usual: Array, truth: Array | None, others: Mapping[str, Case]
) -> list[Row]:
    """All rows of one input. others : the same question with another baseline, or other weights.

    usual : the mean activation over the inputs, (1, *layer).
    """
    chosen = rankings.RANKINGS | (rankings.COSTLY if case.costly else {})
    scores, rows = dict[str, Array](), list[Row]()
    for ranking, score in chosen.items():
        scores[ranking], evaluations, seconds = rankings.timed(score, case)
        cost = {"evaluations": evaluations, "seconds": seconds}
        rows.append(_row("cost", ranking, **cost, scores=scores[ranking].astype("float32")))
    rows += _faithful(case, scores, usual)
    rows += _predicts(case, scores, truth)
    rows += _apart(case, scores)
    rows += _errors(case)
    for what, other in others.items():
        rows += _again(what, other, scores)
    return rows


def _row(study: str, ranking: str, intervention: str = "", **values: Any) -> Row:
    return {"study": study, "ranking": ranking, "intervention": intervention, **values}


def _faithful(case: Case, scores: Mapping[str, Array], usual: Array) -> Iterator[Row]:
    """What is left of the score where units are kept or removed by each ranking.

    No row where what is put in place of the units leaves too little to lose.
    """
    rise = float(np.diff(case.split.score(np.concatenate([case.h0, case.h]), case.target))[0])
    for what, other in {"reference": case.h0, "zero": 0 * case.h, "mean": usual}.items():

        def measured(kept: Array, other: Array = other) -> Array:
            return case.split.mixed(case.h, other, kept, case.target)

        known = measure.Remembered(measured)
        whole, none = known(np.array([[True], [False]]).repeat(case.split.units, 1))
        if whole - none < case.plan.least_share * abs(rise):
            continue
        for ranking, s in scores.items():
            signed, size = np.argsort(-s, kind="stable"), largest(s)
            yield _row(
                "faithful",
                ranking,
                what,
                cpr=measure.cpr(measure.faithfulness(known, signed)),
                cmd=measure.cmd(measure.faithfulness(known, size)),
                best_removed=measure.removal(known, signed),
                least_removed=measure.removal(known, size[::-1]),
            )


def _predicts(case: Case, scores: Mapping[str, Array], truth: Array | None) -> Iterator[Row]:
    """Single and joint changes as the scores foretell them, and the planted truth."""
    count, units = case.plan.subsets, case.split.units
    sets = case.rng.random((count, units)) < case.rng.uniform(0.5, 0.95, (count, 1))
    known = measure.Remembered(lambda kept: case.split.mixed(case.h, case.h0, kept, case.target))
    single = scores["single effect"]
    for ranking, s in scores.items():
        r, error = measure.joint(known, s, sets)
        yield _row(
            "predicts",
            ranking,
            joint=r,
            joint_error=error,
            single=measure.correlation(s, single),
            single_ranks=measure.correlation(s, single, ranks=True),
            auroc=np.nan if truth is None else measure.auroc(s, truth),
        )


def _apart(case: Case, scores: Mapping[str, Array]) -> Iterator[Row]:
    """How far each ranking is from the converged one."""
    yardstick = scores["NIG, converged"]
    best = largest(yardstick, case.plan.first)
    for ranking, s in scores.items():
        yield _row(
            "apart",
            ranking,
            distance=float(np.abs(s - yardstick).sum() / np.abs(yardstick).sum()),
            ranks=measure.correlation(np.abs(s), np.abs(yardstick), ranks=True),
            shared=len({*best} & {*largest(s, case.plan.first)}) / len(best),
            flipped=float((np.sign(s[best]) * np.sign(yardstick[best]) < 0).mean()),
        )


def _errors(case: Case) -> Iterator[Row]:
    """The estimated error of the adaptive method against the true one, both of neurons."""
    for tolerance in case.plan.tolerances if case.truth else ():
        (truth,) = case.truth
        found = attribution.neuron_integrated_gradients(
            case.net,
            case.x,
            case.layer,
            target=case.target,
            baseline=case.origin,
            tolerance=tolerance,
        )
        off = float(np.abs(found.scores - truth).sum() / np.abs(truth).sum())
        yield _row("error", f"{tolerance:g}", estimated=float(found.error[0]), true=off)


def _again(what: str, case: Case, before: Mapping[str, Array]) -> Iterator[Row]:
    """How alike the same ranking is with another baseline, or other weights."""
    for ranking in ELSEWHERE:
        s, _ = rankings.RANKINGS[ranking](case)
        alike = measure.correlation(np.abs(s), np.abs(before[ranking]), ranks=True)
        yield _row("again", ranking, what, ranks=alike)


def of_layer(
    given: Subject, split: Split, usual: Array, scores: Mapping[str, Array], baseline: str
) -> Iterator[Row]:
    """How right the network stays on unused inputs while the least units are put at their mean.

    scores : of the rankings, (inputs, units); a unit counts by its mean |score|.
    """
    if given.unused is None:
        return
    x, wanted = given.unused
    h = split.hidden(x)
    for ranking, s in scores.items():
        order = largest(np.abs(s).mean(0))[::-1]
        right = []
        for share in _REMOVED:
            gone = np.zeros(split.units, bool)
            gone[order[: round(share * split.units)]] = True
            right.append(correct(split.logits(np.where(gone, usual, h)), wanted))
        for i, found in enumerate(np.stack(right, 1)):
            area = float(np.trapezoid(found, _REMOVED))
            yield _row(
                "pruned", ranking, baseline, accuracy=area, half=found[5], whole=found[0]
            ) | {"input": i}
