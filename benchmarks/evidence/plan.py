"""The plan: what was fixed beforehand, read from plan.yaml, and its fingerprint."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

import attribution

FILE = Path(__file__).with_name("plan.yaml")
_MAKE = ("faithfulness", "networks", "rankings", "runner", "split", "studies")
"""What the numbers follow from; tables and figures are made of these."""


@dataclass(frozen=True)
class Plan:
    """One form of the protocol, full or quick. fingerprint : of it, the code and the library."""

    quick: bool
    seed: int
    inputs: dict[str, int]
    layers: dict[str, list[str]]
    costly: list[str]
    exact: list[str]
    permutations: int
    mask_steps: int
    subsets: int
    resamples: int
    tolerances: list[float]
    reference_tolerance: dict[str, float]
    again_tolerance: float
    again_steps: int
    least_share: float
    unused: int
    first: int
    fingerprint: str


def read(quick: bool) -> Plan:
    """The plan as it stands in the file."""
    given: dict[str, Any] = yaml.safe_load(FILE.read_text())
    form = given["quick" if quick else "full"]
    code = [FILE.with_name(f"{name}.py") for name in _MAKE]
    mark = hashlib.sha256(attribution.__version__.encode())
    for file in [FILE, *code]:
        mark.update(file.read_bytes())
    shared = {k: v for k, v in given.items() if k not in ("full", "quick")}
    return Plan(quick=quick, **shared, **form, fingerprint=mark.hexdigest()[:16])
