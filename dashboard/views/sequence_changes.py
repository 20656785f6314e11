"""What if a base were another: every single change measured, and those that are made."""

from __future__ import annotations

import functools

import numpy as np
import pandas as pd
import streamlit as st

from dashboard.dna import request, state, words
from dashboard.dna.answer import Answer
from dashboard.figures import sequence as figures
from dashboard.figures.glyphs import BASES
from dashboard.views.sequence_page import CHART, Page
from dashboard.words import percent, signed


def mutations(page: Page) -> None:
    """What if a base were another: measured for every single change, and kept by a click."""
    st.markdown("**What if a base were another**")
    answer, begin, end = page.answer, *page.window
    effects = page.lab.effects(answer.letters, page.known.model.name, answer.target)
    sentence = words.effects(effects, answer.letters, page.target)
    figure = figures.mutations(
        effects[begin:end],
        answer.letters[begin:end],
        first=begin,
        width=page.view.wide,
        palette=page.view.palette,
    )
    st.plotly_chart(
        figure,
        key="dna_mutations",
        on_select=functools.partial(_pick_change, page.chosen.given),
        selection_mode="points",
        alt=sentence,
        config=CHART,
    )
    st.caption(
        f"{sentence} Click a cell to make that change, or a letter of the logo to choose its "
        "position."
    )
    _controls(page)
    if page.before is not None:
        _compare(page, page.before)


def _controls(page: Page) -> None:
    """By keyboard: a position and a base; and the changes made so far, each with a way back."""
    length = len(page.answer.letters)
    at = st.session_state.get("dna_at")
    if at is None or at >= length:  # until a base is clicked, the one that matters most
        st.session_state["dna_at"] = int(np.abs(page.answer.contributions).argmax())
    position, base, button = st.columns([1, 1, 1], vertical_alignment="bottom")
    at = position.number_input("Position", 0, length - 1, step=1, key="dna_at")
    new = base.selectbox("New base", list(BASES), key="dna_new")
    button.button(
        "Change",
        on_click=_change,
        args=(page.chosen.given, int(at), new),
        key="dna_change",
        width="stretch",
    )
    made = request.edits(page.known.values["edits"])
    if made:
        with st.container(horizontal=True, gap="small"):
            for where, letter in made:
                st.button(
                    f"{page.chosen.given[where]}{where}{letter} ✕",
                    key=f"dna_undo_{where}",
                    on_click=state.edit,
                    args=(where, ""),
                    help="Take this change back",
                )


def _compare(page: Page, before: Answer) -> None:
    """What the changes did: to every output, and to every base's contribution."""
    model = page.known.model.name
    old, new = page.lab.prediction(before.letters, model), page.prediction
    made = len(request.edits(page.known.values["edits"]))
    sentence = words.edited(old, new, page.labels, page.answer.target, made)
    st.markdown(sentence)
    frame = pd.DataFrame(
        {
            "output": page.labels,
            "before": [percent(float(p)) for p in old.outputs],
            "after": [percent(float(p)) for p in new.outputs],
            "change of the logit": [signed(float(d)) for d in new.logits - old.logits],
        }
    )
    st.dataframe(frame, hide_index=True, alt=sentence)
    change = page.answer.contributions - before.contributions
    at = int(np.abs(change).argmax())
    sentence = f"How each base's contribution changed; most at {at}, {signed(float(change[at]))}."
    figure = figures.overview(change, (0, len(change)), page.marks, page.view.palette)
    st.plotly_chart(figure, key="dna_changed", alt=sentence, config=CHART)
    st.caption(sentence)


def _pick_change(given: str) -> None:
    found = state.clicked("dna_mutations")
    if found is not None:
        _change(given, int(found[0]), BASES[int(found[1])])


def _change(given: str, position: int, base: str) -> None:
    """Change a base; the base that was given there takes an earlier change back."""
    state.edit(position, "" if given[position] == base else base)
