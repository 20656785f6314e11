"""The sequence as letters as high as their contributions, and how they are looked at."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from dashboard.controls.choices import look
from dashboard.controls.drawer import narrow
from dashboard.controls.obtain import figure
from dashboard.controls.session import choose, clicked, hides
from dashboard.export.drawing import Drawing
from dashboard.figures import sequence as figures
from dashboard.figures.glyphs import COLOURS, DARK_COLOURS
from dashboard.figures.logo import logo
from dashboard.kinds.sequence import panel, words
from dashboard.kinds.sequence.form import CHANCES, COLOUR_NAMES, HEIGHTS, WIDTHS, WINDOW
from dashboard.kinds.sequence.reading import Reading
from dashboard.locus import Locus
from dashboard.text import markdown
from dashboard.words.numbers import signed
from dashboard.work import sequences

_COLUMN, _EDGES = 17, 70  # pixels on paper: a letter, and what is beside all of them
WIDE = 900  # pixels on paper of what lies along the sequence


def show(reading: Reading) -> None:
    """The logo, over its overview where the sequence is long; a click chooses a position."""
    st.markdown("**Which bases decide**")
    if not reading.is_input:  # else it is the headline
        st.markdown(markdown(reading.evidence))
    begin, end = reading.window
    if end - begin < len(reading.letters):
        _overview(reading)
    if reading.look("heights") != "actual" and not sequences.multiplies(reading.of.asked):
        st.info(
            markdown(
                f"{reading.of.method.title} has no multipliers, so nothing can be said of bases "
                "that are not there; the letters below are those that are."
            )
        )
    pick = functools.partial(_pick_base, reading.locus)
    figure(drawing(reading), "dna_logo", on_select=pick, selection_mode="points")
    st.caption(markdown(words.positions(reading.locus, reading.shown.record.name)))
    _controls(reading)


def drawing(reading: Reading) -> Drawing:
    """The letters: on the page those of the window, on paper all."""
    wide = reading.look("wide")

    def draw(letters: Sequence[str], width: int, begin: int, end: int, **more: Any) -> go.Figure:
        return logo(
            reading.heights[begin:end],
            reading.letters[begin:end],
            letters,
            first=begin,
            width=width,
            marks=reading.marks,
            unit=reading.of.measure(reading.answer),
            locus=reading.locus,
            least=reading.of.least,
            **more,
        )

    return Drawing(
        "logo",
        reading.sentence,
        lambda: draw(colours(reading), row(reading), *reading.window, hover=_hover(reading)),
        paper_width(reading),
        lambda: draw(inks(reading), wide, 0, len(reading.letters)),
    )


def paper_width(reading: Reading) -> int:
    """Pixels on paper of figures with a column for each letter."""
    return _EDGES + _COLUMN * min(reading.look("wide"), len(reading.letters))


def row(reading: Reading) -> int:
    """How many letters stand in one: on a phone as many as can be told apart."""
    wide: int = reading.look("wide")
    return min(wide, WIDTHS[0]) if narrow() else wide


def colours(reading: Reading) -> tuple[str, ...]:
    """Of the letters, for the page's theme."""
    dark = st.context.theme.type == "dark"
    return DARK_COLOURS[reading.look("letters")] if dark else inks(reading)


def inks(reading: Reading) -> tuple[str, ...]:
    """Of the letters, on white."""
    return COLOURS[reading.look("letters")]


def _overview(reading: Reading) -> None:
    values, (begin, end), locus = reading.contributions, reading.window, reading.locus
    sentence = (
        f"All {len(values):,} letters; the frame is the part that the page shows letter by letter, "
        f"from {locus.label(begin)} to {locus.label(end - 1)}."
    )
    palette = reading.look("palette")
    drawn = functools.partial(
        figures.overview, values, reading.window, reading.marks, locus, palette
    )
    move = functools.partial(_pick_window, len(values))
    figure(
        Drawing("overview", sentence, drawn, WIDE),
        "dna_overview",
        "Click to move it.",
        on_select=move,
        selection_mode="points",
    )
    if hides("begin"):
        return
    panel.along("Window from base", "begin", locus, len(values) - WINDOW, begin)


def _hover(reading: Reading) -> list[str]:
    texts, unit = [], reading.of.measure(reading.answer)
    for i in range(*reading.window):
        at = reading.locus.label(i)
        text = f"{reading.letters[i]} at {at}<br>{signed(float(reading.contributions[i]))}"
        if reading.base_errors is not None:
            text += f" ± {reading.base_errors[i]:.2g}"
        texts.append(f"{text} {unit}")
    return texts


def _controls(reading: Reading) -> None:
    known = reading.of.known
    heights, more = st.columns([3, 1], vertical_alignment="bottom")
    with heights:
        look("heights", list(HEIGHTS), known, format_func=HEIGHTS.__getitem__)
    if all(map(hides, ("chance", "wide", "letters", "palette"))):
        return
    with more.popover("Look", width="stretch"):
        look(
            "chance",
            CHANCES,
            known,
            format_func=lambda p: f"{p:g}",
            help="How likely a match this good is at one place of random sequence.",
        )
        if not narrow():
            look("wide", WIDTHS, known)
        look("letters", list(COLOUR_NAMES), known, format_func=COLOUR_NAMES.__getitem__)


def _pick_base(locus: Locus) -> None:
    """A click on a letter puts its position where a change is made; an N of padding has none."""
    if (found := clicked("dna_logo")) and (number := locus.number(int(found[0]))) is not None:
        st.session_state["dna_at"] = number


def _pick_window(length: int) -> None:
    if found := clicked("dna_overview"):
        begin = int(found[0]) - WINDOW // 2
        choose("begin", max(0, min(length - WINDOW, begin)))
