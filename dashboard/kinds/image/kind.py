"""Image: pictures, and what lies over them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go
import streamlit as st

from attribution.cards import Sample
from attribution.images import ON_WHITE
from dashboard.controls import choices
from dashboard.controls import session as state
from dashboard.controls.session import Session
from dashboard.export.subject import Subject
from dashboard.figures.map import SIDE, Map
from dashboard.figures.overlay import overlay
from dashboard.kinds.image import panel, program, uploads
from dashboard.kinds.image.form import BASELINES, FORM
from dashboard.kinds.image.form import references as compared_with
from dashboard.kinds.image.picture import FramedPicture, references
from dashboard.kinds.kind import Handed, Kind, blocks
from dashboard.request.catalogue import Layer
from dashboard.request.form import Known
from dashboard.request.request import Query
from dashboard.text import markdown
from dashboard.words import studies as sentences
from dashboard.work import pictures
from dashboard.work.answer import Answer
from dashboard.work.decoder import Frame, Pixels
from dashboard.work.engine import Engine
from dashboard.work.findings import Prediction, Split
from dashboard.work.item import Item
from dashboard.work.workshop import Refused

Array = npt.NDArray[Any]


class Pictures(Kind):
    """An item shows a FramedPicture."""

    name, noun, form, width = "image", "picture", FORM, SIDE
    endings = ("png", "jpg", "jpeg", "webp", "bmp", "gif")
    baselines = BASELINES

    def choose(self, engine: Engine, known: Known, session: Session) -> tuple[Item, str]:
        held = {u.name: u for u in uploads.of(session).held.values() if not u.error}
        chosen, own = known.values["input"], {}
        for name, upload in held.items():
            try:
                pixels = self._pixels(engine, known, session.id, name, upload.read)
            except Refused:  # said of the one that is chosen
                continue
            own[name] = upload.title, pictures.shrink(pixels[..., :3])
        panel.pictures(engine, known, session, own)
        if chosen in held:
            upload = held[chosen]
            return self.item(
                engine, known, chosen, upload.title, session.id, upload.read, upload.file
            ), ""
        if sample := known.model.card.sample(chosen):
            return self.sample(engine, known, sample), ""
        first = known.model.card.samples[0]
        missing = choices.absent("an uploaded picture", chosen, "upload that file", first.title)
        return self.sample(engine, known, first), missing

    def sample(self, engine: Engine, known: Known, sample: Sample) -> Item:
        return self.item(engine, known, sample.name, sample.title, "", sample.file.read_bytes)

    def receive(
        self, engine: Engine, known: Known, session: Session, given: Handed
    ) -> dict[str, str]:
        data = given.data
        ending = PurePosixPath(given.file).suffix.lower()[1:]
        if ending not in self.endings:  # one of many in a file
            data = pictures.png(known.model.card.encoding().decode(given.x))
        return {"input": uploads.receive(engine, session, given.title, data)}

    def take(self, engine: Engine, session: Session) -> None:
        uploads.accept(engine, session)

    def notices(self, session: Session) -> None:
        uploads.notices(session)

    def kept(self, session: Session) -> tuple[Collection[str], dict[str, int]]:
        own = uploads.of(session)
        sizes = {key: upload.size for key, upload in own.held.items()}
        return own.listed | own.held.keys(), sizes

    def takes(self, known: Known) -> str:
        return "PNG, JPEG, WebP, BMP or GIF; its centre is taken"

    def parts(
        self, engine: Engine, known: Known, data: bytes, name: str, owner: str
    ) -> Sequence[Array]:
        encoding = known.model.card.encoding()
        frame = Frame.of(encoding, "crop")
        return [encoding.encode(engine.decoder.decode(data, [frame], owner).frames[frame])]

    def typed(
        self, engine: Engine, known: Known, now: Array, key: str, give: Callable[..., None]
    ) -> None:
        st.image(known.model.card.encoding().decode(now), width=96, alt="What the network is given")

    def baseline(
        self, engine: Engine, known: Known, item: Item, asked: Query, prediction: Prediction
    ) -> None:
        if state.hides("baseline"):
            return
        assert asked.target is not None
        try:
            with st.spinner("Scoring the baselines", show_time=True):
                found = references(engine, known, item, asked.target)
        except Refused as refused:  # an upload that had to be decoded again; the page is not less
            st.caption(markdown(str(refused)))
            return
        panel.baselines(known, asked.target, found)

    def lies(self, layer: Layer) -> bool:
        return layer.lies and len(layer.positions) == 2

    def axes(self, layer: Layer) -> tuple[str, ...]:
        return ("Row", "Column") if self.lies(layer) else super().axes(layer)

    def where(self, engine: Engine, item: Item, layer: Layer, place: Sequence[int]) -> str:
        if not self.lies(layer):
            return super().where(engine, item, layer, place)
        row, column = place
        return f"row {row}, column {column} (from 0) of {layer.grid}"

    def over(self, engine: Engine, item: Item, layer: Layer, shown: Map) -> go.Figure:
        return overlay(item.shown.pixels, shown)

    def over_input(self, item: Item, split: Split, palette: str, side: int = SIDE) -> go.Figure:
        values, _ = blocks(_colours_summed(split))
        return overlay(item.shown.pixels, Map(values, palette, side))

    def over_input_words(self, item: Item, split: Split, what: str, target: str) -> str:
        scores = _colours_summed(split)
        _, block = blocks(scores)
        drawn = f", in blocks of {block} × {block}" if block > 1 else ""
        return sentences.split(split, scores, what, target, "pixels", drawn)

    def pictures(self, item: Item, baseline: Array) -> tuple[Array, Array] | None:
        return item.shown.decode(baseline), item.shown.pixels

    def seen(self, item: Item) -> Array | None:
        return np.asarray(item.shown.pixels)

    def first(self, subject: Subject) -> None:
        notes = {u.name: u.notes for u in uploads.of(state.session()).held.values()}
        opaque = subject.item.shown.encoding.channels < 4
        for note in notes.get(subject.item.name, ()):
            if opaque or note != ON_WHITE:  # with four channels the network sees it itself
                st.caption(markdown(note))

    def first_paint(self, engine: Engine, known: Known, item: Item, answer: Answer) -> None:
        references(engine, known, item, answer.target)

    def given(self, item: Item, asked: Query) -> tuple[list[str], list[str]]:
        return program.given(item, asked)

    def compared(self, asked: Query) -> str:
        return program.compared(asked)

    def item(
        self,
        engine: Engine,
        known: Known,
        name: str,
        title: str,
        owner: str,
        read: Callable[[], bytes],
        file: str = "",
    ) -> Item:
        """A picture of these bytes; name, title, owner and file as of an Item."""
        encoding = known.model.card.encoding()
        picture = FramedPicture(lambda: self._pixels(engine, known, owner, name, read), encoding)
        return Item(
            model=known.model.name,
            name=name,
            title=title,
            owner=owner,
            key=known.values["fit"],
            encode=picture.encode,
            references=compared_with(encoding),
            shown=picture,
            file=file,
        )

    def _pixels(
        self, engine: Engine, known: Known, owner: str, name: str, read: Callable[[], bytes]
    ) -> Pixels:
        frame = Frame.of(known.model.card.encoding(), known.values["fit"])
        return pictures.pixels(engine, owner, known.model.name, name, read, frame)


def _colours_summed(split: Split) -> Array:
    """(rows, columns)."""
    colours = split.result.channel_axis  # where it is not known, pictures end with theirs
    return np.asarray(split.result.scores[0].sum(axis=-1 if colours is None else colours))
