"""The figures of one sequence's answer, from its bases to single filters and single changes."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from dashboard.dna import request, state, words
from dashboard.dna.answer import Answer, Array, Pattern, Prediction
from dashboard.dna.lab import Lab
from dashboard.dna.panel import Chosen
from dashboard.dna.request import CHANCES, HEIGHTS, WIDTHS, WINDOW
from dashboard.dna.state import PREFIX
from dashboard.figures import sequence as figures
from dashboard.figures.glyphs import BASES, COLOUR_NAMES, COLOURS, DARK_COLOURS
from dashboard.figures.logo import UNIT, Mark, logo
from dashboard.request import PALETTES, Known
from dashboard.views import sequence_files as files
from dashboard.words import signed

SHOWN = 16  # filters
CHART = {"displayModeBar": False, "scrollZoom": False}
_ROWS = 12  # stretches in the table


@dataclass(frozen=True)
class Page:
    """One answer. before : the answer without the edits, where there are any."""

    lab: Lab
    known: Known
    chosen: Chosen
    answer: Answer
    prediction: Prediction
    before: Answer | None

    @property
    def view(self) -> request.View:
        """How to look."""
        return request.view(self.known.values)

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the outputs."""
        return self.known.model.labels

    @property
    def target(self) -> str:
        """The target's name."""
        return self.labels[self.answer.target]

    @property
    def headline(self) -> str:
        """The answer of the page."""
        chance = float(self.prediction.outputs[self.answer.target])
        return words.headline(self.answer, self.target, chance)

    @property
    def colours(self) -> tuple[str, ...]:
        """Of the letters, for the page's theme."""
        dark = st.context.theme.type == "dark"
        return (DARK_COLOURS if dark else COLOURS)[self.view.letters]

    @functools.cached_property
    def marks(self) -> list[Mark]:
        """Known motifs in the sequence."""
        found = self.lab.matches(self.answer.letters, self.view.chance)
        return [Mark(m.motif, m.start, m.end, m.strand) for m in found]

    @property
    def window(self) -> tuple[int, int]:
        """The bases that the logo shows."""
        length = len(self.answer.letters)
        begin = min(self.view.begin, max(0, length - WINDOW))
        return begin, min(length, begin + WINDOW)

    @property
    def filter(self) -> int:
        """The chosen filter, or else the largest."""
        chosen, count = self.view.filter, self.answer.scores.shape[-1]
        return chosen if chosen is not None and chosen < count else self.answer.order(1)[0]

    def logo(self) -> None:
        """The sequence as letters, as high as their contributions."""
        answer, view = self.answer, self.view
        st.markdown("**Which bases decide**")
        begin, end = self.window
        if end - begin < len(answer.letters):
            self._overview()
        values, sentence = self._heights()
        if values is None:
            st.info(sentence)
            values, sentence = answer.heights(), ""
        matches = self.lab.matches(answer.letters, view.chance)
        sentence = sentence or words.logo(answer, self.target, matches)
        figure = logo(
            values[begin:end],
            answer.letters[begin:end],
            self.colours,
            first=begin,
            width=view.wide,
            marks=self.marks,
            hover=self._hover(begin, end),
        )
        st.plotly_chart(
            figure,
            key="dna_logo",
            on_select=_pick_base,
            selection_mode="points",
            alt=sentence,
            config=CHART,
        )
        st.caption(sentence)
        self._controls()
        files.downloads(self, values)

    def filters(self) -> None:
        """Position x filter, and the ranking."""
        answer = self.answer
        if not answer.scores.size or answer.layer == self.known.model.layers[0].name:
            st.caption("This layer is the sequence itself: choose a hidden layer for its filters.")
            return
        unit = f"{words.unit(answer)}s"
        st.markdown(f"**Which {unit} decide{', and where' if answer.has_positions else ''}**")
        order = answer.order(SHOWN)
        if self.filter not in order:
            order = [*order[:-1], self.filter]
        sentence = words.filters(answer, SHOWN, self.target)
        figure = figures.filters(
            answer.scores if answer.has_positions else answer.scores[None],
            self._centres(),
            order,
            self.filter,
            self.marks,
            len(answer.letters),
            self.view.palette,
            errors=answer.filter_errors,
            mapped=answer.has_positions,
        )
        st.plotly_chart(
            figure,
            key="dna_filters",
            on_select=_pick_filter,
            selection_mode="points",
            alt=sentence,
            config=CHART,
        )
        st.caption(sentence)

    def picked(self) -> None:
        """One filter: where it acts, what it looks for."""
        answer, model = self.answer, self.known.model
        if answer.layer == model.layers[0].name:
            return
        with st.container(border=True):
            self._choose_filter()
            chosen = self.filter
            if answer.has_positions:
                centres = self._centres()
                sentence = words.track(answer, chosen, self.target, centres)
                figure = figures.tracks(
                    answer.scores[:, chosen],
                    answer.activations[:, chosen],
                    centres,
                    self.marks,
                    len(answer.letters),
                    self.view.palette,
                )
                st.plotly_chart(figure, key="dna_tracks", alt=sentence, config=CHART)
                st.caption(sentence)
            self._pattern(self.lab.pattern(model.name, answer.layer, chosen), chosen)

    def _overview(self) -> None:
        answer = self.answer
        sentence = (
            f"All {len(answer.letters):,} bases; the frame is the part below, "
            f"bases {self.window[0]:,} to {self.window[1] - 1:,}. Click to move it."
        )
        figure = figures.overview(answer.contributions, self.window, self.marks, self.view.palette)
        st.plotly_chart(
            figure,
            key="dna_overview",
            on_select=functools.partial(_pick_window, len(answer.letters)),
            selection_mode="points",
            alt=sentence,
            config=CHART,
        )
        st.caption(sentence)
        st.session_state["dna_begin_choice"] = self.window[0]
        st.slider(
            "Window from base",
            0,
            len(answer.letters) - WINDOW,
            key="dna_begin_choice",
            on_change=state.choose_from,
            args=("begin", "dna_begin_choice"),
        )

    def _heights(self) -> tuple[Array | None, str]:
        """Heights of the letters and their sentence ('' for the usual one)."""
        answer = self.answer
        if self.view.heights == "actual":
            return answer.heights(), ""
        found = self.lab.hypothetical(answer.letters, request.question(self.known.values))
        if found is None:
            return None, (
                f"{self.known.method.title} has no multipliers, so nothing can be said of bases "
                "that are not there; the letters below are those that are."
            )
        return found, words.hypothetical(found, answer.letters, self.target)

    def _hover(self, begin: int, end: int) -> list[str]:
        answer = self.answer
        texts = []
        for i in range(begin, end):
            text = f"{answer.letters[i]} at {i:,}<br>{signed(float(answer.contributions[i]))}"
            if answer.base_errors is not None:
                text += f" ± {answer.base_errors[i]:.2g}"
            texts.append(f"{text} {UNIT}")
        return texts

    def _controls(self) -> None:
        heights, look = st.columns([3, 1], vertical_alignment="bottom")
        heights.selectbox(
            "Letters show", list(HEIGHTS), key=PREFIX + "heights", format_func=HEIGHTS.__getitem__
        )
        with look.popover("Look", width="stretch"):
            st.selectbox(
                "Known motifs, chance at most",
                CHANCES,
                key=PREFIX + "chance",
                format_func=lambda p: f"{p:g}",
                help="How likely a match this good is at one place of random sequence.",
            )
            st.selectbox("Letters in a row", WIDTHS, key=PREFIX + "wide")
            st.selectbox(
                "Letter colours",
                list(COLOUR_NAMES),
                key=PREFIX + "letters",
                format_func=COLOUR_NAMES.__getitem__,
            )
            st.selectbox(
                "Map colours",
                list(PALETTES),
                key=PREFIX + "palette",
                format_func=PALETTES.__getitem__,
            )

    def _centres(self) -> Array:
        """Where each position of the layer looks."""
        if not self.answer.has_positions:
            return np.zeros(1)
        model, layer = self.known.model.name, self.answer.layer
        return self.lab.reach(model, layer, len(self.answer.letters)).centres()

    def _choose_filter(self) -> None:
        totals = self.answer.totals()
        st.session_state["dna_filter_choice"] = self.filter
        st.selectbox(
            "Filter, largest first" if self.answer.has_positions else "Neuron, largest first",
            self.answer.order(len(totals)),
            key="dna_filter_choice",
            format_func=lambda i: f"{i} · {signed(float(totals[i]))}",
            on_change=state.choose_from,
            args=("filter", "dna_filter_choice"),
        )

    def _pattern(self, pattern: Pattern, chosen: int) -> None:
        """Its kernel, the nearest known motif, and what excites it."""
        name_of = f"{words.unit(self.answer)} {chosen}"
        sentence = words.likeness(pattern, name_of)
        left, right = st.columns(2, gap="large")
        with left:
            if pattern.kernel is not None:
                self._motif("Its kernel", pattern.kernel, "weight", "kernel", sentence)
            elif pattern.frequencies is not None:
                st.caption("A deeper layer has no kernel over bases; see what excites it.")
            if pattern.known is not None:
                name, _, strand, offset = pattern.likenesses[0]
                known = pattern.known if strand == "+" else pattern.known[::-1, ::-1]
                title = f"Nearest known motif: {name} ({strand}), from row {offset}"
                self._motif(title, known, "bits", "known", sentence)
            st.caption(sentence)
        with right:
            sentence = words.windows(pattern, name_of)
            if pattern.frequencies is not None:
                shares = pattern.frequencies
                logs = np.log2(shares, where=shares > 0, out=np.zeros_like(shares))
                bits = shares * (2 + (shares * logs).sum(axis=1, keepdims=True))
                self._motif("What excites it most", bits, "bits", "windows", sentence)
                rows = [
                    {
                        "activation": w.activation,
                        "stretch": w.letters,
                        "at": w.start,
                        "in": w.source,
                    }
                    for w in pattern.windows[:_ROWS]
                ]
                st.dataframe(
                    pd.DataFrame(rows),
                    hide_index=True,
                    height=180,
                    alt=sentence,
                    column_config={"activation": st.column_config.NumberColumn(format="%.2f")},
                )
            st.caption(sentence)

    def _motif(self, title: str, values: Array, unit: str, key: str, alt: str) -> None:
        st.caption(title)
        letters = "".join(BASES[i] for i in values.argmax(axis=1))
        figure = logo(values, letters, self.colours, width=len(values), unit=unit)
        st.plotly_chart(figure, key=f"dna_{key}", alt=f"{title}. {alt}", config=CHART)


def _pick_base() -> None:
    """A click on a letter puts its position where a change is made."""
    found = state.clicked("dna_logo")
    if found is not None:
        st.session_state["dna_at"] = int(found[0] if isinstance(found, list) else found)


def _pick_filter() -> None:
    found = state.clicked("dna_filters")
    if found is not None:
        state.choose("filter", int(found[0] if isinstance(found, list) else found))


def _pick_window(length: int) -> None:
    found = state.clicked("dna_overview")
    if found is not None:
        middle = int(found[0] if isinstance(found, list) else found)
        state.choose("begin", max(0, min(length - WINDOW, middle - WINDOW // 2)))
