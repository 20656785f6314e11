"""Data set: which units decide for each class over many inputs, and how sure that is."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.controls import obtain as work
from dashboard.controls import reach, runs
from dashboard.controls import session as state
from dashboard.controls.session import Session
from dashboard.export import dataset as export
from dashboard.export.dataset import Evidence
from dashboard.export.drawing import Drawing
from dashboard.figures.agreement import scatter
from dashboard.text import markdown, plain
from dashboard.views import dataset_start, dataset_units, share
from dashboard.words import profile as words
from dashboard.work import core, profiled, seen
from dashboard.work.comparison import Disagreement
from dashboard.work.engine import Engine
from dashboard.work.profiled import Proven
from dashboard.work.ran import Ran
from dashboard.work.workshop import Refused

PALETTE = "RdBu"
_APART = 10


@dataclass(frozen=True)
class _Place:
    """What the address asks for, as far as it fits. unit : None for the class as a whole."""

    layer: str
    name: str
    unit: int | None


def show(engine: Engine, session: Session) -> None:
    """The page."""
    looked = runs.begin()
    with st.container(horizontal=True, vertical_alignment="center", key="question"):
        st.title("Which units decide, over a whole data set?", anchor=False, width="stretch")
        menu = st.container(width="content")
    started = dataset_start.names(engine, session)
    names = engine.profiles.offered(looked.known | started)
    dataset_start.jobs(engine, session)
    _run(engine, session, names, menu)
    dataset_start.form(engine, session)
    reach.figures()


def _run(engine: Engine, session: Session, names: list[str], menu: DeltaGenerator) -> None:
    """The chosen run."""
    looked = runs.looked()
    if not names:
        st.info("There is no run here yet: start one below.")
        return
    chosen = looked.values.get("run", names[0])
    try:
        ran = engine.profiles.run(chosen)
    except Refused as refused:
        st.error(markdown(str(refused)))
        _choose_run(engine, names, names[0] if chosen not in names else chosen)
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _choose_run(engine, names, chosen)
        place = _place(ran, looked.values)
        runs.select("layer", "Layer", list(ran.layers), place.layer, width=200)
        head = st.container(horizontal=True, width="content")
    try:
        evidence = _evidence(engine, ran, place)
    except Refused as refused:
        st.error(markdown(str(refused)))
        return
    if evidence is None:
        st.info(markdown(f"{ran.title}: no part of it is finished yet."))
        return
    _choose(head, evidence)
    dataset_units.opened(engine, session, evidence)
    _told(evidence)
    if evidence.unit is None:
        dataset_units.of_class(engine, evidence)
    else:
        dataset_units.of_unit(engine, evidence)
    _likeness(evidence)
    _other(engine, evidence, names, looked.values.get("other"))
    _sureness(evidence)
    with menu:
        _menu(evidence)


def _choose_run(engine: Engine, names: list[str], chosen: str) -> None:
    titles = {name: _title(engine, name) for name in names}
    runs.select("run", "Run", names, chosen, titles.__getitem__, width=320)


def _title(engine: Engine, name: str) -> str:
    try:
        return engine.profiles.run(name).title
    except Refused:
        return f"{name} (cannot be shown)"


def _place(ran: Ran, values: dict[str, str]) -> _Place:
    layer = values.get("layer", "")
    layer = layer if layer in ran.layers else next(iter(ran.layers))
    text = values.get("unit", "")
    unit = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None
    fits = unit is not None and unit < ran.layers[layer]
    return _Place(layer, values.get("class", ""), unit if fits else None)


def _evidence(engine: Engine, ran: Ran, place: _Place) -> Evidence | None:
    if not ran.done:
        return None
    with st.spinner("Reading the run", show_time=True):
        found = engine.profiles.layer(ran.name, place.layer)
    if not found.present:
        return None
    name = place.name if place.name in found.present else found.present[0]
    model = engine.models.get(ran.model)
    has_channels = model is not None and model.layer(place.layer).has_channels
    one = "channel" if has_channels else "neuron" if model else "unit"
    outputs = model.outputs if model else None
    runs.note(
        runs.link(run=ran.name, layer=place.layer, unit=place.unit)
        | {"class": name, "other": runs.looked().values.get("other", "")}
    )
    importance = (
        functools.partial(seen.importance, engine, ran)
        if ran.model and not core.missing()
        else None
    )
    settled = engine.profiles.settled(ran.name, place.layer, name)
    parts = ran, found, name, place.unit, one, PALETTE, outputs, runs.address(), settled
    known = functools.partial(seen.known, engine, ran, place.layer)
    return Evidence(*parts, importance, _proven(engine, ran, place.layer), known)


def _proven(engine: Engine, ran: Ran, layer: str) -> Proven:
    try:
        return engine.profiles.proof(ran.name, layer)
    except Refused:  # said where the proof would be
        return Proven()


def _choose(head: DeltaGenerator, evidence: Evidence) -> None:
    """The class, and one of its units or all."""
    found, name = evidence.found, evidence.name
    ranked = found.ranked(name)
    with head:
        runs.select("class", "Class", list(found.present), name, width=180)
        runs.select(
            "unit",
            f"{evidence.one.capitalize()}, largest first",
            ranked,
            evidence.unit,
            found.called,
            index=None,
            placeholder=f"all {found.units:,}",
            width=240,
        )


def _told(evidence: Evidence) -> None:
    for sentence in words.run(evidence.ran, evidence.goal):
        st.caption(markdown(sentence))
    for note in evidence.ran.notes:
        st.warning(markdown(note))


def _likeness(evidence: Evidence) -> None:
    """Every class and unit, like ones side by side."""
    place = st.expander("All classes and units by likeness", key="runs_heatmap", on_change="rerun")
    if not place.open:
        return
    with place:
        drawing = export.heatmap(evidence)
        work.figure(drawing, "likeness")


def _other(engine: Engine, evidence: Evidence, names: list[str], asked: str | None) -> None:
    """This run against another one."""
    found, ran = evidence.found, evidence.ran
    place = st.expander(
        "Against another run", key="runs_against", on_change="rerun", expanded=asked is not None
    )
    if not place.open and asked is None:
        return
    with place:
        others = [name for name in names if name != ran.name]
        chosen = asked if asked in others else None
        titles = {name: _title(engine, name) for name in others}
        runs.select(
            "other", "The other run", others, chosen, titles.__getitem__, index=None, width=320
        )
        if chosen is None:
            st.caption("Two models, two baselines, two data sets: of one layer of as many units.")
            return
        try:
            second = engine.profiles.run(chosen)
            layer = found.layer if found.layer in second.layers else next(iter(second.layers))
            theirs = engine.profiles.layer(chosen, layer)
        except Refused as refused:
            st.error(markdown(str(refused)))
            return
        if theirs.units != found.units or evidence.name not in theirs.present:
            st.info(
                markdown(
                    f"{second.title} has {theirs.units:,} units in {layer} and the classes "
                    f"{', '.join(theirs.present[:8])}: it cannot be laid beside this one."
                )
            )
            return
        apart = profiled.apart(found.of_class(evidence.name), theirs.of_class(evidence.name))
        _beside(evidence, apart, (ran.title, second.title))


def _beside(evidence: Evidence, apart: list[profiled.Apart], titles: tuple[str, str]) -> None:
    by_unit = sorted(apart, key=lambda each: each.unit)
    named = [Disagreement(a.unit, a.first, a.second) for a in apart if a.parts][:_APART]
    first, second = (np.array([getattr(a, n) for a in by_unit]) for n in ("first", "second"))
    drawing = Drawing(
        "against",
        words.apart(apart, titles, evidence.name, evidence.found.names),
        lambda: scatter(first, second, named, titles, evidence.unit, evidence.found.names),
    )
    work.figure(
        evidence.noted(drawing),
        "against",
        "A click chooses the unit.",
        on_select=functools.partial(_clicked, "against"),
        selection_mode="points",
    )


def _clicked(chart: str) -> None:
    if numbers := state.clicked(chart):
        runs.choose("unit", int(numbers[0]))


def _sureness(evidence: Evidence) -> None:
    """Both errors, and what was left out."""
    ran = evidence.ran
    place = st.expander("How sure, and what was left out", key="runs_sure", on_change="rerun")
    if not place.open:
        return
    with place:
        frame = evidence.found.of_class(evidence.name)
        for sentence in (
            words.errors(frame),
            words.jaccard(evidence.settled, evidence.one),
            *words.promises(evidence.found),
            words.left_out(len(ran.left_out)),
        ):
            st.markdown(markdown(sentence))
        if len(ran.left_out):
            st.dataframe(
                ran.left_out.map(plain),
                hide_index=True,
                height=min(320, 60 + 36 * len(ran.left_out)),
                alt=plain(words.left_out(len(ran.left_out))),
            )
        st.dataframe(
            export.listing(evidence),
            hide_index=True,
            height=320,
            alt=plain(f"Every unit of {evidence.found.layer} for {evidence.name} as numbers"),
        )


def _menu(evidence: Evidence) -> None:
    """The link and the files of what is shown."""
    if state.hides("share"):
        return
    with st.popover("Share and export", icon=":material/ios_share:", key="share"):
        st.markdown("**A link to this view**")
        st.code(evidence.link, language=None, wrap_lines=True)
        if state.hides("export"):
            return
        st.markdown("**Files**")
        share.downloads(export.files(evidence))
