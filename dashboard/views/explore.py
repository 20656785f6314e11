"""Explore: which channels and neurons of one layer made the network give its answer."""

from __future__ import annotations

import functools
import math

import streamlit as st

from dashboard.controls import choices, reach
from dashboard.controls import obtain as work
from dashboard.controls import session as state
from dashboard.controls.screen import Screen
from dashboard.controls.session import Shown
from dashboard.controls.strip import strip
from dashboard.export.subject import CSV_ROWS, Subject
from dashboard.figures.map import Map
from dashboard.figures.ranking import ranking
from dashboard.request.request import PALETTES, UNITS
from dashboard.text import cells, markdown, plain, stem
from dashboard.views import share, where
from dashboard.views.picked import pickers, placed
from dashboard.words import answer as words
from dashboard.words.numbers import change, fixed, number, percent, signed
from dashboard.words.outputs import answer as says
from dashboard.work.answer import Answer
from dashboard.work.workshop import Refused

BARS = 18
ROWS = 100
SIDE = 350


def show(screen: Screen) -> None:
    """The page."""
    work.notices(screen)
    shown = _obtain(screen)
    if shown is None:
        return
    by = screen.view.by if shown.answer.has_positions else "channel"
    subject = share.subject(screen, shown, placed(screen.view, shown.answer, by), by)
    kind = subject.kind
    _head(screen, subject)
    kind.first(subject)
    _units(subject)
    if not kind.units(subject):
        left, right = st.columns([11, 9], gap="large")
        with left:
            _total(subject)
        with right:
            _ranking(subject)
    with st.container(border=True):
        _picked(subject)
        if subject.asked == screen.asked and not state.hides("split"):
            where.in_the_input(screen, subject.asked, subject.answer, subject.place)
    _table(subject)
    kind.last(subject)
    reach.figures()


def _obtain(screen: Screen) -> Shown | None:
    """The answer; where there is none, a sentence and the last good one."""
    engine, asked = screen.engine, screen.asked
    answer = engine.seen(screen.item, asked)
    fresh = answer is None
    if answer is None:
        place = st.empty()
        try:
            answer = _compute(screen, place.container())
        except Refused as refused:
            st.error(markdown(str(refused)))
        place.empty()
    if answer is None:
        last = screen.session.last
        last = last if last and last.known.form is screen.known.form else None
        screen.status("No result")
        if last:
            here = f"{last.item.title}, {last.answer.layer}"
            st.info(markdown(f"Below is the last good result: {here}."))
        return last
    screen.status(words.status(answer, fresh))
    return work.noted(screen, answer)


def _compute(screen: Screen, place: st.delta_generator.DeltaGenerator) -> Answer:
    """Compute with a progress bar; Cancel goes back to the last result."""
    text = f"{screen.method.title}, {screen.asked.layer}"
    watched = work.watched(place, text, "cancel", state.revert)
    return screen.engine.answer(screen.item, screen.asked, *watched)


def _head(screen: Screen, subject: Subject) -> None:
    """The answer in a sentence, the numbers, and how far to trust them."""
    answer = subject.answer
    said = says(subject.outputs, subject.prediction.outputs, answer.target)
    head, place = st.columns([3, 1])  # on a phone the menu goes below
    head.header(markdown(subject.kind.headline(subject)), anchor=False)
    with place.container(horizontal=True, horizontal_alignment="right"):
        share.menu(screen, subject)
    missing = abs(answer.gap / answer.delta) if answer.delta else math.nan
    share_missing = (percent(missing),) if math.isfinite(missing) else ()
    finest = words.resolution(answer)
    several = f" ({answer.references} references)" if answer.references > 1 else ""
    strip(
        ("prediction", *said),
        ("f_input", "F(x)", fixed(answer.f_input, 3)),
        ("f_baseline", f"F(baseline){several}", fixed(answer.f_baseline, 3)),
        ("delta", "Difference", change(answer.delta)),
        ("gap", "Gap", signed(answer.gap), *share_missing),
        ("error", "Estimated error", *words.error(answer)),
        *([("resolution", "Finest features seen", finest)] if finest else []),
        ("evaluations", "Evaluations", f"{answer.evaluations:,}"),
        ("seconds", "Seconds", f"{answer.seconds:.1f}"),
    )
    sure = words.assurance(answer, subject.method)
    (st.warning if answer.converged is False else st.caption)(markdown(sure))
    if not answer.is_cut and subject.method.complete:
        st.warning(markdown(words.not_a_cut(answer, subject.layer)))
    for note in _notes(subject):
        st.caption(markdown(note))


def _units(subject: Subject) -> None:
    """What is ranked."""
    if subject.answer.has_positions and not state.hides("by"):
        st.segmented_control(
            "Rank",
            list(UNITS),
            key="by",
            format_func=UNITS.__getitem__,
            required=True,
            label_visibility="collapsed",
        )


def _total(subject: Subject) -> None:
    """The whole layer over the input."""
    over = f"over the {subject.kind.noun}" if subject.kind.lies(subject.layer) else "by position"
    st.markdown(f"**All channels together, {markdown(over)}**")
    if not subject.answer.has_positions:
        st.caption("This layer has no positions, so there is no map.")
        return
    work.map_(subject, "total", f"layer {subject.layer.name}", subject.answer.total_map())


def _ranking(subject: Subject) -> None:
    """The largest channels or neurons; a click picks one."""
    answer, by, unit = subject.answer, subject.by, subject.method.unit
    st.markdown(f"**The largest contributions, by {words.unit(answer, by)}**")
    ranked = answer.ranking(by, BARS)
    sentence = words.ranking(ranked, answer, by, subject.target, unit)
    work.figure(
        ranking(ranked, subject.place, subject.palette, unit),
        "ranking",
        sentence,
        on_select=functools.partial(state.pick, "ranking"),
        selection_mode="points",
    )


def _picked(subject: Subject) -> None:
    """The chosen channel or neuron: choose another, its map, its activations."""
    answer, kind = subject.answer, subject.kind
    place, unit = subject.place, subject.method.unit
    st.markdown(markdown(words.picked(answer, place, subject.target, unit)))
    if not state.hides("channel"):
        pickers(subject)
    if kind.unit(subject):
        return
    if not answer.has_positions:
        if answer.activations.ndim == 1:
            active = float(answer.activations[place.channel])
            st.caption(markdown(f"Its activation is {number(active)}."))
        return
    left, right = st.columns(2, gap="large")
    with left:
        scores = answer.scores[..., place.channel]
        work.map_(subject, "channel_map", f"channel {place.channel}", scores, SIDE)
    with right:
        values = answer.activations[..., place.channel]
        shown = Map(values, None, SIDE, None, "activation", place.position)
        plot = kind.lay(subject.engine, subject.item, subject.layer, shown)
        work.figure(plot, "activation_map", words.activation_map(values, place.channel))


def _table(subject: Subject) -> None:
    """The ranking as numbers, and as a file."""
    by = subject.by
    if not state.hides("table"):
        _numbers(subject)
    download, colours = st.columns([1, 1], vertical_alignment="bottom")
    download.download_button(
        f"Download {by}s as CSV",
        lambda: cells(subject.table()).to_csv(index=False).encode(),
        file_name=f"{stem(subject.item.name, subject.layer.name, by)}s.csv",
        mime="text/csv",
        on_click="ignore",
        help=f"Every {by}, up to the {CSV_ROWS:,} largest.",
    )
    with colours:
        choices.look("palette", list(PALETTES), subject.known, format_func=PALETTES.__getitem__)


def _numbers(subject: Subject) -> None:
    # A closed table is not sent: the browser would fetch its script before the chart's.
    by = subject.by
    place = st.expander(f"Table of the largest {by}s", key="numbers", on_change="rerun")
    if not place.open:
        return
    with place:
        frame = subject.table(ROWS)
        st.dataframe(
            frame,
            hide_index=True,
            height=320,
            alt=plain(f"The {len(frame)} largest {by}s with their scores"),
            column_config={
                "score": st.column_config.NumberColumn(format="%+.4f"),
                "share": st.column_config.NumberColumn(format="percent"),
            },
        )


def _notes(subject: Subject) -> tuple[str, ...]:
    """The core's own notes, but for the one that the page has said in its own words."""
    cut = subject.answer.is_cut or not subject.method.complete
    said = () if cut else (f"{subject.layer.name} is not a cut",)
    return tuple(note for note in subject.answer.result.notes if not note.startswith(said))
