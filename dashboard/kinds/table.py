"""Tables: a row of features by name, from a CSV file or an array."""

from __future__ import annotations

import functools
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from attribution import arrays, tables
from attribution.cards import TableEntry
from dashboard.controls import session as state
from dashboard.export.drawing import Drawing
from dashboard.export.subject import Subject
from dashboard.figures import inputs as figures
from dashboard.figures.map import SIDE
from dashboard.kinds.filed import Filed, Make, entry_of, is_array, path_of
from dashboard.request.fields import counted
from dashboard.request.form import Known
from dashboard.request.request import Query, form
from dashboard.text import markdown, plain
from dashboard.words import inputs as words
from dashboard.words import studies as sentences
from dashboard.work.engine import Engine
from dashboard.work.findings import Prediction, Split
from dashboard.work.item import Item

Values = npt.NDArray[Any]
_BASELINES = {
    "mean": "Mean row",
    "median": "Median row",
    "other": "Another row",
    "zeros": "Zeros",
}
_ROW = counted("case", "Row", "The row", 1, tables.MAX_ROWS, 1, part="reading")
_OTHER = counted(
    "other_case",
    "Row to compare with",
    "The row to compare with",
    1,
    tables.MAX_ROWS,
    2,
    part="baseline",
    of="other",
)
_MOST_TYPED = 12  # features that have a control each, where a table is one of several inputs


@dataclass(frozen=True)
class NamedRow:
    """A row of a file: the names of its features, and their values (features,)."""

    names: tuple[str, ...]
    values: Values

    @property
    def nbytes(self) -> int:
        """Of the values."""
        return int(self.values.nbytes)


@dataclass(frozen=True)
class TableRow:
    """A row and the features that it has. values : (features,). number : in its file, from 1.

    others : the rows that stand for what is usual: those of its file; where it is alone there
    they are `pooled`, those of the samples, or else a row of zeros.
    """

    entry: TableEntry
    names: tuple[str, ...]
    values: Values
    number: int
    others: tables.Table
    pooled: bool

    @property
    def texts(self) -> list[str]:
        """The value of each feature."""
        given = zip(self.names, self.values, strict=True)
        return [self.written(name, float(value)) for name, value in given]

    @property
    def labels(self) -> list[str]:
        """Each feature with its value."""
        return [f"{name} = {text}" for name, text in zip(self.names, self.texts, strict=True)]

    def written(self, name: str, value: float) -> str:
        """A value of a feature: the name of a category, or a number with its unit."""
        listed = self.entry.categories.get(name, ())
        if value.is_integer() and 0 <= value < len(listed):
            return listed[int(value)]
        unit = self.entry.units.get(name, "")
        return f"{value:.6g} {unit}".rstrip()


class Tables(Filed):
    """An item shows a TableRow."""

    name, noun, baselines = "table", "table", _BASELINES
    example, first_number, one, many = "case", 1, "row", "rows"
    endings = ("csv", "npy", "npz")
    question = "Which features decide"
    form = form(
        "table",
        "Table",
        _BASELINES,
        reading=(_ROW,),
        options=(_OTHER,),
        depends={"input": ("case", "other_case")},
    )

    def takes(self, known: Known) -> str:
        count = known.model.shape[0]
        named = _entry(known).features
        return (
            "CSV with the names of the features above the columns, in any order, or NPY"
            if named
            else f"CSV of {count} columns in the model's order, with names above or without, or NPY"
        )

    def read(self, engine: Engine, known: Known, data: bytes, name: str) -> Sequence[Any]:
        entry, names = _entry(known), _entry(known).features or ()
        with engine.refusals():
            if by_name(entry, name):
                rows = tables.read(data, name, entry.features, entry.categories).rows
                return [NamedRow(names, row) for row in rows]
            found = arrays.read(data, name, known.model.shape)
            if not names and not is_array(name):
                names = tables.columns(data, name)
        return [NamedRow(names or _numbered(known), each.values) for each in found]

    def typed(
        self, engine: Engine, known: Known, now: Values, key: str, give: Callable[..., None]
    ) -> None:
        names, entry = _entry(known).features or _numbered(known), _entry(known)
        if len(names) > _MOST_TYPED:
            return
        keys = [f"{key} {place}" for place in range(len(names))]

        def take() -> None:
            row = np.array([[st.session_state[each] for each in keys]], np.float32)
            buffer = io.BytesIO()
            np.save(buffer, row, allow_pickle=False)
            give("typed", buffer.getvalue(), "typed.npy")

        for name, each, value in zip(names, keys, now.tolist(), strict=True):
            listed = entry.categories.get(name, ())
            whole = listed and value.is_integer() and 0 <= value < len(listed)
            st.session_state[each] = int(value) if whole else value
            unit = f", {entry.units[name]}" if name in entry.units else ""
            label = markdown(f"{name}{unit}")
            if whole:
                shown = functools.partial(_nth, listed)
                st.selectbox(label, range(len(listed)), key=each, format_func=shown, on_change=take)
            else:
                st.number_input(label, key=each, on_change=take, format="%.6g", step=1.0)

    def make(self, engine: Engine, known: Known, make: Make, read: Sequence[Any], at: int) -> Item:
        entry, names, values = _entry(known), read[at].names, np.asarray(read[at].values)
        others = read
        if len(read) == 1:
            samples = known.model.own_samples  # noise is no other row
            others = [row for each in samples for row in self.read_sample(engine, known, each)]
        rows = [row.values for row in others] or [np.zeros_like(values)]
        usual = tables.Table(np.asarray(rows, np.float64), names)
        row = TableRow(entry, names, values, at + 1, usual, len(read) == 1)
        return make(
            key=at,
            encode=lambda: values.astype(np.float32)[None],
            references=_references(row),
            shown=row,
            entry=entry_of(known.model),
        )

    def baseline(
        self, engine: Engine, known: Known, item: Item, asked: Query, prediction: Prediction
    ) -> None:
        super().baseline(engine, known, item, asked, prediction)
        if state.hides("baseline") or known.values["baseline"] == "zeros":
            return
        row: TableRow = item.shown
        count = len(row.others.rows)
        which = (
            f"One of the {count:,} rows" if asked.baseline == "other" else f"Over {count:,} rows"
        )
        whose = "the samples: this file has one row alone" if row.pooled else "this file"
        if row.pooled and not row.others.rows.any():
            which, whose = "A row of zeros, as no other row is known", "this file or of a sample"
        st.caption(markdown(f"{which} of {whose}."))

    def inputs(self, subject: Subject) -> Drawing | None:
        scores = subject.answer.inputs
        if scores is None:
            return None
        row, unit = subject.item.shown, subject.measure(subject.answer)
        return Drawing(
            "features",
            words.largest(row.labels, scores, subject.target, "features", unit),
            lambda: figures.features(row.names, row.texts, scores, subject.palette, unit),
            600,
        )

    def input_table(self, subject: Subject) -> pd.DataFrame | None:
        row, scores = subject.item.shown, subject.answer.inputs
        if scores is None:
            return None
        return pd.DataFrame({"feature": row.names, "value": row.texts, "score": scores})

    def over_input(self, item: Item, split: Split, palette: str, side: int = SIDE) -> go.Figure:
        row: TableRow = item.shown
        return figures.features(row.names, row.texts, split.result.scores[0], palette)

    def over_input_words(self, item: Item, split: Split, what: str, target: str) -> str:
        return sentences.split(split, split.result.scores[0], what, target, "features")

    def given(self, item: Item, asked: Query) -> tuple[list[str], list[str]]:
        path, imports = path_of(item, asked)
        row: TableRow = item.shown
        lines = [
            f"path = {path}",
            f"rows = {_rows_of(row, item.file)}",
            f'x = rows[{row.number - 1}:{row.number}].astype("float32")  # row {row.number}',
        ]
        if asked.baseline != "zeros":
            others = "rows"
            if row.pooled:
                others = "np.array(others)"
                lines += ["others = [  # the rows of the samples"]
                lines += [f"    {each!r}," for each in row.others.rows.tolist()]
                lines += ["]"]
            lines.append(f"others = attribution.tables.Table({others}, card.input.features or ())")
        return lines, imports

    def compared(self, asked: Query) -> str:
        if asked.baseline == "zeros":
            return "attribution.baselines.zeros(x)"
        if asked.baseline == "other":
            return f"attribution.tables.pick(others, {asked['other_case']})"
        return f"attribution.tables.typical(others, {asked.baseline!r}, card.input.categories)"


def by_name(entry: TableEntry, file: str) -> bool:
    """Whether the columns of a file are found by their names."""
    return bool(entry.features) and not is_array(file)


def _rows_of(row: TableRow, file: str) -> str:
    """An expression for the rows of the file at `path`."""
    read = "path.read_bytes(), path.name"
    if by_name(row.entry, file):
        listed = "card.input.features, card.input.categories"
        return f"attribution.tables.read({read}, {listed}).rows"
    shape = f"({len(row.names)},)"
    return f"np.stack([a.values for a in attribution.arrays.read({read}, {shape})])"


def _numbered(known: Known) -> tuple[str, ...]:
    return tuple(f"feature {i}" for i in range(1, known.model.shape[0] + 1))


def _nth(names: Sequence[str], place: int) -> str:
    return plain(names[place])


def _entry(known: Known) -> TableEntry:
    return cast("TableEntry", known.model.card.input)


def _references(row: TableRow) -> Callable[[Values, Query], list[Values]]:
    def of(x: Values, asked: Query) -> list[Values]:
        if asked.baseline == "zeros":
            return [np.zeros_like(x)]
        if asked.baseline == "other":
            return [tables.pick(row.others, asked["other_case"])]
        how = cast("Literal['mean', 'median']", asked.baseline)
        return [tables.typical(row.others, how, row.entry.categories)]

    return of
