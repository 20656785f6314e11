"""`python -m dashboard`: serve the dashboard. Further options are those of `streamlit run`."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from streamlit.web import cli

SERVER = Path(__file__).with_name("server.py")


def main() -> None:
    """Serve until it is stopped."""
    parser = argparse.ArgumentParser(prog="python -m dashboard", description=__doc__)
    parser.add_argument("command", nargs="?", choices=["serve"], default="serve")
    _, options = parser.parse_known_args()
    os.chdir(SERVER.parent.parent)  # Streamlit reads its settings where it is started
    cli.main(["run", str(SERVER), *options], prog_name="streamlit")


if __name__ == "__main__":
    main()
