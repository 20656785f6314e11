"""Scenes: what a live view shows: its request, what is found of it, and its figures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np

from dashboard.export.drawing import Drawing
from dashboard.export.setting import Setting
from dashboard.export.subject import Subject
from dashboard.kinds import FORMS, KINDS
from dashboard.lessons import checks, drawings
from dashboard.lessons.findings import Followed, Pair, SwitchedOff, Turned
from dashboard.lessons.lesson import Exercise, Lesson, LiveView
from dashboard.lessons.reading import InvalidLesson
from dashboard.request import request
from dashboard.request.form import Known, write
from dashboard.request.request import Query
from dashboard.work import coarse, studies
from dashboard.work.answer import Answer, Place
from dashboard.work.comparison import compare
from dashboard.work.engine import Engine
from dashboard.work.findings import Prediction
from dashboard.work.item import Item
from dashboard.work.minimum import Minimum
from dashboard.work.picks import order
from dashboard.work.slot import Waiting
from dashboard.work.toy import Toy
from dashboard.work.workshop import Progress, Refused

Watch = Callable[[str], tuple[Progress, Waiting]]
"""Of what is computed, in words: what is called meanwhile."""
Found = TypeVar("Found")
ALONE = ("toy", "minimum")  # pages without a network


@dataclass(frozen=True)
class Scene:
    """page : of the view. setting : the request; None of a page without a network. found : what
    checks are functions of. drawings : the figures by name."""

    page: str
    setting: Setting | None
    found: Any
    drawings: Mapping[str, Drawing]

    def answer(self, asked: Exercise) -> Any:
        """The right answer, computed from what is shown. Raises checks.Unanswerable."""
        return checks.answer(self.page, asked.check.name, asked.check.about, self.found)


def unwatched(_what: str) -> tuple[Progress, Waiting]:
    """For who shows no progress."""
    return lambda *_: None, lambda *_: None


def known(engine: Engine, view: LiveView, changed: Mapping[str, Any] | None = None) -> Known:
    """The values of a view's link, with what a learner has changed of them.

    Raises InvalidLesson, a sentence, for a value that does not fit. Opens the model that is named.
    """
    link = {name: write(value) for name, value in view.link.items()}
    if name := link.get("model"):
        engine.open(name, lambda _ahead: None)
    catalogue = engine.shelf.catalogue()
    form = FORMS[catalogue.kind(link.get("model"))]
    for name in (*link, *view.controls):
        if name not in form.by_name and name not in form.aliases:
            listed = ", ".join(form.by_name)
            raise InvalidLesson(f"a link has no {name!r}; it may have {listed}")
    values, problems = form.read(link, catalogue)
    if problems:
        raise InvalidLesson(problems[0].rstrip("."))
    if changed:
        values, _ = form.changed(values, changed, catalogue)
    return Known(form, catalogue, values)


def scene(engine: Engine, view: LiveView, chosen: Known, watch: Watch = unwatched) -> Scene:
    """What a view shows, from the records, or else computed. Raises Refused, and InvalidLesson."""
    if view.page in ALONE:
        pair = chosen.values["toy_first"], chosen.values["toy_second"]
        toy = Toy(*pair) if view.page == "toy" else Minimum(*pair)
        return Scene(view.page, None, toy, drawings.alone(toy))
    setting, prediction = subject_of(engine, chosen)
    asking = _Asking(engine, setting, prediction, watch)
    found, drawn = getattr(asking, view.page)()
    return Scene(view.page, setting, found, {**drawings.given(setting), **drawn})


def answers(
    engine: Engine, lesson: Lesson, numbers: Iterable[int]
) -> tuple[dict[int, Any], list[str]]:
    """The right answers to the questions of these steps, and a sentence for each without one."""
    found, problems = dict[int, Any](), list[str]()
    for number in numbers:
        step = lesson.steps[number - 1]
        assert step.view
        assert step.question
        try:
            shown = scene(engine, step.view, known(engine, step.view))
            found[number] = shown.answer(step.question)
        except (InvalidLesson, Refused, checks.Unanswerable) as refused:
            problems.append(f"Step {number} cannot be marked: {refused}")
    return found, problems


def subject_of(engine: Engine, chosen: Known) -> tuple[Setting, Prediction]:
    """The request of a sample, its target resolved, and what the network says of it."""
    kind, model = KINDS[chosen.form.kind], chosen.model
    sample = model.card.sample(chosen.values["input"])
    if sample is None:
        raise InvalidLesson(f"the model {model.name} has no sample {chosen.values['input']!r}")
    item = kind.sample(engine, chosen, sample)
    prediction, asked = engine.prediction(item), request.request(chosen)
    if asked.target is None:
        usual = model.outputs.usual(prediction.outputs) if item.about is None else item.about
        asked = replace(asked, target=usual)
    return Setting(engine, kind, chosen, asked, "", item), prediction


@dataclass(frozen=True)
class _Asking:
    """The pages, each a method of its name."""

    engine: Engine
    setting: Setting
    prediction: Prediction
    watch: Watch

    @property
    def item(self) -> Item:
        return self.setting.item

    def explore(self) -> tuple[Subject, dict[str, Drawing]]:
        found = self.answer(self.setting.asked)
        place, of = self.place(found), self.setting
        subject = Subject(
            of.engine,
            of.kind,
            of.known,
            of.asked,
            "",
            of.item,
            prediction=self.prediction,
            answer=found,
            place=place,
            by="neuron" if place.position else "channel",
        )
        return subject, drawings.explore(subject)

    def compare(self) -> tuple[Pair, dict[str, Drawing]]:
        asked = self.setting.asked, self.second()
        first, second = map(self.answer, asked)
        same = first.layer == second.layer
        found = compare(first.values("channel"), second.values("channel")) if same else None
        pair = Pair(first, second, found)
        return pair, drawings.compare(self.setting, pair, asked)

    def ablate(self) -> tuple[SwitchedOff, dict[str, Drawing]]:
        asked, values = self.setting.asked, self.setting.known.values
        answer = self.answer(asked)
        hold = values["hold"] if answer.has_positions or values["hold"] != "mean" else "baseline"
        own = values["pick"] == "own"
        off = values["off"] if own else order(answer, values["pick"], values["draw"])
        off = [c for c in off if c < answer.width][: len(off) if own else values["count"]]
        ablation = self.study(
            studies.ablation_key(asked, off, hold),
            "Switching off",
            lambda _p, w: studies.ablate(self.engine, self.item, asked, answer, off, hold, w),
        )
        curves = self.study(
            studies.curves_key(asked, hold, values["draw"]),
            "Switching off one after another",
            lambda p, w: studies.curves(
                self.engine, self.item, asked, answer, hold, values["draw"], p, w
            ),
        )
        found = SwitchedOff(answer, ablation, curves, self.names(answer))
        return found, drawings.ablate(self.setting, found)

    def flip(self) -> tuple[Turned, dict[str, Drawing]]:
        rival = self.second()
        answers = self.answer(self.setting.asked), self.answer(rival)
        assert rival.target is not None
        flips = self.study(
            coarse.flips_key(self.setting.asked, rival.target),
            "Switching off one after another",
            lambda p, w: coarse.flips(self.engine, self.item, self.setting.asked, answers, p, w),
        )
        found = Turned(flips, self.names(answers[0]))
        return found, drawings.flip(self.setting, found)

    def path(self) -> tuple[Followed, dict[str, Drawing]]:
        asked = self.setting.asked
        answer = self.answer(asked)
        place = self.place(answer)
        trail = self.study(
            studies.trail_key(asked, place),
            "Following the path",
            lambda p, w: studies.trail(self.engine, self.item, asked, place, answer.target, p, w),
        )
        found = Followed(trail, place)
        return found, drawings.path(self.setting, found)

    def steps(self) -> tuple[Any, dict[str, Drawing]]:
        asked = self.setting.asked
        found = self.study(
            coarse.coarse_key(asked),
            "Integrating with few steps and with many",
            lambda p, w: coarse.coarse(self.engine, self.item, asked, p, w),
        )
        return found, drawings.steps(found)

    # What they need

    def answer(self, asked: Query) -> Answer:
        found = self.engine.seen(self.item, asked)
        if found is None:
            found = self.engine.answer(self.item, asked, *self.watch(f"Explaining {asked.layer}"))
        return found

    def study(
        self, key: tuple[Any, ...], what: str, work: Callable[[Progress, Waiting], Found]
    ) -> Found:
        found: Found | None = self.engine.recall(key, self.item)
        return work(*self.watch(what)) if found is None else found

    def second(self) -> Query:
        """B, of A's target where it has none of its own."""
        asked = request.rival(self.setting.known)
        return replace(
            asked, target=self.setting.asked.target if asked.target is None else asked.target
        )

    def place(self, answer: Answer) -> Place:
        """What is picked: the view's channel, else the largest."""
        view = request.view(self.setting.known.values)
        if view.channel is None or view.channel >= answer.width:
            return answer.ranking("channel", 1)[0].place
        if view.position is not None and len(view.position) == answer.scores.ndim - 1:
            with suppress(IndexError):
                _ = answer.scores[view.position]
                return Place(view.channel, view.position)
        return answer.at(view.channel)

    def names(self, answer: Answer) -> tuple[str, ...]:
        outputs = self.setting.outputs
        return tuple(outputs[i] for i in outputs.beside(answer.target))


def candidates(found: Scene, asked: Exercise) -> list[int]:
    """The units of a question to choose from: the largest, and the most active, by their number."""
    answer: Answer = found.found.answer
    active = np.abs(answer.activations).reshape(-1, answer.width).sum(axis=0, dtype=np.float64)
    listed = dict.fromkeys(found.answer(asked)[: asked.among // 2])
    by_size, by_active = answer.order(answer.width), np.argsort(-active, kind="stable")
    for pair in zip(by_size, by_active, strict=True):
        listed.update(dict.fromkeys(int(i) for i in pair))
        if len(listed) >= asked.among:
            break
    return sorted([*listed][: asked.among])
