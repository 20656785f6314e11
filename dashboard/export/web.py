"""Web: a page of its own whose figures can be hovered over, and that asks nothing of a network.

Its policy lets run the scripts that are written here, known by their digests, and no others; it
forbids every request.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import Any

from plotly import io
from plotly.offline import get_plotlyjs

from dashboard.export.drawing import Drawing
from dashboard.figures.overlay import CELLS, OPACITY
from dashboard.figures.paper import camera, light
from dashboard.text import html

_STYLE = """
:root { color-scheme: light; --line: #8883 }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
  color: #12181a; background: #ffffff }
h1 { font-size: 1.6rem; line-height: 1.25 } h2 { font-size: 1.1rem; margin-top: 2rem }
dl { display: flex; flex-wrap: wrap; gap: .5rem 2rem } dt { font-size: .8rem }
dd { margin: 0; font-size: 1.2rem; font-weight: 600 }
figure { margin: 0 0 1rem; max-width: 100% } figcaption { font-size: .875rem }
article { font-size: .875rem; max-width: 100% } article p { margin: 0 } p b { font-size: 1rem }
img { max-width: 100%; height: auto }
.figures { display: flex; flex-wrap: wrap; gap: 1rem 2rem }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { padding: .15rem .8rem .15rem 0; text-align: right; border-bottom: 1px solid var(--line) }
th[scope=row], thead th:first-child { text-align: left }
.wide { overflow: auto }
@media (hover: none) {
  figure:has(.plotly-graph-div) { padding-top: 1.75rem }
  .js-plotly-plot { overflow: visible !important }
  .modebar-container { top: -1.75rem !important }
}
pre { overflow: auto; padding: .8rem; border: 1px solid var(--line); font-size: .85rem }
"""
CARD = 448  # pixels of a card: two side by side
_OVER = ' class="over"'  # a figure whose map lies over a picture
_OPACITY = f"""<label>Opacity of the colours
<input id="opacity" type="range" min="0" max="100" step="5" value="{100 * OPACITY:.0f}">
<output>{100 * OPACITY:.0f} %</output></label>
<script>
const input = document.getElementById("opacity");
input.oninput = () => {{
  input.nextElementSibling.value = input.ariaValueText = `${{input.value}} %`;
  for (const figure of document.querySelectorAll(".over .js-plotly-plot")) {{
    const maps = figure.data.flatMap((trace, i) => (trace.type === "heatmap" ? [i] : []));
    Plotly.restyle(figure, {{ opacity: input.value / 100 }}, maps);
  }}
}};
</script>"""
_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; "
    "form-action 'none'; script-src "
)


def document(title: str, parts: Iterable[str], figures: Sequence[str] = ()) -> str:
    """The page. parts : of its body, as HTML. figures : those of them that hold scripts."""
    library = f"<script>{get_plotlyjs()}</script>" if any(figures) else ""
    policy = _POLICY + (" ".join(map(_digest, _scripts([library, *figures]))) or "'none'")
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{html(title)}</title><style>{_STYLE}</style>",
            f"{library}</head>",
            "<body><main>",
            *parts,
            "</main></body></html>",
            "",
        ]
    )


def figure(drawing: Drawing, stem: str, kind: str) -> str:
    """A figure with its sentence. stem : of the files that its camera saves, in this format."""
    shown, over = drawing.html, ""
    if not shown:
        plot = light(drawing.on_paper())
        over = _OVER if plot.layout.images and any(t.name == CELLS for t in plot.data) else ""
        shown = io.to_html(
            plot,
            config=camera(f"{stem}-{drawing.name}", kind),
            include_plotlyjs=False,
            full_html=False,
            default_height=plot.layout.height,
            validate=False,
            div_id=f"figure-{drawing.name}",
        )
    return (
        f'<figure{over} style="width:{drawing.width}px">{shown}'
        f"<figcaption>{html(drawing.sentence)}</figcaption></figure>"
    )


def opacity(figures: Iterable[str]) -> str:
    """A slider for the colours of maps that lie over a picture; empty where none does."""
    return _OPACITY if any(_OVER in part for part in figures) else ""


def table(names: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Rows whose first cell is a heading."""
    head = "".join(f'<th scope="col">{html(name)}</th>' for name in names)
    body = []
    for first, *rest in rows:
        cells = "".join(f"<td>{html(cell)}</td>" for cell in rest)
        body.append(f'<tr><th scope="row">{html(first)}</th>{cells}</tr>')
    found = f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>"
    return f'<div class="wide" tabindex="0">{found}</div>'


def _scripts(parts: Iterable[Any]) -> list[str]:
    return [script for part in parts for script in _SCRIPT.findall(part)]


def _digest(script: str) -> str:
    found = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{base64.b64encode(found).decode()}'"
