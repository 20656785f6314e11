"""Tables from the results: a mean and its interval for each ranking, network and layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.evidence import statistics
from benchmarks.evidence.plan import Plan
from benchmarks.evidence.statistics import FEW, Statistic

Array = np.ndarray[Any, Any]

ROUNDING = 1e-5
"""Relative error that float32 has of itself; below, true and estimated are not told apart."""
NIG = "NIG, converged"
DEEPLIFT = ("DeepLIFT Rescale", "DeepLIFT RevealCancel", "DeepLIFT genomics")
UNDER = (NIG, "NIG, 10 right steps", "NIG, 5 right steps", "NIG, one random point")
_KEYS = ["network", "layer", "ranking"]


@dataclass(frozen=True)
class Metric:
    """A number of the results. intervention : what it begins with, "" for those without."""

    title: str
    study: str
    name: str
    intervention: str = ""
    statistic: Statistic = np.mean


KEPT = {
    "cpr": "CPR (keeping the best; more is better)",
    "cmd": "CMD (keeping the behaviour; less is better)",
    "best_removed": "left while the best are removed (less is better)",
    "least_removed": "left while the least are removed (more is better)",
}
METRICS: dict[str, Metric] = {
    "distance": Metric("L1 distance to NIG", "apart", "distance"),
    "ranks": Metric("Spearman's correlation with NIG", "apart", "ranks"),
    "shared": Metric("share of NIG's first ten", "apart", "shared"),
    "flipped": Metric("signs flipped among NIG's first ten", "apart", "flipped"),
    **{n: Metric(t, "faithful", n, "reference") for n, t in KEPT.items()},
    **{
        f"{n}, {what}": Metric(f"{t}, {what} in place", "faithful", n, what)
        for what in ("zero", "mean")
        for n, t in KEPT.items()
    },
    "joint": Metric("correlation with joint changes", "predicts", "joint"),
    "joint_error": Metric("error of the predicted joint change", "predicts", "joint_error"),
    "single": Metric("correlation with single effects", "predicts", "single"),
    "single_ranks": Metric("the same, of ranks", "predicts", "single_ranks"),
    "auroc": Metric("planted units found (AUROC)", "predicts", "auroc"),
    "accuracy": Metric("accuracy while the least are pruned", "pruned", "accuracy", "mean"),
    "half": Metric("accuracy without the least half", "pruned", "half", "mean"),
    "whole": Metric("accuracy of the whole network", "pruned", "whole", "mean"),
    "evaluations": Metric("gradient evaluations", "cost", "evaluations", statistic=np.median),
    "seconds": Metric("seconds of processor", "cost", "seconds", statistic=np.median),
    "estimated": Metric("estimated error", "error", "estimated"),
    "true": Metric("true error", "error", "true"),
    "within": Metric("true error within the estimate", "error", "within"),
    "baseline": Metric("correlation with another baseline's ranking", "again", "ranks", "baseline"),
    "randomised": Metric("correlation after randomising", "again", "ranks", "randomised"),
}
COMPARED = (*KEPT, "joint", "joint_error", "accuracy")
"""What all rankings are compared with NIG in, pair by pair."""
QUESTIONS: dict[int, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    1: ("How far are NIG and DeepLIFT apart?", ("distance", "ranks", "shared"), DEEPLIFT),
    2: (
        "Which ranking is more faithful?",
        (*KEPT, "joint", "joint_error", "single", "single_ranks", "auroc", "accuracy"),
        (),
    ),
    3: ("What does each cost?", ("evaluations", "seconds"), ()),
    4: ("What does under-integration do?", ("shared", "flipped", "cpr"), UNDER),
    5: ("Does the estimated error foretell the true one?", ("estimated", "true", "within"), ()),
    6: ("How much depends on the baseline?", ("baseline", "ranks"), ()),
    7: ("Does the ranking notice randomised weights?", ("randomised",), ()),
}
"""Question -> its words, its metrics, and the rankings that it is about; none: all."""


def results(place: Path, plan: Plan) -> pd.DataFrame:
    """All rows of a file or a folder, networks and layers in the order of the plan.

    Raises ValueError where they are not of one fingerprint.
    """
    files = sorted(place.glob("*.parquet")) if place.is_dir() else [place]
    frame = pd.concat([pd.read_parquet(f) for f in files], ignore_index=True)
    if frame.fingerprint.nunique() != 1:
        raise ValueError(f"{place} holds results of several plans: {set(frame.fingerprint)}.")
    within = frame.true <= frame.estimated.clip(lower=ROUNDING)
    frame["within"] = within.where(frame.study == "error").astype(float)
    order = [f"{n} {layer}" for n in plan.inputs for layer in plan.layers[n]]
    place_of = (frame.network + " " + frame.layer).map(order.index)
    found = frame.assign(cluster=frame.cluster.fillna(frame.input).astype(int), order=place_of)
    return found.sort_values("order", kind="stable").drop(columns="order")


def values(frame: pd.DataFrame, metric: Metric, pooled: bool = False) -> pd.DataFrame:
    """A row for each network, layer and ranking, a column for each cluster of inputs.

    pooled : over the layers of a network, which then are "".
    """
    found = frame[(frame.study == metric.study) & frame[metric.name].notna()]
    found = found[found.intervention.str.startswith(metric.intervention)]
    if pooled:
        found = found.assign(layer="")
    kept = [*_KEYS, "cluster"]
    means = found.groupby(kept, sort=False)[metric.name].mean()
    return means.unstack("cluster").reindex(means.index.droplevel("cluster").unique())


def cells(frame: pd.DataFrame, metric: Metric, plan: Plan, pooled: bool = False) -> pd.DataFrame:
    """mean, low, high and inputs of a metric, by network, layer and ranking."""
    found = []
    for keys, row in values(frame, metric, pooled).iterrows():
        told = row.to_numpy(float)
        middle = statistics.interval(told, plan.resamples, plan.seed, metric.statistic)
        found.append((*keys, *middle, int(np.isfinite(told).sum())))  # type: ignore[misc]
    return pd.DataFrame(found, columns=[*_KEYS, "mean", "low", "high", "inputs"])


def across(table: pd.DataFrame, only: Sequence[str] = (), by_layer: bool = False) -> pd.DataFrame:
    """What `cells` found, in words: a line for each ranking and a column for each network.

    by_layer : a line for each layer and a column for each ranking instead. only : these rankings.
    """
    found = table[table.ranking.isin(only)] if only else table
    words = [told(*v) for v in found[["mean", "low", "high"]].to_numpy()]
    rows, columns = (["network", "layer"], "ranking") if by_layer else (["ranking"], "network")
    told_of = found.assign(told=words).set_index([*rows, columns]).told
    wide = told_of.unstack(columns).reindex(told_of.index.droplevel(columns).unique())
    names = [n for n in only if n in wide] if by_layer and only else found[columns].unique()
    return wide[[*names]].reset_index().fillna("")


def differences(
    frame: pd.DataFrame, names: Sequence[str], plan: Plan, against: str = NIG
) -> pd.DataFrame:
    """Paired differences to a ranking, layers pooled: mean, interval, Holm's p over all of them."""
    found = []
    for name in names:
        for network, part in values(frame, METRICS[name], pooled=True).groupby(
            "network", sort=False
        ):
            wide = part.droplevel(["network", "layer"])
            if wide.shape[1] - wide.isna().any().sum() < FEW or against not in wide.index:
                continue
            for ranking in wide.index.drop(against):
                gap = (wide.loc[ranking] - wide.loc[against]).dropna().to_numpy(float)
                mean, low, high = statistics.interval(gap, plan.resamples, plan.seed)
                p = statistics.chance(gap, plan.resamples, plan.seed)
                found.append((name, network, ranking, mean, low, high, p))
    names_of = ["metric", "network", "ranking", "difference", "low", "high", "p"]
    table = pd.DataFrame(found, columns=names_of)
    return table.assign(p=statistics.holm(table.p.to_list()) if len(table) else [])


def stable(frame: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """How settled the first units of each ranking are, resampling inputs: mean Jaccard, 95 %."""
    found = []
    for keys, part in frame[frame.study == "cost"].groupby(_KEYS, sort=False):
        if part.cluster.nunique() >= FEW:
            scores = np.stack([*part.sort_values("input").scores])
            likeness = statistics.settled(scores, plan.first, plan.resamples // 20, plan.seed)
            ends = np.quantile(likeness, [0.025, 0.975])
            found.append((*keys, float(likeness.mean()), *ends, len(scores)))
    return pd.DataFrame(found, columns=[*_KEYS, "mean", "low", "high", "inputs"])


def told(mean: float, low: float, high: float) -> str:
    """A number and its interval, where it has one that is wider than what is shown."""
    words = [number(v) for v in (mean, low, high)]
    if not np.isfinite(low) or len({*words}) == 1:
        return words[0]
    return f"{words[0]} [{words[1]}, {words[2]}]"


def number(value: float) -> str:
    """Three digits; thousands whole; what float32 rounds away is told as that."""
    if value and abs(value) < ROUNDING:
        return f"<{ROUNDING:g}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def plain(table: pd.DataFrame) -> str:
    """Markdown."""

    def cell(value: Any) -> str:
        return number(value) if isinstance(value, float) else str(value)

    lines = [list(map(str, table.columns)), ["---"] * table.shape[1]]
    lines += [[cell(v) for v in row] for row in table.itertuples(index=False)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def answer(frame: pd.DataFrame, question: int, plan: Plan) -> str:
    """All that the results say to a question, layer by layer, as Markdown."""
    title, names, only = QUESTIONS[question]
    lines = [f"## ({question}) {title}", ""]
    shown = [n for n in names if n != "ranks" or question == 1]
    if question == 2:
        shown += [f"{name}, {what}" for what in ("zero", "mean") for name in KEPT]
    for name in shown:
        table = cells(frame, METRICS[name], plan)
        table = table[table.ranking.isin(only)] if only else table
        if len(table):
            lines += [f"### {METRICS[name].title}", "", plain(_in_words(table)), ""]
    if question == 2:
        lines += ["### Differences to converged NIG, layers pooled, Holm's p", ""]
        lines += [plain(differences(frame, COMPARED, plan)), ""]
        lines += ["### The first ten when inputs are resampled (Jaccard)", ""]
        lines += [plain(_in_words(stable(frame, plan))), ""]
    return "\n".join(lines)


def written(frame: pd.DataFrame, plan: Plan) -> str:
    """All answers."""
    form = "quick" if plan.quick else "full"
    head = f"{frame.machine.iloc[0]}\n\nFingerprint {frame.fingerprint.iloc[0]}; {form} form.\n"
    return "\n".join([head, *(answer(frame, question, plan) for question in QUESTIONS)])


def _in_words(table: pd.DataFrame) -> pd.DataFrame:
    words = [told(*v) for v in table[["mean", "low", "high"]].to_numpy()]
    return table[_KEYS].assign(found=words, inputs=table.inputs)
