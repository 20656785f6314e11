"""Shards: fixed slices of the manifest, each with its rows in a file, complete or absent."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from attribution.errors import InvalidRequest, one_line
from attribution.profile import rows
from attribution.profile.job import Job
from attribution.profile.rows import Rows, Unreadable
from attribution.profile.storage import Directory

if TYPE_CHECKING:
    import pandas as pd

Refused = tuple[str, str]
"""The name of an input, and why there is no row for it."""


class Shards:
    """The shards of a run in a folder."""

    def __init__(self, folder: Directory, job: Job) -> None:
        self.folder = folder
        self.job = job

    def places(self, shard: int) -> npt.NDArray[np.int64]:
        """The inputs of a shard, by their places in the manifest."""
        size = self.job.basis.shard
        return np.arange(shard * size, min((shard + 1) * size, self.job.inputs), dtype=np.int64)

    def write(self, shard: int, found: Rows, refused: Sequence[Refused]) -> None:
        """What was found for a shard. Raises InvalidRequest where it cannot be written."""
        name = _file("quarantine", shard)
        if refused:
            self.folder.write(name, _table(refused))
        else:
            self.folder.remove(name)
        about = {
            "fingerprint": self.job.fingerprint,
            "shard": shard,
            "quarantined": len(refused),
        }
        self.folder.write(_file("shards", shard), rows.to_bytes(found, about))

    def read(self, shard: int) -> Rows:
        """The rows of a shard.

        Raises
        ------
        FileNotFoundError : it is not there.
        Unreadable : it is damaged, or of another run.
        """
        found, about = rows.from_bytes(self.folder.read(_file("shards", shard)))
        if about.get("fingerprint") != self.job.fingerprint or about.get("shard") != shard:
            raise Unreadable("it is of another run")
        quarantined = len(self.refused(shard)) if about.get("quarantined") else 0
        if quarantined != about.get("quarantined") or len(found) + quarantined != len(
            self.places(shard)
        ):
            raise Unreadable("its quarantine is not there")
        return found

    def refused(self, shard: int) -> list[Refused]:
        """The inputs of a shard that have no row."""
        import pyarrow as pa  # loaded for tables alone
        import pyarrow.parquet as pq

        name = _file("quarantine", shard)
        if not self.folder.exists(name):
            return []
        try:
            table = pq.read_table(io.BytesIO(self.folder.read(name)))
            return list(zip(table["id"].to_pylist(), table["reason"].to_pylist(), strict=True))
        except (pa.ArrowException, OSError, KeyError) as error:
            raise Unreadable("its quarantine is damaged") from error

    def there(self) -> list[int]:
        """The numbers of those whose files are there, whatever they hold."""
        if not self.folder.exists():
            return []
        names = {_file("shards", shard): shard for shard in range(self.job.shards)}
        return sorted(names[name] for name in self.folder.walk() if name in names)

    def damaged(self, shards: Iterable[int] | None = None) -> dict[int, str]:
        """Those that are there and cannot be used, with the reason."""
        found = {}
        for shard in self.there() if shards is None else shards:
            try:
                self.read(shard)
            except Unreadable as error:
                found[shard] = str(error)
        return found

    def sound(self, shard: int) -> Rows:
        """The rows of a shard that is there. Raises InvalidRequest where it is damaged."""
        try:
            return self.read(shard)
        except Unreadable as error:
            raise self._damaged(shard, error) from error

    def _damaged(self, shard: int, error: Unreadable) -> InvalidRequest:
        return InvalidRequest(
            f"{_file('shards', shard)} of {one_line(self.folder.path)} is damaged, {error}: start "
            "the same run again, which makes it anew."
        )

    def quarantine(self) -> pd.DataFrame:
        """The columns id and reason, of all shards that are there.

        Raises InvalidRequest where one is damaged.
        """
        import pandas as pd

        found = []
        for shard in self.there():
            try:
                found += self.refused(shard)
            except Unreadable as error:
                raise self._damaged(shard, error) from error
        return pd.DataFrame(found, columns=["id", "reason"], dtype="str")


def _file(room: str, shard: int) -> str:
    return f"{room}/{shard:05}.parquet"


def _table(refused: Sequence[Refused]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    names, reasons = zip(*refused, strict=True)
    sink = io.BytesIO()
    pq.write_table(pa.table({"id": list(names), "reason": list(reasons)}), sink)
    return sink.getvalue()
