"""The protocol, carried out: one Parquet file for each input at each layer, none computed twice."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd

import attribution
from attribution import Network
from benchmarks.evidence import faithfulness as measure
from benchmarks.evidence import rankings
from benchmarks.evidence.networks import Split, Subject, subject
from benchmarks.evidence.plan import Plan
from benchmarks.evidence.rankings import Case

Array = np.ndarray[Any, Any]
Row = dict[str, Any]

_ELSEWHERE = ("NIG, converged", "DeepLIFT Rescale", "gradient x difference", "activation")
"""Rankings that are asked again of other baselines and of randomised weights."""


def run(plan: Plan, folder: Path, networks: Collection[str] = (), say: Any = print) -> Path:
    """Compute what is not there yet; returns the folder of this fingerprint.

    networks : those alone; none: all.
    """
    place = folder / plan.fingerprint
    place.mkdir(parents=True, exist_ok=True)
    for name, count in plan.inputs.items():
        if networks and name not in networks:
            continue
        given = subject(name, count, plan.seed)
        net, blank = Network(given.model), Network(shuffled(given.model, plan.seed))
        for layer in plan.layers[name]:
            files = {i: place / f"{name}-{layer}-{i:03}.parquet" for i in range(count)}
            wanted = [i for i, file in files.items() if not file.exists()]
            if not wanted:
                continue
            usual = _mean(given, layer)
            for i in wanted:
                rows = list(_input(plan, given, (net, blank), layer, i, usual))
                frame = pd.DataFrame(rows).assign(network=name, layer=layer, input=i)
                part = files[i].with_suffix(".part")
                frame.assign(fingerprint=plan.fingerprint).to_parquet(part)
                part.rename(files[i])
            say(f"{name}, {layer}: {len(wanted)} inputs")
    return place


def shuffled(model: keras.Model, seed: int) -> keras.Model:
    """The model with the entries of every weight in another order."""
    rng = np.random.default_rng(seed)
    copy = keras.models.clone_model(model)
    copy.set_weights([rng.permutation(w.ravel()).reshape(w.shape) for w in model.get_weights()])
    return copy


def _mean(given: Subject, layer: str) -> Array:
    """The mean activation of a layer over the inputs, (1, *layer)."""
    head = Split(given.model, layer, 0).head
    parts = [
        np.asarray(head(given.x[i : i + 8], training=False)) for i in range(0, len(given.x), 8)
    ]
    return np.concatenate(parts).mean(0, keepdims=True)


def _input(
    plan: Plan, given: Subject, nets: tuple[Network, Network], layer: str, i: int, usual: Array
) -> Iterator[Row]:
    net, blank = nets
    x = given.x[i : i + 1]
    origin = next(iter(given.baselines.values()))[i : i + 1]
    rise = np.subtract(*(np.asarray(given.model(v, training=False))[0] for v in (x, origin)))
    split = Split(given.model, layer, 0 if given.name == "planted" else int(rise.argmax()))

    def case(net: Network, split: Split, origin: Array, exact: bool = False) -> Case:
        h, h0 = split.hidden(x), split.hidden(origin)
        rng = np.random.default_rng([plan.seed, i])
        return Case(net, layer, split, x, origin, h, h0, plan, exact, rng)

    own = case(net, split, origin, given.name in plan.exact)
    chosen = rankings.RANKINGS | (rankings.COSTLY if given.name in plan.costly else {})
    scores: dict[str, Array] = {}
    for ranking, score in chosen.items():
        scores[ranking], evaluations, seconds = rankings.timed(score, own)
        yield _row("cost", ranking, evaluations=evaluations, seconds=seconds)
    yield from _faithful(own, scores, usual, given.truth)
    yield from _apart(plan, scores)
    yield from _errors(plan, own)
    for other, values in list(given.baselines.items())[1:]:
        there = case(net, split, values[i : i + 1])
        yield from _again(f"baseline {other}", there, scores)
    yield from _again(
        "randomised", case(blank, Split(blank.model, layer, split.target), origin), scores
    )
    yield from _between(scores)


def _row(study: str, ranking: str, intervention: str = "", **values: float) -> Row:
    return {"study": study, "ranking": ranking, "intervention": intervention, **values}


def _faithful(
    case: Case, scores: dict[str, Array], usual: Array, truth: Array | None
) -> Iterator[Row]:
    """What the score does where units are kept or removed by each ranking."""
    split = case.split
    others = {"reference": case.h0, "zero": np.zeros_like(case.h), "mean": usual}
    sets = case.rng.random((case.plan.subsets, split.units)) < case.rng.uniform(
        0.5, 0.95, (case.plan.subsets, 1)
    )
    for what, other in others.items():

        def measured(kept: Array, other: Array = other) -> Array:
            return split.score(split.mixed(case.h, other, kept))

        for ranking, s in scores.items():
            signed, size = np.argsort(-s, kind="stable"), np.argsort(-np.abs(s), kind="stable")
            yield _row(
                "faithful",
                ranking,
                what,
                cpr=measure.cpr(measure.faithfulness(measured, signed)),
                cmd=measure.cmd(measure.faithfulness(measured, size)),
                best_removed=measure.removal(measured, signed),
                least_removed=measure.removal(measured, size[::-1]),
            )
            if what != "reference":
                continue
            r, error = measure.joint(measured, s, sets)
            yield _row(
                "predicts",
                ranking,
                what,
                joint=r,
                joint_error=error,
                single=measure.correlation(s, scores["single effect"]),
                single_ranks=measure.correlation(s, scores["single effect"], ranks=True),
                auroc=np.nan if truth is None else measure.auroc(s, truth),
            )


def _apart(plan: Plan, scores: dict[str, Array]) -> Iterator[Row]:
    """How far each ranking is from the converged one."""
    exact = scores["NIG, converged"]
    tops = {n: np.argsort(-np.abs(s), kind="stable")[: plan.first] for n, s in scores.items()}
    best = tops["NIG, converged"]
    for ranking, s in scores.items():
        yield _row(
            "apart",
            ranking,
            distance=float(np.abs(s - exact).sum() / np.abs(exact).sum()),
            ranks=measure.correlation(np.abs(s), np.abs(exact), ranks=True),
            shared=len(set(best) & set(tops[ranking])) / len(best),
            flipped=float((np.sign(s[best]) * np.sign(exact[best]) < 0).mean()),
        )


def _errors(plan: Plan, case: Case) -> Iterator[Row]:
    """The estimated error of the adaptive method against the true one, both of neurons."""
    given: Any = {"target": case.split.target, "baseline": case.origin}
    ask = attribution.neuron_integrated_gradients
    for tolerance in plan.tolerances if case.truth else ():
        (truth,) = case.truth
        found = ask(case.net, case.x, case.layer, tolerance=tolerance, **given)
        off = float(np.abs(found.scores - truth).sum() / np.abs(truth).sum())
        yield _row("error", f"{tolerance:g}", estimated=float(found.error[0]), true=off)


def _again(what: str, case: Case, before: dict[str, Array]) -> Iterator[Row]:
    """How alike the same ranking is with another baseline, or other weights."""
    for ranking in _ELSEWHERE:
        s, _, _ = rankings.timed(rankings.RANKINGS[ranking], case)
        alike = measure.correlation(np.abs(s), np.abs(before[ranking]), ranks=True)
        yield _row("again", ranking, what, ranks=alike)


def _between(scores: dict[str, Array]) -> Iterator[Row]:
    """How alike the rankings of `_again` are among each other, for the same question."""
    for ranking in _ELSEWHERE[1:]:
        pair = np.abs(scores["NIG, converged"]), np.abs(scores[ranking])
        yield _row("again", ranking, "other method", ranks=measure.correlation(*pair, ranks=True))
