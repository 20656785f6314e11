"""Sequences: DNA, and what lies along it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go
import streamlit as st

from attribution.cards import Sample
from dashboard.controls.obtain import obtain
from dashboard.controls.session import Session
from dashboard.export.drawing import Drawing
from dashboard.export.file import File
from dashboard.export.setting import Setting
from dashboard.export.subject import Subject
from dashboard.figures.faces import logos
from dashboard.figures.glyphs import COLOURS, DARK_COLOURS
from dashboard.figures.logo import logo as letters_drawn
from dashboard.figures.map import SIDE, Map
from dashboard.figures.sequence import along
from dashboard.kinds.kind import Handed, Kind
from dashboard.kinds.sequence import changes, filters, logo, own, panel, program, words
from dashboard.kinds.sequence.files import files
from dashboard.kinds.sequence.form import BASELINES, BASES, FORM
from dashboard.kinds.sequence.reading import Reading, heights
from dashboard.request.catalogue import Layer
from dashboard.request.form import Known
from dashboard.request.request import Query
from dashboard.text import title
from dashboard.work import sequences
from dashboard.work.answer import Answer
from dashboard.work.engine import Engine
from dashboard.work.findings import Prediction, Split
from dashboard.work.item import Item

Array = npt.NDArray[Any]


class Sequences(Kind):
    """An item shows a Stretch."""

    name, noun, form, width = "sequence", "sequence", FORM, 900
    baselines = BASELINES
    tile = "The bases that each filter looks for."

    def choose(self, engine: Engine, known: Known, session: Session) -> tuple[Item, str]:
        return panel.choice_of(engine, known, session)

    def sample(self, engine: Engine, known: Known, sample: Sample) -> Item:
        record = sequences.read(engine, sample.file.read_bytes())[0]
        plain, _ = known.form.read({"model": known.model.name}, known.catalogue)
        usual = Known(known.form, known.catalogue, plain)
        source = panel.Source(sample.name, sample.title, "", sample.target)
        return panel.item(source, usual, record, record.letters, 0)

    def receive(
        self, engine: Engine, known: Known, session: Session, given: Handed
    ) -> dict[str, str]:
        return own.receive(engine, session, given.title, sequences.letters(given.x))

    def kept(self, session: Session) -> tuple[Collection[str], dict[str, int]]:
        file = st.session_state.get("dna_file")
        pasted = len((st.session_state.get("dna_text") or "").encode(errors="replace"))
        return ({file.file_id} if file else ()), {"pasted": pasted, **own.of(session).sizes}

    def takes(self, known: Known) -> str:
        return f"FASTA or plain letters, {known.model.shape[0]:,} of them"

    def parts(
        self, engine: Engine, known: Known, data: bytes, name: str, owner: str
    ) -> Sequence[Array]:
        return sequences.one_hot(engine, data, BASES, known.model.shape[0])

    def typed(
        self, engine: Engine, known: Known, now: Array, key: str, give: Callable[..., None]
    ) -> None:
        st.session_state[key] = sequences.letters(now)

        def take() -> None:
            text = st.session_state[key]
            give(f"“{title(text)}”", text.encode(errors="replace"), "")

        st.text_area("Letters", key=key, on_change=take)

    def baseline(
        self, engine: Engine, known: Known, item: Item, asked: Query, prediction: Prediction
    ) -> None:
        super().baseline(engine, known, item, asked, prediction)
        if known.values["baseline"] == "shuffle":
            st.caption(
                "Each keeps every count of neighbouring letters; scores are means over them."
            )

    def lies(self, layer: Layer) -> bool:
        return layer.lies and len(layer.positions) == 1

    def where(self, engine: Engine, item: Item, layer: Layer, place: Sequence[int]) -> str:
        if not self.lies(layer):
            return super().where(engine, item, layer, place)
        centre = _centres(engine, item, layer)[place[0]]
        return f"around base {item.shown.locus.label(round(float(centre)))}"

    def over(self, engine: Engine, item: Item, layer: Layer, shown: Map) -> go.Figure:
        return along(shown, _centres(engine, item, layer), item.shown.locus)

    def over_input(self, item: Item, split: Split, palette: str, side: int = SIDE) -> go.Figure:
        scores = _bases_summed(split)
        return along(Map(scores, palette, side), np.arange(len(scores)), item.shown.locus)

    def over_input_words(self, item: Item, split: Split, what: str, target: str) -> str:
        return words.split(split, _bases_summed(split), what, target, item.shown)

    def headline(self, subject: Subject) -> str:
        reading = Reading(subject)
        return reading.evidence if reading.is_input else super().headline(subject)

    def first(self, subject: Subject) -> None:
        if subject.known.values["heights"] != "actual" and sequences.multiplies(subject.asked):
            key = sequences.hypothetical_key(subject.asked)
            obtain(
                "hypothetical",
                (key, subject.item.key),
                lambda: subject.engine.recall(key, subject.item),
                lambda progress, waiting: sequences.hypothetical(
                    subject.engine, subject.item, subject.asked, progress, waiting
                ),
                "What every base would contribute",
            )
        logo.show(Reading(subject))

    def units(self, subject: Subject) -> bool:
        if subject.by == "neuron":
            return False
        filters.largest(Reading(subject))
        return True

    def unit(self, subject: Subject) -> bool:
        filters.picked(Reading(subject))
        return True

    def last(self, subject: Subject) -> None:
        changes.show(Reading(subject))

    def files(self, subject: Subject) -> tuple[File, ...]:
        return files(Reading(subject))

    def inputs(self, subject: Subject) -> Drawing | None:
        return logo.drawing(Reading(subject))

    def alone(self, of: Setting) -> Drawing | None:
        letters, values = of.item.shown.letters, of.known.values
        even = heights(letters, np.ones(len(letters)))
        told = f"{of.item.title}: {len(letters)} letters, all as high as each other."
        inks, wide = _inks(values), values["wide"]
        build = functools.partial(
            letters_drawn, even, letters, inks, width=wide, locus=of.item.shown.locus, unit=""
        )
        return Drawing("input", told, build, self.width)

    def tiles(self, subject: Subject, units: Sequence[int]) -> list[str]:
        found = sequences.kernels(subject.engine, subject.item.model, subject.layer.name)
        if found.shape[-1] != subject.answer.width:
            return []
        return logos([found[..., unit] for unit in units], _inks(subject.known.values))

    def first_paint(self, engine: Engine, known: Known, item: Item, answer: Answer) -> None:
        sequences.effects(engine, item, answer.target)
        sequences.matches(engine, item, known.values["chance"])
        sequences.pattern(engine, item.model, answer.layer, answer.order(1)[0])
        sequences.kernels(engine, item.model, answer.layer)

    def given(self, item: Item, asked: Query) -> tuple[list[str], list[str]]:
        return program.given(item), []

    def compared(self, asked: Query) -> str:
        return program.compared(asked)

    def several(self, asked: Query) -> bool:
        return asked.baseline == "shuffle"


def _inks(values: Mapping[str, Any]) -> tuple[str, ...]:
    """The colours of the letters, for the page's theme; on paper for a light one."""
    inks = DARK_COLOURS if st.context.theme.type == "dark" else COLOURS
    return inks[values["letters"]]


def _centres(engine: Engine, item: Item, layer: Layer) -> Array:
    """Where each position of a layer looks."""
    field = sequences.reach(engine, item.model, layer.name, len(item.shown.letters))
    return np.asarray(field.centre(np.arange(field.positions)))


def _bases_summed(split: Split) -> Array:
    """(length,)."""
    return np.asarray(split.result.scores[0].sum(axis=-1, dtype=np.float64))
