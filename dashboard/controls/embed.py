"""Embed: in a frame of another page the page says how high it is, so that it need not scroll there.

The message is the one that learning platforms know, `lti.frameResize`; it holds a number and no
more, so that any page may have it.
"""

from __future__ import annotations

import streamlit as st

_SCRIPT = """
export default function ({ parentElement }) {
  const own = parentElement.host ?? parentElement;
  own.closest("[data-testid=stElementContainer]")?.style.setProperty("display", "none");
  const page = document.querySelector("[data-testid=stMainBlockContainer]");
  if (!page || window.parent === window) return;
  let last = 0;
  const watch = new ResizeObserver(() => {
    const height = Math.ceil(page.getBoundingClientRect().height);
    if (height === last) return;
    last = height;
    window.parent.postMessage({ subject: "lti.frameResize", height }, "*");
  });
  watch.observe(page);
  return () => watch.disconnect();
}
"""
_component = st.components.v2.component("page_height", js=_SCRIPT)


def height() -> None:
    """Once in each run. Streamlit keeps `embed=true` out of what it says of the address."""
    if st.context.is_embedded:
        _component(key="page_height")
