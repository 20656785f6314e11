"""Sequence: which bases, and which filters, made a network give its answer about a sequence."""

from __future__ import annotations

import functools
from dataclasses import replace

import streamlit as st

from dashboard.controls import choices as controls
from dashboard.controls import reach
from dashboard.controls.obtain import obtain, watched
from dashboard.controls.session import begin, revert
from dashboard.controls.strip import strip
from dashboard.kinds.sequence import changes as sequence_changes
from dashboard.kinds.sequence import filters as sequence_filters
from dashboard.kinds.sequence import logo as sequence_logo
from dashboard.kinds.sequence import panel, request, state
from dashboard.kinds.sequence.files import files
from dashboard.kinds.sequence.findings import Reading
from dashboard.kinds.sequence.lab import Lab
from dashboard.kinds.sequence.request import Question
from dashboard.kinds.sequence.subject import Chosen, Subject
from dashboard.request.catalogue import catalogue
from dashboard.request.form import Known
from dashboard.text import markdown
from dashboard.views import share
from dashboard.words.answer import change, error, fixed, percent, resolution, signed
from dashboard.words.answer import status as seen
from dashboard.work.workshop import Refused


def show(lab: Lab) -> None:
    """The page, with its own request in the sidebar."""
    mine = state.session()
    with st.spinner("Loading the network", show_time=True):
        known = begin(request.FORM, mine, catalogue(), "sequence")
    asked, piece = request.question(known.values), request.piece(known.values)
    with st.sidebar:
        chosen = panel.sequence(lab, known, mine)
        letters = request.apply(chosen.given, piece.edits)
        controls.network(request.FORM, known)
        asked = replace(asked, target=panel.target(lab, known, chosen, letters))
        panel.baseline(known)
        controls.method(request.FORM, known)
        status = st.empty()
    for sentence in (*mine.problems, *([chosen.missing] if chosen.missing else [])):
        st.warning(markdown(sentence))
    if chosen.problem:
        st.info(markdown(f"{chosen.problem} The choice is at the left, under the sequence."))
        status.caption("No result")
        found = None
    else:
        found = _obtain(lab, known, chosen.owner, letters, asked, status)
    if found:
        before = _reference(lab, chosen, piece.edits, asked)
        if known.values["heights"] != "actual" and lab.multiplies(asked):
            _hypothetical(lab, chosen.owner, letters, asked)
        mine.last = Subject(lab, known, chosen, asked, found, before)
        _answer(mine.last)
        sequence_changes.show(mine.last)
    elif mine.last:
        name, layer = mine.last.chosen.title, mine.last.answer.layer
        st.info(markdown(f"Below is the last good result: {name}, {layer}."))
        look = {name: known.values[name] for name in request.View.__dataclass_fields__}
        then = replace(mine.last.known, values={**mine.last.known.values, **look})
        _answer(replace(mine.last, known=then))
    reach.figures()


def _answer(subject: Subject) -> None:
    """The answer, its bases and its filters."""
    _head(subject)
    sequence_logo.show(subject)
    sequence_filters.largest(subject)
    sequence_filters.picked(subject)


def _obtain(
    lab: Lab,
    known: Known,
    owner: str,
    letters: str,
    asked: Question,
    status: st.delta_generator.DeltaGenerator,
) -> Reading | None:
    """The answer; where there is none, a sentence."""
    found = lab.known_reading(owner, letters, asked)
    fresh = found is None
    if found is None:
        place = st.empty()
        try:
            found = _compute(lab, known, owner, letters, asked, place.container())
        except Refused as refused:
            st.error(markdown(str(refused)))
        place.empty()
    if found is None:
        status.caption("No result")
        return None
    status.caption(markdown(seen(found.answer, fresh)))
    return found


def _compute(
    lab: Lab,
    known: Known,
    owner: str,
    letters: str,
    asked: Question,
    place: st.delta_generator.DeltaGenerator,
) -> Reading:
    """Compute with a progress bar; Cancel goes back to the last result."""
    mine = state.session()
    last = mine.last.known.values if mine.last else None
    back = functools.partial(revert, request.FORM, mine, last)
    text = f"{known.method.title}, {asked.layer}"
    return lab.read_bases(owner, letters, asked, *watched(place, text, "dna_cancel", back))


def _reference(lab: Lab, chosen: Chosen, edits: str, asked: Question) -> Reading | None:
    """The answer without the edits; None where there are none."""
    owner, given = chosen.owner, chosen.given
    if not request.made(given, edits):
        return None
    return obtain(
        "dna_before",
        ("before", given, asked),
        lambda: lab.known_reading(owner, given, asked),
        lambda progress, waiting: lab.read_bases(owner, given, asked, progress, waiting),
        "The same without the changes",
    )


def _hypothetical(lab: Lab, owner: str, letters: str, asked: Question) -> None:
    """Have what every base would contribute ready for the letters."""
    obtain(
        "dna_hypothetical",
        ("hypothetical", letters, asked),
        lambda: lab.known_hypothetical(owner, letters, asked),
        lambda progress, waiting: lab.hypothetical(owner, letters, asked, progress, waiting),
        "What every base would contribute",
    )


def _head(subject: Subject) -> None:
    """The answer in a sentence, the numbers, and how far to trust them."""
    answer, reading, known = subject.answer, subject.reading, subject.known
    head, place = st.columns([3, 1])  # on a phone the menu goes below
    head.header(markdown(subject.headline), anchor=False)
    own = not (subject.chosen.missing or known.model.sample(subject.piece.input))
    offered = files(subject, share.link(known, form=request.FORM))
    with place.container(horizontal=True, horizontal_alignment="right"):
        share.offer(request.FORM, known, offered, subject.chosen.title if own else "")
    predicted = subject.prediction.predicted
    top = percent(float(subject.prediction.outputs[predicted]))
    finest = resolution(answer)
    several = f" ({reading.references} references)" if reading.references > 1 else ""
    strip(
        ("prediction", "Largest output", f"{subject.labels[predicted]} {top}"),
        ("f_input", "F(x)", fixed(answer.f_input, 3)),
        ("f_baseline", f"F(baseline){several}", fixed(answer.f_baseline, 3)),
        ("delta", "Difference", change(answer.delta)),
        ("gap", "Gap", signed(answer.gap)),
        ("error", "Estimated error", *error(answer)),
        *([("resolution", "Finest features seen", finest)] if finest else []),
        ("evaluations", "Evaluations", f"{answer.evaluations:,}"),
    )
    sure, *notes = subject.trust
    (st.warning if answer.converged is False else st.caption)(markdown(sure))
    for note in notes:
        st.caption(markdown(note))
