"""Run: a data set's profile as it lies in its folder, finished or not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
from attribution.profile.rows import Rows, Unreadable, joined
from attribution.profile.shards import Shards
from attribution.profile.storage import Directory

if TYPE_CHECKING:
    import pandas as pd

SHARED = (jobs.MANIFEST, jobs.CARD, jobs.BASELINE, jobs.PLAN)
"""What the folders of one run have in common beside run.json."""


@dataclass(frozen=True)
class Status:
    """How far a run is.

    inputs : in the manifest. done, quarantined : of those, with a row and without one.
    shards, complete : how many there are, and are done. damaged : number -> why it cannot be used.
    """

    inputs: int
    done: int
    quarantined: int
    shards: int
    complete: int
    damaged: dict[int, str]

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

        if layer not in self.layers:
            raise UnknownLayer(layer, self.layers)
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
        return Status(self.job.inputs, done, quarantined, self.job.shards, complete, damaged)

    def quarantine(self) -> pd.DataFrame:
        """The inputs without a row: the columns id and reason."""
        return self._shards.quarantine()

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


def merge(folders: str | Path | Sequence[str | Path], out: str | Path | None = None) -> Run:
    """The shards of several folders in one: those of one run that several machines made.

    out : None puts them into the first. What is there already stays, unless it is damaged.

    Raises
    ------
    InvalidRequest : no folder, one without a run, or of another run; it is said what differs.
    """
    given = [folders] if isinstance(folders, str | Path) else list(folders)
    if not given:
        raise InvalidRequest("There is nothing to merge: give the folders of a run.")
    runs = [open(folder) for folder in given]
    first = runs[0]
    for run in runs[1:]:
        _check(first, run)
    into = storage.directory(first.folder if out is None else out)
    there = jobs.read(into)
    if there is not None:
        _check(first, Run(into.path, there))
    for run in runs:
        _copy(storage.directory(run.folder), into, SHARED)
    into.write(jobs.FILE, jobs.to_bytes(first.job))
    target = Shards(into, first.job)
    lacking = set(range(first.job.shards)) - (set(target.there()) - set(target.damaged()))
    for run in runs:
        source = Shards(storage.directory(run.folder), run.job)
        for shard in sorted(lacking & set(source.there()) - set(source.damaged())):
            target.write(shard, source.read(shard), source.refused(shard))
            lacking.remove(shard)
    return Run(into.path, first.job)


def _check(one: Run, other: Run) -> None:
    differs = one.job.basis.differs(other.job.basis)
    if differs:
        raise InvalidRequest(
            f"{one_line(other.folder)} is of another run than {one_line(one.folder)}: {differs}."
        )


def _copy(source: Directory, into: Directory, names: Sequence[str]) -> None:
    for name in names:
        if source.exists(name) and not into.exists(name):
            into.write(name, source.read(name))
