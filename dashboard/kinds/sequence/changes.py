"""What if a base were another: every single change measured, and those that are made."""

from __future__ import annotations

import functools

import numpy as np
import pandas as pd
import streamlit as st

from dashboard.controls.obtain import figure, obtain
from dashboard.controls.session import clicked, hides
from dashboard.export.drawing import Drawing
from dashboard.figures.mutations import mutations
from dashboard.figures.sequence import overview
from dashboard.kinds.sequence import words
from dashboard.kinds.sequence.form import BASES, with_edit
from dashboard.kinds.sequence.logo import WIDE, paper_width, row
from dashboard.kinds.sequence.reading import Reading, contributions
from dashboard.text import markdown, plain
from dashboard.words.numbers import signed
from dashboard.words.outputs import value
from dashboard.words.quantity import quantity
from dashboard.work import sequences
from dashboard.work.answer import Answer
from dashboard.work.item import Item


def show(reading: Reading) -> None:
    """What if a base were another: measured for every single change, and kept by a click."""
    st.markdown("**What if a base were another**")
    of, (begin, end) = reading.of, reading.window
    effects = sequences.effects(of.engine, of.item, reading.answer.target)
    sentence = words.effects(effects, reading.letters, reading.target, reading.locus)
    draw = functools.partial(
        mutations,
        effects[begin:end],
        reading.letters[begin:end],
        reading.locus,
        first=begin,
        palette=of.palette,
        of=quantity(of.outputs, reading.answer.target),
    )
    drawing = Drawing(
        "mutations",
        sentence,
        lambda: draw(width=row(reading)),
        paper_width(reading),
        lambda: draw(width=reading.look("wide")),
    )
    if hides("edits"):
        figure(drawing, "dna_mutations")
    else:
        how = "Click a cell to make that change, or a letter of the logo to choose its position."
        change = functools.partial(_pick_change, reading.shown.given)
        figure(drawing, "dna_mutations", how, on_select=change, selection_mode="points")
        _controls(reading)
    if of.item.bare:
        before = _before(reading, of.item.bare)
        if before:
            _compare(reading, of.item.bare, before)


def _before(reading: Reading, bare: Item) -> Answer | None:
    """The answer without the changes."""
    of = reading.of
    return obtain(
        "before",
        ("before", bare.key, of.asked),
        lambda: of.engine.seen(bare, of.asked),
        lambda progress, waiting: of.engine.answer(bare, of.asked, progress, waiting),
        "The same without the changes",
    )


def _controls(reading: Reading) -> None:
    """By keyboard: a position and a base; and the changes made so far, each with a way back."""
    locus, given = reading.locus, reading.shown.given
    if locus.index(st.session_state.get("dna_at") or 0) is None:  # as long as no base is clicked
        st.session_state["dna_at"] = locus.number(_largest(reading))
    position, base, button = st.columns([1, 1, 1], vertical_alignment="bottom")
    at = position.number_input("Position", *locus.ends, step=1, key="dna_at")
    new = base.selectbox("New base", list(BASES), key="dna_new")
    button.button(
        "Change",
        on_click=_change,
        args=(given, locus.index(int(at)), new),
        key="dna_change",
        width="stretch",
    )
    if not reading.shown.made:
        return
    with st.container(horizontal=True, gap="small"):
        for where, letter in reading.shown.made:
            st.button(
                f"{words.change(given[where], letter, where, locus)} ✕",
                key=f"dna_undo_{where}",
                on_click=edit,
                args=(where, ""),
                help="Take this change back",
            )


def edit(position: int, base: str) -> None:
    """Change a base, as a callback; '' takes a change back."""
    st.session_state["edits"] = with_edit(st.session_state["edits"], position, base)


def _largest(reading: Reading) -> int:
    """The letter of the record that counts most."""
    begin, end = reading.locus.begin, reading.locus.end
    return begin + int(np.abs(reading.contributions[begin:end]).argmax())


def _compare(reading: Reading, bare: Item, before: Answer) -> None:
    """What the changes did: to every output, and to every base's contribution."""
    of, target = reading.of, reading.answer.target
    old, new = of.engine.prediction(bare).outputs, of.prediction.outputs
    logits = [sequences.logits(of.engine, item) for item in (bare, of.item)]
    change = logits[1] - logits[0]
    outputs, made = of.outputs, len(reading.shown.made)
    one = quantity(outputs, target)
    before_after = value(outputs, target, old[target]), value(outputs, target, new[target])
    by = signed(float(change[target]))
    sentence = words.edited(before_after, by, reading.target, made, one)
    st.markdown(markdown(sentence))
    frame = pd.DataFrame(
        {
            "output": [plain(label) for label in outputs],
            "before": [value(outputs, i, float(p)) for i, p in enumerate(old)],
            "after": [value(outputs, i, float(p)) for i, p in enumerate(new)],
            f"change of the {one}": [signed(float(d)) for d in change],
        }
    )
    st.dataframe(frame, hide_index=True, alt=plain(sentence))
    moved = reading.contributions - contributions(before)
    at = int(np.abs(moved).argmax())
    most = f"{reading.locus.label(at)}, {signed(float(moved[at]))}"
    sentence = f"How each base's contribution changed; most at {most}."
    whole = (0, len(moved))
    drawn = functools.partial(overview, moved, whole, reading.marks, reading.locus, of.palette)
    figure(Drawing("changed", sentence, drawn, WIDE), "dna_changed")


def _pick_change(given: str) -> None:
    if found := clicked("dna_mutations"):
        _change(given, int(found[0]), BASES[int(found[1])])


def _change(given: str, position: int, base: str) -> None:
    """Change a base; the base that was given there takes an earlier change back."""
    edit(position, "" if given[position] == base else base)
