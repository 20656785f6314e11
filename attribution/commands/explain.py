"""The command explain: the scores of hidden layers, for one input or many."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from attribution import zoo
from attribution.commands import codes, reading, screen, words, writing
from attribution.commands.answer import Answer, finite, layers_of_features, probabilities
from attribution.commands.refusals import refusals, sentence, tell
from attribution.errors import InvalidRequest, one_line
from attribution.methods import METHODS

if TYPE_CHECKING:
    from attribution.network import Network

_ASKED = ("model", "method", "target", "baseline", "seed", "output", "by")


@dataclass(frozen=True)
class _Task:
    """What is asked of every input alike; the model is loaded once for all."""

    given: argparse.Namespace
    net: Network
    layers: list[str]
    classes: Sequence[str]
    target: Any
    options: Mapping[str, Any]


def run(given: argparse.Namespace) -> int:
    """Explain every input; the exit code.

    A refused input among several does not stop the others: a line on standard error says why.

    Raises
    ------
    InvalidRequest : the only input, or every one, is refused.
    """
    layers, options = _layers(given), _options(given)
    sources = reading.list_inputs(given.input, given.model)
    several = len(sources) > 1
    if given.out and given.out.suffix == ".npz" and (several or len(layers) > 1 or "all" in layers):
        raise InvalidRequest(
            "An .npz file holds one layer of one input: give one --layer and one input, or .csv or "
            ".json."
        )
    refused, unsure = 0, False
    columns: tuple[str, Sequence[str]] = "", ()
    with (
        writing.output(given.out, {k: getattr(given, k) for k in _ASKED}, given.top)
        if given.out
        else nullcontext(partial(screen.show, by=given.by, top=given.top, named=several))
    ) as add:
        task = _task(given, layers, options)
        for number, source in enumerate(sources, 1):
            try:
                place = f", input {number} of {len(sources)}" * several
                answer = _answer(task, source, place, *columns)
            except refusals(OSError) as error:
                if not several:
                    raise
                refused += 1
                tell(f"{source}: {sentence(error)}")
                continue
            columns = columns if columns[1] else (source, answer.features)
            add(answer)
            unsure |= not answer.sure
            if given.out:
                screen.doubts(answer, named=several)
        if refused == len(sources):
            raise InvalidRequest(f"None of the {refused} inputs could be explained.")
    return codes.REFUSED if refused else codes.UNSURE if unsure else codes.FINE


def _layers(given: argparse.Namespace) -> list[str]:
    card = zoo.cards().get(given.model)
    layers = given.layer or ([card.default_layer] if card else None)
    if layers is None:
        raise InvalidRequest("--layer is missing; the command layers lists the names.")
    return list(dict.fromkeys(layers))


def _options(given: argparse.Namespace) -> dict[str, Any]:
    """What the method is given beside the question."""
    method = METHODS[given.method]
    options = {
        k: getattr(given, k) for k in ("tolerance", "steps") if getattr(given, k) is not None
    }
    if options and not method.estimated:
        raise InvalidRequest(f"{method.title} takes no {' and no '.join(options)}.")
    return options


def _task(given: argparse.Namespace, layers: list[str], options: Mapping[str, Any]) -> _Task:
    card = zoo.cards().get(given.model)
    classes = card.labels if card else ()
    if given.classes is None:
        target = words.read_target(given.target, classes)  # refused before a model is loaded
    net = zoo.load(given.model)
    if given.classes is not None:
        classes = words.read_classes(given.classes, net.output_shapes[net.graph().output])
        target = words.read_target(given.target, classes)
    for name in layers if "all" not in layers else ():
        net.layer(name)
    return _Task(given, net, layers, classes, target, options)


def _answer(task: _Task, source: str, place: str, first: str, columns: Sequence[str]) -> Answer:
    """The answer for one input; place: which of how many, for the progress.

    first, columns : the first table that said the names of its columns, and these.
    """
    given, net = task.given, task.net
    method = METHODS[given.method]
    read = reading.read_given(net, source, given)
    reading.check_columns("Its", read.features, one_line(first), columns)
    with screen.bar(method.title + place) as progress:
        results = method.run(
            net,
            read.x,
            "all" if "all" in task.layers else task.layers,
            target=task.target,
            baseline=words.read_baseline(given.baseline, read.x, given.seed, read.features),
            output=given.output,
            progress=progress,
            **task.options,
        )
    if not any(finite(result).any() for result in results.values()):
        raise InvalidRequest(
            f"The scores of layer {one_line(next(iter(results)))!r} are not finite: the input, the "
            "baseline, the target's weights or the model's own are too large for float32."
        )
    return Answer(
        source=source,
        results=results,
        kinds={name: net.layer(name).kind for name in results},
        outputs=probabilities(net, read.x),
        classes=task.classes,
        features=read.features,
        named=layers_of_features(net) if read.features else frozenset(),
    )
