"""Hidden: controls that a link takes away, so that a class looks at one thing only.

`?hide=layer,method` removes them; their values still come from the link.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

CONTROLS = {
    "input": "Pictures, sequences",
    "upload": "Upload",
    "fit": "Fit",
    "model": "Network",
    "layer": "Layer",
    "target": "Target",
    "baseline": "Baseline",
    "method": "Method",
    "tolerance": "Tolerance",
    "by": "Channels or neurons",
    "channel": "Choice of the channel",
    "palette": "Colours",
    "table": "Table",
    "depth": "Overview: which layers",
    "b_method": "Compare: method of B",
    "b_baseline": "Compare: baseline of B",
    "b_layer": "Compare: layer of B",
    "b_target": "Compare: target of B",
    "pick": "Ablate: quick pick",
    "count": "Ablate: how many",
    "off": "Ablate: single channels",
    "hold": "Ablate: held at",
    "draw": "Ablate: random draw",
    "scrubber": "Path: slider along a",
    "split": "Where in the input",
    "race": "Path: comparison of rules",
    "toy": "Path: two saturated neurons",
    "record": "Sequence: record of a file",
    "strand": "Sequence: strand",
    "heights": "Sequence: what the letters show",
    "chance": "Sequence: chance of a motif",
    "wide": "Sequence: letters in a row",
    "letters": "Sequence: colours of the letters",
    "begin": "Sequence: window",
    "filter": "Sequence: choice of the filter",
    "edits": "Sequence: changes of bases",
    "share": "Share and export",
}
_SHOWN = 40


def read(texts: Iterable[str]) -> tuple[frozenset[str], list[str]]:
    """The names in `hide`, and a sentence for each that names nothing."""
    names = [name for text in texts for part in text.split(",") if (name := part.strip().lower())]
    return frozenset(names) & set(CONTROLS), [_sentence(n) for n in names if n not in CONTROLS]


def _sentence(name: str) -> str:
    plain = re.sub(r"[^\w -]", "?", name)[:_SHOWN]
    listed = ", ".join(difflib.get_close_matches(name, CONTROLS, n=3) or CONTROLS)
    return f"There is no control '{plain}' to hide; choose from: {listed}."
