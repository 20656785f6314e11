"""Viewer: `streamlit run deploy/viewer/streamlit_app.py`: the dashboard without TensorFlow."""

import os
import sys
from pathlib import Path

if (_ROOT := str(Path(__file__).resolve().parents[2])) not in sys.path:
    sys.path.insert(0, _ROOT)  # Streamlit adds only this folder

from dashboard import app, settings

os.environ[settings.VIEWER] = "1"
app.main()
