"""Datasets: what somebody sends for a run, as files beside it."""

from __future__ import annotations

from pathlib import Path

from attribution.errors import one_line
from dashboard.work import archive
from dashboard.work.archive import PICTURES
from dashboard.work.refused import Refused

MOST = 2000  # files
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
    members = archive.unpack(data, name, suffixes, MOST, "files: give a few of each class.")
    if not members:
        raise Refused(
            f"{one_line(name)} holds no inputs of this network: files that end in "
            f"{', '.join(suffixes)} are, in a folder for each class."
        )
    place = folder.with_name(f".{folder.name}.data")
    archive.lay(members, place)
    return place
