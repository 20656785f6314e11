"""Entry point: `streamlit run dashboard/server.py`: the page of app.py, as a server for others.

Headers, limits from the start, `/ready`, Streamlit's programs packed, and the settings of
`dashboard/settings.py` checked.
`streamlit run dashboard/app.py` serves the same page without headers and `/ready`, and takes
uploads of any number until somebody has opened the first page.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

if (_ROOT := str(Path(__file__).resolve().parent.parent)) not in sys.path:
    sys.path.insert(0, _ROOT)  # Streamlit adds only this folder

import streamlit as st
from starlette.middleware import Middleware
from streamlit import config, runtime
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager

from dashboard import guard, headers, settings
from dashboard.controls import entrance, process, quota
from dashboard.packed import Packed
from dashboard.request.catalogue import catalogue


@asynccontextmanager
async def _limited(_: st.App) -> AsyncIterator[None]:
    """Before the first request is served."""
    store = runtime.get_instance().uploaded_file_mgr
    assert isinstance(store, MemoryUploadedFileManager)
    quota.bounded(store)
    config.set_option("server.maxUploadSize", guard.largest())  # what is larger the store refuses
    yield


def _ready() -> bool:
    """Whether the first network is loaded. Who asks has it loaded."""
    engine = process.get_engine()
    engine.warm(next(iter(catalogue().models)))
    return engine.ready


def _active(session: str) -> bool:
    return runtime.get_instance().is_active_session(session)


if _wrong := settings.wrong() or entrance.missing():
    sys.exit(_wrong)
_base = config.get_option("server.baseUrlPath").strip("/")
app = st.App(
    Path(__file__).with_name("app.py"),
    lifespan=_limited,
    middleware=[
        Middleware(headers.Headers),
        Middleware(guard.Guard, _ready, _active, f"/{_base}" if _base else ""),
        Middleware(Packed),
    ],
)
