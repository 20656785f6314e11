"""The command line: check a model, list its layers, explain an input, write scores to a file."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import warnings
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import tensorflow as tf

from attribution import zoo
from attribution.checkup import check
from attribution.commands import reading, writing
from attribution.errors import AttributionError, InvalidRequest, one_line
from attribution.methods import METHODS
from attribution.network import Network
from attribution.result import Attribution

MAX_MESSAGE = 600
"""Characters of the one line that is said of bad input."""
UNSURE = 3
"""The exit code of an answer that says of itself that it is not to be relied on."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; its exit code.

    0; 2 for bad input, with one line on stderr; UNSURE where the answer says that it is not to be
    relied on (no convergence, sums that do not close, a model with a fault); 130 when interrupted.
    """
    if arguments is None and signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    parser = _parser()
    try:
        if sys.stdout is None:
            parser.error("standard output is closed, so there is no place for the answer.")
        given = parser.parse_args(arguments)
        _check_values(parser, given)
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            code: int = given.run(given)
        sys.stdout.flush()
    except AttributionError as error:
        parser.error(str(error))
    except (MemoryError, RecursionError, tf.errors.ResourceExhaustedError):
        parser.error("There is not enough memory for this: give fewer or smaller inputs.")
    except tf.errors.OpError as error:
        parser.error(f"The model cannot be run on this input: {_reason(error)}.")
    except UnicodeError:
        parser.error("A name cannot be written in the encoding of the output: use UTF-8.")
    except OSError as error:
        _leave_output()
        parser.error(f"{error.filename or 'standard output'}: {error.strerror or error}")
    except KeyboardInterrupt:
        return 130
    except SystemExit as ended:
        if not _leave_output() and not ended.code:  # the help was not written
            parser.error("standard output cannot be written to.")
        raise
    return code


def _reason(error: tf.errors.OpError) -> str:
    """The line of TensorFlow's message that says what was wrong."""
    around = ("Graph execution", "Detected at", "<stack", "File", "[[", "Function call", "Node:")
    lines = [line.strip() for line in error.message.splitlines()]
    told = [line for line in lines if line and not line.startswith(around)]
    return (told or [type(error).__name__])[0].split("[[")[0].strip(" .")


def _leave_output() -> bool:
    """Let Python end without a word where standard output cannot be written to; whether it can."""
    if sys.stdout is None:
        return False
    try:
        sys.stdout.flush()
    except OSError:
        with suppress(OSError, ValueError):  # not a file of the system's
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, sys.stdout.fileno())
            os.close(nowhere)
        return False
    return True


class _Parser(argparse.ArgumentParser):
    def print_help(self, file: Any = None) -> None:
        """As argparse does, but a place that cannot be written to is an error."""
        (file or sys.stdout).write(self.format_help())

    def error(self, message: str) -> NoReturn:
        """One line, without the usage that argparse puts before it."""
        self.exit(2, f"{self.prog}: error: {one_line(message, MAX_MESSAGE)}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m attribution", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    model = f"a bundled model ({', '.join(zoo.cards())}) or a .keras, .h5 or .hdf5 file"

    an_input = "a picture, FASTA, .npy array, or a bundled sample's name"

    layers = commands.add_parser("layers", help="list a model's layers")
    layers.add_argument("model", metavar="MODEL", help=model)
    layers.set_defaults(run=_layers)

    checked = commands.add_parser("check", help="examine a model before its numbers are believed")
    checked.add_argument("model", metavar="MODEL", help=model)
    checked.add_argument("input", metavar="INPUT", nargs="?", help=f"{an_input}; default: noise")
    _add_reading(checked)
    checked.set_defaults(run=_check)

    explain = commands.add_parser("explain", help="score the neurons of hidden layers")
    add = explain.add_argument
    add("model", metavar="MODEL", help=model)
    add("input", metavar="INPUT", help=an_input)
    add("--layer", action="append", help="a layer's name, or all; may be repeated")
    add("--target", help="class index or name; position,class; contrast 281:1,282:-1")
    add("--method", choices=METHODS, default="nig", help="default: %(default)s")
    add("--baseline", default="zeros", help=f"{reading.BASELINES}; default: %(default)s")
    add("--seed", type=_from(0), default=0, help="of a random baseline; default: %(default)s")
    add("--output", choices=("logit", "output"), default="logit", help="default: %(default)s")
    add("--tolerance", type=float, help="estimated error to reach; default: 0.05")
    add("--steps", type=int, help="at most this many points on a path")
    _add_reading(explain)
    add("--by", choices=("channel", "neuron"), default="channel", help="rows; default: %(default)s")
    add(
        "--top",
        type=_from(1),
        help=f"rows for each example; default: {writing.SHOWN}, in a file all",
    )
    add("--out", type=Path, help="write .npz (one layer, everything), .csv or .json")
    explain.set_defaults(run=_explain)
    return parser


def _add_reading(parser: argparse.ArgumentParser) -> None:
    """The options that say how an input file becomes an array."""
    add = parser.add_argument
    add("--fit", choices=("crop", "letterbox", "window", "pad"), help="how to fit the input")
    add("--subtract", type=float, nargs="+", help="of pixels 0 to 255: (pixel - S) / D")
    add("--divide", type=float, nargs="+", help="D of the same")


def _check_values(parser: argparse.ArgumentParser, given: argparse.Namespace) -> None:
    """Refuse `--option=--`, of which argparse makes an empty list, whatever the option takes."""
    for name, value in vars(given).items():
        if value == [] or (isinstance(value, list) and [] in value):
            parser.error(f"argument --{name}: expected a value, not '--'.")


def _from(least: int) -> Callable[[str], int]:
    """The type of an argument that is a whole number of at least so much."""

    def whole(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if number < least:
            raise argparse.ArgumentTypeError(
                f"{one_line(text)!r} is not a whole number of {least} or more"
            )
        return number

    return whole


def _layers(given: argparse.Namespace) -> int:
    net = zoo.load(given.model)
    rows = [("layer", "kind", "shape", "cut")]
    for info in net.layers:
        shape = " x ".join("any" if n is None else str(n) for n in info.shape)
        rows.append((one_line(info.name, 200), info.kind, shape, "yes" if info.is_cut else "no"))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(map(str.ljust, row, widths)).rstrip())
    return 0


def _check(given: argparse.Namespace) -> int:
    net = zoo.load(given.model)
    report = check(net, None if given.input is None else _read(given, net))
    print(report)
    return 0 if report.fine else UNSURE


def _explain(given: argparse.Namespace) -> int:
    several = given.layer and (len(set(given.layer)) > 1 or "all" in given.layer)
    if given.out and given.out.suffix == ".npz" and several:
        raise InvalidRequest("An .npz file holds one layer: give one --layer, or .csv or .json.")
    with writing.whole(given.out) if given.out else nullcontext() as part:
        card = zoo.cards().get(given.model)
        labels = card.labels if card else ()
        net, results = _scores(given, card)
        if part:
            asked = ("model", "input", "method", "target", "baseline", "seed", "output", "by")
            writing.write(
                part,
                given.out.suffix,
                results,
                {key: getattr(given, key) for key in asked},
                given.top,
            )
        else:
            writing.show(print, results, net, labels=labels, by=given.by, top=given.top)
    unsure = any(r.converged is not None and not r.converged.all() for r in results.values())
    return UNSURE if unsure else 0


def _scores(
    given: argparse.Namespace, card: zoo.Card | None
) -> tuple[Network, dict[str, Attribution]]:
    method = METHODS[given.method]
    options = {k: getattr(given, k) for k in ("tolerance", "steps")}
    options = {k: v for k, v in options.items() if v is not None}
    if options and not method.estimated:
        raise InvalidRequest(f"{method.title} takes no {' and no '.join(options)}.")
    layers = given.layer or ([card.default_layer] if card else None)
    if layers is None:
        raise InvalidRequest("--layer is missing; the command layers lists the names.")
    target = reading.read_target(given.target, card.labels if card else ())
    net = zoo.load(given.model)
    x = _read(given, net)
    bar = writing.Bar(method.title) if sys.stderr and sys.stderr.isatty() else None
    try:
        results = method.run(
            net,
            x,
            "all" if "all" in layers else layers,
            target=target,
            baseline=reading.read_baseline(given.baseline, x, given.seed),
            output=given.output,
            progress=bar,
            **options,
        )
    finally:
        if bar:
            bar.clear()
    if not any(_is_finite(result) for result in results.values()):
        raise InvalidRequest(
            f"The scores of layer {one_line(next(iter(results)))!r} are not finite: the input, the "
            "baseline, the target's weights or the model's own are too large for float32."
        )
    return net, results


def _read(given: argparse.Namespace, net: Network) -> Any:
    how = {key: getattr(given, key) for key in ("fit", "subtract", "divide")}
    return reading.read_input(net, given.input, model=given.model, **how)


def _is_finite(result: Attribution) -> bool:
    """Whether the scores are numbers; a network makes none of numbers that are too large."""
    shares_of = np.abs(result.scores).sum(tuple(range(1, result.scores.ndim)))
    numbers: tuple[Any, ...] = (shares_of, result.f_input, result.f_baseline)
    return all(bool(np.isfinite(n).all()) for n in numbers)
