"""The dashboard as it is served, which writes down each computation that it has finished.

    python -m benchmarks.counted PORT FILE

A line of JSON for each: what kind it was, and what was asked.
"""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any

from dashboard.server import app
from dashboard.work import engine
from dashboard.work.joined import Joined
from dashboard.work.slot import Waiting


class Counted(Joined):
    """Joined, which tells of the work of those who worked."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file

    def once(
        self,
        key: Hashable,
        known: Callable[[], Any],
        work: Callable[[Waiting], Any],
        waiting: Waiting,
    ) -> Any:
        def told(waiting: Waiting) -> Any:
            found = work(waiting)
            assert isinstance(key, tuple)
            with self._file.open("a") as file:
                print(json.dumps([str(key[4]), repr(key)]), file=file)
            return found

        return super().once(key, known, told, waiting)


def main() -> None:
    """Serve until it is stopped."""
    port, file = int(sys.argv[1]), Path(sys.argv[2])
    engine.Joined = functools.partial(Counted, file)  # type: ignore[misc, assignment]
    app.run(
        config={
            "server.port": port,
            "server.address": "localhost",
            "server.headless": True,
            "server.fileWatcherType": "none",
        }
    )


if __name__ == "__main__":
    main()
