"""Storage: a text that a visitor's own browser keeps, and no server: a reload does not lose it.

A browser may forbid that, in a frame of another page or in a private window; then it says so.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

LONGEST = 2**18  # characters that are read
_SCRIPT = """
export default function ({ parentElement, data, setStateValue }) {
  const own = parentElement.host ?? parentElement;
  own.closest("[data-testid=stElementContainer]")?.style.setProperty("display", "none");
  try {
    if (data.text) localStorage.setItem(data.name, data.text);
    else if (data.known) localStorage.removeItem(data.name);
    else {
      const found = localStorage.getItem(data.name);
      if (found) setStateValue("found", found.slice(0, data.longest));
    }
  } catch {
    if (!data.closed) setStateValue("closed", true);
  }
}
"""
_KEY = "storage"
_component = st.components.v2.component("browser_storage", js=_SCRIPT)


def found() -> str:
    """What was there as the page was opened; empty until the browser has said so."""
    return str(_said("found") or "")


def closed() -> bool:
    """Whether the browser has said that it keeps nothing."""
    return bool(_said("closed"))


def keep(name: str, text: str, known: bool) -> None:
    """Once in each run: have the browser keep a text under a name.

    known : whether what the browser had is known; else an empty text asks for it, and forgets
    nothing.
    """
    _component(
        key=_KEY,
        data={"name": name, "text": text, "known": known, "closed": closed(), "longest": LONGEST},
        on_found_change=lambda: None,
        on_closed_change=lambda: None,
    )


def _said(what: str) -> Any:
    said: Any = st.session_state.get(_KEY)
    return None if said is None else said.get(what)
