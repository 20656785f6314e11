"""Hidden: controls that a link takes away, so that a class looks at one thing only.

`?hide=layer,method` removes them; their values still come from the link.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from dashboard.request import BY_NAME

CONTROLS = {
    "input": "Pictures",
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
    "share": "Share and export",
}
_SHOWN = 40


def read(texts: Iterable[str]) -> tuple[frozenset[str], list[str]]:
    """The names in `hide`, and a sentence for each that names nothing."""
    known = {*CONTROLS, *BY_NAME}
    names = [name for text in texts for part in text.split(",") if (name := part.strip().lower())]
    return frozenset(names) & known, [_sentence(n) for n in names if n not in known]


def _sentence(name: str) -> str:
    plain = re.sub(r"[^\w -]", "?", name)[:_SHOWN]
    listed = ", ".join(difflib.get_close_matches(name, CONTROLS, n=3) or CONTROLS)
    return f"There is no control '{plain}' to hide; choose from: {listed}."
