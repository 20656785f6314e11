"""Compare: two requests side by side, on one scale, and where they disagree."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from attribution.methods import METHODS
from dashboard.controls import obtain as work
from dashboard.controls import runs
from dashboard.controls import session as state
from dashboard.controls.chart import chart
from dashboard.controls.maps import maps
from dashboard.controls.screen import Screen
from dashboard.export import compare as export
from dashboard.export.drawing import Drawing
from dashboard.export.sheet import Sheet
from dashboard.figures import agreement as draw
from dashboard.figures.map import Map
from dashboard.request.request import Query, rival
from dashboard.text import markdown, plain
from dashboard.views import share
from dashboard.words import answer as words
from dashboard.words import studies as sentences
from dashboard.words.numbers import number, signed
from dashboard.work import scale
from dashboard.work.answer import Answer
from dashboard.work.comparison import Agreement, compare

SIDE = 340
SQUARE = 480  # pixels of the scatter on paper

Array = npt.NDArray[Any]


def show(screen: Screen) -> None:
    """The page."""
    share.page(screen, _show)


def _show(screen: Screen, head: DeltaGenerator) -> Sheet | None:
    asked = (screen.asked, _second(screen))
    names = _names(screen, *asked)
    _choose(screen)
    first = work.answer(screen, asked[0], "first")
    second = work.answer(screen, asked[1], "second") if first else None
    if first is None or second is None:
        return None
    same = first.layer == second.layer
    found = compare(first.values("channel"), second.values("channel")) if same else None
    head.header(
        markdown(
            sentences.agreement_head(found, words.unit(first, "channel"))
            if found
            else f"Two layers: {first.layer} and {second.layer}"
        ),
        anchor=False,
    )
    units = screen.measure(first), screen.measure(second)
    bound = _bound(first, second) if units[0] == units[1] else None
    _maps(screen, (first, second), names, units, bound)
    with_map = [each.layer for each in (first, second) if each.has_positions]
    if with_map:
        maps(screen, screen.model.layer(with_map[0]))
    if found is None:
        st.info(
            "The two layers have neurons of their own, so there is no scatter: choose one layer."
        )
    else:
        _points(screen, first, second, found, names)
    if not state.without_pages():
        st.link_button(
            "Which method can be relied on, and where", "about#evidence", type="tertiary"
        )
    return export.sheet(share.setting(screen), asked[1], (first, second), names, found)


def _second(screen: Screen) -> Query:
    """B, of A's input and, where it has no target of its own, of A's target."""
    asked = rival(screen.shown)
    return replace(asked, target=screen.asked.target if asked.target is None else asked.target)


def _choose(screen: Screen) -> None:
    """What is different in B."""
    known, labels, baselines = screen.known, screen.model.outputs, screen.kind.baselines
    titles = {m.name: m.title for m in METHODS.values()}
    layers = [layer.name for layer in known.model.layers]
    methods, compared = (known.form.by_name[f"b_{name}"].options for name in ("method", "baseline"))
    assert methods
    assert compared
    choices: dict[str, tuple[Sequence[Any], Callable[[Any], str]]] = {
        "b_method": (methods(known), titles.__getitem__),
        "b_baseline": (compared(known)[1:], baselines.__getitem__),
        "b_layer": (layers, str),
        "b_target": (range(len(labels)), lambda i: f"{labels[i]} ({i})"),
    }
    shown = [name for name in choices if not state.hides(name)]
    if not shown:
        return
    with st.container(border=True):
        st.markdown("**A** is what is asked. **B** differs from it in:")
        for column, name in zip(st.columns(4), shown, strict=False):
            options, show = choices[name]
            column.selectbox(
                known.form.by_name[name].label,
                options,
                index=0 if name == "b_method" else None,
                key=name,
                format_func=lambda option, show=show: plain(show(option)),
                placeholder="as in A",
            )


def _names(screen: Screen, a: Query, b: Query) -> tuple[str, str]:
    """What tells the two apart, short; the method where nothing does."""
    labels, baselines = screen.model.outputs, screen.kind.baselines
    parts: list[tuple[str, str]] = []
    if a.method != b.method:
        parts.append((work.method_title(a), work.method_title(b)))
    if a.baseline != b.baseline:
        parts.append((baselines[a.baseline], baselines[b.baseline]))
    if a.layer != b.layer:
        parts.append((a.layer, b.layer))
    if a.target != b.target:
        parts.append((labels[a.target or 0], labels[b.target or 0]))
    if not parts:
        parts = [(work.method_title(a),) * 2]
    return ", ".join(p[0] for p in parts), ", ".join(p[1] for p in parts)


def _finest(answer: Answer) -> str:
    finest = words.resolution(answer)
    return f", finest features seen: {finest}" if finest else ""


def _bound(first: Answer, second: Answer) -> float:
    """One end of the colours, or of the bars, for both maps."""
    return scale.shared([each.total_map() for each in (first, second) if each.has_positions])


def _maps(
    screen: Screen,
    answers: tuple[Answer, Answer],
    names: tuple[str, str],
    units: tuple[str, str],
    bound: float | None,
) -> None:
    """Both layers over the picture, on one scale where their units are the same."""
    for column, answer, name, letter, unit in zip(
        st.columns(2, gap="large"), answers, names, "AB", units, strict=True
    ):
        with column:
            st.markdown(f"**{letter}** · {markdown(name)}")
            st.caption(
                markdown(
                    f"sum {signed(float(answer.result.total[0]))} of "
                    f"{signed(answer.delta)}, {words.sureness(answer)}{_finest(answer)}"
                )
            )
            if not answer.has_positions:
                st.caption("This layer has no positions, so there is no map.")
                continue
            scores, what = answer.total_map(), f"layer {answer.layer}"
            _map(screen, answer, scores, what, f"map_{letter}", SIDE, bound, unit)
    layers = dict.fromkeys(each.layer for each in answers if each.has_positions)
    if not layers:
        return
    drawn = "".join(dict.fromkeys(screen.drawn(screen.model.layer(name)) for name in layers))
    told = (
        f"Both maps on one scale that ends at ±{number(bound)}: warm supports, cool opposes."
        if bound
        else "The two methods have different units, so each map has a scale of its own."
    )
    st.caption(markdown(told + drawn))


def _points(
    screen: Screen, first: Answer, second: Answer, found: Agreement, names: tuple[str, str]
) -> None:
    values, unit = (first.values("channel"), second.values("channel")), words.unit(first, "channel")
    called = runs.names(screen.engine, first)
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(f"**{unit.capitalize()} by {unit}**")
        across = functools.partial(
            draw.scatter, *values, found.largest, names, _channel(screen, found), called
        )
        work.figure(
            Drawing("scatter", sentences.scatter(found, len(values[0]), unit), across, SQUARE),
            "agreement",
            on_select=functools.partial(state.pick, "agreement"),
            selection_mode="points",
        )
    with right:
        st.markdown("**Where they disagree most**")
        sizes = (float(np.abs(values[0]).sum()), float(np.abs(values[1]).sum()))
        told = sentences.dumbbells(found, *sizes, unit)
        apart = functools.partial(
            draw.dumbbells, found.largest, names, _both(screen, first, second), called
        )
        work.figure(Drawing("apart", told, apart), "apart")
    _picked(screen, first, second, found)


def _both(screen: Screen, first: Answer, second: Answer) -> str:
    """What both are measured in."""
    units = {screen.measure(answer) for answer in (first, second)}
    return units.pop() if len(units) == 1 else "score, each in its own unit"


def _picked(screen: Screen, first: Answer, second: Answer, found: Agreement) -> None:
    """The chosen channel in both, on one scale."""
    if not (first.has_positions and second.has_positions):
        return
    channel = _channel(screen, found)
    answers = first, second
    maps = [answer.scores[..., channel] for answer in answers]
    units = [screen.measure(answer) for answer in answers]
    shared = scale.shared(maps) if units[0] == units[1] else None
    with st.container(border=True):
        sums = [signed(float(m.sum(dtype=np.float64))) for m in maps]
        st.markdown(f"**Channel {channel}**: {sums[0]} in A, {sums[1]} in B")
        for column, answer, scores, letter, unit in zip(
            st.columns(2, gap="large"), answers, maps, "AB", units, strict=True
        ):
            what = f"channel {channel} in {letter}"
            with column:
                _map(screen, answer, scores, what, f"channel_{letter}", 260, shared, unit)


def _map(
    screen: Screen,
    answer: Answer,
    scores: Array,
    what: str,
    key: str,
    side: int,
    bound: float | None,
    unit: str,
) -> None:
    """Scores (*positions) over the input; its sentence is its alt text."""
    shown = Map(scores, screen.view.palette, side, bound, unit)
    chart(screen.over(key, what, answer, shown), key)


def _channel(screen: Screen, found: Agreement) -> int:
    """The chosen channel, or else that on which the two differ most."""
    chosen: int | None = screen.known.values["channel"]
    return found.largest[0].unit if chosen is None else chosen
