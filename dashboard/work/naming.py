"""Naming: what the units of a run are called, by what they tell apart."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from attribution.profile.results import Run

_KINDS = 50  # of an attribute, that names are looked for among


def found(run: Run, layer: str) -> Mapping[int, str]:
    """The label or attribute with which each unit is more active, best told apart by it, where
    that is clear of chance; names of one's own, in names.yaml of the run's folder, win."""
    from attribution.profile import naming as library  # which loads scipy

    own = Path(run.folder, "names.yaml")
    given = library.own_names(own).get(layer, {}) if own.is_file() else {}
    held = [(r.index, r.activations[layer]) for r in run.rows()]
    if not held:
        return given
    index, active = (np.concatenate(part) for part in zip(*held, strict=True))
    listed = run.manifest
    said = {"": [listed.classes[c] if c >= 0 else "" for c in listed.label[index]]}
    said |= {n: [texts[i] for i in index] for n, texts in listed.attributes.items()}
    tried: dict[str, Any] = {}
    for texts in said.values():
        kinds = sorted(set(texts) - {""})
        if len(kinds) <= _KINDS:
            known = np.array([text != "" for text in texts])
            for kind in kinds:
                has = np.array([float(text == kind) for text in texts])
                tried.setdefault(kind, np.where(known, has, np.nan))
    best = library.names(active, tried)
    named = best[(best["name"] != "") & (best["area"] > 0.5)]
    return {**dict(zip(named["unit"].astype(int).tolist(), named["name"], strict=True)), **given}
