"""Panel: pictures and baselines to choose from, in the sidebar."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st
from PIL import Image

from attribution.cards import Sample
from dashboard.controls import choices, quota
from dashboard.controls import session as state
from dashboard.controls.session import Session
from dashboard.kinds.image import uploads
from dashboard.kinds.image.form import BASELINES, FITS
from dashboard.request.form import Known
from dashboard.text import markdown, plain
from dashboard.words.numbers import fixed
from dashboard.words.quantity import quantity
from dashboard.work.engine import Engine
from dashboard.work.findings import Reference

_TILE = 84  # pixels; three fit side by side


@dataclass(frozen=True)
class Tile:
    """One choice of a gallery. value : what is chosen; label : on the button, short."""

    value: str
    label: str
    alt: str
    picture: Any
    caption: str = ""


def pictures(
    engine: Engine, known: Known, mine: Session, own: Mapping[str, tuple[str, Any]]
) -> None:
    """1: the samples, and the user's own pictures, by name their titles and thumbnails."""
    if not all(map(state.hides, ("input", "upload", "fit"))):
        choices.heading(1, "Picture")
    place = st.container()
    if state.takes_files():
        _uploader(engine, mine)
    tiles = [
        Tile(s.name, s.name.capitalize(), s.title, thumbnail(s)) for s in known.model.card.samples
    ]
    tiles += [Tile(name, title, title, picture) for name, (title, picture) in own.items()]
    with place:
        _gallery("input", tiles, known.values["input"])
        if sample := known.model.card.sample(known.values["input"]):
            st.caption(markdown(f"{sample.title}. {sample.look_for}"))
        choices.choice("fit", known, FITS.__getitem__, side_by_side=True)


def baselines(known: Known, target: int, references: Mapping[str, Reference]) -> None:
    """5: what the picture is compared with, and the target's score there."""
    outputs = known.model.outputs
    name_of, of = outputs[target], quantity(outputs, target)
    choices.heading(5, "Baseline")
    tiles = [
        Tile(
            name,
            title,
            f"Baseline: {title}",
            references[name].thumbnail,
            fixed(references[name].score),
        )
        for name, title in BASELINES.items()
    ]
    _gallery("baseline", tiles, known.values["baseline"])
    st.caption(markdown(f"Under each: its own F, the {of} of {name_of!r}."))
    choices.options(known)


def _uploader(engine: Engine, mine: Session) -> None:
    st.file_uploader(
        "Your own pictures",
        type="image",
        accept_multiple_files=True,
        key="files",
        help=f"PNG, JPEG, WebP, BMP or GIF, up to {quota.FILE_MEGABYTES} MB each. They stay in "
        "this server's memory for this session alone; About says how long. Of many, the "
        f"{uploads.MOST} newest.",
    )
    own = uploads.of(mine)
    if own.held.keys() - own.listed:  # it lists nothing after another page's visit
        st.button(
            "Forget my earlier pictures",
            key="forget",
            on_click=uploads.forget_earlier,
            args=(engine,),
            help="Those above that the list of files does not name.",
        )


def _gallery(name: str, tiles: Sequence[Tile], chosen: str) -> None:
    """Pictures with a button under each."""
    if state.hides(name):
        return
    with st.container(horizontal=True, gap="xsmall"):
        for tile in tiles:
            picked = tile.value == chosen
            with st.container(width=_TILE, gap="xxsmall", key=f"picked_{name}" if picked else None):
                st.image(tile.picture, width=_TILE, alt=plain(tile.alt))
                label = markdown(tile.label)
                st.button(
                    f":primary-background[**{label}**]" if picked else label,
                    key=f"{name}-{tile.value}",
                    width="stretch",
                    on_click=state.choose,
                    args=(name, tile.value),
                    help=markdown(tile.alt) if tile.alt != tile.label else None,
                )
                if tile.caption:
                    st.caption(markdown(tile.caption), text_alignment="center")


def thumbnail(sample: Sample) -> np.ndarray[Any, Any]:
    """A bundled sample's centre square."""
    return _square(str(sample.file))


@functools.cache
def _square(path: str) -> np.ndarray[Any, Any]:
    with Image.open(path) as image:
        side = min(image.size)
        left, top = (image.width - side) // 2, (image.height - side) // 2
        square = image.convert("RGB").crop((left, top, left + side, top + side))
    return np.asarray(square.resize((160, 160), Image.Resampling.LANCZOS))
