"""Explore: which channels and neurons of one layer made the network give its answer."""

from __future__ import annotations

import functools
import math

import streamlit as st

from attribution.methods import METHODS
from dashboard.controls import obtain as work
from dashboard.controls import reach
from dashboard.controls import session as state
from dashboard.controls.screen import Screen
from dashboard.controls.session import Shown
from dashboard.controls.strip import strip
from dashboard.export.subject import CSV_ROWS
from dashboard.figures.overlay import activation, overlay
from dashboard.figures.ranking import ranking
from dashboard.request.request import FORM, PALETTES, UNITS
from dashboard.text import cells, markdown, plain, stem
from dashboard.views import share, where
from dashboard.words import answer as words
from dashboard.work.answer import Answer, Place
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
    page = _Page(screen, shown)
    page.head()
    left, right = st.columns([11, 9], gap="large")
    with left:
        page.total()
    with right:
        page.ranking()
    with st.container(border=True):
        page.picked()
        page.where()
    page.table()
    reach.figures()


def _obtain(screen: Screen) -> Shown | None:
    """The answer; where there is none, a sentence and the last good one."""
    engine, asked = screen.engine, screen.asked
    answer = engine.seen(screen.source, asked)
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
        screen.status("No result")
        if last:
            st.info(
                markdown(
                    f"Below is the last good result: {last.source.title}, {last.answer.layer}."
                )
            )
        return last
    screen.status(words.status(answer, fresh))
    shown = Shown(dict(screen.known.values), screen.source, screen.facts, answer)
    screen.session.last = shown
    return shown


def _compute(screen: Screen, place: st.delta_generator.DeltaGenerator) -> Answer:
    """Compute with a progress bar; Cancel goes back to the last result."""
    last = screen.session.last
    back = functools.partial(state.revert, FORM, screen.session, last.values if last else None)
    text = f"{screen.method.title}, {screen.asked.layer}"
    return screen.engine.answer(
        screen.source, screen.asked, *work.watched(place, text, "cancel", back)
    )


class _Page:
    """One answer on the page."""

    def __init__(self, screen: Screen, shown: Shown) -> None:
        model = screen.known.catalogue.models[shown.values["model"]]
        self.screen, self.shown, self.answer, self.facts = screen, shown, shown.answer, shown.facts
        self.layer = model.layer(shown.answer.layer)
        self.method = METHODS[shown.answer.method]
        self.scale = self.method.unit
        self.labels = model.labels
        self.target = model.labels[shown.answer.target]
        self.by = screen.view.by if self.answer.has_grid else "channel"
        self.unit = "channel" if self.layer.has_channels else "neuron"
        self.palette = screen.view.palette
        self.place = self._place()
        self.subject = share.subject(screen, shown, self.place, self.by)

    def head(self) -> None:
        """The answer in a sentence, the numbers, and how far to trust them."""
        answer, facts = self.answer, self.facts
        predicted = self.labels[facts.predicted]
        chance = float(facts.probabilities[answer.target])
        with st.container(horizontal=True, vertical_alignment="top"):
            headline = words.headline(
                answer, self.layer, self.target, predicted, chance, self.scale
            )
            st.header(markdown(headline), anchor=False, width="stretch")
            share.menu(self.screen, self.subject)
        missing = abs(answer.gap / answer.delta) if answer.delta else math.nan
        share_missing = (words.percent(missing),) if math.isfinite(missing) else ()
        finest = words.resolution(answer)
        top = float(facts.probabilities[facts.predicted])
        strip(
            ("prediction", "Prediction", f"{predicted} {words.percent(top)}"),
            ("f_input", "F(x)", words.fixed(answer.f_input, 3)),
            ("f_baseline", "F(baseline)", words.fixed(answer.f_baseline, 3)),
            ("delta", "Difference", words.change(answer.delta)),
            ("gap", "Gap", words.signed(answer.gap), *share_missing),
            ("error", "Estimated error", *words.error(answer)),
            *([("resolution", "Finest features seen", finest)] if finest else []),
            ("evaluations", "Evaluations", f"{answer.evaluations:,}"),
            ("seconds", "Seconds", f"{answer.seconds:.1f}"),
        )
        sure = words.assurance(answer, self.method)
        (st.warning if answer.converged is False else st.caption)(markdown(sure))
        if not answer.is_cut and self.method.complete:
            st.warning(markdown(words.not_a_cut(answer, self.layer)))
        for note in (*self._notes(), *self._upload_notes()):
            st.caption(markdown(note))

    def total(self) -> None:
        """The whole layer over the photograph."""
        st.markdown("**All channels together, over the picture**")
        if not self.answer.has_grid:
            st.image(self.facts.pixels, alt=plain(self.shown.source.title))
            st.caption("This layer has no rows and columns, so there is no map to lay over.")
            return
        scores = self.answer.total_map()
        sentence = words.contribution_map(
            scores, f"layer {self.layer.name}", self.target, self.scale
        )
        figure = overlay(
            self.facts.pixels, scores, self.palette, unit=self.scale, picked=self.place.cell
        )
        work.figure(figure, "total", sentence)

    def ranking(self) -> None:
        """The largest channels or neurons; a click picks one."""
        st.markdown(f"**The largest contributions, by {words.unit(self.answer, self.by)}**")
        if self.answer.has_grid and not state.hides("by"):
            st.segmented_control(
                "Rank",
                list(UNITS),
                key="by",
                format_func=UNITS.__getitem__,
                required=True,
                label_visibility="collapsed",
            )
        ranked = self.answer.ranking(self.by, BARS)
        sentence = words.ranking(ranked, self.answer, self.by, self.target, self.scale)
        work.figure(
            ranking(ranked, self.place, self.palette, self.scale),
            "ranking",
            sentence,
            on_select=functools.partial(state.pick, "ranking"),
            selection_mode="points",
        )

    def picked(self) -> None:
        """The chosen channel or neuron: choose another, its map, its activations."""
        st.markdown(markdown(words.picked(self.answer, self.place, self.target, self.scale)))
        if not state.hides("channel"):
            self._pickers()
        if not self.answer.has_grid:
            if self.answer.activations.ndim == 1:
                active = float(self.answer.activations[self.place.channel])
                st.caption(markdown(f"Its activation is {words.number(active)}."))
            return
        channel = self.place.channel
        scores = self.answer.scores[:, :, channel]
        values = self.answer.activations[:, :, channel]
        left, right = st.columns(2, gap="large")
        with left:
            sentence = words.contribution_map(scores, f"channel {channel}", self.target, self.scale)
            figure = overlay(
                self.facts.pixels,
                scores,
                self.palette,
                SIDE,
                unit=self.scale,
                picked=self.place.cell,
            )
            work.figure(figure, "channel_map", sentence)
        with right:
            sentence = words.activation_map(values, channel)
            figure = activation(self.facts.pixels, values, SIDE, self.place.cell)
            work.figure(figure, "activation_map", sentence)

    def where(self) -> None:
        """Where in the input the picked one gets its score, when asked for."""
        if self.subject.asked == self.screen.asked and not state.hides("split"):
            where.in_the_input(self.screen, self.subject.asked, self.answer, self.place)

    def table(self) -> None:
        """The ranking as numbers, and as a file."""
        if not state.hides("table"):
            self._table()
        download, colours = st.columns([1, 1], vertical_alignment="bottom")
        download.download_button(
            f"Download {self.by}s as CSV",
            lambda: cells(self.subject.table()).to_csv(index=False).encode(),
            file_name=f"{stem(self.shown.source.name, self.layer.name, self.by)}s.csv",
            mime="text/csv",
            on_click="ignore",
            help=f"Every {self.by}, up to the {CSV_ROWS:,} largest.",
        )
        if not state.hides("palette"):
            colours.segmented_control(
                "Colours",
                list(PALETTES),
                key="palette",
                format_func=PALETTES.__getitem__,
                required=True,
            )

    def _table(self) -> None:
        # A closed table is not sent: the browser would fetch its script before the chart's.
        place = st.expander(f"Table of the largest {self.by}s", key="numbers", on_change="rerun")
        if not place.open:
            return
        with place:
            frame = self.subject.table(ROWS)
            st.dataframe(
                frame,
                hide_index=True,
                height=320,
                alt=plain(f"The {len(frame)} largest {self.by}s with their scores"),
                column_config={
                    "score": st.column_config.NumberColumn(format="%+.4f"),
                    "share": st.column_config.NumberColumn(format="percent"),
                },
            )

    def _pickers(self) -> None:
        """Choose by keyboard: the channel by its rank or number, the neuron by row and column."""
        names = {
            line.place.channel: f"{line.place.channel} · {words.signed(line.score)}"
            for line in self.answer.ranking("channel", self.answer.width)
        }
        wide = st.columns([2, 1, 1]) if self.by == "neuron" else st.columns([2, 2])
        st.session_state["channel_choice"] = self.place.channel
        wide[0].selectbox(
            f"{self.unit.capitalize()}, largest first",
            list(names),
            key="channel_choice",
            format_func=names.__getitem__,
            on_change=state.choose_from,
            args=("channel", "channel_choice", names),
        )
        if self.by != "neuron" or self.place.row is None or self.place.column is None:
            return
        here = {"row": self.place.row, "column": self.place.column}
        for column, (name, value), count in zip(
            wide[1:], here.items(), self.answer.scores.shape, strict=False
        ):
            control = f"{name}_choice"
            st.session_state[control] = value
            column.number_input(
                name.capitalize(),
                0,
                count - 1,
                step=1,
                key=control,
                on_change=_choose_place,
                args=(self.place,),
            )

    def _place(self) -> Place:
        """What is picked: the view's choice where it fits this answer, else the largest."""
        view, shape = self.screen.view, self.answer.scores.shape
        if view.channel is None or view.channel >= shape[-1]:
            return self.answer.ranking(self.by, 1)[0].place
        if self.by == "channel":
            return self.answer.at(view.channel)
        if (
            view.row is None
            or view.column is None
            or view.row >= shape[0]
            or view.column >= shape[1]
        ):
            inside = abs(self.answer.scores[:, :, view.channel])
            row, column = divmod(int(inside.argmax()), shape[1])
            return Place(view.channel, row, column)
        return Place(view.channel, view.row, view.column)

    def _notes(self) -> tuple[str, ...]:
        """The core's own notes, but for the one that the page has said in its own words."""
        said = (
            ()
            if self.answer.is_cut or not self.method.complete
            else (f"{self.layer.name} is not a cut",)
        )
        return tuple(note for note in self.answer.result.notes if not note.startswith(said))

    def _upload_notes(self) -> tuple[str, ...]:
        uploads = self.screen.session.uploads.values()
        return next((u.notes for u in uploads if u.name == self.shown.values["input"]), ())


def _choose_place(old: Place) -> None:
    for name, before in (("row", old.row), ("column", old.column)):
        chosen = st.session_state.get(f"{name}_choice", before)
        st.session_state[name] = before if chosen is None else chosen
    st.session_state["channel"] = old.channel
