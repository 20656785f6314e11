"""Hidden: controls that a link takes away, so that a class looks at one thing only.

`?hide=layer,method` removes them; their values still come from the link.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Set

from dashboard.text import quoted

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
    "smooth": "Maps smooth or as cells",
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
    "edits": "Sequence: changes of bases",
    "share": "Share and export",
    "export": "Files to export",
    "csv": "Table as CSV",
    "numbers": "How sure the numbers are",
    "opacity": "Opacity of maps",
    "pages": "The other pages",
    "sidebar": "The whole sidebar",
}
SIDEBAR = frozenset(
    {
        *("input", "upload", "fit", "record", "strand", "example"),
        *("model", "layer", "target", "baseline", "method", "tolerance"),
    }
)
"""What goes with the sidebar."""
COMPUTED = frozenset(
    {
        *("upload", "fit", "example", "strand", "edits", "heights"),
        *("layer", "target", "baseline", "method", "tolerance", "split", "race"),
    }
)
"""What asks for anything but the samples as they are by default: only a network can tell."""
ALIASES = {"filter": "channel"}  # as links of DNA called it
_SHOWN = 3


def read(texts: Iterable[str]) -> tuple[frozenset[str], str]:
    """The names in `hide`, and a sentence about those that name nothing, or no words."""
    parts = [part.strip().lower() for text in texts for part in text.split(",")]
    names = [ALIASES.get(part, part) for part in parts if part]
    unknown = [*dict.fromkeys(name for name in names if name not in CONTROLS)]
    return frozenset(names) & set(CONTROLS), _sentence(unknown) if unknown else ""


def holds(names: Set[str], name: str) -> bool:
    """Whether a control is among those that are taken away, alone or with the sidebar."""
    return name in names or (name in SIDEBAR and "sidebar" in names)


def write(names: Set[str]) -> str:
    """As it stands in a link."""
    return ",".join(name for name in CONTROLS if name in names)


def _sentence(names: list[str]) -> str:
    shown = names[:_SHOWN]
    close = {c: 0 for n in shown for c in difflib.get_close_matches(n, CONTROLS, n=_SHOWN)}
    listed = ", ".join(close or CONTROLS)
    told = ", ".join(map(quoted, shown))
    if len(names) == 1:
        return f"There is no control {told} to hide; choose from: {listed}."
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return f"There are no controls {told}{more} to hide; choose from: {listed}."
