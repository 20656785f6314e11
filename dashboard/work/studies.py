"""Studies: what the pages beside Explore ask of the core. Each runs in the engine's one slot.

Of several references a study of one path, such as a trail, takes the first.

A study's key leaves out what does not change it, so that turning an unrelated control is free.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from dashboard.request import picks
from dashboard.request.request import Query
from dashboard.work import several
from dashboard.work.answer import Answer, Place
from dashboard.work.engine import Engine
from dashboard.work.findings import Ablation, Curve, LayerSum, Overview, Split, Trail
from dashboard.work.ground import Ground
from dashboard.work.item import Item
from dashboard.work.picks import order
from dashboard.work.slot import Waiting
from dashboard.work.workshop import Progress

if TYPE_CHECKING:
    from attribution import Convergence  # the module itself needs TensorFlow

OVERVIEW_TOLERANCE = 0.1
FINEST = 513  # nodes of the path that stands in for the exact integral
SPLIT_TOLERANCE = 0.1
SPLIT_STEPS = 257
_USUAL = 0.05  # tolerance
_TO: dict[str, Any] = {"baseline": None, "zero": 0.0, "mean": "mean"}


def overview_key(asked: Query) -> tuple[Any, ...]:
    """Every layer at once: neither the layer nor the tolerance plays a part."""
    return ("overview", replace(asked.question, layer="", tolerance=0.0))


def overview(
    engine: Engine, item: Item, asked: Query, progress: Progress, waiting: Waiting
) -> Overview:
    """Sums of every layer, from one pass; a rough one, as their errors say."""

    def work(ground: Ground) -> Overview:
        method = ground.core.METHODS[asked.method]
        options = {"tolerance": OVERVIEW_TOLERANCE} if method.estimated else {}
        results = method.run(
            ground.net,
            ground.x,
            "all",
            target=ground.target,
            baseline=ground.averaged,
            progress=engine.paced(progress),
            **options,
        )
        first = next(iter(results.values()))
        return Overview(
            layers=tuple(map(LayerSum.of, results.values())),
            delta=float(first.delta[0]),
            target=ground.index,
            method=method.name,
            evaluations=max(int(r.evaluations[0]) for r in results.values()),
        )

    return engine.study(overview_key(asked), item, asked, work, waiting)


def ablation_key(asked: Query, channels: Sequence[int], hold: str) -> tuple[Any, ...]:
    """The set matters, not its order; the scores that foretell do too."""
    return ("ablation", asked.question, tuple(sorted(channels)), hold)


def ablate(
    engine: Engine,
    item: Item,
    asked: Query,
    answer: Answer,
    channels: Sequence[int],
    hold: str,
    waiting: Waiting,
) -> Ablation:
    """The network with these channels of the answer's layer held."""

    def work(ground: Ground) -> Ablation:
        arguments = (ground.net, ground.x, answer.layer, [[], answer.neurons(channels)])
        common = {"to": _TO[hold], "baseline": ground.averaged, "target": ground.target}
        logits = ground.core.ablated_outputs(*arguments, **common, output="logit")
        outputs = ground.core.ablated_outputs(*arguments, **common)
        at = ground.outputs.beside(ground.index).index(ground.index)
        before, after = _beside(ground, logits)[:, at]
        return Ablation(
            channels=tuple(channels),
            before=float(before),
            after=float(after),
            predicted=-float(answer.values("channel")[list(channels)].sum()),
            at=at,
            probabilities=_beside(ground, outputs).astype(np.float32),
        )

    return engine.study(ablation_key(asked, channels, hold), item, asked, work, waiting)


def curves_key(asked: Query, hold: str, seed: int) -> tuple[Any, ...]:
    """As the curves need it."""
    return ("curves", asked.question, hold, seed)


def curves(
    engine: Engine,
    item: Item,
    asked: Query,
    answer: Answer,
    hold: str,
    seed: int,
    progress: Progress,
    waiting: Waiting,
) -> Mapping[str, Curve]:
    """The target's score as channels are switched off one after another, by the orders' names."""

    def work(ground: Ground) -> Mapping[str, Curve]:
        orders = {name: order(answer, name, seed) for name in picks.CURVES}
        most = min(picks.MOST, len(answer.values("channel")))
        sets = [answer.neurons(order[:k]) for order in orders.values() for k in range(most + 1)]
        logits = ground.core.ablated_outputs(
            ground.net,
            ground.x,
            answer.layer,
            sets,
            to=_TO[hold],
            baseline=ground.averaged,
            target=ground.target,
            output="logit",
            progress=engine.paced(progress),
        )
        values_of = _beside(ground, logits).reshape(len(orders), most + 1, -1)
        form = ground.outputs.head(ground.index).form
        at = ground.outputs.beside(ground.index).index(ground.index)
        return {
            name: _curve(order[:most], values, at, form)
            for (name, order), values in zip(orders.items(), values_of, strict=True)
        }

    return engine.study(curves_key(asked, hold, seed), item, asked, work, waiting)


def trail_tolerance(asked: Query) -> float:
    """That of the request, or a usual one where its method has none: the path is NIG's."""
    return asked.tolerance or _USUAL


def trail_request(asked: Query) -> Query:
    """What a path really answers, whichever method is chosen."""
    return replace(asked, method="nig", tolerance=trail_tolerance(asked))


def trail_key(asked: Query, place: Place) -> tuple[Any, ...]:
    """All channels are followed at once, so the channel plays no part."""
    return ("trail", trail_request(asked).question, place.position)


def trail(
    engine: Engine,
    item: Item,
    asked: Query,
    place: Place,
    target: int,
    progress: Progress,
    waiting: Waiting,
) -> Trail:
    """The layer along the path, at one position or over all of them."""

    def work(ground: Ground) -> Trail:
        found = ground.core.walk(
            ground.net,
            ground.x,
            asked.layer,
            position=place.position,
            target=ground.target,
            baseline=ground.baseline,
            tolerance=trail_tolerance(asked),
            progress=engine.paced(progress),
        )
        small = {
            name: getattr(found, name).astype(np.float32)
            for name in ("activations", "gradients", "accumulated")
        }
        return Trail(
            walk=replace(found, **small),
            baseline=several.each(lambda array: array[0], ground.baseline),
            target=target,
        )

    return engine.study(trail_key(asked, place), item, asked, work, waiting)


def race_key(asked: Query) -> tuple[Any, ...]:
    """Neither the method nor the tolerance plays a part."""
    return ("race", replace(asked.question, method="nig", tolerance=0.0))


def race(
    engine: Engine,
    item: Item,
    asked: Query,
    target: int,
    progress: Progress,
    waiting: Waiting,
) -> Convergence:
    """Error against evaluations of several rules, on this input and layer."""

    def work(ground: Ground) -> Convergence:
        found: Convergence = ground.core.convergence(
            ground.net,
            ground.x,
            asked.layer,
            target=ground.target,
            baseline=ground.baseline,
            finest=FINEST,
            progress=engine.paced(progress),
        )
        return found

    return engine.study(race_key(asked), item, asked, work, waiting)


def split_key(asked: Query, place: Place) -> tuple[Any, ...]:
    """Neither the method nor the tolerance plays a part."""
    return ("split", replace(asked.question, method="nig", tolerance=0.0), place)


def split(
    engine: Engine,
    item: Item,
    asked: Query,
    place: Place,
    target: int,
    progress: Progress,
    waiting: Waiting,
) -> Split:
    """The conductance of a channel or neuron, split over the input's pixels."""

    def work(ground: Ground) -> Split:
        neuron = place.neuron(ground.net.layer(asked.layer))
        found = ground.core.conductance_by_input(
            ground.net,
            ground.x,
            asked.layer,
            neuron,
            target=ground.target,
            baseline=ground.baseline,
            tolerance=SPLIT_TOLERANCE,
            steps=SPLIT_STEPS,
            progress=engine.paced(progress),
        )
        return Split.of(found, neuron)

    return engine.study(split_key(asked, place), item, asked, work, waiting)


def _beside(ground: Ground, values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """(sets, 1, *output) -> (sets, numbers that are seen beside the target)."""
    flat = values.reshape(len(values), -1)
    head = ground.outputs.head(ground.index)
    beside = ground.outputs.beside(ground.index)
    if head.size == len(beside):
        return flat
    first = ground.index - ground.outputs.within(ground.index)
    return flat[:, [i - first for i in beside]]


def _curve(channels: Sequence[int], logits: np.ndarray[Any, Any], at: int, form: str) -> Curve:
    """logits : (k, numbers). at : the target's. form : of the output; a number does not flip."""
    rivals = form in ("classes", "positions") and logits.shape[-1] > 1
    answers = logits.argmax(axis=-1) if rivals else np.where(logits[:, at] > 0, at, -1)
    other = np.flatnonzero(answers != answers[0])
    flips = int(other[0]) if form != "number" and len(other) else None
    return Curve(
        channels=tuple(channels),
        scores=logits[:, at].astype(np.float64),
        flips=flips,
        becomes=None if flips is None else int(answers[flips]),
    )
