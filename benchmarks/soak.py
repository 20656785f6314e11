"""Soak: a crowd that stays for a day, and what becomes of the server's memory.

    python -m benchmarks.soak --hours 24 --out soak.csv
    python -m benchmarks.soak --hours 0.5

Serves the dashboard on a free port, asks of it, and stops it. Only this machine is asked. A line
each minute goes to the file; the table at the end holds the last minute against the one after the
first twelfth of the time, at most an hour.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.load import crowded, table


def main() -> None:
    """Run it and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--sessions", type=int, default=15)
    parser.add_argument("--think", type=float, default=20.0)
    parser.add_argument("--out", type=Path, default=Path("soak.csv"))
    asked = parser.parse_args()
    seconds = asked.hours * 3600
    with asked.out.open("w", buffering=1) as file:

        def told(line: str) -> None:
            print(line, file=file)
            print(line, flush=True)

        table(crowded(asked.sessions, seconds, asked.think, min(seconds / 12, 3600.0), told))


if __name__ == "__main__":
    main()
