"""Runner: a data set through a network, shard by shard, to be stopped and gone on with any time."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attribution.cards import Card
from attribution.errors import InvalidRequest, one_line
from attribution.profile import preparation, storage
from attribution.profile.engines import ENGINES
from attribution.profile.intake import Intake
from attribution.profile.results import Run
from attribution.profile.shards import Shards
from attribution.profile.worker import Task

if TYPE_CHECKING:
    import keras

    from attribution.network import Network

Progress = Callable[[int, int], None] | None


def run(
    model: str | Path | Network | keras.Model,
    data: str | Path,
    out: str | Path,
    *,
    layers: str | Sequence[str],
    target: Any = "predicted",
    baseline: Any = None,
    method: str = "nig",
    labels: str | Path | None = None,
    card: Card | str | Path | None = None,
    workers: int = 1,
    engine: str = "local",
    shard: tuple[int, int] = (1, 1),
    limit: int | None = None,
    tolerance: float | None = None,
    progress: Progress = None,
    seed: int = 0,
    names: str | Path | None = None,
) -> Run:
    """Score the units of layers for every input of a data set, and keep them in a folder.

    Stopped at any moment and started again with the same arguments, it goes on where it was and
    ends with the same numbers: the inputs are listed once (`manifest.parquet`), and each shard, a
    fixed slice of them, is complete or absent. An input that cannot be used is left out, with its
    reason (`Run.quarantine`).

    Parameters
    ----------
    model : a bundled model's name, a file, or a model in memory.
    data : a folder with a folder for each class; a .csv of files and labels; FASTA with labels
        (>NAME LABEL, or label=LABEL); .npz or .npy; .parquet or .csv with a row for each input; a
        path or URL.
    out : a folder, a path or URL, that need not be there.
    layers : their names, or one; "all" is every cut.
    target : "predicted" (of each input), "label" (the output of its label), a class's name, or as
        of the methods.
    baseline : None (zeros), a number, an array of one input, an .npy file, or a word: zeros, mean,
        NUMBER, blur:SIGMA, noise:COUNT, shuffle:COUNT, frequencies. The mean of a table's rows is
        that of the data set. Of several inputs it is that of each which offers it by its card, and
        zeros of the others; or NAME=WORD,NAME=WORD.
    method : of `METHODS`.
    labels : a CSV with a line of names, an input and its label in each line, and attributes in
        further columns; of several labels in a cell, with ; between, the first is the class.
    card : what the model takes; None: the one beside its file or of the bundle, else a guess.
    workers : processes that share the cores of this machine; of Ray, actors.
    engine : "local" or "ray".
    shard : (i, n): make the i-th of n parts of the shards; `merge` joins what machines made.
    limit : of the data at most so many inputs, by chance, as many of each class as can be.
    tolerance : the estimated error of each input's scores. None: where the method is nig, as exact
        as class means need, in a few evaluations (`attribution.profile.plan`); else 0.05.
    progress : called as progress(done, total) with numbers of inputs; what it raises ends the work.
    seed : of what is drawn by chance.
    names : a YAML file of names of one's own, layer -> unit -> name; see `Run.names`.

    Raises
    ------
    InvalidRequest : arguments that do not fit, no input, no labels, no space left, a folder of
        another run (it is said what differs), a model that changed under the run.
    """
    part, parts = shard
    if not 1 <= part <= parts:
        raise InvalidRequest(f"shard is {part}/{parts}; the i-th of n is expected, such as 1/2.")
    if engine not in ENGINES:
        raise InvalidRequest(f"engine is {one_line(engine)!r}; give {' or '.join(ENGINES)}.")
    for name, number in (("workers", workers), ("limit", limit)):
        if number is not None and number < 1:
            raise InvalidRequest(f"{name} is {number}; a whole number of 1 or more is expected.")
    folder = storage.directory(out)
    net, known, place = preparation.model(model, card)
    with ExitStack() as kept:
        if not place and (workers > 1 or engine != "local"):
            place = f"{kept.enter_context(tempfile.TemporaryDirectory())}/model.keras"
            net.model.save(place)  # for processes that load it by themselves
        before = Task(folder.path, place or net.model.name, str(data), "")
        job = preparation.prepared(
            folder,
            Intake(net, known),
            known,
            before,
            layers=[layers] if isinstance(layers, str) else list(layers),
            target=target,
            baseline=baseline,
            method=method,
            labels=labels,
            limit=limit,
            tolerance=tolerance,
            seed=seed,
        )
        if names is not None:
            from attribution.profile import naming  # which loads scipy

            naming.keep(folder, job, names)
        task = Task(before.folder, before.model, before.data, job.fingerprint)
        shards = Shards(folder, job)
        _work(shards, task, range(part - 1, job.shards, parts), workers, engine, net, progress)
    return Run(folder.path, job)


def _work(
    shards: Shards,
    task: Task,
    mine: Sequence[int],
    workers: int,
    engine: str,
    net: Network,
    progress: Progress,
) -> None:
    """Make those shards that are not there, or damaged."""
    shards.folder.sweep()
    sound = set(shards.there()) & set(mine)
    sound -= set(shards.damaged(sound))
    todo = [shard for shard in mine if shard not in sound]
    total = sum(len(shards.places(shard)) for shard in mine)
    done = sum(len(shards.places(shard)) for shard in sound)
    lost = []
    if progress:
        progress(done, total)
    with closing(ENGINES[engine](task, todo, workers, net)) as receipts:
        for receipt in receipts:
            if receipt.fatal:
                raise InvalidRequest(receipt.error)
            if receipt.error:
                lost.append(receipt)
                continue
            done += len(shards.places(receipt.shard))
            if progress:
                progress(done, total)
    if lost:
        raise InvalidRequest(
            f"{len(lost)} of {len(mine)} shards could not be made; of shard {lost[0].shard:05} "
            f"{lost[0].error}. The others are complete: start the same run again."
        )
