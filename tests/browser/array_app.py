"""The dashboard with small networks for arrays among its own: what `test_array.py` serves."""

import runpy
import tempfile
from pathlib import Path
from types import MappingProxyType

import streamlit as st

from dashboard.request.catalogue import catalogue
from dashboard.work.networks import Networks
from tests.dashboard import arrays

ROOT = Path(__file__).parents[2]


@st.cache_resource(show_spinner=False)
def install() -> None:
    """Once for each server."""
    networks, known, load = arrays.build(), catalogue(), Networks.get
    made = arrays.models(networks, Path(tempfile.mkdtemp()))
    vars(known)["models"] = MappingProxyType({**known.models, **made})
    Networks.get = lambda self, name: networks.get(name) or load(self, name)


install()
runpy.run_path(str(ROOT / "dashboard" / "app.py"), run_name="__main__")
