"""Drawings: the figures of each page of a lesson, by name, for the screen and for the export.

Lessons say "unit" for a channel as for a neuron, and their captions leave out how a map is drawn.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from attribution.methods import METHODS
from dashboard.export.drawing import Drawing
from dashboard.export.setting import Setting
from dashboard.export.subject import Subject
from dashboard.figures import ablation, agreement, convergence, exercise
from dashboard.figures import coarse as few
from dashboard.figures import path as along
from dashboard.figures.map import Map
from dashboard.figures.ranking import ranking
from dashboard.lessons.findings import Followed, Pair, SwitchedOff, Turned
from dashboard.request import picks
from dashboard.request.request import Query
from dashboard.words import ablation as ablated
from dashboard.words import answer as words
from dashboard.words import lessons as lines
from dashboard.words import studies as sentences
from dashboard.words.numbers import number, signed
from dashboard.work import scale
from dashboard.work.findings import Coarse
from dashboard.work.minimum import Minimum
from dashboard.work.toy import Toy

BARS = 12
UNIT = "unit"
_SIDE = 340  # pixels of a map
_CLASSES = 4
_FACES = " The small pictures are the maps of these units, all on one scale."
Array = npt.NDArray[Any]
Drawn = dict[str, Drawing]


def given(setting: Setting) -> Drawn:
    """The input alone."""
    drawing = setting.kind.alone(setting)
    return {"input": drawing} if drawing else {}


def explore(subject: Subject) -> Drawn:
    """Of an answer; a layer without positions has no maps."""
    answer, unit = subject.answer, subject.measure(subject.answer)
    ranked = answer.ranking("channel", BARS)
    faces, of_faces = subject.faces(answer, ranked), _FACES
    if not faces and (
        faces := subject.kind.tiles(subject, [line.place.channel for line in ranked])
    ):
        of_faces = f" {subject.kind.tile}"
    told = words.ranking(ranked, answer, "channel", subject.target, unit, UNIT)
    if answer.accuracy == "estimated":
        told += f" Estimated error: {words.error(answer)[0]}."
    bars = functools.partial(
        ranking, ranked, subject.place, subject.palette, unit, faces, subject.least
    )
    found = {"ranking": Drawing("ranking", told + (of_faces if faces else ""), bars, 500)}
    if inputs := subject.kind.inputs(subject):
        found["inputs"] = inputs
    if not answer.has_positions:
        return found
    channel, place = subject.place.channel, subject.place.position

    def over(name: str, what: str, scores: Array) -> Drawing:
        shown = Map(scores, subject.palette, _SIDE, unit=unit, picked=place)
        return subject.over(name, what, answer, shown, brief=True)

    active = answer.activations[..., channel]
    lit = Map(active, None, _SIDE, None, "activation", place)
    return {
        **found,
        "map": over("map", f"layer {answer.layer}", answer.total_map()),
        "unit": over("unit", f"{UNIT} {channel}", answer.scores[..., channel]),
        "activation": Drawing(
            "activation",
            words.activation_map(active, channel, UNIT),
            lambda: subject.lay(subject.layer, lit),
            subject.kind.width,
        ),
    }


def compare(setting: Setting, pair: Pair, asked: tuple[Query, Query]) -> Drawn:
    """Of two answers, on one scale where their units are the same."""
    answers, names = (pair.first, pair.second), _names(setting, *asked)
    units = [setting.measure(a) for a in answers]
    with_map = [a.total_map() for a in answers if a.has_positions]
    bound = scale.shared(with_map) if with_map and units[0] == units[1] else None
    found: Drawn = {}
    for letter, answer, name, unit in zip("ab", answers, names, units, strict=True):
        if answer.has_positions:
            shown = Map(answer.total_map(), setting.palette, _SIDE, bound, unit)
            drawing = setting.over(
                f"map_{letter}", f"layer {answer.layer}", answer, shown, brief=True
            )
            said = (
                f"{letter.upper()}, {name}: sum {signed(float(answer.result.total[0]))} of "
                f"{signed(answer.delta)}. {drawing.sentence}"
            )
            found[f"map_{letter}"] = Drawing(drawing.name, said, drawing.build, drawing.width)
    if (same := pair.agreement) is None:
        return found
    values = pair.first.values("channel"), pair.second.values("channel")
    across = functools.partial(agreement.scatter, *values, same.largest, names)
    first, second = (float(np.abs(v).sum()) for v in values)
    apart = functools.partial(agreement.dumbbells, same.largest, names, units[0])
    points = sentences.scatter(same, len(values[0]), UNIT)
    return {
        **found,
        "scatter": Drawing("scatter", points, across, 480),
        "apart": Drawing("apart", sentences.dumbbells(same, first, second, UNIT), apart),
    }


def _names(setting: Setting, first: Query, second: Query) -> tuple[str, str]:
    """What tells the two apart."""
    titles = {name: method.title for name, method in METHODS.items()}
    told: dict[str, dict[Any, str] | None] = {
        "method": titles,
        "baseline": dict(setting.kind.baselines),
        "layer": None,
        "target": {each.target: setting.outputs[each.target or 0] for each in (first, second)},
    }
    parts = [
        tuple(str(names[v] if names else v) for v in (getattr(first, n), getattr(second, n)))
        for n, names in told.items()
        if getattr(first, n) != getattr(second, n)
    ] or [(titles[first.method],) * 2]
    return ", ".join(a for a, _ in parts), ", ".join(b for _, b in parts)


def ablate(setting: Setting, found: SwitchedOff) -> Drawn:
    """Of channels that are held."""
    outputs, target, off = setting.outputs, found.answer.target, found.ablation
    head = outputs.head(target)
    before, after = ((-p).argsort(kind="stable")[:_CLASSES] for p in off.probabilities)
    shown = [int(c) for c in dict.fromkeys([*before, *after])]
    ranked = found.answer.ranking("channel", 18)
    said = (
        f"The {len(ranked)} largest units by their contribution to {outputs[target]!r}; "
        "hollow bars are switched off."
    )
    curved = functools.partial(ablation.curves, found.curves, picks.PICKS, unit=UNIT)
    changed, turned = (
        ablated.change(off, UNIT),
        ablated.curves(found.curves, found.names, head.form, UNIT),
    )
    classed = functools.partial(ablation.classes, off, shown, found.names, head.chance)
    return {
        "switches": _drawing("switches", said, ablation.switches, ranked, {*off.channels}),
        "change": _drawing("change", changed, ablation.change, off, setting.palette),
        "classes": Drawing("classes", ablated.classes(off, found.names, head.form), classed),
        "curves": Drawing("curves", turned, curved),
    }


def flip(setting: Setting, found: Turned) -> Drawn:
    """Of what turns an answer into another."""
    flips, names = found.flips, found.names
    return {
        "flips": _drawing("flips", lines.flips(flips, names), few.flips, flips, names),
        "margins": _drawing("margins", lines.margins(flips, names), few.margins, flips, names),
    }


def path(setting: Setting, found: Followed) -> Drawn:
    """Of a path."""
    trail, channel = found.trail, found.place.channel
    pictures = setting.kind.pictures(setting.item, trail.baseline)
    told = sentences.trail(trail.walk, channel, setting.outputs[trail.target], UNIT)
    return {"path": _drawing("path", told, along.path, trail, pictures, channel, setting.palette)}


def steps(found: Coarse) -> Drawn:
    """Of few steps and many."""
    return {
        "signs": _drawing("signs", lines.signs(found), few.signs, found),
        "units": _drawing("units", lines.units(found), few.units, found),
    }


def alone(found: Toy | Minimum) -> Drawn:
    """Of what needs no network."""
    pair = found.first, found.second
    if isinstance(found, Minimum):
        formula = "F = i₁ − relu(i₁ − i₂)"
        told = lines.wired("i", pair, "F is the smaller one of the two")
        return {
            "network": _drawing("network", told, few.wired, "i", pair, formula),
            "minimum": _drawing("minimum", lines.minimum(found), few.minimum, found),
        }
    told = sentences.toy(found)
    first = f"F along the path, up to {number(found.f)}, and its tangent at the input."
    whole = lines.wired("h", pair, "F is their sum, but never more than 1")
    return {
        "network": _drawing("network", whole, few.wired, "h", pair, "F = min(1, h₁ + h₂)"),
        "toy_path": _drawing("toy_path", first, convergence.toy_path, found),
        "toy_scores": _drawing("toy_scores", told, convergence.toy_scores, found),
    }


def tiles(subject: Subject, units: Sequence[int], picked: int | None) -> Drawing:
    """Units to choose from, without their scores."""
    answer = subject.answer
    listed = ", ".join(f"#{unit}" for unit in units)
    if pictures := subject.kind.tiles(subject, units):
        said = f"{subject.kind.tile} Units {listed}."
        return _drawing("choose", said, exercise.tiles, pictures, units, picked)
    flat = np.abs(answer.activations).reshape(-1, answer.width).sum(axis=0, dtype=np.float64)
    said = f"How active each unit is, which is not what it contributes. Units {listed}."
    sizes = [float(flat[unit]) for unit in units]
    return _drawing("choose", said, exercise.activity, sizes, units, picked)


def _drawing(name: str, told: str, build: Any, *given: Any) -> Drawing:
    return Drawing(name, told, functools.partial(build, *given))
