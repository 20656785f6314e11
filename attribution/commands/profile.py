"""The commands of profile: run a data set, how far it is, join, prove, export its numbers."""

from __future__ import annotations

import argparse
import math
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attribution import profile, zoo
from attribution.commands import carded, codes, words
from attribution.commands.refusals import remark
from attribution.errors import InvalidRequest, one_line
from attribution.methods import METHODS
from attribution.profile.baseline import BASELINES
from attribution.profile.engines import ENGINES
from attribution.profile.exports import FORMATS, export
from attribution.profile.preparation import network

_EVERY = 30.0
"""Seconds between two lines of progress where there is no terminal."""
_NAMES = "names of your own: lines such as conv3: {12: stripes}"
_DATA = "a folder with a folder for each class, FASTA, .npz, .parquet, .csv, or a .csv of files"


def add(commands: Any, model: str) -> None:
    """The parsers of its commands."""
    told = "which units decide for each class of a data set"
    which = commands.add_parser("profile", help=told).add_subparsers(required=True, metavar="WHAT")
    begun = which.add_parser("run", help="go through a data set, or go on with it")
    begun.add_argument("model", metavar="MODEL", help=model)
    begun.add_argument("data", metavar="DATA", help=_DATA)
    option = begun.add_argument
    option("--out", required=True, metavar="RUN", help="the folder of the run, a path or URL")
    option("--layer", action="append", help="a layer's name, or all; may be repeated")
    option("--target", default="predicted", help="predicted, label, or as of explain")
    option("--baseline", default="zeros", help=f"{BASELINES}; default: %(default)s")
    option("--method", choices=METHODS, default="nig", help="default: %(default)s")
    option("--labels", metavar="FILE.csv", help="input,label and further columns of attributes")
    option("--card", type=Path, help="the model's card; default: NAME.yaml beside NAME.keras")
    option("--workers", type=int, default=1, help="processes; default: %(default)s")
    option("--engine", choices=ENGINES, default="local", help="default: %(default)s")
    option("--shard", type=_part, default=(1, 1), metavar="I/N", help="the I-th of N parts alone")
    option("--limit", type=int, help="at most so many inputs, as many of each class as can be")
    option("--tolerance", type=float, help="estimated error of each input's scores")
    option("--seed", type=int, default=0, help="of what is drawn; default: %(default)s")
    option("--names", metavar="FILE.yaml", help=_NAMES)
    begun.set_defaults(run=run)

    state = which.add_parser("status", help="how far a run is")
    state.add_argument("folder", metavar="RUN")
    state.set_defaults(run=status)

    joined = which.add_parser("merge", help="join what several machines made of one run")
    joined.add_argument("folders", metavar="RUN", nargs="+")
    joined.add_argument("--out", help="the folder to join in; default: the first")
    joined.set_defaults(run=merge)

    proven = which.add_parser("prove", help="switch units off on inputs that a run has not used")
    proven.add_argument("folder", metavar="RUN")
    proven.add_argument("data", metavar="DATA", help=f"{_DATA}; what the run has used is left out")
    option = proven.add_argument
    option("--layer", action="append", help="of the run; may be repeated; default: all")
    option(
        "--class",
        action="append",
        dest="classes",
        metavar="CLASS",
        help="of the run; may be repeated; default: all, which alone says what can be pruned",
    )
    option("--first", type=int, default=10, metavar="K", help="units of a class; default: 10")
    option("--each", type=int, default=100, metavar="N", help="inputs of a class; default: 100")
    option("--allowed", type=float, default=0.01, help="fall of the accuracy; default: 0.01")
    option("--labels", metavar="FILE.csv", help="as of run")
    option("--model", help="where it lies elsewhere by now")
    option("--names", metavar="FILE.yaml", help=_NAMES)
    proven.set_defaults(run=prove)

    written = which.add_parser("export", help="write a run's numbers to a file")
    written.add_argument("folder", metavar="RUN")
    written.add_argument("out", metavar="FILE", help=f"ends in {', '.join(FORMATS)}")
    written.add_argument("--model", help="for .npz, where it lies elsewhere by now")
    written.set_defaults(run=write)


def run(given: argparse.Namespace) -> int:
    """Go through a data set; the exit code."""
    card = carded.find(given)
    layers = given.layer or ([card.layer] if card and card.layer else None)
    if layers is None:
        zoo.load(given.model)  # what is wrong with the file comes first
        raise InvalidRequest("--layer is missing; the command layers lists the names.")
    target: Any = given.target
    if target not in ("predicted", "label"):
        target = words.read_target(target, card.labels if card else ())
    _say_damaged(given.out)
    try:
        with _pace() as progress:
            found = profile.run(
                given.model,
                given.data,
                given.out,
                layers=layers,
                target=target,
                progress=progress,
                **{
                    name: getattr(given, name)
                    for name in ("baseline", "method", "labels", "workers", "engine", "shard")
                },
                **{name: getattr(given, name) for name in ("limit", "tolerance", "seed", "names")},
                card=card,
            )
    except KeyboardInterrupt:
        remark("Stopped. What is complete stays, and the same command goes on from there.")
        raise
    for note in found.notes:
        remark(note)
    print(found.status())
    return codes.FINE


def status(given: argparse.Namespace) -> int:
    """How far a run is; UNSURE where it is not finished."""
    found = profile.open(given.folder)
    state = found.status()
    print(state)
    bad = () if state.damaged else found.quarantine().itertuples(index=False)
    for name, reason in bad:
        print(f"  {one_line(name, 200)}: {reason}")
    if state.finished and not state.proven:
        remark("There is no proof yet: profile prove RUN DATA makes one, from unused inputs.")
    return codes.FINE if state.finished else codes.UNSURE


def merge(given: argparse.Namespace) -> int:
    """Join the shards of several folders."""
    state = profile.merge(given.folders, given.out).status()
    print(state)
    return codes.FINE if state.finished else codes.UNSURE


def prove(given: argparse.Namespace) -> int:
    """Switch units off on unused inputs."""
    found = profile.open(given.folder)
    with _pace() as progress:
        notes = found.prove(
            given.data,
            layers=given.layer or (),
            classes=given.classes or (),
            k=given.first,
            progress=progress,
            **{n: getattr(given, n) for n in ("model", "each", "allowed", "labels", "names")},
        )
    for note in notes:
        remark(note)
    for layer in given.layer or found.layers:
        table = found.proof(layer)
        if table is not None:
            for row in table.drop_duplicates("class", keep="last").itertuples():
                if row[1] in (given.classes or found.classes):
                    print(f"{one_line(layer)}, {_fall(row)}")
        pruning = found.pruning(layer)
        if pruning is not None:
            print(
                f"{one_line(layer)}: {len(pruning.units)} of {pruning.curve['count'].max()} units "
                f"can go: of the accuracy of {pruning.curve['accuracy'][0]:.3g} they cost at most "
                f"{pruning.allowed:.3g}."
            )
    return codes.FINE


def _fall(row: Any) -> str:
    """A row of a proof in words."""
    told = (
        f"{one_line(row[1])}: without the first {row[2]} the score falls by {row.measured:.3g} "
        f"(95 %: {row.low:.3g} to {row.high:.3g}, {row.inputs} inputs), predicted "
        f"{row.predicted:.3g}"
    )
    others = not math.isnan(row.random)
    return told + (f"; without as many others by {row.random:.3g}." if others else ".")


def write(given: argparse.Namespace) -> int:
    """Write a run's numbers to a file."""
    found = profile.open(given.folder)
    net = None
    if given.out.lower().endswith(".npz"):
        net = network(found.job, given.model)
    export(found, given.out, net)
    state = found.status()
    if not state.finished:
        remark(f"The run is not finished: {state}")
    return codes.FINE if state.finished else codes.UNSURE


def _say_damaged(folder: str) -> None:
    """Name the shards that will be made anew."""
    try:
        state = profile.open(folder).status()
    except InvalidRequest:
        return  # none yet, or one that the run will refuse
    for shard, why in state.damaged.items():
        remark(f"Shard {shard:05} is damaged, {why}: it is made anew.")


def _part(text: str) -> tuple[int, int]:
    """The type of --shard."""
    found = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", text)
    if not found or not 1 <= int(found[1]) <= int(found[2]):
        raise argparse.ArgumentTypeError(f"{one_line(text)!r} is no part such as 1/2")
    return int(found[1]), int(found[2])


@contextmanager
def _pace() -> Iterator[Callable[[int, int], None]]:
    """Progress with the rate and the time that is left: one line on a terminal, else now and then
    a new one.
    """
    terminal = bool(sys.stderr and sys.stderr.isatty())
    first: list[float] = []
    said = [-_EVERY]

    def tell(done: int, total: int) -> None:
        now = time.monotonic()
        first[:] = first or [now, done]
        if sys.stderr is None or (not terminal and now - said[0] < _EVERY and done < total):
            return
        said[0] = now
        line = f"{done:,} of {total:,} inputs"
        if (new := done - first[1]) > 0 and now > first[0]:
            rate = new / (now - first[0])
            line += f", {rate:.3g} a second, {_span((total - done) / rate)} left"
        sys.stderr.write(f"\r\x1b[K{line}" if terminal else f"{line}\n")
        sys.stderr.flush()

    try:
        yield tell
    finally:
        if terminal and first:
            sys.stderr.write("\n")


def _span(seconds: float) -> str:
    """A time in words."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
