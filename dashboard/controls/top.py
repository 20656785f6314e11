"""Top: a page that turns to its next part begins at its top, for the eye and for the keyboard.

On a phone, where all stands in one column, it may begin at a place of its own instead.
"""

from __future__ import annotations

import streamlit as st

_SCRIPT = """
let last;
export default function ({ parentElement, data }) {
  const own = parentElement.host ?? parentElement;
  own.closest("[data-testid=stElementContainer]")?.style.setProperty("display", "none");
  if (last !== undefined && last !== data.part) {
    const place = data.place && document.querySelector(`.st-key-${data.place}`);
    if (place) place.scrollIntoView({ block: "start" });
    else document.querySelector("[data-testid=stMain]")?.scrollTo(0, 0);
  }
  last = data.part;
}
"""
_component = st.components.v2.component("page_top", js=_SCRIPT)


def top(part: str, place: str = "") -> None:
    """Once in each run. part : what is shown; where it is another, the page scrolls up, or to the
    container whose key is `place`."""
    _component(key="page_top", data={"part": part, "place": place})
