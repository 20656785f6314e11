"""The sequence as letters as high as their contributions, and how they are looked at."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboard.dna.request import CHANCES, FORM, HEIGHTS, WIDTHS, WINDOW
from dashboard.dna.subject import Subject
from dashboard.figures import sequence as figures
from dashboard.figures.glyphs import COLOUR_NAMES, COLOURS, DARK_COLOURS
from dashboard.figures.logo import UNIT, logo
from dashboard.request import PALETTES
from dashboard.state import choose, choose_from, clicked, hides
from dashboard.text import markdown
from dashboard.views.work import figure
from dashboard.words import signed


def show(subject: Subject) -> None:
    """The logo, over its overview where the sequence is long; a click chooses a position."""
    reading = subject.reading
    st.markdown("**Which bases decide**")
    begin, end = subject.window
    if end - begin < len(reading.letters):
        _overview(subject)
    if subject.view.heights != "actual" and not subject.lab.multiplies(subject.asked):
        st.info(
            markdown(
                f"{subject.known.method.title} has no multipliers, so nothing can be said of bases "
                "that are not there; the letters below are those that are."
            )
        )
    plot = logo(
        subject.heights[begin:end],
        reading.letters[begin:end],
        colours(subject),
        first=begin,
        width=subject.view.wide,
        marks=subject.marks,
        hover=_hover(subject),
    )
    figure(plot, "dna_logo", subject.sentence, on_select=_pick_base, selection_mode="points")
    _controls()


def colours(subject: Subject) -> tuple[str, ...]:
    """Of the letters, for the page's theme."""
    dark = st.context.theme.type == "dark"
    return (DARK_COLOURS if dark else COLOURS)[subject.view.letters]


def _overview(subject: Subject) -> None:
    values, (begin, end) = subject.reading.contributions, subject.window
    sentence = (
        f"All {len(values):,} bases; the frame is the part below, "
        f"bases {begin:,} to {end - 1:,}. Click to move it."
    )
    plot = figures.overview(values, subject.window, subject.marks, subject.view.palette)
    move = functools.partial(_pick_window, len(values))
    figure(plot, "dna_overview", sentence, on_select=move, selection_mode="points")
    if hides("begin"):
        return
    st.session_state["dna_begin_choice"] = begin
    st.slider(
        "Window from base",
        0,
        len(values) - WINDOW,
        key="dna_begin_choice",
        on_change=choose_from,
        args=(FORM.key("begin"), "dna_begin_choice", range(len(values))),
    )


def _hover(subject: Subject) -> list[str]:
    reading, texts = subject.reading, []
    for i in range(*subject.window):
        text = f"{reading.letters[i]} at {i:,}<br>{signed(float(reading.contributions[i]))}"
        if reading.base_errors is not None:
            text += f" ± {reading.base_errors[i]:.2g}"
        texts.append(f"{text} {UNIT}")
    return texts


def _controls() -> None:
    heights, look = st.columns([3, 1], vertical_alignment="bottom")
    with heights:
        _choose("heights", list(HEIGHTS), format_func=HEIGHTS.__getitem__)
    if all(map(hides, ("chance", "wide", "letters", "palette"))):
        return
    with look.popover("Look", width="stretch"):
        _choose(
            "chance",
            CHANCES,
            format_func=lambda p: f"{p:g}",
            help="How likely a match this good is at one place of random sequence.",
        )
        _choose("wide", WIDTHS)
        _choose("letters", list(COLOUR_NAMES), format_func=COLOUR_NAMES.__getitem__)
        _choose("palette", list(PALETTES), format_func=PALETTES.__getitem__)


def _choose(name: str, options: Sequence[Any], **more: Any) -> None:
    if not hides(name):
        st.selectbox(FORM.by_name[name].label, options, key=FORM.key(name), **more)


def _pick_base() -> None:
    """A click on a letter puts its position where a change is made."""
    if found := clicked("dna_logo"):
        st.session_state["dna_at"] = int(found[0])


def _pick_window(length: int) -> None:
    if found := clicked("dna_overview"):
        begin = int(found[0]) - WINDOW // 2
        choose(FORM.key("begin"), max(0, min(length - WINDOW, begin)))
