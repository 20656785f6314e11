"""Start: a run from the page, in its place in the line; it outlives the tab."""

from __future__ import annotations

import functools
import uuid
from pathlib import Path

import streamlit as st

from attribution.bundled import ASSETS
from dashboard import settings
from dashboard.controls import obtain as work
from dashboard.controls import quota, runs
from dashboard.controls import session as state
from dashboard.controls.session import Session
from dashboard.request.catalogue import Model
from dashboard.text import markdown, title
from dashboard.work import core, datasets
from dashboard.work import jobs as line
from dashboard.work.engine import Engine
from dashboard.work.jobs import Errand
from dashboard.work.workshop import Refused

_SETS = {  # model -> what its bundled set is called, and where it lies
    "digits": ("1,000 digits that it never saw", ASSETS / "data" / "digits.npz"),
    "tal1-gata1": ("600 simulated sequences", ASSETS / "data" / "tal1-gata1.fasta.gz"),
}
_LIMITS = (50, 200, 500, 1000, 2000)
_ZIP = "A .zip of your own"
_STATES = {
    "waiting": "waits",
    "running": "runs",
    "cancelled": "cancelled",
    "failed": "failed",
    "finished": "finished",
}


def names(engine: Engine, session: Session) -> set[str]:
    """The runs that this session has started."""
    return {job.name for job in engine.jobs.of(session.id)}


def jobs(engine: Engine, session: Session) -> None:
    """The runs that this session has started, or has the address of."""
    _resumable(engine, session)
    if refused := st.session_state.pop("runs_refused", ""):
        st.error(markdown(refused))
    if mine := _listed(engine, session):
        moving = any(job.active or job.process for job in mine)
        every = 1.0 if moving else None
        st.fragment(functools.partial(_jobs, engine, session, moving), run_every=every)()


def form(engine: Engine, session: Session) -> None:
    """What a run is started with."""
    if why := core.missing():
        st.caption(markdown(why))
    if not engine.jobs.allowed or state.hides("upload"):
        return
    place = st.expander("Start a run of your own", key="runs_start", on_change="rerun")
    if place.open:
        with place:
            _form(engine, session)


def _form(engine: Engine, session: Session) -> None:
    catalogue = engine.shelf.catalogue()
    own = settings.uploads()
    offered = [n for n in catalogue.offered if own or n in _SETS]
    titles = {n: catalogue.models[n].title if n in catalogue.models else n for n in offered}
    left, right = st.columns(2, gap="large")
    with left:
        if st.session_state.get("start_model") not in offered:
            st.session_state["start_model"] = "digits" if "digits" in offered else offered[0]
        name = st.selectbox(
            "Network", offered, key="start_model", format_func=lambda n: markdown(titles[n])
        )
        refused = work.opened(engine, name)
        if (model := engine.models.get(name)) is None:
            st.error(markdown(refused or "The model's file has changed meanwhile: choose again."))
            return
        layers = [layer.name for layer in model.layers]
        usual = model.card.layer if model.card.layer in layers else layers[-1]
        layer = st.selectbox("Layer", layers, index=layers.index(usual), key=f"start_layer_{name}")
        limit = st.selectbox(
            "At most so many inputs", _LIMITS, index=0, key="start_limit", format_func="{:,}".format
        )
    with right:
        sets = [*([_SETS[name][0]] if name in _SETS else []), *([_ZIP] if own else [])]
        chosen = st.radio("Inputs", sets, key=f"start_set_{name}")
        file = None
        if chosen == _ZIP:
            file = st.file_uploader(
                "A .zip with a folder for each class",
                type="zip",
                key="dataset_file",
                help=f"Up to {quota.FILE_MEGABYTES} MB, {datasets.LIMITS}. It is kept on this "
                "server with the run.",
            )
        st.button(
            "Start",
            key="start_run",
            type="primary",
            disabled=chosen == _ZIP and file is None,
            on_click=_start,
            args=(engine, session, model, layer, int(limit), None if chosen == _ZIP else chosen),
        )
        if any(job.active for job in engine.jobs.of(session.id)):
            st.success("Your run is in the line: how far it is stands at the top of this page.")
        st.caption(
            "It goes on when you close this tab. Keep its address: only who knows it finds the run "
            "again."
        )


def _start(
    engine: Engine, session: Session, model: Model, layer: str, limit: int, chosen: str | None
) -> None:
    """Put a run in the line, as a callback."""
    name = f"run-{uuid.uuid4().hex[:16]}"
    try:
        folder = engine.profiles.fresh(name)
        data, called = _data(folder, model, chosen)
        exact = ("--tolerance", "0.05")  # pages show single inputs
        options = ("--layer", layer, "--target", "predicted", "--limit", str(limit), *exact)
        source = str(engine.shelf.source(model.name))
        job = Errand(folder, f"{model.title}: {called}", session.id, source, data, options)
        line.note(job)
        engine.jobs.start(job)
    except Refused as refused:
        st.session_state["runs_refused"] = str(refused)
        return
    runs.looked().known.add(name)


def _data(folder: Path, model: Model, chosen: str | None) -> tuple[str, str]:
    """Where the inputs lie, and what they are called. Raises Refused."""
    if chosen is not None:
        return str(_SETS[model.name][1]), chosen
    file = st.session_state["dataset_file"]
    if file is None:
        raise Refused("There is no file yet: give a .zip.")
    if refused := quota.refusal(file.type):
        raise Refused(f"{title(file.name)}: {refused}")
    return str(datasets.unpacked(folder, file.getvalue(), file.name, model.kind)), title(file.name)


def _resumable(engine: Engine, session: Session) -> None:
    """A started run whose address somebody has kept: it may be gone on with."""
    name = runs.looked().values.get("run", "")
    if engine.profiles.started(name) and engine.jobs.get(name) is None:
        job = line.noted(engine.profiles.room / name, session.id)
        if job and not engine.profiles.finished(name):
            engine.jobs.keep(job)


def _listed(engine: Engine, session: Session) -> list[Errand]:
    """Those that this session has started, and the one whose address it has."""
    mine = engine.jobs.of(session.id)
    asked = engine.jobs.get(runs.looked().values.get("run", ""))
    return mine if asked is None or asked in mine else [*mine, asked]


def _jobs(engine: Engine, session: Session, watched: bool) -> None:
    """Each with how far it is, and what can be done with it."""
    mine = _listed(engine, session)
    for job in mine:
        with st.container(border=True, horizontal=True, vertical_alignment="center", key=job.name):
            _job(engine, job)
    if watched != any(job.active or job.process for job in mine):
        st.rerun()  # the page shows what was found; or watches what goes on


def _job(engine: Engine, job: Errand) -> None:
    done, total = engine.profiles.looked_at(job.name)
    state_ = _STATES[job.state]
    if job.state == "waiting":
        ahead = engine.jobs.ahead(job)
        state_ = f"waits: {ahead} ahead" if ahead else "starts"
    elif job.state == "running" and not total:
        state_ = "is being prepared"
    told = f"{job.title}: {state_}" + (f", {done:,} of {total:,} inputs" if total else "")
    st.progress(done / total if total else 0.0, markdown(told), width="stretch")
    if job.active:
        st.button("Cancel", key=f"cancel-{job.name}", on_click=engine.jobs.cancel, args=(job,))
        return
    if job.state in ("cancelled", "failed"):
        st.button(
            "Go on",
            key=f"resume-{job.name}",
            on_click=_again,
            args=(engine, job),
            disabled=job.process is not None,
        )
    if done and st.button("Look at it", key=f"look-{job.name}"):
        runs.choose("run", job.name)
        st.rerun()  # of the page, not of this part alone
    if job.why:
        st.caption(markdown(job.why))


def _again(engine: Engine, job: Errand) -> None:
    try:
        engine.jobs.start(job)
    except Refused as refused:
        st.session_state["runs_refused"] = str(refused)
