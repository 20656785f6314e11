"""Datasets: what somebody sends for a run, as files beside it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from attribution.errors import InvalidRequest, one_line
from attribution.inputs.labelled import PICTURES, UNPACKED, Member, members
from dashboard.work.refused import Refused

MOST = 2000  # files
LIMITS = f"{UNPACKED >> 20} MB unpacked and {MOST:,} files"
_OWN = {
    "image": PICTURES,
    "sequence": (".fa", ".fasta", ".fna", ".txt"),
    "tokens": (".txt",),
    "series": (".csv", ".wav"),
    "table": (".csv",),
}
_ALL = (".npy", ".npz", ".parquet")


def unpacked(folder: Path, data: bytes, name: str, kind: str) -> Path:
    """Lay the inputs of a .zip beside the folder of a run. kind : of the model's input.

    Raises Refused for what is no such file, is beyond a limit, or holds no inputs of the model.
    """
    suffixes = (*_OWN.get(kind, ()), *_ALL)
    try:
        found = members(data, name, suffixes, MOST, "files: give a few of each class.")
    except InvalidRequest as refused:
        raise Refused(str(refused)) from refused
    if not found:
        raise Refused(
            f"{one_line(name)} holds no inputs of this network: files that end in "
            f"{', '.join(suffixes)} are, in a folder for each class."
        )
    place = folder.with_name(f".{folder.name}.data")
    _lay(found, place)
    return place


def _lay(found: Sequence[Member], folder: Path) -> None:
    """Write files below a folder of our own: in one for each class, numbered, so that nothing that
    a stranger has named is a path here."""
    classes = list(dict.fromkeys(member.folder for member in found))
    for number, member in enumerate(found):
        below = folder / _safe(member.folder, classes.index(member.folder))
        below.mkdir(parents=True, exist_ok=True)
        stem = _safe(PurePosixPath(member.name).stem, 0)[:60]
        (below / f"{stem}-{number:05}{member.suffix}").write_bytes(member.data)


def _safe(name: str, number: int) -> str:
    """The name with nothing that a file system would act on; never hidden, never empty."""
    kept = "".join(c if c.isalnum() or c in " -_" else "_" for c in name).strip(" ")[:100]
    return kept or (f"class {number}" if name else ".")
