"""Overview on paper: every layer, and the program that sums them up."""

from __future__ import annotations

from dataclasses import asdict

import pandas as pd

from dashboard.export.report import Listing
from dashboard.export.setting import Setting
from dashboard.export.sheet import Sheet
from dashboard.export.snippet import run
from dashboard.words import studies as sentences
from dashboard.work.findings import Overview
from dashboard.work.studies import OVERVIEW_TOLERANCE

_ARRAYS = ("supports", "opposes", "gap", "error", "resolution")


def sheet(setting: Setting, found: Overview) -> Sheet:
    """The layers, from one pass."""
    target = setting.outputs[found.target]
    names = {"name": "layer", "positive": "supports", "negative": "opposes", "is_cut": "cut"}
    frame = pd.DataFrame([asdict(layer) for layer in found.layers]).rename(columns=names)
    frame.insert(3, "sum", [layer.net for layer in found.layers])
    rough = {"tolerance": OVERVIEW_TOLERANCE} if found.estimated else {}
    return Sheet.of(
        setting,
        "overview",
        found.target,
        rough,
        title=sentences.overview_head(found, target),
        sentences=(sentences.overview_error(found),),
        numbers={"delta": found.delta, "target": found.target, "evaluations": found.evaluations},
        tables=(Listing("layers", "Layers", frame),),
        arrays={name: frame[name].to_numpy() for name in _ARRAYS},
        program=_program(setting, target, found.estimated),
    )


def _program(setting: Setting, label: str, estimated: bool) -> str:
    """Ends with the sums of every layer in `table`."""
    options = f"tolerance={OVERVIEW_TOLERANCE}" if estimated else ""
    body = [
        *run("results", setting.asked, "all", setting.outputs, options),
        "table = pd.DataFrame(",
        "    {",
        '        "layer": name,',
        '        "supports": result.scores[0].clip(min=0).sum(dtype=float),',
        '        "opposes": result.scores[0].clip(max=0).sum(dtype=float),',
        '        "gap": result.gap[0],',
        '        "error": result.error[0],',
        '        "resolution": result.resolution[0],',
        '        "cut": result.is_cut,',
        "    }",
        "    for name, result in results.items()",
        ")",
        "print(table.to_string())",
    ]
    about = f"Every layer at once: what makes it {label!r}."
    return setting.program(about, body, ["import pandas as pd"])
