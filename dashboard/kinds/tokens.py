"""Tokens: a text as the ids of its words, typed, from a file, or as ids."""

from __future__ import annotations

import functools
import textwrap
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from attribution import arrays, tokens
from attribution.cards import TokensEntry
from dashboard.controls import own
from dashboard.controls import session as state
from dashboard.controls.chart import keep
from dashboard.controls.session import Session
from dashboard.export.drawing import Drawing
from dashboard.export.subject import Subject
from dashboard.figures import text as figures
from dashboard.figures.map import SIDE, Map
from dashboard.kinds.filed import Filed, GivenFile, Make
from dashboard.request.catalogue import Layer, Model
from dashboard.request.fields import counted
from dashboard.request.form import Known
from dashboard.request.request import Query, form
from dashboard.text import markdown
from dashboard.text import title as written
from dashboard.words import inputs as words
from dashboard.words import studies as sentences
from dashboard.work import reach
from dashboard.work.answer import Answer
from dashboard.work.engine import Engine
from dashboard.work.findings import Split
from dashboard.work.item import Item
from dashboard.work.workshop import Refused

Ids = npt.NDArray[Any]
_BASELINES = {"unknown": "Unknown words", "padding": "No words: padding"}
_TEXT = counted("record", "Text", "The text", 1, arrays.MAX_EXAMPLES, 1, part="reading")
_MOST_TYPED = tokens.MAX_TEXT  # characters that stay in the field
_IDS = (".npy", ".npz", ".csv")


@dataclass(frozen=True)
class Spelling:
    """A text, and the ids that stand for no word and for an unknown one.

    listed : whether the vocabulary is that of the card; else ids are all there is.
    """

    text: tokens.Text
    vocabulary: tokens.Vocabulary
    listed: bool

    @property
    def words(self) -> list[str]:
        """The word at each place, and a dot where there is none any more."""
        return [*self.text.words, *["·"] * (len(self.text.ids) - len(self.text.words))]


class Tokens(Filed):
    """An item shows a Spelling."""

    name, noun, baselines, width = "tokens", "text", _BASELINES, 900
    example, first_number, one, many = "record", 1, "text", "texts"
    endings = ("txt", "npy", "npz", "csv")
    question = "Which words decide"
    form = form(
        "tokens",
        "Text",
        _BASELINES,
        reading=(_TEXT,),
        depends={"input": ("record",)},
        offered_baselines=lambda known: _baselines(known.model),
    )

    def takes(self, known: Known) -> str:
        length = known.model.shape[0]
        return (
            f"Plain text of up to {length:,} words, or NPY or CSV of ids, {length:,} for each text"
        )

    def read(self, engine: Engine, known: Known, data: bytes, name: str) -> Sequence[Any]:
        (length,), vocabulary = known.model.shape, vocabulary_of(known.model)
        with engine.refusals():
            if PurePath(name).suffix.lower() not in _IDS:
                return [tokens.read(data, vocabulary, length, _entry(known.model).padding or 0)]
            found = arrays.read(data, name, (length,), "int32")
            return [tokens.spelled(each.values, vocabulary) for each in found]

    def make(self, engine: Engine, known: Known, make: Make, read: Sequence[Any], at: int) -> Item:
        listed = vocabulary_of(known.model)
        spelling = Spelling(read[at], _with_padding(known.model), listed is not None)
        return make(
            key=at,
            encode=lambda: spelling.text.ids[None],
            references=lambda x, asked: [spelling.vocabulary.instead(x, asked.baseline)],
            shown=spelling,
            entry=_embedding(known.model),
        )

    def uploader(self, engine: Engine, known: Known) -> None:
        spelled = vocabulary_of(known.model) is not None
        st.text_area(
            "Your own text" if spelled else "Ids of your own, with blanks between",
            key="tokens_text",
            height=84,
            placeholder="Type or paste" if spelled else "2 5 14",
            on_change=self._take_text,
            args=(engine, known),
            help=f"Up to {known.model.shape[0]:,} words. It stays in this server's memory for this "
            "session alone; About says how long.",
        )
        with st.expander("Or a file"):
            super().uploader(engine, known)

    def typed(
        self, engine: Engine, known: Known, now: Ids, key: str, give: Callable[..., None]
    ) -> None:
        try:
            with engine.refusals():
                said = " ".join(tokens.spelled(now, vocabulary_of(known.model)).words).strip()
        except Refused:  # noise that stands for no word
            said = ""
        st.session_state[key] = said

        def take() -> None:
            text = st.session_state[key]
            give(f"“{written(text)}”", text.encode(errors="replace"), "")

        st.text_area("Text" if vocabulary_of(known.model) else "Ids", key=key, on_change=take)

    def kept(self, session: Session) -> tuple[Collection[str], dict[str, int]]:
        ids, sizes = super().kept(session)
        typed = len((st.session_state.get("tokens_text") or "").encode(errors="replace"))
        return ids, {"typed": typed, **sizes}

    def lies(self, layer: Layer) -> bool:
        return layer.lies and len(layer.positions) == 1

    def axes(self, layer: Layer) -> tuple[str, ...]:
        return ("Word",) if self.lies(layer) else super().axes(layer)

    def where(self, engine: Engine, item: Item, layer: Layer, place: Sequence[int]) -> str:
        if not self.lies(layer):
            return super().where(engine, item, layer, place)
        at = round(float(self._centres(engine, item, layer)[place[0]]))
        return f"around {item.shown.words[at]!r}, word {at} (from 0)"

    def over(self, engine: Engine, item: Item, layer: Layer, shown: Map) -> go.Figure:
        spelled = item.shown.words
        around = np.rint(self._centres(engine, item, layer)).astype(int)
        around = np.clip(around, 0, len(spelled) - 1)
        return figures.bars(shown, [spelled[at] for at in around])

    def over_input(self, item: Item, split: Split, palette: str, side: int = SIDE) -> go.Figure:
        return figures.bars(Map(_summed(split.result.scores[0]), palette), item.shown.words)

    def over_input_words(self, item: Item, split: Split, what: str, target: str) -> str:
        return sentences.split(split, _summed(split.result.scores[0]), what, target, "words")

    def first(self, subject: Subject) -> None:
        text: tokens.Text = subject.item.shown.text
        if (drawing := self.inputs(subject)) is None:
            st.caption(
                "The network has no embedding layer of which each word is one position, so there "
                "are no contributions of single words; those of its layers are below."
            )
            return
        st.markdown(f"**{self.question}**")
        scores, count = _summed(subject.answer.inputs), len(text.words)
        given, palette = text.words, subject.palette
        spelled = figures.words(given, scores[:count], text.unknown, drawing.sentence, palette)
        st.html(spelled)
        keep(replace(drawing, html=spelled))
        st.caption(markdown(drawing.sentence))

    def inputs(self, subject: Subject) -> Drawing | None:
        if subject.answer.inputs is None:
            return None
        text, unit = subject.item.shown.text, subject.measure(subject.answer)
        scores = _summed(subject.answer.inputs)
        count = len(text.words)
        quoted = [repr(word) for word in text.words]
        told = words.largest(quoted, scores[:count], subject.target, "words", unit)
        told += words.beside(text.unknown, float(scores[count:].sum()), len(scores) - count)
        shown = Map(scores[:count], subject.palette, unit=unit)
        return Drawing("words", told, lambda: figures.bars(shown, text.words), self.width)

    def input_table(self, subject: Subject) -> pd.DataFrame | None:
        if subject.answer.inputs is None:
            return None
        spelling: Spelling = subject.item.shown
        scores = _summed(subject.answer.inputs)
        frame = {"word": spelling.words, "id": spelling.text.ids, "score": scores}
        return pd.DataFrame(frame)

    def first_paint(self, engine: Engine, known: Known, item: Item, answer: Answer) -> None:
        layer = known.model.layer(answer.layer)
        if self.lies(layer):
            self._centres(engine, item, layer)

    def given(self, item: Item, asked: Query) -> tuple[list[str], list[str]]:
        spelling: Spelling = item.shown
        ids = textwrap.wrap(", ".join(map(str, spelling.text.ids.tolist())), 80)
        padding = spelling.vocabulary.padding
        known = (
            f"attribution.tokens.vocabulary(card.input.vocabulary, {padding})"
            if spelling.listed
            else f"attribution.tokens.Vocabulary((), {padding})"
        )
        return [
            f"# {written(' '.join(spelling.text.words))}",
            "ids = [",
            *(f"    {line}" for line in ids),
            "]",
            "x = np.array([ids], np.int32)",
            f"vocabulary = {known}",
        ], []

    def compared(self, asked: Query) -> str:
        return f"vocabulary.instead(x, {asked.baseline!r})"

    def _take_text(self, engine: Engine, known: Known) -> None:
        """Read the text that was just typed, and turn to it if it is good, as a callback."""
        text = st.session_state.get("tokens_text") or ""
        mine = own.of(state.session(), self.name)
        mine.refused.pop("text", None)
        if text.strip():
            data = text.encode(errors="replace")
            read = functools.partial(self.checked, engine, known, data, "")
            mine.take("text", f"“{written(text)}”", text, read, GivenFile)
        if len(text) > _MOST_TYPED:
            st.session_state["tokens_text"] = ""

    def _centres(self, engine: Engine, item: Item, layer: Layer) -> Ids:
        return reach.centres(engine, item, layer.name, layer.positions[0])


def _entry(model: Model) -> TokensEntry:
    return cast("TokensEntry", model.card.input)


def vocabulary_of(model: Model) -> tokens.Vocabulary | None:
    """The words of a model's card; None where it lists none, so that ids are given."""
    entry = _entry(model)
    return _vocabulary(entry.vocabulary, entry.padding) if entry.vocabulary else None


@functools.lru_cache(maxsize=8)
def _vocabulary(words_: tuple[str, ...], padding: int | None) -> tokens.Vocabulary:
    return tokens.vocabulary(words_, padding)


def _with_padding(model: Model) -> tokens.Vocabulary:
    """The same with an id that fills up: 0 where nothing else is known."""
    padding = _entry(model).padding or 0
    known = vocabulary_of(model) or tokens.Vocabulary((), padding)
    return known if known.padding is not None else replace(known, padding=padding)


def _baselines(model: Model) -> tuple[str, ...]:
    """Those that the model has an id for."""
    known = vocabulary_of(model)
    return ("unknown", "padding") if known and known.unknown is not None else ("padding",)


def _embedding(model: Model) -> str:
    """The layer whose scores, summed over their dimensions, are those of the words; or empty."""
    (length,) = model.shape
    placed = (e for e in model.layers if e.kind == "Embedding" and e.positions == (length,))
    return next((e.name for e in placed if e.lies), "")


def _summed(scores: Any) -> Ids:
    """(words, dimensions) -> (words,)."""
    return np.asarray(scores.sum(axis=-1, dtype=np.float64))
