"""Data: what a data set is, from a folder, a list of files or one file that holds all of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

import numpy as np

from attribution.errors import InvalidRequest, one_line
from attribution.profile import contents, labels, storage
from attribution.profile.intake import UNREADABLE, Contents, Intake
from attribution.profile.labels import Labels
from attribution.profile.manifest import Manifest
from attribution.profile.storage import Directory

_PIECE = 2**20  # bytes that are hashed at once


@dataclass(frozen=True)
class _Listed:
    """One input as it was found. digest : "" where there is nothing to be read."""

    id: str
    path: str
    record: int
    digest: str
    label: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)


def survey(data: str, label_file: str | None, intake: Intake) -> tuple[Manifest, tuple[str, ...]]:
    """The inputs of a data set, and sentences about what a reader must know of it.

    data : a folder, in which each folder is a class; a CSV with a file and its label in each line;
    FASTA, .npy, .npz, .parquet or .csv. label_file : a CSV, see `labels`.

    Raises
    ------
    InvalidRequest : nothing there, no input, no labels, a label file of something else.
    """
    root, names, listed = _located(data, intake)
    known = labels.read(label_file) if label_file else listed
    if label_file:  # which may lie among the inputs
        there = storage.split(label_file)
        names = [n for n in names if (root.path, n) != (there[0].path, there[1])]
    found: list[_Listed] = []
    whole = listed is not None or root.path == storage.directory(data).path
    for name in names:
        found += _inside(root, name, intake, whole)
    if not found:
        raise InvalidRequest(
            f"{one_line(data)} holds no input of this model: files that end in "
            f"{', '.join(contents.suffixes(intake))} are."
        )
    found = _apart(found)
    notes = []
    if known:
        found, told = _labelled(found, known)
        notes += told
    if not any(entry.label for entry in found):
        raise InvalidRequest(
            f"Nothing says which class the inputs of {one_line(data)} have: give a folder for each "
            "class, or labels, a CSV of lines such as cat.png,cat."
        )
    manifest = _manifest(found, intake)
    if len(manifest.classes) == 1:
        notes.append(
            f"All inputs are of one class, {one_line(manifest.classes[0])}: there is nothing to "
            "compare its units with."
        )
    return manifest, tuple(notes)


def place(data: str) -> Directory:
    """The folder that the paths of a data set begin in."""
    root = storage.directory(data)
    return root if root.exists() else storage.split(data)[0]


def digest(root: Directory, path: str) -> str:
    """SHA-256 of a file. Raises OSError."""
    found = hashlib.sha256()
    with root.open(path) as file:
        while piece := file.read(_PIECE):
            found.update(piece)
    return found.hexdigest()


def _located(data: str, intake: Intake) -> tuple[Directory, list[str], Labels | None]:
    """The folder, its files that may be inputs, and the labels where a list of files is given."""
    root, ends = place(data), contents.suffixes(intake)
    if root.path == storage.directory(data).path:
        return root, [name for name in root.walk() if _ends(name, ends)], None
    name = storage.split(data)[1]
    if not root.exists(name):
        raise InvalidRequest(f"There is no file or folder {one_line(data)!r}.")
    if labels.lists_files(data):
        listed = labels.read(data)
        return root, sorted(n for n in listed.of if root.exists(n)), listed
    if not _ends(name, ends):
        raise InvalidRequest(
            f"{one_line(data)} is no data set of this model: give a folder, a .csv with a file and "
            f"its label in each line, or a file that ends in {', '.join(ends)}."
        )
    return root, [name], None


def _ends(name: str, ends: Sequence[str]) -> bool:
    return PurePosixPath(name).suffix.lower() in ends


def _inside(root: Directory, path: str, intake: Intake, whole: bool) -> Iterator[_Listed]:
    """The inputs of one file; of one that cannot be read one, which is refused in its turn.

    whole : whether the data are a folder, in which the name of a folder is a class.
    """
    folder = path.split("/")[0] if whole and "/" in path else ""
    try:
        held = digest(root, path)
    except OSError:
        yield _Listed(path, path, 0, "", folder)
        return
    try:
        found = contents.of(root, path, intake)
    except UNREADABLE:
        found = Contents(1, lambda _: np.zeros(0))
    for record in range(found.count):
        name = found.names[record] if found.names else str(record)
        alone = whole and found.count == 1
        said = {n: values[record] for n, values in found.attributes.items() if values[record]}
        yield _Listed(
            path if alone else f"{path}#{name}" if whole else name,
            path,
            record,
            held,
            (found.labels[record] if found.labels else "") or folder,
            said,
        )


def _apart(found: Sequence[_Listed]) -> list[_Listed]:
    """The same with a number behind each name that was there before."""
    met: dict[str, int] = {}
    apart = []
    for entry in found:
        met[entry.id] = met.get(entry.id, 0) + 1
        number = met[entry.id]
        apart.append(replace(entry, id=f"{entry.id} ({number})") if number > 1 else entry)
    return apart


def _labelled(found: Sequence[_Listed], listed: Labels) -> tuple[list[_Listed], list[str]]:
    """The inputs that a label file names, with what it says; a name without an input stays too."""
    bare: dict[str, list[str]] = {}
    for entry in found:
        bare.setdefault(PurePosixPath(entry.path).name, []).append(entry.id)
    kept, used = [], set()
    for entry in found:
        base = PurePosixPath(entry.path).name
        keys = [entry.id, entry.path, *([base] if len(bare[base]) == 1 else [])]
        key = next((k for k in keys if k in listed.of), None)
        if key is None:
            continue
        used.add(key)
        label, said = listed.of[key]
        attributes = {**entry.attributes, **{n: v for n, v in said.items() if v}}
        kept.append(replace(entry, label=label or entry.label, attributes=attributes))
    if not kept:
        raise InvalidRequest(
            f"{listed.name} names none of the {len(found)} inputs: it has "
            f"{one_line(next(iter(listed.of), 'nothing'))!r}, and the first input is "
            f"{one_line(found[0].id)!r}."
        )
    missing = [key for key in listed.of if key not in used]
    notes = []
    if missing:
        notes.append(
            f"{len(missing)} of {len(listed.of)} lines of {listed.name} name no input, such as "
            f"{one_line(missing[0])!r}: these are in the quarantine."
        )
    if len(kept) < len(found):
        first = next(e.id for e in found if e.id not in {k.id for k in kept})
        notes.append(
            f"{len(found) - len(kept)} of {len(found)} inputs are left out, which {listed.name} "
            f"does not name, such as {one_line(first)!r}."
        )
    absent = [_Listed(key, key, 0, "", *listed.of[key]) for key in missing]
    return [*kept, *absent], notes


def _manifest(found: Sequence[_Listed], intake: Intake) -> Manifest:
    ordered = sorted(found, key=lambda entry: (entry.path, entry.record, entry.id))
    classes = _classes({entry.label for entry in found if entry.label}, intake.card.labels)
    number = {label: i for i, label in enumerate(classes)}
    attributes = dict.fromkeys(name for entry in ordered for name in entry.attributes)
    return Manifest(
        id=tuple(entry.id for entry in ordered),
        path=tuple(entry.path for entry in ordered),
        record=np.array([entry.record for entry in ordered], np.int64),
        digest=tuple(entry.digest for entry in ordered),
        label=np.array([number.get(entry.label, -1) for entry in ordered], np.int64),
        classes=classes,
        attributes={n: tuple(e.attributes.get(n, "") for e in ordered) for n in attributes},
    )


def _classes(said: set[str], names: Sequence[str]) -> tuple[str, ...]:
    """The classes in the order of the model's outputs, where they are such, else by name."""
    places = {name.casefold(): place for place, name in enumerate(names)}

    def order(label: str) -> tuple[int, int, str]:
        known = places.get(label.casefold(), int(label) if label.isdecimal() else None)
        return (0, known, label) if known is not None else (1, 0, label)

    return tuple(sorted(said, key=order))
