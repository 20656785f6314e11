"""Manifest: the inputs of a data set, frozen: what each is called, where it lies, what it holds.

It is made before the work, sorted by name, and every shard is a fixed slice of it. Its digest is
part of what a run is made from, and names no folder of a machine: two machines that hold the same
files have the same one.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from attribution.errors import InvalidRequest
from attribution.request import digest

_CLASSES = b"attribution.classes"
_OWN = ("id", "path", "record", "digest", "label")
_ATTRIBUTE = "attribute:"


@dataclass(frozen=True)
class Manifest:
    """The inputs in their order.

    id : (n,) the name of each, no two alike. path : (n,) its file, from the folder of the data on.
    record : (n,) its number in that file, from 0. digest : (n,) SHA-256 of that file; "" where it
    could not be read. label : (n,) its class, an index into `classes`; -1 where it has none.
    attributes : name -> (n,) what else is said of each, as text; "" where nothing is.
    """

    id: tuple[str, ...]
    path: tuple[str, ...]
    record: npt.NDArray[np.int64]
    digest: tuple[str, ...]
    label: npt.NDArray[np.int64]
    classes: tuple[str, ...]
    attributes: Mapping[str, tuple[str, ...]]

    def __len__(self) -> int:
        return len(self.id)

    def fingerprint(self) -> str:
        """SHA-256 of all of it but the paths."""
        texts = json.dumps([self.id, self.digest, self.classes, dict(self.attributes)])
        return digest([texts, self.record, self.label])

    def take(self, places: Sequence[int] | npt.NDArray[np.int64]) -> Manifest:
        """Some of its inputs; the classes stay."""
        at = np.asarray(places, np.int64)
        texts = {n: tuple(getattr(self, n)[i] for i in at) for n in ("id", "path", "digest")}
        attributes = {n: tuple(v[i] for i in at) for n, v in self.attributes.items()}
        return Manifest(
            **texts,
            record=self.record[at],
            label=self.label[at],
            classes=self.classes,
            attributes=attributes,
        )

    def sample(self, count: int, seed: int) -> npt.NDArray[np.int64]:
        """Places of at most `count` inputs, as many of each class as can be, in their order.

        By chance, and the same each time: which one comes first in its class is told by the digest
        of its name and the seed.
        """
        chance = [hashlib.sha256(f"{seed} {name}".encode()).digest() for name in self.id]
        order = sorted(range(len(self)), key=chance.__getitem__)
        met: dict[int, int] = {}
        rank = {}
        for place in order:
            label = int(self.label[place])
            rank[place] = met[label] = met.get(label, -1) + 1
        chosen = sorted(order, key=lambda place: (rank[place], chance[place]))[:count]
        return np.array(sorted(chosen), np.int64)


def to_bytes(manifest: Manifest) -> bytes:
    """A Parquet file: the columns id, path, record, digest, label and attribute:NAME."""
    import pyarrow as pa  # loaded for tables alone
    import pyarrow.parquet as pq

    columns: dict[str, Any] = {name: getattr(manifest, name) for name in _OWN}
    columns |= {f"{_ATTRIBUTE}{name}": v for name, v in manifest.attributes.items()}
    texts = {n: pa.array(v, pa.string()) for n, v in columns.items() if isinstance(v, tuple)}
    table = pa.table({**columns, **texts})
    table = table.replace_schema_metadata({_CLASSES: json.dumps(manifest.classes)})
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def from_bytes(data: bytes) -> Manifest:
    """The manifest of a file of `to_bytes`. Raises InvalidRequest for any other."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(io.BytesIO(data))
        classes = tuple(json.loads((table.schema.metadata or {})[_CLASSES]))
        found = {name: table[name].to_pylist() for name in table.column_names}
        texts: Any = {name: tuple(found[name]) for name in ("id", "path", "digest")}
        whole: Any = {name: np.array(found[name], np.int64) for name in ("record", "label")}
    except (pa.ArrowException, OSError, KeyError, ValueError, TypeError) as error:
        raise InvalidRequest(
            "manifest.parquet of the run is damaged: start the same run again, which makes it anew."
        ) from error
    attributes = {
        name.removeprefix(_ATTRIBUTE): tuple(values)
        for name, values in found.items()
        if name.startswith(_ATTRIBUTE)
    }
    return Manifest(**texts, **whole, classes=classes, attributes=attributes)
