"""Proofs: what was proven of a run, in its folder: of each layer a table, and what can go."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np

from attribution.errors import InvalidRequest, one_line
from attribution.profile.job import Job
from attribution.profile.storage import Directory

if TYPE_CHECKING:
    import pandas as pd

    from attribution.profile.proof import Pruning

ROOM = "proof"
ALONE = ".alone"
"""The kind of the table of units that were switched off one by one."""
_ABOUT = b"attribution.proof"


class Proofs:
    """The proofs of a run in a folder."""

    def __init__(self, folder: Directory, job: Job) -> None:
        self._folder, self._job = folder, job

    def write(
        self, layer: str, table: pd.DataFrame, alone: pd.DataFrame, pruning: Pruning | None
    ) -> None:
        """What was found; without a pruning, one that is there stays."""
        if pruning is not None:
            about = {"units": pruning.units.tolist(), "allowed": pruning.allowed}
            self._write(_file(layer, ".pruning"), layer, pruning.curve, about)
        self._write(_file(layer, ALONE), layer, alone, {})
        self._write(_file(layer), layer, table, {})

    def table(self, layer: str, kind: str = "") -> pd.DataFrame | None:
        """That of the first units together, or of each (`ALONE`); None where there is none.

        Raises InvalidRequest for a damaged one, or another run's.
        """
        found = self._read(_file(layer, kind), layer)
        return found and found[0]

    def pruning(self, layer: str) -> Pruning | None:
        """None where there is none. Raises InvalidRequest for a damaged one, or another run's."""
        from attribution.profile.proof import Pruning  # loads SciPy

        found = self._read(_file(layer, ".pruning"), layer)
        if found is None:
            return None
        curve, about = found
        return Pruning(curve, np.array(about["units"], int), about["allowed"])

    def layers(self) -> tuple[str, ...]:
        """Those that have a proof, whatever its file holds."""
        return tuple(n for n in self._job.basis.layers if self._folder.exists(_file(n)))

    def _write(self, name: str, layer: str, frame: pd.DataFrame, about: Mapping[str, Any]) -> None:
        import pyarrow as pa  # loaded for tables alone
        import pyarrow.parquet as pq

        said = {"fingerprint": self._job.fingerprint, "layer": layer, **about}
        table = pa.Table.from_pandas(frame, preserve_index=False)
        table = table.replace_schema_metadata({_ABOUT: json.dumps(said)})
        sink = io.BytesIO()
        pq.write_table(table, sink, write_page_checksum=True)
        self._folder.write(name, sink.getvalue())

    def _read(self, name: str, layer: str) -> tuple[pd.DataFrame, dict[str, Any]] | None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        if not self._folder.exists(name):
            return None
        where = f"{name} of {one_line(self._folder.path)}"
        try:
            sink = io.BytesIO(self._folder.read(name))
            table = pq.read_table(sink, page_checksum_verification=True)
            about = json.loads(table.schema.metadata[_ABOUT])
            of = about["fingerprint"], about["layer"]
        except (pa.ArrowException, OSError, ValueError, KeyError, TypeError) as error:
            raise InvalidRequest(
                f"{where} is damaged: remove it, or prove the run anew."
            ) from error
        if of != (self._job.fingerprint, layer):
            raise InvalidRequest(f"{where} is of another run: remove it, or prove this run anew.")
        return table.to_pandas(), about


def _file(layer: str, kind: str = "") -> str:
    """That of a layer, whatever its name has in it."""
    return f"{ROOM}/{quote(layer, safe='').replace('.', '%2E')}{kind}.parquet"
