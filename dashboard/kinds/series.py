"""Series: values along time, of one channel or several, from CSV, NumPy or WAV."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from attribution import baselines, series
from attribution.cards import SeriesEntry
from dashboard.controls import session as state
from dashboard.export.drawing import Drawing
from dashboard.export.subject import Subject
from dashboard.figures import series as figures
from dashboard.figures.map import SIDE, Map
from dashboard.kinds.filed import Filed, Make, entry_of, path_of
from dashboard.request.catalogue import Layer
from dashboard.request.fields import counted
from dashboard.request.form import Known
from dashboard.request.request import Query, form
from dashboard.words import inputs as words
from dashboard.words import studies as sentences
from dashboard.work import reach
from dashboard.work.answer import Answer
from dashboard.work.engine import Engine
from dashboard.work.findings import Split
from dashboard.work.item import Item
from dashboard.work.traces import Traces

Values = npt.NDArray[Any]
_BASELINES = {
    "zeros": "Zeros",
    "mean": "Mean of each channel",
    "smooth": "Moving average",
}
_RECORDING = counted("record", "Recording", "The recording", 1, 10_000, 1, part="reading")
_START = counted(
    "start", "First time", "The first time", 0, series.MAX_LENGTH, None, part="reading"
)
_HALF = counted(
    "half",
    "Times on either side",
    "The times on either side",
    1,
    10_000,
    12,
    part="baseline",
    of="smooth",
)


class SeriesKind(Filed):
    """An item shows Traces."""

    name, noun, baselines, width = "series", "series", _BASELINES, 900
    example, first_number, one, many = "record", 1, "recording", "recordings"
    endings = ("csv", "npy", "npz", "wav")
    question = "Which times decide"
    form = form(
        "series",
        "Series",
        _BASELINES,
        reading=(_RECORDING, _START),
        options=(_HALF,),
        depends={"input": ("record", "start"), "record": ("start",)},
    )

    def takes(self, known: Known) -> str:
        length, channels = known.model.shape
        names = ", ".join(_entry(known).channels or ())
        of = f" of {channels} channels" + (f" ({names})" if names else "")
        rate = _entry(known).rate
        each = f", {rate:g} a second" if rate else ""
        return f"CSV, NPY or WAV{of}, {length:,} times or more{each}"

    def read(self, engine: Engine, known: Known, data: bytes, name: str) -> Sequence[Any]:
        entry, (length, count) = _entry(known), known.model.shape
        with engine.refusals():
            found = series.read(data, name, entry.channels or count, entry.rate)
            for each in found:
                series.window(each.values, length)  # refuses what is too short
            return found

    def controls(self, engine: Engine, known: Known, example: series.Recording) -> None:
        spare = len(example.values) - known.model.shape[0]
        if spare and not state.hides("start"):
            st.session_state["start_choice"] = _start(known, example)
            st.slider(
                "First time",
                0,
                spare,
                key="start_choice",
                on_change=lambda: state.choose("start", st.session_state["start_choice"]),
                help=f"The network takes {known.model.shape[0]:,} of {len(example.values):,}.",
            )

    def make(self, engine: Engine, known: Known, make: Make, read: Sequence[Any], at: int) -> Item:
        recording, entry = read[at], _entry(known)
        first = _start(known, recording)
        values = np.asarray(series.window(recording.values, known.model.shape[0], first))
        count = values.shape[1]
        names = entry.channels or recording.channels
        names = names or tuple(f"channel {i}" for i in range(count))
        traces = Traces(values, tuple(names), entry.rate or recording.rate, first)
        return make(
            key=(at, first),
            encode=lambda: values[None],
            references=_references,
            shown=traces,
            entry=entry_of(known.model),
        )

    def lies(self, layer: Layer) -> bool:
        return layer.lies and len(layer.positions) == 1

    def axes(self, layer: Layer) -> tuple[str, ...]:
        return ("Time",) if self.lies(layer) else super().axes(layer)

    def where(self, engine: Engine, item: Item, layer: Layer, place: Sequence[int]) -> str:
        if not self.lies(layer):
            return super().where(engine, item, layer, place)
        return f"around {item.shown.said(self._centres(engine, item, layer)[place[0]])}"

    def over(self, engine: Engine, item: Item, layer: Layer, shown: Map) -> go.Figure:
        return figures.along(shown, self._centres(engine, item, layer), item.shown)

    def over_input(self, item: Item, split: Split, palette: str, side: int = SIDE) -> go.Figure:
        return figures.coloured(item.shown, split.result.scores[0], palette)

    def over_input_words(self, item: Item, split: Split, what: str, target: str) -> str:
        return sentences.split(split, split.result.scores[0], what, target, "times")

    def inputs(self, subject: Subject) -> Drawing | None:
        scores = subject.answer.inputs
        if scores is None:
            return None
        traces, unit = subject.item.shown, subject.measure(subject.answer)
        return Drawing(
            "times",
            words.times(traces, scores, subject.target, unit),
            lambda: figures.coloured(traces, scores, subject.palette, unit),
            self.width,
        )

    def input_table(self, subject: Subject) -> pd.DataFrame | None:
        scores = subject.answer.inputs
        if scores is None:
            return None
        traces: Traces = subject.item.shown
        frame = pd.DataFrame({traces.axis: traces.at(np.arange(len(scores)))})
        for i, name in enumerate(traces.names):
            frame[name] = traces.values[:, i]
            frame[f"score of {name}"] = scores[:, i]
        return frame

    def first_paint(self, engine: Engine, known: Known, item: Item, answer: Answer) -> None:
        layer = known.model.layer(answer.layer)
        if self.lies(layer):
            self._centres(engine, item, layer)

    def given(self, item: Item, asked: Query) -> tuple[list[str], list[str]]:
        path, imports = path_of(item, asked)
        at, first = cast("tuple[int, int]", item.key)
        length, count = item.shown.values.shape
        return [
            f"path = {path}",
            "found = attribution.series.read(",
            f"    path.read_bytes(), path.name, card.input.channels or {count}, card.input.rate",
            ")",
            f"x = attribution.series.window(found[{at}].values, {length}, {first})[None]",
        ], imports

    def compared(self, asked: Query) -> str:
        if asked.baseline == "smooth":
            width = f"2 * min({asked['half']}, x.shape[1] - 1) + 1"
            return f"attribution.series.moving_average(x, {width})"
        return f"attribution.baselines.{asked.baseline}(x)"

    def _centres(self, engine: Engine, item: Item, layer: Layer) -> Values:
        return reach.centres(engine, item, layer.name, layer.positions[0])


def _entry(known: Known) -> SeriesEntry:
    return cast("SeriesEntry", known.model.card.input)


def _start(known: Known, recording: series.Recording) -> int:
    """The first time that the network is given; by default the middle ones are."""
    spare, start = len(recording.values) - known.model.shape[0], known.values["start"]
    return spare // 2 if start is None or start > spare else int(start)


def _references(x: Values, asked: Query) -> list[Values]:
    """What a series x (1, times, channels) is compared with."""
    if asked.baseline == "smooth":
        return [series.moving_average(x, 2 * min(asked["half"], x.shape[1] - 1) + 1)]
    return [baselines.mean(x) if asked.baseline == "mean" else baselines.zeros(x)]
