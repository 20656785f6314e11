"""Style: the name, the mark, and in one place all that CSS must do.

Colours are those of the theme (.streamlit/config.toml); nothing here is said by colour alone.
"""

from __future__ import annotations

import streamlit as st

from dashboard.controls import maps, quota

NAME = "Neuron attribution"
_WARM, _COOL = "#b2403c", "#3a78ad"
_INK = {"light": "#12181a", "dark": "#e6eaea"}
_PHONE = "(max-width: 768px)"  # where Streamlit turns the sidebar into a drawer
_STACKED = "(max-width: 640px)"  # where its columns go below one another
_DROPZONE = "[data-testid=stFileUploaderDropzoneInstructions]"
# Streamlit says the 11 MB that its server takes, of which one is for what wraps a file.
_FILE = f"{quota.FILE_MEGABYTES} MB per file"
_LIMITS = {
    "": _FILE,
    ".st-key-files ": f"{_FILE} • PNG, JPEG, WebP, BMP, GIF",
    ".st-key-dna_file ": f"{_FILE} • FASTA, plain or gzip",
    ".st-key-model_file ": f"{quota.MODEL_MEGABYTES} MB • KERAS",
    ".st-key-array_file ": f"{_FILE} • NPY, NPZ, CSV",
    ".st-key-all_inputs ": f"{_FILE} • NPZ",
    ".st-key-table_file ": f"{_FILE} • CSV, NPY, NPZ",
    ".st-key-series_file ": f"{_FILE} • CSV, NPY, NPZ, WAV",
    ".st-key-tokens_file ": f"{_FILE} • TXT, CSV, NPY, NPZ",
    ".st-key-check_files ": f"{_FILE} • ZIP, PNG, JPEG, WebP, BMP, GIF",
}


def mark(ink: str = "") -> str:
    """Two neurons, one for and one against, and the answer that they lead to; with the name where a
    colour for it is given. SVG."""
    width = 190 if ink else 28
    name = (
        f'<text x="36" y="19.5" font-family="Source Sans, Source Sans Pro, sans-serif" '
        f'font-size="17" font-weight="600" fill="{ink}">{NAME}</text>'
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="28" '
        f'viewBox="0 0 {width} 28"><g stroke="#858f90" stroke-width="2">'
        '<path d="M7 7 21 14M7 21 21 14"/></g>'
        f'<circle cx="7" cy="7" r="5.5" fill="{_WARM}"/><circle cx="7" cy="21" r="4" '
        f'fill="{_COOL}"/><circle cx="21" cy="14" r="5.5" fill="#2f9088"/>{name if ink else ""}'
        "</svg>"
    )


def face() -> None:
    """The name with its mark, and the style; before anything is drawn."""
    st.logo(mark(_INK[st.context.theme.type or "light"]), size="large")
    st.html(f"<style>{_CSS}</style>")


def without_sidebar() -> None:
    """Take the sidebar away, with the way to open it."""
    gone = "[data-testid=stSidebar], [data-testid=stExpandSidebarButton]"
    st.html(f"<style>{gone} {{ display: none }}</style>")


_CSS = (
    f"{_DROPZONE} > * {{ display: none }}"
    + "".join(
        f'{place}{_DROPZONE}::after {{ content: "{said}"; font-size: .875rem }}'
        for place, said in _LIMITS.items()
    )
    + maps.CSS
    + f"""
[data-testid=stMainBlockContainer] {{ padding-left: 2.25rem; padding-right: 2.25rem }}
[data-testid=stMain] h1 {{ padding: 0 }}
[data-testid=stMain] h2 {{ padding: 0 0 .4rem }}
[data-testid=stStatusWidget] button {{ display: none }} /* work that takes a while has a Cancel */
[data-testid=stPopoverBody] {{ max-height: min(36rem, calc(100dvh - 9rem)); overflow-y: auto }}
.st-key-glance, .st-key-sideways {{ display: none }}
/* Streamlit writes white on the dark theme's pale green. */
[data-testid^=stBaseButton-primary] {{ color: light-dark(#fff, #12181a) }}
/* A tick stands in the corner of the picture that is picked: it moves nothing. */
[class*=st-key-picked_] button {{ position: relative }}
[class*=st-key-picked_] button::before {{
  content: "✓ "; position: absolute; top: -1.6rem; right: .25rem; width: 1rem; height: 1rem;
  border-radius: 50%; background: #2f6f69; color: #fff; font-size: .7rem; line-height: 1rem;
  box-shadow: 0 0 0 1.5px #fff
}}
@media {_PHONE} {{
  [data-testid=stMainBlockContainer] {{ padding-left: 1rem; padding-right: 1rem }}
  [data-testid=stMain] h2 {{ font-size: 1.375rem }}
  .st-key-glance, .st-key-sideways {{ display: flex }}
  .st-key-glance {{ flex-wrap: nowrap }}
}}
@media {_STACKED} {{
  /* It stands in the strip above. */
  [data-testid=stColumn]:has(.st-key-input_picture):not(:has([data-testid=stColumn])) {{
    display: none
  }}
  /* The network is wider than the page and scrolls alone: so each layer can be seen and pointed
     at. The control above it is inside, so that the keyboard comes there too. */
  .st-key-strip {{ overflow-x: auto }}
  .st-key-strip .st-key-depth {{ position: sticky; left: 0 }}
  .st-key-strip .st-key-network {{ width: 54rem; min-width: 54rem }}
}}
@media (hover: none) {{
  /* Where nothing is hovered over, the camera is always there: above its figure, not on it. */
  .stElementContainer:has(.modebar-btn) {{ margin-top: 1.25rem; overflow: visible }}
  .stElementContainer .js-plotly-plot {{ overflow: visible !important }}
  .stElementContainer .modebar-container {{ top: -1.6rem !important }}
}}
@media (prefers-reduced-motion: reduce) {{
  *, ::before, ::after {{
    animation-duration: .01ms !important; animation-iteration-count: 1 !important;
    transition-duration: .01ms !important; scroll-behavior: auto !important
  }}
}}
"""
)
