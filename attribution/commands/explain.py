"""The command explain: the scores of hidden layers, for one input or many."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from attribution import zoo
from attribution.cards import Card
from attribution.commands import carded, codes, folders, reading, screen, words, writing
from attribution.commands.answer import Explanation, finite, layers_of_features, probabilities
from attribution.commands.refusals import refusals, remark, sentence, tell
from attribution.errors import InvalidRequest, one_line
from attribution.methods import METHODS

if TYPE_CHECKING:
    from attribution.network import Network
    from attribution.result import Attribution

_NAMED = 6
"""Layers that a line lists."""
_ASKED = ("model", "method", "target", "baseline", "seed", "output", "by")


@dataclass(frozen=True)
class _Task:
    """What is asked of every input alike; the model is loaded once for all.

    output : the output that the target names; None: it names none.
    """

    given: argparse.Namespace
    net: Network
    card: Card | None
    layers: list[str]
    classes: Sequence[str]
    target: Any
    output: str | None
    options: Mapping[str, Any]


def run(given: argparse.Namespace) -> int:
    """Explain every input; the exit code.

    A refused input among several does not stop the others: a line on standard error says why.

    Raises
    ------
    InvalidRequest : the only input, or every one, is refused.
    """
    options, card = _options(given), carded.find(given)
    layers = _layers(given, card)
    refused, unsure = 0, False
    columns: tuple[str, Sequence[str]] = "", ()
    with ExitStack() as files:
        asked = {k: getattr(given, k) for k in _ASKED}
        # A place that cannot be written to is refused before a model is loaded.
        add = (
            files.enter_context(writing.output(given.out, asked, given.top)) if given.out else None
        )
        task = _task(given, card, layers, options)
        sources = folders.list_inputs(given.input, card, reading.input_shape(task.net))
        several = len(sources) > 1
        if _one_layer(given) and (several or len(layers) > 1 or "all" in layers):
            raise InvalidRequest(
                "An .npz file holds one layer of one input: give one --layer and one input, or "
                ".csv or .json."
            )
        add = add or partial(screen.show, by=given.by, top=given.top, named=several)
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


def _layers(given: argparse.Namespace, card: Card | None) -> list[str]:
    layers = given.layer or ([card.layer] if card and card.layer else None)
    if layers is None:
        zoo.load(given.model)  # what is wrong with the file comes first
        raise InvalidRequest("--layer is missing; the command layers lists the names.")
    return list(dict.fromkeys(layers))


def _one_layer(given: argparse.Namespace) -> bool:
    """Whether the answer goes to a file that holds one result, without a ranking."""
    return bool(given.out) and given.out.suffix == ".npz"


def _options(given: argparse.Namespace) -> dict[str, Any]:
    """What the method is given beside the question."""
    method = METHODS[given.method]
    options = {
        k: getattr(given, k) for k in ("tolerance", "steps") if getattr(given, k) is not None
    }
    if options and not method.estimated:
        raise InvalidRequest(f"{method.title} takes no {' and no '.join(options)}.")
    return options


def _task(
    given: argparse.Namespace, card: Card | None, layers: list[str], options: Mapping[str, Any]
) -> _Task:
    net = zoo.load(given.model)
    carded.check(net, card)
    shapes = net.output_shapes
    outputs = list(shapes) if len(shapes) > 1 else []
    output, _ = words.split_output(given.target, outputs)
    entry = card.output(output or net.graph().output) if card else None
    classes = (entry.names or ()) if entry else ()
    if given.classes is not None:
        classes = words.read_classes(given.classes, shapes[output or net.graph().output])
    target = words.read_target(given.target, classes, outputs)
    for name in layers if "all" not in layers else ():
        net.layer(name)
    return _Task(given, net, card, layers, classes, target, output, options)


def _answer(
    task: _Task, source: str, place: str, first: str, columns: Sequence[str]
) -> Explanation:
    """The answer for one input; place: which of how many, for the progress.

    first, columns : the first table that said the names of its columns, and these.
    """
    given, net = task.given, task.net
    method = METHODS[given.method]
    read = reading.read_given(net, source, given, task.card)
    reading.check_columns("Its", read.features, one_line(first), columns)
    with screen.bar(method.title + place) as progress:
        results = method.run(
            net,
            read.x,
            "all" if "all" in task.layers else task.layers,
            target=task.target,
            baseline=words.read_baseline(
                given.baseline, read.x, given.seed, read.features, read.vocabulary
            ),
            output=given.output,
            progress=progress,
            **task.options,
        )
    if not any(finite(result).any() for result in results.values()):
        raise InvalidRequest(
            f"The scores of layer {one_line(next(iter(results)))!r} are not finite: the input, the "
            "baseline, the target's weights or the model's own are too large for float32."
        )
    return Explanation(
        source=source,
        results=results if _one_layer(given) or given.by != "channel" else _ranked(task, results),
        axis=given.axis,
        kinds={name: net.layer(name).kind for name in results},
        outputs=probabilities(net, read.x, task.output),
        classes=task.classes,
        features=read.features,
        named=layers_of_features(net) if read.features else frozenset(),
    )


def _ranked(task: _Task, results: Mapping[str, Attribution]) -> Mapping[str, Attribution]:
    """The results whose channels can be ranked; of all layers the others are left out, and said."""
    axis = task.given.axis
    unknown = [n for n, r in results.items() if r.channel_axis is None]
    if not unknown:
        return results
    if axis is not None:
        for name in unknown:
            results[name].channels(axis)  # refused here, before anything is shown
        return results
    names = ", ".join(one_line(n) for n in unknown[:_NAMED])
    more = f" and {len(unknown) - _NAMED} more" if len(unknown) > _NAMED else ""
    told = (
        f"It is not known which axis holds the channels of {names}{more}: say --axis, counted from "
        "0 without that of the batch (-1 is the last), or take --by neuron."
    )
    if "all" not in task.layers or len(unknown) == len(results):
        raise InvalidRequest(told)
    remark(f"{len(unknown)} of {len(results)} layers left out. {told}")
    return {n: r for n, r in results.items() if n not in set(unknown)}
