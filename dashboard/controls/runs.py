"""Runs: what the page of data sets is about: a run, a layer, a class, a unit; kept in its address.

That page has no request: its values stand beside those of the others, which it leaves alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from dashboard.controls import session as state
from dashboard.text import plain
from dashboard.work.answer import Answer
from dashboard.work.engine import Engine

NAMES = ("run", "layer", "class", "unit", "other")
_DEPEND = {"run": ("layer", "class", "unit", "other"), "layer": ("unit",)}
PAGE = "dataset"


@dataclass
class Looked:
    """values : as in the address, by name. query : the address as it was last written. known : the
    runs that this session may choose though they are not offered."""

    values: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)


def looked() -> Looked:
    """This session's own."""
    found: Looked = state.session().own.setdefault("runs", Looked())
    return found


def begin() -> Looked:
    """Bring the values and the address together, before any control is drawn."""
    mine = looked()
    state.aside(PAGE, NAMES)
    address = {name: st.query_params[name] for name in NAMES if name in st.query_params}
    if address and address != mine.query:
        mine.values = address
    if run := mine.values.get("run"):
        mine.known.add(run)
    return mine


def note(values: dict[str, str]) -> None:
    """Say in the address what is shown."""
    mine, session = looked(), state.session()
    mine.query = {name: text for name, text in values.items() if text}
    mine.values = dict(mine.query)
    here = {name: st.query_params[name] for name in NAMES if name in st.query_params}
    if here != mine.query:
        st.query_params.from_dict({**session.others, **mine.query})


def names(engine: Engine, answer: Answer) -> Mapping[int, str]:
    """What the channels of an answer are called, by the runs of its network that may be seen."""
    asked = answer.result.request
    if asked is None or not asked.model:
        return {}
    return engine.profiles.names(asked.model, answer.layer, looked().known)


def link(**values: Any) -> dict[str, str]:
    """The address of these on this page."""
    return {name: str(value) for name, value in values.items() if value is not None}


def address() -> str:
    """Where this view is seen again; whole where a browser said its own."""
    return f"{st.context.url or ''}?{urlencode(looked().query)}"


def choose(name: str, value: Any) -> None:
    """Set a value, as a callback; what belonged to the one before goes."""
    mine = looked()
    if mine.values.get(name) != str(value):
        for other in _DEPEND.get(name, ()):
            mine.values.pop(other, None)
    if value is None:
        mine.values.pop(name, None)
    else:
        mine.values[name] = str(value)


def select(
    name: str,
    label: str,
    options: Sequence[Any],
    chosen: Any,
    titles: Callable[[Any], str] = str,
    **more: Any,
) -> None:
    """A list to choose from, which sets a value. The page has drawn what is chosen already."""
    key = f"runs_{name}"
    st.session_state[key] = chosen
    st.selectbox(
        label,
        options,
        key=key,
        format_func=lambda option: plain(titles(option)),
        on_change=_selected,
        args=(name, key, options),
        **more,
    )


def _selected(name: str, key: str, options: Sequence[Any]) -> None:
    chosen = st.session_state[key]
    if chosen is None or chosen in options:  # else it was sent while another run changed them
        choose(name, chosen)
