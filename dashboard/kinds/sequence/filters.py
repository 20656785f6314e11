"""The filters of one layer: which decide and where, and what one of them looks for."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from dashboard.controls.chart import chart
from dashboard.controls.obtain import figure
from dashboard.controls.session import choose, choose_from, clicked, hides
from dashboard.figures import sequence as figures
from dashboard.figures.glyphs import BASES
from dashboard.figures.logo import logo
from dashboard.kinds.sequence import words
from dashboard.kinds.sequence.files import SHOWN
from dashboard.kinds.sequence.findings import Array, Pattern
from dashboard.kinds.sequence.logo import colours
from dashboard.kinds.sequence.request import FORM
from dashboard.kinds.sequence.subject import Subject
from dashboard.locus import Locus, Region
from dashboard.text import markdown, plain
from dashboard.words.answer import signed

_ROWS = 12  # stretches in the table


def largest(subject: Subject) -> None:
    """Position x filter, and the ranking; a click picks a filter."""
    answer, reading = subject.answer, subject.reading
    if subject.is_input or not answer.scores.size:
        st.caption("This layer is the sequence itself: choose a hidden layer for its filters.")
        return
    where = ", and where" if answer.has_positions else ""
    st.markdown(f"**Which {words.unit(answer)}s decide{where}**")
    plot = figures.filters(
        answer.scores if answer.has_positions else answer.scores[None],
        subject.centres,
        subject.shown(SHOWN),
        subject.filter,
        subject.marks,
        subject.locus,
        subject.view.palette,
        errors=reading.filter_errors,
        mapped=answer.has_positions,
    )
    sentence = words.filters(reading, SHOWN, subject.target)
    figure(plot, "dna_filters", sentence, on_select=_pick, selection_mode="points")


def picked(subject: Subject) -> None:
    """One filter: where it acts, what it looks for."""
    answer = subject.answer
    if subject.is_input:
        return
    with st.container(border=True):
        if not hides("filter"):
            _choose(subject)
        if answer.has_positions:
            centres = subject.centres
            plot = figures.tracks(
                answer.scores[:, subject.filter],
                answer.activations[:, subject.filter],
                centres,
                subject.marks,
                subject.locus,
                subject.view.palette,
            )
            sentence = words.track(answer, subject.filter, subject.target, centres, subject.locus)
            figure(plot, "dna_tracks", sentence)
        _pattern(
            subject, subject.lab.pattern(subject.known.model.name, answer.layer, subject.filter)
        )


def _choose(subject: Subject) -> None:
    totals = subject.answer.values("channel")
    st.session_state["dna_filter_choice"] = subject.filter
    st.selectbox(
        "Filter, largest first" if subject.answer.has_positions else "Neuron, largest first",
        subject.answer.order(len(totals)),
        key="dna_filter_choice",
        format_func=lambda i: f"{i} · {signed(float(totals[i]))}",
        on_change=choose_from,
        args=(FORM.key("filter"), "dna_filter_choice", range(len(totals))),
    )


def _pick() -> None:
    if found := clicked("dna_filters"):
        choose(FORM.key("filter"), int(found[0]))


def _pattern(subject: Subject, pattern: Pattern) -> None:
    """Its kernel, the nearest known motif, and what excites it."""
    name_of = f"{words.unit(subject.answer)} {subject.filter}"
    left, right = st.columns(2, gap="large")
    with left:
        sentence = words.likeness(pattern, name_of)
        if pattern.kernel is not None:
            _motif(subject, "Its kernel", pattern.kernel, "weight", "kernel", sentence)
        elif pattern.frequencies is not None:
            st.caption("A deeper layer has no kernel over bases; see what excites it.")
        if pattern.likenesses:
            nearest = pattern.likenesses[0]
            known = nearest.motif.information()
            known = known if nearest.strand == "+" else known[::-1, ::-1]
            title = (
                f"Nearest known motif: {nearest.motif.name} ({nearest.strand}), "
                f"from row {nearest.offset}"
            )
            _motif(subject, title, known, "bits", "known", sentence)
        st.caption(markdown(sentence))
    with right:
        sentence = words.windows(pattern, name_of)
        if pattern.frequencies is not None:
            shares = pattern.frequencies
            logs = np.log2(shares, where=shares > 0, out=np.zeros_like(shares))
            bits = shares * (2 + (shares * logs).sum(axis=1, keepdims=True))
            _motif(subject, "What excites it most", bits, "bits", "windows", sentence)
            _windows(pattern, len(subject.reading.letters), sentence)
        st.caption(markdown(sentence))


def _windows(pattern: Pattern, length: int, sentence: str) -> None:
    """Each where it begins in its own sample."""
    rows = [
        {
            "activation": w.activation,
            "stretch": w.letters,
            "at": Locus.of(Region("", 0, length), length).label(w.start),
            "in": pattern.samples[w.example],
        }
        for w in pattern.windows[:_ROWS]
    ]
    st.dataframe(
        pd.DataFrame(rows, columns=["activation", "stretch", "at", "in"]),
        hide_index=True,
        height=180,
        alt=plain(sentence),
        column_config={"activation": st.column_config.NumberColumn(format="%.2f")},
    )


def _motif(subject: Subject, title: str, values: Array, unit: str, key: str, alt: str) -> None:
    st.caption(markdown(title))
    letters = "".join(BASES[i] for i in values.argmax(axis=1))
    plot = logo(values, letters, colours(subject), width=len(values), unit=unit)
    chart(plot, f"dna_{key}", f"{title}. {alt}")
