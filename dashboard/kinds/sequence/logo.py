"""The sequence as letters as high as their contributions, and how they are looked at."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboard.controls.obtain import figure
from dashboard.controls.session import choose, clicked, hides
from dashboard.figures import sequence as figures
from dashboard.figures.glyphs import COLOUR_NAMES, COLOURS, DARK_COLOURS
from dashboard.figures.logo import UNIT, logo
from dashboard.kinds.sequence import panel, words
from dashboard.kinds.sequence.request import CHANCES, FORM, HEIGHTS, WIDTHS, WINDOW
from dashboard.kinds.sequence.subject import Subject
from dashboard.locus import Locus
from dashboard.request.request import PALETTES
from dashboard.text import markdown
from dashboard.words.answer import signed


def show(subject: Subject) -> None:
    """The logo, over its overview where the sequence is long; a click chooses a position."""
    reading, locus = subject.reading, subject.locus
    st.markdown("**Which bases decide**")
    st.caption(markdown(words.positions(locus, subject.chosen.record.name)))
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
        locus=locus,
    )
    pick = functools.partial(_pick_base, locus)
    figure(plot, "dna_logo", subject.sentence, on_select=pick, selection_mode="points")
    _controls()


def colours(subject: Subject) -> tuple[str, ...]:
    """Of the letters, for the page's theme."""
    dark = st.context.theme.type == "dark"
    return (DARK_COLOURS if dark else COLOURS)[subject.view.letters]


def _overview(subject: Subject) -> None:
    values, (begin, end) = subject.reading.contributions, subject.window
    locus = subject.locus
    sentence = (
        f"All {len(values):,} letters; the frame is the part below, "
        f"from {locus.label(begin)} to {locus.label(end - 1)}. Click to move it."
    )
    plot = figures.overview(values, subject.window, subject.marks, locus, subject.view.palette)
    move = functools.partial(_pick_window, len(values))
    figure(plot, "dna_overview", sentence, on_select=move, selection_mode="points")
    if hides("begin"):
        return
    panel.along("Window from base", "begin", locus, len(values) - WINDOW, begin)


def _hover(subject: Subject) -> list[str]:
    reading, texts = subject.reading, []
    for i in range(*subject.window):
        at = subject.locus.label(i)
        text = f"{reading.letters[i]} at {at}<br>{signed(float(reading.contributions[i]))}"
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


def _pick_base(locus: Locus) -> None:
    """A click on a letter puts its position where a change is made; an N of padding has none."""
    if (found := clicked("dna_logo")) and (number := locus.number(int(found[0]))) is not None:
        st.session_state["dna_at"] = number


def _pick_window(length: int) -> None:
    if found := clicked("dna_overview"):
        begin = int(found[0]) - WINDOW // 2
        choose(FORM.key("begin"), max(0, min(length - WINDOW, begin)))
