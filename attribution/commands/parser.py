"""The words of the command line: what may be said, and how what is wrong is answered."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import attribution
from attribution.bundled import MODELS
from attribution.commands import card, codes, explain, look, profile, reading, screen
from attribution.commands.refusals import PROGRAM, line
from attribution.errors import one_line
from attribution.methods import METHODS
from attribution.profile.baseline import BASELINES

_DESCRIPTION = "Check a model, list its layers, explain inputs, go through data sets."


class Parser(argparse.ArgumentParser):
    """One that says what is wrong in one line."""

    def print_help(self, file: Any = None) -> None:
        """As argparse does, but a place that cannot be written to is an error."""
        (file or sys.stdout).write(self.format_help())

    def error(self, message: str) -> NoReturn:
        """One line, without the usage that argparse puts before it."""
        self.exit(codes.REFUSED, line(message, self.prog))

    def read(self, arguments: Any) -> argparse.Namespace:
        """The values of the arguments, of which `run` is the command."""
        given = self.parse_args(arguments)
        for name, value in vars(given).items():
            # Of `--option=--` argparse makes an empty list, whatever the option takes.
            if value == [] or (isinstance(value, list) and [] in value):
                self.error(f"argument --{name}: expected a value, not '--'.")
        return given


def build() -> Parser:
    """The parser of all commands."""
    parser = Parser(prog=PROGRAM, description=_DESCRIPTION)
    version = f"neuron-attribution {attribution.__version__}"
    parser.add_argument("--version", action="version", version=version)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    model = f"a bundled model ({', '.join(MODELS)}) or a .keras, .h5 or .hdf5 file"
    an_input = "a picture, FASTA, .csv, .wav or text by the card, .npy array, or a sample's name"

    layers = commands.add_parser("layers", help="list a model's layers")
    layers.add_argument("model", metavar="MODEL", help=model)
    layers.set_defaults(run=look.layers)

    checked = commands.add_parser("check", help="examine a model before its numbers are believed")
    checked.add_argument("model", metavar="MODEL", help=model)
    checked.add_argument("input", metavar="INPUT", nargs="?", help=f"{an_input}; default: noise")
    data = (
        "measure the card's preprocessing: a folder for each class, a .zip, or a .csv of file,label"
    )
    checked.add_argument("--data", type=Path, metavar="FOLDER|ZIP|CSV", help=data)
    _add_reading(checked)
    checked.set_defaults(run=look.check)

    scored = commands.add_parser("explain", help="score the neurons of hidden layers")
    scored.add_argument("model", metavar="MODEL", help=model)
    several = f"{an_input}; or a folder of such files; one or more"
    scored.add_argument("input", metavar="INPUT", nargs="+", help=several)
    _add_question(scored)
    _add_reading(scored)
    _add_rows(scored)
    scored.set_defaults(run=explain.run)
    profile.add(commands, model)
    _add_card(commands, model)

    served = commands.add_parser("serve", help="open the dashboard on models of yours")
    served.add_argument("model", metavar="MODEL", nargs="+", help=f"{model}; or a folder of such")
    served.add_argument("--card", type=Path, help="the model's card; default: NAME.yaml beside it")
    served.add_argument("--port", type=_from(1), default=8501, help="default: %(default)s")
    served.set_defaults(run=look.serve)
    return parser


def _add_card(commands: Any, model: str) -> None:
    """The commands about cards."""
    told = "a first card of a model, or the JSON schema of cards"
    which = commands.add_parser("card", help=told).add_subparsers(required=True, metavar="WHAT")
    guessed = which.add_parser("guess", help="write what the model says of itself")
    guessed.add_argument("model", metavar="MODEL", help=model)
    guessed.add_argument("--out", type=Path, help="a new .yaml file; default: the screen")
    guessed.set_defaults(run=card.guess)
    schema = which.add_parser("schema", help="write the JSON schema that editors complete by")
    schema.add_argument("--out", type=Path, help="a file; default: the screen")
    schema.set_defaults(run=card.schema)


def _add_question(parser: argparse.ArgumentParser) -> None:
    """The options that say what is asked."""
    add = parser.add_argument
    add("--layer", action="append", help="a layer's name, or all; may be repeated")
    target = "class index or name; position,class; contrast 281:1,282:-1; output:any of these"
    add("--target", help=target)
    add("--classes", type=Path, metavar="FILE", help="their names: one a line, or a JSON list")
    add("--method", choices=METHODS, default="nig", help="default: %(default)s")
    add("--baseline", default="zeros", help=f"{BASELINES}; default: %(default)s")
    add("--seed", type=_from(0), default=0, help="of a random baseline; default: %(default)s")
    add("--output", choices=("logit", "output"), default="logit", help="default: %(default)s")
    add("--tolerance", type=float, help="estimated error to reach; default: 0.05")
    add("--steps", type=int, help="at most this many points on a path")


def _add_reading(parser: argparse.ArgumentParser) -> None:
    """The options that say how an input file becomes an array."""
    add = parser.add_argument
    scale = f"of pixels 0 to 255: (pixel - S) / D, such as {reading.SCALES}"
    add("--card", type=Path, help="the model's card; default: NAME.yaml beside NAME.keras")
    add("--fit", choices=("crop", "letterbox", "window", "pad"), help="how to fit the input")
    add("--subtract", type=float, nargs="+", metavar="S", help=scale)
    add("--divide", type=float, nargs="+", metavar="D", help="D of the same")


def _add_rows(parser: argparse.ArgumentParser) -> None:
    """The options that say what is told of the answer, and where."""
    add = parser.add_argument
    add("--by", choices=("channel", "neuron"), default="channel", help="rows; default: %(default)s")
    shown = f"rows for each example; default: {screen.SHOWN}, in a file all"
    add("--axis", type=int, help="that of the channels, where a layer's is not known; -1: the last")
    add("--top", type=_from(1), help=shown)
    out = "write .npz (one layer of one input, everything), .csv or .json"
    add("--out", type=Path, help=out)


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
