"""Proof of a data set's run: units switched off on inputs that it has not used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from dashboard.controls import obtain as work
from dashboard.controls import session as state
from dashboard.export import proof as export
from dashboard.export.dataset import Evidence
from dashboard.text import markdown, stem
from dashboard.words import proof as words
from dashboard.work.engine import Engine
from dashboard.work.workshop import Refused

if TYPE_CHECKING:
    from dashboard.work.profiled import Pruning


def show(engine: Engine, evidence: Evidence) -> None:
    """What the first units of the class do, and which of the layer can go; or how to find out."""
    ran = evidence.ran
    st.markdown("**Switched off, on inputs that the run has not used**")
    try:
        found = engine.profiles.proof(ran.name, evidence.found.layer)
    except Refused as refused:
        st.warning(markdown(str(refused)))
        return
    if found.removals is None:
        _none(evidence)
        return
    rows = found.of_class(evidence.name)
    left, right = st.columns(2, gap="large")
    with left:
        if len(rows):
            work.figure(export.removals(evidence, rows), "removals")
        else:
            _none(evidence, evidence.name)
    with right:
        if found.pruning is not None:
            _pruning(evidence, found.pruning)
        else:
            st.caption(markdown(words.no_accuracy(evidence.one)))


def _none(evidence: Evidence, name: str = "") -> None:
    st.caption(markdown(words.none(evidence.ran, name)))
    st.code(words.command(evidence.ran), language=None, wrap_lines=True)


def _pruning(evidence: Evidence, found: Pruning) -> None:
    work.figure(export.pruning(evidence, found), "pruning")
    if len(found.units) and not state.hides("csv"):
        st.download_button(
            f"Download the {len(found.units):,} that can go",
            lambda: export.prunable(evidence, found),
            file_name=f"{stem('prune', evidence.ran.name, evidence.found.layer)}.csv",
            mime="text/csv",
            key="prunable",
            on_click="ignore",
        )
