"""Sequence: which bases, and which filters, made a network give its answer about a sequence."""

from __future__ import annotations

import html
from dataclasses import replace

import streamlit as st

from dashboard.catalogue import catalogue
from dashboard.dna import panel, request, state
from dashboard.dna.answer import Answer
from dashboard.dna.lab import Lab
from dashboard.dna.request import Question
from dashboard.dna.state import Shown
from dashboard.engine import Refused
from dashboard.request import Known
from dashboard.views.sequence_changes import mutations
from dashboard.views.sequence_page import Page
from dashboard.words import number, percent, signed


def show(lab: Lab) -> None:
    """The page, with its own request in the sidebar."""
    mine = state.session()
    with st.spinner("Loading the network", show_time=True):
        known = state.begin(catalogue(), lab.methods(wait=True))
    asked, piece = request.question(known.values), request.piece(known.values)
    with st.sidebar:
        chosen = panel.sequence(lab, known, mine)
        letters = request.apply(chosen.given, piece.edits)
        panel.network(known)
        asked = replace(asked, target=panel.target(lab, known, chosen, letters))
        panel.baseline(known)
        panel.method(known)
        status = st.empty()
    for sentence in (*mine.problems, *([chosen.missing] if chosen.missing else [])):
        st.warning(sentence)
    if chosen.problem:
        st.info(f"{chosen.problem} The choice is at the left, under the sequence.")
        status.caption("No result")
        return
    found = _obtain(lab, known, letters, asked, status)
    if found is None:
        return
    before = _reference(lab, chosen.given, piece.edits, asked)
    page = Page(lab, known, chosen, found, lab.prediction(letters, asked.model), before)
    _head(page)
    page.logo()
    page.filters()
    page.picked()
    mutations(page)


def _obtain(
    lab: Lab,
    known: Known,
    letters: str,
    asked: Question,
    status: st.delta_generator.DeltaGenerator,
) -> Answer | None:
    """The answer; where there is none, a sentence."""
    found = lab.known_answer(letters, asked)
    fresh = found is None
    if found is None:
        place = st.empty()
        try:
            found = _compute(lab, known, letters, asked, place.container())
        except Refused as refused:
            st.error(str(refused))
        place.empty()
    if found is None:
        status.caption("No result")
        return None
    error = f", error {percent(found.error)}" if found.certified else ""
    start = f"{found.seconds:.1f} s" if fresh else "Seen before"
    status.caption(f"{start} · {found.evaluations:,} evaluations{error}")
    state.session().last = Shown(dict(known.values), found)
    return found


def _compute(
    lab: Lab,
    known: Known,
    letters: str,
    asked: Question,
    place: st.delta_generator.DeltaGenerator,
) -> Answer:
    """Compute with a progress bar. Any use of a control, and Cancel, ends it at the next step."""
    text = f"{known.method.title}, {asked.layer}"
    bar = place.progress(0.0, text)
    place.button("Cancel", key="dna_cancel", on_click=state.revert)
    return lab.answer_sequence(
        letters,
        asked,
        progress=lambda done, total: bar.progress(min(done / max(total, 1), 1.0), text),
        waiting=lambda ahead: bar.progress(0.0, f"Waiting: {ahead} ahead"),
    )


def _reference(lab: Lab, given: str, edits: str, asked: Question) -> Answer | None:
    """The answer without the edits; None where there are none."""
    if not edits:
        return None
    found = lab.known_answer(given, asked)
    return found or lab.answer_sequence(given, asked, lambda *_: None, lambda *_: None)


def _head(page: Page) -> None:
    """The answer in a sentence, the numbers, and how far to trust them."""
    answer = page.answer
    st.header(page.headline, anchor=False)
    predicted = page.prediction.predicted
    top = percent(float(page.prediction.outputs[predicted]))
    several = f" ({answer.references} references)" if answer.references > 1 else ""
    st.html(
        _strip(
            ("prediction", "Prediction", f"{page.labels[predicted]} {top}"),
            ("f_input", "F(x)", number(answer.f_input)),
            ("f_baseline", f"F(baseline){several}", number(answer.f_baseline)),
            ("delta", "Difference", signed(answer.delta)),
            ("gap", "Gap", signed(answer.gap)),
            ("error", "Certified error", percent(answer.error) if answer.certified else "—"),
            ("evaluations", "Evaluations", f"{answer.evaluations:,}"),
        )
    )
    if answer.certified and not answer.converged:
        st.warning(
            f"Not converged: the estimated error is {percent(answer.error)}, more than the "
            f"{percent(answer.tolerance or 0)} asked for. Read the numbers as approximate."
        )
    for note in answer.notes:
        st.caption(note)


def _strip(*facts: tuple[str, str, str]) -> str:
    """A strip of numbers with their names, as a definition list that wraps."""
    items = [
        f'<div><dt style="font-size:.8rem;opacity:.7">{html.escape(name)}</dt>'
        f'<dd data-fact="{key}" style="margin:0;font-size:1.2rem;font-weight:600;'
        f'white-space:nowrap">{html.escape(value)}</dd></div>'
        for key, name, value in facts
    ]
    style = "display:flex;flex-wrap:wrap;gap:.6rem 1.8rem;margin:0;padding:0"
    return f'<dl style="{style}">{"".join(items)}</dl>'
