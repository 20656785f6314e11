"""Unused: the inputs of a data set that a run has not seen, which alone can prove its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from attribution.errors import InvalidRequest, one_line
from attribution.profile.intake import UNREADABLE, Example
from attribution.profile.manifest import Manifest
from attribution.profile.reader import Reader
from attribution.profile.worker import Worker
from attribution.request import digest


def unused(
    run: Worker, data: str, found: Manifest, classes: Sequence[str], each: int
) -> tuple[Manifest, list[str]]:
    """Of a data set, at most `each` inputs of each class that a run has not used, by chance.

    run : what holds its inputs. data, found : the data set, and what is in it. classes : of the
    run; none are all. The labels of what is returned are those of the run; the sentences say what
    is left out.

    Raises InvalidRequest where nothing is left.
    """
    used, label = _used(run.manifest, found), _labels(run.manifest, found)
    notes = []
    new = np.flatnonzero(~used)
    if odd := [i for i in new if label[i] < 0]:
        what = found.classes[found.label[odd[0]]] if found.label[odd[0]] >= 0 else "no label"
        notes.append(
            f"{len(odd)} of {len(found)} inputs are left out, which are of no class of the run, "
            f"such as {one_line(found.id[odd[0]])!r} ({one_line(what)})."
        )
    listed = replace(found, label=label, classes=run.manifest.classes)
    chosen: list[int] = []
    for c, name in enumerate(run.manifest.classes):
        if name in classes or not classes:
            mine = new[label[new] == c]
            chosen += mine[listed.take(mine).sample(each, run.job.basis.seed)].tolist()
    again, told = _seen(run, data, listed, chosen)
    used[again] = True
    if used.any():
        notes.append(f"{used.sum()} of {len(found)} inputs are left out, which the run has used.")
    left = [i for i in chosen if not used[i]]
    if not left:
        which = "" if used.all() else " and that is of its classes"
        raise InvalidRequest(
            f"{one_line(data)} holds no input that the run has not used{which}: give others, or "
            "begin a run with a limit, which leaves some."
        )
    return listed.take(left), [*notes, *told]


def _used(run: Manifest, found: Manifest) -> Any:
    """(inputs,) whether the run has used an input, by its file's digest and its place there."""
    used = {one for one in zip(run.digest, run.record.tolist(), strict=True) if one[0]}
    return np.array([one in used for one in zip(found.digest, found.record.tolist(), strict=True)])


def _labels(run: Manifest, found: Manifest) -> Any:
    """(inputs,) their classes in the run; -1 where it has no such class."""
    number = {name: place for place, name in enumerate(run.classes)}
    places = [number.get(name, -1) for name in found.classes]
    return np.array([places[c] if c >= 0 else -1 for c in found.label], np.int64)


def _seen(
    run: Worker, data: str, listed: Manifest, chosen: Sequence[int]
) -> tuple[list[int], list[str]]:
    """Which of the chosen a run has used out of a file of many, such as a table, whose rows other
    files may hold too. Of a file with one input its digest says enough.
    """
    files, digests = run.manifest.path, set(run.manifest.digest)
    many = {path for path, record in zip(files, run.manifest.record, strict=True) if record}
    others = [i for i in chosen if listed.digest[i] not in digests]
    if not (many and others):
        return [], []
    before, now = Reader(run.job.data, run.manifest, run.intake), Reader(data, listed, run.intake)
    used = [_content(before, place) for place, path in enumerate(files) if path in many]
    known, lost = set(used) - {None}, used.count(None)
    told = f"Of the run {lost} inputs cannot be read any more: whether they are here was not seen."
    return [i for i in others if _content(now, i) in known], [told] if lost else []


def _content(reader: Reader, place: int) -> str | None:
    """The digest of an input as the model takes it; None where it cannot be read."""
    try:
        example: Example = reader.read(place)
    except UNREADABLE:
        return None
    return digest(list(example.values()) if isinstance(example, dict) else [example])
