"""Covers: the picture of a lesson's card, drawn from what one of its steps finds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dashboard.export.setting import Setting
from dashboard.figures import cover as small
from dashboard.figures.faces import over
from dashboard.figures.frame import FIRST, QUIET, SECOND
from dashboard.lessons import scenes
from dashboard.lessons.lesson import Lesson
from dashboard.lessons.reading import InvalidLesson
from dashboard.lessons.scenes import Scene
from dashboard.work import scale
from dashboard.work.answer import Answer
from dashboard.work.engine import Engine
from dashboard.work.slot import Waiting
from dashboard.work.workshop import Progress, Refused

_BARS = 16
_SIDE = 2 * small.HEIGHT  # pixels of a picture, for screens that have two for one


class NothingFound(LookupError):
    """A lesson of which nothing can be shown yet without computing it."""


def cover(engine: Engine, lesson: Lesson) -> str:
    """SVG. Raises NothingFound where it would have to be computed: a page of cards does not."""
    steps = lesson.steps[lesson.cover - 1 :] if lesson.cover else lesson.steps
    view = next((step.view for step in steps if step.view), None)
    if view is None:
        raise NothingFound(lesson.title)
    name = str(view.link.get("model", ""))
    if name and not engine.shelf.opened(name):
        raise NothingFound(lesson.title)
    try:
        scene = scenes.scene(engine, view, scenes.known(engine, view), _never)
    except (InvalidLesson, Refused) as refused:
        raise NothingFound(lesson.title) from refused
    return _DRAWN[view.page](scene)


def _never(what: str) -> tuple[Progress, Waiting]:
    raise NothingFound(what)


def _over(setting: Setting, answers: list[Answer]) -> str:
    """Maps over the picture, on one scale; empty where there is none."""
    picture = setting.kind.seen(setting.item)
    if picture is None or not all(
        setting.over_picture(setting.model.layer(a.layer)) for a in answers
    ):
        return ""
    maps = [a.total_map() for a in answers]
    bound = scale.shared(maps) or 1.0
    return small.pictures([over(picture, m, bound, setting.palette, _SIDE) for m in maps])


def _explore(scene: Scene) -> str:
    answer: Answer = scene.found.answer
    if drawn := _over(scene.found, [answer]):
        return drawn
    if answer.inputs is not None and answer.inputs.ndim == 2:  # along a sequence
        return small.bars(answer.inputs.sum(axis=-1), scene.found.palette)
    values = answer.values("channel")
    return small.bars(values[np.argsort(-np.abs(values))[:_BARS]], scene.found.palette)


def _compare(scene: Scene) -> str:
    pair = scene.found
    assert scene.setting
    if drawn := _over(scene.setting, [pair.first, pair.second]):
        return drawn
    first, second = (a.values("channel") for a in (pair.first, pair.second))
    if first.shape != second.shape:
        return small.bars(first[np.argsort(-np.abs(first))[:_BARS]], scene.setting.palette)
    return small.points(first, second)


def _ablate(scene: Scene) -> str:
    curves = sorted(scene.found.curves.items(), key=lambda named: named[0] == "supporting")
    return small.lines(
        [
            (
                range(len(c.scores)),
                c.scores,
                *((SECOND, 4) if order == "supporting" else (QUIET, 2)),
            )
            for order, c in curves
        ]
    )


def _flip(scene: Scene) -> str:
    flips = scene.found.flips
    counts = range(len(flips.outputs))
    shown = ((flips.rival, SECOND), (flips.at, FIRST))
    return small.lines([(counts, flips.outputs[:, at], shade, 4) for at, shade in shown])


def _path(scene: Scene) -> str:
    walk = scene.found.trail.walk
    return small.lines([(walk.nodes, walk.accumulated[:, scene.found.place.channel], SECOND, 4)])


def _steps(scene: Scene) -> str:
    return small.bars(scene.found.flipped)


def _toy(scene: Scene) -> str:
    toy = scene.found
    tangent = [toy.f - 0.4 * toy.slope, toy.f + 0.4 * toy.slope]
    return small.lines([(*toy.curve(), SECOND, 4), ([0.6, 1.4], tangent, FIRST, 4)])


def _minimum(scene: Scene) -> str:
    return small.bars([*scene.found.integrated, *scene.found.reveal_cancel])


_DRAWN: dict[str, Callable[[Any], str]] = {
    "explore": _explore,
    "compare": _compare,
    "ablate": _ablate,
    "flip": _flip,
    "path": _path,
    "steps": _steps,
    "toy": _toy,
    "minimum": _minimum,
}
