"""python -m benchmarks.evidence [--quick] [--out FOLDER]: the protocol of plan.yaml, resumable.

Results go to FOLDER/<fingerprint>/, a Parquet file for each input at each layer; the tables and
figures beside them are built from these alone.
"""

from __future__ import annotations

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import argparse
from pathlib import Path

import benchmarks.common as common
from benchmarks.evidence import figures, plan, runner, tables


def main() -> None:
    """Compute what is missing, then tables and figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a minute: does the pipeline work?")
    parser.add_argument("--out", type=Path, default=Path("evidence"), help="default: %(default)s")
    parser.add_argument("--networks", nargs="+", default=[], help="these alone; default: all")
    given = parser.parse_args()
    asked = plan.read(given.quick)
    place = runner.run(asked, given.out / ("quick" if asked.quick else "full"), given.networks)
    frame = tables.results(place)
    text = f"{common.machine()}\n\n{tables.written(frame, asked)}"
    (place / "tables.md").write_text(text, encoding="utf-8")
    for file in figures.write(frame, asked, place):
        print(file)
    print(place / "tables.md")


if __name__ == "__main__":
    main()
