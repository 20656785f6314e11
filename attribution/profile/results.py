"""Run: a data set's profile as it lies in its folder, finished or not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from attribution.errors import InvalidRequest, UnknownLayer, one_line
from attribution.profile import job as jobs
from attribution.profile import manifest as manifests
from attribution.profile import storage
from attribution.profile.job import Job
from attribution.profile.manifest import Manifest
from attribution.profile.proofs import ALONE, Proofs
from attribution.profile.rows import Rows, Unreadable, joined
from attribution.profile.shards import Shards

if TYPE_CHECKING:
    import keras
    import pandas as pd

    from attribution.network import Network
    from attribution.profile.proof import Pruning


@dataclass(frozen=True)
class Status:
    """How far a run is.

    inputs : in the manifest. done, quarantined : of those, with a row and without one.
    shards, complete : how many there are, and are done. damaged : number -> why it cannot be used.
    proven : the layers that have a proof.
    """

    inputs: int
    done: int
    quarantined: int
    shards: int
    complete: int
    damaged: dict[int, str]
    proven: tuple[str, ...] = ()

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do."""
        return self.complete == self.shards

    def __str__(self) -> str:
        """In a sentence or two."""
        state = "finished" if self.finished else "not finished"
        told = (
            f"{self.done + self.quarantined:,} of {self.inputs:,} inputs, {self.complete:,} of "
            f"{self.shards:,} shards: {state}."
        )
        if self.quarantined:
            told += f" In the quarantine: {self.quarantined:,}."
        if self.proven:
            told += f" Proven: {one_line(', '.join(self.proven), 200)}."
        if self.damaged:
            which = ", ".join(f"{shard:05}" for shard in list(self.damaged)[:6])
            told += f" Damaged shards: {which}; start the same run again, which makes them anew."
        return told


@dataclass(frozen=True)
class Run:
    """What is known of a data set, from the shards that are there.

    folder : a path or URL. job : what it was made from.
    """

    folder: str
    job: Job

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes of the data, by which rows are told apart."""
        return self.job.classes

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers that were scored."""
        return self.job.basis.layers

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences that a reader of the numbers must know."""
        return self.job.notes

    @cached_property
    def manifest(self) -> Manifest:
        """The inputs, in their order. Raises InvalidRequest where it is not there, or damaged."""
        try:
            return manifests.from_bytes(storage.directory(self.folder).read(jobs.MANIFEST))
        except OSError as error:
            raise InvalidRequest(
                f"{jobs.MANIFEST} is missing in {one_line(self.folder)}: start the same run again, "
                "which makes it anew."
            ) from error

    def rows(self) -> Iterator[Rows]:
        """What was found, a shard at a time, in the order of the manifest.

        Raises InvalidRequest for a damaged shard, by its name.
        """
        shards = self._shards
        for shard in shards.there():
            found = shards.sound(shard)
            if len(found):
                yield found

    def whole(self) -> Rows:
        """All that was found so far. Raises InvalidRequest where nothing was, or as `rows`."""
        parts = list(self.rows())
        if not parts:
            raise InvalidRequest(f"{one_line(self.folder)} holds no row of an input yet.")
        return joined(parts)

    def table(self, layer: str) -> pd.DataFrame:
        """The statistics of a layer: a row for each class and unit.

        Columns: class, unit, count, mean, standard_error (of the mean, over the inputs),
        quadrature_error (of the mean, by the integral alone), low, high (the 95 % interval of each
        unit), simultaneous_low, simultaneous_high (of all units of a class at once), first_10 (the
        share of inputs in which the unit is among the ten largest).

        Raises
        ------
        UnknownLayer : none of those that were scored.
        InvalidRequest : no shard is there yet, or one is damaged.
        """
        from attribution.profile import statistics  # which loads scipy

        self._known(layer)
        if not self._shards.there():
            raise InvalidRequest(f"{one_line(self.folder)} holds no finished shard yet.")
        return statistics.table(self.rows(), self.classes, layer)

    def status(self) -> Status:
        """How far the run is; every shard is looked through."""
        shards, done, quarantined, damaged = self._shards, 0, 0, {}
        there = shards.there()
        for shard in there:
            try:
                found = len(shards.read(shard))
            except Unreadable as error:
                damaged[shard] = str(error)
                continue
            done += found
            quarantined += len(shards.places(shard)) - found
        complete = len(there) - len(damaged)
        proven = self._proofs.layers()
        return Status(
            self.job.inputs, done, quarantined, self.job.shards, complete, damaged, proven
        )

    def quarantine(self) -> pd.DataFrame:
        """The inputs without a row: the columns id and reason."""
        return self._shards.quarantine()

    def prove(
        self,
        data: str | Path,
        *,
        model: str | Path | Network | keras.Model | None = None,
        layers: str | Sequence[str] = (),
        classes: str | Sequence[str] = (),
        k: int = 10,
        each: int = 100,
        labels: str | Path | None = None,
        allowed: float = 0.01,
        names: str | Path | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> tuple[str, ...]:
        """Switch units off on inputs that the run has not used, and keep what becomes of them.

        Of each class the first k units by |mean|, 1, 2, 5 and all of them together: see `proof`;
        each by itself: see `ablation`. Of all classes the least units: see `pruning`.

        Parameters
        ----------
        data, labels : as of `run`. Inputs that the run has used are left out: those of the same
            files, and the same rows of other files. With the data of a run that had a limit, the
            rest of them is used.
        model : None is the one that the run names.
        layers, classes : none are all. With classes no accuracy is followed.
        k : of the first units. each : at most so many inputs of each class, by chance.
        allowed : by how much the accuracy may fall, as a share of the inputs.
        names : a YAML file of names of one's own; see `names`.
        progress : called as progress(done, total) with numbers of inputs; what it raises ends the
            work.

        Returns
        -------
        Sentences that a reader of the proof must know, such as what is left out.

        Raises
        ------
        InvalidRequest : a run that is not finished, another model, no unused input.
        UnknownLayer : none of those that were scored.
        """
        from attribution.profile.proving import prove

        if names is not None:
            from attribution.profile import naming  # which loads scipy

            naming.keep(storage.directory(self.folder), self.job, names)
        return prove(
            self,
            str(data),
            model=model,
            layers=[layers] if isinstance(layers, str) else list(layers),
            classes=[classes] if isinstance(classes, str) else list(classes),
            k=k,
            each=each,
            labels=None if labels is None else str(labels),
            allowed=allowed,
            progress=progress,
        )

    def proof(self, layer: str) -> pd.DataFrame | None:
        """What became of unused inputs without the first units of their class; None before `prove`.

        Columns: class, count (of the first units that were switched off together), predicted (the
        sum of their mean scores), measured (the mean fall of the score), low, high (95 %), random
        (the mean fall for as many other units; of several draws), random_low, random_high (the
        least and the largest of these; NaN where there are not as many others), inputs.

        Raises UnknownLayer; InvalidRequest where it is damaged, or of another run.
        """
        return self._proofs.table(self._known(layer))

    def ablation(self, layer: str) -> pd.DataFrame | None:
        """The same for each of the first k units by itself; None also where `prove` did not do it.

        Columns: class, unit, predicted (its mean score), measured, low, high, inputs. Raises as
        `proof`.
        """
        return self._proofs.table(self._known(layer), ALONE)

    def pruning(self, layer: str) -> Pruning | None:
        """The accuracy on unused inputs without the least units, and those that can go.

        None before `prove`, and where there is no accuracy. Raises as `proof`.
        """
        return self._proofs.pruning(self._known(layer))

    def names(self, layer: str) -> dict[int, str]:
        """Unit -> its name, of the units that have one.

        It is the label or attribute with which the unit is more active, best told apart by its
        mean activation, where that is clear of chance for all units and attributes together. Names
        of one's own (`names.yaml` in the folder of the run) win.

        Raises UnknownLayer; InvalidRequest for a damaged shard or file of names.
        """
        from attribution.profile import naming

        found = naming.found(self.rows(), self.manifest, self._known(layer))
        folder = storage.directory(self.folder)
        if folder.exists(jobs.NAMES):
            found |= naming.own_names(f"{folder.path}/{jobs.NAMES}").get(layer, {})
        return found

    def _known(self, layer: str) -> str:
        if layer not in self.layers:
            raise UnknownLayer(layer, self.layers)
        return layer

    @property
    def _proofs(self) -> Proofs:
        return Proofs(storage.directory(self.folder), self.job)

    @property
    def _shards(self) -> Shards:
        return Shards(storage.directory(self.folder), self.job)


def open(folder: str | Path) -> Run:
    """A run from its folder, a path or URL.

    Raises InvalidRequest where it holds none, or a damaged one.
    """
    path = storage.directory(folder).path
    found = jobs.read(storage.directory(path))
    if found is None:
        raise InvalidRequest(f"{one_line(str(folder))} holds no {jobs.FILE}: it is no run.")
    return Run(path, found)
