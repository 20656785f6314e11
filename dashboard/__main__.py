"""`python -m dashboard [serve | classroom | lesson ...]`. Options are those of `streamlit run`.

serve : the dashboard. classroom : the same for the phones of one network, lessons first, with a QR
code. lesson check FILE | checks | collect FOLDER | export NAME out.html : see `lesson --help`.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

SERVER = Path(__file__).with_name("server.py")


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until it is stopped, or do what is asked of lessons."""
    given = [*(sys.argv[1:] if arguments is None else arguments)]
    if given[:1] == ["lesson"]:
        from dashboard.lessons import commands

        return commands.run(given[1:])
    parser = argparse.ArgumentParser(
        prog="python -m dashboard",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "command", nargs="?", choices=["serve", "classroom", "lesson"], default="serve"
    )
    asked, options = parser.parse_known_args(given)
    if asked.command == "classroom":
        options = _classroom(options)
    from streamlit.web import cli

    os.chdir(SERVER.parent.parent)  # Streamlit reads its settings where it is started
    cli.main(["run", str(SERVER), *options], prog_name="streamlit")
    return 0


def _classroom(options: list[str]) -> list[str]:
    """For this network; the address is said before Streamlit says its own."""
    from dashboard import classroom, settings

    port = argparse.ArgumentParser(add_help=False)
    port.add_argument("--server.port", dest="port", type=int, default=classroom.PORT)
    port.add_argument("--server.address", dest="address", default="0.0.0.0")
    found, rest = port.parse_known_args(options)
    url = classroom.address(classroom.here(), found.port)
    sys.stdout.write(classroom.announce(url))
    sys.stdout.flush()
    os.environ[settings.CLASSROOM] = url
    served = [f"--server.port={found.port}", f"--server.address={found.address}"]
    return [*served, "--server.headless=true", "--server.fileWatcherType=none", *rest]


if __name__ == "__main__":
    sys.exit(main())
