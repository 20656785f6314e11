"""Answers in a file: .npz, .csv or .json, whole or not at all."""

from __future__ import annotations

import csv
import json
import math
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attribution.cells import cell
from attribution.commands.answer import Explanation
from attribution.errors import InvalidRequest, one_line

FORMATS = (".npz", ".csv", ".json")


Add = Callable[[Explanation], None]
"""Takes one answer after the other."""


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


@contextmanager
def output(out: Path, asked: Mapping[str, Any], top: int | None) -> Iterator[Add]:
    """A file of one of `FORMATS`, by its name.

    asked : what was asked, for .json; "by" is the kind of the rows. top : rows for each example;
    None is all.
    """
    with whole(out) as part:
        match out.suffix:
            case ".npz":
                yield lambda answer: _npz(part, answer)
            case ".csv":
                with part.open("w", newline="", encoding="utf-8", errors="replace") as file:
                    writer = csv.writer(file)
                    writer.writerow(
                        ["input", "layer", "example", asked["by"], "name", "score", "share"]
                    )
                    yield lambda answer: writer.writerows(_lines(answer, asked["by"], top))
            case _:
                layers: dict[str, Any] = {}
                yield lambda answer: _gather(layers, answer, asked["by"], top)
                words = json.dumps({**asked, "layers": layers}, indent=1, allow_nan=False)
                part.write_text(words, encoding="utf-8")


def _npz(part: Path, answer: Explanation) -> None:
    """Everything about one layer of one input."""
    (result,) = answer.results.values()
    result.save(part)


def _lines(answer: Explanation, by: Any, top: int | None) -> Iterator[tuple[Any, ...]]:
    for layer, result in answer.results.items():
        for example in range(len(result.scores)):
            for row in answer.rows(layer, by, example, top):
                place = " ".join(map(str, row.index)) if by == "neuron" else row.index
                source, name, feature = map(cell, (answer.source, layer, row.name))
                yield source, name, example, place, feature, row.score, row.share


def _gather(layers: dict[str, Any], answer: Explanation, by: Any, top: int | None) -> None:
    """Put an answer to those of the same layers."""
    for layer, result in answer.results.items():
        shape = list(result.scores.shape[1:])
        about = {"is_cut": result.is_cut, "shape": shape, "notes": [], "examples": []}
        found = layers.setdefault(layer, about)
        pairs = zip(found["shape"], shape, strict=True)
        found["shape"] = [n if n == m else None for n, m in pairs]  # null: inputs differ
        found["notes"] += [note for note in result.notes if note not in found["notes"]]
        found["examples"] += [
            {
                "input": answer.source,
                "example": example,
                **answer.about(layer, example),
                "scores": [
                    {key: _known(value) for key, value in row._asdict().items() if value != ""}
                    for row in answer.rows(layer, by, example, top)
                ],
            }
            for example in range(len(result.scores))
        ]


def _known(value: Any) -> Any:
    """None for what is no number: JSON has no word for it."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
