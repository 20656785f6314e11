"""Entry point: `streamlit run dashboard/server.py`: the page of app.py, with limits from the start.

`streamlit run dashboard/app.py` serves the same, but takes uploads of any number until somebody has
opened the first page.
"""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

if (_ROOT := str(Path(__file__).resolve().parent.parent)) not in sys.path:
    sys.path.insert(0, _ROOT)  # Streamlit adds only this folder

import streamlit as st
from streamlit import config, runtime
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager

from dashboard.controls import quota
from dashboard.work.shelf import UPLOADS


@asynccontextmanager
async def _limited(_: st.App) -> AsyncIterator[None]:
    """Before the first request is served."""
    store = runtime.get_instance().uploaded_file_mgr
    assert isinstance(store, MemoryUploadedFileManager)
    taken = quota.bounded(store)
    taken.models = os.environ.get(UPLOADS) == "1"
    if taken.models:  # a file of more than the others may have is refused by the store
        config.set_option("server.maxUploadSize", quota.MODEL_MEGABYTES + 1)
    yield


app = st.App(Path(__file__).with_name("app.py"), lifespan=_limited)
