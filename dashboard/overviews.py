"""Overviews of the samples, computed beforehand: assets/results/<model>/<sample>.overview.json."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path

from dashboard.catalogue import RESULTS
from dashboard.findings import LayerSum, Overview


def overview_path(model: str, sample: str) -> Path:
    """Where the overview of a sample is, whether or not it exists."""
    return RESULTS / model / f"{sample}.overview.json"


def save(path: Path, query: str, overview: Overview) -> None:
    """Write an overview and the request that it answers, as text; NaN becomes null."""
    about = {k: v for k, v in asdict(overview).items() if k != "layers"}
    layers = [
        [
            *(x.name, _short(x.positive), _short(x.negative), _short(x.error), _short(x.gap)),
            *(x.is_cut, x.converged, _short(x.resolution)),
        ]
        for x in overview.layers
    ]
    rows = ",\n  ".join(json.dumps(row) for row in layers)
    head = json.dumps({"query": query, **about}, indent=1)[:-2]
    path.write_text(f'{head},\n "layers": [\n  {rows}\n ]\n}}\n', encoding="utf-8")


def load(path: Path, query: str) -> Overview | None:
    """Read what `save` wrote; None where there is no file, or it answers another request."""
    if not path.is_file():
        return None
    content = json.loads(path.read_text(encoding="utf-8"))
    if content.pop("query") != query:
        return None
    rows = content.pop("layers")
    return Overview(layers=tuple(_layer(*row) for row in rows), **content)


def _layer(
    name: str,
    positive: float | None,
    negative: float | None,
    error: float | None,
    gap: float | None,
    is_cut: bool,
    converged: bool | None = None,  # files of the first version end before this
    resolution: float | None = None,
) -> LayerSum:
    known = [math.nan if x is None else x for x in (positive, negative, error, gap, resolution)]
    up, down, off, missing, finest = known
    return LayerSum(name, up, down, off, missing, is_cut, converged, finest)


def _short(value: float) -> float | None:
    """Six digits; None for NaN, which JSON does not have."""
    return float(f"{value:.6g}") if math.isfinite(value) else None
