"""The command line: list a model's layers, explain an input, write the scores to a file."""

from __future__ import annotations

import argparse
import csv
import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from attribution import _reading, zoo
from attribution.errors import AttributionError, InvalidRequest
from attribution.methods import METHODS
from attribution.network import Network
from attribution.result import Attribution

SHOWN = 10
"""Rows on the screen where neither --top nor --out is given."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; its exit code: 0; 2 for bad input, with one line on stderr; 130."""
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        given.run(given)
    except AttributionError as error:
        parser.error(str(error))
    except OSError as error:
        parser.error(f"{error.filename or 'file'}: {error.strerror or error}")
    except KeyboardInterrupt:
        return 130
    return 0


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line, without the usage that argparse puts before it."""
        self.exit(2, f"{self.prog}: error: {' '.join(message.split())}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m attribution", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    model = f"a bundled model ({', '.join(zoo.cards())}) or a .keras, .h5 or .hdf5 file"

    layers = commands.add_parser("layers", help="list a model's layers")
    layers.add_argument("model", metavar="MODEL", help=model)
    layers.set_defaults(run=_layers)

    explain = commands.add_parser("explain", help="score the neurons of hidden layers")
    add = explain.add_argument
    add("model", metavar="MODEL", help=model)
    add("input", metavar="INPUT", help="a picture, FASTA, .npy array, or a bundled sample's name")
    add("--layer", action="append", help="a layer's name, or all; may be repeated")
    add("--target", help="class index or name; position,class; contrast 281:1,282:-1")
    add("--method", choices=METHODS, default="nig", help="default: %(default)s")
    add("--baseline", default="zeros", help=f"{_reading.BASELINES}; default: %(default)s")
    add("--seed", type=int, default=0, help="of a random baseline; default: %(default)s")
    add("--output", choices=("logit", "output"), default="logit", help="default: %(default)s")
    add("--tolerance", type=float, help="estimated error to reach; default: 0.05")
    add("--steps", type=int, help="at most this many points on a path")
    add("--fit", choices=("crop", "letterbox", "window", "pad"), help="how to fit the input")
    add("--subtract", type=float, nargs="+", help="of pixels 0 to 255: (pixel - S) / D")
    add("--divide", type=float, nargs="+", help="D of the same")
    add("--by", choices=("channel", "neuron"), default="channel", help="rows; default: %(default)s")
    add("--top", type=int, help=f"rows for each example; default: {SHOWN}, in a file all")
    add("--out", type=Path, help="write .npz (one layer, everything), .csv or .json")
    explain.set_defaults(run=_explain)
    return parser


def _layers(given: argparse.Namespace) -> None:
    net = zoo.load(given.model)
    rows = [("layer", "kind", "shape", "cut")]
    for info in net.layers:
        shape = " x ".join("any" if n is None else str(n) for n in info.shape)
        rows.append((info.name, info.kind, shape, "yes" if info.is_cut else "no"))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(map(str.ljust, row, widths)).rstrip())


def _explain(given: argparse.Namespace) -> None:
    method = METHODS[given.method]
    options = {k: getattr(given, k) for k in ("tolerance", "steps")}
    options = {k: v for k, v in options.items() if v is not None}
    if options and not method.estimated:
        raise InvalidRequest(f"{method.title} takes no {' and no '.join(options)}.")
    _check_out(given)
    card = zoo.cards().get(given.model)
    layers = given.layer or ([card.default_layer] if card else None)
    if layers is None:
        raise InvalidRequest("--layer is missing; the command layers lists the names.")
    net = zoo.load(given.model)
    x = _reading.read_input(
        net,
        given.input,
        model=given.model,
        fit=given.fit,
        subtract=given.subtract,
        divide=given.divide,
    )
    bar = _Bar(method.title) if sys.stderr.isatty() else None
    try:
        results = method.run(
            net,
            x,
            "all" if "all" in layers else layers,
            target=_reading.read_target(given.target, card.labels if card else ()),
            baseline=_reading.read_baseline(given.baseline, x, given.seed),
            output=given.output,
            progress=bar,
            **options,
        )
    finally:
        if bar:
            bar.clear()
    if given.out:
        _write(given, results)
    else:
        _show(given, results, card.labels if card else (), net)


def _check_out(given: argparse.Namespace) -> None:
    """Refuse a file that could not be written before the work, not after it."""
    if given.out is None:
        return
    if given.out.suffix not in (".npz", ".csv", ".json"):
        raise InvalidRequest(f"--out is {str(given.out)!r}; it must end in .npz, .csv or .json.")
    if not given.out.resolve().parent.is_dir():
        raise InvalidRequest(f"--out is {str(given.out)!r}; there is no such folder.")
    several = given.layer and (len(given.layer) > 1 or "all" in given.layer)
    if given.out.suffix == ".npz" and several:
        raise InvalidRequest("An .npz file holds one layer: give one --layer, or .csv or .json.")


def _show(
    given: argparse.Namespace, results: dict[str, Attribution], labels: Sequence[str], net: Network
) -> None:
    for name, result in results.items():
        for example in range(len(result.scores)):
            about = _about(result, example)
            kind, target = net.layer(name).kind, _named(about["target"], labels)
            print(f"{name} ({kind}), example {example}, target {target}")
            for key in ("f_input", "f_baseline", "delta", "gap", "error", "evaluations"):
                value = about[key]
                print(f"  {key:12}{'-' if value is None else format(value, '.6g')}")
            if result.converged is not None and not result.converged[example]:
                print("  The budget ended before the tolerance was met: allow more --steps.")
            for note in result.notes:
                print(f"  {note}")
            top = result.top(SHOWN if given.top is None else given.top, given.by, example)
            for row in top.itertuples(index=False):
                print(f"  {given.by} {row.index!s:12} {row.score:+12.5g} {row.share:8.1%}")


def _write(given: argparse.Namespace, results: dict[str, Attribution]) -> None:
    if given.out.suffix == ".npz":
        next(iter(results.values())).save(given.out)
    elif given.out.suffix == ".csv":
        with given.out.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["layer", "example", given.by, "score", "share"])
            for name, result in results.items():
                for example in range(len(result.scores)):
                    writer.writerows(
                        [name, example, _place(row.index), row.score, row.share]
                        for row in _top(given, result, example)
                    )
    else:
        given.out.write_text(json.dumps(_as_json(given, results), indent=1), encoding="utf-8")
    for name, result in results.items():
        if result.converged is not None and not result.converged.all():
            sys.stderr.write(f"{name}: the tolerance was not met; allow more --steps.\n")


def _as_json(given: argparse.Namespace, results: dict[str, Attribution]) -> dict[str, Any]:
    asked = ("model", "input", "method", "target", "baseline", "seed", "output", "by")
    return {
        **{key: getattr(given, key) for key in asked},
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
                            for row in _top(given, result, example)
                        ],
                    }
                    for example in range(len(result.scores))
                ],
            }
            for name, result in results.items()
        },
    }


def _top(given: argparse.Namespace, result: Attribution, example: int) -> Any:
    rows = result.scores[example].size if given.top is None else given.top
    return result.top(rows, given.by, example).itertuples(index=False)


def _about(result: Attribution, example: int) -> dict[str, Any]:
    """The numbers of one example; None for those that do not exist."""
    found: dict[str, Any] = {
        key: float(getattr(result, key)[example])
        for key in ("f_input", "f_baseline", "delta", "gap", "error")
    }
    found = {key: value if math.isfinite(value) else None for key, value in found.items()}
    found["evaluations"] = int(result.evaluations[example])
    found["converged"] = None if result.converged is None else bool(result.converged[example])
    target = result.target
    found["target"] = target[example].tolist() if hasattr(target, "tolist") else str(target)
    return found


def _named(target: Any, labels: Sequence[str]) -> str:
    return f"{target} ({labels[target]})" if target in range(len(labels)) else str(target)


def _place(index: Any) -> Any:
    """A neuron's place as one cell: "3 4 17"."""
    return " ".join(map(str, index)) if isinstance(index, tuple) else index


class _Bar:
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
