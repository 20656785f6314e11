"""Drawer: the sidebar on a phone, where it lies over the page.

It closes when a choice was made in it or a page was turned to, and the button "Change" opens it.
Streamlit leaves it open, and knows the width of a window in the browser alone: so this also says
whether a window is narrow, for what must then be drawn anew.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

_SCRIPT = """
const PHONE = matchMedia("(max-width: 768px)");
const find = (id) => document.querySelector(`[data-testid=${id}]`);

function close() {
  if (!PHONE.matches || find("stSidebar")?.dataset.collapsed !== "false") return;
  find("stSidebarCollapseButton")?.querySelector("button")?.click();
  document.querySelector(".st-key-open_request button")?.focus({ preventScroll: true });
}

function open(event) {
  const expand = find("stExpandSidebarButton");
  if (!expand || !event.target.closest?.(".st-key-open_request button")) return;
  event.stopPropagation();
  (expand.querySelector("button") ?? expand).click();
}

export default function ({ parentElement, data, setStateValue }) {
  const own = parentElement.host ?? parentElement;
  own.closest("[data-testid=stElementContainer]")?.style.setProperty("display", "none");
  const app = find("stApp");
  const runs = new MutationObserver(() => {
    if (app.getAttribute("data-test-script-state") === "running") close();
  });
  runs.observe(app, { attributeFilter: ["data-test-script-state"] });
  document.addEventListener("click", open, true);
  // A choice that is made while an earlier run goes on begins none that could be seen here.
  const chose = (event) => {
    if (!event.target.closest?.("[data-testid=stSidebar] .stButton button")) return;
    setTimeout(() => app.getAttribute("data-test-script-state") === "running" && close(), 300);
  };
  document.addEventListener("click", chose);
  const tell = () => setStateValue("narrow", PHONE.matches);
  PHONE.addEventListener("change", tell);
  if (data.narrow !== PHONE.matches) tell();
  return () => {
    runs.disconnect();
    document.removeEventListener("click", open, true);
    document.removeEventListener("click", chose);
    PHONE.removeEventListener("change", tell);
  };
}
"""

_KEY = "drawer"
_component = st.components.v2.component("drawer", js=_SCRIPT)


def drawer() -> None:
    """Once in each run."""
    _component(key=_KEY, data={"narrow": narrow()}, on_narrow_change=lambda: None)


def narrow() -> bool:
    """Whether the window is a phone's; before it has said so, by the name of the browser."""
    said: Any = st.session_state.get(_KEY)
    if said is not None and said.get("narrow") is not None:
        return bool(said["narrow"])
    return "Mobi" in (st.context.headers.get("User-Agent") or "")
