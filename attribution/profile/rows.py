"""Rows: what was found for some inputs of a data set, one row for each, and its Parquet file.

A shard's file says in its footer what it was made from, and carries the digest of its numbers: one
that a disk has damaged, or that holds something else, is known by it.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from attribution.request import digest

PLAIN = ("index", "label", "target", "score", "reference", "evaluations")
WIDE = ("units", "quadrature", "activations")
_ABOUT = b"attribution.profile"
Floats = npt.NDArray[np.float32]
Whole = npt.NDArray[np.int64]


class Unreadable(Exception):
    """A shard's file that does not hold what was written; its sentence says why."""


@dataclass(frozen=True)
class Rows:
    """What was found for some inputs of the manifest, in its order.

    index : (n,) places in the manifest. label : (n,) the class of each, an index into
    `Manifest.classes`; -1 where it is not known. target : (n,) the class that was explained, -1 for
    a sum of several. score, reference : (n,) F(x) and F(x'). evaluations : (n,) of gradients.

    By layer (n, units). units : the contribution of each channel, its positions summed.
    quadrature : the estimated variance of that contribution by the integral alone, NaN where the
    method knows no error. activations : the channel's mean activation over its positions at x.
    """

    index: Whole
    label: Whole
    target: Whole
    score: Floats
    reference: Floats
    evaluations: Whole
    units: Mapping[str, Floats]
    quadrature: Mapping[str, Floats]
    activations: Mapping[str, Floats]

    def __len__(self) -> int:
        return len(self.index)

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers that were scored."""
        return tuple(self.units)

    def take(self, kept: Any) -> Rows:
        """Some of the rows: a mask, a slice or places among these."""
        plain: Any = {name: getattr(self, name)[kept] for name in PLAIN}
        wide: Any = {n: {k: v[kept] for k, v in getattr(self, n).items()} for n in WIDE}
        return Rows(**plain, **wide)


def joined(parts: Sequence[Rows]) -> Rows:
    """One of several, one or more, in the order of the manifest."""
    plain: Any = {n: np.concatenate([getattr(p, n) for p in parts]) for n in PLAIN}
    wide: Any = {
        n: {k: np.concatenate([getattr(p, n)[k] for p in parts]) for k in parts[0].units}
        for n in WIDE
    }
    return Rows(**plain, **wide).take(np.argsort(plain["index"], kind="stable"))


def empty(units: Mapping[str, int]) -> Rows:
    """Of no inputs. units : how many each layer has."""
    whole, floats = np.zeros(0, np.int64), np.zeros(0, np.float32)
    wide = {n: np.zeros((0, count), np.float32) for n, count in units.items()}
    return Rows(whole, whole, whole, floats, floats, whole, wide, wide, wide)


def to_bytes(rows: Rows, about: Mapping[str, Any]) -> bytes:
    """A Parquet file. about : plain values that are kept in its footer, such as the fingerprint."""
    import pyarrow as pa  # loaded for tables alone
    import pyarrow.parquet as pq

    columns: dict[str, Any] = {name: getattr(rows, name) for name in PLAIN}
    for name in WIDE:
        for layer, values in getattr(rows, name).items():
            flat = pa.array(np.ascontiguousarray(values, np.float32).reshape(-1))
            columns[f"{name}:{layer}"] = pa.FixedSizeListArray.from_arrays(flat, values.shape[1])
    said = json.dumps({**about, "digest": _digest(rows)})
    table = pa.table(columns).replace_schema_metadata({_ABOUT: said})
    sink = io.BytesIO()
    packed = {"use_dictionary": False, "use_byte_stream_split": True}  # floats: a third less
    pq.write_table(table, sink, compression="zstd", **packed)
    return sink.getvalue()


def from_bytes(data: bytes) -> tuple[Rows, dict[str, Any]]:
    """The rows of a file of `to_bytes`, and what is said about them.

    Raises
    ------
    Unreadable : no such file, or one whose numbers are not those that were written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(io.BytesIO(data))
        about = json.loads((table.schema.metadata or {})[_ABOUT])
        plain: Any = {n: np.asarray(table[n].to_numpy(), _dtype(n)) for n in PLAIN}
        wide: Any = {name: {} for name in WIDE}
        for column in table.column_names:
            name, found, layer = column.partition(":")
            if found:
                values = table[column].combine_chunks()
                flat = np.asarray(values.flatten().to_numpy(zero_copy_only=False), np.float32)
                wide[name][layer] = flat.reshape(len(table), values.type.list_size)
        rows = Rows(**plain, **wide)
        said = about.pop("digest")
    except (pa.ArrowException, OSError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise Unreadable("it is no complete Parquet file of a shard") from error
    if said != _digest(rows):
        raise Unreadable("its numbers are not those that were written")
    return rows, about


def _dtype(name: str) -> Any:
    return np.float32 if name in ("score", "reference") else np.int64


def _digest(rows: Rows) -> str:
    parts: list[Any] = [getattr(rows, name) for name in PLAIN]
    for field in fields(rows)[len(PLAIN) :]:
        for layer, values in getattr(rows, field.name).items():
            parts += [field.name, layer, values]
    return digest(parts)
