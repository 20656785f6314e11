"""Coarse: what a path of few steps says beside one of enough; and which channels turn an answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from dashboard.request import picks
from dashboard.request.request import Query
from dashboard.work.answer import Answer
from dashboard.work.engine import Engine
from dashboard.work.findings import Coarse, Flips
from dashboard.work.ground import Ground
from dashboard.work.item import Item
from dashboard.work.slot import Waiting
from dashboard.work.workshop import Progress

COUNTS = (3, 5, 10, 20, 50, 100)  # steps
FINE = 0.01  # tolerance of what stands for the converged scores


def coarse_key(asked: Query) -> tuple[Any, ...]:
    """Neither the method nor the tolerance plays a part."""
    return ("coarse", replace(asked.question, method="nig", tolerance=0.0))


def coarse(
    engine: Engine, item: Item, asked: Query, progress: Progress, waiting: Waiting
) -> Coarse:
    """Neuron Integrated Gradients with fixed numbers of steps, and converged."""

    def work(ground: Ground) -> Coarse:
        def run(done: int, **how: Any) -> Any:
            progress(done, len(COUNTS) + 1)
            return ground.core.neuron_integrated_gradients(
                ground.net,
                ground.x,
                asked.layer,
                target=ground.target,
                baseline=ground.averaged,
                progress=engine.paced(lambda *_: progress(done, len(COUNTS) + 1)),
                **how,
            )

        fine = run(0, tolerance=FINE)
        rough = [run(i, steps=count) for i, count in enumerate(COUNTS, 1)]
        norm = float(np.abs(fine.scores).sum(dtype=np.float64)) or 1.0
        apart = [np.abs(r.scores - fine.scores).sum(dtype=np.float64) / norm for r in rough]
        return Coarse(
            counts=COUNTS,
            scores=np.stack([_units(r) for r in rough]),
            errors=np.asarray(apart, np.float64),
            totals=np.asarray([float(r.total[0]) for r in rough]),
            converged=_units(fine),
            delta=float(fine.delta[0]),
            evaluations=int(fine.evaluations[0]),
            error=float(fine.error[0]),
        )

    return engine.study(coarse_key(asked), item, asked, work, waiting)


def _units(result: Any) -> np.ndarray[Any, Any]:
    found: np.ndarray[Any, Any] = Answer.of(result, result.scores[0], 0.0).values("channel")
    return found


def flips_key(asked: Query, rival: int) -> tuple[Any, ...]:
    """As the order needs it."""
    return ("flips", asked.question, rival)


def flips(
    engine: Engine,
    item: Item,
    asked: Query,
    answers: tuple[Answer, Answer],
    progress: Progress,
    waiting: Waiting,
) -> Flips:
    """Channels held at the baseline one after another, in the order of two answers' difference.

    answers : about the target and about its rival, of one layer and output.
    """
    first, second = answers
    margins = first.values("channel") - second.values("channel")
    order = [int(i) for i in np.argsort(-margins, kind="stable")[: picks.MOST]]

    def work(ground: Ground) -> Flips:
        logits = ground.core.ablated_outputs(
            ground.net,
            ground.x,
            asked.layer,
            [first.neurons(order[:k]) for k in range(len(order) + 1)],
            baseline=ground.averaged,
            target=ground.target,
            output="logit",
            progress=engine.paced(progress),
        )
        beside, start = ground.outputs.beside(ground.index), ground.index
        start -= ground.outputs.within(ground.index)
        return Flips(
            channels=tuple(order),
            margins=np.asarray(margins, np.float64),
            outputs=logits.reshape(len(order) + 1, -1)[:, [i - start for i in beside]],
            at=beside.index(ground.index),
            rival=beside.index(second.target),
        )

    return engine.study(flips_key(asked, second.target), item, asked, work, waiting)
