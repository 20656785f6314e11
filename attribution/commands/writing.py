"""Results of the command line: on the screen, and as .npz, .csv or .json."""

from __future__ import annotations

import csv
import json
import math
import os
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from attribution.cells import cell
from attribution.errors import InvalidRequest, one_line
from attribution.network import Network
from attribution.result import Attribution

FORMATS = (".npz", ".csv", ".json")
SHOWN = 10
"""Rows on the screen where no number is given."""

_NUMBERS = ("f_input", "f_baseline", "delta", "gap", "error", "evaluations")


@contextmanager
def whole(out: Path) -> Iterator[Path]:
    """A new file beside `out` to write to, which takes its place when all is written.

    Made before the work, so that a place that cannot be written to is refused at once; what was
    there stays if anything fails.
    """
    real = _place(out)
    part = real.parent / f".attribution-{os.getpid()}.part"
    try:
        part.open("wb").close()
    except OSError as error:
        raise InvalidRequest(
            f"--out is {one_line(str(out))!r}, where nothing can be written: {error.strerror}."
        ) from error
    try:
        yield part
        os.replace(part, real)
    finally:
        part.unlink(missing_ok=True)


def _place(out: Path) -> Path:
    """Where `out` really lies, if it names a file in a folder that exists."""
    said = f"--out is {one_line(str(out))!r}"
    if out.suffix not in FORMATS:
        raise InvalidRequest(f"{said}; it must end in {', '.join(FORMATS[:-1])} or {FORMATS[-1]}.")
    try:
        mode = os.stat(out).st_mode
    except FileNotFoundError:
        mode = stat.S_IFREG
    except (OSError, ValueError) as error:  # too long, within a file, with a NUL
        raise InvalidRequest(f"{said}, which cannot be the name of a file.") from error
    if not stat.S_ISREG(mode):
        raise InvalidRequest(f"{said}, which is a folder, a device or a pipe: give another name.")
    real = Path(os.path.realpath(out))
    if not real.parent.is_dir():
        raise InvalidRequest(f"{said}; there is no such folder.")
    return real


def write(
    part: Path, form: str, results: dict[str, Attribution], asked: dict[str, Any], top: int | None
) -> None:
    """Write results to a file.

    form : one of `FORMATS`; .npz takes one layer. asked : what was asked, for .json.
    top : rows for each example; None is all.
    """
    if form == ".npz":
        next(iter(results.values())).save(part)
    elif form == ".csv":
        with part.open("w", newline="", encoding="utf-8") as file:
            _csv(file, results, asked["by"], top)
    else:
        part.write_text(json.dumps(_as_json(results, asked, top), indent=1), encoding="utf-8")
    for name, result in results.items():
        if any(_converged(result, e) is False for e in range(len(result.scores))):
            sys.stderr.write(f"{one_line(name)}: {_doubt(result)}\n")


def _doubt(result: Attribution) -> str:
    """What is unsure about a result that did not converge, and the mend."""
    if result.tolerance is None:
        return "The scores do not sum to F(x) - F(baseline), as this method promises."
    return "The budget ended before the tolerance was met: allow more --steps."


def show(
    say: Callable[[str], None],
    results: dict[str, Attribution],
    net: Network,
    *,
    labels: Sequence[str],
    by: Any,
    top: int | None,
) -> None:
    """Say, line by line, each example's numbers and its first rows."""
    for name, result in results.items():
        for example in range(len(result.scores)):
            about = _about(result, example)
            target = about["target"]
            named = f"{target} ({labels[target]})" if target in range(len(labels)) else target
            say(
                f"{one_line(name, 200)} ({net.layer(name).kind}), example {example}, target {named}"
            )
            for key in _NUMBERS:
                value = about[key]
                say(f"  {key:12}{'-' if value is None else format(value, '.6g')}")
            if about["converged"] is False:
                say(f"  {_doubt(result)}")
            for note in result.notes:
                say(f"  {note}")
            found = result.top(SHOWN if top is None else top, by, example)
            for row in found.itertuples(index=False):
                say(f"  {by} {row.index!s:12} {row.score:+12.5g} {row.share:8.1%}")


def _csv(file: TextIO, results: dict[str, Attribution], by: Any, top: int | None) -> None:
    writer = csv.writer(file)
    writer.writerow(["layer", "example", by, "score", "share"])
    for name, result in results.items():
        for example in range(len(result.scores)):
            for row in _rows(result, by, example, top):
                place = " ".join(map(str, row.index)) if by == "neuron" else row.index
                writer.writerow([cell(name), example, place, row.score, row.share])


def _as_json(
    results: dict[str, Attribution], asked: dict[str, Any], top: int | None
) -> dict[str, Any]:
    return {
        **asked,
        "layers": {
            name: {
                "is_cut": result.is_cut,
                "shape": list(result.scores.shape[1:]),
                "notes": list(result.notes),
                "examples": [
                    {
                        **_about(result, example),
                        "scores": [
                            {"index": row.index, "score": row.score, "share": row.share}
                            for row in _rows(result, asked["by"], example, top)
                        ],
                    }
                    for example in range(len(result.scores))
                ],
            }
            for name, result in results.items()
        },
    }


def _rows(result: Attribution, by: Any, example: int, top: int | None) -> Any:
    rows = result.scores[example].size if top is None else top
    return result.top(rows, by, example).itertuples(index=False)


def _about(result: Attribution, example: int) -> dict[str, Any]:
    """The numbers of one example; None for those that do not exist."""
    found: dict[str, Any] = {
        key: float(getattr(result, key)[example]) for key in _NUMBERS if key != "evaluations"
    }
    found = {key: value if math.isfinite(value) else None for key, value in found.items()}
    found["evaluations"] = int(result.evaluations[example])
    found["converged"] = _converged(result, example)
    target = result.target
    found["target"] = target[example].tolist() if hasattr(target, "tolist") else str(target)
    return found


def _converged(result: Attribution, example: int) -> bool | None:
    """Whether the tolerance was met; None for a method that knows no error."""
    found = None if result.converged is None else result.converged[example]
    return None if found is None else bool(found)


class Bar:
    """A progress bar on one line of a terminal."""

    def __init__(self, title: str) -> None:
        self.title = title

    def __call__(self, done: int, total: int) -> None:
        filled = 30 * done // max(total, 1)
        sys.stderr.write(f"\r{self.title} [{'#' * filled:30}] {done}/{total} ")
        sys.stderr.flush()

    def clear(self) -> None:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()
