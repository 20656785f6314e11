"""Proving: the units of a run that come first, switched off on inputs that it has not used."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from attribution.errors import InvalidRequest, UnknownLayer, one_line
from attribution.profile import data as sources
from attribution.profile import preparation, proof, statistics, storage
from attribution.profile.intake import stacked
from attribution.profile.proofs import ALONE, Proofs
from attribution.profile.unused import unused
from attribution.profile.worker import Task, Worker

if TYPE_CHECKING:
    from attribution.profile.results import Run
    from attribution.profile.shards import Refused
    from attribution.profile.worker import Batch

Array = npt.NDArray[Any]
COUNTS = (1, 2, 5)
"""How many of the first units are switched off, beside all k of them."""


@dataclass
class _Trial:
    """The units of a layer that are switched off for one class, and what was seen of them.

    order : the first k units. sets : those that are switched off, by `proof.removal_sets`, and
    then each of these units alone. falls : of each batch (sets, inputs) the fall of the score.
    """

    order: Array
    sizes: list[int]
    predicted: Array
    sets: list[list[int]]
    falls: list[Array] = field(default_factory=list)


@dataclass
class _Pruning:
    """The units of a layer, the least first, and how often the answer is right without them.

    right : (counts,) right answers of the inputs that were tried.
    """

    order: list[int]
    counts: list[int]
    right: Array
    tried: int = 0


def prove(
    run: Run,
    data: str,
    *,
    model: Any,
    layers: Sequence[str],
    classes: Sequence[str],
    k: int,
    each: int,
    labels: str | None,
    allowed: float,
    progress: Callable[[int, int], None] | None,
) -> tuple[str, ...]:
    """As `Run.prove`; no layers and no classes are all."""
    _check(run, layers, classes, k, each, allowed)
    net = preparation.network(run.job, model)
    before = Worker.of(Task(run.folder, run.job.model, run.job.data, run.job.fingerprint), net)
    found, notes = sources.survey(data, labels, before.intake)
    listed, left_out = unused(before, data, found, classes, each)
    outputs, why = (None, "") if classes else _outputs(before)
    prover = _Prover(run, before.over(data, listed), layers or run.layers, k, outputs)
    prover.go(progress)
    told = prover.write(allowed, keep=bool(classes))
    return (*notes, *left_out, *([why] if why else []), *told)


def _check(
    run: Run, layers: Sequence[str], classes: Sequence[str], k: int, each: int, allowed: float
) -> None:
    for name, number in (("k", k), ("each", each)):
        if number < 1:
            raise InvalidRequest(f"{name} is {number}; a whole number of 1 or more is expected.")
    if not 0 <= allowed <= 1:
        raise InvalidRequest(f"allowed is {allowed}; a share from 0 to 1 is expected.")
    for layer in layers:
        if layer not in run.layers:
            raise UnknownLayer(layer, run.layers)
    for name in classes:
        if name not in run.classes:
            raise InvalidRequest(
                f"The run has no class {one_line(name)!r}; it has "
                f"{one_line(', '.join(run.classes), 200)}."
            )
    if not (state := run.status()).finished:
        raise InvalidRequest(f"Only a finished run can be proven, and this one has {state}")


def _outputs(worker: Worker) -> tuple[Array | None, str]:
    """The output of each class; None, and why, where the outputs are not of classes."""
    net = worker.net
    shape = net.output_shapes[net.graph().output]
    told = "No accuracy is followed, and so no unit found that can go"
    if len(shape) != 1 or shape[0] == 1:
        return None, f"{told}: the model's output has the shape {shape}, not one of classes."
    try:
        rule = preparation.target_rule("label", worker.manifest, worker.intake)
    except InvalidRequest as error:
        return None, f"{told}. {error}"
    return np.array(rule["label"]), ""


class _Prover:
    """Switches units off, batch by batch. outputs : of each class; None follows no accuracy."""

    def __init__(
        self, run: Run, worker: Worker, layers: Sequence[str], k: int, outputs: Array | None
    ) -> None:
        self._run, self._worker, self._outputs = run, worker, outputs
        self._refused: list[Refused] = []
        self._trials: dict[str, dict[str, _Trial]] = {}
        self._prunings: dict[str, _Pruning] = {}
        for layer in layers:
            groups = statistics.grouped(run.rows(), run.classes, layer)
            scores = {name: found[1].astype(np.float64) for name, found in groups.items()}
            self._trials[layer] = {name: self._trial(s.mean(0), k) for name, s in scores.items()}
            if outputs is not None and scores:
                size = np.mean([np.abs(s).mean(0) for s in scores.values()], axis=0)
                counts = proof.pruning_counts(len(size))
                order = np.argsort(size, kind="stable").tolist()
                self._prunings[layer] = _Pruning(order, counts, np.zeros(len(counts), int))

    def _trial(self, mean: Array, k: int) -> _Trial:
        order = np.argsort(-np.abs(mean), kind="stable")[:k]
        sizes = sorted({n for n in COUNTS if n < len(order)} | {len(order)})
        sets = proof.removal_sets(order.tolist(), sizes, len(mean), self._run.job.basis.seed)
        return _Trial(order, sizes, mean, [*sets, *([unit] for unit in order.tolist())])

    def go(self, progress: Callable[[int, int], None] | None) -> None:
        """Through the inputs, class by class."""
        label, done = self._worker.manifest.label, 0
        for c in np.unique(label):
            for batch in self._worker.batches(np.flatnonzero(label == c), self._refused):
                self._worker.tried(self._switched_off, batch, self._refused)
                done += len(batch)
                if progress:
                    progress(done, len(label))
            done = int((label <= c).sum())  # those that cannot be read are in no batch
            if progress:
                progress(done, len(label))

    def _switched_off(self, batch: Batch, refused: list[Refused]) -> None:
        """Of inputs of one class: what becomes of them in each layer, kept once all is there."""
        worker, places = self._worker, [place for place, _ in batch]
        x, label = stacked([example for _, example in batch]), worker.manifest.label[places[0]]
        target, baseline = worker.target(places), worker.compared(x)
        good = np.ones(len(places), bool)
        falls: dict[str, Array] = {}
        right: dict[str, Array] = {}
        for layer, trials in self._trials.items():
            if trial := trials.get(self._run.classes[label]):
                falls[layer] = proof.falls(worker.net, x, layer, trial.sets, target, baseline)
                good &= np.isfinite(falls[layer]).all(0)
            if self._outputs is not None and layer in self._prunings:
                known, wanted = self._prunings[layer], self._outputs[label]
                right[layer] = proof.right(
                    worker.net, x, wanted, layer, known.order, known.counts, baseline
                )
        for layer, found in falls.items():
            self._trials[layer][self._run.classes[label]].falls.append(found[:, good])
        for layer, found in right.items():
            self._prunings[layer].right += found[:, good].sum(1)
            self._prunings[layer].tried += int(good.sum())
        bad = np.array(places)[~good]
        refused += [(worker.manifest.id[place], "Its scores are not finite.") for place in bad]

    def write(self, allowed: float, keep: bool) -> list[str]:
        """Put what was found into the folder of the run; what a reader must know of it.

        keep : what is there already of other classes stays.

        Raises InvalidRequest where nothing was found, or it cannot be written.
        """
        notes, few = [], []
        if self._refused:
            name, why = self._refused[0]
            notes.append(
                f"Inputs that cannot be used: {len(self._refused)}, such as "
                f"{one_line(name)!r}: {why}"
            )
        tables: dict[str, list[tuple[pd.DataFrame, pd.DataFrame]]] = {}
        for c in np.unique(self._worker.manifest.label):
            name = self._run.classes[c]
            for layer, trials in self._trials.items():
                falls = trials[name].falls if name in trials else []
                tried = sum(part.shape[1] for part in falls)
                if tried < 2:
                    few.append(name)
                    continue
                trial, seen = trials[name], np.concatenate(falls, 1)
                order, several = trial.order.tolist(), len(trial.sets) - len(trial.order)
                together = proof.fallen(seen[:several], order, trial.sizes, trial.predicted)
                alone = proof.alone(seen[several:], order, trial.predicted)
                for table in (together, alone):
                    table.insert(0, "class", name)
                    table["inputs"] = tried
                tables.setdefault(layer, []).append((together, alone))
        if few:
            notes.append(
                f"Nothing is proven of {one_line(', '.join(dict.fromkeys(few)), 200)}: two unused "
                "inputs or more are needed, and one that the run has scored."
            )
        if not tables:
            raise InvalidRequest(f"Nothing can be proven. {' '.join(notes)}")
        proofs = Proofs(storage.directory(self._run.folder), self._run.job)
        for layer, parts in tables.items():
            known = self._prunings.get(layer)
            pruning = None
            if known:
                pruning = proof.pruned(known.right, known.tried, known.order, known.counts, allowed)
            together, alone = (
                pd.concat(each, ignore_index=True) for each in zip(*parts, strict=True)
            )
            if keep:
                together = self._beside(proofs.table(layer), together)
                alone = self._beside(proofs.table(layer, ALONE), alone)
            proofs.write(layer, together, alone, pruning)
        return notes

    def _beside(self, there: pd.DataFrame | None, table: pd.DataFrame) -> pd.DataFrame:
        """A table with the rows of those classes that only the one before has."""
        if there is None:
            return table
        there = there[~there["class"].isin(table["class"])]
        whole = pd.concat([there, table], ignore_index=True)
        place = {name: number for number, name in enumerate(self._run.classes)}
        return whole.sort_values("class", key=lambda c: c.map(place), kind="stable")
