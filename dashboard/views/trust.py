"""Trust: how sure the numbers are, in one chip; it opens the numbers themselves."""

from __future__ import annotations

import math

import streamlit as st

from dashboard.controls import session as state
from dashboard.export.subject import Subject
from dashboard.text import markdown
from dashboard.words import answer as words
from dashboard.words.glossary import GLOSSARY, explain
from dashboard.words.numbers import change, fixed, percent, signed
from dashboard.words.outputs import answer as says

_CHIPS = {
    "sure": ":green-badge[:material/check_circle: {}]",
    "unsure": ":orange-badge[:material/warning: {}]",
    "unknown": ":gray-badge[:material/help: {}]",
}


def chip(subject: Subject) -> None:
    """A chip and, beside it, the layer in words."""
    label, sure = words.trust(subject.answer, subject.method)
    layer = words.layer_words(subject.layer, subject.model.layers)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="trust"):
        if not state.hides("numbers"):
            with st.popover(_CHIPS[sure].format(markdown(label)), type="tertiary", key="sure"):
                _numbers(subject)
        st.caption(markdown(f"In {layer}."), width="content", help=explain("Layer"))


def _numbers(subject: Subject) -> None:
    answer = subject.answer
    said = says(subject.outputs, subject.prediction.outputs, answer.target)
    missing = abs(answer.gap / answer.delta) if answer.delta else math.nan
    several = f"{answer.references} references" if answer.references > 1 else ""
    finest = words.resolution(answer)
    facts = (
        ("prediction", *said, ""),
        ("f_input", "F(x)", fixed(answer.f_input, 3), ""),
        ("f_baseline", "F(baseline)", fixed(answer.f_baseline, 3), several),
        ("delta", "Difference", change(answer.delta), ""),
        ("gap", "Gap", signed(answer.gap), percent(missing) if math.isfinite(missing) else ""),
        ("error", "Estimated error", *(*words.error(answer), "")[:2]),
        ("resolution", "Finest features seen", finest, ""),
        ("evaluations", "Evaluations", f"{answer.evaluations:,}", ""),
        ("seconds", "Seconds", f"{answer.seconds:.1f}", ""),
    )
    with st.container(horizontal=True, gap="small"):
        for key, term, value, beside in facts:
            if value:
                with st.container(key=f"fact_{key}", width="content"):
                    shown = f"{value} ({beside})" if beside else value
                    st.metric(
                        markdown(term), markdown(shown), help=GLOSSARY.get(term), width="content"
                    )
    sure = words.assurance(answer, subject.method)
    (st.warning if answer.converged is False else st.caption)(markdown(sure))
    if not answer.is_cut and subject.method.complete:
        st.warning(markdown(words.not_a_cut(answer, subject.layer)))
    for note in _notes(subject):
        st.caption(markdown(note))


def _notes(subject: Subject) -> tuple[str, ...]:
    """The core's own notes, but for the one that the page has said in its own words."""
    cut = subject.answer.is_cut or not subject.method.complete
    said = () if cut else (f"{subject.layer.name} is not a cut",)
    return tuple(note for note in subject.answer.result.notes if not note.startswith(said))
