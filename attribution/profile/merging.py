"""Merging: the shards that several machines made of one run, in one folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from attribution.errors import InvalidRequest, one_line
from attribution.profile import job as jobs
from attribution.profile import storage
from attribution.profile.proofs import ROOM
from attribution.profile.results import Run, open
from attribution.profile.shards import Shards
from attribution.profile.storage import Directory

SHARED = (jobs.MANIFEST, jobs.CARD, jobs.BASELINE, jobs.PLAN, jobs.NAMES)
"""What the folders of one run have in common beside run.json."""


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
        folder = storage.directory(run.folder)
        proofs = [name for name in folder.walk() if name.startswith(f"{ROOM}/")]
        _copy(folder, into, [*SHARED, *proofs])
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
