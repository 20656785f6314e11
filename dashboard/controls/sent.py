"""Sent: a model's file that a visitor sends, where the server takes such."""

from __future__ import annotations

import streamlit as st

from dashboard import settings
from dashboard.controls import quota
from dashboard.controls import session as state
from dashboard.controls.session import Session
from dashboard.text import markdown
from dashboard.work import own
from dashboard.work.engine import Engine

_REFUSED = "model_refused"


def uploader(engine: Engine, mine: Session) -> None:
    """Below the network, where the server takes files of models."""
    if not settings.sent_models() or state.hides("upload"):
        return
    st.file_uploader(
        "Your own model",
        ["keras"],
        key="model_file",
        max_upload_size=quota.MODEL_MEGABYTES,
        on_change=_take,
        args=(engine, mine.id),
        help=f"A .keras file of up to {quota.MODEL_MEGABYTES} MB. Only who has the link of its "
        "page sees it; the file goes when this tab is closed.",
    )
    if refused := st.session_state.pop(_REFUSED, ""):
        st.error(markdown(refused))


def _take(engine: Engine, owner: str) -> None:
    """Turn to the model that was just sent, as a callback."""
    file = st.session_state.get("model_file")
    if file is None:
        return
    if refused := quota.refusal(file.type):
        st.session_state[_REFUSED] = f"{file.name}: {refused}"
    elif not file.name.endswith(".keras"):
        st.session_state[_REFUSED] = f"{file.name}: give a model as a .keras file."
    else:
        st.session_state["model"] = own.take(engine, owner, file.name, file.getvalue())
