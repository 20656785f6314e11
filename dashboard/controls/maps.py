"""Maps: how all maps over the picture are drawn, once on a page.

How strong their colours are is a matter of the browser alone: one slider sets a property of the
page, which every map takes its opacity from. No run of the script is needed, and none undoes it.
"""

from __future__ import annotations

import streamlit as st

from dashboard.controls import session as state
from dashboard.export.setting import Setting
from dashboard.figures.overlay import OPACITY
from dashboard.request.catalogue import Layer
from dashboard.request.request import SMOOTH

PROPERTY = "--map-opacity"
CSS = (
    ".js-plotly-plot:has(.layer-subplot .imagelayer image) .hm image "
    f"{{ opacity: var({PROPERTY}, {OPACITY}) !important }}"
)
"""Over a picture alone: what else is a map hides nothing, and needs no opacity."""
_HTML = (
    '<label>Opacity of the colours <input type="range" min="0" max="100" step="5">'
    "<output></output></label>"
)
_LOOK = """
label { display: flex; gap: .5rem; align-items: center; font: inherit; font-size: .875rem;
  color: var(--st-text-color) }
input { accent-color: var(--st-primary-color); width: 8rem; min-width: 4rem }
output { min-width: 3rem }
"""
_SCRIPT = """
export default function ({ parentElement, data }) {
  const page = document.documentElement.style;
  const [input, output] = ["input", "output"].map((tag) => parentElement.querySelector(tag));
  const tell = () => { output.value = input.ariaValueText = `${input.value} %`; };
  input.value = 100 * (page.getPropertyValue(data.property) || data.usual);
  tell();
  input.oninput = () => { page.setProperty(data.property, input.value / 100); tell(); };
}
"""
_component = st.components.v2.component("map_opacity", html=_HTML, css=_LOOK, js=_SCRIPT)


def maps(setting: Setting, layer: Layer) -> None:
    """The controls, where a layer's maps lie over the picture."""
    if not setting.over_picture(layer) or all(map(state.hides, ("smooth", "opacity"))):
        return
    with st.container(horizontal=True, vertical_alignment="center", key="maps"):
        if not state.hides("smooth"):
            st.segmented_control(
                "Maps",
                list(SMOOTH),
                key="smooth",
                format_func=SMOOTH.__getitem__,
                required=True,
                label_visibility="collapsed",
            )
        if not state.hides("opacity"):
            _component(key="map_opacity", data={"property": PROPERTY, "usual": OPACITY})
