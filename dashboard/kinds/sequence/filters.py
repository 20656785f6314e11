"""The filters of one layer: which decide and where, and what one of them looks for."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard.controls import session as state
from dashboard.controls.chart import chart
from dashboard.controls.obtain import figure
from dashboard.export.drawing import Drawing
from dashboard.figures import sequence as figures
from dashboard.figures.faces import logos
from dashboard.figures.filters import filters
from dashboard.figures.logo import logo
from dashboard.kinds.sequence import words
from dashboard.kinds.sequence.form import BASES
from dashboard.kinds.sequence.logo import WIDE, colours, inks
from dashboard.kinds.sequence.reading import Reading
from dashboard.locus import Locus, Region
from dashboard.text import markdown, plain
from dashboard.work import sequences
from dashboard.work.findings import Pattern
from dashboard.work.workshop import Refused

SHOWN = 16  # filters
_ROWS = 12  # stretches in the table
_MOTIF = 400  # pixels on paper


def largest(reading: Reading) -> None:
    """Position x filter, and the ranking; a click picks a filter."""
    answer = reading.answer
    if reading.is_input:
        st.caption("This layer is the sequence itself: choose a hidden layer for its filters.")
        return
    where = ", and where" if answer.has_positions else ""
    st.markdown(f"**Which {words.unit(answer)}s decide{where}**")
    pick = functools.partial(state.pick, "dna_filters")
    figure(drawing(reading), "dna_filters", on_select=pick, selection_mode="points")


def drawing(reading: Reading) -> Drawing:
    """Position x filter, and the ranking."""
    told = words.filters(reading, SHOWN)
    if _kernels(reading).size:
        told += " The letters beside each are the bases that its kernel weighs above the mean."
    return Drawing(
        "filters",
        told,
        lambda: _draw(reading, colours(reading)),
        WIDE,
        lambda: _draw(reading, inks(reading)),
    )


def _kernels(reading: Reading) -> npt.NDArray[np.floating]:
    """(width, 4, filters) of the layer; of no filters where those have none."""
    engine, answer = reading.of.engine, reading.answer
    found = sequences.kernels(engine, reading.of.model.name, answer.layer)
    return found if answer.has_channels and found.shape[-1] == answer.width else found[..., :0]


def _draw(reading: Reading, letters: Sequence[str]) -> go.Figure:
    """letters : the colours of those that filters look for."""
    answer, order = reading.answer, reading.largest(SHOWN)
    kernels = _kernels(reading)
    return filters(
        answer.scores if answer.has_positions else answer.scores[None],
        reading.centres,
        order,
        reading.filter,
        reading.marks,
        reading.locus,
        reading.of.palette,
        unit=reading.of.measure(answer),
        errors=answer.unit_errors,
        mapped=answer.has_positions,
        least=reading.of.least,
        called=reading.of.called,
        faces=logos([kernels[..., i] for i in order], letters) if kernels.size else (),
    )


def picked(reading: Reading) -> None:
    """One filter: where it acts, what it looks for."""
    answer = reading.answer
    if reading.is_input:
        return
    if answer.has_positions:
        centres = reading.centres
        drawn = functools.partial(
            figures.tracks,
            answer.scores[:, reading.filter],
            answer.activations[:, reading.filter],
            centres,
            reading.marks,
            reading.locus,
            reading.of.palette,
        )
        figure(Drawing("tracks", words.track(reading, centres), drawn, WIDE), "dna_tracks")
    engine, model = reading.of.engine, reading.of.model.name
    try:
        found = sequences.pattern(engine, model, answer.layer, reading.filter)
    except Refused as refused:
        st.caption(markdown(str(refused)))
    else:
        _pattern(reading, found)


def _pattern(reading: Reading, pattern: Pattern) -> None:
    """Its kernel, the nearest known motif, and what excites it."""
    name_of = f"{words.unit(reading.answer)} {reading.filter}"
    left, right = st.columns(2, gap="large")
    with left:
        sentence = words.likeness(pattern, name_of)
        if pattern.kernel is not None:
            _motif(reading, "Its kernel", pattern.kernel, "weight", "kernel", sentence)
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
            _motif(reading, title, known, "bits", "known", sentence)
        st.caption(markdown(sentence))
    with right:
        sentence = words.windows(pattern, name_of)
        if pattern.frequencies is not None:
            shares = pattern.frequencies
            logs = np.log2(shares, where=shares > 0, out=np.zeros_like(shares))
            bits = shares * (2 + (shares * logs).sum(axis=1, keepdims=True))
            _motif(reading, "What excites it most", bits, "bits", "windows", sentence)
            _windows(pattern, len(reading.letters), sentence)
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


def _motif(
    reading: Reading,
    title: str,
    values: npt.NDArray[np.float64],
    unit: str,
    key: str,
    alt: str,
) -> None:
    st.caption(markdown(title))
    letters = "".join(BASES[i] for i in values.argmax(axis=1))
    draw = functools.partial(logo, values, letters, width=len(values), unit=unit)
    chart(
        Drawing(
            key,
            f"{title}. {alt}",
            lambda: draw(colours=colours(reading)),
            _MOTIF,
            lambda: draw(colours=inks(reading)),
        ),
        f"dna_{key}",
    )
