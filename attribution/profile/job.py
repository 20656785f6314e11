"""Job: all that changes a number of a run, and where its parts lie; kept as run.json.

Everything a worker needs is in the folder of the run: `run.json`, `manifest.parquet`, `card.yaml`,
`baseline.npy`, `plan.json`. What the numbers were made from is summed up in one fingerprint, and a
run never goes on with another.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import attribution
from attribution.errors import InvalidRequest, one_line
from attribution.profile.storage import Directory

FILE = "run.json"
MANIFEST, CARD, BASELINE, PLAN = "manifest.parquet", "card.yaml", "baseline.npy", "plan.json"
NAMES = "names.yaml"
"""Names of one's own for units, which change no number."""
_FORMAT = 1
_SHOWN = 12  # characters of a digest in a sentence
_PLAIN = {
    "model": "model (its weights or operations)",
    "card": "card",
    "manifest": "data, labels or limit",
    "versions": "versions of the programs",
}


@dataclass(frozen=True)
class Basis:
    """What the numbers are made from.

    model, card, manifest : digests. target : "predicted", or as JSON has targets; {"label": [...]}
    is the output of each class. baseline : its word, and the digest of its array where it has one.
    precision : {"tolerance": ...} of each input, or {"plan": "sampled"} for class means, of which
    all else follows from the manifest. shard : inputs in each.
    """

    model: str
    card: str
    manifest: str
    layers: tuple[str, ...]
    target: Any
    baseline: str
    method: str
    precision: Any
    seed: int
    shard: int
    versions: Mapping[str, str]

    @property
    def sampled(self) -> bool:
        """Whether a pilot says where the integral of every input is looked at."""
        return "plan" in self.precision

    @property
    def fingerprint(self) -> str:
        """SHA-256 of it."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()

    def differs(self, other: Basis) -> str:
        """What another is made from, in words; "" where it is the same."""
        told = []
        for name in (f.name for f in fields(self)):
            mine, theirs = (json.dumps(getattr(b, name), sort_keys=True) for b in (self, other))
            if mine == theirs:
                continue
            if name in _PLAIN and name != "versions":
                told.append(f"another {_PLAIN[name]}")
            else:
                told.append(f"{name} {one_line(theirs, 60)}, not {one_line(mine, 60)}")
        return "; ".join(told)


@dataclass(frozen=True)
class Job:
    """A run: what it is made from, and where the model and the data lie.

    units : layer -> how many it has. notes : sentences that a reader of the numbers must know.
    """

    basis: Basis
    model: str
    data: str
    asked: Mapping[str, Any]
    inputs: int
    classes: tuple[str, ...]
    units: Mapping[str, int]
    notes: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str:
        """That of its basis."""
        return self.basis.fingerprint

    @property
    def shards(self) -> int:
        """How many there are."""
        return -(-self.inputs // self.basis.shard)


def shard_size(inputs: int) -> int:
    """Inputs in each shard: few enough that little is lost when a machine stops."""
    return min(64, max(8, -(-inputs // 64)))


def versions() -> dict[str, str]:
    """Of the programs that compute."""
    import keras
    import numpy as np
    import tensorflow as tf

    return {
        "neuron-attribution": attribution.__version__,
        "keras": keras.__version__,
        "tensorflow": tf.__version__,
        "numpy": np.__version__,
    }


def to_bytes(job: Job) -> bytes:
    """The content of run.json."""
    said = {"format": _FORMAT, "fingerprint": job.fingerprint, **asdict(job)}
    return (json.dumps(said, indent=1, ensure_ascii=False) + "\n").encode()


def read(folder: Directory) -> Job | None:
    """The job of a folder; None where there is none.

    Raises
    ------
    InvalidRequest : a run.json that is damaged or of another version; shards without one.
    """
    where = one_line(folder.path)
    if not folder.exists(FILE):
        if any(name.startswith("shards/") for name in _listing(folder)):
            raise InvalidRequest(
                f"{where} holds shards and no {FILE}, which says what they are of: put it back, or "
                "give an empty folder."
            )
        return None
    try:
        said = json.loads(folder.read(FILE))
        if said.pop("format") != _FORMAT:
            raise InvalidRequest(f"{where} was made by another version of this program.")
        fingerprint, basis = said.pop("fingerprint"), said.pop("basis")
        basis = Basis(**{**basis, "layers": tuple(basis["layers"])})
        lists = {name: tuple(said[name]) for name in ("classes", "notes")}
        job = Job(**{**said, **lists, "basis": basis})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, InvalidRequest):
            raise
        raise InvalidRequest(
            f"{FILE} in {where} is damaged: put a copy back, or give an empty folder."
        ) from error
    if job.fingerprint != fingerprint:
        raise InvalidRequest(f"{FILE} in {where} was changed by hand: put a copy back.")
    return job


def _listing(folder: Directory) -> Sequence[str]:
    return folder.walk() if folder.exists() else ()
