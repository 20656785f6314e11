"""Panel: the request in the sidebar, in the order in which one thinks."""

from __future__ import annotations

import functools
from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import streamlit as st
from PIL import Image

from dashboard.controls import quota
from dashboard.controls import session as state
from dashboard.controls.choices import choice, heading
from dashboard.controls.session import Session
from dashboard.request.form import Known
from dashboard.request.request import BASELINES, BY_NAME, FITS, FORM, Request
from dashboard.text import markdown, plain
from dashboard.words import answer as words
from dashboard.work.engine import Engine, Source
from dashboard.work.picture import Facts, shrink
from dashboard.work.workshop import Refused

_TILE = 84  # pixels; three fit side by side
_BEST = 5


@dataclass(frozen=True)
class Tile:
    """One choice of a gallery. value : what is chosen; label : on the button, short."""

    value: str
    label: str
    alt: str
    picture: Any
    caption: str = ""


def pictures(engine: Engine, known: Known, session: Session) -> None:
    """1: the samples, and the user's own pictures."""
    if not all(map(state.hides, ("input", "upload", "fit"))):
        heading(1, "Picture")
    place = st.container()
    if not state.hides("upload"):
        st.file_uploader(
            "Your own pictures",
            type="image",
            accept_multiple_files=True,
            key="files",
            help=f"PNG, JPEG, WebP, BMP or GIF, up to {quota.FILE_MEGABYTES} MB each. They stay in "
            "this server's memory for this session alone; About says how long. Of many, the "
            f"{state.MOST_UPLOADS} newest.",
        )
        if session.uploads.keys() - session.listed:  # it lists nothing after another page's visit
            st.button(
                "Forget my earlier pictures",
                key="forget",
                on_click=state.forget_earlier,
                args=(engine,),
                help="Those above that the list of files does not name.",
            )
    tiles = [
        Tile(s.name, s.name.capitalize(), s.title, _thumbnail(str(s.path)))
        for s in known.model.samples
    ]
    for upload in {u.name: u for u in session.uploads.values() if not u.error}.values():
        source = Source(upload.name, upload.title, session.id, upload.read)
        try:
            pixels = engine.picture(source, known.model.name, known.values["fit"])
        except Refused:  # said of the one that is chosen
            continue
        tiles.append(Tile(upload.name, upload.title, upload.title, shrink(pixels)))
    with place:
        _gallery("input", tiles, known.values["input"])
        if sample := known.model.sample(known.values["input"]):
            st.caption(markdown(f"{sample.title}. {sample.look_for}"))
        choice(FORM, "fit", known, FITS.__getitem__, side_by_side=True)


def target(known: Known, facts: Facts) -> None:
    """4: one of the five best classes, or any other by name."""
    if state.hides("target"):
        return
    heading(4, "Target")
    labels, best = known.model.labels, facts.best(_BEST)
    chosen = known.values["target"]
    chosen = facts.predicted if chosen is None else chosen
    st.session_state["target_best"] = chosen if chosen in best else None
    st.session_state["target_other"] = None if chosen in best else chosen
    st.radio(
        "Target",
        best,
        index=None,
        key="target_best",
        format_func=lambda i: markdown(
            f"{labels[i]} · {words.percent(float(facts.probabilities[i]))}"
        ),
        label_visibility="collapsed",
        on_change=_choose_target,
        args=("target_best", best, facts.predicted),
    )
    st.selectbox(
        "Another class",
        range(len(labels)),
        index=None,
        key="target_other",
        format_func=lambda i: plain(f"{labels[i]} ({i})"),
        placeholder=f"Any of the {len(labels):,} classes",
        label_visibility="collapsed",
        on_change=_choose_target,
        args=("target_other", range(len(labels)), facts.predicted),
    )


def baseline(engine: Engine, known: Known, source: Source, asked: Request, facts: Facts) -> None:
    """5: what the picture is compared with, and the target's score there."""
    if state.hides("baseline"):
        return
    heading(5, "Baseline")
    chosen = facts.predicted if asked.target is None else asked.target
    try:
        with st.spinner("Scoring the baselines", show_time=True):
            look = {name: known.values[name] for name in ("sigma", "seed")}  # chosen or not
            references = engine.references(source, replace(asked, **look), chosen)
    except (
        Refused
    ) as refused:  # an upload that had to be decoded again; the page is not less for it
        st.caption(markdown(str(refused)))
        return
    tiles = [
        Tile(
            name,
            title,
            f"Baseline: {title}",
            references[name].thumbnail,
            words.fixed(references[name].score),
        )
        for name, title in BASELINES.items()
    ]
    _gallery("baseline", tiles, known.values["baseline"])
    st.caption(markdown(f"Under each: its own F, the logit of {known.model.labels[chosen]!r}."))
    if known.values["baseline"] == "blur":
        spec = BY_NAME["sigma"]
        st.slider(spec.label, spec.low, spec.high, step=1.0, key="sigma")
    if known.values["baseline"] == "noise":
        spec = BY_NAME["seed"]
        st.number_input(spec.label, int(spec.low or 0), int(spec.high or 0), step=1, key="seed")


def _gallery(name: str, tiles: Sequence[Tile], chosen: str) -> None:
    """Pictures with a button under each."""
    if state.hides(name):
        return
    with st.container(horizontal=True, gap="xsmall"):
        for tile in tiles:
            with st.container(width=_TILE, gap="xxsmall"):
                st.image(tile.picture, width=_TILE, alt=plain(tile.alt))
                label = markdown(tile.label)
                st.button(
                    f":primary-background[**✓ {label}**]" if tile.value == chosen else label,
                    key=f"{name}-{tile.value}",
                    width="stretch",
                    on_click=state.choose,
                    args=(name, tile.value),
                    help=markdown(tile.alt) if tile.alt != tile.label else None,
                )
                if tile.caption:
                    st.caption(markdown(tile.caption), text_alignment="center")


def _choose_target(control: str, options: Container[int], predicted: int) -> None:
    chosen = st.session_state[control]
    if chosen is None or chosen in options:  # else the label of an option that is one no more
        st.session_state["target"] = None if chosen in (None, predicted) else chosen


@functools.cache
def _thumbnail(path: str) -> np.ndarray[Any, Any]:
    """A bundled sample's centre square."""
    with Image.open(path) as image:
        side = min(image.size)
        left, top = (image.width - side) // 2, (image.height - side) // 2
        square = image.convert("RGB").crop((left, top, left + side, top + side))
    return np.asarray(square.resize((160, 160), Image.Resampling.LANCZOS))
