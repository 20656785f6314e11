"""Contents: the inputs in one file of a data set, whatever its kind, read one by one.

    found = of(directory("data"), "cats/1.png", intake)
    found.count, found.read(0)

A picture is one; FASTA, tables, Parquet and arrays hold many, and may say labels and more of each.
"""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath

import numpy as np

from attribution import sequences, series
from attribution.cards import SeriesEntry
from attribution.errors import InvalidArray, InvalidSequence, one_line
from attribution.inputs.labelled import PICTURES
from attribution.profile import cells
from attribution.profile.intake import LABELS, Array, Contents, Example, Intake
from attribution.profile.storage import Directory

LETTERS = (".fa", ".fasta", ".fna", ".gz")
ARRAYS = (".npy", ".npz")
TABLES = (".csv", ".parquet")


def suffixes(intake: Intake) -> tuple[str, ...]:
    """How the names end of files that may hold inputs of a network."""
    own = {
        "image": PICTURES,
        "sequence": (*LETTERS, ".txt"),
        "tokens": (".txt",),
        "series": (".csv", ".wav"),
    }
    return (*own.get(intake.kind, ()), *ARRAYS, *TABLES)


def of(root: Directory, path: str, intake: Intake) -> Contents:
    """The inputs in a file. Raises one of `UNREADABLE`."""
    suffix = PurePosixPath(path).suffix.lower()
    if suffix in ARRAYS:
        return _arrays(root, path, intake)
    if suffix == ".parquet":
        return cells.parquet(root, path, intake, of)
    match intake.kind:
        case "image":
            return Contents(1, lambda _: intake.picture(root.read(path)))
        case "sequence" if suffix != ".csv":
            return _fasta(root.read(path), intake)
        case "tokens" if suffix != ".csv":
            return Contents(1, lambda _: intake.words(root.read(path)))
        case "series":
            return _recordings(root.read(path), path, intake)
    return cells.csv(root, path, intake, of)


def _fasta(data: bytes, intake: Intake) -> Contents:
    """Headers are >NAME LABEL, or >NAME key=value key=value, of which label= is the class."""
    if data.startswith(b"\x1f\x8b"):
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise InvalidSequence("The gzip file is damaged or incomplete.") from error
    found = list(_records(data.decode("utf-8", "replace")))
    if not found:
        raise InvalidSequence("There is no sequence here.")
    heads = [head.split() for head, _ in found]
    pairs = [dict(w.split("=", 1) for w in words[1:] if "=" in w) for words in heads]
    plain = [[w for w in words[1:] if "=" not in w] for words in heads]
    labels = [
        next((p[k] for k in p if k.lower() in LABELS), words[0] if len(words) == 1 else "")
        for p, words in zip(pairs, plain, strict=True)
    ]
    keys = dict.fromkeys(k for p in pairs for k in p if k.lower() not in LABELS)

    def read(number: int) -> Example:
        (record,) = sequences.read(f">{number}\n{found[number][1]}\n")
        return intake.letters(record.letters)

    return Contents(
        len(found),
        read,
        [words[0] if words else "" for words in heads],
        labels if any(labels) else (),
        {key: [p.get(key, "") for p in pairs] for key in keys},
    )


def _records(text: str) -> Iterator[tuple[str, str]]:
    """(header, letters) of FASTA, or of one sequence a line."""
    if not text.lstrip().startswith(">"):
        yield from (("", line.strip()) for line in text.splitlines() if line.strip())
        return
    for part in ("\n" + text.lstrip("\ufeff \n\r")).split("\n>")[1:]:
        head, _, body = part.partition("\n")
        yield head.strip(), "".join(body.split())


def _recordings(data: bytes, path: str, intake: Intake) -> Contents:
    entry: SeriesEntry = intake.entry
    found = series.read(
        data, PurePosixPath(path).name, entry.channels or intake.shape[1], entry.rate
    )

    def read(number: int) -> Example:
        values, length = found[number].values, intake.shape[0]
        return intake.values(series.window(values, length) if length else values)

    return Contents(len(found), read)


def _arrays(root: Directory, path: str, intake: Intake) -> Contents:
    """An array of inputs, (count, *shape), or one input; of .npz labels and more beside it."""
    try:
        with root.open(path) as file:
            held = np.load(file, allow_pickle=False)
            arrays = (
                {"": held} if isinstance(held, np.ndarray) else {n: held[n] for n in held.files}
            )
    except (ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise InvalidArray(
            f"{one_line(path)} is no .npy or .npz file of numbers and texts, or a damaged one."
        ) from error
    if intake.several:
        given = {name: arrays.pop(name) for name in intake.shapes if name in arrays}
        counts = {len(a) for a in given.values() if a.ndim}
        if set(given) != set(intake.shapes) or len(counts) != 1:
            raise InvalidArray(
                f"{one_line(path)} holds no array of as many inputs for each of "
                f"{', '.join(map(one_line, intake.shapes))}."
            )
        (count,) = counts
        return _said(count, lambda i: intake.named({n: a[i] for n, a in given.items()}), arrays)
    axes = len(intake.shape)
    wanted = [
        name
        for name, array in arrays.items()
        if array.dtype.kind in "biuf" and array.ndim in (axes, axes + 1) and name not in LABELS
    ]
    if not wanted:
        raise InvalidArray(
            f"{one_line(path)} holds no array of inputs: numbers of shape (count, "
            f"{', '.join('any' if n is None else str(n) for n in intake.shape)}) are expected."
        )
    values = arrays.pop(max(wanted, key=lambda name: arrays[name].ndim))
    if values.ndim == axes and not _many(values, intake, arrays):
        values = values[None]
    return _said(len(values), lambda i: intake.values(values[i]), arrays)


def _many(values: Array, intake: Intake, others: Mapping[str, Array]) -> bool:
    """Whether an array with as many axes as one input holds many that lack the axis of channels."""
    if intake.kind not in ("image", "series"):
        return False
    fits = all(n in (None, m) for n, m in zip(intake.shape, values.shape, strict=True))
    return not fits or any(len(a) == len(values) for a in others.values() if a.ndim == 1)


def _said(count: int, read: Callable[[int], Example], others: Mapping[str, Array]) -> Contents:
    """What the other arrays of a file say of each of its inputs."""
    columns = {
        name: [str(v) for v in array.tolist()]
        for name, array in others.items()
        if array.ndim == 1 and len(array) == count and array.dtype.kind in "biufU"
    }
    label = next((n for n in columns if n.lower() in LABELS), None)
    labels = columns.pop(label) if label else ()
    return Contents(count, read, (), labels, columns)
