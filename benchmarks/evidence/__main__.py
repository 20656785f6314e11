"""python -m benchmarks.evidence [--quick] [--out FOLDER]: the protocol of plan.yaml, resumable.

Results go to FOLDER/<form>/<fingerprint>/, a Parquet file for each input at each layer; tables and
figures are built from these alone. From the results that are kept in the repository, without
computing anything: --question N shows what they say to a question, --page makes docs/evidence.md.
"""

from __future__ import annotations

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import argparse
from pathlib import Path

from benchmarks.evidence import page, plan, tables


def main() -> None:
    """Compute what is missing, then tables and figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a minute: does the pipeline work?")
    parser.add_argument("--out", type=Path, default=Path("evidence"), help="default: %(default)s")
    parser.add_argument("--networks", nargs="+", default=[], help="these alone; default: all")
    parser.add_argument("--keep", action="store_true", help="the results become those of the page")
    parser.add_argument("--page", action="store_true", help="from the results that are kept")
    parser.add_argument("--question", type=int, choices=tables.QUESTIONS, help="of these as well")
    given = parser.parse_args()
    if given.page:
        page.write(plan.read(quick=False))
        return
    if given.question:
        whole = plan.read(quick=False)
        print(tables.answer(tables.results(page.RESULTS, whole), given.question, whole))
        return
    from benchmarks.evidence import figures, runner

    asked = plan.read(given.quick)
    place = runner.run(asked, given.out / ("quick" if asked.quick else "full"), given.networks)
    frame = tables.results(place, asked)
    (place / "tables.md").write_text(tables.written(frame, asked), encoding="utf-8")
    for file in [*figures.write(frame, asked, place), place / "tables.md"]:
        print(file)
    if given.keep:
        frame.to_parquet(page.RESULTS, compression="zstd", index=False)


if __name__ == "__main__":
    main()
