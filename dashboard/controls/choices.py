"""Choices: the controls of the sidebar that every kind of input has.

The value of each is in the session state under its spec's name. A link may take any of them away.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any

import streamlit as st

from attribution.methods import METHODS
from dashboard import settings
from dashboard.controls import session as state
from dashboard.request.form import Known
from dashboard.text import markdown, plain
from dashboard.words.glossary import GLOSSARY
from dashboard.words.numbers import percent
from dashboard.words.outputs import value
from dashboard.work.findings import Prediction

_BEST = 5  # outputs to choose from at once; of no more than this and three all are
_FEW = 8


def heading(step: int, name: str) -> None:
    """A step of the request, explained where its name is a term."""
    st.markdown(f"**{step}** :gray[·] **{name}**", help=GLOSSARY.get(name))


def choice(
    name: str, known: Known, show: Callable[[Any], str] = str, side_by_side: bool = False
) -> None:
    """The control of a spec with options."""
    if state.hides(name):
        return
    spec = known.form.by_name[name]
    assert spec.options
    options = spec.options(known)
    if side_by_side:
        st.segmented_control(
            spec.label,
            options,
            key=name,
            format_func=lambda option: markdown(show(option)),
            required=True,
            width="stretch",
            label_visibility="collapsed",
        )
    else:
        st.selectbox(
            spec.label,
            options,
            key=name,
            format_func=lambda option: plain(show(option)),
            label_visibility="collapsed",
        )


def look(name: str, options: Sequence[Any], known: Known, **more: Any) -> None:
    """A list of what only changes the look, with its label."""
    if not state.hides(name):
        st.selectbox(known.form.by_name[name].label, options, key=name, **more)


def network(known: Known) -> None:
    """2: the model."""
    if not state.hides("model"):
        heading(2, "Network")
        names, opened = known.catalogue.offered, known.catalogue.models
        st.selectbox(
            "Network",
            names if known.model.name in names else (*names, known.model.name),
            key="model",
            format_func=lambda name: plain(opened[name].title if name in opened else name),
            label_visibility="collapsed",
        )
        st.caption(markdown(known.model.card.summary))
        for note in known.model.notes:
            st.warning(markdown(note))


def target(known: Known, prediction: Prediction, usual: int) -> None:
    """4: one of the outputs, all of a few, or else of the largest or any other by name.

    usual : what is taken where nothing is chosen.
    """
    if state.hides("target"):
        return
    heading(4, "Target")
    labels = known.model.outputs
    few = len(labels) <= _FEW
    best = [*range(len(labels))] if few else labels.best(prediction.outputs, _BEST)
    chosen = known.values["target"]
    chosen = usual if chosen is None else chosen
    st.session_state["target_best"] = chosen if chosen in best else None
    st.radio(
        "Target",
        best,
        index=None,
        key="target_best",
        format_func=lambda i: markdown(
            f"{labels[i]} · {value(labels, i, float(prediction.outputs[i]))}"
        ),
        label_visibility="collapsed",
        on_change=_choose_target,
        args=("target_best", best, usual),
    )
    if few:
        return
    st.session_state["target_other"] = None if chosen in best else chosen
    st.selectbox(
        "Another class",
        range(len(labels)),
        index=None,
        key="target_other",
        format_func=lambda i: plain(f"{labels[i]} ({i})"),
        placeholder=f"Any of the {len(labels):,} classes",
        label_visibility="collapsed",
        on_change=_choose_target,
        args=("target_other", range(len(labels)), usual),
    )


def baseline(known: Known, titles: Callable[[str], str] = str) -> None:
    """5: what the input is compared with, and what that baseline needs."""
    if state.hides("baseline"):
        return
    heading(5, "Baseline")
    choice("baseline", known, titles)
    options(known)


def options(known: Known) -> None:
    """What the chosen baseline needs, side by side."""
    needed = [
        spec
        for spec in known.form.specs
        if spec.part == "baseline" and spec.of == known.values["baseline"]
    ]
    for spec, column in zip(needed, st.columns(len(needed)) if needed else [], strict=True):
        if spec.typed:
            column.text_input(spec.label, key=spec.name)
        elif isinstance(known.values[spec.name], float):
            column.slider(spec.label, spec.low, spec.high, step=1.0, key=spec.name)
        else:
            low, high = int(spec.low or 0), int(spec.high or 0)
            column.number_input(spec.label, low, high, step=1, key=spec.name)


def method(known: Known) -> None:
    """6: the method and how exact it must be."""
    if not state.hides("method"):
        heading(6, "Method")
        titles = {m.name: m.title for m in METHODS.values()}
        choice("method", known, titles.__getitem__)
        st.caption(markdown(known.method.promise))
    if known.method.estimated and not state.hides("tolerance"):
        spec = known.form.by_name["tolerance"]
        assert spec.options
        st.select_slider(
            spec.label,
            spec.options(known),
            key="tolerance",
            format_func=percent,
            help=GLOSSARY.get(spec.label),
        )


def _choose_target(control: str, options: Container[int], usual: int) -> None:
    chosen = st.session_state[control]
    if chosen is None or chosen in options:  # else the label of an option that is one no more
        st.session_state["target"] = None if chosen in (None, usual) else chosen


def absent(what: str, name: str, mend: str, shown: str) -> str:
    """What to say of a link that names what somebody gave."""
    if name.startswith("file-") and not settings.uploads():
        return (
            f"This link is about {what} ({name}), and this server takes no files: {shown} is shown."
        )
    return (
        f"This link is about {what} ({name}), which a link cannot carry: {mend} to see it. Until "
        f"then, {shown} is shown."
    )


def inputs(known: Known, noun: str, own: Mapping[str, str]) -> tuple[str, str]:
    """1: a sample or one's own, by name; and what to say of a link's that is not here.

    own : by name, the titles of the inputs of this session.
    """
    if not all(map(state.hides, ("input", "upload"))):
        heading(1, noun.capitalize())
    name, first = known.values["input"], known.model.card.samples[0]
    titles = {**{s.name: s.title for s in known.model.card.samples}, **own}
    missing = ""
    if name not in titles:
        missing = absent(f"a {noun} of someone's own", name, "give it here", first.title)
        titles = {name: f"{name} (not here)", **titles}
    if not state.hides("input"):
        st.selectbox(
            noun.capitalize(),
            list(titles),
            key="input",
            format_func=lambda name: plain(titles[name]),
            label_visibility="collapsed",
        )
    return first.name if missing else name, missing
