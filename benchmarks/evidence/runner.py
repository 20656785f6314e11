"""The protocol, carried out: one Parquet file for each input at each layer, none computed twice."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd

import benchmarks.common as common
from attribution import Network
from benchmarks.evidence import studies
from benchmarks.evidence.networks import Subject, subject
from benchmarks.evidence.plan import Plan
from benchmarks.evidence.rankings import Case
from benchmarks.evidence.split import Split

Array = np.ndarray[Any, Any]


def run(plan: Plan, folder: Path, networks: Collection[str] = (), say: Any = print) -> Path:
    """Compute what is not there yet; returns the folder of this fingerprint.

    networks : those alone; none: all.
    """
    place = folder / plan.fingerprint
    place.mkdir(parents=True, exist_ok=True)
    for name, count in plan.inputs.items():
        if networks and name not in networks:
            continue
        given = subject(name, count, plan.seed, plan.unused)
        nets = Network(given.model), Network(shuffled(given.model, plan.seed))
        for layer in plan.layers[name]:
            files = [place / f"{name}-{layer}-{i:03}.parquet" for i in range(len(given.x))]
            whole = place / f"{name}-{layer}-all.parquet"
            if all(f.exists() for f in [*files, whole]):
                continue
            work = _Layer.of(plan, given, nets, layer)
            for i, file in enumerate(files):
                if not file.exists():
                    start = time.perf_counter()
                    _keep(work.rows(i), work, file, input=i, cluster=given.clusters[i])
                    say(f"{name}, {layer}, input {i}: {time.perf_counter() - start:.1f} s")
            if not whole.exists():
                _keep(work.over(files), work, whole)
    return place


def shuffled(model: keras.Model, seed: int) -> keras.Model:
    """The model with the entries of every weight in another order."""
    rng = np.random.default_rng(seed)
    copy = keras.models.clone_model(model)
    copy.set_weights([rng.permutation(w.ravel()).reshape(w.shape) for w in model.get_weights()])
    return copy


def _keep(rows: Iterable[studies.Row], work: _Layer, file: Path, **marks: Any) -> None:
    """Write rows, whole or not at all."""
    marks |= {"network": work.given.name, "layer": work.layer, "machine": common.machine()}
    frame = pd.DataFrame(list(rows)).assign(**marks, fingerprint=work.plan.fingerprint)
    part = file.with_suffix(".part")
    frame.to_parquet(part)
    part.rename(file)


@dataclass(frozen=True)
class _Layer:
    """A layer of a network, and of the same with its weights shuffled.

    usual : its mean activation over the inputs, (1, *layer).
    """

    plan: Plan
    given: Subject
    layer: str
    nets: tuple[Network, Network]
    splits: tuple[Split, Split]
    usual: Array

    @classmethod
    def of(cls, plan: Plan, given: Subject, nets: tuple[Network, Network], layer: str) -> _Layer:
        own, other = (Split(net.model, layer) for net in nets)
        usual = own.hidden(given.x).mean(0, keepdims=True)
        return cls(plan, given, layer, nets, (own, other), usual)

    def rows(self, i: int) -> list[studies.Row]:
        """Of one input."""
        (usual, first), *others = self.given.baselines.items()
        del usual
        own = self._case(i, first)
        own = replace(own, exact=self.given.name in self.plan.exact)
        again = {f"baseline {name}": self._case(i, values) for name, values in others}
        again["randomised"] = self._case(i, first, 1)
        rough: Any = {"tolerance": self.plan.again_tolerance, "steps": self.plan.again_steps}
        again = {what: replace(case, **rough) for what, case in again.items()}
        return studies.of_input(own, self.usual, self.given.truth, again)

    def over(self, files: Iterable[Path]) -> Iterable[studies.Row]:
        """Of all inputs together, from what their files say."""
        frame = pd.concat([pd.read_parquet(f) for f in files])
        frame = frame[frame.study == "cost"]
        scores = {n: np.stack([*g.scores]) for n, g in frame.groupby("ranking", sort=False)}
        return studies.of_layer(self.given, self.splits[0], self.usual, scores, "mean")

    def _case(self, i: int, baseline: Array, which: int = 0) -> Case:
        split, (x, origin) = self.splits[which], (v[i : i + 1] for v in (self.given.x, baseline))
        ends = self.splits[0].logits(self.splits[0].hidden(np.concatenate([self._first(i), x])))
        target = 0 if self.given.name == "planted" else int((ends[1] - ends[0]).argmax())
        return Case(
            net=self.nets[which],
            layer=self.layer,
            split=split,
            target=target,
            x=x,
            origin=origin,
            h=split.hidden(x),
            h0=split.hidden(origin),
            plan=self.plan,
            rng=np.random.default_rng([self.plan.seed, i]),
            costly=self.given.name in self.plan.costly,
            tolerance=self.plan.reference_tolerance.get(self.given.name, 0.0),
        )

    def _first(self, i: int) -> Array:
        """The usual baseline."""
        return next(iter(self.given.baselines.values()))[i : i + 1]
