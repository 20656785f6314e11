"""Process: what all sessions of one server share."""

from __future__ import annotations

import streamlit as st

from dashboard.work import core
from dashboard.work.engine import Engine


@st.cache_resource(show_spinner=False)
def get_engine() -> Engine:
    """The process's one engine."""
    core.announce()
    return Engine()
