"""Strip: the numbers of an answer, side by side."""

from __future__ import annotations

import streamlit as st

from dashboard.text import html


def strip(*facts: tuple[str, ...]) -> None:
    """Numbers with their names, as a definition list that wraps.

    facts : each (key, name, value) or (key, name, value, what stands small beside it).
    """
    items = []
    for key, name, value, *rest in facts:
        small = f' <small style="opacity:.7">{html(rest[0])}</small>' if rest else ""
        items.append(
            f'<div><dt style="font-size:.8rem;opacity:.7">{html(name)}</dt>'
            f'<dd data-fact="{key}" style="margin:0;font-size:1.2rem;font-weight:600;'
            f'white-space:nowrap">{html(value)}{small}</dd></div>'
        )
    style = "display:flex;flex-wrap:wrap;gap:.6rem 1.8rem;margin:0;padding:0"
    st.html(f'<dl style="{style}">{"".join(items)}</dl>')
