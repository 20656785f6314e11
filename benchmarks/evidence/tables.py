"""Tables from the results: means with paired bootstrap intervals, Holm over the comparisons."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.evidence.plan import Plan

Array = np.ndarray[Any, Any]

FEW = 10
"""Inputs below which no interval is told."""
QUESTIONS = {
    1: ("How far are NIG and DeepLIFT apart?", "apart", ("distance", "ranks", "shared")),
    2: (
        "Which ranking is more faithful?",
        "faithful",
        ("cpr", "cmd", "best_removed", "least_removed"),
    ),
    3: ("What does each cost?", "cost", ("evaluations", "seconds")),
    4: ("What does under-integration do?", "apart", ("shared", "flipped")),
    5: ("Does the estimated error foretell the true one?", "error", ("estimated", "true")),
    6: ("How much depends on the baseline?", "again", ("ranks",)),
    7: ("Does the ranking notice randomised weights?", "again", ("ranks",)),
}
_METHODS = ("DeepLIFT Rescale", "DeepLIFT RevealCancel", "DeepLIFT genomics")
_UNDER = ("NIG, 5 right steps", "NIG, 10 right steps", "NIG, one random point")


def results(place: Path) -> pd.DataFrame:
    """All rows of a folder. Raises ValueError where they are not of one fingerprint."""
    frame = pd.concat([pd.read_parquet(f) for f in sorted(place.glob("*.parquet"))])
    if frame.fingerprint.nunique() != 1:
        raise ValueError(f"{place} holds results of several plans: {set(frame.fingerprint)}.")
    return frame


def resampled(values: Array, resamples: int, seed: int) -> Array:
    """Means of bootstrap samples of the inputs, (resamples,)."""
    rng = np.random.default_rng(seed)
    return values[rng.integers(0, len(values), (resamples, len(values)))].mean(1)


def interval(values: Array, resamples: int, seed: int) -> tuple[float, float, float]:
    """The mean and its 95 % interval, NaN where the inputs are few."""
    values = values[np.isfinite(values)]
    if len(values) < FEW:
        return float(values.mean()) if len(values) else np.nan, np.nan, np.nan
    low, high = np.quantile(resampled(values, resamples, seed), [0.025, 0.975])
    return float(values.mean()), float(low), float(high)


def holm(p: Sequence[float]) -> Array:
    """p-values of several comparisons, adjusted (Holm 1979)."""
    order = np.argsort(p)
    scaled = np.asarray(p)[order] * np.arange(len(p), 0, -1)
    found = np.empty(len(p))
    found[order] = np.minimum(np.maximum.accumulate(scaled), 1)
    return found


def jaccard(a: Sequence[int], b: Sequence[int]) -> float:
    """Shared over all, of two sets."""
    return len(set(a) & set(b)) / len(set(a) | set(b))


def rows(frame: pd.DataFrame, question: int) -> pd.DataFrame:
    """The rows that a question is about, with a column `what` for what is compared."""
    _, study, _ = QUESTIONS[question]
    found = frame[frame.study == study]
    if question in (1, 4):
        return found[found.ranking.isin(_METHODS if question == 1 else _UNDER)]
    if question == 2:
        return found[found.intervention == "reference"]
    if question in (6, 7):
        own = "randomised" if question == 7 else "baseline|other method"
        found = found[found.intervention.str.contains(own)]
        return found.assign(ranking=found.ranking + ", " + found.intervention)
    return found


def summary(frame: pd.DataFrame, question: int, plan: Plan) -> pd.DataFrame:
    """Mean and interval of every metric of a question, by network, layer and ranking."""
    _, _, metrics = QUESTIONS[question]
    found = []
    for (network, layer, ranking), group in rows(frame, question).groupby(
        ["network", "layer", "ranking"], sort=False
    ):
        for metric in metrics:
            mean, low, high = interval(group[metric].to_numpy(float), plan.resamples, plan.seed)
            found.append((network, layer, ranking, metric, mean, low, high, len(group)))
    names = ["network", "layer", "ranking", "metric", "mean", "low", "high", "inputs"]
    return pd.DataFrame(found, columns=names)


def against_nig(frame: pd.DataFrame, metric: str, plan: Plan) -> pd.DataFrame:
    """Paired differences to converged NIG: mean, interval, Holm's p, by network and layer."""
    found = []
    study = frame[(frame.study == "faithful") & (frame.intervention == "reference")]
    for (network, layer), group in study.groupby(["network", "layer"], sort=False):
        wide = group.pivot_table(index="input", columns="ranking", values=metric)
        if len(wide) < FEW:
            continue
        own = wide.pop("NIG, converged")
        part = []
        for ranking in wide:
            differences = (wide[ranking] - own).to_numpy()
            means = resampled(differences, plan.resamples, plan.seed)
            tail = min((means <= 0).mean(), (means >= 0).mean())
            p = min(1.0, 2 * max(tail, 1 / plan.resamples))
            low, high = np.quantile(means, [0.025, 0.975])
            part.append([network, layer, ranking, differences.mean(), low, high, p])
        for line, adjusted in zip(part, holm([line[-1] for line in part]), strict=True):
            found.append([*line[:-1], adjusted])
    names = ["network", "layer", "ranking", "difference", "low", "high", "p"]
    return pd.DataFrame(found, columns=names)


def written(frame: pd.DataFrame, plan: Plan) -> str:
    """All answers as one Markdown text."""
    lines = [f"Fingerprint {plan.fingerprint}; {'quick' if plan.quick else 'full'} form.", ""]
    for question, (title, _, _) in QUESTIONS.items():
        lines += [f"## ({question}) {title}", "", _wide(summary(frame, question, plan)), ""]
        if question == 2:
            for metric in ("cpr", "cmd"):
                table = against_nig(frame, metric, plan)
                if len(table):
                    lines += [f"Difference to converged NIG, {metric}:", "", _plain(table), ""]
            extra = frame[frame.study == "predicts"]
            lines += ["Predicting changes, and the planted truth (means):", ""]
            names = ["single", "single_ranks", "joint", "joint_error", "auroc"]
            means = extra.groupby(["network", "layer", "ranking"], sort=False)[names].mean()
            lines += [_plain(means.reset_index()), ""]
    return "\n".join(lines)


def _wide(table: pd.DataFrame) -> str:
    """A line for each ranking, a column for each metric."""
    told = table.assign(told=[_told(*v) for v in table[["mean", "low", "high"]].to_numpy()])
    keys = ["network", "layer", "ranking", "inputs"]
    wide = told.pivot_table(
        index=keys, columns="metric", values="told", aggfunc="first", sort=False
    )
    return _plain(wide.reset_index())


def _told(mean: float, low: float, high: float) -> str:
    known = np.isfinite(low)
    return f"{mean:.3g} [{low:.3g}, {high:.3g}]" if known else f"{mean:.3g}"


def _plain(table: pd.DataFrame) -> str:
    def cell(value: Any) -> str:
        return f"{value:.3g}" if isinstance(value, float) else str(value)

    lines = [list(map(str, table.columns)), ["---"] * table.shape[1]]
    lines += [[cell(v) for v in row] for row in table.itertuples(index=False)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
