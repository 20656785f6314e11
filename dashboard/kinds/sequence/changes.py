"""What if a base were another: every single change measured, and those that are made."""

from __future__ import annotations

import functools

import numpy as np
import pandas as pd
import streamlit as st

from dashboard.controls.obtain import figure
from dashboard.controls.session import clicked, hides
from dashboard.figures.glyphs import BASES
from dashboard.figures.mutations import mutations
from dashboard.figures.sequence import overview
from dashboard.kinds.sequence import request, words
from dashboard.kinds.sequence.findings import Reading
from dashboard.kinds.sequence.state import edit
from dashboard.kinds.sequence.subject import Subject
from dashboard.text import markdown, plain
from dashboard.words.answer import percent, signed


def show(subject: Subject) -> None:
    """What if a base were another: measured for every single change, and kept by a click."""
    st.markdown("**What if a base were another**")
    reading, begin, end = subject.reading, *subject.window
    effects = subject.lab.effects(
        subject.chosen.owner, reading.letters, subject.known.model.name, subject.answer.target
    )
    sentence = words.effects(effects, reading.letters, subject.target, subject.locus)
    plot = mutations(
        effects[begin:end],
        reading.letters[begin:end],
        subject.locus,
        first=begin,
        width=subject.view.wide,
        palette=subject.view.palette,
    )
    if hides("edits"):
        figure(plot, "dna_mutations", sentence)
    else:
        how = "Click a cell to make that change, or a letter of the logo to choose its position."
        change = functools.partial(_pick_change, subject.chosen.given)
        figure(
            plot, "dna_mutations", f"{sentence} {how}", on_select=change, selection_mode="points"
        )
        _controls(subject)
    if subject.before is not None:
        _compare(subject, subject.before)


def _controls(subject: Subject) -> None:
    """By keyboard: a position and a base; and the changes made so far, each with a way back."""
    locus, given = subject.locus, subject.chosen.given
    if locus.index(st.session_state.get("dna_at") or 0) is None:  # as long as no base is clicked
        st.session_state["dna_at"] = locus.number(_largest(subject))
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
    made = request.made(given, subject.piece.edits)
    if made:
        with st.container(horizontal=True, gap="small"):
            for where, letter in made:
                st.button(
                    f"{words.change(given[where], letter, where, locus)} ✕",
                    key=f"dna_undo_{where}",
                    on_click=edit,
                    args=(where, ""),
                    help="Take this change back",
                )


def _largest(subject: Subject) -> int:
    """The letter of the record that counts most."""
    begin, end = subject.locus.begin, subject.locus.end
    return begin + int(np.abs(subject.reading.contributions[begin:end]).argmax())


def _compare(subject: Subject, before: Reading) -> None:
    """What the changes did: to every output, and to every base's contribution."""
    model, owner = subject.known.model.name, subject.chosen.owner
    old, new = subject.lab.prediction(owner, before.letters, model), subject.prediction
    made = len(request.made(subject.chosen.given, subject.piece.edits))
    sentence = words.edited(old, new, subject.labels, subject.answer.target, made)
    st.markdown(markdown(sentence))
    frame = pd.DataFrame(
        {
            "output": [plain(label) for label in subject.labels],
            "before": [percent(float(p)) for p in old.outputs],
            "after": [percent(float(p)) for p in new.outputs],
            "change of the logit": [signed(float(d)) for d in new.logits - old.logits],
        }
    )
    st.dataframe(frame, hide_index=True, alt=plain(sentence))
    change = subject.reading.contributions - before.contributions
    at = int(np.abs(change).argmax())
    most = f"{subject.locus.label(at)}, {signed(float(change[at]))}"
    sentence = f"How each base's contribution changed; most at {most}."
    whole = (0, len(change))
    plot = overview(change, whole, subject.marks, subject.locus, subject.view.palette)
    figure(plot, "dna_changed", sentence)


def _pick_change(given: str) -> None:
    if found := clicked("dna_mutations"):
        _change(given, int(found[0]), BASES[int(found[1])])


def _change(given: str, position: int, base: str) -> None:
    """Change a base; the base that was given there takes an earlier change back."""
    edit(position, "" if given[position] == base else base)
